//! Every schedule of a machine with one CPU, however long its sleeps take.
//!
//! As in `on_one_cpu`, the scheduler switches threads only where the running thread sleeps, and time advances only
//! while no thread is ready. But a sleep may take any time, so any sleeper may be the next to wake. The result is
//! everything that the lab can show with one seed or another; what `in_any_order` has beyond that needs a second CPU,
//! or a switch in between.

use super::run::{Run, Went};
use super::{Course, Outcome};
use crate::ownership::Ownership;
use std::collections::{BTreeSet, HashSet};

/// All outcomes that a course may have there.
pub fn outcomes<O: Ownership>(rules: O::Rules, course: &Course) -> BTreeSet<Outcome> {
    let mut outcomes = BTreeSet::new();
    let mut known = HashSet::with_hasher(foldhash::fast::FixedState::with_seed(0));
    let mut pending = vec![Machine::<O>::new(rules, course)];
    while let Some(machine) = pending.pop() {
        let next = machine.next();
        if next.is_empty() {
            outcomes.insert(machine.run.outcome());
        }
        for thread in next {
            let mut machine = machine.clone();
            match machine.goes(thread, course) {
                Some(outcome) => {
                    outcomes.insert(outcome);
                }
                None if known.insert(machine.clone()) => pending.push(machine),
                None => {}
            }
        }
    }
    outcomes
}

#[derive(Clone, PartialEq, Eq, Hash)]
struct Machine<'course, O: Ownership> {
    run: Run<'course, O>,
    /// The thread that has the CPU.
    running: Option<usize>,
    /// By thread: whether it sleeps by the clock.
    sleeps: Vec<bool>,
}

impl<'course, O: Ownership> Machine<'course, O> {
    fn new(rules: O::Rules, course: &'course Course) -> Self {
        let run = Run::new(rules, course);
        let sleeps = vec![false; run.threads()];
        Self { run, running: None, sleeps }
    }

    /// The threads that may be next to go on: the running one; else those that are ready; else those that wake.
    fn next(&self) -> Vec<usize> {
        if let Some(running) = self.running.filter(|running| self.run.can_go(*running)) {
            return vec![running];
        }
        let can_go = |sleeps: bool| {
            let of_these = move |thread: &usize| self.sleeps.get(*thread) == Some(&sleeps);
            (0..self.run.threads()).filter(of_these).filter(|thread| self.run.can_go(*thread))
        };
        let ready: Vec<usize> = can_go(false).collect();
        if ready.is_empty() { can_go(true).collect() } else { ready }
    }

    /// Lets a thread go on by a step. Returns the outcome, if that is decided.
    fn goes(&mut self, thread: usize, course: &Course) -> Option<Outcome> {
        let (goes_on, sleeps) = match self.run.go(thread) {
            Went::Reported(outcome) => return Some(outcome),
            Went::IntoCallback(call) if course.slow.has(call) => (false, true),
            Went::ToWait | Went::Started => (false, true),
            Went::ToSleep => (false, false),
            Went::On | Went::IntoCallback(_) => (true, false),
        };
        self.running = goes_on.then_some(thread);
        if let Some(of_thread) = self.sleeps.get_mut(thread) {
            *of_thread = sleeps;
        }
        None
    }
}
