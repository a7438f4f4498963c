//! Rounds of threads: hosts that come and go, while others find them, attach, send and leave on every channel.
//!
//! `lab-driver/rounds.c` takes them, and counts; the kernel's checkers watch.

use crate::log::{self, Report};
use std::collections::BTreeMap;
use thiserror::Error;

/// How long a boot may take, in seconds.
pub const PATIENCE_S: u32 = 3600;

/// What the rounds came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rounds {
    /// What was counted, by its name: hosts, devices, attaches, transfers, refused, unequal.
    pub counts: BTreeMap<String, u64>,
    /// What the checkers reported.
    pub reports: Vec<Report>,
}

/// Why nothing can be said.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum RoundsError {
    /// The kernel has no checkers, or was never heard of.
    #[error("the kernel has no KASAN, or was never heard of")]
    NoCheckers,
    /// The last line never came.
    #[error("the rounds did not come to their end")]
    NoEnd,
    /// The kernel has reported something that is in no line of the log.
    #[error("something was reported, but not seen in the log")]
    Unheard,
}

impl Rounds {
    /// Whether no checker reported, each host was detached from as often as attached to, and there were rounds at all.
    #[must_use]
    pub fn is_clean(&self) -> bool {
        let count = |name: &str| self.counts.get(name).copied();
        self.reports.is_empty()
            && count("unequal") == Some(0)
            && count("attaches").is_some_and(|count| count > 0)
    }
}

/// What a kernel is told that takes the rounds, and halts.
#[must_use]
pub fn arguments(lives: u32) -> Vec<String> {
    vec![format!("dsi_lab.lives={lives}")]
}

/// Reads the log of a boot.
///
/// # Errors
///
/// [`RoundsError`] if it says nothing.
pub fn read(text: &str) -> Result<Rounds, RoundsError> {
    let log = log::read(text);
    if !log.checkers.is_some_and(|checkers| checkers.kasan) {
        return Err(RoundsError::NoCheckers);
    }
    let line = text.lines().find_map(|line| Some(line.split_once("dsi_lab: rounds: ")?.1));
    let counts = line.map(|line| {
        let words: Vec<&str> = line.split_whitespace().collect();
        let (pairs, _) = words.as_chunks();
        pairs.iter().filter_map(|[name, count]| Some(((*name).to_owned(), count.parse().ok()?))).collect()
    });
    if !log.reports.is_empty() {
        return Ok(Rounds { counts: counts.unwrap_or_default(), reports: log.reports });
    }
    let counts = counts.ok_or(RoundsError::NoEnd)?;
    match (log.before, log.left) {
        (Some(before), Some(left)) if left.is_worse_than(before) => Err(RoundsError::Unheard),
        (Some(_), Some(_)) => Ok(Rounds { counts, reports: Vec::new() }),
        _ => Err(RoundsError::NoEnd),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LOG: &str = "\
dsi_lab: checkers: kasan 1 lockdep 1 jiffies 1
dsi_lab: before: lockdep 1 tainted 0
dsi_lab: rounds: hosts 10 devices 8 attaches 7 transfers 9 refused 3 unequal 0
dsi_lab: left: lockdep 1 tainted 0
";

    #[test]
    fn rounds_are_clean_if_nothing_was_reported_and_counts_are_equal() {
        assert!(read(LOG).expect("it has ended").is_clean());
        assert!(!read(&LOG.replace("unequal 0", "unequal 1")).expect("it has ended").is_clean());
        assert!(!read(&LOG.replace("attaches 7", "attaches 0")).expect("it has ended").is_clean());
        let reported =
            LOG.replace("dsi_lab: rounds", "BUG: KASAN: slab-use-after-free in f+0x1/0x2\ndsi_lab: rounds");
        assert!(!read(&reported).expect("it has ended").is_clean());
    }

    #[test]
    fn what_is_not_heard_to_its_end_is_an_error() {
        let without =
            |part: &str| LOG.lines().filter(|line| !line.contains(part)).collect::<Vec<_>>().join("\n");
        assert_eq!(read(&without("rounds")), Err(RoundsError::NoEnd));
        assert_eq!(read(&without("left")), Err(RoundsError::NoEnd));
        assert_eq!(read(&without("checkers")), Err(RoundsError::NoCheckers));
        assert_eq!(read(&LOG.replace("left: lockdep 1", "left: lockdep 0")), Err(RoundsError::Unheard));
    }
}
