//! The world as a value: hosts, peripherals, the bus, and the actors with what they are in the middle of.

use crate::action::{End, UserAction};
use crate::driver::{Program, ProgramKind};
use crate::hardware::{Controller, Served};
use crate::note::Seen;
use crate::ownership::{Ownership, Reply};
use crate::property::{Broken, Event, Property};
use crate::shape::{Acquisition, Control, LinkShape, PeripheralShape, Shape};
use crate::stepping::Frame;
use smallvec::SmallVec;
use std::hash::{Hash, Hasher};
use std::ops::Deref;
use std::sync::Arc;

/// Whether a driver is bound. `Changing` is also the device's lock: nobody else begins then.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Bound {
    /// No.
    No,
    /// Yes.
    Yes,
    /// It is being bound or unbound.
    Changing,
}

/// A host controller and its driver.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct HostEnd {
    /// Its driver.
    pub bound: Bound,
    /// Its hardware is plugged in. One that was pulled is taken to be back when its driver is unbound.
    pub present: bool,
    /// The controller.
    pub controller: Controller,
}

/// A peripheral and its driver.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct PeripheralEnd<H> {
    /// Its driver.
    pub bound: Bound,
    /// Its hardware is plugged in. One that was pulled is taken to be back when its driver is unbound.
    pub present: bool,
    /// On the DSI bus: its device, as the host's side has it.
    pub device: Option<H>,
    /// What its driver knows of each link.
    pub links: SmallVec<[LinkEnd<H>; 2]>,
    /// What its driver has to release, the last first: the devres list, or what its remove function knows.
    pub entries: Entries<H>,
    /// A handle that somebody else took.
    pub held: Option<Held<H>>,
}

/// What has to be released, in the order in which it was acquired.
pub type Entries<H> = SmallVec<[Entry<H>; 2]>;

/// Something to be released.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Entry<H> {
    /// What.
    pub what: Acquisition,
    /// With which handle.
    pub handle: H,
}

/// What a peripheral's driver knows of one link.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct LinkEnd<H> {
    /// The handle.
    pub handle: Option<H>,
    /// Its driver has registered a device, and has not unregistered it.
    pub registered: bool,
    /// How often it was told since it registered (up to two).
    pub told: u8,
    /// It was registered when the removal of its host began.
    pub expects_notice: bool,
    /// What has left of what the handle names, as an onlooker knows it.
    pub left: Left,
}

/// A handle that somebody holds over everything: an open file, another driver.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Held<H> {
    /// It.
    pub handle: H,
    /// What has left of what it names, as an onlooker knows it.
    pub left: Left,
}

/// Which side has left, of what a handle names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Left {
    /// None.
    Neither,
    /// The attachment has ended; the device is still the host's.
    Detached,
    /// The device was unregistered.
    Device,
    /// The host was.
    Host,
    /// That depends on who was faster, or the handle is of a registration before the present one.
    Unknown,
}

/// Why somebody sleeps.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Asleep {
    /// He does not.
    No,
    /// For the bus: until somebody changes it.
    OnBus,
    /// For a device's lock.
    OnDevice,
    /// For an answer of hardware that has gone: until he is cancelled.
    OnHardware,
}

/// Somebody who does something.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Actor<O: Ownership> {
    /// What he is in the middle of, the innermost last.
    pub stack: Vec<Frame<O>>,
    /// The reply to what the innermost program has asked.
    pub reply: Option<Reply<O::Handle>>,
    /// Whether he can go on.
    pub asleep: Asleep,
    /// Nobody else has done anything since he set out.
    pub is_alone: bool,
    /// The host has refused what the innermost call of the bus has asked of it.
    pub refused: bool,
}

/// The shape of a world, which no step changes: no part of what makes two states different.
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
    /// The actors; `None` is one who does nothing.
    pub actors: SmallVec<[Option<Actor<O>>; 2]>,
    /// What the last step broke. From a fatal one nothing goes on.
    pub broke: Broken,
    /// What happened in the last step, one bit each.
    pub events: u8,
}

impl<O: Ownership> World<O> {
    /// With nothing bound.
    pub fn new(shape: &Shape, actors: usize) -> Self {
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
        let host = HostEnd { bound: Bound::No, present: true, controller: Controller::default() };
        Self {
            shape: SharedShape(Arc::new(shape.clone())),
            bus: O::new(shape.hosts.len()),
            hosts: shape.hosts.iter().map(|_| host.clone()).collect(),
            peripherals: shape.peripherals.iter().map(peripheral).collect(),
            actors: (0..actors.max(1)).map(|_| None).collect(),
            broke: Broken::NOTHING,
            events: 0,
        }
    }

    /// With everything bound that can be, as after boot: hosts first, then who is still missing.
    ///
    /// # Errors
    ///
    /// What is broken on the way there: nobody has got so far as to take anything apart.
    pub fn up(shape: &Shape, actors: usize) -> Result<Self, Broken> {
        let mut world = Self::new(shape, actors);
        for end in shape.ends() {
            let can_bind = match end {
                End::Host(_) => world.bound(end) == Bound::No,
                End::Peripheral(index) => world.can_bind(index),
            };
            if can_bind {
                world.set_out(0, UserAction::Bind(end));
                while world.actors.iter().any(Option::is_some) {
                    if !world.broken().is_empty() {
                        return Err(world.broken());
                    }
                    world.step(0);
                }
            }
        }
        world.events = 0;
        Ok(world)
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

    /// Whether a peripheral's driver could be bound: on the DSI bus its device is there while its host is.
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

    /// The peripheral, and which of its links, on this channel of a host: of several that claim it the one that has it.
    pub(crate) fn on_channel(&self, host: usize, channel: u8) -> Option<(usize, usize)> {
        let claims = || self.shape.on_channel(host, channel);
        let has = |(index, link): &(usize, usize)| {
            let link = self.peripherals.get(*index).and_then(|end| end.links.get(*link));
            link.is_some_and(|link| link.registered)
        };
        claims().find(has).or_else(|| claims().next())
    }

    /// Whether another peripheral than this one has a device on that channel.
    pub(crate) fn is_another_on(&self, index: usize, link: LinkShape) -> bool {
        self.peripherals.iter().zip(&self.shape.peripherals).enumerate().any(|(other, (end, shape))| {
            let has = |(at, end): (&LinkShape, &LinkEnd<O::Handle>)| *at == link && end.registered;
            other != index && shape.links.iter().zip(&end.links).any(has)
        })
    }

    /// The removal of a host begins: who is registered on it and bound has to be told.
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
        let mut broken = None;
        if end.controller.running > 0 {
            broken = Some(Property::NothingCalledAfter);
        } else if end.controller.served.iter().any(|served| *served != Served::Idle) {
            broken = Some(Property::DetachedOnce);
        }
        self.each_link_on(host, |peripheral_is_bound, link| {
            let expected = std::mem::take(&mut link.expects_notice);
            // One who began to unregister meanwhile was told or not; nobody is told twice.
            if link.told > 1 || (expected && peripheral_is_bound && link.told != 1) {
                broken.get_or_insert(Property::ToldOnce);
            }
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
        broken
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

    /// Whether a notice to this peripheral or a transfer of its own runs in another actor.
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

    /// Somebody is in the middle of something, and everybody who is sleeps.
    pub fn is_stuck(&self) -> bool {
        let mut busy = self.actors.iter().flatten().peekable();
        busy.peek().is_some() && busy.all(|actor| actor.asleep != Asleep::No)
    }

    /// Nobody does anything, no driver is bound, and nobody holds a handle.
    pub fn is_all_quiet(&self) -> bool {
        self.actors.iter().all(Option::is_none)
            && self.hosts.iter().all(|end| end.bound == Bound::No)
            && self.peripherals.iter().all(|end| end.bound == Bound::No && end.held.is_none())
    }

    /// What this state breaks: what the last step broke, a deadlock, or a leak.
    pub fn broken(&self) -> Broken {
        let mut broken = self.broke;
        if self.is_stuck() && !self.broke.is_fatal() {
            broken.add(Property::NoDeadlock);
        }
        if self.is_all_quiet() && !self.bus.is_quiet() {
            broken.add(Property::NothingLeaked);
        }
        broken
    }

    /// Whether something happened in the last step.
    pub fn shows(&self, event: Event) -> bool {
        self.events & event.bit() != 0
    }
}
