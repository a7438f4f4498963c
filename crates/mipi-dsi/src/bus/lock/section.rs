//! A lock for firmware without threads: a critical section, which cannot wait.
//!
//! On one core a call either runs to its end before another begins, or an interrupt handler interrupts it and ends before
//! the call goes on. A handler that waits for the code below it would wait for ever, so this lock never waits: an
//! operation that would have to wait ends with `CannotWait`. What it began stays begun (nothing new starts), and somebody
//! has to call it again. A drop is the exception: it leaves an errand, and the next caller who may call back carries it
//! out.

use super::{Caller, Ended, Lock, WaitError, WaitFor};
use core::cell::RefCell;
use core::convert::Infallible;

/// Tells who is calling.
///
/// On one core without interrupt handlers that use the bus, that is [`Caller::MAIN`]. Otherwise it is the number of the
/// interrupt that is being handled (0 for none), combined with that of the core if there are several. Only
/// [`Caller::MAIN`] carries out errands.
///
/// Any function is a context. But a static bus with a function in it is in .data, with all of its slots; with a context
/// of zero size, it is in .bss.
pub trait Context {
    /// Who is calling now.
    fn caller(&self) -> Caller;
}

impl Context for fn() -> Caller {
    fn caller(&self) -> Caller {
        self()
    }
}

/// A lock for firmware without threads.
#[derive(Debug)]
pub struct CriticalSectionLock<T, X = fn() -> Caller> {
    data: critical_section::Mutex<RefCell<T>>,
    context: X,
}

impl<T> CriticalSectionLock<T> {
    /// A lock that protects `data`, whose `context` is a function.
    pub const fn new(data: T, context: fn() -> Caller) -> Self {
        Self::with_context(data, context)
    }
}

impl<T, X> CriticalSectionLock<T, X> {
    /// A lock that protects `data`.
    pub const fn with_context(data: T, context: X) -> Self {
        Self { data: critical_section::Mutex::new(RefCell::new(data)), context }
    }
}

impl<T, X: Context> Lock for CriticalSectionLock<T, X> {
    type Data = T;
    type Deadline = Infallible;
    #[cfg(target_has_atomic = "ptr")]
    type Word = super::super::gate::AtomicWord;
    #[cfg(not(target_has_atomic = "ptr"))]
    type Word = super::super::gate::CriticalSectionWord;

    const CAN_WAIT: bool = false;

    fn caller(&self) -> Caller {
        self.context.caller()
    }

    fn may_call_back(&self) -> bool {
        self.caller() == Caller::MAIN
    }

    fn with<R>(&self, section: impl FnOnce(&mut T) -> (R, Ended)) -> R {
        // Nobody can borrow it twice: a section is a step of the bus, and those call nobody.
        critical_section::with(|token| section(&mut self.data.borrow_ref_mut(token)).0)
    }

    fn wait<R>(
        &self,
        _wait: WaitFor,
        _deadline: Option<Infallible>,
        mut section: impl FnMut(&mut T) -> (Option<R>, Ended),
    ) -> Result<R, WaitError> {
        self.with(|data| section(data)).ok_or(WaitError::CannotWait)
    }
}
