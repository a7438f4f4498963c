//! Binding a driver to a device, and unbinding it.
//!
//! What it is for: one probe, one unbind, and the loop over the drivers that match. What it is not: the reasons for
//! them: loading (`loading`), adding (`population`), another bind (`settling`).

use std::fmt;
use std::rc::Rc;
use std::sync::Arc;

use crate::book::{Binding, Book};
use crate::context::BindContext;
use crate::device::{DeviceInfo, ProbeFailure, Running};
use crate::driver::{Driver, ProbeError};
use crate::error::{BindError, UnbindError};
use crate::event::Event;
use crate::id::{DeviceId, DriverId};
use crate::model::Model;

/// The result of an attempt to bind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BindOutcome {
    /// The driver has the device now.
    Bound {
        /// Which driver.
        driver: DriverId,
    },
    /// The driver had the device already; nothing was called.
    AlreadyBound {
        /// Which driver.
        driver: DriverId,
    },
    /// A driver deferred, and no other took the device: it is tried again after the next bind.
    Deferred {
        /// The driver's name.
        driver: Arc<str>,
        /// What it waits for.
        reason: Arc<str>,
    },
    /// No driver matches; nothing was called.
    NoDriver,
}

impl fmt::Display for BindOutcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bound { driver } => write!(f, "bound to {driver}"),
            Self::AlreadyBound { driver } => write!(f, "bound to {driver} before"),
            Self::Deferred { driver, reason } => write!(f, "deferred by {driver}: {reason}"),
            Self::NoDriver => f.write_str("no driver matches"),
        }
    }
}

/// The result of an unbind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum UnbindOutcome {
    /// The driver has let go.
    Unbound {
        /// The driver's name.
        driver: Arc<str>,
    },
    /// No driver had the device; nothing was called.
    NotBound,
}

/// Who asked for a probe.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Asked {
    /// The driver core: a probe that defers is tried again.
    ByCore,
    /// Somebody who named device and driver.
    ByHand,
}

/// A driver to try.
pub(super) struct Candidate {
    pub(super) id: DriverId,
    pub(super) serial: u64,
    pub(super) driver: Rc<dyn Driver>,
    pub(super) info: Rc<DeviceInfo>,
}

impl Model {
    /// Probes a device with the drivers of its bus that match, in the order of loading, until one takes it. Mirrors
    /// `device_attach`.
    ///
    /// A driver that fails or defers doesn't keep the next one from trying.
    ///
    /// # Errors
    ///
    /// [`BindError`]; [`BindError::Busy`] from inside a call to the device.
    pub fn bind(&self, device: DeviceId) -> Result<BindOutcome, BindError> {
        self.operate(|| self.attach(device))
    }

    /// Probes a device with that driver only. Mirrors sysfs's `bind` file (`device_driver_attach`): a driver that defers
    /// is not tried again for this device, and the device goes on waiting for what it waited for before.
    ///
    /// # Errors
    ///
    /// [`BindError`]; [`BindError::NoMatch`] if the driver doesn't match, [`BindError::TryAgain`] if it defers.
    pub fn bind_to(&self, device: DeviceId, driver: DriverId) -> Result<BindOutcome, BindError> {
        self.operate(|| {
            let candidate = self.with(|book| {
                let info = match book.may_bind(device)? {
                    Ok(info) => info,
                    Err(bound) => return Ok(Err(bound)),
                };
                book.candidate(info, driver).map(Ok)
            })?;
            let candidate = match candidate {
                Ok(candidate) => candidate,
                Err(driver) => return Ok(BindOutcome::AlreadyBound { driver }),
            };
            if !candidate.driver.matches(&candidate.info) {
                let driver = self.with(|book| book.driver_name(driver));
                return Err(BindError::NoMatch { driver });
            }
            match self.probe(device, &candidate, Asked::ByHand)? {
                BindOutcome::Deferred { driver, reason } => Err(BindError::TryAgain { driver, reason }),
                outcome => Ok(outcome),
            }
        })
    }

    /// Takes a device's driver away: its remove, then its managed entries, last in first out. Mirrors
    /// `device_release_driver`.
    ///
    /// The device stays, and is not probed again by itself before a driver is loaded.
    ///
    /// # Errors
    ///
    /// [`UnbindError::Busy`] from inside a call to the device; nothing has been touched.
    pub fn unbind(&self, device: DeviceId) -> Result<UnbindOutcome, UnbindError> {
        self.operate(|| {
            let taken = self.with(|book| {
                if let Some(busy) = book.device(device)?.busy() {
                    return Err(UnbindError::Busy(busy));
                }
                let Some(record) = book.devices.get_mut(device) else {
                    return Ok(None);
                };
                let Some(binding) = record.binding.as_mut() else {
                    return Ok(None);
                };
                record.running = Some(Running::Remove);
                let bound = binding.bound.take();
                let (driver, info) = (binding.driver, Rc::clone(&record.info));
                Ok(Some((bound, book.driver_name(driver), info)))
            })?;
            let Some((bound, driver, info)) = taken else {
                return Ok(UnbindOutcome::NotBound);
            };
            let context = BindContext { model: self.clone(), info };
            self.emit(|| Event::RemoveStarted { device: context.info.to_ref(), driver: Arc::clone(&driver) });
            if let Some(bound) = bound {
                bound.remove(&context);
            }
            self.release_all(&context);
            self.with(|book| {
                if let Some(record) = book.devices.get_mut(device) {
                    record.running = None;
                    record.wants_retry = false;
                    if let Some(binding) = record.binding.take() {
                        book.bound.remove(&binding.serial);
                    }
                }
            });
            self.emit(|| Event::RemoveDone { device: context.info.to_ref(), driver: Arc::clone(&driver) });
            Ok(UnbindOutcome::Unbound { driver })
        })
    }

    /// [`bind`](Self::bind) without the settling.
    pub(super) fn attach(&self, device: DeviceId) -> Result<BindOutcome, BindError> {
        let mut after = 0;
        let mut deferred = None;
        let mut failed = None;
        loop {
            let next = self.with(|book| match book.may_bind(device)? {
                Ok(info) => {
                    if after == 0 {
                        // A new verdict is being made.
                        book.set_deferral(device, None);
                    }
                    Ok::<_, BindError>(Ok(book.next_candidate(info, after)))
                }
                Err(driver) => Ok(Err(driver)),
            })?;
            let candidate = match next {
                Err(driver) => return Ok(BindOutcome::AlreadyBound { driver }),
                Ok(None) => break,
                Ok(Some(candidate)) => candidate,
            };
            after = candidate.serial;
            if !candidate.driver.matches(&candidate.info) {
                continue;
            }
            match self.probe(device, &candidate, Asked::ByCore) {
                Ok(BindOutcome::Deferred { driver, reason }) => {
                    deferred = Some(BindOutcome::Deferred { driver, reason });
                }
                Ok(outcome) => return Ok(outcome),
                Err(error @ BindError::Failed { .. }) => failed = Some(error),
                // The driver went away while it was asked whether it matches.
                Err(BindError::StaleDriver(_) | BindError::Unloading { .. }) => {}
                Err(error) => return Err(error),
            }
        }
        match (deferred, failed) {
            (Some(outcome), _) => Ok(outcome),
            (None, Some(error)) => Err(error),
            (None, None) => Ok(BindOutcome::NoDriver),
        }
    }

    /// One probe. Mirrors `really_probe`.
    pub(super) fn probe(
        &self,
        device: DeviceId,
        candidate: &Candidate,
        asked: Asked,
    ) -> Result<BindOutcome, BindError> {
        // `matches` was called since the last look.
        let driver = self.with(|book| match book.may_bind(device)? {
            Ok(info) => {
                let candidate = book.candidate(info, candidate.id)?;
                if let Some(record) = book.devices.get_mut(device) {
                    record.running = Some(Running::Probe);
                    record.prober = Some(candidate.id);
                }
                Ok::<_, BindError>(Ok(book.driver_name(candidate.id)))
            }
            Err(bound) => Ok(Err(bound)),
        })?;
        let driver = match driver {
            Ok(driver) => driver,
            Err(driver) => return Ok(BindOutcome::AlreadyBound { driver }),
        };
        let context = BindContext { model: self.clone(), info: Rc::clone(&candidate.info) };
        self.emit(|| Event::ProbeStarted { device: context.info.to_ref(), driver: Arc::clone(&driver) });
        match candidate.driver.probe(&context) {
            Ok(bound) => {
                let unplaced = self.with(|book| {
                    let serial = book.next_serial();
                    book.set_deferral(device, None);
                    let Some(record) = book.devices.get_mut(device) else {
                        return Some(bound);
                    };
                    record.running = None;
                    record.prober = None;
                    record.failure = None;
                    record.binding = Some(Binding { driver: candidate.id, serial, bound: Some(bound) });
                    book.bound.insert(serial, device);
                    book.agenda.fresh.push(serial);
                    None
                });
                // A device in probe can't be removed, so it was there.
                debug_assert!(unplaced.is_none());
                self.emit(|| Event::Bound { device: context.info.to_ref(), driver });
                Ok(BindOutcome::Bound { driver: candidate.id })
            }
            Err(error) => self.probe_failed(&context, candidate, driver, error, asked),
        }
    }

    /// Releases what a probe that didn't bind has managed, and notes why it didn't.
    fn probe_failed(
        &self,
        context: &BindContext,
        candidate: &Candidate,
        driver: Arc<str>,
        error: ProbeError,
        asked: Asked,
    ) -> Result<BindOutcome, BindError> {
        let device = context.device();
        let reason: Arc<str> = match &error {
            ProbeError::Defer(reason) => Arc::from(reason.as_str()),
            ProbeError::Failed(error) => Arc::from(error.to_string()),
        };
        self.release_all(context);
        let deferred = matches!(error, ProbeError::Defer(_));
        self.with(|book| {
            let Some(record) = book.devices.get_mut(device) else {
                return;
            };
            record.running = None;
            record.prober = None;
            record.wants_retry = false;
            let is_ours = record.deferral.as_ref().is_some_and(|deferral| deferral.driver == candidate.id);
            let may_defer = asked == Asked::ByCore;
            if deferred {
                if may_defer {
                    book.set_deferral(device, Some((candidate.id, Arc::clone(&reason))));
                }
            } else {
                record.failure =
                    Some(ProbeFailure { driver: Arc::clone(&driver), reason: Arc::clone(&reason) });
                if is_ours && may_defer {
                    book.set_deferral(device, None);
                }
            }
        });
        match error {
            ProbeError::Defer(_) => {
                self.emit(|| Event::ProbeDeferred {
                    device: context.info.to_ref(),
                    driver: Arc::clone(&driver),
                    reason: Arc::clone(&reason),
                });
                Ok(BindOutcome::Deferred { driver, reason })
            }
            ProbeError::Failed(error) => {
                self.emit(|| Event::ProbeFailed {
                    device: context.info.to_ref(),
                    driver: Arc::clone(&driver),
                    reason,
                });
                Err(BindError::Failed { driver, error })
            }
        }
    }
}

impl Book {
    /// Whether a driver may be tried on a device; the inner error is the driver that has it.
    pub(super) fn may_bind(&self, id: DeviceId) -> Result<Result<Rc<DeviceInfo>, DriverId>, BindError> {
        let device = self.device(id)?;
        if let Some(busy) = device.busy() {
            return Err(BindError::Busy(busy));
        }
        if let Some(binding) = &device.binding {
            return Ok(Err(binding.driver));
        }
        if device.doomed {
            return Err(BindError::Removing { device: device.info.to_ref() });
        }
        if self.shut_down {
            return Err(BindError::ShutDown);
        }
        Ok(Ok(Rc::clone(&device.info)))
    }

    pub(super) fn candidate(&self, info: Rc<DeviceInfo>, id: DriverId) -> Result<Candidate, BindError> {
        let Some(driver) = self.drivers.get(id) else {
            return Err(BindError::StaleDriver(self.drivers.stale(id)));
        };
        if driver.bus != *info.bus() {
            return Err(BindError::WrongBus { expected: info.bus().clone(), got: driver.bus.clone() });
        }
        if driver.unloading {
            return Err(BindError::Unloading { driver: Arc::clone(&driver.name) });
        }
        Ok(Candidate { id, serial: driver.serial, driver: Rc::clone(&driver.driver), info })
    }

    /// The first driver of the device's bus that was loaded after `after`.
    fn next_candidate(&self, info: Rc<DeviceInfo>, after: u64) -> Option<Candidate> {
        self.driver_order.range(after + 1..).find_map(|(_, id)| self.candidate(Rc::clone(&info), *id).ok())
    }
}
