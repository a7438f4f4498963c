//! Detach: stops transfers, waits for the one that runs, and calls the host's detach.

use super::super::error::StillRunning;
use super::book::{Errand, HostBook, Serving};
use super::caller::{Asker, Caller, Event, Events};
use super::canonical::Canonical;
use super::key::{DeviceKey, Generation};
use super::link_claim::LinkClaim;
use super::link_hold::Purpose;
use super::operation::{CallbackKind, Operation, OperationStep, Removed, Running};

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
    Draining(Generation),
    /// The host's cancel callback runs; after it comes `Draining` again.
    Cancelling(Generation),
    /// The host's detach callback runs.
    Detaching(Generation),
    /// The detach callback has returned; the hardware may still send the attachment's last packet.
    Detached(Generation),
    Ended(Removed),
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

    /// Whether it ends this state of the device, or waits for its end.
    fn concerns(&self, serving: Serving) -> bool {
        match self.attachment {
            // A link exists only after its attach has returned, so `Attaching` is another, later attachment.
            Some(attachment) => serving.is_of(attachment),
            None => !matches!(serving, Serving::Idle),
        }
    }

    fn end(&mut self, removed: Removed) -> OperationStep {
        self.stage = Stage::Ended(removed);
        OperationStep::Done
    }

    /// Claims the attachment, or says why there is nothing to do.
    fn start(&mut self, host: &mut HostBook, caller: Caller) -> Option<OperationStep> {
        let shared = host.profile.is_shared();
        let Some(registration) = host.registration_mut(self.device) else {
            return Some(self.end(Removed::Already));
        };
        let serving = registration.serving;
        if !self.concerns(serving) {
            return Some(self.end(Removed::Already));
        }
        let attachment = match serving {
            Serving::Attached(attachment) | Serving::Draining { attachment, by: None } => attachment,
            Serving::Idle
            | Serving::Attaching(_)
            | Serving::Draining { .. }
            | Serving::Detaching { .. }
            | Serving::Ending(_) => return Some(OperationStep::Wait(Event::serving(self.device.channel))),
        };
        registration.serving = Serving::Draining { attachment, by: Some(caller) };
        self.stage = Stage::Draining(attachment);
        if !shared {
            // Those who wait for the link to send to this device check again, and are refused.
            host.end(Event::LINK);
        }
        None
    }

    /// Waits until nothing of the channel runs, then calls the host.
    fn drain(&mut self, host: &mut HostBook, asker: Asker, attachment: Generation) -> OperationStep {
        let DeviceKey { channel, .. } = self.device;
        if host.hold().is_some_and(|hold| hold.is_work_of(channel)) {
            let is_surprise = host.is_surprise()
                || host.registration(self.device).is_ok_and(|registration| registration.hardware_has_gone());
            if is_surprise && host.claim_cancel(asker.caller, Some(channel)).is_some() {
                self.stage = Stage::Cancelling(attachment);
                return OperationStep::Call(CallbackKind::Cancel, channel);
            }
            return OperationStep::Wait(Event::LINK);
        }
        if host.profile.is_serialised() {
            if let Err(wait) = self.claim.claim(host, asker, channel, Purpose::Callback) {
                return wait;
            }
        }
        if let Some(registration) = host.registration_mut(self.device) {
            registration.serving = Serving::Detaching { attachment, by: asker.caller };
        }
        self.stage = Stage::Detaching(attachment);
        OperationStep::Call(CallbackKind::Detach, self.device.channel)
    }
}

impl Running<Detach> {
    /// Whether this call did it. Before the operation has ended, this is [`Removed::Already`].
    ///
    /// # Errors
    ///
    /// [`StillRunning`] if the operation gave up waiting for something.
    pub fn outcome(&self) -> Result<Removed, StillRunning> {
        match self.operation().stage {
            Stage::Ended(removed) => Ok(removed),
            _ => self.or_still_running(Removed::Already),
        }
    }
}

impl Operation for Detach {
    fn slot(&self) -> usize {
        self.device.host.slot
    }

    fn will_wait_for(&self, host: &HostBook, caller: Caller) -> Events {
        let serving = match (self.stage, host.registration(self.device)) {
            (Stage::Start, Ok(registration)) => registration.serving,
            _ => return Events::NONE,
        };
        let channel = self.device.channel;
        let concerns = self.concerns(serving);
        let is_attended = !matches!(serving, Serving::Attached(_) | Serving::Draining { by: None, .. });
        let is_in_the_way = host.hold().is_some_and(|hold| {
            hold.is_work_of(channel) || host.profile.is_serialised() && !hold.lets_in(caller, channel)
        });
        Events::NONE
            .with(Event::serving(channel), concerns && is_attended)
            .with(Event::LINK, concerns && is_in_the_way)
    }

    fn advance(&mut self, host: &mut HostBook, asker: Asker) -> OperationStep {
        if matches!(self.stage, Stage::Start) {
            if let Some(next) = self.start(host, asker.caller) {
                return next;
            }
        }
        match self.stage {
            Stage::Draining(attachment) => self.drain(host, asker, attachment),
            Stage::Detached(attachment) => {
                // Not those of a successor, which may be there by now.
                let is_ending = host
                    .registration(self.device)
                    .is_ok_and(|registration| registration.serving == Serving::Ending(attachment));
                if is_ending {
                    return OperationStep::Wait(Event::serving(self.device.channel));
                }
                self.end(Removed::ByThisCall)
            }
            Stage::Start | Stage::Cancelling(_) | Stage::Detaching(_) | Stage::Ended(_) => {
                OperationStep::Done
            }
        }
    }

    fn returned(&mut self, host: &mut HostBook, caller: Caller, _succeeded: bool) {
        match self.stage {
            Stage::Cancelling(attachment) => {
                host.cancel_returned();
                self.stage = Stage::Draining(attachment);
            }
            Stage::Detaching(attachment) => {
                if let Some(registration) = host.registration_mut(self.device) {
                    if registration.errand == Errand::Detach {
                        registration.errand = Errand::None;
                    }
                }
                host.serve_no_longer(self.device, attachment);
                self.claim.give_back(host, caller);
                self.stage = Stage::Detached(attachment);
            }
            Stage::Start | Stage::Draining(_) | Stage::Detached(_) | Stage::Ended(_) => {}
        }
    }

    fn give_up(&mut self, host: &mut HostBook, _caller: Caller) -> bool {
        match self.stage {
            Stage::Draining(attachment) => {
                if let Some(registration) = host.registration_mut(self.device) {
                    registration.serving = Serving::Draining { attachment, by: None };
                }
                host.end(Event::serving(self.device.channel));
                self.stage = Stage::Start;
                true
            }
            // The host was called. Its last packet is left to the hardware.
            Stage::Detached(_) => true,
            Stage::Start | Stage::Cancelling(_) | Stage::Detaching(_) | Stage::Ended(_) => false,
        }
    }
}

impl Canonical for Detach {
    #[inline]
    fn rename(&mut self, name: &mut dyn FnMut(&mut Generation)) {
        self.device.rename(name);
        if let Some(attachment) = &mut self.attachment {
            name(attachment);
        }
        if let Stage::Draining(attachment)
        | Stage::Cancelling(attachment)
        | Stage::Detaching(attachment)
        | Stage::Detached(attachment) = &mut self.stage
        {
            name(attachment);
        }
    }
}
