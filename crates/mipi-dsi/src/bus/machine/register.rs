//! Registers a host in two steps, and a device with an optional call. Notes the errands that dropped handles leave.

use super::super::error::{Gone, Side};
use super::super::listener::RemovalKind;
use super::super::wire::VirtualChannel;
use super::book::{DeviceEntry, Errand, HostBook, HostPhase, Life, Registration, Serving};
use super::caller::{Asker, Caller, Event};
use super::canonical::Canonical;
use super::key::{DeviceKey, Generation, HostKey};
use super::operation::{CallbackKind, Operation, OperationStep, Running};
use super::profile::Profile;
use super::unregister_device::UnregisterDevice;

impl HostBook {
    /// Takes a vacant slot for a host, which nobody finds yet. `None` if the slot is not vacant.
    pub fn begin_host(&mut self, slot: usize, profile: Profile) -> Option<HostKey> {
        if !matches!(self.phase, HostPhase::Vacant) {
            return None;
        }
        let generation = self.new_generation();
        self.generation = generation;
        self.profile = profile;
        self.phase = HostPhase::Registering;
        self.errand = false;
        self.handles.begin_registration();
        Some(HostKey { slot, generation })
    }

    /// Ends what [`begin_host`](Self::begin_host) began: the host is registered (`agreed`), or the slot is vacant again.
    pub fn finish_host(&mut self, agreed: bool) {
        if matches!(self.phase, HostPhase::Registering) {
            self.phase = if agreed { HostPhase::Present } else { HostPhase::Vacant };
        }
    }

    /// The key of the host in this slot, if it is there and not leaving.
    #[must_use]
    pub fn present(&self, slot: usize) -> Option<HostKey> {
        (matches!(self.phase, HostPhase::Present)).then(|| self.key(slot))
    }

    /// Registers a device. It is there at once, unless `announced_by` still has to announce it.
    ///
    /// # Errors
    ///
    /// [`RegisterDeviceOutcome`] says why there is none.
    pub fn register_device(
        &mut self,
        host: HostKey,
        channel: VirtualChannel,
        announced_by: Option<Caller>,
    ) -> Result<DeviceKey, RegisterDeviceOutcome> {
        if self.generation != host.generation || !matches!(self.phase, HostPhase::Present) {
            return Err(RegisterDeviceOutcome::Gone(Gone::HostRemoved));
        }
        if self.devices[channel].registration().is_some() {
            return Err(RegisterDeviceOutcome::ChannelTaken(channel));
        }
        let generation = self.new_generation();
        let book = &mut self.devices[channel];
        book.generation = generation;
        book.handles.begin_registration();
        let life = announced_by.map_or(Life::Registered, Life::Registering);
        book.entry = DeviceEntry::Taken(Registration::new(life, announced_by.is_some()));
        Ok(DeviceKey { host, channel, generation })
    }

    /// Leaves the errand to detach a device whose link was dropped where it could not do it. A link whose attachment has
    /// ended, or ends by itself with its last packet, has nothing left to detach.
    pub fn leave_detach_errand(&mut self, device: DeviceKey, attachment: Generation) {
        let Some(registration) = self.registration_mut(device) else { return };
        let is_due =
            registration.serving.is_of(attachment) && !matches!(registration.serving, Serving::Ending(_));
        if is_due {
            // It is cleared when the attachment ends, so it never means a later one.
            registration.errand = registration.errand.max(Errand::Detach);
        }
    }

    /// Leaves the errand to unregister a device whose handle was dropped where it could not do it.
    pub fn leave_unregister_errand(&mut self, device: DeviceKey) {
        if let Some(registration) = self.registration_mut(device) {
            registration.errand = Errand::Unregister;
        }
    }

    /// Leaves the errand to unregister a host.
    pub fn leave_host_errand(&mut self, host: HostKey) {
        if self.has(host) {
            self.errand = true;
        }
    }
}

/// Registers a device on a channel of a host (`mipi_dsi_device_register_full`).
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct RegisterDevice {
    host: HostKey,
    channel: VirtualChannel,
    is_announced: bool,
    stage: Stage,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Stage {
    Start,
    Announcing(DeviceKey),
    /// The announcement has failed: the registration is being undone, with everything that was begun on it.
    Undoing(UnregisterDevice),
    Ended(Result<DeviceKey, RegisterDeviceOutcome>),
}

/// Why a device was not registered, as far as the book knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum RegisterDeviceOutcome {
    /// The host has left, or is leaving.
    Gone(Gone),
    /// Another device has this virtual channel.
    ChannelTaken(VirtualChannel),
    /// The announcement failed.
    NotAnnounced,
}

impl RegisterDevice {
    /// Registers on this channel of this host. With `is_announced` it asks for
    /// [`Callback::Announce`](super::Callback::Announce), and its unregistration for
    /// [`Callback::Withdraw`](super::Callback::Withdraw) before the device goes.
    #[must_use]
    pub const fn new(host: HostKey, channel: VirtualChannel, is_announced: bool) -> Self {
        Self { host, channel, is_announced, stage: Stage::Start }
    }

    /// The host that it registers on.
    #[must_use]
    pub const fn host(&self) -> HostKey {
        self.host
    }

    fn end(&mut self, outcome: Result<DeviceKey, RegisterDeviceOutcome>) -> OperationStep {
        self.stage = Stage::Ended(outcome);
        OperationStep::Done
    }

    fn start(&mut self, host: &mut HostBook, caller: Caller) -> OperationStep {
        let announced_by = self.is_announced.then_some(caller);
        match host.register_device(self.host, self.channel, announced_by) {
            Ok(device) if self.is_announced => {
                self.stage = Stage::Announcing(device);
                OperationStep::Call(CallbackKind::Announce, device.channel)
            }
            outcome => self.end(outcome),
        }
    }
}

impl Running<RegisterDevice> {
    /// The device.
    ///
    /// # Errors
    ///
    /// [`RegisterDeviceOutcome`] says why there is none. Before the operation has ended, it says that the host has left.
    pub const fn outcome(&self) -> Result<DeviceKey, RegisterDeviceOutcome> {
        match self.operation().stage {
            Stage::Ended(outcome) => outcome,
            _ => Err(RegisterDeviceOutcome::Gone(Gone::HostRemoved)),
        }
    }
}

impl Operation for RegisterDevice {
    fn slot(&self) -> usize {
        self.host.slot
    }

    fn advance(&mut self, host: &mut HostBook, asker: Asker) -> OperationStep {
        match &mut self.stage {
            Stage::Start => self.start(host, asker.caller),
            Stage::Undoing(unregister) => match unregister.advance(host, asker) {
                OperationStep::Done => self.end(Err(RegisterDeviceOutcome::NotAnnounced)),
                unfinished => unfinished,
            },
            Stage::Announcing(_) | Stage::Ended(_) => OperationStep::Done,
        }
    }

    fn returned(&mut self, host: &mut HostBook, caller: Caller, succeeded: bool) {
        match &mut self.stage {
            Stage::Announcing(device) => {
                let device = *device;
                if let Some(registration) = host.registration_mut(device) {
                    registration.life = Life::Registered;
                    registration.is_announced = succeeded;
                }
                host.end(Event::registration(device.channel));
                if succeeded {
                    self.end(Ok(device));
                } else {
                    let undo = UnregisterDevice::new(device, Side::Peripheral, RemovalKind::Orderly);
                    self.stage = Stage::Undoing(undo);
                }
            }
            Stage::Undoing(unregister) => unregister.returned(host, caller, succeeded),
            Stage::Start | Stage::Ended(_) => {}
        }
    }

    /// Leaves what can't be undone now as an errand: nobody has a handle to it.
    fn give_up(&mut self, host: &mut HostBook, caller: Caller) -> bool {
        if let Stage::Undoing(unregister) = &mut self.stage {
            unregister.give_up(host, caller);
            let device = unregister.device();
            host.leave_unregister_errand(device);
            self.end(Err(RegisterDeviceOutcome::NotAnnounced));
        }
        false
    }
}

impl Canonical for RegisterDevice {
    #[inline]
    fn rename(&mut self, name: &mut dyn FnMut(&mut Generation)) {
        self.host.rename(name);
        match &mut self.stage {
            Stage::Announcing(device) | Stage::Ended(Ok(device)) => device.rename(name),
            Stage::Undoing(unregister) => unregister.rename(name),
            Stage::Start | Stage::Ended(Err(_)) => {}
        }
    }
}
