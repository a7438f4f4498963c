//! Boots a kernel once, and returns its console's output.
//!
//! A kernel for two processors boots in qemu (`qemu`). One for one processor is a process. It runs in User Mode Linux's time travel mode: a sleep takes no real time, so a timeout of
//! a minute is over at once, and the kernel switches threads only where one sleeps, in every run in the same way. How
//! long they sleep can be drawn from a seed.

use std::ffi::{OsStr, OsString};
use std::io::{self, Read};
use std::num::NonZeroU32;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::kernel::{Checkers, Kernel, Processors};
use crate::qemu;
use lab_orders::{Order, Step, Variant};

/// Real seconds until a boot that does not end is killed. A boot takes a fraction of one.
pub const PATIENCE_S: u32 = 30;

/// How a boot went.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Boot {
    /// The console's output, line by line as it came; bytes that are not UTF-8 are replaced.
    pub log: String,
    /// The kernel did not end in time, and was killed.
    pub timed_out: bool,
}

/// Whether to look for leaks. That takes twice as long as the rest of a boot.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Leaks {
    /// Wait for kmemleak at the end, which says what it found.
    Looked,
    /// Don't wait.
    NotLooked,
}

/// The arguments of every kernel in User Mode Linux. The console's log level lets everything through, the lab's own lines included;
/// ignore_loglevel would let them through even a console that was silenced on purpose.
const ALWAYS: [&str; 5] = ["mem=96M", "con=null", "con0=fd:0,fd:1", "stderr=1", "loglevel=8"];

/// The arguments of every kernel that judges.
const JUDGES: [&str; 2] = ["kasan.fault=report", "kasan_multi_shot"];

/// Sleeps take no time. What is measured takes the time that it takes.
const TIME_TRAVEL: &str = "time-travel=inf-cpu";

/// The arguments of a kernel that takes the steps of an order, and halts. With a seed it draws how long slow
/// hosts, waits and the pause after a start sleep; without one these lengths are fixed.
#[must_use]
pub fn arguments(order: &Order, leaks: Leaks, seed: Option<NonZeroU32>) -> Vec<OsString> {
    let Variant { peripherals, host } = order.variant;
    let steps: Vec<_> = order.steps.iter().map(Step::word).collect();
    let mut arguments = vec![
        format!("dsi_lab.variant={}", peripherals.name),
        format!("dsi_lab.host={}", host.name()),
        format!("dsi_lab.steps={}", steps.join(",")),
    ];
    if leaks == Leaks::Looked {
        arguments.extend(["kmemleak.verbose=1", "dsi_lab.leaks=1"].map(str::to_owned));
    }
    arguments.extend(seed.map(|seed| format!("dsi_lab.seed={seed}")));
    arguments.into_iter().map(OsString::from).collect()
}

/// How to start processes: a User Mode Linux kernel whose addresses are randomised has up to a gigabyte of address
/// space to describe, and takes half as long again. If the system does not allow to switch that off, it stays on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Starter {
    fixed_addresses: bool,
}

impl Starter {
    /// Finds out what the system allows.
    #[must_use]
    pub fn find() -> Self {
        let tried = Command::new("setarch").args(["-R", "true"]).stderr(Stdio::null()).status();
        Self { fixed_addresses: tried.is_ok_and(|status| status.success()) }
    }

    /// timeout(1), which kills the kernel with all processes that it has created.
    fn command(self) -> Command {
        if !self.fixed_addresses {
            return Command::new("timeout");
        }
        let mut command = Command::new("setarch");
        command.args(["-R", "timeout"]);
        command
    }
}

/// Boots `kernel` with `arguments`, and waits until it has halted, `patience_s` seconds at most. `scratch` is a folder for
/// what User Mode Linux leaves behind.
///
/// # Errors
///
/// The kernel could not be started, or its output could not be read.
pub fn boot(
    starter: Starter,
    kernel: &Kernel,
    scratch: &Path,
    arguments: &[impl AsRef<OsStr>],
    patience_s: u32,
) -> io::Result<Boot> {
    let judges: &[&str] = if kernel.machine.checkers == Checkers::On { &JUDGES } else { &[] };
    if kernel.machine.processors == Processors::Two {
        return qemu::boot(&kernel.program, qemu::Way::Runs, judges, arguments, patience_s);
    }
    let mut uml_dir = OsString::from("uml_dir=");
    uml_dir.push(scratch);
    let mut command = starter.command();
    command
        .args(["--signal=KILL", &patience_s.to_string()])
        .arg(&kernel.program)
        .args(ALWAYS)
        .args(judges)
        .args((kernel.machine.checkers == Checkers::On).then_some(TIME_TRAVEL))
        .arg("panic=-1")
        .args(arguments)
        .arg(uml_dir);
    listen(command, patience_s)
}

/// Runs timeout(1) with a kernel, and listens to its console until it ends.
pub(crate) fn listen(mut command: Command, patience_s: u32) -> io::Result<Boot> {
    // One pipe for both, so that the lines stay in their order.
    let (mut reader, writer) = io::pipe()?;
    command.stdin(Stdio::null()).stdout(writer.try_clone()?).stderr(writer);
    let started = Instant::now();
    let mut child = command.spawn()?;
    // Our own ends of the pipe: with them open it would never end.
    drop(command);
    let mut log = Vec::new();
    reader.read_to_end(&mut log)?;
    let status = child.wait()?;
    // timeout(1) kills itself, with its children: a signal. Where a shell is between, 128 + SIGKILL.
    let is_killed = match status.code() {
        Some(code) => code == 124 || code == 137,
        None => std::os::unix::process::ExitStatusExt::signal(&status) == Some(9),
    };
    // The system kills too, for want of memory: that is no circle.
    let timed_out = is_killed && started.elapsed() >= Duration::from_secs(patience_s.into());
    Ok(Boot { log: String::from_utf8_lossy(&log).replace('\r', ""), timed_out })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::Machine;
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn a_kernel_that_somebody_else_has_killed_did_not_run_in_a_circle() {
        let scratch = std::env::temp_dir().join(format!("linux-lab-boot-{}", std::process::id()));
        std::fs::create_dir_all(&scratch).expect("a folder");
        let kernel = scratch.join("linux");
        std::fs::write(&kernel, "#!/bin/sh\necho 'Linux version 6.12'\nkill -KILL $$\n").expect("a file");
        std::fs::set_permissions(&kernel, std::fs::Permissions::from_mode(0o755)).expect("its own file");
        let kernel = Kernel {
            machine: Machine::default(),
            program: kernel,
            modules: scratch.clone(),
            bus: scratch.clone(),
            scratch: scratch.clone(),
            dropped: vec![],
        };
        let boot = boot(Starter::find(), &kernel, &scratch, &[""; 0], PATIENCE_S).expect("it is started");
        assert_eq!(boot, Boot { log: "Linux version 6.12\n".to_owned(), timed_out: false });
        std::fs::remove_dir_all(scratch).expect("its own folder");
    }

    #[test]
    fn a_kernel_is_told_of_a_seed_only_where_there_is_one() {
        let order = Order::parse("plain-bridge@slow-host", "start unbind host, command").expect("an order");
        let mut expected = vec![
            "dsi_lab.variant=plain-bridge",
            "dsi_lab.host=slow-host",
            "dsi_lab.steps=start-unbind-host,command",
        ];
        assert_eq!(arguments(&order, Leaks::NotLooked, None), expected);
        expected.push("dsi_lab.seed=7");
        assert_eq!(arguments(&order, Leaks::NotLooked, NonZeroU32::new(7)), expected);
    }
}
