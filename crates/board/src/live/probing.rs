//! The result of a probe where Linux's does not end in an attached device: the answers of [`crate::answer`], as the
//! drivers here return them.

use super::hardware::{HostHardware, PeripheralHardware};
use super::{DsiDevice, DsiLink};
use crate::answer::Answer;
use crate::facts::{Errno, HostFact};
use device_model::ProbeError;
use std::cell::RefCell;
use std::rc::{Rc, Weak};

/// The only place on a host that takes one device.
pub(super) struct Seat {
    /// The error of a second device's attach; none if there may be several devices.
    error: Option<Errno>,
    taken_by: RefCell<Weak<PeripheralHardware>>,
}

impl Seat {
    pub(super) fn new(fact: &HostFact) -> Self {
        let error = fact.link.as_ref().and_then(|link| link.limits.second_attach);
        Self { error, taken_by: RefCell::new(Weak::new()) }
    }

    /// Takes the place, or returns who has it, and the error.
    fn take(&self, who: &Rc<PeripheralHardware>) -> Result<(), (Errno, String)> {
        let mut taken_by = self.taken_by.borrow_mut();
        if let (Some(error), Some(first)) = (self.error, taken_by.upgrade()) {
            let is_attached = first.link.borrow().is_some() && first.gone.get().is_none();
            if is_attached && !Rc::ptr_eq(&first, who) {
                return Err((error, first.name.clone()));
            }
        }
        *taken_by = Rc::downgrade(who);
        Ok(())
    }
}

impl HostHardware {
    /// What stops its driver's probe before it registers the host.
    pub(super) fn probe_answer(&self) -> Result<(), ProbeError> {
        until_attached(&self.answer)
    }
}

impl PeripheralHardware {
    /// What stops its driver's probe before it attaches: at that point there is nothing to undo.
    pub(super) fn probe_answer(&self) -> Result<(), ProbeError> {
        until_attached(&self.answer)
    }

    /// Whether a picture reaches it once it is attached.
    pub(super) fn is_displayed(&self) -> bool {
        !matches!(self.answer, Answer::NoDisplay { .. })
    }

    /// Why none does.
    pub(super) fn why_not_displayed(&self) -> Option<String> {
        match &self.answer {
            Answer::NoDisplay { error: Some(error), why } => Some(format!("{error}: {why}")),
            Answer::NoDisplay { error: None, why } => Some(why.clone()),
            _ => None,
        }
    }

    /// Attaches one of its DSI devices, if the host takes it.
    pub(super) fn attach(self: &Rc<Self>, device: &DsiDevice) -> Result<DsiLink, ProbeError> {
        self.seat.take(self).map_err(|(error, first)| {
            ProbeError::failed(format!("{error}: the host takes one device, and has {first}"))
        })?;
        Ok(device.attach(self.config)?)
    }
}

/// Only the attach shows that another device has the host's only place, and that may have changed by then.
fn until_attached(answer: &Answer) -> Result<(), ProbeError> {
    match answer {
        Answer::Attaches | Answer::NoDisplay { .. } | Answer::Taken { .. } => Ok(()),
        Answer::Deferred { missing } => Err(ProbeError::defer(format!("for ever: {missing}"))),
        Answer::NoDriver | Answer::NotRegistered { .. } => Err(ProbeError::failed(answer.to_string())),
        Answer::Fails { error, why } => Err(ProbeError::failed(format!("{error}: {why}"))),
    }
}
