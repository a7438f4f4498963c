//! The reference: what a bus with one caller has to do, written down as plainly as it can be.
//!
//! Removals are recursive functions that run from their beginning to their end; a callback is a call of
//! [`Reference::callback`]. As there is one caller, whatever runs is further down his own stack, so a wait is never
//! waited out: it is refused. It shares no code with the bus but the names of answers.

mod devices;
mod errands;
mod hosts;
mod seen;
mod sending;

use super::event::{Answer, Awaited, Callback, DeviceSeen, Event, SlotSeen, What};
use super::handles::{Handles, Named};
use super::script::{Inside, Operation, Step};
use super::world::{device_name, host_name};
use mipi_dsi::bus::{
    report::{DeviceState, Presence},
    Gone, RemovalKind, Removed,
};
use std::collections::VecDeque;

#[derive(Default)]
pub(crate) struct Reference {
    slots: [Slot; 2],
    /// Slots that came back, the last of which is given out next.
    came_back: Vec<usize>,
    /// How many slots were ever given out.
    given_out: usize,
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
    removal: RemovalKind,
    /// Whether a removal runs further down the stack.
    running: bool,
}

/// Who has the link. The caller is always the same.
#[derive(Clone, Copy)]
struct Hold {
    /// What it is held for.
    channel: usize,
    purpose: Purpose,
    /// Where the packet goes that is being sent.
    packet: Option<usize>,
    /// It is a transaction inside a notice.
    is_in_notice: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Purpose {
    Packet,
    Transaction,
    Notice,
}

impl Hold {
    /// Whether a packet to this channel is one of those that it is held for.
    fn is_for(&self, channel: usize) -> bool {
        match self.purpose {
            Purpose::Packet => self.is_in_notice,
            Purpose::Transaction => self.is_in_notice || self.channel == channel,
            Purpose::Notice => true,
        }
    }

    /// Whether work of this channel runs in it.
    fn is_work_of(&self, channel: usize) -> bool {
        self.packet == Some(channel) || self.channel == channel && self.purpose != Purpose::Notice
    }
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
    errand: LeftToDo,
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
    /// A removal of the host or an errand began it and could not go on.
    Begun,
}

/// What a dropped handle left to do.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum LeftToDo {
    Nothing,
    Detach(usize),
    Unregister,
}

/// A device, as the handles name it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Key {
    pub(crate) slot: usize,
    pub(crate) host: usize,
    pub(crate) channel: usize,
    pub(crate) number: usize,
}

/// A device and, for links, the attachment.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Sender {
    pub(crate) key: Key,
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
                let answer = self.register_device(slot, host, channel.index(), wants_notice);
                self.run_errands(slot);
                answer.map_or_else(
                    |refusal| refusal,
                    |device| {
                        self.handles.give(Named::Device(device));
                        Answer::Made
                    },
                )
            }
            (Operation::Attach(_), Some(Named::Device(key)), _) => self.attach(key),
            (Operation::UnregisterDevice(_, removal), Some(Named::Device(key)), _) => {
                let answer = self.unregister_device(key, removal);
                self.run_errands(key.slot);
                answer.map_or_else(Answer::WouldDeadlock, Answer::Removed)
            }
            (Operation::Detach(_), Some(Named::Link(sender)), _) => {
                let answer = self.detach(sender.key, sender.attachment.expect("a link has one"));
                self.run_errands(sender.key.slot);
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
}

/// What the callbacks of a device are lent to send with.
fn lent(key: Key) -> Sender {
    Sender { key, attachment: None }
}
