//! Use the link: for one packet, or for a transaction of several with nobody else's between.

use super::super::error::{Gone, StillRunning};
use super::book::{HostBook, HostPhase, Life, Serving};
use super::caller::{Asker, Caller, Event};
use super::canonical::Canonical;
use super::key::{DeviceKey, Generation, LinkKey};
use super::link_claim::LinkClaim;
use super::link_hold::{Holder, Purpose};
use super::operation::{CallbackKind, Operation, OperationStep, Running};
use super::profile::Profile;

/// Takes the link of a device's host for a packet or a transaction.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct UseLink {
    key: LinkKey,
    purpose: Purpose,
    claim: LinkClaim,
    stage: Stage,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Stage {
    Claiming,
    /// The callback runs. `counted` is true in the shared profile, where nobody holds the link.
    Using {
        counted: bool,
    },
    Returned,
    /// The packet has passed the open gate; whoever closed the gate has noted it in the book.
    PassedGate(Profile),
    Ended(Result<(), Gone>),
}

/// Why the link could not be taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum UseLinkError {
    /// The host, the device or this link has left.
    Gone(Gone),
    /// Another caller holds the link, and this one gave up waiting.
    StillRunning(StillRunning),
}

impl UseLink {
    /// For one packet to the device, over the attachment that `key` names.
    #[must_use]
    pub const fn packet(key: LinkKey) -> Self {
        Self { key, purpose: Purpose::Packet, claim: LinkClaim::None, stage: Stage::Claiming }
    }

    /// For the end of a packet that has passed the open gate of a host of this profile, if the gate was closed meanwhile.
    #[must_use]
    pub const fn passed_gate(key: LinkKey, profile: Profile) -> Self {
        Self { stage: Stage::PassedGate(profile), ..Self::packet(key) }
    }

    /// For a transaction to the device, over the attachment that `key` names.
    #[must_use]
    pub const fn transaction(key: LinkKey) -> Self {
        Self { key, purpose: Purpose::Transaction, claim: LinkClaim::None, stage: Stage::Claiming }
    }

    fn begin(&mut self, host: &mut HostBook, asker: Asker) -> OperationStep {
        let LinkKey { device, .. } = self.key;
        if let Err(gone) = may_send(host, self.key, asker.caller) {
            self.stage = Stage::Ended(Err(gone));
            return OperationStep::Done;
        }
        let call = match self.purpose {
            Purpose::Packet => CallbackKind::Transfer,
            _ => CallbackKind::Transaction,
        };
        if host.profile.is_shared() {
            if self.purpose == Purpose::Packet {
                let senders = &mut host.devices[device.channel].senders;
                *senders = senders.saturating_add(1);
            }
            self.stage = Stage::Using { counted: true };
            return OperationStep::Call(call, device.channel);
        }
        if let Err(wait) = self.claim.claim(host, asker, device.channel, self.purpose) {
            return wait;
        }
        self.stage = Stage::Using { counted: false };
        OperationStep::Call(call, device.channel)
    }
}

/// Whether this caller may send on this link now.
fn may_send(host: &HostBook, key: LinkKey, caller: Caller) -> Result<(), Gone> {
    let LinkKey { device, attachment } = key;
    let registration = host.registration(device)?;
    if host.is_surprise() {
        return Err(Gone::HostRemoved);
    }
    if registration.hardware_has_gone() {
        return Err(Gone::Unregistered);
    }
    let means = |present: Generation| attachment.is_none_or(|meant| meant == present);
    // Running work is not cut short: a caller who holds the link goes on while their device is drained.
    let holds_link = || {
        host.hold()
            .is_some_and(|hold| hold.holder == Holder::Caller(caller) && hold.channel == device.channel)
    };
    // Until their device is told, senders share the link with the remover. When whoever removes the host or the device
    // has given up, nothing new starts except the last commands, and the rest of a transaction or callback.
    let was_given_up = matches!(host.phase, HostPhase::Leaving { remover: None, .. })
        || matches!(registration.life, Life::Unregistering(None));
    let allowed = match registration.serving {
        serving if host.profile.is_shared() => {
            let goes_on = serving.caller() == Some(caller) || host.devices[device.channel].telling.is_some();
            !registration.is_closed && (!was_given_up || goes_on)
        }
        Serving::Idle | Serving::Ending(_) => false,
        Serving::Attached(present) => {
            means(present) && (!was_given_up || host.goes_on_for(caller, device.channel))
        }
        Serving::Attaching(by) => attachment.is_none() && by == caller,
        Serving::Draining { attachment: present, .. } => means(present) && holds_link(),
        Serving::Detaching { attachment: present, by } => by == caller && means(present),
    };
    match (allowed, &host.phase, registration.life) {
        (true, ..) => Ok(()),
        (false, HostPhase::Leaving { .. }, _) => Err(Gone::HostRemoved),
        (false, _, Life::Unregistering(_)) => Err(Gone::Unregistered),
        (false, ..) => Err(Gone::Detached),
    }
}

impl Running<UseLink> {
    /// `Ok` if the callback was made.
    ///
    /// # Errors
    ///
    /// [`UseLinkError`] says why the link could not be taken. Before the operation has ended, it says that the host has
    /// left.
    pub fn outcome(&self) -> Result<(), UseLinkError> {
        match (self.operation().stage, self.still_running()) {
            (Stage::Ended(outcome), _) => outcome.map_err(UseLinkError::Gone),
            (_, Some(still_running)) => Err(UseLinkError::StillRunning(still_running)),
            (_, None) => Err(UseLinkError::Gone(Gone::HostRemoved)),
        }
    }
}

impl Operation for UseLink {
    fn slot(&self) -> usize {
        self.key.device.host.slot
    }

    fn advance(&mut self, host: &mut HostBook, asker: Asker) -> OperationStep {
        if let (Stage::PassedGate(profile), true) = (self.stage, HostBook::HAS_GATE) {
            if profile.is_shared() {
                host.sender_is_done(self.key.device);
            } else {
                self.claim = LinkClaim::Held { is_nested: false };
            }
            self.stage = Stage::Returned;
        }
        match self.stage {
            Stage::Claiming => self.begin(host, asker),
            Stage::Returned if self.claim.is_being_cancelled(host, asker.caller) => {
                OperationStep::Wait(Event::CANCEL)
            }
            Stage::Returned => {
                self.claim.give_back(host, asker.caller);
                self.stage = Stage::Ended(Ok(()));
                OperationStep::Done
            }
            Stage::Using { .. } | Stage::PassedGate(_) | Stage::Ended(_) => OperationStep::Done,
        }
    }

    fn returned(&mut self, host: &mut HostBook, _caller: Caller, _succeeded: bool) {
        if matches!(self.stage, Stage::Using { counted: true }) && self.purpose == Purpose::Packet {
            host.sender_is_done(self.key.device);
        }
        self.stage = Stage::Returned;
    }

    fn give_up(&mut self, host: &mut HostBook, caller: Caller) -> bool {
        self.claim.give_back(host, caller);
        // The packet was sent. What is left belongs to the canceller.
        if matches!(self.stage, Stage::Returned) {
            self.stage = Stage::Ended(Ok(()));
        }
        false
    }

    fn leave_to_hardware(&mut self, host: &mut HostBook, caller: Caller) -> bool {
        match self.stage {
            Stage::Using { counted: false } => {
                self.claim.leave_to_hardware(host, caller);
            }
            // Its count stays until the host says that the transfer is over.
            Stage::Using { counted: true } => {}
            _ => self.claim.give_back(host, caller),
        }
        self.stage = Stage::Ended(Ok(()));
        true
    }
}

impl HostBook {
    /// A transfer of the shared profile has ended.
    pub fn sender_is_done(&mut self, device: DeviceKey) {
        let senders = &mut self.devices[device.channel].senders;
        *senders = senders.saturating_sub(1);
        if *senders == 0 {
            self.end(Event::senders(device.channel));
        }
    }
}

impl Canonical for UseLink {
    #[inline]
    fn rename(&mut self, name: &mut dyn FnMut(&mut Generation)) {
        self.key.rename(name);
    }
}
