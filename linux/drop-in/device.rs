// SPDX-License-Identifier: GPL-2.0 OR MIT
//! Devices: registration on a host, unregistration, lookup.

use crate::books;
use crate::bus::machine::{RegisterDevice, RegisterDeviceOutcome, UnregisterDevice};
use crate::bus::error::Side;
use crate::bus::listener::RemovalKind;
use crate::errno;
use crate::lease::Lease;
use crate::session::Session;
use crate::wire::VirtualChannel;
use core::ffi::{c_int, c_void};
use kernel::bindings;

/// Who registers a device.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Registrant {
    /// The core, for a child of the host's node: nobody unregisters it but the host's removal.
    Core,
    /// A driver, which unregisters it.
    Driver,
}

/// Registers a device. The pointer is an error number (`IS_ERR`): `-EINVAL` for a channel above 3, `-ENOMEM`,
/// `-EPROBE_DEFER` if the host has gone or is leaving, `-EEXIST` if the channel is taken, or what `device_add` says.
///
/// # Safety
///
/// `host` was valid; `info` is, and so is its node.
pub(crate) unsafe fn register(
    host: *mut bindings::mipi_dsi_host,
    info: &bindings::mipi_dsi_device_info,
    registrant: Registrant,
) -> *mut bindings::mipi_dsi_device {
    let channel = u8::try_from(info.channel).ok().and_then(|channel| VirtualChannel::new(channel).ok());
    let Some(channel) = channel else {
        // SAFETY: a text and a number.
        unsafe { bindings::_printk(c"\x013mipi_dsi: invalid virtual channel: %u\n".as_ptr().cast(), info.channel) };
        return errno::pointer(errno::EINVAL);
    };
    // The pointer may be that of a host that was looked up and has gone: it is only compared before the book has the device.
    // From then on the host's removal waits.
    let Some(key) = books::with(|locked| locked.present(host)) else {
        return errno::pointer(errno::EPROBE_DEFER);
    };
    let mut session = Session::new(key.slot);
    session.info = Some((info, registrant));
    session.run(|| RegisterDevice::new(key, channel, true), |running, session| {
        errno::pointer(match running.outcome() {
            Ok(_) => return session.lease.cast(),
            Err(RegisterDeviceOutcome::NotAnnounced) => session.result as c_int,
            Err(RegisterDeviceOutcome::ChannelTaken(_)) => errno::EEXIST,
            Err(RegisterDeviceOutcome::Gone(_)) => errno::EPROBE_DEFER,
        })
    })
}

/// See [`register`].
///
/// # Safety
///
/// As there; `info` may be null.
#[no_mangle]
pub(crate) unsafe extern "C" fn mipi_dsi_device_register_full(
    host: *mut bindings::mipi_dsi_host,
    info: *const bindings::mipi_dsi_device_info,
) -> *mut bindings::mipi_dsi_device {
    // SAFETY: the caller says so.
    match unsafe { info.as_ref() } {
        // SAFETY: as above.
        Some(info) => unsafe { register(host, info, Registrant::Driver) },
        None => errno::pointer(errno::EINVAL),
    }
}

/// Unregisters a device, and gives the registrant's reference back. It detaches first what is attached. Does nothing else if
/// the host's removal has unregistered it.
///
/// # Safety
///
/// `dsi` is valid, and whoever registered it calls this once.
#[no_mangle]
pub(crate) unsafe extern "C" fn mipi_dsi_device_unregister(dsi: *mut bindings::mipi_dsi_device) {
    // SAFETY: the caller says so.
    let Some(lease) = (unsafe { Lease::of(dsi) }) else {
        // SAFETY: as above; a device of somebody else's is unregistered as they have registered it.
        unsafe { bindings::device_unregister(core::ptr::addr_of_mut!((*dsi).dev)) };
        return;
    };
    // SAFETY: as above.
    let key = unsafe { (*lease).key };
    let mut session = Session::new(key.host.slot);
    let operation = || UnregisterDevice::new(key, Side::Peripheral, RemovalKind::Orderly);
    if session.run(operation, |running, _| running.outcome().is_err()) {
        books::with(|locked| {
            if let Some(slot) = locked.protected(key.host.slot) {
                slot.book.leave_unregister_errand(key);
            }
        });
        // SAFETY: a text.
        unsafe { bindings::mipi_dsi_glue_warn(c"a device is unregistered from inside of what it does".as_ptr().cast()) };
    }
    // SAFETY: the registrant's reference.
    unsafe { Lease::take_from_registrant(lease) };
}

unsafe extern "C" fn devm_unregister(dsi: *mut c_void) {
    // SAFETY: the action of `devm_mipi_dsi_device_register_full`.
    unsafe { mipi_dsi_device_unregister(dsi.cast()) };
}

/// Registers a device until `dev` is unbound.
///
/// # Safety
///
/// As [`mipi_dsi_device_register_full`]; `dev` is valid.
#[no_mangle]
pub(crate) unsafe extern "C" fn devm_mipi_dsi_device_register_full(
    dev: *mut bindings::device,
    host: *mut bindings::mipi_dsi_host,
    info: *const bindings::mipi_dsi_device_info,
) -> *mut bindings::mipi_dsi_device {
    // SAFETY: the caller says so.
    let dsi = unsafe { mipi_dsi_device_register_full(host, info) };
    if errno::is_error(dsi) {
        return dsi;
    }
    // SAFETY: as above.
    match unsafe { bindings::mipi_dsi_glue_add_action(dev, Some(devm_unregister), dsi.cast()) } {
        0 => dsi,
        error => errno::pointer(error),
    }
}

/// The device of this node, with a reference, or null.
///
/// # Safety
///
/// `node` is valid.
#[no_mangle]
pub(crate) unsafe extern "C" fn of_find_mipi_dsi_device_by_node(
    node: *mut bindings::device_node,
) -> *mut bindings::mipi_dsi_device {
    // SAFETY: the caller says so.
    unsafe { bindings::mipi_dsi_glue_find(node) }
}
