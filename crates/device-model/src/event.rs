//! What happens in a model, as it happens.
//!
//! What it is for: traces, timelines and tests. [`Model::set_observer`](crate::Model::set_observer) takes a function
//! that is called with each event, at the place in the call stack where it happens, with no borrow held: an observer
//! may call any operation. What it is not: a log; nothing is kept.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use crate::bus::BusType;
use crate::device::{DeviceRef, Running};
use crate::id::{DriverId, ManagedId};

/// One thing that has happened.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Event {
    /// A device is there; its probe, if any, is next.
    DeviceAdded {
        /// The device.
        device: DeviceRef,
    },
    /// A device has gone; its id is stale.
    DeviceRemoved {
        /// The device that was.
        device: DeviceRef,
    },
    /// A managed device had to be removed while a call to it was running: it goes when that call has returned.
    RemovalPostponed {
        /// The device that will go.
        device: DeviceRef,
        /// The running call, to it or to a device below it.
        running: Running,
    },
    /// A driver is there; the probes of its devices are next.
    DriverLoaded {
        /// The driver.
        driver: DriverId,
        /// Its name.
        name: Arc<str>,
        /// Its bus.
        bus: BusType,
    },
    /// A driver has gone; its id is stale.
    DriverUnloaded {
        /// The driver that was.
        driver: DriverId,
        /// Its name.
        name: Arc<str>,
        /// Its bus.
        bus: BusType,
    },
    /// A probe is about to be called.
    ProbeStarted {
        /// The device.
        device: DeviceRef,
        /// The driver's name.
        driver: Arc<str>,
    },
    /// A probe deferred; everything that it managed has been released.
    ProbeDeferred {
        /// The device.
        device: DeviceRef,
        /// The driver's name.
        driver: Arc<str>,
        /// What it waits for.
        reason: Arc<str>,
    },
    /// A probe failed; everything that it managed has been released.
    ProbeFailed {
        /// The device.
        device: DeviceRef,
        /// The driver's name.
        driver: Arc<str>,
        /// What it said.
        reason: Arc<str>,
    },
    /// A probe succeeded.
    Bound {
        /// The device.
        device: DeviceRef,
        /// The driver's name.
        driver: Arc<str>,
    },
    /// A driver's remove is about to be called.
    RemoveStarted {
        /// The device.
        device: DeviceRef,
        /// The driver's name.
        driver: Arc<str>,
    },
    /// A driver has let go of a device, and everything managed has been released.
    RemoveDone {
        /// The device.
        device: DeviceRef,
        /// The driver's name.
        driver: Arc<str>,
    },
    /// A driver's retry is about to be called.
    RetryStarted {
        /// The device.
        device: DeviceRef,
        /// The driver's name.
        driver: Arc<str>,
    },
    /// A driver's shutdown is about to be called.
    ShutdownStarted {
        /// The device.
        device: DeviceRef,
        /// The driver's name.
        driver: Arc<str>,
    },
    /// A device manages something new.
    ManagedAcquired {
        /// The device.
        device: DeviceRef,
        /// The entry.
        entry: ManagedId,
        /// Its name.
        name: Cow<'static, str>,
    },
    /// An entry is about to be released; its id is stale.
    ManagedReleaseStarted {
        /// The device.
        device: DeviceRef,
        /// The entry that was.
        entry: ManagedId,
        /// Its name.
        name: Cow<'static, str>,
    },
    /// An entry has been released.
    ManagedReleased {
        /// The device.
        device: DeviceRef,
        /// The entry that was.
        entry: ManagedId,
        /// Its name.
        name: Cow<'static, str>,
    },
    /// An entry has disappeared without being released.
    ManagedDisowned {
        /// The device.
        device: DeviceRef,
        /// The entry that was.
        entry: ManagedId,
        /// Its name.
        name: Cow<'static, str>,
    },
    /// Drivers kept one another binding and unbinding; deferred devices and retries wait for the next bind from
    /// outside.
    SettlingGivenUp {
        /// The number of rounds.
        rounds: usize,
    },
}

impl fmt::Display for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::DeviceAdded { device } => write!(f, "{device}: added"),
            Self::DeviceRemoved { device } => write!(f, "{device}: removed"),
            Self::RemovalPostponed { device, running } => {
                write!(f, "{device}: removal waits for {running}")
            }
            Self::DriverLoaded { name, bus, .. } => write!(f, "driver {bus}/{name}: loaded"),
            Self::DriverUnloaded { name, bus, .. } => write!(f, "driver {bus}/{name}: unloaded"),
            Self::ProbeStarted { device, driver } => write!(f, "{device}: probe by {driver}"),
            Self::ProbeDeferred { device, driver, reason } => {
                write!(f, "{device}: deferred by {driver}: {reason}")
            }
            Self::ProbeFailed { device, driver, reason } => {
                write!(f, "{device}: probe by {driver} failed: {reason}")
            }
            Self::Bound { device, driver } => write!(f, "{device}: bound to {driver}"),
            Self::RemoveStarted { device, driver } => write!(f, "{device}: remove by {driver}"),
            Self::RemoveDone { device, driver } => write!(f, "{device}: unbound from {driver}"),
            Self::RetryStarted { device, driver } => write!(f, "{device}: retry by {driver}"),
            Self::ShutdownStarted { device, driver } => {
                write!(f, "{device}: shutdown by {driver}")
            }
            Self::ManagedAcquired { device, name, .. } => write!(f, "{device}: manages {name}"),
            Self::ManagedReleaseStarted { device, name, .. } => {
                write!(f, "{device}: releases {name}")
            }
            Self::ManagedReleased { device, name, .. } => write!(f, "{device}: released {name}"),
            Self::ManagedDisowned { device, name, .. } => write!(f, "{device}: disowned {name}"),
            Self::SettlingGivenUp { rounds } => {
                write!(f, "binding doesn't settle: given up after {rounds} rounds")
            }
        }
    }
}
