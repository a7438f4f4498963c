//! The world as a value: hosts, peripherals, the bus, and the actors with what they are in the middle of.

use crate::action::UserAction;
use crate::breach::Breach;
use crate::driver::{Next, Program, ProgramKind};
use crate::hardware::{Controller, HostCall, Served};
use crate::ownership::{Ownership, Progress, Reply};
use crate::shape::{PeripheralShape, Shape};

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
    /// The controller.
    pub controller: Controller,
}

/// A peripheral and its driver.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct PeripheralEnd<H> {
    /// What it is like.
    pub shape: PeripheralShape,
    /// Its driver.
    pub bound: Bound,
    /// What its driver holds.
    pub handle: Option<H>,
    /// Its driver has registered a device, and has not unregistered it.
    pub registered: bool,
    /// How often it was told since it registered (up to two).
    pub told: u8,
    /// It was registered when the removal of its host began.
    pub expects_notice: bool,
    /// It is being told.
    pub telling: bool,
}

/// Somebody who does something.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Actor<O: Ownership> {
    /// What he is in the middle of, the innermost last.
    pub stack: Vec<Frame<O>>,
    /// The reply to what the innermost program has asked.
    pub reply: Option<Reply<O::Handle>>,
}

/// Something that an actor is in the middle of.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Frame<O: Ownership> {
    /// A driver's code.
    Program(Program),
    /// A call of the bus.
    Call(O::Call),
    /// A callback of a host, begun.
    HostCall(usize, HostCall),
}

/// Everything.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct World<O: Ownership> {
    /// The bus core.
    pub bus: O,
    /// The hosts.
    pub hosts: Vec<HostEnd>,
    /// The peripherals.
    pub peripherals: Vec<PeripheralEnd<O::Handle>>,
    /// The actors; `None` is one who does nothing.
    pub actors: Vec<Option<Actor<O>>>,
    /// What the last step broke. From a fatal one nothing goes on.
    pub broke: Option<Breach>,
}

/// What an actor's step came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stepped {
    /// Something has changed.
    Yes,
    /// He waits.
    Waits,
}

impl<O: Ownership> World<O> {
    /// With nothing bound.
    pub fn new(shape: &Shape, actors: usize) -> Self {
        let end = |shape: &PeripheralShape| PeripheralEnd {
            shape: shape.clone(),
            bound: Bound::No,
            handle: None,
            registered: false,
            told: 0,
            expects_notice: false,
            telling: false,
        };
        let host = HostEnd { bound: Bound::No, controller: Controller::default() };
        Self {
            bus: O::new(shape.hosts),
            hosts: vec![host; shape.hosts],
            peripherals: shape.peripherals.iter().map(end).collect(),
            actors: vec![None; actors],
            broke: None,
        }
    }

    /// An idle actor sets out to do something.
    pub fn set_out(&mut self, actor: usize, action: UserAction) {
        let program = Program::new(ProgramKind::Action(action));
        if let Some(idle) = self.actors.get_mut(actor) {
            *idle = Some(Actor { stack: vec![Frame::Program(program)], reply: None });
        }
        // His first step is to take the device's lock, so that no other sets out to do the same.
        self.step(actor);
    }

    /// An actor takes his next step.
    pub fn step(&mut self, actor: usize) -> Stepped {
        let Some(Some(mut doing)) = self.actors.get_mut(actor).map(Option::take) else {
            return Stepped::Waits;
        };
        self.broke = None;
        let stepped = self.step_of(actor, &mut doing);
        if let Some(place) = self.actors.get_mut(actor).filter(|_| !doing.stack.is_empty()) {
            *place = Some(doing);
        }
        self.canonical();
        stepped
    }

    fn step_of(&mut self, actor: usize, doing: &mut Actor<O>) -> Stepped {
        let Some(mut frame) = doing.stack.pop() else { return Stepped::Waits };
        match &mut frame {
            Frame::Program(program) => {
                let was = program.at;
                match program.step(self, actor, doing.reply.take()) {
                    Next::Waits => {
                        program.at = was;
                        doing.stack.push(frame);
                        return Stepped::Waits;
                    }
                    Next::Goes => doing.stack.push(frame),
                    Next::Ask(request) => {
                        let call = self.bus.begin(request, actor);
                        doing.stack.extend([frame, Frame::Call(call)]);
                    }
                    Next::Ends => self.program_ended(&program.kind),
                    Next::Broke(breach) => {
                        self.broke = Some(breach);
                        doing.stack.push(frame);
                    }
                }
            }
            Frame::Call(call) => match self.bus.step(call) {
                Progress::Waits => {
                    doing.stack.push(frame);
                    return Stepped::Waits;
                }
                Progress::Goes => doing.stack.push(frame),
                Progress::Broke(breach) => {
                    self.broke = Some(breach);
                    doing.stack.push(frame);
                }
                Progress::Done(reply) => doing.reply = Some(reply),
                Progress::CallHost(host, call) => {
                    doing.stack.extend([frame, Frame::HostCall(host, call)]);
                    self.check_host(host, |controller| controller.enter(call));
                }
                Progress::Tell { host, channel } => {
                    doing.stack.push(frame);
                    if let Some(index) = self.tell(host, channel) {
                        doing.stack.push(Frame::Program(Program::new(ProgramKind::Notice(index))));
                    }
                }
            },
            Frame::HostCall(host, call) => {
                let (host, call) = (*host, *call);
                self.check_host(host, |controller| controller.leave(call));
            }
        }
        Stepped::Yes
    }

    fn check_host(&mut self, host: usize, check: impl FnOnce(&mut Controller) -> Result<(), Breach>) {
        if let Some(Err(breach)) = self.hosts.get_mut(host).map(|end| check(&mut end.controller)) {
            self.broke.get_or_insert(breach);
        }
    }

    /// The peripheral on this channel is told; its driver's code runs next.
    fn tell(&mut self, host: usize, channel: u8) -> Option<usize> {
        let on_it = |end: &PeripheralEnd<O::Handle>| (end.shape.host, end.shape.channel) == (host, channel);
        let index = self.peripherals.iter().position(on_it)?;
        let end = self.peripherals.get_mut(index)?;
        end.told = end.told.saturating_add(1).min(2);
        end.telling = true;
        Some(index)
    }

    fn program_ended(&mut self, kind: &ProgramKind) {
        let ProgramKind::Notice(index) = kind else { return };
        if let Some(end) = self.peripherals.get_mut(*index) {
            end.telling = false;
        }
    }

    /// The removal of a host begins: who is registered on it and bound has to be told.
    pub(crate) fn note_registered(&mut self, host: usize) {
        for end in self.peripherals.iter_mut().filter(|end| end.shape.host == host) {
            end.expects_notice = end.registered && end.bound == Bound::Yes;
        }
    }

    /// The removal of a host has returned: what must hold now.
    pub(crate) fn after_removal(&mut self, host: usize) -> Option<Breach> {
        let end = self.hosts.get(host)?;
        if end.controller.running > 0 {
            return Some(Breach::CallbackAfterRemoval);
        }
        if end.controller.served.iter().any(|served| *served != Served::Idle) {
            return Some(Breach::LeftAttached);
        }
        for end in self.peripherals.iter_mut().filter(|end| end.shape.host == host) {
            let expected = std::mem::take(&mut end.expects_notice);
            // One who began to unregister meanwhile was told or not; nobody is told twice.
            if end.told > 1 || (expected && end.bound == Bound::Yes && end.told != 1) {
                return Some(Breach::NotToldOnce);
            }
        }
        None
    }

    /// Whether a notice or a transfer of this peripheral runs in another actor.
    pub(crate) fn calls_of(&self, index: usize, actor: usize) -> bool {
        let Some(end) = self.peripherals.get(index) else { return false };
        let its_transfer = |frame: &Frame<O>| {
            matches!(frame, Frame::HostCall(host, HostCall::Transfer(channel))
                if (*host, *channel) == (end.shape.host, end.shape.channel))
        };
        let its_notice = |frame: &Frame<O>| matches!(frame, Frame::Program(Program { kind: ProgramKind::Notice(told), .. }) if *told == index);
        self.actors.iter().enumerate().filter(|(other, _)| *other != actor).any(|(_, doing)| {
            doing.iter().flat_map(|doing| &doing.stack).any(|frame| its_transfer(frame) || its_notice(frame))
        })
    }

    /// Nobody does anything, and no driver is bound.
    pub fn is_all_unbound(&self) -> bool {
        self.actors.iter().all(Option::is_none)
            && self.hosts.iter().all(|end| end.bound == Bound::No)
            && self.peripherals.iter().all(|end| end.bound == Bound::No)
    }

    fn canonical(&mut self) {
        let doing = self.actors.iter_mut().flatten();
        let mut calls = Vec::new();
        let mut handles: Vec<&mut O::Handle> = Vec::new();
        for actor in doing {
            for frame in &mut actor.stack {
                if let Frame::Call(call) = frame {
                    calls.push(call);
                }
            }
            if let Some(Reply::Done(Some(handle))) = &mut actor.reply {
                handles.push(handle);
            }
        }
        handles.extend(self.peripherals.iter_mut().filter_map(|end| end.handle.as_mut()));
        self.bus.canonical(calls.into_iter(), handles.into_iter());
    }
}
