// SPDX-License-Identifier: GPL-2.0 OR MIT
//! What a kernel takes of crates/mipi-dsi's bus: the machine, the gate, and the shell's loop. What users of the crate hold
//! (handles, traits of hosts and devices) the C interface takes the place of.

#[path = "src/bus/gate/mod.rs"]
pub(crate) mod gate;
#[path = "src/bus/gone.rs"]
mod gone;
#[path = "src/bus/machine/mod.rs"]
pub(crate) mod machine;
#[path = "src/bus/removal_kind.rs"]
mod removal_kind;
#[path = "shell.rs"]
pub(crate) mod shell;
#[path = "src/bus/speed.rs"]
mod speed;
#[path = "src/bus/still_running.rs"]
mod still_running;
#[path = "src/bus/sync.rs"]
mod sync;

/// As the crate has them, for its own files.
pub(crate) mod error {
    pub(crate) use super::gone::{Gone, Side};
    pub(crate) use super::still_running::{StillRunning, WaitError};
}
pub(crate) mod link_config {
    pub(crate) use super::speed::Speed;
}
pub(crate) mod listener {
    pub(crate) use super::removal_kind::RemovalKind;
}
use crate::wire;
