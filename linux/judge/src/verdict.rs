//! The verdict on an order once its boot is over.

use crate::boot::Boot;
use crate::log::{self, Counts, Devices, Health, Kind, Log, Place, Report};
use crate::told::Told;
use lab_orders::bound::Bound;
use std::fmt;

/// The verdict.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// Every step was taken, and no checker reported anything.
    Clean,
    /// A checker reported: the first report. Whatever comes after it may be its consequence.
    Reported(Box<Report>),
    /// The step could not be taken: a thread that was started before it had taken away what it needs. No checker said
    /// anything.
    NotTaken(String),
    /// Nothing can be said about the order.
    Error(Reason),
}

/// Why nothing can be said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reason {
    /// The lab's driver printed nothing: the kernel did not boot, or has no console.
    NeverBegan,
    /// The kernel has no KASAN.
    NoKasan,
    /// Lockdep was off before the first step.
    NoLockdep,
    /// The step could not be taken.
    Cannot(String),
    /// Hosts and peripherals could not be set up.
    NotSetUp(String),
    /// The last line never came: the console was lost, or the machine stopped.
    NeverEnded,
    /// Lines were lost on the way to the console.
    Dropped,
    /// The kernel says that it has reported something, but no line of the log has it.
    Unheard(Health),
    /// Fewer steps returned than there are, or more. A step in a thread of its own returns when the thread has begun.
    Steps {
        /// How many returned.
        returned: usize,
        /// How many there are.
        of: usize,
    },
    /// Fewer threads ended than were begun, or more.
    Threads {
        /// How many ended.
        ended: usize,
        /// How many there are.
        of: usize,
    },
    /// The step failed, with this error number.
    Failed(String, i32),
    /// Something else is bound than a driver would have left that does what its variant says.
    BoundOtherwise {
        /// After this step, from 1; after set-up it is 0.
        step: usize,
        /// What had to be bound.
        expected: Bound,
        /// What was bound.
        found: Bound,
    },
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NeverBegan => f.write_str("the lab's driver printed nothing: no boot, or no console"),
            Self::NoKasan => f.write_str("the kernel has no KASAN"),
            Self::NoLockdep => f.write_str("lockdep was off before the first step"),
            // A command that was typed is shown as it was.
            Self::Cannot(step) if step.contains(' ') => write!(f, "the command failed: {step}"),
            Self::Cannot(step) => write!(f, "the step {} could not be taken", step.replace('-', " ")),
            Self::NotSetUp(error) => write!(f, "hosts and peripherals could not be set up ({error})"),
            Self::NeverEnded => {
                f.write_str("the last line never came: the console was lost, or the machine stopped")
            }
            Self::Dropped => f.write_str("the kernel dropped lines on the way to the console"),
            Self::Unheard(Health { lockdep, taint }) => {
                let lockdep = if *lockdep { "on" } else { "off" };
                write!(
                    f,
                    "the kernel reported something that the lab has not read: lockdep is {lockdep}, the kernel's taint {taint:#x}"
                )
            }
            Self::Steps { returned, of } => {
                write!(f, "the number of steps that returned is {returned}, and not {of}")
            }
            Self::Threads { ended, of } => {
                write!(f, "the number of threads that ended is {ended}, and not {of}")
            }
            Self::Failed(step, error) => write!(f, "the step {} failed ({error})", step.replace('-', " ")),
            Self::BoundOtherwise { step: 0, expected, found } => {
                write!(f, "bound after set-up: {found}; expected: {expected}")
            }
            Self::BoundOtherwise { step, expected, found } => {
                write!(f, "bound after step {step}: {found}; expected: {expected}")
            }
        }
    }
}

/// A verdict, with the counts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Judgement {
    /// The verdict.
    pub verdict: Verdict,
    /// The last counts of the calls of the ends of the link.
    pub counts: Counts,
    /// All reports, the first included.
    pub reports: Vec<Report>,
}

/// Judges a boot, knowing what it was told. If something did not happen, that is an error.
#[must_use]
pub fn judge_told(boot: &Boot, told: Told<'_>) -> Judgement {
    let log = log::read(&boot.log);
    let mut judgement = judge_log(&log, boot.timed_out);
    if let Verdict::Error(Reason::Cannot(step)) = &judgement.verdict
        && told.has_thread_before(&log)
    {
        judgement.verdict = Verdict::NotTaken(step.clone());
    }
    if judgement.verdict == Verdict::Clean
        && let Some(reason) = told.contradicted_by(&log)
    {
        judgement.verdict = Verdict::Error(reason);
    }
    judgement
}

/// Judges a boot by its log alone.
#[must_use]
pub fn judge(boot: &Boot) -> Judgement {
    judge_log(&log::read(&boot.log), boot.timed_out)
}

fn judge_log(log: &Log, timed_out: bool) -> Judgement {
    let judgement = |verdict| Judgement { verdict, counts: log.counts.clone(), reports: log.reports.clone() };
    let error = |reason| judgement(Verdict::Error(reason));
    let Some(checkers) = log.checkers else {
        return error(Reason::NeverBegan);
    };
    if !checkers.kasan {
        return error(Reason::NoKasan);
    }
    if let Some(first) = log.reports.first() {
        return judgement(Verdict::Reported(Box::new(first.clone())));
    }
    if !checkers.lockdep {
        return error(Reason::NoLockdep);
    }
    if let Some(step) = &log.cannot {
        return error(Reason::Cannot(step.clone()));
    }
    if let Some(number) = &log.failed {
        return error(Reason::NotSetUp(number.clone()));
    }
    let reported = |report: Report| Judgement {
        reports: vec![report.clone()],
        ..judgement(Verdict::Reported(Box::new(report)))
    };
    if timed_out {
        return reported(Report::of_the_lab(Kind::Timeout, log.last_place.clone(), Vec::new()));
    }
    if log.dropped {
        return error(Reason::Dropped);
    }
    if let Some(Devices { removed, released, held }) = log.devices
        && released + held < removed
    {
        let said = format!("DSI devices removed: {removed}; released: {released}; held by a driver: {held}");
        return reported(Report::of_the_lab(Kind::NeverReleased, Place::After, vec![said]));
    }
    match (log.before, log.left) {
        (Some(before), Some(left)) if left.is_worse_than(before) => error(Reason::Unheard(left)),
        (Some(_), Some(_)) if log.ended => judgement(Verdict::Clean),
        _ => error(Reason::NeverEnded),
    }
}

impl Report {
    /// What no checker of the kernel's reports.
    fn of_the_lab(kind: Kind, place: Place, text: Vec<String>) -> Self {
        Self { kind, place, function: None, source: None, trace: Vec::new(), text, jiffies: None }
    }
}
