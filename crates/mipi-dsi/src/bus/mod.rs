//! The bus: hosts, devices, attach, transfer, and removal in every order.
//!
//! # The layers, from the inside out
//!
//! * `book`: who is registered, attached and running, as a plain value: one small state machine for each host slot.
//!   `key` and `caller` are the words it is written in.
//! * [`operation`]: what attach, detach, transfer, unregister and host removal do, as values that say what is next and
//!   are told what came of it. `waits` refuses waits that would never end.
//! * `shell` (and `send`, for packets): drives operations. Lock, ask, unlock, do, lock, tell.
//! * `lock`: the trait of the lock that the user brings, with adapters for std and for a critical section.
//! * `rename`: for searches over books and operations.
//! * `registry`: what the lock protects; `handle`: what users hold; `report`: what they can look at.
//! * `host_controller`, `peripheral`: what the two sides implement; `transport`, `commands`: how they send;
//!   `link_config`, `capabilities`, `message`: what they agree on and send.
//!
//! # What it promises
//!
//! 1. Every attach that succeeded is followed by exactly one detach, every registration by exactly one unregistration.
//! 2. When unregistering a host returns, nothing of the controller's is held or called any more; when a peripheral's
//!    unregister returns, no notice and no transfer of its own runs (but the one that it is called from).
//! 3. Late calls are answered with which side left; late detaches and unregisters succeed and do nothing.
//! 4. A peripheral that the other side removed is told exactly once, before the removal returns.
//! 5. Removal waits for what runs; a surprise removal asks the host to cancel it; a deadline bounds the waiting.
//! 6. What meets a removal completes and is undone by it, or fails with "host gone".
//! 7. No lock is held across a callback; a wait that would never end is refused; a drop there leaves an errand.
//! 8. Handles can be kept by whoever manages resources: one whose other side has left costs nothing but itself.
//! 9. A handle never answers for a successor of what it named.
//! 10. Lookups return counted handles.
//! 11. A failed step leaves nothing.
//! 12. Everything can be looked at: [`Bus::reports`].
//!
//! # Panics
//!
//! Nothing here panics. A host's or peripheral's callback that does is unwound through; see [`HostController`].

mod book;
mod caller;
mod capabilities;
mod commands;
mod error;
mod handle;
mod handles;
mod host_controller;
mod key;
mod link_config;
mod lock;
mod message;
mod name;
pub mod operation;
mod peripheral;
mod registry;
mod rename;
mod report;
mod send;
mod shell;
mod transport;
mod waits;

use super::{dcs, wire};

pub use book::{
    Books, DeviceBook, Errand, HostBook, HostPhase, LinkHold, Registration, Serving, Unregistering, CHANNELS,
};
pub use caller::{Caller, WaitFor, Worker};
pub use capabilities::{Capabilities, Feature, Support};
pub use commands::Commands;
pub use error::{
    AttachError, Gone, ReadError, RegisterDeviceError, RegisterHostError, Side, StillRunning, TransferError,
    WhyNot,
};
pub use handle::{Bus, Device, Host, HostRef, Link};
pub use handles::Handles;
pub use host_controller::{AttachRefused, Attachment, HostController, HostError};
pub use key::{Generation, HostKey, Lease, LinkKey};
pub use link_config::{Clock, Lanes, LinkConfig, Mode, PixelFormat, Speed};
#[cfg(feature = "std")]
pub use lock::StdLock;
#[cfg(feature = "critical-section")]
pub use lock::{CriticalSectionLock, Never};
pub use lock::{Lock, Unwaited};
pub use message::Message;
pub use name::{Name, NameTooLong, LONGEST_NAME};
pub use operation::Removed;
pub use peripheral::{Notice, Peripheral, Removal};
pub use registry::{HostSlot, Node, Registered, Registry};
pub use rename::Rename;
pub use report::{DeviceReport, DeviceState, HostReport, Presence};
pub use shell::{BusHandle, Deadline};
pub use transport::Transport;
