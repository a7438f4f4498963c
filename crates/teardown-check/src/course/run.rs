//! A running course: which threads there are, what each may do next, and what the driver core does by itself.
//!
//! This module does not decide which thread goes on when: `on_one_cpu`, `with_any_sleeps` and `in_any_order` do.

use super::{Course, CourseStep, Outcome};
use crate::action::End;
use crate::actor::Frame;
use crate::ends::Bound;
use crate::hardware::HostCall;
use crate::note::{KernelReport, Seen};
use crate::ownership::Ownership;
use crate::program::{Program, ProgramKind};
use crate::property::Broken;
use crate::shape::{Control, LinkShape};
use crate::world::World;
use std::hash::{Hash, Hasher};

/// The thread that goes through the course.
const MAIN: usize = 0;
/// The kernel's worker that probes again what was deferred.
const WORKER: usize = 1;
/// The first of the threads that are started.
const FIRST_STARTED: usize = 2;

/// The place where a probe arrives that does not find its host.
const DEFERRED: &str = "EPROBE_DEFER";

/// A running course.
#[derive(Debug, Clone)]
pub struct Run<'course, O: Ownership> {
    course: &'course Course,
    world: World<O>,
    /// How many steps have begun, including those that bind everything first.
    begun: usize,
    /// How many steps come before the course's own.
    set_up: usize,
    /// The threads that were started, each with its step.
    started: Vec<usize>,
    /// What each actor does.
    doing: Vec<Option<ProgramKind>>,
    /// The probe of this peripheral was deferred.
    deferred: Vec<bool>,
    /// It is the worker's turn to probe this peripheral.
    queued: Vec<bool>,
    /// Something was lost, which kmemleak reports at the end.
    lost: Option<&'static str>,
    /// A step could not be taken, and nor was any after it.
    is_cut: bool,
}

/// What happens when a thread goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Went {
    /// The actor has taken a step.
    On,
    /// The actor has begun a callback of a host.
    IntoCallback(HostCall),
    /// The actor sleeps until another wakes them.
    ToSleep,
    /// The actor lets a while pass.
    ToWait,
    /// The actor has started a thread, and lets it go first.
    Started,
    /// A checker reports.
    Reported(Outcome),
}

impl<'course, O: Ownership> Run<'course, O> {
    /// The beginning, with no driver bound.
    pub fn new(rules: O::Rules, course: &'course Course) -> Self {
        let started = course.steps.iter().filter(|step| matches!(step, CourseStep::Start(_))).count();
        let actors = FIRST_STARTED + started;
        let peripherals = course.shape.peripherals.len();
        Self {
            course,
            world: World::new(rules, &course.shape, actors),
            begun: 0,
            set_up: course.shape.ends().count(),
            started: Vec::new(),
            doing: vec![None; actors],
            deferred: vec![false; peripherals],
            queued: vec![false; peripherals],
            lost: None,
            is_cut: false,
        }
    }

    /// How many threads there may be.
    pub fn threads(&self) -> usize {
        self.doing.len()
    }

    /// Whether a thread can go on now.
    pub fn can_go(&self, thread: usize) -> bool {
        match self.doing.get(thread) {
            Some(Some(_)) => self.world.can_step(thread),
            Some(None) if thread == MAIN => self.may_begin(),
            Some(None) if thread == WORKER => self.queued.contains(&true),
            _ => false,
        }
    }

    /// Whether the main thread may begin its next step: it waits for the worker, unless a started thread is still
    /// running; and after the last step it waits for all threads.
    fn may_begin(&self) -> bool {
        let starts_run = self.doing.iter().skip(FIRST_STARTED).any(Option::is_some);
        let worker_runs = self.doing.get(WORKER).is_some_and(Option::is_some) || self.queued.contains(&true);
        self.next().is_some() && (starts_run || !worker_runs)
    }

    /// Whether all threads have ended.
    fn has_ended(&self) -> bool {
        self.next().is_none() && self.doing.iter().all(Option::is_none) && !self.queued.contains(&true)
    }

    /// The outcome if no thread can go on any more.
    pub fn outcome(&self) -> Outcome {
        match (self.has_ended(), self.lost) {
            (false, _) => Outcome::Stuck { step: self.step() },
            (true, Some(at)) => Outcome::Reported { step: None, report: KernelReport::Leak, at },
            (true, None) if self.is_cut => Outcome::NotTaken,
            (true, None) => Outcome::Clean,
        }
    }

    /// The step of the main thread, from 1; none before the first, and when it only waits for the others.
    fn step(&self) -> Option<usize> {
        let is_after = self.next().is_none() && self.doing.first().is_none_or(Option::is_none);
        self.begun.checked_sub(self.set_up).filter(|step| *step > 0 && !is_after)
    }

    /// The step that a thread is in: for a started thread its own step, however far the main thread has come.
    fn step_of(&self, thread: usize) -> Option<usize> {
        let started = thread.checked_sub(FIRST_STARTED).and_then(|index| self.started.get(index));
        started.copied().or_else(|| self.step())
    }

    /// The next step of the main thread. First it binds everything, hosts before peripherals.
    fn next(&self) -> Option<CourseStep> {
        match self.begun.checked_sub(self.set_up) {
            Some(step) => self.course.steps.get(step).copied(),
            None => self.course.shape.ends().nth(self.begun).map(|end| {
                CourseStep::Do(match end {
                    End::Host(host) => ProgramKind::BindHost(host),
                    End::Peripheral(index) => ProgramKind::BindPeripheral(index),
                })
            }),
        }
    }

    /// Lets a thread go on by one step; it has to be one that can.
    pub fn go(&mut self, thread: usize) -> Went {
        if self.doing.get(thread).is_some_and(Option::is_some) {
            let seen =
                if self.has_to_fail(thread) { self.world.fail(thread) } else { self.world.step(thread) };
            return self.went(thread, seen);
        }
        if thread == WORKER {
            let Some(index) = self.queued.iter().position(|queued| *queued) else { return Went::ToSleep };
            if let Some(queued) = self.queued.get_mut(index) {
                *queued = false;
            }
            return self.set_out(WORKER, ProgramKind::BindPeripheral(index));
        }
        let next = self.next();
        self.begun += 1;
        match next {
            Some(CourseStep::Do(kind) | CourseStep::ByHand(kind)) if self.has_gone(kind) => {
                self.begun = self.set_up + self.course.steps.len();
                self.is_cut = true;
                Went::On
            }
            Some(CourseStep::Do(kind) | CourseStep::ByHand(kind)) => self.set_out(MAIN, kind),
            Some(CourseStep::Start(kind)) => {
                let thread = FIRST_STARTED + self.started.len();
                self.started.extend(self.step());
                // It begins when it goes on for the first time.
                if let Some(doing) = self.doing.get_mut(thread) {
                    *doing = Some(kind);
                }
                self.world.get_ready(thread, kind);
                Went::Started
            }
            Some(CourseStep::Wait) => Went::ToWait,
            None => Went::ToSleep,
        }
    }

    /// Whether the main thread's next step concerns a panel that a host's removal in a started thread is taking off the
    /// bus, or has taken off.
    fn has_gone(&self, kind: ProgramKind) -> bool {
        let (ProgramKind::UnbindPeripheral { index, .. }
        | ProgramKind::CommandOver { index, .. }
        | ProgramKind::BindPeripheral(index)) = kind
        else {
            return false;
        };
        let shape = self.world.shape.peripherals.get(index).filter(|shape| shape.control == Control::Dsi);
        let Some(shape) = shape.filter(|_| !self.started.is_empty()) else { return false };
        let leaves = |link: &LinkShape| self.world.bound(End::Host(link.host)) == Bound::Changing;
        match self.world.bound(End::Peripheral(index)) {
            Bound::Changing => shape.links.iter().any(leaves),
            Bound::No => !self.world.can_bind(index),
            Bound::Yes => false,
        }
    }

    fn set_out(&mut self, thread: usize, kind: ProgramKind) -> Went {
        if let Some(doing) = self.doing.get_mut(thread) {
            *doing = Some(kind);
        }
        let seen = self.world.set_out_on(thread, kind);
        self.went(thread, seen)
    }

    fn went(&mut self, thread: usize, seen: Option<Seen>) -> Went {
        let Some(seen) = seen else { return Went::ToSleep };
        match seen.says {
            Some(KernelReport::Leak) => self.lost = Some(seen.at),
            Some(report) => {
                return Went::Reported(Outcome::Reported { step: self.step_of(thread), report, at: seen.at });
            }
            None => {}
        }
        if seen.at == DEFERRED
            && !(thread == MAIN && self.is_by_hand())
            && let Some(ProgramKind::BindPeripheral(index)) = self.innermost_probe(thread)
            && let Some(deferred) = self.deferred.get_mut(index)
        {
            *deferred = true;
        }
        match self.world.actors.get(thread).and_then(Option::as_ref) {
            None => self.ends(thread),
            Some(actor) => {
                if let Some(Frame::HostCall { call, .. }) = actor.stack.last() {
                    return Went::IntoCallback(*call);
                }
            }
        }
        Went::On
    }

    /// Whether the main thread's step is a bind by hand.
    fn is_by_hand(&self) -> bool {
        let step = self.begun.checked_sub(self.set_up + 1).and_then(|step| self.course.steps.get(step));
        matches!(step, Some(CourseStep::ByHand(ProgramKind::BindPeripheral(_))))
    }

    /// The probe that a thread is in, which it may have begun on the way.
    fn innermost_probe(&self, thread: usize) -> Option<ProgramKind> {
        let actor = self.world.actors.get(thread)?.as_ref()?;
        actor.stack.iter().rev().find_map(|frame| match frame {
            Frame::Program(Program { kind: kind @ ProgramKind::BindPeripheral(_), .. }) => Some(*kind),
            _ => None,
        })
    }

    /// A thread has finished its action. If something was bound, the worker tries what was deferred.
    fn ends(&mut self, thread: usize) {
        let did = self.doing.get_mut(thread).and_then(Option::take);
        let bound = match did {
            Some(ProgramKind::BindHost(host)) => self.world.bound(End::Host(host)) == Bound::Yes,
            Some(ProgramKind::BindPeripheral(index)) => {
                self.world.bound(End::Peripheral(index)) == Bound::Yes
            }
            _ => false,
        };
        for (index, (deferred, queued)) in self.deferred.iter_mut().zip(&mut self.queued).enumerate() {
            if bound && std::mem::take(deferred) && self.world.bound(End::Peripheral(index)) == Bound::No {
                *queued = true;
            }
        }
    }

    /// Whether a thread is in a probe that fails here.
    fn has_to_fail(&self, thread: usize) -> bool {
        let frame =
            self.world.actors.get(thread).and_then(Option::as_ref).and_then(|actor| actor.stack.last());
        let Some(Frame::Program(Program { kind: ProgramKind::BindPeripheral(index), at, .. })) = frame else {
            return false;
        };
        self.course.fails.get(*index) == Some(&Some(usize::from(*at)))
    }

    /// What the last step broke, whether a kernel would notice or not.
    pub fn broken(&self) -> Broken {
        self.world.broken()
    }
}

/// Two courses that go on in the same way are equal: only the remaining steps of the course count.
impl<O: Ownership> PartialEq for Run<'_, O> {
    fn eq(&self, other: &Self) -> bool {
        let of = |run: &Self| (run.begun, run.lost, run.is_cut);
        of(self) == of(other)
            && self.started == other.started
            && self.doing == other.doing
            && self.deferred == other.deferred
            && self.queued == other.queued
            && self.world == other.world
    }
}

impl<O: Ownership> Eq for Run<'_, O> {}

impl<O: Ownership> Hash for Run<'_, O> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        (self.begun, &self.started, self.lost, self.is_cut, &self.doing, &self.deferred, &self.queued)
            .hash(state);
        self.world.hash(state);
    }
}
