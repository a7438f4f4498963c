//! Why an operation did not wait until its end.

use super::machine::WaitFor;
use core::fmt;

/// Why an operation did not wait until the end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum WaitError {
    /// The wait would close a cycle: what it is for can't end before this call returns (or only because somebody's
    /// deadline passes). Or more than 32 callers wait for each other in a row, which the bus does not follow further.
    WouldDeadlock,
    /// The deadline, or the limit of the bus, has passed.
    DeadlinePassed,
    /// This lock cannot wait (firmware without threads, or an interrupt).
    CannotWait,
    /// The queue is full: 32 callers wait for the link already, counting those who gave up between two who still wait.
    QueueFull,
}

/// An operation was not finished: it did not wait for something that still runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct StillRunning {
    /// What still runs.
    pub waiting_for: WaitFor,
    /// Why the operation did not wait for it.
    pub why: WaitError,
    /// Whether something of the operation was begun and stays so, because others were called or may have seen it: nothing
    /// new starts, and the operation can be called again. Otherwise nothing has changed.
    pub begun: bool,
}

impl StillRunning {
    /// Displays it with names for the host and, unless `device` is empty, the device.
    #[inline]
    pub(super) fn show(
        &self,
        f: &mut fmt::Formatter<'_>,
        host: &dyn fmt::Display,
        device: &str,
    ) -> fmt::Result {
        f.write_str(match self.why {
            WaitError::WouldDeadlock => "from here this would wait for ever: ",
            WaitError::DeadlinePassed => "still running at the deadline: ",
            WaitError::CannotWait => "this lock cannot wait, and this is still running: ",
            WaitError::QueueFull => "no more callers can wait for this: ",
        })?;
        self.waiting_for.show(f, host)?;
        if device.is_empty() {
            Ok(())
        } else {
            write!(f, " ({device})")
        }
    }
}

impl fmt::Display for StillRunning {
    #[inline]
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.show(f, &self.waiting_for.host().slot, "")
    }
}

impl core::error::Error for StillRunning {}
