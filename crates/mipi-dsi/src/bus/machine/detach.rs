//! Detach: stops transfers, waits for the one that runs, and calls the host's detach.

use super::super::error::StillRunning;
use super::book::{Errand, HostBook, Profile, Serving};
use super::caller::{Caller, Event};
use super::canonical::Canonical;
use super::key::{DeviceKey, Generation, HostKey};
use super::link_claim::{LinkClaim, NotYet};
use super::link_hold::Purpose;
use super::operation::{CallbackKind, Operation, OperationStep, Removed};

/// Ends an attachment of a device.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Detach {
    device: DeviceKey,
    /// The attachment to end, or `None` for whichever there is.
    attachment: Option<Generation>,
    claim: LinkClaim,
    stage: Stage,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Stage {
    Start,
    /// This operation has set `Serving::Draining`, or taken it over from one that gave up.
    Draining {
        attachment: Generation,
        took_over: bool,
    },
    /// The host's cancel callback runs; after it comes `Draining` again.
    Cancelling {
        attachment: Generation,
        took_over: bool,
    },
    /// The host's detach callback runs.
    Detaching,
    /// The detach callback has returned; a cancel of the device's last packet may still run.
    Detached,
    Ended(Result<Removed, StillRunning>),
}

impl Detach {
    /// Ends the attachment that a link belongs to.
    #[must_use]
    pub const fn link(device: DeviceKey, attachment: Generation) -> Self {
        Self { device, attachment: Some(attachment), claim: LinkClaim::None, stage: Stage::Start }
    }

    /// Ends whatever attachment the device has.
    #[must_use]
    pub const fn device(device: DeviceKey) -> Self {
        Self { device, attachment: None, claim: LinkClaim::None, stage: Stage::Start }
    }

    /// Whether this call did it. Before the operation has ended, this is [`Removed::Already`].
    ///
    /// # Errors
    ///
    /// [`StillRunning`] if the operation gave up waiting for something.
    pub const fn outcome(&self) -> Result<Removed, StillRunning> {
        match self.stage {
            Stage::Ended(outcome) => outcome,
            _ => Ok(Removed::Already),
        }
    }

    fn means(&self, attachment: Generation) -> bool {
        self.attachment.is_none_or(|meant| meant == attachment)
    }

    fn end(&mut self, outcome: Result<Removed, StillRunning>) -> OperationStep {
        self.stage = Stage::Ended(outcome);
        OperationStep::Done
    }

    /// Claims the attachment, or says why there is nothing to do.
    fn start(&mut self, host: &mut HostBook, caller: Caller) -> Option<OperationStep> {
        let shared = host.profile == Profile::Shared;
        let Some(registration) = host.registration_mut(self.device) else {
            return Some(self.end(Ok(Removed::Already)));
        };
        let (attachment, took_over) = match registration.serving {
            Serving::Idle => return Some(self.end(Ok(Removed::Already))),
            // A link exists only after its attach has returned, so this is another, later attachment.
            Serving::Attaching(_) if self.attachment.is_some() => {
                return Some(self.end(Ok(Removed::Already)))
            }
            Serving::Attached(attachment)
            | Serving::Draining { attachment, .. }
            | Serving::Detaching { attachment, .. }
                if !self.means(attachment) =>
            {
                return Some(self.end(Ok(Removed::Already)))
            }
            Serving::Attached(attachment) => (attachment, false),
            Serving::Draining { attachment, by: None } => (attachment, true),
            Serving::Attaching(_)
            | Serving::Draining { .. }
            | Serving::Detaching { .. }
            | Serving::Cancelling => return Some(OperationStep::Wait(Event::serving(self.device.channel))),
        };
        registration.serving = Serving::Draining { attachment, by: Some(caller) };
        self.stage = Stage::Draining { attachment, took_over };
        if !shared {
            // Those who wait for the link to send to this device check again, and are refused.
            host.end(Event::LINK);
        }
        None
    }

    /// Waits until nothing of the channel runs, then calls the host.
    fn drain(
        &mut self,
        host: &mut HostBook,
        caller: Caller,
        attachment: Generation,
        took_over: bool,
    ) -> OperationStep {
        let DeviceKey { channel, .. } = self.device;
        if host.hold().is_some_and(|hold| hold.is_work_of(channel)) {
            let is_surprise = host.is_surprise()
                || host.registration(self.device).is_ok_and(|registration| registration.is_surprise);
            if is_surprise && host.claim_cancel(caller, Some(channel)).is_some() {
                self.claim.leave_queue(host);
                self.stage = Stage::Cancelling { attachment, took_over };
                return OperationStep::Call(CallbackKind::Cancel, channel);
            }
            return OperationStep::Wait(Event::LINK);
        }
        if host.profile == Profile::Serialised {
            match self.claim.claim(host, caller, channel, Purpose::Callback) {
                Ok(()) => {}
                Err(NotYet::Wait) => return OperationStep::Wait(Event::LINK),
                Err(NotYet::QueueFull) => return OperationStep::Refuse(Event::LINK),
            }
        }
        if let Some(registration) = host.registration_mut(self.device) {
            registration.serving = Serving::Detaching { attachment, by: caller };
        }
        self.stage = Stage::Detaching;
        OperationStep::Call(CallbackKind::Detach, self.device.channel)
    }
}

/// What detaching a device will wait for.
pub(super) fn waits_of_detach(host: &HostBook, device: DeviceKey, each: &mut dyn FnMut(Event)) {
    let Ok(registration) = host.registration(device) else { return };
    match registration.serving {
        Serving::Idle => return,
        Serving::Attached(_) | Serving::Draining { by: None, .. } => {}
        _ => each(Event::serving(device.channel)),
    }
    let is_work = host.hold().is_some_and(|hold| hold.is_work_of(device.channel));
    if is_work || host.profile == Profile::Serialised && host.hold().is_some_and(|hold| !hold.is_notice()) {
        each(Event::LINK);
    }
}

impl Operation for Detach {
    fn host(&self) -> HostKey {
        self.device.host
    }

    fn will_wait_for(&self, host: &HostBook, _: Caller, each: &mut dyn FnMut(Event)) {
        let is_meant = host.registration(self.device).is_ok_and(|registration| match registration.serving {
            Serving::Idle => false,
            Serving::Attaching(_) | Serving::Cancelling => self.attachment.is_none(),
            Serving::Attached(attachment)
            | Serving::Draining { attachment, .. }
            | Serving::Detaching { attachment, .. } => self.means(attachment),
        });
        if is_meant {
            waits_of_detach(host, self.device, each);
        }
    }

    fn advance(&mut self, host: &mut HostBook, caller: Caller) -> OperationStep {
        if matches!(self.stage, Stage::Start) {
            if let Some(next) = self.start(host, caller) {
                return next;
            }
        }
        match self.stage {
            Stage::Draining { attachment, took_over } => self.drain(host, caller, attachment, took_over),
            Stage::Detached => {
                let is_cancelling = host
                    .registration(self.device)
                    .is_ok_and(|registration| matches!(registration.serving, Serving::Cancelling));
                if is_cancelling {
                    return OperationStep::Wait(Event::serving(self.device.channel));
                }
                self.end(Ok(Removed::ByThisCall))
            }
            Stage::Start | Stage::Cancelling { .. } | Stage::Detaching | Stage::Ended(_) => {
                OperationStep::Done
            }
        }
    }

    fn returned(&mut self, host: &mut HostBook, caller: Caller, _succeeded: bool) {
        match self.stage {
            Stage::Cancelling { attachment, took_over } => {
                host.cancel_returned();
                self.stage = Stage::Draining { attachment, took_over };
            }
            Stage::Detaching => {
                if let Some(registration) = host.registration_mut(self.device) {
                    if matches!(registration.errand, Errand::Detach(_)) {
                        registration.errand = Errand::None;
                    }
                }
                host.serve_no_longer(self.device);
                self.claim.give_back(host, caller);
                self.stage = Stage::Detached;
            }
            Stage::Start | Stage::Draining { .. } | Stage::Detached | Stage::Ended(_) => {}
        }
    }

    fn give_up(&mut self, host: &mut HostBook, _caller: Caller, take_back: bool) -> bool {
        self.claim.leave_queue(host);
        match self.stage {
            Stage::Draining { attachment, took_over } => {
                let stays_attached = take_back && !took_over;
                if let Some(registration) = host.registration_mut(self.device) {
                    registration.serving = if stays_attached {
                        Serving::Attached(attachment)
                    } else {
                        Serving::Draining { attachment, by: None }
                    };
                }
                host.end(Event::serving(self.device.channel));
                self.stage = Stage::Start;
                !stays_attached
            }
            // The host was called. The cancel that still runs is left to its caller.
            Stage::Detached => {
                self.end(Ok(Removed::ByThisCall));
                false
            }
            Stage::Start | Stage::Cancelling { .. } | Stage::Detaching | Stage::Ended(_) => false,
        }
    }

    fn refuse(&mut self, still_running: StillRunning) {
        if !matches!(self.stage, Stage::Ended(_)) {
            self.end(Err(still_running));
        }
    }
}

impl Canonical for Detach {
    fn rename(&mut self, name: &mut dyn FnMut(&mut Generation)) {
        self.device.rename(name);
        if let Some(attachment) = &mut self.attachment {
            name(attachment);
        }
        if let Stage::Draining { attachment, .. } | Stage::Cancelling { attachment, .. } = &mut self.stage {
            name(attachment);
        }
    }

    fn turn(&mut self, by: u8) {
        self.claim.turn(by);
    }
}
