//! A gate that holds a host's call until a test lets it go on, for tests with threads.
//!
//! This is the only thing here that waits in real time.

use crate::sync::lock;
use std::sync::{Arc, Condvar, Mutex, PoisonError};

/// A gate in front of a call; cloning gives another handle to the same gate.
#[derive(Clone, Debug, Default)]
pub struct Gate(Arc<Inner>);

#[derive(Debug, Default)]
struct Inner {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    open: bool,
    /// How many calls may pass although the gate is closed.
    passes: usize,
    /// How many calls are waiting in front of it.
    waiting: usize,
    /// How many calls have reached it, ever.
    reached: usize,
}

/// How a call left the gate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Passage {
    /// It went through.
    Through,
    /// It was called back.
    CalledBack,
}

impl Gate {
    /// A closed gate.
    pub fn closed() -> Self {
        Self::default()
    }

    /// Closes it for those who have not passed.
    pub fn close(&self) {
        lock(&self.0.state).open = false;
    }

    /// Opens it for good.
    pub fn open(&self) {
        lock(&self.0.state).open = true;
        self.0.changed.notify_all();
    }

    /// Lets one call through.
    pub fn let_one_through(&self) {
        lock(&self.0.state).passes += 1;
        self.0.changed.notify_all();
    }

    /// How many calls are waiting in front of it.
    pub fn waiting(&self) -> usize {
        lock(&self.0.state).waiting
    }

    /// Waits until this many calls have reached it since it was made.
    pub fn wait_until_reached(&self, calls: usize) {
        let mut state = lock(&self.0.state);
        while state.reached < calls {
            state = self.0.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Waits in front of the gate until it opens or `called_back` is true. `called_back` is called under the gate's
    /// lock, so it must not take one that is held while [`look_again`](Self::look_again) is called.
    pub(super) fn pass(&self, called_back: impl Fn() -> bool) -> Passage {
        let mut state = lock(&self.0.state);
        state.reached += 1;
        state.waiting += 1;
        self.0.changed.notify_all();
        let passage = loop {
            if called_back() {
                break Passage::CalledBack;
            }
            if state.open {
                break Passage::Through;
            }
            if state.passes > 0 {
                state.passes -= 1;
                break Passage::Through;
            }
            state = self.0.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        };
        state.waiting -= 1;
        passage
    }

    /// Makes those who wait check again whether they are called back.
    pub(super) fn look_again(&self) {
        // Taken so that nobody is between asking and waiting.
        drop(lock(&self.0.state));
        self.0.changed.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicBool, Ordering};
    use std::thread;

    #[test]
    fn calls_stand_until_they_are_let_through() {
        let gate = Gate::closed();
        thread::scope(|scope| {
            let first = scope.spawn(|| gate.pass(|| false));
            gate.wait_until_reached(1);
            assert_eq!(gate.waiting(), 1);
            gate.let_one_through();
            assert_eq!(first.join().ok(), Some(Passage::Through));
            let second = scope.spawn(|| gate.pass(|| false));
            gate.wait_until_reached(2);
            assert_eq!(gate.waiting(), 1);
            gate.open();
            assert_eq!(second.join().ok(), Some(Passage::Through));
        });
        assert_eq!(gate.pass(|| false), Passage::Through);
        assert_eq!(gate.waiting(), 0);
    }

    #[test]
    fn a_call_can_be_called_back() {
        let (gate, back) = (Gate::closed(), AtomicBool::new(false));
        thread::scope(|scope| {
            let call = scope.spawn(|| gate.pass(|| back.load(Ordering::Acquire)));
            gate.wait_until_reached(1);
            back.store(true, Ordering::Release);
            gate.look_again();
            assert_eq!(call.join().ok(), Some(Passage::CalledBack));
        });
    }
}
