// SPDX-License-Identifier: GPL-2.0 OR MIT
//! Helpers for hosts: which packets are short or long, and a message as a packet.

use crate::errno;
use crate::wire::DataType;
use core::ffi::c_int;
use kernel::bindings;

/// The type, if the specification assigns it.
fn known(type_: u8) -> Option<DataType> {
    DataType::new(type_).ok().filter(|known| known.is_known())
}

/// Whether this is the type of a short packet.
///
/// # Safety
///
/// None: the header declares it for C.
#[no_mangle]
pub(crate) unsafe extern "C" fn mipi_dsi_packet_format_is_short(type_: u8) -> bool {
    known(type_).is_some_and(DataType::is_short)
}

/// Whether this is the type of a long packet.
///
/// # Safety
///
/// None: the header declares it for C.
#[no_mangle]
pub(crate) unsafe extern "C" fn mipi_dsi_packet_format_is_long(type_: u8) -> bool {
    known(type_).is_some_and(DataType::is_long)
}

/// A message as a packet, for hosts that send header and payload. The ECC byte is zero, as in C, and the host's to fill in.
///
/// Returns 0, or `-EINVAL` for a null pointer, an unknown type, a channel above 3, or more than 65535 bytes.
///
/// # Safety
///
/// Both are null or valid, and so is the message's buffer.
#[no_mangle]
pub(crate) unsafe extern "C" fn mipi_dsi_create_packet(
    packet: *mut bindings::mipi_dsi_packet,
    msg: *const bindings::mipi_dsi_msg,
) -> c_int {
    // SAFETY: the caller says so.
    let (Some(packet), Some(msg)) = (unsafe { packet.as_mut() }, unsafe { msg.as_ref() }) else {
        return errno::EINVAL;
    };
    let Some(data_type) = known(msg.type_).filter(|_| msg.channel <= 3) else { return errno::EINVAL };
    *packet = bindings::mipi_dsi_packet::default();
    let is_long = data_type.is_long();
    let data = if is_long {
        let Ok(count) = u16::try_from(msg.tx_len) else { return errno::EINVAL };
        packet.payload_length = msg.tx_len;
        packet.payload = msg.tx_buf.cast();
        count.to_le_bytes()
    } else {
        let byte = |index: usize| {
            // SAFETY: the caller says that the buffer has `tx_len` bytes.
            if index < msg.tx_len { unsafe { msg.tx_buf.cast::<u8>().add(index).read() } } else { 0 }
        };
        [byte(0), byte(1)]
    };
    packet.header = [msg.channel << 6 | data_type.get(), data[0], data[1], 0];
    packet.size = packet.header.len() + packet.payload_length;
    0
}
