// SPDX-License-Identifier: GPL-2.0 OR MIT
//! Checks that Rust sees the structures, constants and signatures of include/drm/drm_mipi_dsi.h as C does. All of it happens
//! when this is compiled.

use core::mem::offset_of;
use kernel::bindings::*;

macro_rules! same {
    ($($rust:expr, $c:ident;)*) => {
        $(const _: () = assert!($rust == $c as usize, stringify!($c));)*
    };
}

same! {
    size_of::<mipi_dsi_device>(), mipi_dsi_glue_layout_MIPI_DSI_GLUE_DEVICE_SIZE;
    offset_of!(mipi_dsi_device, dev), mipi_dsi_glue_layout_MIPI_DSI_GLUE_DEVICE_DEV;
    offset_of!(mipi_dsi_device, attached), mipi_dsi_glue_layout_MIPI_DSI_GLUE_DEVICE_ATTACHED;
    offset_of!(mipi_dsi_device, name), mipi_dsi_glue_layout_MIPI_DSI_GLUE_DEVICE_NAME;
    offset_of!(mipi_dsi_device, channel), mipi_dsi_glue_layout_MIPI_DSI_GLUE_DEVICE_CHANNEL;
    offset_of!(mipi_dsi_device, lanes), mipi_dsi_glue_layout_MIPI_DSI_GLUE_DEVICE_LANES;
    offset_of!(mipi_dsi_device, format), mipi_dsi_glue_layout_MIPI_DSI_GLUE_DEVICE_FORMAT;
    offset_of!(mipi_dsi_device, mode_flags), mipi_dsi_glue_layout_MIPI_DSI_GLUE_DEVICE_MODE_FLAGS;
    offset_of!(mipi_dsi_device, hs_rate), mipi_dsi_glue_layout_MIPI_DSI_GLUE_DEVICE_HS_RATE;
    offset_of!(mipi_dsi_device, lp_rate), mipi_dsi_glue_layout_MIPI_DSI_GLUE_DEVICE_LP_RATE;
    offset_of!(mipi_dsi_device, dsc), mipi_dsi_glue_layout_MIPI_DSI_GLUE_DEVICE_DSC;
    size_of::<mipi_dsi_host>(), mipi_dsi_glue_layout_MIPI_DSI_GLUE_HOST_SIZE;
    offset_of!(mipi_dsi_host, ops), mipi_dsi_glue_layout_MIPI_DSI_GLUE_HOST_OPS;
    offset_of!(mipi_dsi_host, list), mipi_dsi_glue_layout_MIPI_DSI_GLUE_HOST_LIST;
    size_of::<mipi_dsi_host_ops>(), mipi_dsi_glue_layout_MIPI_DSI_GLUE_OPS_SIZE;
    offset_of!(mipi_dsi_host_ops, detach), mipi_dsi_glue_layout_MIPI_DSI_GLUE_OPS_DETACH;
    offset_of!(mipi_dsi_host_ops, transfer), mipi_dsi_glue_layout_MIPI_DSI_GLUE_OPS_TRANSFER;
    size_of::<mipi_dsi_msg>(), mipi_dsi_glue_layout_MIPI_DSI_GLUE_MSG_SIZE;
    offset_of!(mipi_dsi_msg, type_), mipi_dsi_glue_layout_MIPI_DSI_GLUE_MSG_TYPE;
    offset_of!(mipi_dsi_msg, flags), mipi_dsi_glue_layout_MIPI_DSI_GLUE_MSG_FLAGS;
    offset_of!(mipi_dsi_msg, tx_len), mipi_dsi_glue_layout_MIPI_DSI_GLUE_MSG_TX_LEN;
    offset_of!(mipi_dsi_msg, tx_buf), mipi_dsi_glue_layout_MIPI_DSI_GLUE_MSG_TX_BUF;
    offset_of!(mipi_dsi_msg, rx_len), mipi_dsi_glue_layout_MIPI_DSI_GLUE_MSG_RX_LEN;
    offset_of!(mipi_dsi_msg, rx_buf), mipi_dsi_glue_layout_MIPI_DSI_GLUE_MSG_RX_BUF;
    size_of::<mipi_dsi_packet>(), mipi_dsi_glue_layout_MIPI_DSI_GLUE_PACKET_SIZE;
    offset_of!(mipi_dsi_packet, header), mipi_dsi_glue_layout_MIPI_DSI_GLUE_PACKET_HEADER;
    offset_of!(mipi_dsi_packet, payload_length), mipi_dsi_glue_layout_MIPI_DSI_GLUE_PACKET_LENGTH;
    offset_of!(mipi_dsi_packet, payload), mipi_dsi_glue_layout_MIPI_DSI_GLUE_PACKET_PAYLOAD;
    size_of::<mipi_dsi_device_info>(), mipi_dsi_glue_layout_MIPI_DSI_GLUE_INFO_SIZE;
    offset_of!(mipi_dsi_device_info, channel), mipi_dsi_glue_layout_MIPI_DSI_GLUE_INFO_CHANNEL;
    offset_of!(mipi_dsi_device_info, node), mipi_dsi_glue_layout_MIPI_DSI_GLUE_INFO_NODE;
    size_of::<mipi_dsi_multi_context>(), mipi_dsi_glue_layout_MIPI_DSI_GLUE_CONTEXT_SIZE;
    offset_of!(mipi_dsi_multi_context, accum_err), mipi_dsi_glue_layout_MIPI_DSI_GLUE_CONTEXT_ERR;
    size_of::<mipi_dsi_driver>(), mipi_dsi_glue_layout_MIPI_DSI_GLUE_DRIVER_SIZE;
    offset_of!(mipi_dsi_driver, probe), mipi_dsi_glue_layout_MIPI_DSI_GLUE_DRIVER_PROBE;
    offset_of!(mipi_dsi_driver, remove), mipi_dsi_glue_layout_MIPI_DSI_GLUE_DRIVER_REMOVE;
    offset_of!(mipi_dsi_driver, shutdown), mipi_dsi_glue_layout_MIPI_DSI_GLUE_DRIVER_SHUTDOWN;
    size_of::<drm_dsc_picture_parameter_set>(), mipi_dsi_glue_layout_MIPI_DSI_GLUE_PPS_SIZE;
}

/// Two functions of the same type: what the header declares, and what is here.
macro_rules! declared {
    ($($module:ident: $($function:ident)*;)*) => {
        $($(const _: () = {
            let _ = [$function, crate::$module::$function];
        };)*)*
    };
}

declared! {
    host: mipi_dsi_host_register mipi_dsi_host_unregister of_find_mipi_dsi_host_by_node;
    device: mipi_dsi_device_register_full mipi_dsi_device_unregister devm_mipi_dsi_device_register_full
        of_find_mipi_dsi_device_by_node;
    attach: mipi_dsi_attach mipi_dsi_detach devm_mipi_dsi_attach;
    driver: mipi_dsi_driver_register_full mipi_dsi_driver_unregister;
    packet: mipi_dsi_packet_format_is_short mipi_dsi_packet_format_is_long mipi_dsi_create_packet;
    commands: mipi_dsi_shutdown_peripheral mipi_dsi_turn_on_peripheral mipi_dsi_set_maximum_return_packet_size
        mipi_dsi_compression_mode mipi_dsi_compression_mode_ext mipi_dsi_picture_parameter_set
        mipi_dsi_generic_write mipi_dsi_generic_read mipi_dsi_dcs_write_buffer mipi_dsi_dcs_write mipi_dsi_dcs_read
        mipi_dsi_dcs_nop mipi_dsi_dcs_soft_reset mipi_dsi_dcs_get_power_mode mipi_dsi_dcs_get_pixel_format
        mipi_dsi_dcs_enter_sleep_mode mipi_dsi_dcs_exit_sleep_mode mipi_dsi_dcs_set_display_off
        mipi_dsi_dcs_set_display_on mipi_dsi_dcs_set_column_address mipi_dsi_dcs_set_page_address
        mipi_dsi_dcs_set_tear_off mipi_dsi_dcs_set_tear_on mipi_dsi_dcs_set_pixel_format
        mipi_dsi_dcs_set_tear_scanline mipi_dsi_dcs_set_display_brightness mipi_dsi_dcs_get_display_brightness
        mipi_dsi_dcs_set_display_brightness_large mipi_dsi_dcs_get_display_brightness_large;
    multi: mipi_dsi_generic_write_chatty mipi_dsi_generic_write_multi mipi_dsi_dcs_write_buffer_chatty
        mipi_dsi_dcs_write_buffer_multi mipi_dsi_picture_parameter_set_multi mipi_dsi_compression_mode_ext_multi
        mipi_dsi_dcs_nop_multi mipi_dsi_dcs_enter_sleep_mode_multi mipi_dsi_dcs_exit_sleep_mode_multi
        mipi_dsi_dcs_set_display_off_multi mipi_dsi_dcs_set_display_on_multi mipi_dsi_dcs_set_tear_on_multi
        mipi_dsi_turn_on_peripheral_multi mipi_dsi_dcs_soft_reset_multi mipi_dsi_dcs_set_display_brightness_multi
        mipi_dsi_dcs_set_pixel_format_multi mipi_dsi_dcs_set_column_address_multi
        mipi_dsi_dcs_set_page_address_multi mipi_dsi_dcs_set_tear_scanline_multi;
}
