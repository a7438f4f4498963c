//! A MIPI DSI bus in which every order of arrival and removal is safe: no_std, no alloc.
//!
//! # A panel in firmware
//!
//! A static bus, an init sequence, a picture:
//!
//! ```
#![doc = include_str!("../examples/firmware.rs")]
//! ```
//!
//! # Both ends of a link, and the one that goes first
//!
//! A DSI link has two ends, a host controller and a panel or bridge, and either can go away first. Here neither owns the
//! other: the bus keeps a book of who is there, each side holds a key into it, and a late call gets an answer that says
//! which side has left. This is the order in which Linux 6.12 frees the device twice:
//!
//! ```
#![doc = include_str!("../examples/two_ends.rs")]
//! ```
//!
//! | | Linux's `drm_mipi_dsi` | here |
//! |---|---|---|
//! | the host goes first | the peripheral's driver detaches and unregisters freed memory | the peripheral is told, sends its last commands, and every late call is an error |
//! | a command meets a removal | it runs on a host that is gone | the removal waits for it, or it is answered with [`Gone`](bus::Gone) |
//! | both go at once | a race | one does the work, the other gets [`Removed::Already`](bus::Removed::Already) |
//! | a call from inside a callback | whatever the locks of the drivers do | nothing that anyone blocks on is held; a wait that would never end is refused |
//! | a packet when nobody removes | no lock | two atomic operations, no lock |
//!
//! [`bus`] lists everything that it promises. The operations behind the promises are plain values: a search takes them
//! through every order and interleaving.
//!
//! # The layers, from what users hold to bytes
//!
//! * [`bus`]: hosts, devices, attach, transfer, and removal in every order. [`bus::Bus`] registers and finds hosts,
//!   [`bus::HostController`] is what a controller's driver implements, [`bus::DeviceListener`] hears when a device leaves,
//!   [`bus::Commands`] sends.
//! * [`dcs`]: the Display Command Set, typed, with init sequences as data. For those who write panel drivers.
//! * [`wire`]: packets, error correction, checksums, encode and decode. For hosts without a packet engine, for tools.
//! * `testing` (feature `testing`): checks the calls that a bus makes to a host. For those who write hosts, for tests.
//!
//! # What it does not do
//!
//! It drives no hardware and computes no timings: host drivers do. (It refuses timings that cannot fit the link.)
//! It has no device tree and binds no drivers. It compresses nothing. It does not allocate, and has no lock of its own:
//! the user brings one (see [`bus::adapter::Lock`]) or takes one of the two below.
//!
//! # Features
//!
//! These are on by default. A firmware or a kernel that turns off what it does not use is smaller by a third (`scripts/size/run`
//! of the repository measures it). They add and change nothing else, so code that needs few of them runs with all.
//!
//! | feature | without it |
//! |---|---|
//! | `exclusive` | no host of the profile where one caller at a time sends: no [`HostInfo::new`] |
//! | `serialised` | no such host whose attach and detach take turns with its transfers |
//! | `shared` | no host to which several callers send at a time |
//! | `surprise` | every removal is orderly: no [`RemovalKind::Surprise`], no [`declare_gone`], and nobody calls a host's `cancel` |
//! | `waits` | no call waits, whatever its lock can: where it would, it is refused with [`CannotWait`], and what it has begun stays begun. With it, a call that would wait for itself is refused with [`WouldDeadlock`] before it has changed anything |
//! | `gate` | every packet takes the lock |
//! | `capabilities` | no end says what it can do, and attach checks neither that nor the link budget |
//! | `handle-counts` | reports do not say how many handles still name what has gone |
//!
//! These are off by default:
//!
//! * `critical-section`: the lock and the memory of firmware without an operating system, `bus::FirmwareMemory`.
//! * `std`: those of threads of the standard library, `bus::StdBus`.
//! * `testing`: the module `testing`.
//! * `unstable-machine`: the book and the operations, for those who write a shell (async, a kernel) or a search. They change with
//!   any version.
//!
//! [`HostInfo::new`]: bus::HostInfo::new
//! [`RemovalKind::Surprise`]: bus::RemovalKind::Surprise
//! [`declare_gone`]: bus::HostRef::declare_gone
//! [`CannotWait`]: bus::WaitError::CannotWait
//! [`WouldDeadlock`]: bus::WaitError::WouldDeadlock
//!
//! # Where it runs
//!
//! * In firmware, with the feature `critical-section` (`bus::FirmwareMemory`) or a lock of your own.
//! * In user space, with the feature `std` (`bus::StdBus`).
//! * Inside the Linux kernel, as modules by `#[path]`.
//!
//! It needs rustc 1.85. Only `bus/gate` has unsafe code: the gate that packets pass without a lock. Loom checks it
//! exhaustively.

#![no_std]
#[cfg(any(test, feature = "std"))]
extern crate std;

pub mod bus;
pub mod dcs;
#[cfg(feature = "testing")]
pub mod testing;
pub mod wire;

/// Compiles the code of the primer with the tests.
#[cfg(all(doctest, feature = "std"))]
#[doc = include_str!("../../../docs/primer.md")]
struct Primer;
