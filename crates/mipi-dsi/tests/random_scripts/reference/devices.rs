//! Devices: registered, attached, detached, unregistered.

use super::*;

impl Reference {
    pub(super) fn register_device(
        &mut self,
        slot: usize,
        host: usize,
        channel: usize,
        wants_notice: bool,
    ) -> Answer {
        let peripheral = self.peripherals;
        self.peripherals += 1;
        if self.host(slot, host).is_none() || !self.is_present(slot) {
            return Answer::Gone(Gone::HostRemoved);
        }
        if self.slots[slot].channels[channel].device.is_some() {
            return Answer::ChannelTaken;
        }
        let number = self.number();
        let place = &mut self.slots[slot].channels[channel];
        place.last = number;
        place.name = device_name(peripheral);
        place.device = Some(DeviceRegistration {
            peripheral: wants_notice.then_some(peripheral),
            serving: Serving::Idle,
            told: false,
            removal: DeviceRemoval::No,
            surprise: false,
            errand: LeftToDo::Nothing,
        });
        self.handles.make(Named::Device(Lease { slot, host, channel, device: number }));
        Answer::Made
    }

    pub(super) fn registered(&mut self, lease: Lease) -> Result<&mut DeviceRegistration, Gone> {
        let gone = match self.host(lease.slot, lease.host) {
            Some(HostState { leaving: None, .. }) => Gone::Unregistered,
            _ => Gone::HostRemoved,
        };
        if self.host(lease.slot, lease.host).is_none() {
            return Err(gone);
        }
        let channel = &mut self.slots[lease.slot].channels[lease.channel];
        channel.device.as_mut().filter(|_| channel.last == lease.device).ok_or(gone)
    }

    pub(super) fn awaited(lease: Lease, what: What) -> Awaited {
        Awaited { what, slot: lease.slot, channel: Some(lease.channel) }
    }

    /// The peripheral's own. What is refused has changed nothing; an errand stays begun.
    pub(super) fn unregister_device(
        &mut self,
        lease: Lease,
        removal: Removal,
        is_errand: bool,
    ) -> Result<Removed, Awaited> {
        let Ok(device) = self.registered(lease) else { return Ok(Removed::Already) };
        if device.removal == DeviceRemoval::Running {
            return Err(Self::awaited(lease, What::DeviceRemoval));
        }
        let (was, was_surprise) = (device.removal, device.surprise);
        device.removal = DeviceRemoval::Running;
        device.surprise |= removal == Removal::Surprise;
        if let Err(awaited) = self.detach(lease, None, was == DeviceRemoval::No && !is_errand) {
            let device = self.registered(lease).expect("it stays");
            device.removal = if is_errand { DeviceRemoval::Begun } else { was };
            device.surprise = was_surprise;
            return Err(awaited);
        }
        self.slots[lease.slot].channels[lease.channel].device = None;
        Ok(Removed::ByThisCall)
    }

    pub(super) fn attach(&mut self, lease: Lease) -> Answer {
        let answer = self.try_to_attach(lease);
        if answer != Ok(Answer::Unsupported) {
            self.run_errands(lease.slot);
        }
        match answer {
            Ok(answer) => answer,
            Err(attachment) => {
                self.handles.make(Named::Link(Sender { lease, attachment: Some(attachment) }));
                Answer::Made
            }
        }
    }

    /// The answer, or the attachment that was made.
    pub(super) fn try_to_attach(&mut self, lease: Lease) -> Result<Answer, usize> {
        if let Err(gone) = self.registered(lease) {
            return Ok(Answer::Gone(gone));
        }
        if self.host(lease.slot, lease.host).is_some_and(|host| host.two_lanes) {
            return Ok(Answer::Unsupported);
        }
        if !self.is_present(lease.slot) {
            return Ok(Answer::Gone(Gone::HostRemoved));
        }
        let device = self.registered(lease).expect("it was there");
        if device.removal != DeviceRemoval::No || device.errand == LeftToDo::Unregister {
            return Ok(Answer::Gone(Gone::Unregistered));
        }
        match device.serving {
            Serving::Idle => device.serving = Serving::Attaching,
            Serving::Attached(_) | Serving::Draining(_) => return Ok(Answer::AlreadyAttached),
            Serving::Attaching | Serving::Detaching(_) => {
                return Ok(Answer::WouldDeadlock(Self::awaited(lease, What::Serving)))
            }
        }
        let controller = self.controller(lease.slot);
        let refuse =
            self.callback(Callback::Attach { controller, channel: lease.channel }, Some(lent(lease)));
        let attachment = self.number();
        let device = self.registered(lease).expect("nothing removes it while it is attached");
        if refuse {
            device.serving = Serving::Idle;
            return Ok(Answer::Refused);
        }
        device.serving = Serving::Attached(attachment);
        Err(attachment)
    }

    /// Of this attachment or, with `None`, of whichever there is. If it is refused, it is taken back where
    /// `take_back`, and otherwise stays begun.
    pub(super) fn detach(
        &mut self,
        lease: Lease,
        meant: Option<usize>,
        take_back: bool,
    ) -> Result<Removed, Awaited> {
        let Ok(device) = self.registered(lease) else { return Ok(Removed::Already) };
        let before = device.serving;
        let attachment = match before {
            Serving::Idle => return Ok(Removed::Already),
            Serving::Attaching if meant.is_some() => return Ok(Removed::Already),
            Serving::Attaching => return Err(Self::awaited(lease, What::Serving)),
            Serving::Attached(present) | Serving::Draining(present) | Serving::Detaching(present) => present,
        };
        if meant.is_some_and(|meant| meant != attachment) {
            return Ok(Removed::Already);
        }
        if matches!(before, Serving::Detaching(_)) {
            return Err(Self::awaited(lease, What::Serving));
        }
        if self.slots[lease.slot].link.is_some_and(|hold| hold.channel == lease.channel) {
            if !take_back {
                self.registered(lease).expect("it was there").serving = Serving::Draining(attachment);
            }
            return Err(Awaited { what: What::Link, slot: lease.slot, channel: None });
        }
        self.registered(lease).expect("it was there").serving = Serving::Detaching(attachment);
        let controller = self.controller(lease.slot);
        self.callback(Callback::Detach { controller, channel: lease.channel }, Some(lent(lease)));
        let device = self.registered(lease).expect("nothing removes it while it is detached");
        device.serving = Serving::Idle;
        if matches!(device.errand, LeftToDo::Detach(_)) {
            device.errand = LeftToDo::Nothing;
        }
        Ok(Removed::ByThisCall)
    }
}
