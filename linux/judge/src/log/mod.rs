//! Reads the log of a boot: where in the order the kernel was, what its checkers reported there, and how it ended.
//!
//! A pure function of the text. What a report of each checker looks like is `report`'s subject; what follows for the
//! order is `verdict`'s.

mod frames;
mod report;

pub use report::{Kind, Report};

use report::Headline;
use std::collections::BTreeMap;

/// Where in the order something happened.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Place {
    /// Before the first step.
    #[default]
    SetUp,
    /// In a step: its number, from 1, and its word, or the command that was typed.
    Step(usize, String),
    /// After the last step: threads that still ran, and what kmemleak found.
    After,
}

/// How often the ends of the link were called so far. The lab's own hosts count what is asked of them; the kernel's own,
/// in a user space, nobody counts for: there the chips on I2C do.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Counts {
    /// Attach callbacks.
    pub attaches: u32,
    /// Detach callbacks.
    pub detaches: u32,
    /// Transfers on the link.
    pub transfers: u32,
    /// Transfers on I2C, by the chip's address: `0-000e` is at 0xe of adapter 0.
    pub i2c: BTreeMap<String, u32>,
}

impl Counts {
    /// Transfers on I2C, of all chips.
    #[must_use]
    pub fn i2c_transfers(&self) -> u32 {
        self.i2c.values().sum()
    }
}

/// Which checkers were there when the lab's side began.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Checkers {
    /// The kernel is built with KASAN.
    pub kasan: bool,
    /// Lockdep is there, and on.
    pub lockdep: bool,
    /// The time then, by which leaks of the boot are told from those of the order.
    jiffies: u64,
}

/// What a log says.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Log {
    /// The lab's side began, with these checkers.
    pub checkers: Option<Checkers>,
    /// Hosts and peripherals were set up.
    pub set_up: bool,
    /// What the checkers reported from then on, in order.
    pub reports: Vec<Report>,
    /// The step that could not be made.
    pub cannot: Option<String>,
    /// The lab's side gave up, with this error number.
    pub failed: Option<String>,
    /// What was counted last.
    pub counts: Counts,
    /// Where the kernel was when the log ended.
    pub last_place: Place,
    /// The last line was said.
    pub ended: bool,
}

/// What the lab's side begins its lines with.
const OURS: &str = "dsi_lab: ";

/// Reads a log.
#[must_use]
pub fn read(text: &str) -> Log {
    let lines: Vec<&str> = text.lines().collect();
    let mut log = Log::default();
    for (index, line) in lines.iter().enumerate() {
        // A line of the kernel may have been begun when ours came.
        if let Some(at) = line.find(OURS) {
            log.read_ours(&line[at + OURS.len()..]);
            continue;
        }
        let Some(checkers) = log.checkers else { continue };
        let Some(headline) = Headline::read(&lines[..index], line) else { continue };
        let end = lines[index + 1..]
            .iter()
            .position(|line| line.contains(OURS) || Headline::read(&[], line).is_some())
            .map_or(lines.len(), |length| index + 1 + length);
        let report = Report::read(headline, &lines[index..end], log.last_place.clone());
        // A panic says what is to come of an earlier report; a leak of the boot is nobody's here.
        let is_echo = report.kind == Kind::Panic && !log.reports.is_empty();
        let is_of_the_boot = report.jiffies.is_some_and(|allocated| allocated < checkers.jiffies);
        if !is_echo && !is_of_the_boot {
            log.reports.push(report);
        }
    }
    log
}

impl Log {
    fn read_ours(&mut self, line: &str) {
        let words: Vec<&str> = line.split_whitespace().collect();
        match words.as_slice() {
            ["checkers:", "kasan", kasan, "lockdep", lockdep, "jiffies", jiffies] => {
                self.checkers = Some(Checkers {
                    kasan: *kasan == "1",
                    lockdep: *lockdep == "1",
                    jiffies: jiffies.parse().unwrap_or(0),
                });
            }
            ["step", number, step @ .., "begin"] => {
                self.last_place = Place::Step(number.parse().unwrap_or(0), named(step));
            }
            ["step", _, step @ .., "cannot"] | ["thread", step @ .., "cannot"] => {
                self.cannot.get_or_insert_with(|| named(step));
            }
            ["after:", "begin"] => self.last_place = Place::After,
            ["set", "up:", "i2c", chips @ ..] => {
                self.set_up = true;
                self.counts.i2c = asked(chips);
            }
            ["counts:", "i2c", chips @ ..] => self.counts.i2c = asked(chips),
            ["end:", "i2c", chips @ ..] => {
                self.ended = true;
                self.counts.i2c = asked(chips);
            }
            ["failed:", error @ ..] => self.failed = Some(error.join(" ")),
            [when @ .., "attaches", attaches, "detaches", detaches, "transfers", transfers] => {
                let number = |text: &str| text.parse().unwrap_or(0);
                self.counts = Counts {
                    attaches: number(attaches),
                    detaches: number(detaches),
                    transfers: number(transfers),
                    ..Counts::default()
                };
                match when {
                    ["set", "up:"] => self.set_up = true,
                    ["end:"] => self.ended = true,
                    _ => (),
                }
            }
            _ => (),
        }
    }
}

/// A step's word, or its words, before the colon.
fn named(words: &[&str]) -> String {
    words.join(" ").trim_end_matches(':').to_owned()
}

/// Chips, each with how often it was asked.
fn asked(words: &[&str]) -> BTreeMap<String, u32> {
    let (pairs, _) = words.as_chunks();
    pairs.iter().map(|[chip, times]| ((*chip).to_owned(), times.parse().unwrap_or(0))).collect()
}

#[cfg(test)]
mod tests;
