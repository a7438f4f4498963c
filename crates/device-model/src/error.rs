//! One small error type for each operation, with what was found in place of what was needed.
//!
//! What it is for: errors that are values: they hold ids and names, nothing whose drop has an effect, so they may
//! be kept for ever. The exception is [`BindError::Failed`], which carries the driver's own error. What it is not:
//! the error that a driver's probe returns ([`ProbeError`](crate::ProbeError)).

use std::sync::Arc;
use thiserror::Error;

use crate::bus::BusType;
use crate::device::{DeviceRef, Running};
use crate::id::{DeviceId, DriverId, ManagedId, Stale};

/// The operation would have to wait for a call that is still running, below itself on the call stack: it would never
/// end. Linux would wait for the device's lock.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{device}: its {running} is still running")]
pub struct Busy {
    /// Which device is busy; not always the one that was named, as it may be below it.
    pub device: DeviceRef,
    /// Which call is running.
    pub running: Running,
}

/// Why a device wasn't added. Nothing of it is left.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum AddError {
    /// The bus has a device of that name.
    #[error("{existing} exists ({})", .existing.id)]
    Duplicate {
        /// The device that has the name.
        existing: DeviceRef,
    },
    /// The parent, or the device that was to manage it, has gone.
    #[error(transparent)]
    Stale(Stale<DeviceId>),
    /// The parent is being removed.
    #[error("the parent {parent} is being removed")]
    ParentRemoving {
        /// The parent.
        parent: DeviceRef,
    },
    /// It was to be managed by a device that can't manage anything now.
    #[error(transparent)]
    Manage(ManageError),
}

/// Why a device wasn't removed. Nothing has been touched.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum RemoveError {
    /// It has gone.
    #[error(transparent)]
    Stale(#[from] Stale<DeviceId>),
    /// A call to it, or to a device below it, is running.
    #[error(transparent)]
    Busy(#[from] Busy),
}

/// Why a device wasn't bound.
#[derive(Debug, Error)]
pub enum BindError {
    /// The device has gone; possibly during the attempt.
    #[error(transparent)]
    Stale(#[from] Stale<DeviceId>),
    /// The driver has gone; possibly during the attempt.
    #[error(transparent)]
    StaleDriver(Stale<DriverId>),
    /// A call to the device is running.
    #[error(transparent)]
    Busy(#[from] Busy),
    /// The device is being removed.
    #[error("{device} is being removed")]
    Removing {
        /// The device.
        device: DeviceRef,
    },
    /// The driver is being unloaded.
    #[error("{driver} is being unloaded")]
    Unloading {
        /// The driver's name.
        driver: Arc<str>,
    },
    /// The driver serves another bus.
    #[error("the device is on {expected}, the driver serves {got}")]
    WrongBus {
        /// The device's bus.
        expected: BusType,
        /// The driver's bus.
        got: BusType,
    },
    /// The driver that was asked for doesn't match the device.
    #[error("{driver} doesn't match the device")]
    NoMatch {
        /// The driver's name.
        driver: Arc<str>,
    },
    /// The model is shut down: nothing is bound any more.
    #[error("the model is shut down")]
    ShutDown,
    /// The driver that was asked for deferred. Nobody tries it again (sysfs's `bind` file says EAGAIN).
    #[error("{driver} defers: {reason}; nothing tries it again")]
    TryAgain {
        /// The driver's name.
        driver: Arc<str>,
        /// What it waits for.
        reason: Arc<str>,
    },
    /// A probe failed, and no other driver took the device.
    #[error("probe of {driver}: {error}")]
    Failed {
        /// Whose probe; the last one if several failed.
        driver: Arc<str>,
        /// What it said.
        #[source]
        error: Box<dyn std::error::Error>,
    },
}

/// Why a device wasn't unbound. Nothing has been touched.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum UnbindError {
    /// It has gone.
    #[error(transparent)]
    Stale(#[from] Stale<DeviceId>),
    /// A call to it is running.
    #[error(transparent)]
    Busy(#[from] Busy),
}

/// Why a driver wasn't loaded. Nothing of it is left.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum LoadError {
    /// The bus has a driver of that name.
    #[error("{bus} has a driver {name} ({existing})")]
    Duplicate {
        /// The bus.
        bus: BusType,
        /// The name.
        name: Arc<str>,
        /// Who has it.
        existing: DriverId,
    },
}

/// Why a driver wasn't unloaded. Nothing has been touched.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum UnloadError {
    /// It has gone.
    #[error(transparent)]
    Stale(Stale<DriverId>),
    /// It is calling a device, or being called for one.
    #[error(transparent)]
    Busy(Busy),
    /// It is being unloaded, further down the call stack.
    #[error("{driver} is being unloaded")]
    Unloading {
        /// Its name.
        driver: Arc<str>,
    },
}

/// Why nothing can be managed by a device. What was handed in has been released already.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum ManageError {
    /// The device has gone.
    #[error(transparent)]
    Stale(Stale<DeviceId>),
    /// No driver has the device, so there will be no unbind to release anything.
    #[error("{device} is not bound")]
    NotBound {
        /// The device.
        device: DeviceRef,
    },
    /// The device's entries are being released.
    #[error("{device}: its managed entries are being released")]
    Releasing {
        /// The device.
        device: DeviceRef,
    },
}

/// The managed entry has gone: released, disowned, or being released right now.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error(transparent)]
pub struct EntryError(pub Stale<ManagedId>);
