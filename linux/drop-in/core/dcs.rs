// SPDX-License-Identifier: GPL-2.0 OR MIT
//! What a kernel takes of crates/mipi-dsi's DCS commands: those that drm_mipi_dsi.h has functions for.

#[path = "src/dcs/brightness.rs"]
mod brightness;
#[path = "src/dcs/command.rs"]
mod command;
#[path = "src/dcs/opcode.rs"]
mod opcode;
#[path = "src/dcs/pixel_format.rs"]
mod pixel_format;
#[path = "src/dcs/sleep_and_display.rs"]
mod sleep_and_display;
#[path = "src/dcs/status.rs"]
mod status;
#[path = "src/dcs/tearing.rs"]
mod tearing;

pub(crate) use brightness::*;
pub(crate) use command::{ReadCommand, WriteCommand, MAX_FIXED_LEN};
pub(crate) use opcode::Opcode;
pub(crate) use pixel_format::*;
pub(crate) use sleep_and_display::*;
pub(crate) use status::*;
pub(crate) use tearing::*;
