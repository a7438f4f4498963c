//! What is said about an order once its boot is over.

use crate::boot::Boot;
use crate::log::{self, Counts, Kind, Place, Report};
use std::fmt;

/// The verdict.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// Every step was taken, and no checker said anything.
    Clean,
    /// A checker reported: the first report. Whatever comes after it may be its consequence.
    Reported(Box<Report>),
    /// Nothing can be said about the order.
    Error(Reason),
}

/// Why nothing can be said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reason {
    /// The lab's side was never heard of: the kernel did not boot, or has no console.
    NeverBegan,
    /// The kernel has no KASAN.
    NoKasan,
    /// Lockdep was off before the first step.
    NoLockdep,
    /// The step could not be made.
    Cannot(String),
    /// Hosts and peripherals could not be set up.
    NotSetUp(String),
    /// The last line never came: the console was lost, or the machine stopped.
    NeverEnded,
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NeverBegan => f.write_str("the lab's driver was never heard of: no boot, or no console"),
            Self::NoKasan => f.write_str("the kernel has no KASAN"),
            Self::NoLockdep => f.write_str("lockdep was off before the first step"),
            // A command that was typed is shown as it was.
            Self::Cannot(step) if step.contains(' ') => write!(f, "the command failed: {step}"),
            Self::Cannot(step) => write!(f, "the step {} could not be made", step.replace('-', " ")),
            Self::NotSetUp(error) => write!(f, "hosts and peripherals could not be set up ({error})"),
            Self::NeverEnded => {
                f.write_str("the last line never came: the console was lost, or the machine stopped")
            }
        }
    }
}

/// A verdict, with what was counted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Judgement {
    /// The verdict.
    pub verdict: Verdict,
    /// The calls of the ends of the link, as they were counted last.
    pub counts: Counts,
    /// All reports, the first included.
    pub reports: Vec<Report>,
}

/// Judges a boot.
#[must_use]
pub fn judge(boot: &Boot) -> Judgement {
    let log = log::read(&boot.log);
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
    if boot.timed_out {
        let report = Report::timeout(log.last_place.clone());
        return Judgement { reports: vec![report.clone()], ..judgement(Verdict::Reported(Box::new(report))) };
    }
    if !log.ended {
        return error(Reason::NeverEnded);
    }
    judgement(Verdict::Clean)
}

impl Report {
    fn timeout(place: Place) -> Self {
        Self {
            kind: Kind::Timeout,
            place,
            function: None,
            source: None,
            trace: Vec::new(),
            text: Vec::new(),
            jiffies: None,
        }
    }
}
