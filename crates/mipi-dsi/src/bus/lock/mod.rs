//! The lock that a bus is built on, which its user brings: a kernel mutex, a std mutex, a critical section.
//!
//! It owns what it protects. It runs a short section alone, and it waits until the protected data lets a section go on;
//! an adapter may answer that it cannot wait. There is no guard to hold, so no code of a host or a peripheral can ever
//! run under it.

#[cfg(feature = "critical-section")]
mod section;
#[cfg(feature = "std")]
mod threads;

#[cfg(feature = "critical-section")]
pub use section::{Context, CriticalSectionLock};
#[cfg(feature = "std")]
pub use threads::StdLock;

use super::error::WaitError;
#[cfg(feature = "std")]
use super::gate::AtomicWord;
use super::gate::GateWord;
use super::machine::{Caller, Events, WaitFor};
#[cfg(feature = "std")]
use super::sync;

/// A lock that owns its data.
pub trait Lock {
    /// What it protects.
    type Data;

    /// A moment until which to wait. For a lock that cannot wait this is an uninhabited type.
    type Deadline: Copy;

    /// What the gates beside this lock are made of.
    type Word: GateWord;

    /// Whether [`wait`](Self::wait) ever waits. If it does not, the bus never calls it, and has no code for it.
    const CAN_WAIT: bool = true;

    /// Who is calling. Two calls that can run at the same time have different callers; a call from inside a callback has
    /// the same caller as the call around it.
    fn caller(&self) -> Caller;

    /// Whether callbacks for others may run in this context, so that errands can be carried out. False in an interrupt
    /// handler, for example.
    fn may_call_back(&self) -> bool {
        true
    }

    /// The moment until which a call without a deadline waits, drops included. `None` means as long as it takes.
    fn limit(&self) -> Option<Self::Deadline> {
        None
    }

    /// Runs `section` alone, then wakes those who wait for the events that it returns as ended.
    fn with<R>(&self, section: impl FnOnce(&mut Self::Data) -> (R, Ended)) -> R;

    /// Runs `section` alone, at once and again whenever `wait` may have ended, until it returns a value. Each time, wakes
    /// those who wait for the events that it returns as ended.
    ///
    /// # Errors
    ///
    /// [`WaitError`] if the deadline passed or this lock cannot wait.
    fn wait<R>(
        &self,
        wait: WaitFor,
        deadline: Option<Self::Deadline>,
        section: impl FnMut(&mut Self::Data) -> (Option<R>, Ended),
    ) -> Result<R, WaitError>;
}

/// What a section has ended on one host.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ended {
    /// Index of the host's slot.
    pub slot: usize,
    /// The events that are over.
    pub events: Events,
}

impl Ended {
    /// Nothing has ended.
    pub const NOTHING: Self = Self { slot: 0, events: Events::NONE };

    /// Whether whoever waits for this has to look again.
    #[must_use]
    pub fn is_end_of(self, wait: WaitFor) -> bool {
        wait.host().slot == self.slot && self.events.contains(wait.event())
    }
}
