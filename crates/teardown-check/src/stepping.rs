//! How the world goes on: an actor takes one step, in a driver's code, in the bus, or in a callback of a host.

use crate::action::{End, UserAction};
use crate::driver::{Next, Program, ProgramKind};
use crate::hardware::HostCall;
use crate::note::{Lane, Said, Seen};
use crate::ownership::{Ownership, Progress, Reply, Request};
use crate::property::Property;
use crate::search::Step;
use crate::shape::{Control, Release};
use crate::world::{Actor, Asleep, Bound, World};
use smallvec::SmallVec;

/// Something that an actor is in the middle of.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Frame<O: Ownership> {
    /// A driver's code.
    Program(Program<O::Handle>),
    /// A call of the bus.
    Call(O::Call),
    /// A callback of a host, begun.
    HostCall {
        /// Which host's.
        host: usize,
        /// Which.
        call: HostCall,
        /// The data of the driver that it belongs to was freed since.
        freed: bool,
    },
}

impl<O: Ownership> World<O> {
    /// An idle actor sets out to do something, and takes his first step: he takes the device's lock, so that no other
    /// sets out to do the same.
    pub fn set_out(&mut self, actor: usize, action: UserAction) -> Option<Seen> {
        self.set_out_on(actor, ProgramKind::of(action))
    }

    /// The same, with a program that no user's action stands for.
    pub fn set_out_on(&mut self, actor: usize, kind: ProgramKind) -> Option<Seen> {
        self.get_ready(actor, kind);
        self.step(actor)
    }

    /// An idle actor is about to set out, and has not taken a step yet.
    pub(crate) fn get_ready(&mut self, actor: usize, kind: ProgramKind) {
        let mut is_alone = true;
        for other in self.actors.iter_mut().flatten() {
            other.is_alone = false;
            is_alone = false;
        }
        if let Some(idle) = self.actors.get_mut(actor) {
            let stack = vec![Frame::Program(Program::new(kind))];
            *idle = Some(Actor { stack, reply: None, asleep: Asleep::No, is_alone, refused: false });
        }
    }

    /// The state that a step leads to.
    #[must_use]
    pub fn after(&self, step: Step) -> Self {
        let mut world = self.clone();
        world.take(step);
        world
    }

    /// Takes a step. `None` if the actor fell asleep in place of it.
    pub fn take(&mut self, step: Step) -> Option<Seen> {
        match step {
            Step::SetOut(actor, action) => self.set_out(actor, action),
            Step::Go(actor) => self.step(actor),
            Step::Fail(actor) => self.fail(actor),
        }
    }

    /// Whether an actor does something, and does not sleep.
    pub fn can_step(&self, actor: usize) -> bool {
        self.actors.get(actor).and_then(Option::as_ref).is_some_and(|actor| actor.asleep == Asleep::No)
    }

    /// Whether an actor is in a probe that could fail now, for reasons of its own.
    pub fn can_fail(&self, actor: usize) -> bool {
        let frame = self.actors.get(actor).and_then(Option::as_ref).and_then(|actor| actor.stack.last());
        matches!(frame, Some(Frame::Program(program)) if program.may_fail())
    }

    /// His probe fails there.
    pub fn fail(&mut self, actor: usize) -> Option<Seen> {
        let frame = self.actors.get_mut(actor)?.as_mut()?.stack.last_mut()?;
        if let Frame::Program(program) = frame {
            program.fail();
        }
        self.step(actor)
    }

    /// An actor takes his next step. `None` if he fell asleep in place of it, or has nothing to do.
    pub fn step(&mut self, actor: usize) -> Option<Seen> {
        let mut doing = self.actors.get_mut(actor)?.take()?;
        let mut seen = Seen::NOTHING;
        let slept = self.step_of(actor, &mut doing, &mut seen);
        doing.asleep = slept.unwrap_or(Asleep::No);
        if let Some(place) = self.actors.get_mut(actor).filter(|_| !doing.stack.is_empty()) {
            *place = Some(doing);
        }
        self.broke = seen.broke;
        self.events = seen.events;
        self.canonical();
        slept.is_none().then_some(seen)
    }

    /// Takes the step. Says why he sleeps, if he does.
    fn step_of(&mut self, actor: usize, doing: &mut Actor<O>, seen: &mut Seen) -> Option<Asleep> {
        let mut frame = doing.stack.pop()?;
        match &mut frame {
            Frame::Program(program) => {
                let was = program.at;
                match program.step(self, doing.reply.take(), doing.is_alone, seen) {
                    Next::Sleeps => {
                        program.at = was;
                        doing.stack.push(frame);
                        return Some(Asleep::OnDevice);
                    }
                    Next::Goes => doing.stack.push(frame),
                    Next::Ask(request) => {
                        let call = self.bus.begin(request, actor);
                        doing.stack.extend([frame, Frame::Call(call)]);
                    }
                    Next::Run(inner) => doing.stack.extend([frame, Frame::Program(inner)]),
                    // It may have released a device's lock.
                    Next::Ends => self.wake(Asleep::OnDevice),
                }
            }
            Frame::Call(call) => {
                seen.lane = Lane::Bus;
                let refused = std::mem::take(&mut doing.refused);
                let progress = self.bus.step(call, refused, seen);
                if progress == Progress::Sleeps {
                    doing.stack.push(frame);
                    return Some(Asleep::OnBus);
                }
                // The lock's adapter wakes all who sleep whenever somebody had the lock; they look, and sleep again.
                self.wake(Asleep::OnBus);
                match progress {
                    Progress::Done(reply) => {
                        doing.reply = Some(reply);
                        for host in &mut self.hosts {
                            host.controller.read_is_over(actor);
                        }
                    }
                    progress => {
                        doing.stack.push(frame);
                        self.follow(progress, actor, doing, seen);
                    }
                }
            }
            Frame::HostCall { host, call, freed } => {
                let (host, call, freed) = (*host, *call, *freed);
                if self.hangs(host, call) {
                    doing.stack.push(frame);
                    return Some(Asleep::OnHardware);
                }
                seen.lane = Lane::HostDriver;
                seen.note(call.places().1, call.ends());
                if freed {
                    seen.breaks(Property::NeverUsedAfterFree);
                    seen.says(Said::UseAfterFree);
                }
                let shape = self.shape.hosts.get(host);
                doing.refused =
                    matches!(call, HostCall::Attach(_)) && shape.is_some_and(|shape| shape.refuses_attach);
                if let Some(end) = self.hosts.get_mut(host).filter(|_| !freed) {
                    end.controller.leave(call, doing.refused, seen);
                }
            }
        }
        None
    }

    /// Does what a call of the bus needs before it goes on.
    fn follow(&mut self, progress: Progress<O::Handle>, actor: usize, doing: &mut Actor<O>, seen: &mut Seen) {
        match progress {
            Progress::CallHost(host, call) => {
                if let Some(end) = self.hosts.get_mut(host) {
                    end.controller.enter(call, actor, seen);
                }
                if matches!(call, HostCall::Cancel(_)) {
                    self.wake(Asleep::OnHardware);
                }
                let sends = self.shape.hosts.get(host).is_some_and(|shape| shape.sends_in_detach);
                let device = match doing.stack.last() {
                    Some(Frame::Call(by)) if sends && matches!(call, HostCall::Detach(_)) => O::detaching(by),
                    _ => None,
                };
                doing.stack.push(Frame::HostCall { host, call, freed: false });
                // Its reply is nobody's: the call that detaches comes to one of its own.
                let command = device.map(|device| self.bus.begin(Request::Transfer(device), actor));
                doing.stack.extend(command.map(Frame::Call));
            }
            Progress::Tell { host, channel } => {
                let program = self.tell(host, channel);
                if let Some(Program { kind: ProgramKind::Notice { index, .. }, .. }) = program {
                    // No driver is bound, so all that one had was released: there is nobody left to call.
                    let is_unbound = self.bound(End::Peripheral(index)) == Bound::No;
                    seen.breaks_if(is_unbound, Property::NothingCalledAfter);
                }
                doing.stack.extend(program.map(Frame::Program));
            }
            Progress::RemoveChild { host, channel } => {
                // Only once; where a repair has done it before, there is no device any more.
                let child = self.shape.children(host).find(|(of, _)| *of == channel);
                let child = child.and_then(|(_, index)| self.peripherals.get(index));
                if child.is_some_and(|child| child.device.is_some()) {
                    doing.stack.extend(self.tell(host, channel).map(Frame::Program));
                }
            }
            Progress::AddChild { host, channel, device } => {
                let child = self.shape.children(host).find(|(of, _)| *of == channel);
                let Some((_, index)) = child else { return };
                if let Some(peripheral) = self.peripherals.get_mut(index) {
                    peripheral.device = Some(device);
                    peripheral.links.iter_mut().take(1).for_each(|link| link.told = 0);
                }
                if self.can_bind(index) {
                    doing.stack.push(Frame::Program(Program::new(ProgramKind::BindPeripheral(index))));
                }
            }
            Progress::RemoveActions(device) => {
                for (peripheral, shape) in self.peripherals.iter_mut().zip(&self.shape.peripherals) {
                    if shape.release == Release::Managed {
                        peripheral.entries.retain(|entry| entry.handle != device);
                    }
                }
            }
            Progress::Sleeps | Progress::Goes | Progress::Done(_) => {}
        }
    }

    /// The peripheral on this channel is told; its driver's code runs next.
    fn tell(&mut self, host: usize, channel: u8) -> Option<Program<O::Handle>> {
        let (index, link) = self.on_channel(host, channel)?;
        let is_child = link == 0 && self.shape.peripherals.get(index)?.control == Control::Dsi;
        let kind =
            if is_child { ProgramKind::RemoveChild(index) } else { ProgramKind::Notice { index, link } };
        let told = &mut self.peripherals.get_mut(index)?.links.get_mut(link)?.told;
        *told = told.saturating_add(1).min(2);
        Some(Program::new(kind))
    }

    /// Whether a transfer gets no answer as its hardware has gone, and nobody has cancelled it yet.
    fn hangs(&self, host: usize, call: HostCall) -> bool {
        let (Some(channel), Some(end)) = (call.sends(), self.hosts.get(host)) else { return false };
        if !O::CANCELS || end.controller.cancelled {
            return false;
        }
        let is_pulled =
            |index: usize| self.peripherals.get(index).is_some_and(|peripheral| !peripheral.present);
        !end.present || self.on_channel(host, channel).is_some_and(|(index, _)| is_pulled(index))
    }

    pub(crate) fn wake(&mut self, who: Asleep) {
        for actor in self.actors.iter_mut().flatten().filter(|actor| actor.asleep == who) {
            actor.asleep = Asleep::No;
        }
    }

    /// A host driver's data is allocated or freed; what points to it knows.
    pub(crate) fn host_memory(&mut self, host: usize, is_allocated: bool) {
        if let Some(end) = self.hosts.get_mut(host) {
            end.controller.alive = is_allocated;
        }
        let frames = self.actors.iter_mut().flatten().flat_map(|actor| &mut actor.stack);
        let calls = frames.filter_map(|frame| match frame {
            Frame::Call(call) => Some(call),
            Frame::HostCall { host: of, freed, .. } => {
                *freed |= *of == host && !is_allocated;
                None
            }
            Frame::Program(_) => None,
        });
        // All frames have to be looked at, whoever needs the calls.
        let mut calls: Vec<&mut O::Call> = calls.collect();
        self.bus.host_memory(host, is_allocated, calls.iter_mut().map(|call| &mut **call));
    }

    fn canonical(&mut self) {
        // On the stack: this is done for every state.
        let mut calls: SmallVec<[&mut O::Call; 8]> = SmallVec::new();
        let mut handles: SmallVec<[&mut O::Handle; 16]> = SmallVec::new();
        for actor in self.actors.iter_mut().flatten() {
            for frame in &mut actor.stack {
                match frame {
                    Frame::Call(call) => calls.push(call),
                    Frame::Program(program) => handles.extend(program.handles()),
                    Frame::HostCall { .. } => {}
                }
            }
            if let Some(Reply::Done(Some(handle))) = &mut actor.reply {
                handles.push(handle);
            }
        }
        for peripheral in &mut self.peripherals {
            handles.extend(&mut peripheral.device);
            handles.extend(peripheral.links.iter_mut().filter_map(|link| link.handle.as_mut()));
            handles.extend(peripheral.entries.iter_mut().map(|entry| &mut entry.handle));
            handles.extend(peripheral.held.as_mut().map(|held| &mut held.handle));
        }
        self.bus.canonical(calls.into_iter(), handles.into_iter());
    }
}
