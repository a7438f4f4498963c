//! The lock that a bus is built on, given by its user: a kernel mutex, a std mutex, a critical section.
//!
//! It owns what it protects. A lock here is a place to run a short closure alone, and a place to wait until the
//! protected data lets a closure go on; an adapter may answer that it cannot wait. There is no guard to hold, so no
//! code of a host or a peripheral can ever run under it.

#[cfg(feature = "critical-section")]
mod section;
#[cfg(feature = "std")]
mod threads;

#[cfg(feature = "critical-section")]
pub use section::{CriticalSectionLock, Never};
#[cfg(feature = "std")]
pub use threads::StdLock;

use super::caller::Caller;

/// A lock that owns its data.
pub trait Lock {
    /// What it protects.
    type Data;

    /// A moment until which to wait. A lock that cannot wait takes an uninhabited type here.
    type Deadline: Copy;

    /// Who calls: two calls that can run at the same time have different callers, and a call that is made from inside
    /// a callback has the caller of the call around it.
    fn caller(&self) -> Caller;

    /// Runs `work` alone, then wakes those who wait, as the data may have changed.
    fn with<R>(&self, work: impl FnOnce(&mut Self::Data) -> R) -> R;

    /// Runs `ready` alone, at once and again whenever the data may have changed, until it gives a value.
    ///
    /// Changes that `ready` makes when it gives a value wake the others who wait.
    ///
    /// # Errors
    ///
    /// [`Unwaited`] if the deadline passed or this lock cannot wait.
    fn wait<R>(
        &self,
        deadline: Option<Self::Deadline>,
        ready: impl FnMut(&mut Self::Data) -> Option<R>,
    ) -> Result<R, Unwaited>;
}

/// Why a lock did not wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Unwaited {
    /// The deadline has passed.
    DeadlinePassed,
    /// This lock cannot wait.
    CannotWait,
}
