//! The schedule of the lab's machine: one CPU, and a clock that goes on only while everybody sleeps.
//!
//! Who runs goes on until they sleep: in a callback that takes its time, for another, or because they wait. Then the one
//! who has been ready the longest runs. So there is one schedule and no other, and it comes out the same every time.

use super::run::{Run, Went};
use super::{Course, Outcome};
use crate::ownership::Ownership;
use std::collections::VecDeque;

/// Times as they come out of the lab's (LAB_SLOW_MS and LAB_WAIT_MS in linux/lab-driver/lab.h, msleep(1) after a start), in
/// ms: what it asks for in whole ticks of 10 ms, and one more. Only which is longer matters.
mod takes {
    /// A callback that sleeps.
    pub(super) const CALLBACK: u64 = 110;
    /// A wait.
    pub(super) const WAIT: u64 = 40;
    /// The main thread's sleep after it has started another.
    pub(super) const START: u64 = 20;
}

/// What the course comes to.
pub fn outcome<O: Ownership>(course: &Course) -> Outcome {
    let mut machine =
        Machine { run: Run::<O>::new(course), now: 0, ready: VecDeque::new(), sleeps: Vec::new() };
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
    /// Those who may run, the one who has been ready the longest first.
    ready: VecDeque<usize>,
    /// Those who sleep by the clock: until when.
    sleeps: Vec<(u64, usize)>,
}

impl<O: Ownership> Machine<'_, O> {
    /// Those who can go on and are in no queue yet, but for the one who runs. Of several that one step has woken the
    /// started ones come first, then the worker, then the main thread: a choice, as in the lab no step wakes two.
    fn find_ready(&mut self, runs: Option<usize>) {
        for thread in (0..self.run.threads()).rev() {
            let is_known =
                self.ready.contains(&thread) || self.sleeps.iter().any(|(_, other)| *other == thread);
            if self.run.can_go(thread) && !is_known && runs != Some(thread) {
                self.ready.push_back(thread);
            }
        }
    }

    /// The clock goes on to when the next one wakes. Whether there is one.
    fn next_wakes(&mut self) -> bool {
        let Some(next) = self.sleeps.iter().enumerate().min_by_key(|(_, (until, _))| *until) else {
            return false;
        };
        let (until, thread) = self.sleeps.remove(next.0);
        self.now = until;
        self.ready.push_back(thread);
        true
    }

    /// One runs until they sleep or have ended. What it comes to, if that is decided.
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
