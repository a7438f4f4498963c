//! What one step did, for those who read a sequence of steps: where it was, what it did, and what it broke.

use crate::property::{Broken, Event, Property};

/// Whose code a step runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Lane {
    /// The host controller's driver.
    HostDriver,
    /// The bus core.
    Bus,
    /// The peripheral's driver, or somebody else who holds what it gave them.
    PeripheralDriver,
}

impl Lane {
    /// All, in the order of the reports.
    pub const ALL: [Self; 3] = [Self::HostDriver, Self::Bus, Self::PeripheralDriver];

    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Self::HostDriver => "host driver",
            Self::Bus => "bus",
            Self::PeripheralDriver => "peripheral driver",
        }
    }
}

/// What a kernel's own checkers would report for a step. A model of the kernel says so where the kernel would notice;
/// what only an onlooker sees is a broken property and nothing more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum KernelReport {
    /// KASAN: memory is used after it was freed.
    UseAfterFree,
    /// KASAN: memory outside the allocation is read.
    OutOfBounds,
    /// A WARN_ON.
    Warn,
    /// kmemleak, when it looks at the end: something is lost.
    Leak,
}

/// What a reader sees of a step.
///
/// `at` names the place that the actor has reached, so that a script can say "until there": a function of the kernel, an
/// operation of the bus, a callback. It has no spaces and no commas.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Seen {
    /// Whose code ran.
    pub lane: Lane,
    /// Where.
    pub at: &'static str,
    /// What it did, as a sentence without a full stop.
    pub does: &'static str,
    /// What it broke.
    pub broke: Broken,
    /// What a kernel would report for it.
    pub says: Option<KernelReport>,
    /// What happened in it that every search has to see, one bit each.
    pub events: u8,
}

impl Seen {
    /// For a step that has done nothing yet.
    pub const NOTHING: Self =
        Self { lane: Lane::Bus, at: "", does: "", broke: Broken::NOTHING, says: None, events: 0 };

    /// Says where the step was and what it did.
    pub fn note(&mut self, at: &'static str, does: &'static str) {
        (self.at, self.does) = (at, does);
    }

    /// Says that the step broke something.
    pub fn breaks(&mut self, property: Property) {
        self.broke.add(property);
    }

    /// Says what a kernel would report for it.
    pub fn says(&mut self, report: KernelReport) {
        self.says = Some(report);
    }

    /// Says that something happened, if it did.
    pub fn happens_if(&mut self, did: bool, event: Event) {
        if did {
            self.events |= event.bit();
        }
    }

    /// Says that the step broke something, if it did.
    pub fn breaks_if(&mut self, is_broken: bool, property: Property) {
        if is_broken {
            self.breaks(property);
        }
    }
}
