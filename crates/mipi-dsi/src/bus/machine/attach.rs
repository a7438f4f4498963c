//! Attach: calls the host, so that it serves a device.

use super::super::error::{Gone, StillRunning};
use super::book::{HostBook, HostPhase, Serving};
use super::caller::{Asker, Caller, Event, Events};
use super::canonical::Canonical;
use super::key::{DeviceKey, Generation};
use super::link_claim::LinkClaim;
use super::link_hold::Purpose;
use super::operation::{CallbackKind, Operation, OperationStep, Running};

/// Attaches a device. Its outcome is the generation of the attachment, for the link to carry.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Attach {
    device: DeviceKey,
    claim: LinkClaim,
    stage: Stage,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Stage {
    Start,
    /// This operation has set `Serving::Attaching`, and waits for the link.
    Claiming,
    Calling,
    Ended(Result<Generation, AttachOutcome>),
}

/// Why a device was not attached, as far as the book knows; the shell keeps the host's own reason.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum AttachOutcome {
    /// The host or the device has left, or is leaving.
    Gone(Gone),
    /// The device is attached already.
    AlreadyAttached,
    /// The host was called and refused.
    RefusedByHost,
    /// Another caller attaches or detaches, and this call did not wait for it to end.
    StillRunning(StillRunning),
}

impl Attach {
    /// Attaches this device.
    #[must_use]
    pub const fn new(device: DeviceKey) -> Self {
        Self { device, claim: LinkClaim::None, stage: Stage::Start }
    }

    fn end(&mut self, outcome: Result<Generation, AttachOutcome>) -> OperationStep {
        self.stage = Stage::Ended(outcome);
        OperationStep::Done
    }

    /// Why nothing can be attached now.
    fn refusal(&self, host: &HostBook) -> Option<AttachOutcome> {
        match host.registration(self.device) {
            Err(gone) => Some(AttachOutcome::Gone(gone)),
            Ok(_) if !matches!(host.phase, HostPhase::Present) => {
                Some(AttachOutcome::Gone(Gone::HostRemoved))
            }
            Ok(registration) if !registration.stays() || registration.hardware_has_gone() => {
                Some(AttachOutcome::Gone(Gone::Unregistered))
            }
            Ok(_) => None,
        }
    }

    fn start(&mut self, host: &mut HostBook, asker: Asker) -> OperationStep {
        if let Some(refusal) = self.refusal(host) {
            return self.end(Err(refusal));
        }
        let is_serialised = host.profile.is_serialised();
        let Some(registration) = host.registration_mut(self.device) else { return OperationStep::Done };
        match registration.serving {
            Serving::Idle => {
                registration.serving = Serving::Attaching(asker.caller);
                if is_serialised {
                    self.stage = Stage::Claiming;
                    return self.claim_link(host, asker);
                }
                self.stage = Stage::Calling;
                OperationStep::Call(CallbackKind::Attach, self.device.channel)
            }
            Serving::Attached(_) | Serving::Draining { by: None, .. } => {
                self.end(Err(AttachOutcome::AlreadyAttached))
            }
            // If it is another caller, wait for the result. If it is this one, the wait is refused.
            Serving::Attaching(_)
            | Serving::Draining { .. }
            | Serving::Detaching { .. }
            | Serving::Ending(_) => OperationStep::Wait(Event::serving(self.device.channel)),
        }
    }

    fn claim_link(&mut self, host: &mut HostBook, asker: Asker) -> OperationStep {
        if let Some(refusal) = self.refusal(host) {
            self.undo(host);
            return self.end(Err(refusal));
        }
        if let Err(wait) = self.claim.claim(host, asker, self.device.channel, Purpose::Callback) {
            return wait;
        }
        self.stage = Stage::Calling;
        OperationStep::Call(CallbackKind::Attach, self.device.channel)
    }

    /// Takes back that the device is being attached.
    fn undo(&self, host: &mut HostBook) {
        host.serve_no_longer(self.device, Generation::NONE);
    }
}

impl Running<Attach> {
    /// The generation of the attachment.
    ///
    /// # Errors
    ///
    /// [`AttachOutcome`] says why there is none. Before the operation has ended, it says that the host has left.
    pub fn outcome(&self) -> Result<Generation, AttachOutcome> {
        match (self.operation().stage, self.still_running()) {
            (Stage::Ended(outcome), _) => outcome,
            (_, Some(still_running)) => Err(AttachOutcome::StillRunning(still_running)),
            (_, None) => Err(AttachOutcome::Gone(Gone::HostRemoved)),
        }
    }
}

impl HostBook {
    /// The host no longer serves a device, which is idle now, or when the last packet of its attachment is over.
    pub(super) fn serve_no_longer(&mut self, device: DeviceKey, attachment: Generation) {
        let is_ending = self.left_to_hardware() == Some(device.channel);
        if let Some(registration) = self.registration_mut(device) {
            registration.serving = if is_ending { Serving::Ending(attachment) } else { Serving::Idle };
        }
        self.end(Event::serving(device.channel));
    }
}

impl Operation for Attach {
    fn slot(&self) -> usize {
        self.device.host.slot
    }

    fn will_wait_for(&self, host: &HostBook, _: Caller) -> Events {
        let is_idle = || {
            let registration = host.registration(self.device);
            registration.is_ok_and(|registration| matches!(registration.serving, Serving::Idle))
        };
        let starts = matches!(self.stage, Stage::Start) && self.refusal(host).is_none();
        Events::NONE.with(Event::LINK, starts && host.profile.is_serialised() && is_idle())
    }

    fn advance(&mut self, host: &mut HostBook, asker: Asker) -> OperationStep {
        match self.stage {
            Stage::Start => self.start(host, asker),
            Stage::Claiming => self.claim_link(host, asker),
            Stage::Calling | Stage::Ended(_) => OperationStep::Done,
        }
    }

    /// A removal that came meanwhile waits for this, and then undoes the attach.
    fn returned(&mut self, host: &mut HostBook, caller: Caller, succeeded: bool) {
        let attachment = host.new_generation();
        if succeeded {
            if let Some(registration) = host.registration_mut(self.device) {
                registration.serving = Serving::Attached(attachment);
            }
            host.end(Event::serving(self.device.channel));
            self.end(Ok(attachment));
        } else {
            host.serve_no_longer(self.device, attachment);
            self.end(Err(AttachOutcome::RefusedByHost));
        }
        self.claim.give_back(host, caller);
    }

    fn give_up(&mut self, host: &mut HostBook, _caller: Caller) -> bool {
        if matches!(self.stage, Stage::Claiming) {
            self.undo(host);
        }
        false
    }
}

impl Canonical for Attach {
    #[inline]
    fn rename(&mut self, name: &mut dyn FnMut(&mut Generation)) {
        self.device.rename(name);
        if let Stage::Ended(Ok(attachment)) = &mut self.stage {
            name(attachment);
        }
    }
}
