// SPDX-License-Identifier: GPL-2.0 OR MIT
//! How a message reaches its host: through the gate, or the long way through the book.

use crate::bus::machine::{Caller, DeviceKey, LinkKey, Profile, UseLink, UseLinkError};
use crate::errno;
use crate::foreign;
use crate::lease::Lease;
use crate::lockdep;
use crate::session::Session;
use core::ptr;
use kernel::bindings;

/// Sends a message of a device.
///
/// Returns what the host's transfer function does, `-ENOSYS` if the host has none, `-ENODEV` if the host or the
/// registration has gone.
///
/// # Safety
///
/// `dsi` is valid.
#[inline]
pub(crate) unsafe fn transfer(
    dsi: *mut bindings::mipi_dsi_device,
    msg: &mut bindings::mipi_dsi_msg,
) -> isize {
    // SAFETY: the caller says so.
    let Some(lease) = (unsafe { Lease::of(dsi) }) else {
        // SAFETY: as above.
        return unsafe { foreign::transfer(dsi, msg) };
    };
    // SAFETY: as above.
    unsafe { set_speed(dsi, msg) };
    // The rest of its key is read only where it is needed: this is what every packet costs.
    // SAFETY: as above.
    let (channel, generation, slot) = unsafe { ((*lease).key.channel, (*lease).key.generation, (*lease).slot) };
    // In the shared profile the gate only counts: it does not ask who enters.
    if let Some(inside) = slot.gate.enter(Profile::Shared, Caller::MAIN, channel) {
        let held = lockdep::sends(slot, channel);
        let sent = inside.with(|pass| match (pass.controller, pass.permits[channel]) {
            // SAFETY: the gate lets in who has the permit of a registered device; its host is registered until they left.
            (Some(host), (permit, _)) if permit == generation => Some(unsafe { to_host(host.0, msg) }),
            _ => None,
        });
        drop(held);
        if inside.leave() {
            // SAFETY: the caller says that the device is valid.
            has_left(unsafe { (*lease).key });
        }
        if let Some(result) = sent {
            return result;
        }
    }
    // SAFETY: as above.
    by_the_book(LinkKey { device: unsafe { (*lease).key }, attachment: None }, msg)
}

/// A device that sends in low power does so with all of its messages.
///
/// # Safety
///
/// `dsi` is valid.
#[inline]
pub(crate) unsafe fn set_speed(dsi: *mut bindings::mipi_dsi_device, msg: &mut bindings::mipi_dsi_msg) {
    // SAFETY: the caller says so.
    if unsafe { (*dsi).mode_flags } as usize & (bindings::mipi_dsi_glue_layout_MIPI_DSI_GLUE_MODE_LPM as usize) != 0 {
        msg.flags |= bindings::mipi_dsi_glue_layout_MIPI_DSI_GLUE_MSG_USE_LPM as u16;
    }
}

/// Calls the host's transfer function.
///
/// # Safety
///
/// `host` and `msg` are valid.
#[inline]
pub(crate) unsafe fn to_host(host: *mut bindings::mipi_dsi_host, msg: *const bindings::mipi_dsi_msg) -> isize {
    // SAFETY: the caller says so; a host's functions are valid as long as it is.
    unsafe {
        match (*host).ops.as_ref().and_then(|ops| ops.transfer) {
            Some(transfer) => transfer(host, msg),
            None => errno::ENOSYS as isize,
        }
    }
}

/// The gate was closed while the message went out: the book has counted its sender, and somebody may wait for them.
#[cold]
fn has_left(device: DeviceKey) {
    let key = LinkKey { device, attachment: None };
    let mut session = Session::new(device.host.slot);
    session.run(|| UseLink::passed_gate(key, Profile::Shared), |_, _| ());
}

/// The long way: somebody removes, or waits, or has gone.
#[cold]
pub(crate) fn by_the_book(key: LinkKey, msg: &mut bindings::mipi_dsi_msg) -> isize {
    let mut session = Session::new(key.device.host.slot);
    session.msg = ptr::from_ref(msg);
    session.run(|| UseLink::packet(key), |running, session| match running.outcome() {
        Ok(()) => session.result,
        Err(UseLinkError::Gone(_) | UseLinkError::StillRunning(_)) => errno::ENODEV as isize,
    })
}
