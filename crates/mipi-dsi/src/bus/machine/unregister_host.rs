//! Unregister a host: nothing new starts; each device is told, detached and unregistered; the remover gets the handle.
//!
//! The counterpart of `mipi_dsi_host_unregister`. Its defects D1, D4 and D9 (docs/known-bugs.md) come from another order.

use super::super::error::{Side, StillRunning};
use super::super::listener::RemovalKind;
use super::super::wire::VirtualChannel;
use super::book::{DeviceEntry, HostBook, HostPhase, Life, Profile, Serving};
use super::caller::{Caller, Event};
use super::canonical::Canonical;
use super::key::{Generation, HostKey};
use super::link_claim::{LinkClaim, NotYet};
use super::link_hold::Purpose;
use super::operation::{CallbackKind, Operation, OperationStep, Removed};
use super::unregister_device::UnregisterDevice;

/// Ends the registration of a host.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct UnregisterHost {
    host: HostKey,
    removal: RemovalKind,
    /// Whether this operation was the one to say that the host leaves.
    said_leaving: bool,
    /// Whether the host was leaving already and this operation was the one to say that its hardware has gone.
    said_gone: bool,
    /// The link, reserved for the last commands of the device that is told.
    claim: LinkClaim,
    stage: Stage,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Stage {
    /// Not the remover: the removal has not begun, or another caller is the remover.
    Start,
    /// The remover of `HostPhase::Leaving`, who looks for what is left to do.
    Working,
    /// The host's cancel callback runs; the remover has called it, or somebody who waits for the remover.
    Cancelling {
        is_remover: bool,
    },
    /// A peripheral is being told.
    Telling(VirtualChannel),
    /// A device that was told is being unregistered.
    Removing(UnregisterDevice),
    /// All devices have gone; the shell takes the controller's handle out.
    Surrendering,
    Ended(Result<Removed, StillRunning>),
}

impl UnregisterHost {
    /// Unregisters this host: in an orderly way, or because its hardware has gone.
    #[must_use]
    pub const fn new(host: HostKey, removal: RemovalKind) -> Self {
        Self {
            host,
            removal,
            said_leaving: false,
            said_gone: false,
            claim: LinkClaim::None,
            stage: Stage::Start,
        }
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

    fn end(&mut self, outcome: Result<Removed, StillRunning>) -> OperationStep {
        self.stage = Stage::Ended(outcome);
        OperationStep::Done
    }

    fn start(&mut self, host: &mut HostBook, caller: Caller) -> OperationStep {
        if !host.has(self.host) {
            return self.end(Ok(Removed::Already));
        }
        let is_present = matches!(host.phase, HostPhase::Present);
        let is_news = host.leave(self.removal);
        self.said_leaving |= is_news && is_present;
        self.said_gone |= is_news && !is_present;
        let is_remover = match &mut host.phase {
            HostPhase::Leaving { remover, .. } if remover.is_none() => {
                *remover = Some(caller);
                true
            }
            _ => false,
        };
        if let Some(cancel) = self.cancel(host, caller, is_remover) {
            return cancel;
        }
        if !is_remover {
            return OperationStep::Wait(Event::HOST_REMOVAL);
        }
        self.stage = Stage::Working;
        self.work(host, caller)
    }

    /// In a surprise removal, asks the transfer that runs, once, to end.
    fn cancel(&mut self, host: &mut HostBook, caller: Caller, is_remover: bool) -> Option<OperationStep> {
        if !host.is_surprise() {
            return None;
        }
        let channel = host.claim_cancel(caller, None)?;
        self.claim.leave_queue(host);
        self.stage = Stage::Cancelling { is_remover };
        Some(OperationStep::Call(CallbackKind::Cancel, channel))
    }

    /// Looks for what is left to do: a device to tell or to unregister, something to wait for, or nothing.
    fn work(&mut self, host: &mut HostBook, caller: Caller) -> OperationStep {
        if let Some(cancel) = self.cancel(host, caller, true) {
            return cancel;
        }
        let is_taken = |channel: &VirtualChannel| host.devices[*channel].registration().is_some();
        let Some(channel) = VirtualChannel::ALL.iter().copied().find(is_taken) else {
            return self.surrender(host);
        };
        let Some(registration) = host.devices[channel].registration() else { return OperationStep::Done };
        if registration.is_told {
            let (device, removal) = (host.device_key(self.host.slot, channel), self.removal_of(host));
            self.claim.leave_queue(host);
            self.stage = Stage::Removing(UnregisterDevice::new(device, Side::Host, removal));
            return self.advance(host, caller);
        }
        let in_the_way = match (registration.life, registration.serving) {
            // A peripheral that has begun to unregister is not told; one that is attaching gets its link first.
            (Life::Registering(_) | Life::Unregistering(Some(_)), _) => Some(Event::registration(channel)),
            (_, Serving::Attaching(_)) => Some(Event::serving(channel)),
            _ => None,
        };
        let is_attached = matches!(registration.serving, Serving::Attached(_));
        match in_the_way {
            Some(wait) => {
                self.claim.leave_queue(host);
                OperationStep::Wait(wait)
            }
            None => self.tell(host, caller, channel, is_attached),
        }
    }

    fn removal_of(&self, host: &HostBook) -> RemovalKind {
        if host.is_surprise() {
            RemovalKind::Surprise
        } else {
            RemovalKind::Orderly
        }
    }

    /// Tells the peripheral: in an orderly removal as soon as its last commands can go out.
    fn tell(
        &mut self,
        host: &mut HostBook,
        caller: Caller,
        channel: VirtualChannel,
        is_attached: bool,
    ) -> OperationStep {
        let removal = self.removal_of(host);
        let sends = removal == RemovalKind::Orderly && host.profile != Profile::Shared && is_attached;
        if sends {
            match self.claim.claim(host, caller, channel, Purpose::Notice) {
                Ok(()) => {}
                Err(NotYet::Wait) => return OperationStep::Wait(Event::LINK),
                Err(NotYet::QueueFull) => return OperationStep::Refuse(Event::LINK),
            }
        } else {
            self.claim.leave_queue(host);
        }
        let device = &mut host.devices[channel];
        if let DeviceEntry::Taken(registration) = &mut device.entry {
            registration.is_told = true;
        }
        device.telling = Some(caller);
        self.stage = Stage::Telling(channel);
        OperationStep::Call(CallbackKind::Tell(removal), channel)
    }

    /// Nothing is registered any more: takes the controller's handle out as soon as nothing runs.
    fn surrender(&mut self, host: &mut HostBook) -> OperationStep {
        self.claim.leave_queue(host);
        if host.hold().is_some() {
            return OperationStep::Wait(Event::LINK);
        }
        // Senders of the shared profile pass the gate before they are refused: those of a device that has gone may still
        // be inside, beside the controller's handle.
        let sends = |channel: &VirtualChannel| host.devices[*channel].senders > 0;
        if let Some(channel) = VirtualChannel::ALL.into_iter().find(sends) {
            return OperationStep::Wait(Event::senders(channel));
        }
        self.stage = Stage::Surrendering;
        OperationStep::Call(CallbackKind::Surrender, VirtualChannel::VC0)
    }
}

impl Operation for UnregisterHost {
    fn host(&self) -> HostKey {
        self.host
    }

    /// It waits for everything that runs now.
    fn will_wait_for(&self, host: &HostBook, _: Caller, each: &mut dyn FnMut(Event)) {
        if !host.has(self.host) {
            return;
        }
        each(Event::LINK);
        each(Event::HOST_REMOVAL);
        for channel in VirtualChannel::ALL {
            let device = &host.devices[channel];
            if let Some(registration) = device.registration() {
                if !matches!(registration.serving, Serving::Idle | Serving::Attached(_)) {
                    each(Event::serving(channel));
                }
                if !matches!(registration.life, Life::Registered) {
                    each(Event::registration(channel));
                }
            }
            if device.telling.is_some() {
                each(Event::notice(channel));
            }
        }
    }

    fn advance(&mut self, host: &mut HostBook, caller: Caller) -> OperationStep {
        match &mut self.stage {
            Stage::Start => self.start(host, caller),
            Stage::Working => self.work(host, caller),
            Stage::Removing(unregister) => match unregister.advance(host, caller) {
                OperationStep::Done => {
                    self.stage = Stage::Working;
                    self.work(host, caller)
                }
                unfinished => unfinished,
            },
            Stage::Cancelling { .. } | Stage::Telling(_) | Stage::Surrendering | Stage::Ended(_) => {
                OperationStep::Done
            }
        }
    }

    fn returned(&mut self, host: &mut HostBook, caller: Caller, succeeded: bool) {
        match &mut self.stage {
            Stage::Removing(unregister) => unregister.returned(host, caller, succeeded),
            Stage::Cancelling { is_remover } => {
                self.stage = if *is_remover { Stage::Working } else { Stage::Start };
                host.cancel_returned();
            }
            Stage::Telling(channel) => {
                let channel = *channel;
                host.devices[channel].telling = None;
                host.end(Event::notice(channel));
                self.claim.give_back(host, caller);
                self.stage = Stage::Working;
            }
            Stage::Surrendering => {
                host.phase = HostPhase::Vacant;
                host.errand = false;
                host.end(Event::HOST_REMOVAL);
                self.end(Ok(Removed::ByThisCall));
            }
            Stage::Start | Stage::Working | Stage::Ended(_) => {}
        }
    }

    fn give_up(&mut self, host: &mut HostBook, caller: Caller, take_back: bool) -> bool {
        self.claim.give_back(host, caller);
        match &mut self.stage {
            Stage::Working => {}
            Stage::Removing(unregister) => {
                unregister.give_up(host, caller, false);
            }
            // Not the remover, or nothing left to give up. If it has said that the hardware has gone, that stays.
            _ => return self.said_gone,
        }
        let unchanged = HostPhase::Leaving { removal: self.removal, remover: Some(caller) };
        if take_back && self.said_leaving && host.phase == unchanged {
            // Nobody was called yet, so the host stays.
            host.phase = HostPhase::Present;
        } else if let HostPhase::Leaving { remover, .. } = &mut host.phase {
            *remover = None;
        }
        host.end(Event::HOST_REMOVAL);
        self.stage = Stage::Start;
        !matches!(host.phase, HostPhase::Present)
    }

    fn refuse(&mut self, still_running: StillRunning) {
        if !matches!(self.stage, Stage::Ended(_)) {
            self.end(Err(still_running));
        }
    }
}

impl Canonical for UnregisterHost {
    fn rename(&mut self, name: &mut dyn FnMut(&mut Generation)) {
        self.host.rename(name);
        if let Stage::Removing(unregister) = &mut self.stage {
            unregister.rename(name);
        }
    }

    fn turn(&mut self, by: u8) {
        self.claim.turn(by);
        if let Stage::Removing(unregister) = &mut self.stage {
            unregister.turn(by);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::caller::WaitFor;
    use super::super::operation::{Callback, Next, Running};
    use super::super::waits::Books;
    use super::*;

    /// One slot, and nobody waits.
    struct OneBook(HostBook);

    impl Books for OneBook {
        fn host(&self, slot: usize) -> Option<&HostBook> {
            (slot == 0).then_some(&self.0)
        }

        fn host_mut(&mut self, slot: usize) -> Option<&mut HostBook> {
            (slot == 0).then_some(&mut self.0)
        }

        fn waits_for(&self, _: Caller) -> Option<WaitFor> {
            None
        }

        fn note_wait(&mut self, _: Caller, _: Option<WaitFor>) -> bool {
            true
        }
    }

    /// A late packet of a device that was unregistered: it has passed the open gate when that is closed.
    #[test]
    fn the_controller_is_not_taken_out_while_one_whose_device_has_gone_is_inside_the_gate() {
        let mut books = OneBook(HostBook::EMPTY);
        let host = books.0.begin_host(0, Profile::Shared).expect("the slot is vacant");
        books.0.finish_host(true);
        books.0.devices[VirtualChannel::VC2].senders = 1;
        let device = books.0.device_key(0, VirtualChannel::VC2);
        let mut running = Running::new(UnregisterHost::new(host, RemovalKind::Orderly), Caller::MAIN);
        let removal: &mut Running<dyn Operation> = &mut running;
        assert_eq!(removal.next(&mut books), Next::Wait(WaitFor::Senders(device)));
        books.0.sender_is_done(device);
        assert_eq!(removal.next(&mut books), Next::Call(Callback::Surrender(host)));
    }
}
