//! The world as a value: hosts, peripherals, the bus, and the actors with what they are in the middle of.

use crate::action::End;
use crate::actor::{Actor, Asleep, Frame};
use crate::ends::{Bound, Entries, HostEnd, Left, LinkEnd, PeripheralEnd};
use crate::hardware::{Controller, Served};
use crate::note::Seen;
use crate::ownership::Ownership;
use crate::program::{Program, ProgramKind};
use crate::property::{Broken, Event, Property};
use crate::shape::{Control, LinkShape, PeripheralShape, Shape};
use smallvec::SmallVec;
use std::hash::{Hash, Hasher};
use std::ops::Deref;
use std::sync::Arc;

/// The shape of a world, which no step changes, so it does not count when states are compared.
#[derive(Debug, Clone)]
pub struct SharedShape(Arc<Shape>);

impl PartialEq for SharedShape {
    fn eq(&self, _other: &Self) -> bool {
        true
    }
}

impl Eq for SharedShape {}

impl Hash for SharedShape {
    fn hash<H: Hasher>(&self, _state: &mut H) {}
}

impl Deref for SharedShape {
    type Target = Shape;

    fn deref(&self) -> &Shape {
        &self.0
    }
}

/// Everything.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct World<O: Ownership> {
    /// What is on the board.
    pub shape: SharedShape,
    /// The bus core.
    pub bus: O,
    /// The hosts.
    pub hosts: SmallVec<[HostEnd; 2]>,
    /// The peripherals.
    pub peripherals: SmallVec<[PeripheralEnd<O::Handle>; 1]>,
    /// The actors; `None` is an idle one.
    pub actors: SmallVec<[Option<Actor<O>>; 2]>,
    /// What the last step broke. After a fatal breach nothing goes on.
    pub broke: Broken,
    /// What happened in the last step, one bit each.
    pub events: u8,
}

impl<O: Ownership> World<O> {
    /// The world with nothing bound.
    pub fn new(rules: O::Rules, shape: &Shape, actors: usize) -> Self {
        let link = || LinkEnd {
            handle: None,
            registered: false,
            told: 0,
            expects_notice: false,
            left: Left::Neither,
        };
        let peripheral = |shape: &PeripheralShape| PeripheralEnd {
            bound: Bound::No,
            present: true,
            device: None,
            links: shape.links.iter().map(|_| link()).collect(),
            entries: Entries::new(),
            held: None,
        };
        let host =
            HostEnd { bound: Bound::No, present: true, has_handle: false, controller: Controller::default() };
        Self {
            shape: SharedShape(Arc::new(shape.clone())),
            bus: O::new(rules, shape),
            hosts: shape.hosts.iter().map(|_| host.clone()).collect(),
            peripherals: shape.peripherals.iter().map(peripheral).collect(),
            actors: (0..actors.max(1)).map(|_| None).collect(),
            broke: Broken::NOTHING,
            events: 0,
        }
    }

    /// Whether a driver is bound.
    pub fn bound(&self, end: End) -> Bound {
        match end {
            End::Host(index) => self.hosts.get(index).map_or(Bound::No, |host| host.bound),
            End::Peripheral(index) => {
                self.peripherals.get(index).map_or(Bound::No, |peripheral| peripheral.bound)
            }
        }
    }

    /// Whether a peripheral's driver could be bound: on the DSI bus its device exists while its host does.
    pub fn can_bind(&self, index: usize) -> bool {
        let (Some(peripheral), Some(shape)) =
            (self.peripherals.get(index), self.shape.peripherals.get(index))
        else {
            return false;
        };
        let is_there = match shape.control {
            Control::Dsi => peripheral.device.is_some(),
            Control::Other | Control::OwnDevice => true,
        };
        peripheral.bound == Bound::No && is_there
    }

    /// The peripheral on this channel of a host, and which of its links: if several claim it, the one that has it.
    pub(crate) fn on_channel(&self, host: usize, channel: u8) -> Option<(usize, usize)> {
        let claims = || self.shape.on_channel(host, channel);
        let has = |(index, link): &(usize, usize)| {
            let link = self.peripherals.get(*index).and_then(|end| end.links.get(*link));
            link.is_some_and(|link| link.registered)
        };
        claims().find(has).or_else(|| claims().next())
    }

    /// Whether a peripheral other than this one has a device on that channel.
    pub(crate) fn is_another_on(&self, index: usize, link: LinkShape) -> bool {
        self.peripherals.iter().zip(&self.shape.peripherals).enumerate().any(|(other, (end, shape))| {
            let has = |(at, end): (&LinkShape, &LinkEnd<O::Handle>)| *at == link && end.registered;
            other != index && shape.links.iter().zip(&end.links).any(has)
        })
    }

    /// The removal of a host begins: every peripheral that is registered on it and bound has to be told.
    pub(crate) fn removal_begins(&mut self, host: usize, seen: &mut Seen) {
        let in_flight = self.hosts.get(host).is_some_and(|end| end.controller.transferring);
        seen.happens_if(in_flight, Event::TransferInFlight);
        self.each_link_on(host, |peripheral_is_bound, link| {
            link.expects_notice = link.registered && peripheral_is_bound;
            seen.happens_if(peripheral_is_bound, Event::HostWentFirst);
        });
    }

    /// The removal of a host has returned: what must hold now, and what has left.
    pub(crate) fn removal_has_returned(&mut self, host: usize) -> Option<Property> {
        let end = self.hosts.get(host)?;
        let drops_in_callbacks = self.shape.drops_in_callbacks();
        let mut broken = None;
        if end.controller.running > 0 {
            broken = Some(Property::NothingCalledAfter);
        } else if end.controller.served.iter().any(|served| *served != Served::Idle) {
            broken = Some(Property::DetachedOnce);
        }
        self.each_link_on(host, |peripheral_is_bound, link| {
            let expected = std::mem::take(&mut link.expects_notice);
            // One who began to unregister meanwhile was told or not; nobody is told twice.
            let is_right = link.told <= 1 && (!expected || !peripheral_is_bound || link.told == 1);
            // One whose drop was left for later may be told of the registration before the one that it has now.
            if !is_right && !drops_in_callbacks {
                broken.get_or_insert(Property::ToldOnce);
            }
        });
        self.host_has_left(host);
        broken
    }

    /// An onlooker notes that the host has left, for everything that names it.
    pub(crate) fn host_has_left(&mut self, host: usize) {
        self.each_link_on(host, |_, link| {
            if link.registered {
                link.left = Left::Host;
            }
        });
        let first = |shape: &PeripheralShape| shape.links.first().is_some_and(|link| link.host == host);
        for (peripheral, shape) in self.peripherals.iter_mut().zip(&self.shape.peripherals) {
            if let Some(held) = peripheral.held.as_mut().filter(|_| first(shape)) {
                held.left = Left::Host;
            }
        }
    }

    /// The handle of a host's registration is dropped: only whoever carries that out knows when the host leaves.
    pub(crate) fn drop_host(&mut self, host: usize, seen: &mut Seen) -> bool {
        let has_handle = self.hosts.get_mut(host).is_some_and(|end| std::mem::take(&mut end.has_handle));
        if has_handle {
            self.removal_begins(host, seen);
            self.each_link_on(host, |_, link| link.left = Left::Unknown);
            let first = |shape: &PeripheralShape| shape.links.first().is_some_and(|link| link.host == host);
            for (peripheral, shape) in self.peripherals.iter_mut().zip(&self.shape.peripherals) {
                let held = peripheral.held.as_mut().filter(|held| first(shape) && held.left != Left::Host);
                held.into_iter().for_each(|held| held.left = Left::Unknown);
            }
        }
        has_handle
    }

    fn each_link_on(&mut self, host: usize, mut act: impl FnMut(bool, &mut LinkEnd<O::Handle>)) {
        for (peripheral, shape) in self.peripherals.iter_mut().zip(&self.shape.peripherals) {
            let is_bound = peripheral.bound == Bound::Yes;
            for (link, at) in peripheral.links.iter_mut().zip(&shape.links) {
                if at.host == host {
                    act(is_bound, link);
                }
            }
        }
    }

    /// Whether a notice to this peripheral, or a transfer of its own, runs in another actor.
    pub(crate) fn calls_of(&self, index: usize) -> bool {
        let Some(shape) = self.shape.peripherals.get(index) else { return false };
        let is_its = |frame: &Frame<O>| match frame {
            Frame::HostCall { host, call, .. } => call.sends().is_some_and(|channel| {
                shape.links.iter().any(|link| (link.host, link.channel) == (*host, channel))
            }),
            Frame::Program(Program { kind: ProgramKind::Notice { index: told, .. }, .. }) => *told == index,
            Frame::Program(_) | Frame::Call(_) => false,
        };
        self.actors.iter().flatten().flat_map(|actor| &actor.stack).any(is_its)
    }

    /// Whether another actor is in the middle of a command or a read of this peripheral.
    pub(crate) fn is_sending(&self, index: usize) -> bool {
        let sends = |frame: &Frame<O>| {
            let Frame::Program(program) = frame else { return false };
            match program.kind {
                ProgramKind::Command(of) | ProgramKind::Read(of) | ProgramKind::CommandHeld(of) => {
                    of == index
                }
                ProgramKind::CommandOver { index: of, .. }
                | ProgramKind::CommandAndDrop(of)
                | ProgramKind::CommandAndDropHost(of) => of == index,
                _ => false,
            }
        };
        self.actors.iter().flatten().flat_map(|actor| &actor.stack).any(sends)
    }

    /// Whether somebody is in the middle of something, and everybody who is sleeps.
    pub fn is_stuck(&self) -> bool {
        let mut busy = self.actors.iter().flatten().peekable();
        busy.peek().is_some() && busy.all(|actor| actor.asleep != Asleep::No)
    }

    /// Whether nobody does anything, no driver is bound, and nobody holds a handle.
    pub fn is_all_quiet(&self) -> bool {
        self.actors.iter().all(Option::is_none)
            && self.hosts.iter().all(|end| end.bound == Bound::No)
            && self.peripherals.iter().all(|end| end.bound == Bound::No && end.held.is_none())
    }

    /// Whether, when nobody does anything, nothing that is over hinders a peripheral's commands.
    fn sends_at_once(&self) -> bool {
        if self.actors.iter().any(Option::is_some) {
            return true;
        }
        let bound = self.peripherals.iter().zip(&self.shape.peripherals);
        bound.filter(|(end, _)| end.bound == Bound::Yes).all(|(end, shape)| {
            end.links.iter().zip(&shape.links).all(|(link, at)| {
                let serves = self.hosts.get(at.host).is_some_and(HostEnd::serves);
                let has_host = link.left == Left::Neither && serves;
                link.handle.as_ref().filter(|_| has_host).is_none_or(|handle| self.bus.lets_pass(handle))
            })
        })
    }

    /// Whether nobody does anything, but a host is still registered whose registration's handle was dropped.
    fn has_lost_host(&self) -> bool {
        let is_lost = |(index, end): (usize, &HostEnd)| {
            end.bound == Bound::Yes && !end.has_handle && self.bus.has_host(index)
        };
        self.actors.iter().all(Option::is_none) && self.hosts.iter().enumerate().any(is_lost)
    }

    /// What this state breaks: what the last step broke, a deadlock, or a leak.
    pub fn broken(&self) -> Broken {
        let mut broken = self.broke;
        if self.is_stuck() && !self.broke.is_fatal() {
            broken.add(Property::NoDeadlock);
        }
        let is_left = self.is_all_quiet() && !self.bus.is_quiet() || self.has_lost_host();
        if is_left || !self.sends_at_once() {
            broken.add(Property::NothingLeaked);
        }
        broken
    }

    /// Whether something happened in the last step.
    pub fn shows(&self, event: Event) -> bool {
        self.events & event.bit() != 0
    }
}
