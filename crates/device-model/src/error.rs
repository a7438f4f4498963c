//! One small error type for each operation, with what was found in place of what was needed.
//!
//! What it is for: errors that are values: they hold ids and names, nothing whose drop has an effect, so they may
//! be kept for ever. The exception is [`BindError::Failed`], which carries the driver's own error. What it is not:
//! the error that a driver's probe returns ([`ProbeError`](crate::ProbeError)).

use std::error::Error;
use std::fmt;
use std::sync::Arc;

use crate::bus::BusType;
use crate::device::{DeviceRef, Running};
use crate::id::{DeviceId, DriverId, ManagedId, Stale};

/// The operation would have to wait for a call that is still running, below itself on the call stack: it would never
/// end. Linux would wait for the device's lock.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Busy {
    /// Which device is busy; not always the one that was named, as it may be below it.
    pub device: DeviceRef,
    /// Which call is running.
    pub running: Running,
}

impl fmt::Display for Busy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: its {} is still running", self.device, self.running)
    }
}

impl Error for Busy {}

/// Why a device wasn't added. Nothing of it is left.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AddError {
    /// The bus has a device of that name.
    Duplicate {
        /// The device that has the name.
        existing: DeviceRef,
    },
    /// The parent, or the device that was to manage it, has gone.
    Stale(Stale<DeviceId>),
    /// The parent is being removed.
    ParentRemoving {
        /// The parent.
        parent: DeviceRef,
    },
    /// It was to be managed by a device that can't manage anything now.
    Manage(ManageError),
}

impl fmt::Display for AddError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Duplicate { existing } => write!(f, "{existing} exists ({})", existing.id),
            Self::Stale(stale) => stale.fmt(f),
            Self::ParentRemoving { parent } => write!(f, "the parent {parent} is being removed"),
            Self::Manage(error) => error.fmt(f),
        }
    }
}

impl Error for AddError {}

/// Why a device wasn't removed. Nothing has been touched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RemoveError {
    /// It has gone.
    Stale(Stale<DeviceId>),
    /// A call to it, or to a device below it, is running.
    Busy(Busy),
}

impl fmt::Display for RemoveError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Stale(stale) => stale.fmt(f),
            Self::Busy(busy) => busy.fmt(f),
        }
    }
}

impl Error for RemoveError {}

/// Why a device wasn't bound.
#[derive(Debug)]
pub enum BindError {
    /// The device has gone; possibly during the attempt.
    Stale(Stale<DeviceId>),
    /// The driver has gone; possibly during the attempt.
    StaleDriver(Stale<DriverId>),
    /// A call to the device is running.
    Busy(Busy),
    /// The device is being removed.
    Removing {
        /// The device.
        device: DeviceRef,
    },
    /// The driver is being unloaded.
    Unloading {
        /// The driver's name.
        driver: Arc<str>,
    },
    /// The driver serves another bus.
    WrongBus {
        /// The device's bus.
        expected: BusType,
        /// The driver's bus.
        got: BusType,
    },
    /// The driver that was asked for doesn't match the device.
    NoMatch {
        /// The driver's name.
        driver: Arc<str>,
    },
    /// The model is shut down: nothing is bound any more.
    ShutDown,
    /// The driver that was asked for deferred. Nobody tries it again (sysfs's `bind` file says EAGAIN).
    TryAgain {
        /// The driver's name.
        driver: Arc<str>,
        /// What it waits for.
        reason: Arc<str>,
    },
    /// A probe failed, and no other driver took the device.
    Failed {
        /// Whose probe; the last one if several failed.
        driver: Arc<str>,
        /// What it said.
        error: Box<dyn Error>,
    },
}

impl fmt::Display for BindError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Stale(stale) => stale.fmt(f),
            Self::StaleDriver(stale) => stale.fmt(f),
            Self::Busy(busy) => busy.fmt(f),
            Self::Removing { device } => write!(f, "{device} is being removed"),
            Self::Unloading { driver } => write!(f, "{driver} is being unloaded"),
            Self::WrongBus { expected, got } => {
                write!(f, "the device is on {expected}, the driver serves {got}")
            }
            Self::NoMatch { driver } => write!(f, "{driver} doesn't match the device"),
            Self::ShutDown => f.write_str("the model is shut down"),
            Self::TryAgain { driver, reason } => {
                write!(f, "{driver} defers: {reason}; nothing tries it again")
            }
            Self::Failed { driver, error } => write!(f, "probe of {driver}: {error}"),
        }
    }
}

impl Error for BindError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Failed { error, .. } => Some(error.as_ref()),
            _ => None,
        }
    }
}

/// Why a device wasn't unbound. Nothing has been touched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum UnbindError {
    /// It has gone.
    Stale(Stale<DeviceId>),
    /// A call to it is running.
    Busy(Busy),
}

impl fmt::Display for UnbindError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Stale(stale) => stale.fmt(f),
            Self::Busy(busy) => busy.fmt(f),
        }
    }
}

impl Error for UnbindError {}

/// Why a driver wasn't loaded. Nothing of it is left.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LoadError {
    /// The bus has a driver of that name.
    Duplicate {
        /// The bus.
        bus: BusType,
        /// The name.
        name: Arc<str>,
        /// Who has it.
        existing: DriverId,
    },
}

impl fmt::Display for LoadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Duplicate { bus, name, existing } => write!(f, "{bus} has a driver {name} ({existing})"),
        }
    }
}

impl Error for LoadError {}

/// Why a driver wasn't unloaded. Nothing has been touched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum UnloadError {
    /// It has gone.
    Stale(Stale<DriverId>),
    /// It is calling a device, or being called for one.
    Busy(Busy),
    /// It is being unloaded, further down the call stack.
    Unloading {
        /// Its name.
        driver: Arc<str>,
    },
}

impl fmt::Display for UnloadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Stale(stale) => stale.fmt(f),
            Self::Busy(busy) => busy.fmt(f),
            Self::Unloading { driver } => write!(f, "{driver} is being unloaded"),
        }
    }
}

impl Error for UnloadError {}

/// Why nothing can be managed by a device. What was handed in has been released already.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ManageError {
    /// The device has gone.
    Stale(Stale<DeviceId>),
    /// No driver has the device, so there will be no unbind to release anything.
    NotBound {
        /// The device.
        device: DeviceRef,
    },
    /// The device's entries are being released.
    Releasing {
        /// The device.
        device: DeviceRef,
    },
}

impl fmt::Display for ManageError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Stale(stale) => stale.fmt(f),
            Self::NotBound { device } => write!(f, "{device} is not bound"),
            Self::Releasing { device } => {
                write!(f, "{device}: its managed entries are being released")
            }
        }
    }
}

impl Error for ManageError {}

/// The managed entry has gone: released, disowned, or being released right now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EntryError(pub Stale<ManagedId>);

impl fmt::Display for EntryError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl Error for EntryError {}

macro_rules! from_parts {
    ($($error:ident),*) => {$(
        impl From<Stale<DeviceId>> for $error {
            fn from(stale: Stale<DeviceId>) -> Self {
                Self::Stale(stale)
            }
        }

        impl From<Busy> for $error {
            fn from(busy: Busy) -> Self {
                Self::Busy(busy)
            }
        }
    )*};
}

from_parts!(BindError, RemoveError, UnbindError);
