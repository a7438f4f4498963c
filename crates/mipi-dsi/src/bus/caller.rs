//! Who calls, what he does for the bus, and what he waits for.
//!
//! The book keeps these so that a wait which could never end is recognised before it is entered; see `waits`.

use super::key::{HostKey, Lease};
use core::fmt;

/// Whoever calls into the bus: a thread, a task, an interrupt. Given by the lock (see `Lock::caller`).
///
/// Two calls with the same caller are nested in each other or follow each other; they never run at the same time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Caller(pub u64);

/// A caller who does something that others may have to wait for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Worker {
    /// Who it is.
    pub caller: Caller,
    /// What he waits for at the moment, if he does.
    pub waits_for: Option<WaitFor>,
}

impl Worker {
    /// One who waits for nothing.
    pub const fn new(caller: Caller) -> Self {
        Self { caller, waits_for: None }
    }
}

/// What an operation has to wait for. Each is ended by one caller, so waits form chains and no trees.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum WaitFor {
    /// The transfer or transaction that has the host's link.
    Link(HostKey),
    /// The host's cancel callback.
    Cancel(HostKey),
    /// The attach or detach of a device, by another caller.
    Serving(Lease),
    /// The notice that a peripheral is being given.
    Notice(Lease),
    /// The unregistration of a device, by another caller.
    DeviceRemoval(Lease),
    /// The unregistration of a host, by another caller.
    HostRemoval(HostKey),
}

impl fmt::Display for WaitFor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Link(host) => write!(f, "the transfer that runs on host {}", host.slot),
            Self::Cancel(host) => write!(f, "the cancel callback of host {}", host.slot),
            Self::Serving(lease) => {
                write!(f, "the attach or detach of channel {} on host {}", lease.channel, lease.host.slot)
            }
            Self::Notice(lease) => {
                write!(
                    f,
                    "the notice to the peripheral on channel {} of host {}",
                    lease.channel, lease.host.slot
                )
            }
            Self::DeviceRemoval(lease) => {
                write!(f, "the unregistration of channel {} on host {}", lease.channel, lease.host.slot)
            }
            Self::HostRemoval(host) => write!(f, "the unregistration of host {}", host.slot),
        }
    }
}
