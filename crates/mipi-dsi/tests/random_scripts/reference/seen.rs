//! What the bus reports of the state that the reference is in.

use super::*;

impl Reference {
    pub(super) fn look(&mut self) {
        let seen = [0, 1].map(|slot| self.see(slot));
        self.events.push(Event::Reports(Box::new(seen)));
    }

    pub(super) fn see(&self, slot: usize) -> SlotSeen {
        let Slot { host, last, name, channels, link, .. } = &self.slots[slot];
        let presence = match host.as_ref().map(|host| host.leaving) {
            None => Presence::Gone,
            Some(None) => Presence::Present,
            Some(Some(Leaving { removal, .. })) => Presence::Leaving(removal),
        };
        let mut channel = 0;
        let devices = channels.each_ref().map(|place| {
            let seen = see_device(place, self.handles.count_devices(slot, channel, place.last));
            channel += 1;
            seen
        });
        SlotSeen {
            presence,
            name: name.clone(),
            handles: self.handles.count_hosts(slot, *last),
            link: link.map(|hold| hold.channel),
            devices,
        }
    }
}

fn see_device(place: &Channel, handles: (u32, u32)) -> DeviceSeen {
    let device = place.device.as_ref();
    let serving = device.map(|device| device.serving);
    let state = match serving {
        None => DeviceState::Gone,
        Some(Serving::Idle) => match device.map(|device| device.removal) {
            Some(DeviceRemoval::No) => DeviceState::Registered,
            _ => DeviceState::Unregistering,
        },
        Some(Serving::Attaching) => DeviceState::Attaching,
        Some(Serving::Attached(_)) => DeviceState::Attached,
        Some(Serving::Draining(_) | Serving::Detaching(_)) => DeviceState::Detaching,
    };
    DeviceSeen {
        name: place.name.clone(),
        state,
        handles,
        errand: match device.map(|device| device.errand) {
            None | Some(LeftToDo::Nothing) => "nothing",
            Some(LeftToDo::Detach(_)) => "detach",
            Some(LeftToDo::Unregister) => "unregister",
        },
        configured: state == DeviceState::Attached,
        running: place.telling
            || matches!(serving, Some(Serving::Attaching | Serving::Detaching(_)))
            || device.is_some_and(|device| device.removal == DeviceRemoval::Running),
    }
}
