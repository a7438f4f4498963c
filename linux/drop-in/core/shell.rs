// SPDX-License-Identifier: GPL-2.0 OR MIT
//! What a kernel takes of crates/mipi-dsi's shell: the loop that drives an operation, and the rules of the gate.

#[path = "src/bus/shell/drive.rs"]
mod drive;
#[path = "src/bus/shell/gate_and_book.rs"]
pub(crate) mod gate_and_book;

pub(crate) use drive::{drive, Shell};
