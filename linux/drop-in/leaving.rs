// SPDX-License-Identifier: GPL-2.0 OR MIT
//! Who is told that a host leaves: drivers on another bus that have asked for it.

use crate::books;
use crate::bus::machine::{Books, Registration};
use crate::errno;
use crate::lease::Lease;
use core::ffi::{c_int, c_void};
use kernel::bindings::mipi_dsi_device;

/// What is called.
type Function = unsafe extern "C" fn(dsi: *mut mipi_dsi_device, data: *mut c_void);

/// Whom to tell. All zero bytes are nobody.
#[derive(Clone, Copy)]
pub(crate) struct Leaving {
    function: Option<Function>,
    data: *mut c_void,
}

impl Leaving {
    /// Whom to tell of this device now. Called with the lock held.
    ///
    /// # Safety
    ///
    /// `dsi` is null or valid.
    pub(crate) unsafe fn of(dsi: *mut mipi_dsi_device) -> Option<Self> {
        // SAFETY: the caller says so; the field changes under the lock.
        unsafe { Some((*Lease::of((!dsi.is_null()).then_some(dsi)?)?).leaving) }
    }

    /// Tells them.
    ///
    /// # Safety
    ///
    /// `dsi` is the device, and its registrant has not been told that it has gone.
    pub(crate) unsafe fn tell(self, dsi: *mut mipi_dsi_device) {
        if let Some(function) = self.function {
            // SAFETY: the registrant has given both, and the caller says that they are still there.
            unsafe { function(dsi, self.data) };
        }
    }
}

/// See include/drm/drm_mipi_dsi_leaving.h.
///
/// # Safety
///
/// `dsi` is valid; `leaving` and `data` stay so until the device is unregistered.
#[no_mangle]
pub(crate) unsafe extern "C" fn mipi_dsi_device_on_host_leaving(
    dsi: *mut mipi_dsi_device,
    leaving: Option<Function>,
    data: *mut c_void,
) -> c_int {
    // SAFETY: the caller says so.
    let Some(lease) = (unsafe { Lease::of(dsi) }) else { return errno::EINVAL };
    books::with(|locked| {
        // SAFETY: as above.
        let key = unsafe { (*lease).key };
        let may_be_told = Books::host(locked, key.host.slot).is_some_and(|book| {
            let stays = |registration: &Registration| registration.stays() && !registration.is_told;
            book.present(key.host.slot) == Some(key.host) && book.registration(key).is_ok_and(stays)
        });
        if !may_be_told {
            return errno::ENODEV;
        }
        // SAFETY: as above; the field changes under the lock.
        unsafe { (*lease).leaving = Leaving { function: leaving, data } };
        0
    })
}
