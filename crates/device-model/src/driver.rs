//! What a driver has to provide.
//!
//! What it is for: [`Driver`], the code that can serve many devices; [`Bound`], its hold on one of them; and
//! [`ProbeError`], the two ways in which a probe fails. What it is not: what a driver gets
//! ([`BindContext`]).
//!
//! # The calls, and their order
//!
//! `probe` ends in an error: the context's managed entries are released, last in first out, and nothing follows.
//!
//! `probe` ends well: any number of `retry`, at most one `shutdown`, at most one `remove`, in this order, except that
//! `retry` may also come after `shutdown`; after `remove` the managed entries are released, last in first out.
//! No two of these calls of one device ever overlap or nest. `remove` is missing only if the last handle of the model
//! is dropped while the device is bound.
//!
//! Every one of them may call any operation of the model; those that would have to wait for the caller itself
//! (bind, unbind or removal of the device that is being called, unload of its driver) are refused with
//! [`Busy`](crate::Busy).

use std::error::Error;
use std::fmt;

use crate::bus::BusType;
use crate::context::BindContext;
use crate::device::DeviceInfo;

/// Code that can serve devices of one bus. Mirrors `struct device_driver`.
pub trait Driver {
    /// Its name as sysfs shows it, unique among the drivers of its bus. Asked once, at load.
    fn name(&self) -> &str;

    /// The bus whose devices it serves. Asked once, at load.
    fn bus(&self) -> BusType;

    /// What the default of [`matches`](Self::matches) looks for. Mirrors `of_match_table`.
    fn compatible(&self) -> &[&str] {
        &[]
    }

    /// Whether to probe `device`, which is on the driver's bus. Mirrors `bus_type.match` (`of_driver_match_device`).
    fn matches(&self, device: &DeviceInfo) -> bool {
        device.compatible().iter().any(|compatible| self.compatible().contains(&compatible.as_str()))
    }

    /// Takes up the device. What it acquires it hands to [`BindContext::manage`] or to the [`Bound`] that it returns.
    ///
    /// It may add devices; these are probed before the call that adds them returns.
    ///
    /// # Errors
    ///
    /// [`ProbeError::Defer`] if something that is needed isn't there yet, [`ProbeError::Failed`] for everything else.
    /// Both release everything managed.
    fn probe(&self, ctx: &BindContext) -> Result<Box<dyn Bound>, ProbeError>;
}

/// A driver's hold on one device, from a successful probe to its unbind. Dropped by `remove`, before the managed
/// entries are released.
pub trait Bound {
    /// Lets the device go. Mirrors the `remove` callback, which can't fail either.
    fn remove(self: Box<Self>, ctx: &BindContext);

    /// Quiesces the device because the system goes down; the device stays bound. Mirrors the `shutdown` callback.
    fn shutdown(&mut self, ctx: &BindContext) {
        let _ = ctx;
    }

    /// Looks again for what it lacks: another device has been bound since the last call.
    ///
    /// Called only while [`BindContext::wants_retry`] is on, and only from the end of an outermost operation of the
    /// model, never in the middle of somebody's callback. A spurious call is possible: what was bound needn't be what
    /// this driver waits for. Linux has no such call; there a bridge that loses its host stays without one until
    /// somebody rebinds it.
    fn retry(&mut self, ctx: &BindContext) {
        let _ = ctx;
    }
}

/// Why a probe didn't bind.
///
/// Any error turns into [`Failed`](Self::Failed) with `?`. Only the driver knows which errors mean "not yet", and says
/// so with [`defer`](Self::defer). So that this conversion can exist, the type is not an [`Error`] itself.
pub enum ProbeError {
    /// Something isn't there yet: call again after the next bind. Mirrors `-EPROBE_DEFER`.
    Defer(String),
    /// It won't work; the next matching driver may try.
    Failed(Box<dyn Error>),
}

impl ProbeError {
    /// Not yet, because of `reason`.
    pub fn defer(reason: impl Into<String>) -> Self {
        Self::Defer(reason.into())
    }

    /// No, because of `error` (a text will do).
    pub fn failed(error: impl Into<Box<dyn Error>>) -> Self {
        Self::Failed(error.into())
    }
}

impl<E: Error + 'static> From<E> for ProbeError {
    fn from(error: E) -> Self {
        Self::Failed(Box::new(error))
    }
}

impl fmt::Display for ProbeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Defer(reason) => write!(f, "deferred: {reason}"),
            Self::Failed(error) => write!(f, "failed: {error}"),
        }
    }
}

impl fmt::Debug for ProbeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
