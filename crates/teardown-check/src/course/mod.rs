//! Courses: what one thread does step after step, partly in threads that it starts, and what a kernel would report
//! first.
//!
//! In a search anybody may do anything; a course is a given order, as a user types it or as the kernel lab takes it. It
//! begins with no driver bound, and ends at the first report, or when all threads have ended.
//!
//! * [`run`]: a running course, and the kernel's worker that binds again what was deferred.
//! * [`on_one_cpu`]: the schedule of a machine with one CPU, on which time advances only while all threads sleep.
//! * [`with_any_sleeps`]: every schedule of such a machine.
//! * [`in_any_order`]: every schedule of any machine.

pub mod in_any_order;
pub mod on_one_cpu;
pub mod run;
pub mod with_any_sleeps;

use crate::hardware::HostCall;
use crate::note::KernelReport;
use crate::program::ProgramKind;
use crate::property::Broken;
use crate::shape::Shape;
use std::collections::BTreeSet;

/// What to do, and on which board.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Course {
    /// The board.
    pub shape: Shape,
    /// By peripheral: after how many acquisitions its probe fails, if it does.
    pub fails: Vec<Option<usize>>,
    /// The callbacks of hosts that sleep.
    pub slow: Slow,
    /// The steps.
    pub steps: Vec<CourseStep>,
}

/// One step of the thread that goes through the course.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum CourseStep {
    /// Does this; then comes the next step.
    Do(ProgramKind),
    /// The same by hand (sysfs): a probe that is deferred is not tried again.
    ByHand(ProgramKind),
    /// Does this in a thread of its own.
    Start(ProgramKind),
    /// Sleeps for a while that is shorter than a callback that sleeps.
    Wait,
}

/// Which callbacks of hosts sleep.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Slow {
    /// attach.
    pub attach: bool,
    /// detach.
    pub detach: bool,
    /// transfer.
    pub transfer: bool,
}

impl Slow {
    /// Whether this callback sleeps.
    pub fn has(self, call: HostCall) -> bool {
        match call {
            HostCall::Attach(_) => self.attach,
            HostCall::Detach(_) => self.detach,
            _ => call.sends().is_some() && self.transfer,
        }
    }
}

/// All outcomes that a course may have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcomes {
    /// On a machine with one CPU, however long its sleeps take.
    pub on_one_cpu: BTreeSet<Outcome>,
    /// On any machine.
    pub on_any: BTreeSet<Outcome>,
    /// What it breaks on some machine, whether a kernel would notice or not.
    pub broken: Broken,
}

/// The outcome of a course.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Outcome {
    /// No checker reports anything.
    Clean,
    /// One of the kernel's checkers reports; what comes after the report does not count.
    Reported {
        /// In which step, from 1: for a started thread, its own step; none before the first and after the last.
        step: Option<usize>,
        /// The report.
        report: KernelReport,
        /// Where.
        at: &'static str,
    },
    /// A step could not be taken: a thread that was started before it has taken away the panel that it is about.
    NotTaken,
    /// All threads wait.
    Stuck {
        /// In which step.
        step: Option<usize>,
    },
}
