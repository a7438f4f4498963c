//! The bus: hosts, devices, attach, transfer, and removal in every order.
//!
//! # The parts, from what users name to what they never see
//!
//! * [`Bus`], [`Host`], [`Device`], [`Link`]: what users hold (module `handle`). [`HostInfo`], [`DeviceInfo`]: what they
//!   register.
//! * [`HostController`], [`DeviceListener`]: what the two sides implement. [`Transport`], [`Commands`]: how they send.
//!   [`LinkConfig`], [`Capabilities`], [`Message`]: what they agree on and send.
//! * [`adapter`]: what a bus is made of, for those who bring their own: a lock with the slots in it, and beside it the
//!   gates, which packets pass. `StdBus` and `FirmwareMemory` are ready made.
//! * [`report`]: everything that is there, to look at. [`timings`]: lane rates and video timings of a [`LinkConfig`].
//! * `shell`: drives operations. Lock, ask, unlock, do, lock, tell.
//! * `machine`: who is registered, attached and running, as a plain value, and the operations that change it.
//!
//! The last two are public behind the feature `unstable-machine`, for those who write a shell or a search.
//!
#![doc = include_str!("../../contract.md")]
//!
//! # Which waits it sees
//!
//! It follows the waits of one bus: who waits, and who ends that. It does not see a lock of the callers' own, a wait on
//! another bus, or who sends in the shared profile: nobody may unregister a device of a shared host, or that host, or drop
//! its handle, from inside a transfer to the device, or where somebody in such a transfer waits for them (an attach that
//! they are in, for example), unless a deadline or the limit of the bus bounds the wait. A chain of more than 32 callers
//! counts as one that comes back.
//!
//! # Panics
//!
//! Nothing here panics. The panic of a host's or peripheral's callback passes through the bus; see [`HostController`].

#[cfg_attr(not(feature = "capabilities"), path = "no_capabilities.rs")]
mod capabilities;
mod commands;
mod error;
mod gate;
mod gone;
mod handle;
mod host_controller;
mod info;
mod link_budget;
#[cfg_attr(not(feature = "capabilities"), allow(dead_code))] // what only the check of capabilities needs
mod link_config;
mod listener;
mod lock;
#[cfg(not(feature = "unstable-machine"))]
mod machine;
#[cfg(feature = "unstable-machine")]
pub mod machine;
mod memory;
mod message;
mod name;
mod play;
mod removal_kind;
pub mod report;
#[cfg(not(feature = "unstable-machine"))]
mod shell;
#[cfg(feature = "unstable-machine")]
pub mod shell;
mod slots;
mod speed;
#[cfg(feature = "std")]
mod std_slots;
mod still_running;
mod sync;
mod transport;
#[cfg_attr(not(feature = "capabilities"), allow(dead_code))] // the same
mod video_timings;

use super::{dcs, wire};

pub use capabilities::UnsupportedFeature;
#[cfg(feature = "capabilities")]
pub use capabilities::{Capabilities, Support};
pub use commands::Commands;
pub use error::{
    AttachError, Gone, ReadError, RegisterDeviceError, RegisterHostError, Side, StillRunning, TransferError,
    WaitError,
};
pub use handle::{AttachedDevice, Bus, Device, Host, HostRef, Link, LinkSender};
pub use host_controller::{Attachment, HostAttachError, HostController, HostError, HostErrorKind};
pub use info::{DeviceInfo, HostInfo};
pub use link_config::{Clock, Lanes, LinkConfig, Mode, PixelFormat, Speed};
pub use listener::{DeviceListener, Notice, RemovalKind};
pub use machine::{Caller, Profile, Removed};
#[cfg(feature = "critical-section")]
pub use memory::FirmwareMemory;
pub use message::Message;
pub use play::PlayError;
pub use slots::Node;
#[cfg(feature = "std")]
pub use std_slots::StdBus;
pub use transport::Transport;
pub use wire::Payload;

/// What a bus is made of: for those who bring a lock, slots or a way to keep names of their own, as a kernel does.
///
/// A bus is a handle to its memory ([`MemoryRef`](adapter::MemoryRef)): a [`Lock`](adapter::Lock) with
/// [`Slots`](adapter::Slots) in it, and beside it the [`Gates`](adapter::Gates) that packets pass.
pub mod adapter {
    #[cfg(target_has_atomic = "ptr")]
    pub use super::gate::AtomicWord;
    #[cfg(feature = "critical-section")]
    pub use super::gate::CriticalSectionWord;
    pub use super::gate::{Gate, GateWord};
    #[cfg(feature = "std")]
    pub use super::lock::StdLock;
    #[cfg(feature = "critical-section")]
    pub use super::lock::{Context, CriticalSectionLock};
    pub use super::lock::{Ended, Lock};
    pub use super::machine::{Event, Events};
    pub use super::memory::{BusMemory, Gates, Memory};
    pub use super::name::{HostName, KeepName, Name, NameTooLong, MAX_NAME_LEN};
    pub use super::shell::{Deadline, MemoryRef};
    pub use super::slots::{FixedSlots, HostSlot, LookUp, LookUpResult, Slots, Vacancies};
    #[cfg(feature = "std")]
    pub use super::std_slots::{StdGates, StdMemory, StdSlots};
}

/// Lane rates and video timings of a link configuration, and what does not fit the link.
pub mod timings {
    pub use super::link_budget::LinkBudgetError;
    pub use super::link_config::LaneRate;
    pub use super::video_timings::{AxisTimings, InvalidTimings, VideoTimings};
}
