//! Unregister a device: withdraws it, detaches it if it is attached, and frees its channel.

use super::super::error::{Side, StillRunning};
use super::super::listener::RemovalKind;
use super::book::{DeviceEntry, HostBook, Life, Serving};
use super::caller::{Asker, Caller, Event, Events};
use super::canonical::Canonical;
use super::detach::Detach;
use super::key::{DeviceKey, Generation};
use super::operation::{CallbackKind, Operation, OperationStep, Removed, Running};

/// Ends the registration of a device, for the peripheral that made it or for the removal of its host.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct UnregisterDevice {
    device: DeviceKey,
    asked_by: Side,
    removal: RemovalKind,
    /// Whether this operation was the one to say that the device's hardware has gone.
    said_gone: bool,
    stage: Stage,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Stage {
    Start,
    /// The host's cancel callback runs; after it comes `Start` again.
    Cancelling,
    /// From here on this operation is the one of `Life::Unregistering`. The device's registrar hears that it goes.
    Withdrawing,
    Detaching(Detach),
    /// In the shared profile: waits for the transfers that run, after the host's last callback.
    Closing,
    /// The shell drops what the slot keeps of the peripheral's.
    Forgetting,
    Ended(Removed),
}

impl UnregisterDevice {
    /// Unregisters this device: for the peripheral itself, or for a host's removal after the notice.
    #[must_use]
    pub const fn new(device: DeviceKey, asked_by: Side, removal: RemovalKind) -> Self {
        Self { device, asked_by, removal, said_gone: false, stage: Stage::Start }
    }

    /// Its device.
    #[must_use]
    pub const fn device(&self) -> DeviceKey {
        self.device
    }

    fn end(&mut self, removed: Removed) -> OperationStep {
        self.stage = Stage::Ended(removed);
        OperationStep::Done
    }

    /// If the hardware has gone: its transfers fail from now on, and the one that runs is cancelled. This comes before
    /// any wait, as whoever is waited for (a notice in which the peripheral sends its last command) may wait for that
    /// very transfer.
    fn say_gone(&mut self, host: &mut HostBook, caller: Caller) -> Option<OperationStep> {
        if !self.removal.is_surprise() {
            return None;
        }
        let DeviceKey { channel, .. } = self.device;
        let registration = host.registration_mut(self.device)?;
        if !registration.is_surprise {
            registration.is_surprise = true;
            self.said_gone = true;
            // Those who wait for the link to send to this device check again, and are refused.
            host.end(Event::LINK);
        }
        host.claim_cancel(caller, Some(channel))?;
        self.stage = Stage::Cancelling;
        Some(OperationStep::Call(CallbackKind::Cancel, channel))
    }

    /// Claims the registration, or says what to wait for, or that there is nothing to do.
    fn start(&mut self, host: &mut HostBook, asker: Asker) -> OperationStep {
        let Asker { caller, .. } = asker;
        if let Some(cancel) = self.say_gone(host, caller) {
            return cancel;
        }
        if self.waits_for_notice(host, caller) {
            return OperationStep::Wait(Event::notice(self.device.channel));
        }
        let Some(registration) = host.registration_mut(self.device) else {
            return self.end(Removed::Already);
        };
        if matches!(registration.life, Life::Registering(_) | Life::Unregistering(Some(_))) {
            return OperationStep::Wait(Event::registration(self.device.channel));
        }
        registration.life = Life::Unregistering(Some(caller));
        if registration.is_announced {
            registration.is_announced = false;
            self.stage = Stage::Withdrawing;
            return OperationStep::Call(CallbackKind::Withdraw, self.device.channel);
        }
        self.stage = Stage::Detaching(Detach::device(self.device));
        self.detach(host, asker)
    }

    /// When the peripheral's unregister returns, no notice may run except the one that it is called from. A notice
    /// outlives the registration if the peripheral unregisters from inside it.
    fn waits_for_notice(&self, host: &HostBook, caller: Caller) -> bool {
        let device = &host.devices[self.device.channel];
        self.asked_by == Side::Peripheral
            && device.telling.is_some_and(|by| by != caller)
            && device.generation == self.device.generation
            && host.generation == self.device.host.generation
    }

    fn detach(&mut self, host: &mut HostBook, asker: Asker) -> OperationStep {
        let Stage::Detaching(detach) = &mut self.stage else { return OperationStep::Done };
        match detach.advance(host, asker) {
            OperationStep::Done => {
                self.stage = Stage::Closing;
                self.close(host)
            }
            unfinished => unfinished,
        }
    }

    fn close(&mut self, host: &mut HostBook) -> OperationStep {
        let is_shared = host.profile.is_shared();
        let senders = host.devices[self.device.channel].senders;
        if let Some(registration) = host.registration_mut(self.device) {
            if matches!(registration.serving, Serving::Ending(_)) {
                return OperationStep::Wait(Event::serving(self.device.channel));
            }
            registration.is_closed = true;
        }
        if is_shared && senders > 0 {
            return OperationStep::Wait(Event::senders(self.device.channel));
        }
        self.stage = Stage::Forgetting;
        OperationStep::Call(CallbackKind::Forget, self.device.channel)
    }
}

impl Running<UnregisterDevice> {
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

impl Operation for UnregisterDevice {
    fn slot(&self) -> usize {
        self.device.host.slot
    }

    fn will_wait_for(&self, host: &HostBook, caller: Caller) -> Events {
        if !matches!(self.stage, Stage::Start) {
            return Events::NONE;
        }
        let is_attended = host.registration(self.device).is_ok_and(|registration| {
            matches!(registration.life, Life::Registering(_) | Life::Unregistering(Some(_)))
        });
        Detach::device(self.device)
            .will_wait_for(host, caller)
            .with(Event::notice(self.device.channel), self.waits_for_notice(host, caller))
            .with(Event::registration(self.device.channel), is_attended)
    }

    fn advance(&mut self, host: &mut HostBook, asker: Asker) -> OperationStep {
        match self.stage {
            Stage::Start => self.start(host, asker),
            Stage::Detaching(_) => self.detach(host, asker),
            Stage::Closing => self.close(host),
            Stage::Cancelling | Stage::Withdrawing | Stage::Forgetting | Stage::Ended(_) => {
                OperationStep::Done
            }
        }
    }

    fn returned(&mut self, host: &mut HostBook, caller: Caller, succeeded: bool) {
        match &mut self.stage {
            Stage::Detaching(detach) => detach.returned(host, caller, succeeded),
            Stage::Withdrawing => self.stage = Stage::Detaching(Detach::device(self.device)),
            Stage::Forgetting => {
                host.devices[self.device.channel].entry = DeviceEntry::Free;
                host.end(Event::registration(self.device.channel));
                self.end(Removed::ByThisCall);
            }
            Stage::Cancelling => {
                host.cancel_returned();
                self.stage = Stage::Start;
            }
            Stage::Start | Stage::Closing | Stage::Ended(_) => {}
        }
    }

    fn give_up(&mut self, host: &mut HostBook, caller: Caller) -> bool {
        match &mut self.stage {
            Stage::Detaching(detach) => {
                detach.give_up(host, caller);
            }
            Stage::Closing => {}
            // If it has said that the hardware has gone, that stays.
            _ => return self.said_gone,
        }
        if let Some(registration) = host.registration_mut(self.device) {
            registration.life = Life::Unregistering(None);
        }
        host.end(Event::registration(self.device.channel));
        self.stage = Stage::Start;
        true
    }
}

impl Canonical for UnregisterDevice {
    #[inline]
    fn rename(&mut self, name: &mut dyn FnMut(&mut Generation)) {
        self.device.rename(name);
        if let Stage::Detaching(detach) = &mut self.stage {
            detach.rename(name);
        }
    }
}
