//! `StdLock` itself, its file compiled with shuttle's parts in place of those of the standard library: shuttle decides who
//! goes on at each of its steps and at each step of the gate.
//!
//! Shuttle has no clock. Here the time stands still until a wait with a deadline chooses to see it pass.

#![allow(unreachable_pub)] // the lock is public, and what it names has to be

#[path = "../../src/bus/lock/threads.rs"]
mod threads;

use mipi_dsi::bus::{
    adapter::{Ended, GateWord, Lock},
    report::WaitFor,
    Caller, WaitError,
};
use shuttle::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use shuttle::thread;

pub(crate) use sync::Instant;
pub(crate) use threads::StdLock;

/// What the lock takes of the outside.
mod sync {
    use shuttle::rand::Rng;
    use std::sync::atomic::{AtomicU64, Ordering::SeqCst};
    use std::sync::LockResult;
    use std::time::Duration;

    pub(super) use shuttle::sync::{Mutex, MutexGuard};
    pub(super) use shuttle::thread_local;
    pub(super) use std::sync::PoisonError;

    /// Milliseconds that have passed.
    static CLOCK: AtomicU64 = AtomicU64::new(0);

    /// A moment.
    #[derive(Debug, Clone, Copy)]
    pub struct Instant(Duration);

    impl Instant {
        /// The present moment.
        pub(crate) fn now() -> Self {
            Self(Duration::from_millis(CLOCK.load(SeqCst)))
        }

        /// So much later.
        pub(crate) fn checked_add(self, duration: Duration) -> Option<Self> {
            self.0.checked_add(duration).map(Self)
        }

        pub(super) fn saturating_duration_since(self, earlier: Self) -> Duration {
            self.0.saturating_sub(earlier.0)
        }
    }

    #[derive(Debug)]
    pub(super) struct Condvar(shuttle::sync::Condvar);

    impl Condvar {
        pub(super) const fn new() -> Self {
            Self(shuttle::sync::Condvar::new())
        }

        pub(super) fn notify_all(&self) {
            self.0.notify_all();
        }

        pub(super) fn wait<'a, T>(&self, guard: MutexGuard<'a, T>) -> LockResult<MutexGuard<'a, T>> {
            self.0.wait(guard)
        }

        /// The time passes at once, or not before somebody wakes this thread.
        pub(super) fn wait_timeout<'a, T>(
            &self,
            guard: MutexGuard<'a, T>,
            left: Duration,
        ) -> LockResult<(MutexGuard<'a, T>, ())> {
            let guard = if shuttle::rand::thread_rng().gen_bool(0.5) {
                CLOCK.fetch_add(u64::try_from(left.as_millis()).unwrap_or(u64::MAX), SeqCst);
                guard
            } else {
                self.wait(guard).unwrap_or_else(PoisonError::into_inner)
            };
            Ok((guard, ()))
        }
    }
}

/// The word of a gate, whose every change shuttle sees.
#[derive(Debug)]
pub struct AtomicWord(AtomicUsize);

// SAFETY: shuttle's atomic operations on one variable take effect in one order, and are sequentially consistent.
#[allow(unsafe_code)]
unsafe impl GateWord for AtomicWord {
    #[allow(clippy::declare_interior_mutable_const)]
    const ZERO: Self = Self(AtomicUsize::new(0));

    fn load(&self) -> usize {
        self.0.load(SeqCst)
    }

    fn store(&self, to: usize) {
        self.0.store(to, SeqCst);
    }

    fn compare_exchange(&self, from: usize, to: usize) -> Result<usize, usize> {
        self.0.compare_exchange(from, to, SeqCst, SeqCst)
    }

    fn subtract(&self, amount: usize) -> usize {
        self.0.fetch_sub(amount, SeqCst)
    }

    fn clear(&self, bits: usize) -> usize {
        self.0.fetch_and(!bits, SeqCst)
    }
}

/// The thread of shuttle's that asks, for the checker of a host's calls.
pub(crate) fn this_thread() -> Caller {
    Caller::from_number(usize::from(thread::current().id()))
}
