//! Courses: what one thread does step after step, some of it in threads that it starts, and what a kernel would say first.
//!
//! A search lets anybody do anything; a course is a given order, as a user types it or as the kernel lab takes it. It
//! begins with no driver bound, and ends at the first report, or when all threads have ended.
//!
//! * [`run`]: a course on its way, and the kernel's worker that binds again what was deferred.
//! * [`on_one_cpu`]: the schedule of a machine with one CPU on which time passes only while everybody sleeps.
//! * [`with_any_sleeps`]: every schedule of such a machine.
//! * [`in_any_order`]: every schedule of any.

pub mod in_any_order;
pub mod on_one_cpu;
pub mod run;
pub mod with_any_sleeps;

use crate::hardware::HostCall;
use crate::note::Said;
use crate::program::ProgramKind;
use crate::property::Broken;
use crate::shape::Shape;
use std::collections::BTreeSet;

/// What is done, and on what.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Course {
    /// The board.
    pub shape: Shape,
    /// By peripheral: its probe fails when it has acquired so many things, if it does.
    pub fails: Vec<Option<usize>>,
    /// The callbacks of hosts that sleep.
    pub slow: Slow,
    /// The steps.
    pub steps: Vec<Step>,
}

/// One step of the thread that goes through the course.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Step {
    /// It does this, and then comes the next.
    Do(ProgramKind),
    /// The same by hand (sysfs): a probe that is deferred is not tried again.
    ByHand(ProgramKind),
    /// A thread of its own does this.
    Start(ProgramKind),
    /// It sleeps for a while, shorter than a callback that sleeps.
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
    /// Whether this one does.
    pub fn has(self, call: HostCall) -> bool {
        match call {
            HostCall::Attach(_) => self.attach,
            HostCall::Detach(_) => self.detach,
            _ => call.sends().is_some() && self.transfer,
        }
    }
}

/// All that a course may come to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcomes {
    /// On a machine with one CPU, however long its sleeps take.
    pub on_one_cpu: BTreeSet<Outcome>,
    /// On any machine.
    pub on_any: BTreeSet<Outcome>,
    /// What it breaks somewhere on any, whether a kernel would notice or not.
    pub broken: Broken,
}

/// What a course comes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Outcome {
    /// Nobody says anything.
    Clean,
    /// A checker of the kernel's says something; what comes after it counts no more.
    Reported {
        /// In which step, from 1: for a thread that was started its own; none before the first and after the last.
        step: Option<usize>,
        /// What.
        said: Said,
        /// Where.
        at: &'static str,
    },
    /// Everybody waits.
    Stuck {
        /// In which step.
        step: Option<usize>,
    },
}
