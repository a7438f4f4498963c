//! A lock for threads of the standard library: a mutex, and a condition variable for each thread that waits.

extern crate std;

use super::sync::{thread_local, Condvar, Instant, Mutex, MutexGuard, PoisonError};
use super::{AtomicWord, Caller, Ended, Lock, WaitError, WaitFor};
use std::sync::Arc;
use std::time::Duration;
use std::vec::Vec;

/// A lock for threads of the standard library.
#[derive(Debug)]
pub struct StdLock<T> {
    protected: Mutex<Protected<T>>,
    limit: Option<Duration>,
}

#[derive(Debug)]
struct Protected<T> {
    sleepers: Vec<Sleeper>,
    data: T,
}

/// A thread that waits.
#[derive(Debug)]
struct Sleeper {
    wait: WaitFor,
    changed: Arc<Condvar>,
}

impl<T> StdLock<T> {
    /// A lock that protects `data`. Calls without a deadline wait no longer than `limit`; `None` means as long as it
    /// takes.
    pub const fn new(data: T, limit: Option<Duration>) -> Self {
        Self { protected: Mutex::new(Protected { sleepers: Vec::new(), data }), limit }
    }

    fn lock(&self) -> MutexGuard<'_, Protected<T>> {
        // Only the bus's own steps and the `Clone` of handles run under the lock, and those must not unwind (see
        // `Slots`); so a poisoned lock has whole data.
        self.protected.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<T> Protected<T> {
    /// Wakes those who wait for one of these events, and nobody else.
    fn wake(&self, ended: Ended) {
        for sleeper in &self.sleepers {
            if ended.is_end_of(sleeper.wait) {
                sleeper.changed.notify_all();
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
        protected.wake(ended);
        result
    }

    fn wait<R>(
        &self,
        wait: WaitFor,
        deadline: Option<Instant>,
        mut section: impl FnMut(&mut T) -> (Option<R>, Ended),
    ) -> Result<R, WaitError> {
        let mut protected = self.lock();
        loop {
            let (result, ended) = section(&mut protected.data);
            protected.wake(ended);
            if let Some(result) = result {
                return Ok(result);
            }
            let left = deadline.map(|deadline| deadline.saturating_duration_since(Instant::now()));
            if left.is_some_and(|left| left.is_zero()) {
                return Err(WaitError::DeadlinePassed);
            }
            let changed = Arc::new(Condvar::new());
            protected.sleepers.push(Sleeper { wait, changed: changed.clone() });
            protected = match left {
                None => changed.wait(protected).unwrap_or_else(PoisonError::into_inner),
                Some(left) => changed.wait_timeout(protected, left).unwrap_or_else(PoisonError::into_inner).0,
            };
            protected.sleepers.retain(|sleeper| !Arc::ptr_eq(&sleeper.changed, &changed));
        }
    }
}
