//! Drops of handles, and what they leave to do.

use super::*;

impl Reference {
    pub(super) fn drop_handle(&mut self, named: Named) {
        match named {
            Named::Found(..) => {}
            Named::Host(slot, host) => {
                let removed = self.unregister_host(slot, host, RemovalKind::Orderly);
                self.run_errands(slot);
                if removed.is_err() && self.host(slot, host).is_some() {
                    self.slots[slot].errand = true;
                }
                if removed.is_err() {
                    self.run_errands(slot);
                }
            }
            Named::Device(key) => {
                let removed = self.unregister_device(key, RemovalKind::Orderly);
                self.run_errands(key.slot);
                if removed.is_err() {
                    self.leave_errand(key, LeftToDo::Unregister);
                    self.run_errands(key.slot);
                }
            }
            Named::Link(Sender { key, attachment }) => {
                let attachment = attachment.expect("a link has one");
                let removed = self.detach(key, attachment);
                self.run_errands(key.slot);
                if removed.is_err() {
                    self.leave_errand(key, LeftToDo::Detach(attachment));
                    self.run_errands(key.slot);
                }
            }
        }
        self.handles.forget(named);
    }

    pub(super) fn leave_errand(&mut self, key: Key, errand: LeftToDo) {
        let Ok(device) = self.registered(key) else { return };
        let is_due = match (errand, device.serving) {
            (LeftToDo::Detach(_), Serving::Idle | Serving::Attaching) => false,
            (
                LeftToDo::Detach(meant),
                Serving::Attached(present) | Serving::Draining(present) | Serving::Detaching(present),
            ) => meant == present,
            _ => true,
        };
        if is_due {
            device.errand = device.errand.max(errand);
        }
    }

    /// What can be done now of what was left to do, channel by channel, then the host's. After each that was done it
    /// begins again: its callback may have left another.
    pub(super) fn run_errands(&mut self, slot: usize) {
        let mut channel = 0;
        while channel < 4 {
            let place = &self.slots[slot].channels[channel];
            let key = Key { slot, host: self.slots[slot].last, channel, number: place.last };
            let idle = place.device.as_ref().filter(|device| {
                device.removal != DeviceRemoval::Running
                    && !matches!(device.serving, Serving::Attaching | Serving::Detaching(_))
            });
            let done = match idle.map(|device| device.errand) {
                Some(LeftToDo::Detach(meant)) => self.take_attachment_away(key, Some(meant)),
                Some(LeftToDo::Unregister) => self.take_device_away(key, RemovalKind::Orderly),
                Some(LeftToDo::Nothing) | None => Ok(Removed::Already),
            };
            channel = if done == Ok(Removed::ByThisCall) { 0 } else { channel + 1 };
        }
        let is_removed =
            self.slots[slot].host.as_ref().is_none_or(|host| host.leaving.is_some_and(|host| host.running));
        if self.slots[slot].errand && !is_removed {
            let _ = self.take_host_away(slot, self.slots[slot].last, RemovalKind::Orderly);
        }
    }

    /// When nothing runs any more, whoever ended the last call has carried out every errand.
    pub(super) fn nothing_is_left_to_do(&self) {
        for slot in &self.slots {
            let devices = slot.channels.iter().filter_map(|channel| channel.device.as_ref());
            assert!(!slot.errand, "the host is still to be removed");
            assert!(
                devices.into_iter().all(|device| device.errand == LeftToDo::Nothing),
                "a device is still to be removed"
            );
        }
    }
}
