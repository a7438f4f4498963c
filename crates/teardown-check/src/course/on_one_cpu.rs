//! The schedule of the lab's machine: one CPU, and a clock that advances only while all threads sleep.
//!
//! A thread runs until it sleeps: in a callback that takes its time, for another thread, or in a wait. Then the thread
//! runs that has been ready the longest. So there is exactly one schedule, and it is the same every time.

use super::run::{Run, Went};
use super::{Course, Outcome};
use crate::ownership::Ownership;
use std::collections::VecDeque;

/// Times as they result from the lab's (LAB_SLOW_MS and LAB_WAIT_MS in linux/lab-driver/lab.h, msleep(1) after a
/// start), in ms: the requested time in whole ticks of 10 ms, and one more. Only their order matters.
mod takes {
    /// A callback that sleeps.
    pub(super) const CALLBACK: u64 = 110;
    /// A wait.
    pub(super) const WAIT: u64 = 40;
    /// The main thread's sleep after it has started another.
    pub(super) const START: u64 = 20;
}

/// The outcome of the course.
pub fn outcome<O: Ownership>(rules: O::Rules, course: &Course) -> Outcome {
    let mut machine =
        Machine { run: Run::<O>::new(rules, course), now: 0, ready: VecDeque::new(), sleeps: Vec::new() };
    loop {
        machine.find_ready(None);
        let Some(thread) = machine.ready.pop_front() else {
            if machine.next_wakes() {
                continue;
            }
            return machine.run.outcome();
        };
        if let Some(outcome) = machine.runs(thread, course) {
            return outcome;
        }
    }
}

struct Machine<'course, O: Ownership> {
    run: Run<'course, O>,
    now: u64,
    /// The threads that may run, the one that has been ready the longest first.
    ready: VecDeque<usize>,
    /// The threads that sleep by the clock: until when.
    sleeps: Vec<(u64, usize)>,
}

impl<O: Ownership> Machine<'_, O> {
    /// The threads that can go on and are in no queue yet, except the one that runs. If one step has woken several, the
    /// started ones come first, then the worker, then the main thread. This is a choice: in the lab no step wakes two.
    fn find_ready(&mut self, runs: Option<usize>) {
        for thread in (0..self.run.threads()).rev() {
            let is_known =
                self.ready.contains(&thread) || self.sleeps.iter().any(|(_, other)| *other == thread);
            if self.run.can_go(thread) && !is_known && runs != Some(thread) {
                self.ready.push_back(thread);
            }
        }
    }

    /// Advances the clock to when the next thread wakes. Returns whether there is one.
    fn next_wakes(&mut self) -> bool {
        let Some(next) = self.sleeps.iter().enumerate().min_by_key(|(_, (until, _))| *until) else {
            return false;
        };
        let (until, thread) = self.sleeps.remove(next.0);
        self.now = until;
        self.ready.push_back(thread);
        true
    }

    /// Runs a thread until it sleeps or has ended. Returns the outcome, if that is decided.
    fn runs(&mut self, thread: usize, course: &Course) -> Option<Outcome> {
        while self.run.can_go(thread) {
            let takes = match self.run.go(thread) {
                Went::Reported(outcome) => return Some(outcome),
                Went::IntoCallback(call) if course.slow.has(call) => takes::CALLBACK,
                Went::ToWait => takes::WAIT,
                Went::Started => takes::START,
                Went::ToSleep => return None,
                Went::On | Went::IntoCallback(_) => {
                    self.find_ready(Some(thread));
                    continue;
                }
            };
            self.find_ready(Some(thread));
            self.sleeps.push((self.now + takes, thread));
            return None;
        }
        None
    }
}
