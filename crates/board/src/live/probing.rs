//! What a probe comes to where Linux's does not end in an attached device: the answers of [`crate::answer`], as the
//! drivers here give them.

use super::hardware::{HostHardware, PeripheralHardware};
use super::{DsiDevice, DsiLink};
use crate::answer::Answer;
use crate::facts::{Errno, HostFact};
use device_model::ProbeError;
use std::cell::RefCell;
use std::rc::{Rc, Weak};

/// The place of the one device that some hosts take.
pub(super) struct Seat {
    /// What a second device's attach gets; none if there may be several.
    error: Option<Errno>,
    taken_by: RefCell<Weak<PeripheralHardware>>,
}

impl Seat {
    pub(super) fn new(fact: &HostFact) -> Self {
        let error = fact.link.as_ref().and_then(|link| link.limits.second_attach);
        Self { error, taken_by: RefCell::new(Weak::new()) }
    }

    /// Takes it, or gives who has it and the error.
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
    /// What its driver's probe comes to before it registers the host.
    pub(super) fn probe_answer(&self) -> Result<(), ProbeError> {
        until_attached(&self.answer)
    }
}

impl PeripheralHardware {
    /// What its driver's probe comes to before it attaches: nothing is done then that would have to be undone.
    pub(super) fn probe_answer(&self) -> Result<(), ProbeError> {
        until_attached(&self.answer)
    }

    /// Whether a picture reaches it once it is attached.
    pub(super) fn is_displayed(&self) -> bool {
        self.why_not_displayed().is_none()
    }

    /// Why none does.
    pub(super) fn why_not_displayed(&self) -> Option<String> {
        match &self.answer {
            Answer::NoDisplay { error: Some(error), why } => Some(format!("{error}: {why}")),
            Answer::NoDisplay { error: None, why } => Some(why.clone()),
            _ => None,
        }
    }

    /// Attaches a DSI device of it, if the host takes it.
    pub(super) fn attach(self: &Rc<Self>, device: &DsiDevice) -> Result<DsiLink, ProbeError> {
        self.seat.take(self).map_err(|(error, first)| {
            ProbeError::failed(format!("{error}: the host takes one device, and has {first}"))
        })?;
        Ok(device.attach(self.config)?)
    }
}

/// That another device has the host's only place is found out when it attaches, and may be otherwise by then.
fn until_attached(answer: &Answer) -> Result<(), ProbeError> {
    match answer {
        Answer::Attaches | Answer::NoDisplay { .. } | Answer::Taken { .. } => Ok(()),
        Answer::Deferred { missing } => Err(ProbeError::defer(format!("for ever: {missing}"))),
        Answer::NoDriver | Answer::NotRegistered { .. } => Err(ProbeError::failed(answer.to_string())),
        Answer::Fails { error, why } => Err(ProbeError::failed(format!("{error}: {why}"))),
    }
}
