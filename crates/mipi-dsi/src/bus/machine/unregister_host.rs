//! Unregister a host: nothing new starts; each device is told, detached and unregistered; the remover gets the handle.
//!
//! The counterpart of `mipi_dsi_host_unregister`. Its defects D1, D4 and D9 (docs/known-bugs.md) come from another order.

use super::super::error::{Side, StillRunning};
use super::super::listener::RemovalKind;
use super::super::wire::VirtualChannel;
use super::book::{DeviceEntry, HostBook, HostPhase, Life, Serving};
use super::caller::{Asker, Caller, Event, Events};
use super::canonical::Canonical;
use super::key::{Generation, HostKey};
use super::link_claim::LinkClaim;
use super::link_hold::Purpose;
use super::operation::{CallbackKind, Operation, OperationStep, Removed, Running};
use super::unregister_device::UnregisterDevice;

/// Ends the registration of a host.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct UnregisterHost {
    host: HostKey,
    removal: RemovalKind,
    /// Whether this operation was the one to say that the host leaves, or that its hardware has gone.
    has_said_so: bool,
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
    Ended(Removed),
}

impl UnregisterHost {
    /// Unregisters this host: in an orderly way, or because its hardware has gone.
    #[must_use]
    pub const fn new(host: HostKey, removal: RemovalKind) -> Self {
        Self { host, removal, has_said_so: false, claim: LinkClaim::None, stage: Stage::Start }
    }

    fn end(&mut self, removed: Removed) -> OperationStep {
        self.stage = Stage::Ended(removed);
        OperationStep::Done
    }

    fn start(&mut self, host: &mut HostBook, asker: Asker) -> OperationStep {
        if !host.has(self.host) {
            return self.end(Removed::Already);
        }
        self.has_said_so |= host.leave(self.removal);
        let is_remover = match &mut host.phase {
            HostPhase::Leaving { remover, .. } if remover.is_none() => {
                *remover = Some(asker.caller);
                true
            }
            _ => false,
        };
        if let Some(cancel) = self.cancel(host, asker.caller, is_remover) {
            return cancel;
        }
        if !is_remover {
            return OperationStep::Wait(Event::HOST_REMOVAL);
        }
        self.stage = Stage::Working;
        self.work(host, asker)
    }

    /// In a surprise removal, cancels the transfer that runs, once.
    fn cancel(&mut self, host: &mut HostBook, caller: Caller, is_remover: bool) -> Option<OperationStep> {
        if !host.is_surprise() {
            return None;
        }
        let channel = host.claim_cancel(caller, None)?;
        self.stage = Stage::Cancelling { is_remover };
        Some(OperationStep::Call(CallbackKind::Cancel, channel))
    }

    /// Looks for what is left to do: a device to tell or to unregister, something to wait for, or nothing.
    fn work(&mut self, host: &mut HostBook, asker: Asker) -> OperationStep {
        if let Some(cancel) = self.cancel(host, asker.caller, true) {
            return cancel;
        }
        let is_taken = |channel: &VirtualChannel| host.devices[*channel].registration().is_some();
        let Some(channel) = VirtualChannel::ALL.iter().copied().find(is_taken) else {
            return self.surrender(host);
        };
        let Some(registration) = host.devices[channel].registration() else { return OperationStep::Done };
        if registration.is_told {
            let (device, removal) = (host.device_key(self.host.slot, channel), self.removal_of(host));
            self.stage = Stage::Removing(UnregisterDevice::new(device, Side::Host, removal));
            return self.advance(host, asker);
        }
        let in_the_way = match (registration.life, registration.serving) {
            // A peripheral that has begun to unregister is not told; one that is attaching gets its link first.
            (Life::Registering(_) | Life::Unregistering(Some(_)), _) => Some(Event::registration(channel)),
            (_, Serving::Attaching(_)) => Some(Event::serving(channel)),
            _ => None,
        };
        let is_attached = matches!(registration.serving, Serving::Attached(_));
        match in_the_way {
            Some(event) => OperationStep::Wait(event),
            None => self.tell(host, asker, channel, is_attached),
        }
    }

    fn removal_of(&self, host: &HostBook) -> RemovalKind {
        match host.phase {
            HostPhase::Leaving { removal, .. } => removal,
            HostPhase::Vacant | HostPhase::Registering | HostPhase::Present => self.removal,
        }
    }

    /// Tells the peripheral: in an orderly removal as soon as its last commands can go out.
    fn tell(
        &mut self,
        host: &mut HostBook,
        asker: Asker,
        channel: VirtualChannel,
        is_attached: bool,
    ) -> OperationStep {
        let removal = self.removal_of(host);
        let sends = !removal.is_surprise() && !host.profile.is_shared() && is_attached;
        if sends {
            if let Err(wait) = self.claim.claim(host, asker, channel, Purpose::Notice) {
                return wait;
            }
        }
        let device = &mut host.devices[channel];
        if let DeviceEntry::Taken(registration) = &mut device.entry {
            registration.is_told = true;
        }
        device.telling = Some(asker.caller);
        self.stage = Stage::Telling(channel);
        OperationStep::Call(CallbackKind::Tell(removal), channel)
    }

    /// Nothing is registered any more: takes the controller's handle out as soon as nothing runs.
    fn surrender(&mut self, host: &mut HostBook) -> OperationStep {
        if host.hold().is_some() {
            return OperationStep::Wait(Event::LINK);
        }
        // Senders of the shared profile pass the gate before they are refused: those of a device that has gone may still
        // be inside, beside the controller's handle.
        let sends = |channel: &VirtualChannel| host.profile.is_shared() && host.devices[*channel].senders > 0;
        if let Some(channel) = VirtualChannel::ALL.iter().copied().find(sends) {
            return OperationStep::Wait(Event::senders(channel));
        }
        self.stage = Stage::Surrendering;
        OperationStep::Call(CallbackKind::Surrender, VirtualChannel::VC0)
    }
}

impl Running<UnregisterHost> {
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

impl Operation for UnregisterHost {
    fn slot(&self) -> usize {
        self.host.slot
    }

    /// It waits for everything that runs now.
    fn will_wait_for(&self, host: &HostBook, _: Caller) -> Events {
        if !matches!(self.stage, Stage::Start) || !host.has(self.host) {
            return Events::NONE;
        }
        let mut waits = Events::NONE.with(Event::LINK, true).with(Event::HOST_REMOVAL, true);
        for channel in VirtualChannel::ALL {
            let device = &host.devices[channel];
            waits = waits.with(Event::notice(channel), device.telling.is_some());
            if let Some(registration) = device.registration() {
                let is_served = matches!(registration.serving, Serving::Idle | Serving::Attached(_));
                let is_registered = matches!(registration.life, Life::Registered);
                waits = waits
                    .with(Event::serving(channel), !is_served)
                    .with(Event::registration(channel), !is_registered);
            }
        }
        waits
    }

    fn advance(&mut self, host: &mut HostBook, asker: Asker) -> OperationStep {
        match &mut self.stage {
            Stage::Start => self.start(host, asker),
            Stage::Working => self.work(host, asker),
            Stage::Removing(unregister) => match unregister.advance(host, asker) {
                OperationStep::Done => {
                    self.stage = Stage::Working;
                    self.work(host, asker)
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
                self.end(Removed::ByThisCall);
            }
            Stage::Start | Stage::Working | Stage::Ended(_) => {}
        }
    }

    fn give_up(&mut self, host: &mut HostBook, caller: Caller) -> bool {
        self.claim.give_back(host, caller);
        match &mut self.stage {
            Stage::Working => {}
            Stage::Removing(unregister) => {
                unregister.give_up(host, caller);
            }
            // Not the remover, or nothing left to give up.
            _ => return self.has_said_so,
        }
        // The host does not come back: others have seen it leave.
        if let HostPhase::Leaving { remover, .. } = &mut host.phase {
            *remover = None;
        }
        host.end(Event::HOST_REMOVAL);
        self.stage = Stage::Start;
        true
    }
}

impl Canonical for UnregisterHost {
    #[inline]
    fn rename(&mut self, name: &mut dyn FnMut(&mut Generation)) {
        self.host.rename(name);
        if let Stage::Removing(unregister) = &mut self.stage {
            unregister.rename(name);
        }
    }
}

#[cfg(all(test, feature = "shared"))]
mod tests {
    use super::super::caller::WaitFor;
    use super::super::operation::{Callback, Next, Running};
    use super::super::profile::Profile;
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
