//! What the bus costs: a write of one byte, the life of a device, and its text, on both cores.
//!
//! `lab-driver/cost.c` measures these, and two locked operations beside them.

use crate::boot::{self, Starter};
use crate::kernel::{Kernel, Processors};
use crate::qemu::{self, Way};
use std::io;
use std::process::Command;
use thiserror::Error;

/// How long a boot may take, in seconds.
const PATIENCE_S: u32 = 1200;

/// The unit of a measurement.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    /// By the clock.
    Nanoseconds,
    /// By qemu's count.
    Instructions,
}

impl std::fmt::Display for Unit {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Nanoseconds => "ns",
            Self::Instructions => "instructions",
        })
    }
}

/// What a boot has measured, the least of all times.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Cost {
    /// In what.
    pub unit: Unit,
    /// Two read-modify-write operations with the lock prefix.
    pub two_locked: f64,
    /// A DCS write of one byte through a host that does nothing.
    pub write: f64,
    /// A device is registered, attached, detached and unregistered.
    pub life: f64,
    /// The bytes of the bus's code and constants in the kernel.
    pub text: u64,
}

/// Why nothing was measured.
#[derive(Debug, Error)]
pub enum CostError {
    /// The kernel could not be booted.
    #[error("the kernel could not be booted: {0}")]
    Boot(io::Error),
    /// The bus's objects could not be read.
    #[error("the size of the bus could not be read: {0}")]
    Size(io::Error),
    /// It did not come to its end.
    #[error("the measurement did not come to its end; the last line of the console: {0}")]
    NoEnd(String),
}

/// Boots both kernels, which are without checkers, and measures so many times in each. On two processors KVM is tried
/// first; where it does not work for both, qemu counts instructions.
///
/// # Errors
///
/// See [`CostError`].
pub fn measure(stock: &Kernel, rust: &Kernel, times: u32) -> Result<[Cost; 2], CostError> {
    let with = |way| Ok([measure_one(stock, way, times)?, measure_one(rust, way, times)?]);
    match stock.machine.processors {
        Processors::One => with(Way::Runs),
        Processors::Two => with(Way::Kvm).or_else(|_: CostError| with(Way::Counts)),
    }
}

fn measure_one(kernel: &Kernel, way: Way, times: u32) -> Result<Cost, CostError> {
    let arguments = [format!("dsi_lab.cost={times}")];
    let text = text(kernel).map_err(CostError::Size)?;
    if kernel.machine.processors == Processors::One {
        let boot = boot::boot(Starter::find(), kernel, &kernel.scratch, &arguments, PATIENCE_S);
        return read(&boot.map_err(CostError::Boot)?.log, Unit::Nanoseconds, text);
    }
    let unit = if way == Way::Counts { Unit::Instructions } else { Unit::Nanoseconds };
    let boot = qemu::boot(&kernel.program, way, &[], &arguments, PATIENCE_S).map_err(CostError::Boot)?;
    read(&boot.log, unit, text)
}

/// The text of the objects that the bus is made of, as size(1) has it: code and constants.
fn text(kernel: &Kernel) -> io::Result<u64> {
    let objects =
        std::fs::read_dir(&kernel.bus)?.map(|entry| Ok(entry?.path())).collect::<io::Result<Vec<_>>>()?;
    let output = Command::new("llvm-size-19").args(objects).output()?;
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    let texts = said.lines().skip(1).map(|line| line.split_whitespace().next()?.parse::<u64>().ok());
    texts.sum::<Option<u64>>().filter(|text| *text > 0).ok_or_else(|| io::Error::other(said))
}

/// Reads the log of a boot.
fn read(log: &str, unit: Unit, text: u64) -> Result<Cost, CostError> {
    let lines = log.lines().filter_map(|line| Some(line.split_once("dsi_lab: cost: ")?.1));
    let mut has_ended = false;
    let mut least: Option<[u64; 3]> = None;
    for line in lines {
        has_ended |= line == "end";
        let numbers = line.split(' ').filter_map(|word| word.parse::<u64>().ok()).collect::<Vec<_>>();
        if let [two_locked, write, life] = numbers[..] {
            let [a, b, c] = least.unwrap_or([u64::MAX; 3]);
            least = Some([a.min(two_locked), b.min(write), c.min(life)]);
        }
    }
    match least.filter(|_| has_ended) {
        // In thousandths.
        Some(least) => {
            let [two_locked, write, life] = least.map(|number| number as f64 / 1000.0);
            Ok(Cost { unit, two_locked, write, life, text })
        }
        None => Err(CostError::NoEnd(log.lines().last().unwrap_or_default().to_owned())),
    }
}

/// A table of both cores, with what was aimed at.
#[must_use]
pub fn table(stock: &Cost, rust: &Cost) -> String {
    let unit = stock.unit;
    let peer = stock.two_locked.min(rust.two_locked);
    let more = rust.write - stock.write;
    let row = |name: &str, stock: f64, rust: f64| {
        format!("{name:32}  {stock:10.1}  {rust:10.1}  {:10.2}\n", rust / stock)
    };
    format!(
        "{:32}  {:>10}  {:>10}  {:>10}\n{}{}{}two locked operations {peer:.1} {unit}; a write takes {more:.1} more, {:.2} of them \
         (goal: at most 1.25); a life at most 1.10 times\n",
        format!("in {unit}"),
        "stock",
        "Rust",
        "ratio",
        row("a write of one byte", stock.write, rust.write),
        row("the life of a device", stock.life, rust.life),
        row("text, in bytes", stock.text as f64, rust.text as f64),
        more / peer
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    const LOG: &str = "\
[1] dsi_lab: cost: two locked 9000 write 4800 life 900000
[2] dsi_lab: cost: two locked 8000 write 5000 life 1000000
";

    #[test]
    fn the_least_of_all_times_counts() {
        let log = format!("{LOG}[3] dsi_lab: cost: end\n");
        let cost = read(&log, Unit::Nanoseconds, 9).expect("it has ended");
        assert_eq!(cost, Cost { unit: Unit::Nanoseconds, two_locked: 8.0, write: 4.8, life: 900.0, text: 9 });
    }

    #[test]
    fn what_did_not_end_says_nothing() {
        let error = read(LOG, Unit::Instructions, 9).expect_err("it has no end");
        assert!(error.to_string().contains("write 5000"), "{error}");
    }

    #[test]
    fn the_table_compares_with_two_locked_operations() {
        let stock = Cost { unit: Unit::Nanoseconds, two_locked: 8.0, write: 5.0, life: 100.0, text: 100 };
        let rust = Cost { write: 14.0, life: 105.0, ..stock };
        let table = table(&stock, &rust);
        assert!(table.contains("a write takes 9.0 more, 1.12 of them"), "{table}");
        assert!(table.contains("1.05"), "{table}");
    }
}
