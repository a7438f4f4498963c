//! A kernel as judge: tried first, then booted once for each order.

use crate::boot::{self, Leaks, PATIENCE_S, Starter};
use crate::kernel::{Kernel, Machine, Processors};
use crate::log::Report;
use crate::storage;
use crate::told::Told;
use crate::verdict::{Judgement, judge_told};
use lab_orders::variant::{BASIC, Probe, Release};
use lab_orders::{Order, Step, Variant};
use rayon::prelude::*;
use std::ffi::OsString;
use std::io;
use std::num::NonZeroU32;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use thiserror::Error;

/// Whether to look for leaks if the user does not say: in the orders in which a probe or a registration fails, which is
/// where the bus loses memory.
#[must_use]
pub fn usual_leaks(order: &Order) -> Leaks {
    let peripherals = order.variant.peripherals;
    let fails = match order.variant.probe() {
        Probe::FailsRegistered | Probe::FailsAttached => true,
        // Nothing is registered that could be met.
        Probe::TakesNothing => false,
        // The channel may have been taken by another, or by what this driver has left there.
        Probe::Succeeds => match peripherals.release {
            Release::Forgotten | Release::Never => true,
            Release::Managed | Release::ByHand => peripherals.has_rivals(),
        },
    };
    if fails { Leaks::Looked } else { Leaks::NotLooked }
}

/// Why orders could not be run.
#[derive(Debug, Error)]
pub enum RunError {
    /// The kernel could not be started, or its console could not be read.
    #[error("{}", storage::in_words("the kernel could not be booted", .0))]
    Boot(io::Error),
    /// The kernel overlooks a planted fault of this kind: then its silence means nothing.
    #[error("the kernel can't judge: it did not report what the lab planted in it: {0}")]
    Blind(String),
}

/// The faults with which a kernel is tested: the lab's name of a fault, and the kind that the kernel has to report.
/// Nearly every run looks for leaks in some orders, so a leak is among them.
const PLANTED: [(&str, &str); 3] =
    [("leak", "kmemleak"), ("warning", "WARN"), ("use-after-free", "KASAN use-after-free")];

/// Those of [`PLANTED`] that a kernel of this machine is tested with. In qemu the time that kmemleak takes really passes:
/// minutes. Nothing looks for leaks there.
fn planted(machine: Machine) -> &'static [(&'static str, &'static str)] {
    match machine.processors {
        Processors::One => &PLANTED,
        Processors::Two => &PLANTED[1..],
    }
}

/// The first kind of these faults that is not among the reports.
fn overlooked(planted: &[(&str, &'static str)], reports: &[Report]) -> Option<&'static str> {
    let is_there = |kind: &str| reports.iter().any(|report| report.kind.to_string() == kind);
    planted.iter().map(|(_, kind)| *kind).find(|kind| !is_there(kind))
}

/// Real seconds until a boot that takes an order and does not end is killed.
fn patience_s(machine: Machine) -> u32 {
    match machine.processors {
        Processors::One => PATIENCE_S,
        Processors::Two => 20 * PATIENCE_S,
    }
}

/// A kernel that has reported what it has to report.
#[derive(Debug)]
pub struct Judge<'kernel> {
    kernel: &'kernel Kernel,
    starter: Starter,
    /// Removed when the judge goes; boots that crash leave things there.
    scratch: PathBuf,
}

impl<'kernel> Judge<'kernel> {
    /// Tests the kernel.
    ///
    /// # Errors
    ///
    /// The kernel can't be booted, or overlooks a fault that it has to report.
    pub fn new(kernel: &'kernel Kernel) -> Result<Self, RunError> {
        /// The judges of one process share neither an initramfs nor a lifetime.
        static JUDGES: AtomicUsize = AtomicUsize::new(0);
        let number = JUDGES.fetch_add(1, Ordering::Relaxed);
        let scratch = kernel.scratch.join(format!("{}-{number}", std::process::id()));
        std::fs::create_dir_all(&scratch).map_err(RunError::Boot)?;
        let judge = Self { kernel, starter: Starter::find(), scratch };
        let planted = planted(kernel.machine);
        let leaks = if planted == PLANTED { Leaks::Looked } else { Leaks::NotLooked };
        let steps = planted.iter().map(|(fault, _)| Step::Plant((*fault).to_owned())).collect();
        let order = Order { variant: Variant::plain(BASIC[0]), steps };
        let reports = judge.judge(&order, leaks).map_err(RunError::Boot)?.reports;
        match overlooked(planted, &reports) {
            Some(kind) => Err(RunError::Blind(kind.to_owned())),
            None => Ok(judge),
        }
    }

    /// Boots once, and judges.
    ///
    /// # Errors
    ///
    /// The kernel could not be started, or its console could not be read.
    pub fn judge(&self, order: &Order, leaks: Leaks) -> io::Result<Judgement> {
        Ok(self.hear(order, leaks, None)?.1)
    }

    /// Boots once, with lengths of sleeps that are drawn from `seed` if there is one, and returns the log with the
    /// judgement.
    ///
    /// # Errors
    ///
    /// The kernel could not be started, or its console could not be read.
    pub fn hear(
        &self,
        order: &Order,
        leaks: Leaks,
        seed: Option<NonZeroU32>,
    ) -> io::Result<(String, Judgement)> {
        let told = if seed.is_some() { Told::Drawn(order) } else { Told::Order(order) };
        self.hear_with(told, &boot::arguments(order, leaks, seed))
    }

    /// Boots once with the caller's arguments, which tell it `told`, and returns the log with the judgement.
    pub(crate) fn hear_with(
        &self,
        told: Told<'_>,
        arguments: &[OsString],
    ) -> io::Result<(String, Judgement)> {
        let boot =
            boot::boot(self.starter, self.kernel, &self.scratch, arguments, patience_s(self.kernel.machine))?;
        let judgement = judge_told(&boot, told);
        Ok((boot.log, judgement))
    }

    /// Its kernel.
    /// Boots once with these arguments, in place of an order, and gives the log. A kernel that does not end in so many
    /// seconds is stopped.
    ///
    /// # Errors
    ///
    /// The kernel could not be started, or its console not be read.
    pub fn log_of(&self, arguments: &[String], patience_s: u32) -> io::Result<String> {
        Ok(boot::boot(self.starter, self.kernel, &self.scratch, arguments, patience_s)?.log)
    }

    pub(crate) fn kernel(&self) -> &Kernel {
        self.kernel
    }

    /// A folder that lasts as long as the judge.
    pub(crate) fn scratch(&self) -> &Path {
        &self.scratch
    }

    /// Judges all of `orders`, in parallel; the judgements are in their order. `leaks` says for which orders to look
    /// for leaks, `progress` is called after each.
    ///
    /// # Errors
    ///
    /// See [`Self::judge`]; one error ends all.
    pub fn judge_all(
        &self,
        orders: &[Order],
        leaks: &(dyn Fn(&Order) -> Leaks + Sync),
        progress: &(dyn Fn() + Sync),
    ) -> io::Result<Vec<Judgement>> {
        let judge = |order| {
            let judgement = self.judge(order, leaks(order));
            progress();
            judgement
        };
        orders.par_iter().map(judge).collect()
    }
}

impl Drop for Judge<'_> {
    fn drop(&mut self) {
        // What stays is in a cache, and small.
        let _ = std::fs::remove_dir_all(&self.scratch);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::log;
    use lab_orders::built_in::{Group, built_in};

    #[test]
    fn lost_memory_is_looked_for_where_registrations_fail() {
        let counts = Group::ALL.map(|group| {
            let orders = built_in(group);
            let looked = orders.iter().filter(|order| usual_leaks(order) == Leaks::Looked).count();
            (looked, orders.len())
        });
        assert_eq!(counts, [(0, 506), (293, 697), (0, 416)]);
    }

    #[test]
    fn a_disk_that_is_full_is_told_with_what_to_do() {
        let error = std::fs::write("/dev/full", "x").expect_err("there is no room");
        let said = RunError::Boot(error).to_string();
        assert!(said.starts_with("the kernel could not be booted: the disk is full"), "{said}");
    }

    #[test]
    fn a_kernel_that_overlooks_one_of_the_planted_is_no_judge() {
        // Logs of other orders, with all that is planted in them together.
        let logs = [
            include_str!("log/logs/leak.log"),
            include_str!("log/logs/detach_warning.log"),
            include_str!("log/logs/use_after_free.log"),
        ];
        let mut reports: Vec<_> = logs.iter().flat_map(|text| log::read(text).reports).collect();
        assert_eq!(overlooked(&PLANTED, &reports), None);
        for (_, kind) in PLANTED {
            let rest: Vec<_> =
                reports.iter().filter(|report| report.kind.to_string() != kind).cloned().collect();
            assert_eq!(overlooked(&PLANTED, &rest), Some(kind));
        }
        reports.clear();
        assert_eq!(overlooked(&PLANTED, &reports), Some("kmemleak"));
    }
}
