//! A lock for threads of the standard library: a mutex and a condition variable.

extern crate std;

use super::{Caller, Lock, Unwaited};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::thread_local;
use std::time::Instant;

/// A lock for threads of the standard library.
#[derive(Debug)]
pub struct StdLock<T> {
    protected: Mutex<Protected<T>>,
    changed: Condvar,
}

#[derive(Debug)]
struct Protected<T> {
    /// Threads inside `Condvar::wait`. Waking nobody costs a system call, so it is done only where somebody waits.
    waiting: usize,
    data: T,
}

impl<T> StdLock<T> {
    /// A lock that protects `data`.
    pub const fn new(data: T) -> Self {
        Self { protected: Mutex::new(Protected { waiting: 0, data }), changed: Condvar::new() }
    }

    fn lock(&self) -> MutexGuard<'_, Protected<T>> {
        // Only the bus's own steps and the `Clone` of handles run under the lock, and those must not unwind (see
        // `Registered`); so a poisoned lock has whole data.
        self.protected.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<T> Lock for StdLock<T> {
    type Data = T;
    type Deadline = Instant;

    fn caller(&self) -> Caller {
        thread_local! {
            static THREAD: u8 = const { 0 };
        }
        // The address of a thread's own variable is no other thread's while this one lives, and costs no call.
        THREAD.with(|here| Caller(core::ptr::from_ref(here) as usize as u64))
    }

    #[inline]
    fn with<R>(&self, work: impl FnOnce(&mut T) -> R) -> R {
        let mut protected = self.lock();
        let result = work(&mut protected.data);
        let waiting = protected.waiting;
        drop(protected);
        if waiting > 0 {
            self.changed.notify_all();
        }
        result
    }

    fn wait<R>(
        &self,
        deadline: Option<Instant>,
        mut ready: impl FnMut(&mut T) -> Option<R>,
    ) -> Result<R, Unwaited> {
        let mut protected = self.lock();
        loop {
            if let Some(result) = ready(&mut protected.data) {
                if protected.waiting > 0 {
                    self.changed.notify_all();
                }
                return Ok(result);
            }
            protected.waiting += 1;
            protected = match deadline {
                None => self.changed.wait(protected).unwrap_or_else(PoisonError::into_inner),
                Some(deadline) => {
                    let left = deadline.saturating_duration_since(Instant::now());
                    if left.is_zero() {
                        protected.waiting -= 1;
                        return Err(Unwaited::DeadlinePassed);
                    }
                    let woken = self.changed.wait_timeout(protected, left);
                    woken.unwrap_or_else(PoisonError::into_inner).0
                }
            };
            protected.waiting -= 1;
        }
    }
}
