//! Virtual time, which passes only when somebody lets it.
//!
//! It is not a scheduler: nothing wakes up at a certain time. Hardware gets the time together with what it receives.

use core::fmt;
use core::ops::Add;
use core::time::Duration;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// A point in virtual time, in nanoseconds since the clock was made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Instant(u64);

impl Instant {
    /// The point at which the clock was made.
    pub const START: Self = Self(0);

    /// The point this many nanoseconds after the start.
    pub const fn from_nanos(nanos: u64) -> Self {
        Self(nanos)
    }

    /// Nanoseconds since the start.
    pub const fn as_nanos(self) -> u64 {
        self.0
    }

    /// How long after `earlier` this is; zero if it is before.
    pub const fn since(self, earlier: Self) -> Duration {
        Duration::from_nanos(self.0.saturating_sub(earlier.0))
    }
}

impl Add<Duration> for Instant {
    type Output = Self;

    fn add(self, duration: Duration) -> Self {
        Self(self.0.saturating_add(nanos(duration)))
    }
}

impl fmt::Display for Instant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", Duration::from_nanos(self.0))
    }
}

/// A clock that several pieces of hardware share; cloning gives another handle to the same clock.
#[derive(Clone, Debug, Default)]
pub struct VirtualClock(Arc<AtomicU64>);

impl VirtualClock {
    /// A clock that shows [`Instant::START`].
    pub fn new() -> Self {
        Self::default()
    }

    /// The current time.
    pub fn now(&self) -> Instant {
        Instant(self.0.load(Ordering::Acquire))
    }

    /// Lets time pass, and returns the new time. At the end of time (584 years) the clock stands still.
    pub fn advance(&self, duration: Duration) -> Instant {
        let nanos = nanos(duration);
        let add = |now: u64| Some(now.saturating_add(nanos));
        let before = self.0.fetch_update(Ordering::AcqRel, Ordering::Acquire, add).unwrap_or_else(|now| now);
        Instant(before.saturating_add(nanos))
    }

    /// What a driver calls to wait: lets time pass.
    pub fn sleep(&self, duration: Duration) {
        self.advance(duration);
    }
}

fn nanos(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn handles_share_one_time() {
        let clock = VirtualClock::new();
        let other = clock.clone();
        assert_eq!(clock.now(), Instant::START);
        assert_eq!(other.advance(Duration::from_millis(5)).as_nanos(), 5_000_000);
        clock.sleep(Duration::from_nanos(1));
        assert_eq!(other.now(), Instant::from_nanos(5_000_001));
        assert_eq!(other.now().since(Instant::from_nanos(1)), Duration::from_millis(5));
        assert_eq!(Instant::START.since(other.now()), Duration::ZERO);
    }

    #[test]
    fn time_ends_and_does_not_begin_anew() {
        let clock = VirtualClock::new();
        clock.advance(Duration::from_nanos(7));
        assert_eq!(clock.advance(Duration::MAX).as_nanos(), u64::MAX);
        assert_eq!(clock.now().as_nanos(), u64::MAX);
        assert_eq!(clock.now() + Duration::from_secs(1), clock.now());
    }
}
