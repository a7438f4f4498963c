//! A lock for firmware without threads: a critical section, which cannot wait.
//!
//! On one core a call either runs to its end before another begins, or is interrupted by an interrupt handler, which
//! ends before it goes on. Waiting in the handler for the code below it would never end, so this lock never waits: an
//! operation that would have to is answered with `CannotWait`. What it began stays begun (nothing new starts), and it has
//! to be called again. Only a drop need not be: it leaves an errand, which whoever ends the call carries out, in his own
//! context: detach callbacks and drops of notices can run in an interrupt handler if that handler uses the bus.

use super::{Caller, Lock, Unwaited};
use core::cell::RefCell;

/// A lock for firmware without threads.
#[derive(Debug)]
pub struct CriticalSectionLock<T> {
    data: critical_section::Mutex<RefCell<T>>,
    caller: fn() -> Caller,
}

impl<T> CriticalSectionLock<T> {
    /// A lock that protects `data`.
    ///
    /// `caller` tells who calls: on one core without interrupt handlers that use the bus, `|| Caller(0)`; otherwise the
    /// number of the interrupt that is being handled (0 for none), or of the core and the interrupt.
    pub const fn new(data: T, caller: fn() -> Caller) -> Self {
        Self { data: critical_section::Mutex::new(RefCell::new(data)), caller }
    }
}

/// There is no moment to wait for where waiting is impossible.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Never {}

impl<T> Lock for CriticalSectionLock<T> {
    type Data = T;
    type Deadline = Never;

    fn caller(&self) -> Caller {
        (self.caller)()
    }

    fn with<R>(&self, work: impl FnOnce(&mut T) -> R) -> R {
        // The borrow can't be taken twice: `work` is a step of the bus, and those call nobody.
        critical_section::with(|section| work(&mut self.data.borrow_ref_mut(section)))
    }

    fn wait<R>(
        &self,
        _deadline: Option<Never>,
        mut ready: impl FnMut(&mut T) -> Option<R>,
    ) -> Result<R, Unwaited> {
        self.with(|data| ready(data)).ok_or(Unwaited::CannotWait)
    }
}
