//! Reads the log of a boot: where in the order the kernel was, what its checkers reported there, and how it ended.
//!
//! A pure function of the text. `report` knows what a report of each checker looks like; `verdict` knows what follows
//! for the order.

mod frames;
mod report;

pub use report::{Kind, Report};

use lab_orders::bound::Bound;
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

/// How often the ends of the link were called so far. The lab's own hosts count their calls; for the kernel's own hosts,
/// in a user space, nobody counts: there the chips on I2C count.
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
    /// The time at that moment, which separates leaks of the boot from those of the order.
    jiffies: u64,
}

/// The kernel's own view of its state.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Health {
    /// Whether lockdep is there, and on.
    pub lockdep: bool,
    /// The kernel's taint: a bit for each thing that has happened to it.
    pub taint: u64,
}

impl Health {
    /// Something died, a page was bad (which KASAN also reports), or there was a warning:
    /// `TAINT_DIE`, `TAINT_BAD_PAGE`, `TAINT_WARN`.
    const REPORTED: u64 = 1 << 7 | 1 << 5 | 1 << 9;

    /// Whether a checker must have reported since the kernel was in the state `before`.
    #[must_use]
    pub fn is_worse_than(self, before: Self) -> bool {
        (before.lockdep && !self.lockdep) || self.taint & !before.taint & Self::REPORTED != 0
    }
}

/// DSI devices, counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Devices {
    /// Those that were removed from the bus.
    pub removed: u32,
    /// Those of them whose memory was given back.
    pub released: u32,
    /// Those of the others that a bound driver has registered, and may look at.
    pub held: u32,
}

/// What was bound at one moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BoundThen {
    /// What.
    pub bound: Bound,
    /// How many threads were taking a step then.
    pub threads: u32,
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
    /// The steps that were begun, or the commands.
    pub begun: Vec<String>,
    /// The steps that returned, or the commands, with their results.
    pub returned: Vec<(String, i32)>,
    /// The steps that returned in a thread of their own.
    pub threads_returned: Vec<(String, i32)>,
    /// What was bound after set-up, after each step, and at the end.
    pub bound: Vec<BoundThen>,
    /// The step that could not be taken.
    pub cannot: Option<String>,
    /// The lab's side gave up, with this error number.
    pub failed: Option<String>,
    /// The last counts.
    pub counts: Counts,
    /// Where the kernel was when the log ended.
    pub last_place: Place,
    /// The kernel's state before the first step.
    pub before: Option<Health>,
    /// Its state after the last step.
    pub left: Option<Health>,
    /// What had become of the DSI devices after the last step.
    pub devices: Option<Devices>,
    /// Lines were lost on the way to the console.
    pub dropped: bool,
    /// Whether the last line was printed.
    pub ended: bool,
}

/// The prefix of the lines of the lab's side.
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
        log.dropped |= is_of_dropped_lines(line);
        let Some(headline) = Headline::read(&lines[..index], line) else { continue };
        let end = lines[index + 1..]
            .iter()
            .position(|line| {
                let next = Headline::read(&[], line);
                line.contains(OURS) || next.is_some_and(|next| !next.goes_on(&headline.kind))
            })
            .map_or(lines.len(), |length| index + 1 + length);
        let place = log.place_of(&lines[index..end]);
        let report = Report::read(headline, &lines[index..end], place);
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
    /// Where in the order a report belongs: to the step in whose thread it was, or else to the last step that had begun.
    fn place_of(&self, report: &[&str]) -> Place {
        report::step_of_thread(report)
            .and_then(|number| Some(Place::Step(number, self.begun.get(number.checked_sub(1)?)?.clone())))
            .unwrap_or_else(|| self.last_place.clone())
    }

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
            ["before:", health @ ..] => self.before = health_of(health),
            ["left:", health @ ..] => self.left = health_of(health),
            ["devices:", "removed", removed, "released", released, "held", held] => {
                self.devices = devices(removed, released, held);
            }
            ["step", number, step @ .., "begin"] => {
                self.last_place = Place::Step(number.parse().unwrap_or(0), named(step));
                self.begun.push(named(step));
            }
            ["step", _, step @ .., "cannot"] | ["thread", step @ .., "cannot"] => {
                self.cannot.get_or_insert_with(|| named(step));
            }
            ["step", _, step @ .., "returned", result] => self.returned.extend(returned(step, result)),
            ["thread", step @ .., "returned", result] => self.threads_returned.extend(returned(step, result)),
            ["bound:", hosts, peripherals, threads] => {
                self.bound.extend(bound_then(hosts, peripherals, threads));
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

/// `lockdep 1 tainted 0`.
fn health_of(words: &[&str]) -> Option<Health> {
    match words {
        ["lockdep", lockdep, "tainted", taint] => {
            Some(Health { lockdep: *lockdep == "1", taint: taint.parse().ok()? })
        }
        _ => None,
    }
}

fn devices(removed: &str, released: &str, held: &str) -> Option<Devices> {
    Some(Devices {
        removed: removed.parse().ok()?,
        released: released.parse().ok()?,
        held: held.parse().ok()?,
    })
}

/// `** 12 printk messages dropped **`.
fn is_of_dropped_lines(line: &str) -> bool {
    line.contains("** ") && line.contains(" printk messages dropped **")
}

fn returned(step: &[&str], result: &str) -> Option<(String, i32)> {
    Some((named(step), result.parse().ok()?))
}

/// `hosts=10`, `peripherals=1`, `threads=0`: of each end whether a driver is bound to it.
fn bound_then(hosts: &str, peripherals: &str, threads: &str) -> Option<BoundThen> {
    let of = |text: &str| text.chars().map(|c| c == '1').collect();
    let bound = Bound {
        hosts: of(hosts.strip_prefix("hosts=")?),
        peripherals: of(peripherals.strip_prefix("peripherals=")?),
    };
    Some(BoundThen { bound, threads: threads.strip_prefix("threads=")?.parse().ok()? })
}

/// Chips, each with how often it was accessed.
fn asked(words: &[&str]) -> BTreeMap<String, u32> {
    let (pairs, _) = words.as_chunks();
    pairs.iter().map(|[chip, times]| ((*chip).to_owned(), times.parse().unwrap_or(0))).collect()
}

#[cfg(test)]
mod tests;
