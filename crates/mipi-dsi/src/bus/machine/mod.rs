//! The machine of the bus: the book, and the operations that change it. No lock, no callback, one host at a time.
//!
//! For those who write a shell (threads, async, a kernel) and for searches. It is public behind the feature
//! `unstable-machine`, and changes with any version.
//!
//! * [`HostBook`]: who is registered, attached and running. [`link_hold`], [`link_claim`], [`queue`]: who holds the link,
//!   claims it and waits for it. `gate_rules`: when packets may pass without the book. [`key`], [`caller`]: the names
//!   that the book uses. [`profile`]: who may send.
//! * [`operation`]: what an operation is, and [`Running`]. One file for each: [`attach`], [`detach`], [`register`],
//!   [`unregister_device`], [`unregister_host`], [`declare_gone`], [`use_link`], [`errands`].
//! * [`waits`]: refuses waits that would never end. [`turn`]: drives an operation with tokens. [`canonical`]: for
//!   searches.
#![cfg_attr(not(feature = "unstable-machine"), allow(dead_code, unreachable_pub, unused_imports))]

pub mod attach;
pub mod book;
pub mod caller;
pub mod canonical;
#[cfg(feature = "surprise")]
pub mod declare_gone;
pub mod detach;
pub mod errands;
mod gate_rules;
#[cfg_attr(not(feature = "handle-counts"), path = "no_handle_count.rs")]
pub mod handle_count;
pub mod key;
pub mod link_claim;
pub mod link_hold;
pub mod operation;
pub mod profile;
pub mod queue;
pub mod register;
pub mod turn;
pub mod unregister_device;
pub mod unregister_host;
pub mod use_link;
pub mod waits;

pub use attach::{Attach, AttachOutcome};
pub use book::{
    DeviceBook, DeviceEntry, Errand, HostBook, HostPhase, Life, PerChannel, Registration, Serving, CHANNELS,
};
pub(super) use caller::CALLERS_WAIT;
pub use caller::{Asker, Caller, Event, Events, WaitFor};
pub use canonical::Canonical;
#[cfg(feature = "surprise")]
pub use declare_gone::DeclareGone;
pub use detach::Detach;
pub use errands::Errands;
pub use handle_count::HandleCount;
pub use key::{DeviceKey, Generation, HostKey, LinkKey};
pub use link_claim::LinkClaim;
pub use link_hold::{Cancel, Holder, LinkHold, LinkState, Packet, Purpose};
pub use operation::{Callback, CallbackKind, Next, Operation, OperationStep, Removed, Running};
pub use profile::Profile;
pub use queue::{LinkQueue, Ticket, MAX_QUEUED};
pub use register::{RegisterDevice, RegisterDeviceOutcome};
pub use turn::{begin, PendingCallback, PendingWait, Turn};
pub use unregister_device::UnregisterDevice;
pub use unregister_host::UnregisterHost;
pub use use_link::{UseLink, UseLinkError};
pub(super) use waits::leads_to;
pub use waits::Books;
