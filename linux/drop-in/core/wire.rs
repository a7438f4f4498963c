// SPDX-License-Identifier: GPL-2.0 OR MIT
//! What a kernel takes of crates/mipi-dsi's wire format: the names of packets. Its hosts have packet engines.

#[path = "src/wire/byte_count.rs"]
mod byte_count;
#[path = "src/wire/data_type.rs"]
mod data_type;
#[path = "src/wire/size_error.rs"]
mod size_error;
#[path = "src/wire/virtual_channel.rs"]
mod virtual_channel;

pub(crate) use byte_count::ByteCount;
pub(crate) use data_type::{DataType, PacketType};
pub(crate) use size_error::BufferTooSmall;
pub(crate) use virtual_channel::VirtualChannel;
