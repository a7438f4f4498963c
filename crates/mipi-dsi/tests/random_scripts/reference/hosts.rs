//! Hosts: registered, found, declared gone, removed with all their devices.

use super::*;

impl Reference {
    pub(super) fn register_host(&mut self, name: bool, two_lanes: bool) -> Answer {
        let controller = self.controllers;
        self.controllers += 1;
        if (0..2).any(|slot| self.is_present(slot) && self.slots[slot].name == host_name(name)) {
            return Answer::NameTaken;
        }
        let slot = match self.came_back.pop() {
            Some(slot) => slot,
            None if self.given_out < 2 => {
                self.given_out += 1;
                self.given_out - 1
            }
            None => return Answer::NoSlot,
        };
        let host = self.number();
        self.slots[slot].last = host;
        self.slots[slot].name = host_name(name).into();
        self.slots[slot].host = Some(HostState { controller, two_lanes, leaving: None });
        self.handles.make(Named::Host(slot, host));
        Answer::Made
    }

    pub(super) fn find_host(&mut self, name: bool) -> Answer {
        let is_it = |slot: &usize| self.is_present(*slot) && self.slots[*slot].name == host_name(name);
        let Some(slot) = (0..2).find(is_it) else { return Answer::NotFound };
        self.handles.make(Named::Found(slot, self.slots[slot].last));
        Answer::Made
    }

    /// The host that a handle names, unless it has gone.
    pub(super) fn host(&mut self, slot: usize, host: usize) -> Option<&mut HostState> {
        let is_it = self.slots[slot].last == host;
        self.slots[slot].host.as_mut().filter(|_| is_it)
    }

    pub(super) fn is_present(&self, slot: usize) -> bool {
        self.slots[slot].host.as_ref().is_some_and(|host| host.leaving.is_none())
    }

    pub(super) fn controller(&self, slot: usize) -> usize {
        self.slots[slot].host.as_ref().expect("its callbacks run while it is there").controller
    }

    pub(super) fn removal(&self, slot: usize) -> RemovalKind {
        let leaving = self.slots[slot].host.as_ref().and_then(|host| host.leaving);
        leaving.map_or(RemovalKind::Orderly, |leaving| leaving.removal)
    }

    pub(super) fn declare_gone(&mut self, slot: usize, host: usize) -> bool {
        let Some(state) = self.host(slot, host) else { return false };
        match &mut state.leaving {
            Some(Leaving { removal: RemovalKind::Surprise, .. }) => return false,
            Some(leaving) => leaving.removal = RemovalKind::Surprise,
            None => state.leaving = Some(Leaving { removal: RemovalKind::Surprise, running: false }),
        }
        true
    }

    /// The first thing that runs on a host, in the order in which the bus names them.
    pub(super) fn first_running(&self, slot: usize) -> Option<Awaited> {
        let of_device = |what| {
            let index = (0..4).rfind(|index| {
                let channel = &self.slots[slot].channels[*index];
                let device = channel.device.as_ref();
                match what {
                    What::Registration => {
                        device.is_some_and(|device| device.removal == DeviceRemoval::Running)
                    }
                    What::Notice => channel.telling,
                    _ => device.is_some_and(|device| {
                        matches!(device.serving, Serving::Attaching | Serving::Detaching(_))
                    }),
                }
            })?;
            Some(Awaited { what, slot, channel: Some(index) })
        };
        let of_host = |what, runs: bool| runs.then_some(Awaited { what, slot, channel: None });
        let leaving = self.slots[slot].host.as_ref().and_then(|host| host.leaving);
        let is_leaving = leaving.is_some_and(|leaving| leaving.running);
        of_device(What::Registration)
            .or_else(|| of_device(What::Notice))
            .or_else(|| of_device(What::Serving))
            .or_else(|| of_host(What::HostRemoval, is_leaving))
            .or_else(|| of_host(What::Link, self.slots[slot].link.is_some()))
    }

    /// What is refused has changed nothing.
    pub(super) fn unregister_host(
        &mut self,
        slot: usize,
        host: usize,
        removal: RemovalKind,
    ) -> Result<Option<usize>, Awaited> {
        if self.host(slot, host).is_none() {
            return Ok(None);
        }
        match self.first_running(slot) {
            Some(running) => Err(running),
            None => self.take_host_away(slot, host, removal),
        }
    }

    /// What can't be done now stays begun.
    pub(super) fn take_host_away(
        &mut self,
        slot: usize,
        host: usize,
        removal: RemovalKind,
    ) -> Result<Option<usize>, Awaited> {
        let Some(state) = self.host(slot, host) else { return Ok(None) };
        let leaving = state.leaving.get_or_insert(Leaving { removal, running: false });
        if removal == RemovalKind::Surprise {
            leaving.removal = removal;
        }
        if leaving.running {
            return Err(Awaited { what: What::HostRemoval, slot, channel: None });
        }
        leaving.running = true;
        let removed = self.remove_devices(slot, host);
        let state = self.slots[slot].host.as_mut().expect("only this removes it");
        state.leaving.as_mut().expect("it is leaving").running = false;
        removed?;
        let controller = state.controller;
        self.slots[slot].host = None;
        self.slots[slot].errand = false;
        self.came_back.push(slot);
        Ok(Some(controller))
    }

    /// Each device is told, then unregistered; it may be another one after each callback.
    pub(super) fn remove_devices(&mut self, slot: usize, host: usize) -> Result<(), Awaited> {
        while let Some(index) = (0..4).find(|index| self.slots[slot].channels[*index].device.is_some()) {
            let removal = self.removal(slot);
            let channel = &mut self.slots[slot].channels[index];
            let key = Key { slot, host, channel: index, number: channel.last };
            let device = channel.device.as_mut().expect("it was found");
            let refused = |what| Err(Awaited { what, slot, channel: Some(index) });
            if !device.told {
                if device.removal == DeviceRemoval::Running {
                    return refused(What::Registration);
                }
                if device.serving == Serving::Attaching {
                    return refused(What::Serving);
                }
                let sends = removal == RemovalKind::Orderly && matches!(device.serving, Serving::Attached(_));
                let peripheral = device.peripheral;
                let link = &mut self.slots[slot].link;
                match (sends, &link) {
                    (true, Some(_)) => return Err(Awaited { what: What::Link, slot, channel: None }),
                    (true, None) => {
                        *link = Some(Hold {
                            channel: index,
                            purpose: Purpose::Notice,
                            packet: None,
                            is_in_notice: false,
                        });
                    }
                    (false, _) => {}
                }
                self.registered(key).expect("it was found").told = true;
                self.slots[slot].channels[index].telling = true;
                if let Some(peripheral) = peripheral {
                    self.callback(Callback::Notice { peripheral, removal }, Some(lent(key)));
                }
                self.slots[slot].channels[index].telling = false;
                if sends {
                    self.slots[slot].link = None;
                }
                continue;
            }
            self.take_device_away(key, removal)?;
        }
        match self.slots[slot].link {
            Some(_) => Err(Awaited { what: What::Link, slot, channel: None }),
            None => Ok(()),
        }
    }
}
