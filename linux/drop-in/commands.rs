// SPDX-License-Identifier: GPL-2.0 OR MIT
//! The C functions that send one packet: peripheral commands, generic and DCS writes and reads, and the DCS commands.
//!
//! The data types, the opcodes and the parameters are those of `wire` and `dcs`. What a function returns is what the C one
//! does: bytes for the four that write or read data of the caller's, else 0, or a negative error number.
//!
//! # Safety
//!
//! All of these: `dsi` is valid, and so are buffers, for the lengths that are given with them.

use crate::dcs::{self, Opcode, ReadCommand, WriteCommand};
use crate::errno;
use crate::transfer::transfer;
use crate::wire::DataType;
use core::ffi::{c_int, c_uint, c_void};
use core::ptr;
use kernel::bindings::{self, mipi_dsi_device};

/// Sends a packet of this type with these bytes, which the caller may not have, and receives into `rx`.
///
/// # Safety
///
/// See the module.
#[inline]
unsafe fn send(
    dsi: *mut mipi_dsi_device,
    data_type: DataType,
    (tx, tx_len): (*const c_void, usize),
    (rx, rx_len): (*mut c_void, usize),
) -> isize {
    let mut msg = bindings::mipi_dsi_msg {
        // SAFETY: the caller says that the device is valid.
        channel: unsafe { (*dsi).channel } as u8,
        type_: data_type.get(),
        flags: 0,
        tx_len,
        tx_buf: tx,
        rx_len,
        rx_buf: rx,
    };
    // SAFETY: as above.
    unsafe { transfer(dsi, &mut msg) }
}

const NO_RESPONSE: (*mut c_void, usize) = (ptr::null_mut(), 0);

/// What C calls an `int`: an error number, or 0.
#[inline]
fn done(result: isize) -> c_int {
    if result < 0 {
        result as c_int
    } else {
        0
    }
}

/// Sends a packet with two bytes of data.
unsafe fn send_two(dsi: *mut mipi_dsi_device, data_type: DataType, bytes: [u8; 2]) -> c_int {
    // SAFETY: the caller says that the device is valid.
    done(unsafe { send(dsi, data_type, (bytes.as_ptr().cast(), bytes.len()), NO_RESPONSE) })
}

/// # Safety
///
/// See the module.
#[no_mangle]
pub(crate) unsafe extern "C" fn mipi_dsi_shutdown_peripheral(dsi: *mut mipi_dsi_device) -> c_int {
    // SAFETY: the caller says that the device is valid.
    unsafe { send_two(dsi, DataType::SHUTDOWN_PERIPHERAL, [0, 0]) }
}

/// # Safety
///
/// See the module.
#[no_mangle]
pub(crate) unsafe extern "C" fn mipi_dsi_turn_on_peripheral(dsi: *mut mipi_dsi_device) -> c_int {
    // SAFETY: the caller says that the device is valid.
    unsafe { send_two(dsi, DataType::TURN_ON_PERIPHERAL, [0, 0]) }
}

/// # Safety
///
/// See the module.
#[no_mangle]
pub(crate) unsafe extern "C" fn mipi_dsi_set_maximum_return_packet_size(dsi: *mut mipi_dsi_device, value: u16) -> c_int {
    // SAFETY: the caller says that the device is valid.
    unsafe { send_two(dsi, DataType::SET_MAXIMUM_RETURN_PACKET_SIZE, value.to_le_bytes()) }
}

/// `-EINVAL` for an algorithm or a selector above 3.
///
/// # Safety
///
/// See the module.
#[no_mangle]
pub(crate) unsafe extern "C" fn mipi_dsi_compression_mode_ext(
    dsi: *mut mipi_dsi_device,
    enable: bool,
    algo: c_uint,
    pps_selector: c_uint,
) -> c_int {
    if algo > 3 || pps_selector > 3 {
        return errno::EINVAL;
    }
    let mode = u8::from(enable) | (algo << 1 | pps_selector << 4) as u8;
    // SAFETY: the caller says that the device is valid.
    unsafe { send_two(dsi, DataType::COMPRESSION_MODE, [mode, 0]) }
}

/// # Safety
///
/// See the module.
#[no_mangle]
pub(crate) unsafe extern "C" fn mipi_dsi_compression_mode(dsi: *mut mipi_dsi_device, enable: bool) -> c_int {
    let dsc = bindings::mipi_dsi_compression_algo_MIPI_DSI_COMPRESSION_DSC;
    // SAFETY: the caller says that the device is valid.
    unsafe { mipi_dsi_compression_mode_ext(dsi, enable, dsc, 0) }
}

/// # Safety
///
/// See the module.
#[no_mangle]
pub(crate) unsafe extern "C" fn mipi_dsi_picture_parameter_set(
    dsi: *mut mipi_dsi_device,
    pps: *const bindings::drm_dsc_picture_parameter_set,
) -> c_int {
    let bytes = (pps.cast(), size_of::<bindings::drm_dsc_picture_parameter_set>());
    // SAFETY: the caller says that both are valid.
    done(unsafe { send(dsi, DataType::PICTURE_PARAMETER_SET, bytes, NO_RESPONSE) })
}

/// # Safety
///
/// See the module.
#[no_mangle]
pub(crate) unsafe extern "C" fn mipi_dsi_generic_write(
    dsi: *mut mipi_dsi_device,
    payload: *const c_void,
    size: usize,
) -> isize {
    // SAFETY: the caller says that both are valid.
    unsafe { send(dsi, DataType::for_generic_write(size), (payload, size), NO_RESPONSE) }
}

/// `-EINVAL` for more than two parameters.
///
/// # Safety
///
/// See the module.
#[no_mangle]
pub(crate) unsafe extern "C" fn mipi_dsi_generic_read(
    dsi: *mut mipi_dsi_device,
    params: *const c_void,
    num_params: usize,
    data: *mut c_void,
    size: usize,
) -> isize {
    match DataType::for_generic_read(num_params) {
        // SAFETY: the caller says that all are valid.
        Some(data_type) => unsafe { send(dsi, data_type, (params, num_params), (data, size)) },
        None => errno::EINVAL as isize,
    }
}

/// `-EINVAL` for no bytes: there is no command without an opcode.
///
/// # Safety
///
/// See the module.
#[no_mangle]
pub(crate) unsafe extern "C" fn mipi_dsi_dcs_write_buffer(
    dsi: *mut mipi_dsi_device,
    data: *const c_void,
    len: usize,
) -> isize {
    match DataType::for_dcs_write(len) {
        // SAFETY: the caller says that both are valid.
        Some(data_type) => unsafe { send(dsi, data_type, (data, len), NO_RESPONSE) },
        None => errno::EINVAL as isize,
    }
}

/// `-EINVAL` for a length without data; `-ENOMEM` if there is no room to put the opcode before the data.
///
/// # Safety
///
/// See the module.
#[no_mangle]
pub(crate) unsafe extern "C" fn mipi_dsi_dcs_write(
    dsi: *mut mipi_dsi_device,
    cmd: u8,
    data: *const c_void,
    len: usize,
) -> isize {
    let data: *const u8 = data.cast();
    if data.is_null() && len > 0 {
        return errno::EINVAL as isize;
    }
    let mut few = [0_u8; 8];
    let Some(size) = len.checked_add(1) else { return errno::EINVAL as isize };
    let is_few = size <= few.len();
    let bytes = if is_few {
        few.as_mut_ptr()
    } else {
        // SAFETY: an allocation.
        unsafe { bindings::krealloc(ptr::null(), size, bindings::GFP_KERNEL) }.cast()
    };
    if bytes.is_null() {
        return errno::ENOMEM as isize;
    }
    // SAFETY: there is room for the opcode and the data, which the caller says is valid.
    unsafe {
        bytes.write(cmd);
        if len > 0 {
            ptr::copy_nonoverlapping(data, bytes.add(1), len);
        }
        let result = mipi_dsi_dcs_write_buffer(dsi, bytes.cast(), size);
        if !is_few {
            bindings::kfree(bytes.cast());
        }
        result
    }
}

/// # Safety
///
/// See the module.
#[no_mangle]
pub(crate) unsafe extern "C" fn mipi_dsi_dcs_read(
    dsi: *mut mipi_dsi_device,
    cmd: u8,
    data: *mut c_void,
    len: usize,
) -> isize {
    // SAFETY: the caller says that both are valid.
    unsafe { send(dsi, DataType::DCS_READ, (ptr::from_ref(&cmd).cast(), 1), (data, len)) }
}

/// Writes a typed command, whose parameters are at most six bytes.
unsafe fn write<C: WriteCommand>(dsi: *mut mipi_dsi_device, command: C) -> c_int {
    let mut bytes = [0; dcs::MAX_FIXED_LEN];
    match command.encode(&mut bytes) {
        // SAFETY: the caller says that the device is valid.
        Ok(bytes) => done(unsafe { mipi_dsi_dcs_write_buffer(dsi, bytes.as_ptr().cast(), bytes.len()) }),
        Err(_) => errno::EINVAL,
    }
}

/// Writes a range of columns or rows; unlike the typed command it may be a reversed one, as in C.
unsafe fn write_range(dsi: *mut mipi_dsi_device, opcode: Opcode, start: u16, end: u16) -> c_int {
    let ([a, b], [c, d]) = (start.to_be_bytes(), end.to_be_bytes());
    let bytes = [opcode.get(), a, b, c, d];
    // SAFETY: the caller says that the device is valid.
    done(unsafe { mipi_dsi_dcs_write_buffer(dsi, bytes.as_ptr().cast(), bytes.len()) })
}

/// Reads the response of a typed command, of `LEN` bytes, to where the caller wants it: what came is there even if it is
/// an error. `-ENODATA` if not all of it came.
unsafe fn read<C: ReadCommand, const LEN: usize>(dsi: *mut mipi_dsi_device, _: C, to: *mut [u8; LEN]) -> c_int {
    const { assert!(C::RESPONSE_LEN == LEN) };
    // SAFETY: the caller says that both are valid.
    let result = unsafe { mipi_dsi_dcs_read(dsi, C::OPCODE.get(), to.cast(), LEN) };
    match usize::try_from(result) {
        Ok(got) if got >= LEN => 0,
        Ok(_) => errno::ENODATA,
        Err(_) => result as c_int,
    }
}

macro_rules! without_parameters {
    ($($function:ident = $command:ident;)*) => {
        $(
            /// # Safety
            ///
            /// See the module.
            #[no_mangle]
            pub(crate) unsafe extern "C" fn $function(dsi: *mut mipi_dsi_device) -> c_int {
                // SAFETY: the caller says that the device is valid.
                unsafe { write(dsi, dcs::$command) }
            }
        )*
    };
}

without_parameters! {
    mipi_dsi_dcs_nop = Nop;
    mipi_dsi_dcs_soft_reset = SoftReset;
    mipi_dsi_dcs_enter_sleep_mode = EnterSleepMode;
    mipi_dsi_dcs_exit_sleep_mode = ExitSleepMode;
    mipi_dsi_dcs_set_display_off = SetDisplayOff;
    mipi_dsi_dcs_set_display_on = SetDisplayOn;
    mipi_dsi_dcs_set_tear_off = SetTearOff;
}

macro_rules! with_one {
    ($($function:ident($parameter:ident: $type:ty) = $command:expr;)*) => {
        $(
            /// # Safety
            ///
            /// See the module.
            #[no_mangle]
            pub(crate) unsafe extern "C" fn $function(dsi: *mut mipi_dsi_device, $parameter: $type) -> c_int {
                // SAFETY: the caller says that the device is valid.
                unsafe { write(dsi, $command) }
            }
        )*
    };
}

with_one! {
    mipi_dsi_dcs_set_tear_on(mode: c_uint) = dcs::SetTearOn::from_bits(mode as u8);
    mipi_dsi_dcs_set_pixel_format(format: u8) = dcs::SetPixelFormat(dcs::PixelFormatSetting::from_bits(format));
    mipi_dsi_dcs_set_tear_scanline(scanline: u16) = dcs::SetTearScanline(scanline);
    mipi_dsi_dcs_set_display_brightness(brightness: u16) = dcs::SetDisplayBrightness16Swapped(brightness);
    mipi_dsi_dcs_set_display_brightness_large(brightness: u16) = dcs::SetDisplayBrightness16(brightness);
}

/// # Safety
///
/// See the module.
#[no_mangle]
pub(crate) unsafe extern "C" fn mipi_dsi_dcs_set_column_address(dsi: *mut mipi_dsi_device, start: u16, end: u16) -> c_int {
    // SAFETY: the caller says that the device is valid.
    unsafe { write_range(dsi, Opcode::SET_COLUMN_ADDRESS, start, end) }
}

/// # Safety
///
/// See the module.
#[no_mangle]
pub(crate) unsafe extern "C" fn mipi_dsi_dcs_set_page_address(dsi: *mut mipi_dsi_device, start: u16, end: u16) -> c_int {
    // SAFETY: the caller says that the device is valid.
    unsafe { write_range(dsi, Opcode::SET_PAGE_ADDRESS, start, end) }
}

macro_rules! getters {
    ($($function:ident($to:ident: $type:ty) = $command:ident;)*) => {
        $(
            /// `-ENODATA` if not all of the response came.
            ///
            /// # Safety
            ///
            /// See the module.
            #[no_mangle]
            pub(crate) unsafe extern "C" fn $function(dsi: *mut mipi_dsi_device, $to: *mut $type) -> c_int {
                // SAFETY: the caller says that both are valid.
                unsafe { read::<_, { size_of::<$type>() }>(dsi, dcs::$command, $to.cast()) }
            }
        )*
    };
}

// The low byte of a brightness comes first, as in C.
getters! {
    mipi_dsi_dcs_get_power_mode(mode: u8) = GetPowerMode;
    mipi_dsi_dcs_get_pixel_format(format: u8) = GetPixelFormat;
    mipi_dsi_dcs_get_display_brightness(brightness: u16) = GetDisplayBrightness16Swapped;
}

/// `-ENODATA` if not all of the response came. The high byte comes first.
///
/// # Safety
///
/// See the module.
#[no_mangle]
pub(crate) unsafe extern "C" fn mipi_dsi_dcs_get_display_brightness_large(
    dsi: *mut mipi_dsi_device,
    brightness: *mut u16,
) -> c_int {
    let mut bytes = [0; 2];
    // SAFETY: the caller says that both are valid.
    unsafe {
        let result = read(dsi, dcs::GetDisplayBrightness16, &mut bytes);
        if result == 0 {
            brightness.write(u16::from_be_bytes(bytes));
        }
        result
    }
}
