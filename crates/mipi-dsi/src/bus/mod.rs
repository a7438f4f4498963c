//! The bus: hosts, devices, attach, transfer, and removal in every order.
mod book;
mod caller;
mod commands;
mod error;
mod handle;
mod host_controller;
mod key;
mod link_config;
mod lock;
mod message;
mod name;
pub mod operation;
mod peripheral;
mod registry;
mod report;
mod send;
mod shell;
mod transport;
mod waits;

use super::{dcs, wire};

pub use book::{
    Books, DeviceBook, Errand, Handles, HostBook, HostPhase, LinkHold, Registration, Serving, Unregistering,
    CHANNELS,
};
pub use caller::{Caller, WaitFor, Worker};
pub use commands::Commands;
pub use error::{
    AttachError, Gone, ReadError, RegisterDeviceError, RegisterHostError, Side, StillRunning, TransferError,
    WhyNot,
};
pub use handle::{Bus, Device, Host, HostRef, Link};
pub use host_controller::{AttachRefused, Attachment, HostController, HostError};
pub use key::{Generation, HostKey, Lease, LinkKey};
pub use link_config::{Capabilities, Clock, Feature, Lanes, LinkConfig, Mode, PixelFormat, Speed, Support};
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
pub use report::{DeviceReport, DeviceState, HostReport, Presence};
pub use shell::{BusHandle, Deadline};
pub use transport::Transport;
