// SPDX-License-Identifier: GPL-2.0 OR MIT
//! Attach and detach.

use crate::books;
use crate::bus::error::Gone;
use crate::bus::machine::{Attach, AttachOutcome, Books, Detach, DeviceKey, Removed, Serving};
use crate::errno;
use crate::foreign;
use crate::lease::Lease;
use crate::session::Session;
use core::ffi::{c_int, c_void};
use core::ptr;
use kernel::bindings;

/// Attaches a device to its host.
///
/// Returns 0, what the host's attach function says, `-ENOSYS` if it has none, `-EALREADY` if the device is attached,
/// `-EPROBE_DEFER` if the host has gone or is leaving, `-ENODEV` if the device was unregistered, `-EDEADLK` from inside an
/// attach or detach of this device.
///
/// # Safety
///
/// `dsi` is valid.
#[no_mangle]
pub(crate) unsafe extern "C" fn mipi_dsi_attach(dsi: *mut bindings::mipi_dsi_device) -> c_int {
    // SAFETY: the caller says so.
    match unsafe { Lease::of(dsi) } {
        // SAFETY: as above.
        Some(lease) => attach(unsafe { (*lease).key }),
        // SAFETY: as above.
        None => unsafe { foreign::attach(dsi) },
    }
}

/// See [`mipi_dsi_attach`].
#[inline(never)]
pub(crate) fn attach(key: DeviceKey) -> c_int {
    let mut session = Session::new(key.host.slot);
    session.run(|| Attach::new(key), |running, session| match running.outcome() {
        Ok(_) => 0,
        Err(AttachOutcome::RefusedByHost) => session.result as c_int,
        Err(AttachOutcome::AlreadyAttached) => errno::EALREADY,
        Err(AttachOutcome::Gone(Gone::HostRemoved)) => errno::EPROBE_DEFER,
        Err(AttachOutcome::Gone(_)) => errno::ENODEV,
        Err(AttachOutcome::StillRunning(_)) => errno::EDEADLK,
    })
}

/// Detaches a device from its host.
///
/// Returns what the host's detach function says, `-ENOSYS` if it has none; 0 if the removal of the host has detached the
/// device; `-EINVAL`, with a warning, if the device is registered and was not attached; `-EDEADLK` from inside an attach or
/// detach of this device, which stays as it is. In all other cases the device is detached.
///
/// # Safety
///
/// `dsi` is valid.
#[no_mangle]
pub(crate) unsafe extern "C" fn mipi_dsi_detach(dsi: *mut bindings::mipi_dsi_device) -> c_int {
    // SAFETY: the caller says so.
    match unsafe { Lease::of(dsi) } {
        // SAFETY: as above.
        Some(lease) => detach(unsafe { (*lease).key }),
        // SAFETY: as above.
        None => unsafe { foreign::detach(dsi) },
    }
}

/// See [`mipi_dsi_detach`].
#[inline(never)]
pub(crate) fn detach(key: DeviceKey) -> c_int {
    if was_not_attached(key) {
        // SAFETY: a text.
        unsafe { bindings::mipi_dsi_glue_warn(c"a device that is not attached is detached".as_ptr().cast()) };
        return errno::EINVAL;
    }
    let mut session = Session::new(key.host.slot);
    session.run(|| Detach::device(key), |running, session| match running.outcome() {
        Ok(Removed::ByThisCall) => session.result as c_int,
        Ok(Removed::Already) => 0,
        Err(_) => errno::EDEADLK,
    })
}

/// Whether nobody but the caller can be to blame that a registered device is not attached.
fn was_not_attached(key: DeviceKey) -> bool {
    books::with(|locked| {
        Books::host(locked, key.host.slot).is_some_and(|book| {
            book.registration(key).is_ok_and(|registration| {
                registration.stays() && !registration.is_told && registration.serving == Serving::Idle
            })
        })
    })
}

unsafe extern "C" fn devm_detach(dsi: *mut c_void) {
    let dsi: *mut bindings::mipi_dsi_device = dsi.cast();
    // SAFETY: the action of `devm_mipi_dsi_attach`, which has taken a reference to a device of this core's.
    unsafe {
        mipi_dsi_detach(dsi);
        if let Some(lease) = Lease::of(dsi) {
            Lease::put(lease);
        }
    }
}

/// Attaches a device until `dev` is unbound.
///
/// # Safety
///
/// Both are valid.
#[no_mangle]
pub(crate) unsafe extern "C" fn devm_mipi_dsi_attach(
    dev: *mut bindings::device,
    dsi: *mut bindings::mipi_dsi_device,
) -> c_int {
    // SAFETY: the caller says so. The reference is for the action.
    unsafe {
        let result = mipi_dsi_attach(dsi);
        if result != 0 {
            return result;
        }
        if let Some(lease) = Lease::of(dsi) {
            bindings::mipi_dsi_glue_get(ptr::addr_of_mut!((*lease).dsi.dev));
        }
        bindings::mipi_dsi_glue_add_action(dev, Some(devm_detach), dsi.cast())
    }
}
