//! The reference: what a bus with one caller has to do, written down as plainly as it can be.
//!
//! Removals are recursive functions that run from their beginning to their end; a callback is a call of
//! [`Reference::callback`]. As there is one caller, whatever runs is further down his own stack, so a wait is never
//! waited out: it is refused. It shares no code with the bus but the names of answers.

use super::event::{Answer, Awaited, Callback, DeviceSeen, Event, SlotSeen, What};
use super::handles::{Handles, Named};
use super::script::{Inside, Operation, Step};
use super::world::{device_name, host_name};
use mipi_dsi::bus::{DeviceState, Errand, Gone, Presence, Removal, Removed};
use std::collections::VecDeque;

/// A surprise removal of a device that is refused says "nothing has changed", and transfers fail from then on.
const DEFECT_REFUSED_SURPRISE_STAYS: bool = true;

#[derive(Default)]
pub(crate) struct Reference {
    slots: [Slot; 2],
    /// Where the search for a vacant slot begins.
    next_slot: usize,
    handles: Handles,
    /// Numbers for registrations and attachments, all different.
    numbers: usize,
    controllers: usize,
    peripherals: usize,
    insides: Vec<VecDeque<Inside>>,
    events: Vec<Event>,
}

#[derive(Default)]
struct Slot {
    host: Option<HostState>,
    /// Number of the present or last host.
    last: usize,
    name: String,
    channels: [Channel; 4],
    link: Option<Hold>,
    errand: bool,
}

struct HostState {
    controller: usize,
    two_lanes: bool,
    leaving: Option<Leaving>,
}

#[derive(Clone, Copy)]
struct Leaving {
    removal: Removal,
    /// Whether a removal runs further down the stack.
    running: bool,
}

#[derive(Clone, Copy)]
struct Hold {
    channel: usize,
    transferring: bool,
}

#[derive(Default)]
struct Channel {
    /// Number of the present or last device.
    last: usize,
    name: String,
    device: Option<DeviceRegistration>,
    telling: bool,
}

struct DeviceRegistration {
    peripheral: Option<usize>,
    serving: Serving,
    told: bool,
    removal: DeviceRemoval,
    surprise: bool,
    errand: Errand,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Serving {
    Idle,
    Attaching,
    Attached(usize),
    /// A removal of the host began to detach it and could not go on.
    Draining(usize),
    Detaching(usize),
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum DeviceRemoval {
    No,
    Running,
    /// A removal of the host began it and could not go on.
    Begun,
}

/// A device, as the handles name it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Lease {
    pub(crate) slot: usize,
    pub(crate) host: usize,
    pub(crate) channel: usize,
    pub(crate) device: usize,
}

/// A device and, for links, the attachment.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Sender {
    pub(crate) lease: Lease,
    pub(crate) attachment: Option<usize>,
}

/// What a script has to come to, with everything dropped at its end.
pub(crate) fn run(script: &[Step]) -> Vec<Event> {
    let mut reference = Reference::default();
    reference.steps(script, None);
    reference.insides.push(VecDeque::new());
    while let Some(named) = reference.handles.take_for_the_end() {
        reference.drop_handle(named);
    }
    reference.look();
    reference.events
}

impl Reference {
    fn steps(&mut self, steps: &[Step], lent: Option<Sender>) {
        for step in steps {
            self.insides.push(step.inside.iter().cloned().collect());
            self.operate(step.operation, lent);
            self.insides.pop();
            if self.insides.is_empty() {
                self.nothing_is_left_to_do();
            }
        }
    }

    fn operate(&mut self, operation: Operation, lent: Option<Sender>) {
        let used = self.handles.choose(operation);
        if let Some(handle) = used {
            self.handles.begin_use(handle);
        }
        let named = used.map(|handle| self.handles.named(handle));
        let answer = match (operation, named, lent) {
            (Operation::RegisterHost { name, two_lanes }, ..) => self.register_host(name, two_lanes),
            (Operation::FindHost { name }, ..) => self.find_host(name),
            (Operation::LentTransfer, _, Some(sender)) => self.transfer(sender),
            (Operation::LentTransaction, _, Some(sender)) => self.transaction(sender),
            (_, None, _) => Answer::NoSuchHandle,
            (Operation::UnregisterHost(_, removal), Some(Named::Host(slot, host)), _) => {
                let answer = self.unregister_host(slot, host, removal);
                self.run_errands(slot);
                answer.map_or_else(Answer::WouldDeadlock, Answer::GivenBack)
            }
            (Operation::DeclareGone(_), Some(Named::Host(slot, host)), _) => {
                let answer = self.declare_gone(slot, host);
                self.run_errands(slot);
                Answer::Declared(answer)
            }
            (Operation::RegisterDevice { channel, wants_notice, .. }, Some(Named::Found(slot, host)), _) => {
                self.register_device(slot, host, channel.index(), wants_notice)
            }
            (Operation::Attach(_), Some(Named::Device(lease)), _) => self.attach(lease),
            (Operation::UnregisterDevice(_, removal), Some(Named::Device(lease)), _) => {
                let answer = self.unregister_device(lease, removal);
                self.run_errands(lease.slot);
                answer.map_or_else(Answer::WouldDeadlock, Answer::Removed)
            }
            (Operation::Detach(_), Some(Named::Link(sender)), _) => {
                let answer = self.detach(sender.lease, sender.attachment, true);
                self.run_errands(sender.lease.slot);
                answer.map_or_else(Answer::WouldDeadlock, Answer::Removed)
            }
            (Operation::Transfer(_), Some(Named::Link(sender)), _) => self.transfer(sender),
            (Operation::Transaction(_), Some(Named::Link(sender)), _) => self.transaction(sender),
            (_, Some(named), _) => {
                // A drop. The operations that use the handle keep it until they end.
                let handle = used.expect("it was chosen");
                if self.handles.let_go(handle) {
                    self.drop_handle(named);
                }
                self.answer(operation, Answer::Dropped);
                return;
            }
        };
        self.answer(operation, answer);
        if let Some(handle) = used {
            if self.handles.end_use(handle) {
                self.drop_handle(self.handles.named(handle));
            }
        }
    }

    fn answer(&mut self, operation: Operation, answer: Answer) {
        self.events.push(Event::Answer { kind: operation.kind(), answer });
        self.look();
    }

    fn callback(&mut self, callback: Callback, lent: Option<Sender>) -> bool {
        self.events.push(Event::Begins(callback));
        self.look();
        let inside = self.insides.last_mut().and_then(VecDeque::pop_front).unwrap_or_default();
        self.steps(&inside.steps, lent);
        self.events.push(Event::Ends(callback));
        inside.refuse
    }

    fn number(&mut self) -> usize {
        self.numbers += 1;
        self.numbers
    }

    // Hosts.

    fn register_host(&mut self, name: bool, two_lanes: bool) -> Answer {
        let controller = self.controllers;
        self.controllers += 1;
        let in_turn = (self.next_slot..2).chain(0..self.next_slot);
        let Some(slot) = in_turn.into_iter().find(|slot| self.slots[*slot].host.is_none()) else {
            return Answer::NoSlot;
        };
        self.next_slot = slot + 1;
        let host = self.number();
        self.slots[slot].last = host;
        self.slots[slot].name = host_name(name).into();
        self.slots[slot].host = Some(HostState { controller, two_lanes, leaving: None });
        self.handles.make(Named::Host(slot, host));
        Answer::Made
    }

    fn find_host(&mut self, name: bool) -> Answer {
        let is_it = |slot: &usize| self.is_present(*slot) && self.slots[*slot].name == host_name(name);
        let Some(slot) = (0..2).find(is_it) else { return Answer::NotFound };
        self.handles.make(Named::Found(slot, self.slots[slot].last));
        Answer::Made
    }

    /// The host that a handle names, unless it has gone.
    fn host(&mut self, slot: usize, host: usize) -> Option<&mut HostState> {
        let is_it = self.slots[slot].last == host;
        self.slots[slot].host.as_mut().filter(|_| is_it)
    }

    fn is_present(&self, slot: usize) -> bool {
        self.slots[slot].host.as_ref().is_some_and(|host| host.leaving.is_none())
    }

    fn controller(&self, slot: usize) -> usize {
        self.slots[slot].host.as_ref().expect("its callbacks run while it is there").controller
    }

    fn removal(&self, slot: usize) -> Removal {
        let leaving = self.slots[slot].host.as_ref().and_then(|host| host.leaving);
        leaving.map_or(Removal::Orderly, |leaving| leaving.removal)
    }

    fn declare_gone(&mut self, slot: usize, host: usize) -> bool {
        let Some(state) = self.host(slot, host) else { return false };
        match &mut state.leaving {
            Some(Leaving { removal: Removal::Surprise, .. }) => return false,
            Some(leaving) => leaving.removal = Removal::Surprise,
            None => state.leaving = Some(Leaving { removal: Removal::Surprise, running: false }),
        }
        true
    }

    /// The first thing that runs on a host, in the order in which the bus names them.
    fn first_running(&self, slot: usize) -> Option<Awaited> {
        if self.slots[slot].link.is_some() {
            return Some(Awaited { what: What::Link, slot, channel: None });
        }
        (0..4).find_map(|index| {
            let channel = &self.slots[slot].channels[index];
            let device = channel.device.as_ref();
            let serving = device.map(|device| device.serving);
            let what = if matches!(serving, Some(Serving::Attaching | Serving::Detaching(_))) {
                What::Serving
            } else if channel.telling {
                What::Notice
            } else if device.is_some_and(|device| device.removal == DeviceRemoval::Running) {
                What::DeviceRemoval
            } else {
                return None;
            };
            Some(Awaited { what, slot, channel: Some(index) })
        })
    }

    fn unregister_host(
        &mut self,
        slot: usize,
        host: usize,
        removal: Removal,
    ) -> Result<Option<usize>, Awaited> {
        if self.host(slot, host).is_none() {
            return Ok(None);
        }
        if let (true, Some(running)) = (self.is_present(slot), self.first_running(slot)) {
            return Err(running);
        }
        let state = self.host(slot, host).expect("it was there");
        let leaving = state.leaving.get_or_insert(Leaving { removal, running: false });
        if removal == Removal::Surprise {
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
        Ok(Some(controller))
    }

    /// Each device is told, then unregistered; it may be another one after each callback.
    fn remove_devices(&mut self, slot: usize, host: usize) -> Result<(), Awaited> {
        while let Some(index) = (0..4).find(|index| self.slots[slot].channels[*index].device.is_some()) {
            let removal = self.removal(slot);
            let channel = &mut self.slots[slot].channels[index];
            let lease = Lease { slot, host, channel: index, device: channel.last };
            let device = channel.device.as_mut().expect("it was found");
            let refused = |what| Err(Awaited { what, slot, channel: Some(index) });
            if !device.told {
                if device.removal == DeviceRemoval::Running {
                    return refused(What::DeviceRemoval);
                }
                if device.serving == Serving::Attaching {
                    return refused(What::Serving);
                }
                device.told = true;
                if let Some(peripheral) = device.peripheral {
                    channel.telling = true;
                    self.callback(Callback::Notice { peripheral, removal }, Some(lent(lease)));
                    self.slots[slot].channels[index].telling = false;
                }
                continue;
            }
            if device.removal == DeviceRemoval::Running {
                return refused(What::DeviceRemoval);
            }
            device.surprise |= removal == Removal::Surprise;
            device.removal = DeviceRemoval::Running;
            if let Err(awaited) = self.detach(lease, None, false) {
                self.registered(lease).expect("it stays").removal = DeviceRemoval::Begun;
                return Err(awaited);
            }
            self.slots[slot].channels[index].device = None;
        }
        match self.slots[slot].link {
            Some(_) => Err(Awaited { what: What::Link, slot, channel: None }),
            None => Ok(()),
        }
    }

    // Devices.

    fn register_device(&mut self, slot: usize, host: usize, channel: usize, wants_notice: bool) -> Answer {
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
            errand: Errand::None,
        });
        self.handles.make(Named::Device(Lease { slot, host, channel, device: number }));
        Answer::Made
    }

    fn registered(&mut self, lease: Lease) -> Result<&mut DeviceRegistration, Gone> {
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

    fn awaited(lease: Lease, what: What) -> Awaited {
        Awaited { what, slot: lease.slot, channel: Some(lease.channel) }
    }

    /// The peripheral's own. What is refused has changed nothing.
    fn unregister_device(&mut self, lease: Lease, removal: Removal) -> Result<Removed, Awaited> {
        let Ok(device) = self.registered(lease) else { return Ok(Removed::Already) };
        if device.removal == DeviceRemoval::Running {
            device.surprise |= DEFECT_REFUSED_SURPRISE_STAYS && removal == Removal::Surprise;
            return Err(Self::awaited(lease, What::DeviceRemoval));
        }
        let (was, was_surprise) = (device.removal, device.surprise);
        device.removal = DeviceRemoval::Running;
        device.surprise |= removal == Removal::Surprise;
        if let Err(awaited) = self.detach(lease, None, was == DeviceRemoval::No) {
            let device = self.registered(lease).expect("it stays");
            device.removal = was;
            if !DEFECT_REFUSED_SURPRISE_STAYS {
                device.surprise = was_surprise;
            }
            return Err(awaited);
        }
        self.slots[lease.slot].channels[lease.channel].device = None;
        Ok(Removed::ByThisCall)
    }

    fn attach(&mut self, lease: Lease) -> Answer {
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
    fn try_to_attach(&mut self, lease: Lease) -> Result<Answer, usize> {
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
        if device.removal != DeviceRemoval::No || device.errand == Errand::Unregister {
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
    fn detach(&mut self, lease: Lease, meant: Option<usize>, take_back: bool) -> Result<Removed, Awaited> {
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
        if device.errand == Errand::Detach {
            device.errand = Errand::None;
        }
        Ok(Removed::ByThisCall)
    }

    // Sending.

    fn may_send(&mut self, sender: Sender) -> Result<(), Gone> {
        let Sender { lease, attachment } = sender;
        let hold = self.slots[lease.slot].link;
        let device = self.registered(lease)?;
        let (serving, removal, surprise) = (device.serving, device.removal, device.surprise);
        if self.removal(lease.slot) == Removal::Surprise {
            return Err(Gone::HostRemoved);
        }
        if surprise {
            return Err(Gone::Unregistered);
        }
        let is_meant = |present| attachment.is_none_or(|meant| meant == present);
        let may = match serving {
            Serving::Idle => false,
            Serving::Attaching => attachment.is_none(),
            Serving::Attached(present) | Serving::Detaching(present) => is_meant(present),
            Serving::Draining(present) => {
                is_meant(present) && hold.is_some_and(|hold| hold.channel == lease.channel)
            }
        };
        if may {
            Ok(())
        } else if !self.is_present(lease.slot) {
            Err(Gone::HostRemoved)
        } else if removal != DeviceRemoval::No {
            Err(Gone::Unregistered)
        } else {
            Err(Gone::Detached)
        }
    }

    /// Takes the link; gives who had it before.
    fn take_link(&mut self, sender: Sender, transferring: bool) -> Result<Option<Hold>, Answer> {
        self.may_send(sender).map_err(Answer::Gone)?;
        let Lease { slot, channel, .. } = sender.lease;
        let before = self.slots[slot].link;
        if before.is_some_and(|hold| hold.transferring || hold.channel != channel) {
            return Err(Answer::WouldDeadlock(Awaited { what: What::Link, slot, channel: None }));
        }
        self.slots[slot].link = Some(Hold { channel, transferring });
        Ok(before)
    }

    fn transfer(&mut self, sender: Sender) -> Answer {
        let before = match self.take_link(sender, true) {
            Ok(before) => before,
            Err(answer) => return answer,
        };
        let Lease { slot, channel, .. } = sender.lease;
        let controller = self.controller(slot);
        self.callback(Callback::Transfer { controller, channel }, None);
        self.slots[slot].link = before;
        self.run_errands(slot);
        Answer::Sent
    }

    fn transaction(&mut self, sender: Sender) -> Answer {
        let before = match self.take_link(sender, false) {
            Ok(before) => before,
            Err(answer) => return answer,
        };
        self.callback(Callback::Transaction, Some(sender));
        self.slots[sender.lease.slot].link = before;
        self.run_errands(sender.lease.slot);
        Answer::Sent
    }

    // Drops and errands.

    fn drop_handle(&mut self, named: Named) {
        match named {
            Named::Found(..) => {}
            Named::Host(slot, host) => {
                let removed = self.unregister_host(slot, host, Removal::Orderly);
                self.run_errands(slot);
                if removed.is_err() && self.host(slot, host).is_some() {
                    self.slots[slot].errand = true;
                }
            }
            Named::Device(lease) => {
                let removed = self.unregister_device(lease, Removal::Orderly);
                self.run_errands(lease.slot);
                if removed.is_err() {
                    self.leave_errand(lease, Errand::Unregister);
                }
            }
            Named::Link(Sender { lease, attachment }) => {
                let removed = self.detach(lease, attachment, true);
                self.run_errands(lease.slot);
                if removed.is_err() {
                    self.leave_errand(lease, Errand::Detach);
                }
            }
        }
        self.handles.forget(named);
    }

    fn leave_errand(&mut self, lease: Lease, errand: Errand) {
        if let Ok(device) = self.registered(lease) {
            device.errand = device.errand.max(errand);
        }
    }

    /// What can be done now of what was left to do, channel by channel, then the host's.
    fn run_errands(&mut self, slot: usize) {
        for channel in 0..4 {
            let place = &self.slots[slot].channels[channel];
            let Some(device) = &place.device else { continue };
            let lease = Lease { slot, host: self.slots[slot].last, channel, device: place.last };
            let busy = device.removal == DeviceRemoval::Running
                || matches!(device.serving, Serving::Attaching | Serving::Detaching(_));
            match device.errand {
                Errand::Detach if !busy => drop(self.detach(lease, None, true)),
                Errand::Unregister if !busy => drop(self.unregister_device(lease, Removal::Orderly)),
                _ => {}
            }
        }
        let is_removed =
            self.slots[slot].host.as_ref().is_none_or(|host| host.leaving.is_some_and(|host| host.running));
        if self.slots[slot].errand && !is_removed {
            let _ = self.unregister_host(slot, self.slots[slot].last, Removal::Orderly);
        }
    }

    /// When nothing runs any more, whoever ended the last call has carried out every errand.
    fn nothing_is_left_to_do(&self) {
        for slot in &self.slots {
            let devices = slot.channels.iter().filter_map(|channel| channel.device.as_ref());
            assert!(!slot.errand, "the host is still to be removed");
            assert!(
                devices.into_iter().all(|device| device.errand == Errand::None),
                "a device is still to be removed"
            );
        }
    }

    // What is seen.

    fn look(&mut self) {
        let seen = [0, 1].map(|slot| self.see(slot));
        self.events.push(Event::Reports(seen));
    }

    fn see(&self, slot: usize) -> SlotSeen {
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

/// What the callbacks of a device are lent to send with.
fn lent(lease: Lease) -> Sender {
    Sender { lease, attachment: None }
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
        errand: device.map_or(Errand::None, |device| device.errand),
        configured: state == DeviceState::Attached,
        running: place.telling
            || matches!(serving, Some(Serving::Attaching | Serving::Detaching(_)))
            || device.is_some_and(|device| device.removal == DeviceRemoval::Running),
    }
}
