//! Drops of handles, and what they leave to do.

use super::*;

impl Reference {
    pub(super) fn drop_handle(&mut self, named: Named) {
        match named {
            Named::Found(..) => {}
            Named::Host(slot, host) => {
                let removed = self.unregister_host(slot, host, Removal::Orderly);
                self.run_errands(slot);
                if removed.is_err() && self.host(slot, host).is_some() {
                    self.slots[slot].errand = true;
                }
                if removed.is_err() {
                    self.run_errands(slot);
                }
            }
            Named::Device(lease) => {
                let removed = self.unregister_device(lease, Removal::Orderly, false);
                self.run_errands(lease.slot);
                if removed.is_err() {
                    self.leave_errand(lease, LeftToDo::Unregister);
                    self.run_errands(lease.slot);
                }
            }
            Named::Link(Sender { lease, attachment }) => {
                let removed = self.detach(lease, attachment, true);
                self.run_errands(lease.slot);
                if removed.is_err() {
                    self.leave_errand(lease, LeftToDo::Detach(attachment.expect("a link has one")));
                    self.run_errands(lease.slot);
                }
            }
        }
        self.handles.forget(named);
    }

    pub(super) fn leave_errand(&mut self, lease: Lease, errand: LeftToDo) {
        let Ok(device) = self.registered(lease) else { return };
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
            let lease = Lease { slot, host: self.slots[slot].last, channel, device: place.last };
            let idle = place.device.as_ref().filter(|device| {
                device.removal != DeviceRemoval::Running
                    && !matches!(device.serving, Serving::Attaching | Serving::Detaching(_))
            });
            let done = match idle.map(|device| device.errand) {
                Some(LeftToDo::Detach(meant)) => self.detach(lease, Some(meant), false),
                Some(LeftToDo::Unregister) => self.unregister_device(lease, Removal::Orderly, true),
                Some(LeftToDo::Nothing) | None => Ok(Removed::Already),
            };
            channel = if done == Ok(Removed::ByThisCall) { 0 } else { channel + 1 };
        }
        let is_removed =
            self.slots[slot].host.as_ref().is_none_or(|host| host.leaving.is_some_and(|host| host.running));
        if self.slots[slot].errand && !is_removed {
            let _ = self.unregister_host(slot, self.slots[slot].last, Removal::Orderly);
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
