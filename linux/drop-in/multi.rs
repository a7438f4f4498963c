// SPDX-License-Identifier: GPL-2.0 OR MIT
//! The C functions that say in the log what failed: the chatty ones, and those that keep the first error of several.
//!
//! # Safety
//!
//! All of these: the context or device is valid, and so are buffers, for the lengths that are given with them.

use crate::commands::*;
use core::ffi::{c_int, c_uint, c_void, CStr};
use kernel::bindings::{self, mipi_dsi_device, mipi_dsi_multi_context};

/// Sends unless an earlier call has failed. If this one fails, keeps its error and says so.
///
/// # Safety
///
/// See the module.
unsafe fn send(
    ctx: *mut mipi_dsi_multi_context,
    text: &CStr,
    send: impl FnOnce(*mut mipi_dsi_device) -> c_int,
) {
    // SAFETY: the caller says that the context and its device are valid; the text has one number.
    unsafe {
        if (*ctx).accum_err != 0 {
            return;
        }
        let dsi = (*ctx).dsi;
        let result = send(dsi);
        if result < 0 {
            (*ctx).accum_err = result;
            bindings::_dev_err(&(*dsi).dev, text.as_ptr().cast(), result);
        }
    }
}

macro_rules! multi {
    ($($function:ident($($parameter:ident: $type:ty),*) = $send:ident, $text:literal;)*) => {
        $(
            /// # Safety
            ///
            /// See the module.
            #[no_mangle]
            pub(crate) unsafe extern "C" fn $function(ctx: *mut mipi_dsi_multi_context $(, $parameter: $type)*) {
                // SAFETY: the caller says that all are valid.
                unsafe { send(ctx, $text, |dsi| $send(dsi $(, $parameter)*)) };
            }
        )*
    };
}

multi! {
    mipi_dsi_picture_parameter_set_multi(pps: *const bindings::drm_dsc_picture_parameter_set) =
        mipi_dsi_picture_parameter_set, c"sending PPS failed: %d\n";
    mipi_dsi_compression_mode_ext_multi(enable: bool, algo: c_uint, pps_selector: c_uint) =
        mipi_dsi_compression_mode_ext, c"sending COMPRESSION_MODE failed: %d\n";
    mipi_dsi_dcs_nop_multi() = mipi_dsi_dcs_nop, c"sending DCS NOP failed: %d\n";
    mipi_dsi_dcs_enter_sleep_mode_multi() =
        mipi_dsi_dcs_enter_sleep_mode, c"sending DCS ENTER_SLEEP_MODE failed: %d\n";
    mipi_dsi_dcs_exit_sleep_mode_multi() =
        mipi_dsi_dcs_exit_sleep_mode, c"sending DCS EXIT_SLEEP_MODE failed: %d\n";
    mipi_dsi_dcs_set_display_off_multi() =
        mipi_dsi_dcs_set_display_off, c"sending DCS SET_DISPLAY_OFF failed: %d\n";
    mipi_dsi_dcs_set_display_on_multi() =
        mipi_dsi_dcs_set_display_on, c"sending DCS SET_DISPLAY_ON failed: %d\n";
    mipi_dsi_dcs_set_tear_on_multi(mode: c_uint) =
        mipi_dsi_dcs_set_tear_on, c"sending DCS SET_TEAR_ON failed: %d\n";
    mipi_dsi_turn_on_peripheral_multi() = mipi_dsi_turn_on_peripheral, c"turning on failed: %d\n";
    mipi_dsi_dcs_soft_reset_multi() = mipi_dsi_dcs_soft_reset, c"sending DCS SOFT_RESET failed: %d\n";
    mipi_dsi_dcs_set_display_brightness_multi(brightness: u16) =
        mipi_dsi_dcs_set_display_brightness, c"sending DCS SET_DISPLAY_BRIGHTNESS failed: %d\n";
    mipi_dsi_dcs_set_pixel_format_multi(format: u8) =
        mipi_dsi_dcs_set_pixel_format, c"sending DCS SET_PIXEL_FORMAT failed: %d\n";
    mipi_dsi_dcs_set_column_address_multi(start: u16, end: u16) =
        mipi_dsi_dcs_set_column_address, c"sending DCS SET_COLUMN_ADDRESS failed: %d\n";
    mipi_dsi_dcs_set_page_address_multi(start: u16, end: u16) =
        mipi_dsi_dcs_set_page_address, c"sending DCS SET_PAGE_ADDRESS failed: %d\n";
    mipi_dsi_dcs_set_tear_scanline_multi(scanline: u16) =
        mipi_dsi_dcs_set_tear_scanline, c"sending DCS SET_TEAR_SCANLINE failed: %d\n";
}

/// Says that bytes could not be sent, and which.
///
/// # Safety
///
/// See the module; `text` has the bytes as `%*ph`, and a number.
unsafe fn say(dsi: *mut mipi_dsi_device, text: &CStr, bytes: *const c_void, len: usize, error: c_int) {
    // SAFETY: the caller says so.
    unsafe { bindings::_dev_err(&(*dsi).dev, text.as_ptr().cast(), len as c_int, bytes, error) };
}

macro_rules! of_bytes {
    ($($chatty:ident, $multi:ident = $send:ident, $text:literal;)*) => {
        $(
            /// Returns 0, or a negative error number, and then has said which bytes could not be sent.
            ///
            /// # Safety
            ///
            /// See the module.
            #[no_mangle]
            pub(crate) unsafe extern "C" fn $chatty(dsi: *mut mipi_dsi_device, bytes: *const c_void, len: usize) -> c_int {
                // SAFETY: the caller says that both are valid.
                unsafe {
                    let result = $send(dsi, bytes, len) as c_int;
                    if result >= 0 {
                        return 0;
                    }
                    say(dsi, $text, bytes, len, result);
                    result
                }
            }

            /// # Safety
            ///
            /// See the module.
            #[no_mangle]
            pub(crate) unsafe extern "C" fn $multi(ctx: *mut mipi_dsi_multi_context, bytes: *const c_void, len: usize) {
                // SAFETY: the caller says that all are valid.
                unsafe {
                    if (*ctx).accum_err == 0 {
                        (*ctx).accum_err = $chatty((*ctx).dsi, bytes, len);
                    }
                }
            }
        )*
    };
}

of_bytes! {
    mipi_dsi_generic_write_chatty, mipi_dsi_generic_write_multi =
        mipi_dsi_generic_write, c"sending generic data %*ph failed: %d\n";
    mipi_dsi_dcs_write_buffer_chatty, mipi_dsi_dcs_write_buffer_multi =
        mipi_dsi_dcs_write_buffer, c"sending dcs data %*ph failed: %d\n";
}
