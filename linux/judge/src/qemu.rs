//! Boots a kernel for two processors in qemu.

use crate::boot::{self, Boot};
use std::ffi::{OsStr, OsString};
use std::io;
use std::path::Path;
use std::process::Command;

/// How qemu executes the kernel's instructions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// It emulates both processors, each in a thread of its own.
    Runs,
    /// Both processors in turn, and its clock counts their instructions: a nanosecond each.
    Counts,
    /// The machine's own processors take them (KVM).
    Kvm,
}

impl Way {
    fn arguments(self) -> &'static [&'static str] {
        match self {
            Self::Runs => &["-accel", "tcg,thread=multi", "-cpu", "max"],
            Self::Counts => &["-accel", "tcg,thread=single", "-cpu", "max", "-icount", "shift=0,sleep=off"],
            Self::Kvm => &["-accel", "kvm", "-cpu", "host"],
        }
    }
}

/// The arguments of every kernel in qemu.
const ALWAYS: [&str; 3] = ["console=ttyS0", "loglevel=8", "panic=-1"];

/// Boots the kernel with `more` arguments and `arguments`, and waits until it has halted, `patience_s` seconds at most.
///
/// # Errors
///
/// qemu could not be started, or its output could not be read.
pub fn boot(
    kernel: &Path,
    way: Way,
    more: &[&str],
    arguments: &[impl AsRef<OsStr>],
    patience_s: u32,
) -> io::Result<Boot> {
    let mut words = OsString::new();
    let all = ALWAYS.iter().chain(more).map(OsStr::new).chain(arguments.iter().map(AsRef::as_ref));
    for word in all {
        words.push(word);
        words.push(" ");
    }
    let mut command = Command::new("timeout");
    command
        .args(["--signal=KILL", &patience_s.to_string(), "qemu-system-x86_64"])
        .args(way.arguments())
        .args(["-smp", "2", "-m", "1G", "-nographic", "-nodefaults", "-no-reboot", "-serial", "stdio"])
        .arg("-kernel")
        .arg(kernel)
        .arg("-append")
        .arg(words);
    boot::listen(command, patience_s)
}
