//! Devices: registered, attached, detached, unregistered.

use super::*;

impl Reference {
    /// The device, whose handle is counted already.
    pub(super) fn register_device(
        &mut self,
        slot: usize,
        host: usize,
        channel: usize,
        wants_notice: bool,
    ) -> Result<Key, Answer> {
        let peripheral = self.peripherals;
        self.peripherals += 1;
        if self.host(slot, host).is_none() || !self.is_present(slot) {
            return Err(Answer::Gone(Gone::HostRemoved));
        }
        if self.slots[slot].channels[channel].device.is_some() {
            return Err(Answer::ChannelTaken);
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
        let key = Key { slot, host, channel, number };
        self.handles.count(Named::Device(key));
        Ok(key)
    }

    pub(super) fn registered(&mut self, key: Key) -> Result<&mut DeviceRegistration, Gone> {
        let gone = match self.host(key.slot, key.host) {
            Some(HostState { leaving: None, .. }) => Gone::Unregistered,
            _ => Gone::HostRemoved,
        };
        if self.host(key.slot, key.host).is_none() {
            return Err(gone);
        }
        let channel = &mut self.slots[key.slot].channels[key.channel];
        channel.device.as_mut().filter(|_| channel.last == key.number).ok_or(gone)
    }

    pub(super) fn awaited(key: Key, what: What) -> Awaited {
        Awaited { what, slot: key.slot, channel: Some(key.channel) }
    }

    /// What a removal of this device would wait for: that wait would never end.
    fn in_the_way_of_detach(&mut self, key: Key) -> Option<Awaited> {
        let serving = self.registered(key).ok()?.serving;
        match serving {
            Serving::Idle => return None,
            Serving::Attaching | Serving::Detaching(_) => return Some(Self::awaited(key, What::Serving)),
            Serving::Attached(_) | Serving::Draining(_) => {}
        }
        let is_work = self.slots[key.slot].link.is_some_and(|hold| hold.is_work_of(key.channel));
        is_work.then_some(Awaited { what: What::Link, slot: key.slot, channel: None })
    }

    /// The peripheral's own. What is refused has changed nothing.
    pub(super) fn unregister_device(&mut self, key: Key, removal: RemovalKind) -> Result<Removed, Awaited> {
        let Ok(device) = self.registered(key) else { return Ok(Removed::Already) };
        if device.removal == DeviceRemoval::Running {
            return Err(Self::awaited(key, What::Registration));
        }
        match self.in_the_way_of_detach(key) {
            Some(awaited) => Err(awaited),
            None => self.take_device_away(key, removal),
        }
    }

    /// What can't be done now stays begun.
    pub(super) fn take_device_away(&mut self, key: Key, removal: RemovalKind) -> Result<Removed, Awaited> {
        let Ok(device) = self.registered(key) else { return Ok(Removed::Already) };
        device.surprise |= removal == RemovalKind::Surprise;
        if device.removal == DeviceRemoval::Running {
            return Err(Self::awaited(key, What::Registration));
        }
        device.removal = DeviceRemoval::Running;
        if let Err(awaited) = self.take_attachment_away(key, None) {
            self.registered(key).expect("it stays").removal = DeviceRemoval::Begun;
            return Err(awaited);
        }
        self.slots[key.slot].channels[key.channel].device = None;
        Ok(Removed::ByThisCall)
    }

    pub(super) fn attach(&mut self, key: Key) -> Answer {
        match self.try_to_attach(key) {
            Ok(Answer::Unsupported) => Answer::Unsupported,
            Ok(answer) => {
                self.run_errands(key.slot);
                answer
            }
            Err(attachment) => {
                // There is a link while the errands are carried out, and then the caller gets it.
                let link = Named::Link(Sender { key, attachment: Some(attachment) });
                self.handles.count(link);
                self.run_errands(key.slot);
                self.handles.give(link);
                Answer::Made
            }
        }
    }

    /// The answer, or the attachment that was made.
    pub(super) fn try_to_attach(&mut self, key: Key) -> Result<Answer, usize> {
        if let Err(gone) = self.registered(key) {
            return Ok(Answer::Gone(gone));
        }
        if self.host(key.slot, key.host).is_some_and(|host| host.two_lanes) {
            return Ok(Answer::Unsupported);
        }
        if !self.is_present(key.slot) {
            return Ok(Answer::Gone(Gone::HostRemoved));
        }
        let device = self.registered(key).expect("it was there");
        if device.removal != DeviceRemoval::No || device.errand == LeftToDo::Unregister {
            return Ok(Answer::Gone(Gone::Unregistered));
        }
        match device.serving {
            Serving::Idle => device.serving = Serving::Attaching,
            Serving::Attached(_) | Serving::Draining(_) => return Ok(Answer::AlreadyAttached),
            Serving::Attaching | Serving::Detaching(_) => {
                return Ok(Answer::WouldDeadlock(Self::awaited(key, What::Serving)))
            }
        }
        let controller = self.controller(key.slot);
        let refuse = self.callback(Callback::Attach { controller, channel: key.channel }, Some(lent(key)));
        let attachment = self.number();
        let device = self.registered(key).expect("nothing removes it while it is attached");
        if refuse {
            device.serving = Serving::Idle;
            return Ok(Answer::Refused);
        }
        device.serving = Serving::Attached(attachment);
        Err(attachment)
    }

    /// Of this attachment, by its link. What is refused has changed nothing.
    pub(super) fn detach(&mut self, key: Key, attachment: usize) -> Result<Removed, Awaited> {
        let is_meant = self.registered(key).is_ok_and(|device| match device.serving {
            Serving::Idle | Serving::Attaching => false,
            Serving::Attached(present) | Serving::Draining(present) | Serving::Detaching(present) => {
                present == attachment
            }
        });
        match self.in_the_way_of_detach(key).filter(|_| is_meant) {
            Some(awaited) => Err(awaited),
            None => self.take_attachment_away(key, Some(attachment)),
        }
    }

    /// This attachment or, with `None`, whichever there is. What can't be done now stays begun.
    pub(super) fn take_attachment_away(
        &mut self,
        key: Key,
        meant: Option<usize>,
    ) -> Result<Removed, Awaited> {
        let Ok(device) = self.registered(key) else { return Ok(Removed::Already) };
        let attachment = match device.serving {
            Serving::Idle => return Ok(Removed::Already),
            Serving::Attaching if meant.is_some() => return Ok(Removed::Already),
            Serving::Attaching => return Err(Self::awaited(key, What::Serving)),
            Serving::Attached(present) | Serving::Draining(present) | Serving::Detaching(present)
                if meant.is_some_and(|meant| meant != present) =>
            {
                return Ok(Removed::Already)
            }
            Serving::Detaching(_) => return Err(Self::awaited(key, What::Serving)),
            Serving::Attached(present) | Serving::Draining(present) => present,
        };
        device.serving = Serving::Draining(attachment);
        if let Some(awaited) = self.in_the_way_of_detach(key) {
            return Err(awaited);
        }
        self.registered(key).expect("it was there").serving = Serving::Detaching(attachment);
        let controller = self.controller(key.slot);
        self.callback(Callback::Detach { controller, channel: key.channel }, Some(lent(key)));
        let device = self.registered(key).expect("nothing removes it while it is detached");
        device.serving = Serving::Idle;
        if matches!(device.errand, LeftToDo::Detach(_)) {
            device.errand = LeftToDo::Nothing;
        }
        Ok(Removed::ByThisCall)
    }
}
