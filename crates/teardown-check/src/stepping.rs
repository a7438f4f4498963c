//! How the world goes on: an actor takes one step, in a driver's code, in the bus, or in a callback of a host.

use crate::action::{End, UserAction};
use crate::actor::{Actor, Asleep, Frame};
use crate::driver::Next;
use crate::ends::{Bound, Left};
use crate::hardware::{HostCall, Served};
use crate::note::{KernelReport, Lane, Seen};
use crate::ownership::{Ownership, Progress, Reply, Request};
use crate::program::{Program, ProgramKind};
use crate::property::{Broken, Property};
use crate::shape::{AttachAnswer, Control, Profile, Release, Shape, Waiting};
use crate::steps::Step;
use crate::world::World;
use smallvec::SmallVec;

impl<O: Ownership> World<O> {
    /// The world with everything bound that can be bound, as after boot: hosts first, then the rest.
    ///
    /// # Errors
    ///
    /// What is broken on the way there, before anybody could take anything apart.
    pub fn up(rules: O::Rules, shape: &Shape, actors: usize) -> Result<Self, Broken> {
        let mut world = Self::new(rules, shape, actors);
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

    /// An idle actor sets out to do something, and takes the first step: they take the device's lock, so that no other
    /// sets out to do the same.
    pub fn set_out(&mut self, actor: usize, action: UserAction) -> Option<Seen> {
        self.set_out_on(actor, ProgramKind::of(action))
    }

    /// The same, with a program that does not belong to any user's action.
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
            *idle = Some(Actor {
                stack,
                reply: None,
                asleep: Asleep::No,
                is_alone,
                refused: false,
                is_patient: false,
            });
        }
    }

    /// The state that a step leads to.
    #[must_use]
    pub fn after(&self, step: Step) -> Self {
        let mut world = self.clone();
        world.take(step);
        world
    }

    /// Takes a step. `None` if the actor fell asleep instead.
    pub fn take(&mut self, step: Step) -> Option<Seen> {
        match step {
            Step::SetOut(actor, action) => self.set_out(actor, action),
            Step::Go(actor) => self.step(actor),
            Step::Fail(actor) => self.fail(actor),
            Step::GiveUp(actor) => self.give_up(actor),
        }
    }

    /// Whether an actor does something, and is awake.
    pub fn can_step(&self, actor: usize) -> bool {
        self.actors.get(actor).and_then(Option::as_ref).is_some_and(|actor| actor.asleep == Asleep::No)
    }

    /// Whether an actor is in a probe that could fail now, or in an attach callback that could, for reasons of its own.
    pub fn can_fail(&self, actor: usize) -> bool {
        let frame = self.actors.get(actor).and_then(Option::as_ref).and_then(|actor| actor.stack.last());
        match frame {
            Some(Frame::Program(program)) => program.may_fail(),
            Some(Frame::HostCall { host, call: HostCall::Attach(_), .. }) => {
                self.shape.hosts.get(*host).is_some_and(|shape| shape.attach == AttachAnswer::Either)
            }
            Some(Frame::HostCall { .. } | Frame::Call(_)) | None => false,
        }
    }

    /// The probe, or the host's attach, fails there.
    pub fn fail(&mut self, actor: usize) -> Option<Seen> {
        let doing = self.actors.get_mut(actor)?.as_mut()?;
        match doing.stack.last_mut()? {
            Frame::Program(program) => program.fail(),
            Frame::HostCall { .. } => doing.refused = true,
            Frame::Call(_) => {}
        }
        self.step(actor)
    }

    /// Whether an actor waits for the bus, and may stop that.
    pub fn can_give_up(&self, actor: usize) -> bool {
        let waiting = self.shape.callers.waiting;
        let actor = self.actors.get(actor).and_then(Option::as_ref);
        let Some(Frame::Call(call)) = actor.and_then(|actor| actor.stack.last()) else { return false };
        waiting == Waiting::UntilDeadline
            && actor.is_some_and(|actor| actor.asleep == Asleep::OnBus)
            && O::may_give_up(call, waiting)
    }

    /// An actor who waits for the bus stops waiting.
    pub fn give_up(&mut self, actor: usize) -> Option<Seen> {
        let mut doing = self.actors.get_mut(actor)?.take()?;
        let mut seen = Seen::NOTHING;
        let gave_up = self.give_up_call(actor, &mut doing, &mut seen);
        if gave_up {
            doing.asleep = Asleep::No;
        }
        self.has_stepped(actor, doing, &seen);
        gave_up.then_some(seen)
    }

    /// Whether the innermost call can be given up.
    fn give_up_call(&mut self, actor: usize, doing: &mut Actor<O>, seen: &mut Seen) -> bool {
        let waiting = self.shape.callers.waiting;
        seen.lane = Lane::Bus;
        let Some(Frame::Call(call)) = doing.stack.last_mut() else { return false };
        let Some(progress) = self.bus.give_up(call, waiting, seen) else { return false };
        self.wake_waiters();
        if let [.., Frame::Program(around), Frame::Call(_)] = &doing.stack[..] {
            // The notice does not come again: a last command that could not wait is lost, unless it is the peripheral's own threads
            // who have the link.
            if let (ProgramKind::Notice { index, .. }, Progress::Done(Reply::GaveUp)) =
                (around.kind, &progress)
            {
                seen.breaks_if(!self.is_sending(index), Property::NothingRefused);
            }
        }
        if let Progress::Done(reply) = progress {
            doing.stack.pop();
            self.replies(reply, actor, doing);
        }
        true
    }

    /// A call has ended.
    fn replies(&mut self, reply: Reply<O::Handle>, actor: usize, doing: &mut Actor<O>) {
        // Who could not wait is asked again by somebody who can.
        doing.is_patient |= reply == Reply::GaveUp && self.shape.callers.waiting == Waiting::Never;
        doing.reply = Some(reply);
        for host in &mut self.hosts {
            host.controller.read_is_over(actor);
        }
    }

    /// An actor takes the next step. `None` if they fell asleep instead, or have nothing to do.
    pub fn step(&mut self, actor: usize) -> Option<Seen> {
        let mut doing = self.actors.get_mut(actor)?.take()?;
        let mut seen = Seen::NOTHING;
        let slept = self.step_of(actor, &mut doing, &mut seen);
        doing.asleep = slept.unwrap_or(Asleep::No);
        self.has_stepped(actor, doing, &seen);
        slept.is_none().then_some(seen)
    }

    fn has_stepped(&mut self, actor: usize, doing: Actor<O>, seen: &Seen) {
        if let Some(place) = self.actors.get_mut(actor).filter(|_| !doing.stack.is_empty()) {
            *place = Some(doing);
        }
        self.broke = seen.broke;
        self.events = seen.events;
        self.canonical();
    }

    /// Takes the step. If the actor sleeps, says why.
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
                if O::has_reply(call) {
                    self.hosts.iter_mut().for_each(|host| host.controller.read_is_over(actor));
                }
                if progress != Progress::Sleeps || O::SAYS_WHAT_ENDS {
                    self.wake_waiters();
                }
                if progress == Progress::Sleeps {
                    doing.stack.push(frame);
                    let hurries = self.shape.callers.waiting == Waiting::Never && !doing.is_patient;
                    if hurries && self.give_up_call(actor, doing, seen) {
                        return None;
                    }
                    return Some(Asleep::OnBus);
                }
                match progress {
                    Progress::Done(reply) => self.replies(reply, actor, doing),
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
                    seen.says(KernelReport::UseAfterFree);
                }
                let answer = self.shape.hosts.get(host).map_or(AttachAnswer::Agrees, |shape| shape.attach);
                doing.refused = matches!(call, HostCall::Attach(_))
                    && match answer {
                        AttachAnswer::Agrees => false,
                        AttachAnswer::Refuses => true,
                        AttachAnswer::Either => doing.refused,
                    };
                if O::HANDLES_RELEASE {
                    self.check_sent_inside(host, call, doing.reply.take(), seen);
                }
                // A transfer is ended early only where its hardware has gone.
                let is_cut = call.sends().is_some_and(|channel| {
                    self.hosts.get(host).is_some_and(|end| end.controller.cancelled)
                        && !self.has_hardware_gone(host, channel)
                });
                seen.breaks_if(is_cut, Property::NothingRefused);
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
                let shape = self.shape.hosts.get(host);
                let profile = shape.map_or(Profile::Exclusive, |shape| shape.profile);
                if let Some(end) = self.hosts.get_mut(host) {
                    end.controller.enter(call, actor, profile, seen);
                }
                if matches!(call, HostCall::Cancel(_)) {
                    self.wake(Asleep::OnHardware);
                }
                let inside = self.inside_of(host, call, &doing.stack, actor, seen);
                doing.stack.push(Frame::HostCall { host, call, freed: false });
                doing.stack.extend(inside);
            }
            Progress::Tell { host, channel } => {
                let program = self.tell(host, channel);
                if let Some(Program { kind: ProgramKind::Notice { index, .. }, .. }) = program {
                    // No driver is bound, so all that one had was released: there is nobody left to call.
                    let is_unbound = self.bound(End::Peripheral(index)) == Bound::No;
                    let has_let_go = is_unbound && !self.shape.drops_in_callbacks();
                    seen.breaks_if(has_let_go, Property::NothingCalledAfter);
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

    /// What a host sends from inside attach and detach reaches the peripheral, unless one of them has been pulled.
    fn check_sent_inside(
        &self,
        host: usize,
        call: HostCall,
        reply: Option<Reply<O::Handle>>,
        seen: &mut Seen,
    ) {
        let (HostCall::Attach(channel) | HostCall::Detach(channel)) = call else { return };
        let is_sent = matches!(reply, None | Some(Reply::Done(_) | Reply::GaveUp));
        seen.breaks_if(!is_sent && !self.has_hardware_gone(host, channel), Property::NothingRefused);
    }

    /// What happens inside a host's callback, which the innermost call of this stack needs. Nobody gets the reply to it:
    /// the call around it has a result of its own.
    fn inside_of(
        &mut self,
        host: usize,
        call: HostCall,
        stack: &[Frame<O>],
        actor: usize,
        seen: &mut Seen,
    ) -> Option<Frame<O>> {
        let shape = self.shape.hosts.get(host)?;
        let [.., around, Frame::Call(by)] = stack else { return None };
        let sends_on = match call {
            HostCall::Attach(channel) => shape.sends_in_attach.then_some(channel),
            HostCall::Detach(channel) => shape.sends_in_detach.then_some(channel),
            _ => None,
        };
        if let Some(channel) = sends_on {
            let device = self.bus.lent(by, host, channel)?;
            return Some(Frame::Call(self.bus.begin(Request::Transfer(device), actor)));
        }
        match around {
            Frame::Program(Program { kind: ProgramKind::CommandAndDrop(index), .. })
                if matches!(call, HostCall::Transfer(_)) =>
            {
                let end = self.peripherals.get_mut(*index)?;
                for link in &mut end.links {
                    link.handle = None;
                    link.registered = false;
                    link.expects_notice = false;
                    link.left = Left::Unknown;
                }
                if let Some(held) = end.held.as_mut().filter(|held| held.left != Left::Host) {
                    held.left = Left::Unknown;
                }
                Some(Frame::Program(Program::drop_handles(std::mem::take(&mut end.entries))))
            }
            Frame::Program(Program { kind: ProgramKind::CommandAndDropHost(_), .. })
                if matches!(call, HostCall::Transfer(_)) && self.drop_host(host, seen) =>
            {
                seen.note("drop-registration", "the host's driver drops its registration");
                Some(Frame::Call(self.bus.begin(Request::DropHost { host }, actor)))
            }
            _ => None,
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

    /// Whether a transfer gets no response because its hardware has gone, and nobody has cancelled it yet. The host's own
    /// time limit ends what it sends from inside attach and detach.
    fn hangs(&self, host: usize, call: HostCall) -> bool {
        let (Some(channel), Some(end)) = (call.sends(), self.hosts.get(host)) else { return false };
        // A host of the shared profile is never asked to cancel: its own timeout ends a transfer.
        let is_shared = self.shape.hosts.get(host).is_some_and(|shape| shape.profile == Profile::Shared);
        let is_inside = end.controller.served(channel) != Served::Attached;
        let may_be_cancelled = O::CANCELS && !is_shared && !is_inside;
        may_be_cancelled && !end.controller.cancelled && self.has_hardware_gone(host, channel)
    }

    /// Whether the host, or the peripheral on this channel of it, was pulled.
    fn has_hardware_gone(&self, host: usize, channel: u8) -> bool {
        let is_pulled =
            |index: usize| self.peripherals.get(index).is_some_and(|peripheral| !peripheral.present);
        self.hosts.get(host).is_some_and(|end| !end.present)
            || self.on_channel(host, channel).is_some_and(|(index, _)| is_pulled(index))
    }

    pub(crate) fn wake(&mut self, who: Asleep) {
        for actor in self.actors.iter_mut().flatten().filter(|actor| actor.asleep == who) {
            actor.asleep = Asleep::No;
        }
    }

    /// Wakes those who wait for what the last step of the bus has ended.
    fn wake_waiters(&mut self) {
        let sleepers = self.actors.iter_mut().flatten().filter(|actor| actor.asleep == Asleep::OnBus);
        for actor in sleepers {
            if let Some(Frame::Call(call)) = actor.stack.last()
                && self.bus.has_ended_wait(call)
            {
                actor.asleep = Asleep::No;
            }
        }
        self.bus.has_woken();
    }

    /// A host driver's data is allocated or freed; whatever points to it is updated.
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

    /// Brings the names of what exists to their canonical form.
    pub(crate) fn canonical(&mut self) {
        // On the stack: this is done for every state.
        let mut ends: SmallVec<[&mut O::Handle; 16]> = SmallVec::new();
        for peripheral in &mut self.peripherals {
            ends.extend(&mut peripheral.device);
            ends.extend(peripheral.links.iter_mut().filter_map(|link| link.handle.as_mut()));
            ends.extend(peripheral.entries.iter_mut().map(|entry| &mut entry.handle));
            ends.extend(peripheral.held.as_mut().map(|held| &mut held.handle));
        }
        let mut calls: SmallVec<[&mut O::Call; 8]> = SmallVec::new();
        let mut programs: SmallVec<[&mut O::Handle; 16]> = SmallVec::new();
        for actor in self.actors.iter_mut().flatten() {
            for frame in &mut actor.stack {
                match frame {
                    Frame::Call(call) => calls.push(call),
                    Frame::Program(program) => programs.extend(program.handles()),
                    Frame::HostCall { .. } => {}
                }
            }
            if let Some(Reply::Done(Some(handle))) = &mut actor.reply {
                programs.push(handle);
            }
        }
        self.bus.canonical(ends.into_iter(), calls.into_iter(), programs.into_iter());
    }
}
