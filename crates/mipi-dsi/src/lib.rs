//! A MIPI DSI bus in which every order of arrival and removal is safe: no_std, no alloc, no unsafe.
//!
//! A DSI link has two ends, a host controller and a panel or bridge, and either can go away first. Here neither owns
//! the other: the bus keeps the book, each side holds a lease, and whoever comes late gets an answer that says which
//! side has left.
//!
//! # The layers, from what users hold to bytes
//!
//! * [`bus`]: hosts, devices, attach, transfer, and removal in every order. Begin here: [`bus::Bus`] registers and finds
//!   hosts, [`bus::HostController`] is what a controller's driver implements, [`bus::Peripheral`] hears when a device
//!   leaves, [`bus::Commands`] sends.
//! * [`dcs`]: the display command set, typed, with init sequences as data. For those who write panel drivers.
//! * [`wire`]: packets, error correction, checksums, encode and decode. For hosts without a packet engine, for tools.
//!
//! # What it does not do
//!
//! It drives no hardware and computes no timings: that is a host driver's. It has no device tree and binds no drivers.
//! It compresses nothing. It does not allocate, and has no lock of its own: the user brings one (see [`bus::Lock`]).
//!
//! # A bus, a host, a peripheral
//!
//! ```
#![doc = include_str!("../examples/two_ends.rs")]
//! ```
//!
//! # Where it runs
//!
//! In firmware (feature `critical-section`, or a lock of your own), in user space (feature `std`), and inside the Linux
//! kernel, as modules by `#[path]`. It needs rustc 1.85.

#![no_std]
#[cfg(any(test, feature = "std"))]
extern crate std;

pub mod bus;
pub mod dcs;
pub mod wire;

/// The code of the primer is compiled with the tests.
#[cfg(all(doctest, feature = "std"))]
#[doc = include_str!("../../../docs/primer.md")]
struct Primer;
