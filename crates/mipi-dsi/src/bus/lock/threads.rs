//! A lock for threads of the standard library: a mutex and a few condition variables.

extern crate std;

use super::sync::{thread_local, Condvar, Instant, Mutex, MutexGuard, PoisonError};
use super::{AtomicWord, Caller, Ended, Lock, WaitError, WaitFor};
use std::time::Duration;

/// Number of condition variables. Waits for different things may share one, which costs a needless look.
const CONDITIONS: usize = 16;

/// A lock for threads of the standard library.
#[derive(Debug)]
pub struct StdLock<T> {
    protected: Mutex<Protected<T>>,
    conditions: [Condvar; CONDITIONS],
    limit: Option<Duration>,
}

#[derive(Debug)]
struct Protected<T> {
    /// How many threads wait for each condition. Even waking nobody costs a system call, so only conditions that
    /// somebody waits for are notified.
    waiting: [u32; CONDITIONS],
    /// How many threads wait for any condition.
    sleepers: u32,
    data: T,
}

/// The index of the condition for an event on the host in this slot.
fn condition(slot: usize, event: u8) -> usize {
    slot.wrapping_mul(7).wrapping_add(usize::from(event)) % CONDITIONS
}

impl<T> StdLock<T> {
    /// A lock that protects `data`. Calls without a deadline wait no longer than `limit`; `None` means as long as it
    /// takes.
    pub const fn new(data: T, limit: Option<Duration>) -> Self {
        Self {
            protected: Mutex::new(Protected { waiting: [0; CONDITIONS], sleepers: 0, data }),
            conditions: [const { Condvar::new() }; CONDITIONS],
            limit,
        }
    }

    fn lock(&self) -> MutexGuard<'_, Protected<T>> {
        // Only the bus's own steps and the `Clone` of handles run under the lock, and those must not unwind (see
        // `Slots`); so a poisoned lock has whole data.
        self.protected.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn wake(&self, protected: &Protected<T>, ended: Ended) {
        if protected.sleepers == 0 {
            return;
        }
        for event in ended.events.iter() {
            let condition = condition(ended.slot, event.number());
            if let (Some(1..), Some(condition)) =
                (protected.waiting.get(condition), self.conditions.get(condition))
            {
                condition.notify_all();
            }
        }
    }
}

impl<T> Lock for StdLock<T> {
    type Data = T;
    type Deadline = Instant;
    type Word = AtomicWord;

    #[inline]
    fn caller(&self) -> Caller {
        thread_local! {
            static THREAD: u64 = const { 0 };
        }
        // The address of a thread's own variable is no other thread's while this one lives, and costs no call.
        THREAD.with(Caller::from_address)
    }

    fn limit(&self) -> Option<Instant> {
        self.limit.and_then(|limit| Instant::now().checked_add(limit))
    }

    fn with<R>(&self, section: impl FnOnce(&mut T) -> (R, Ended)) -> R {
        let mut protected = self.lock();
        let (result, ended) = section(&mut protected.data);
        if !ended.events.is_empty() {
            self.wake(&protected, ended);
        }
        result
    }

    fn wait<R>(
        &self,
        wait: WaitFor,
        deadline: Option<Instant>,
        mut section: impl FnMut(&mut T) -> (Option<R>, Ended),
    ) -> Result<R, WaitError> {
        let condition = condition(wait.host().slot, wait.event().number());
        let (mut protected, changed) = (self.lock(), self.conditions.get(condition));
        loop {
            let (result, ended) = section(&mut protected.data);
            self.wake(&protected, ended);
            if let Some(result) = result {
                return Ok(result);
            }
            let left = deadline.map(|deadline| deadline.saturating_duration_since(Instant::now()));
            let Some(changed) = changed.filter(|_| left.is_none_or(|left| !left.is_zero())) else {
                return Err(WaitError::DeadlinePassed);
            };
            let count = |protected: &mut Protected<T>, more: bool| {
                let change = |count: &mut u32| {
                    *count = if more { count.saturating_add(1) } else { count.saturating_sub(1) };
                };
                change(&mut protected.sleepers);
                protected.waiting.get_mut(condition).map(change);
            };
            count(&mut protected, true);
            protected = match left {
                None => changed.wait(protected).unwrap_or_else(PoisonError::into_inner),
                Some(left) => changed.wait_timeout(protected, left).unwrap_or_else(PoisonError::into_inner).0,
            };
            count(&mut protected, false);
        }
    }
}
