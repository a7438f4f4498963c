// SPDX-License-Identifier: GPL-2.0 OR MIT
//! The MIPI DSI bus of DRM: the C interface of include/drm/drm_mipi_dsi.h over the machine of crates/mipi-dsi.
//!
//! The machine decides who is registered, attached and sending, and in which order callbacks are made; it lies in `bus`,
//! `dcs` and `wire`, as far as a kernel takes them. Here is what it needs in a kernel, from the inside out:
//!
//! * [`books`]: the hosts that are known, each with its book and its gate, under one spinlock.
//! * [`session`]: one call: drives an operation of the machine, waits, and calls hosts and the driver core.
//! * [`lockdep`]: what lockdep is told of waits.
//! * [`lease`]: a DSI device that the core allocates, with the key that it has in the book.
//! * [`host`], [`device`], [`attach`], [`foreign`]: the C functions of the life cycle. [`driver`]: the driver model's.
//! * [`leaving`]: drivers on another bus that want to be told.
//! * [`transfer`]: how a message reaches its host. [`commands`], [`multi`], [`packet`]: the C functions that send, and the
//!   helpers for hosts.
//! * [`layout`]: checks that Rust and C see the same structures and signatures.
//!
//! A function of the C interface trusts its pointers as far as its C counterpart does: `# Safety` says how far.

#[path = "core/bus.rs"]
#[allow(dead_code, unreachable_pub, unused_imports)]
mod bus;
#[path = "core/dcs.rs"]
#[allow(dead_code, unreachable_pub, unused_imports)]
mod dcs;
#[path = "core/wire.rs"]
#[allow(dead_code, unreachable_pub, unused_imports)]
mod wire;

mod attach;
mod books;
mod commands;
mod device;
mod driver;
mod errno;
mod foreign;
mod host;
mod layout;
mod lease;
mod leaving;
#[cfg_attr(not(CONFIG_LOCKDEP), path = "no_lockdep.rs")]
mod lockdep;
mod multi;
mod packet;
mod session;
mod transfer;
