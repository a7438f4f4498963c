// SPDX-License-Identifier: GPL-2.0 OR MIT
//! What the driver model calls, and registration of drivers.

use crate::errno;
use core::ffi::{c_char, c_int};
use kernel::{bindings, container_of};

/// Whether a driver is for a device: by the device tree, or by the same name.
///
/// # Safety
///
/// The driver core calls it, for a device of this bus.
#[no_mangle]
pub(crate) unsafe extern "C" fn mipi_dsi_device_match(
    dev: *mut bindings::device,
    drv: *const bindings::device_driver,
) -> c_int {
    // SAFETY: the caller says so.
    unsafe {
        if bindings::mipi_dsi_glue_matches(dev, drv) {
            return 1;
        }
        let dsi = container_of!(dev, bindings::mipi_dsi_device, dev);
        c_int::from(bindings::strcmp((*dsi).name.as_ptr(), (*drv).name) == 0)
    }
}

/// What user space is told of a device: the module that it wants.
///
/// # Safety
///
/// The driver core calls it, for a device of this bus.
#[no_mangle]
pub(crate) unsafe extern "C" fn mipi_dsi_uevent(
    dev: *const bindings::device,
    env: *mut bindings::kobj_uevent_env,
) -> c_int {
    // SAFETY: the caller says so.
    unsafe {
        let error = bindings::of_device_uevent_modalias(dev, env);
        if error != errno::ENODEV {
            return error;
        }
        let dsi = container_of!(dev, bindings::mipi_dsi_device, dev);
        let name: *const c_char = (*dsi).name.as_ptr().cast();
        bindings::add_uevent_var(env, c"MODALIAS=mipi-dsi:%s".as_ptr().cast(), name);
        0
    }
}

/// The DSI driver and the DSI device of a device that has a driver.
unsafe fn ends(dev: *mut bindings::device) -> (*const bindings::mipi_dsi_driver, *mut bindings::mipi_dsi_device) {
    // SAFETY: the driver core calls with a device of this bus whose driver is one of this bus.
    unsafe {
        let driver = (*dev).driver.cast_const();
        let driver = container_of!(driver, bindings::mipi_dsi_driver, driver);
        (driver, container_of!(dev, bindings::mipi_dsi_device, dev).cast_mut())
    }
}

unsafe extern "C" fn probe(dev: *mut bindings::device) -> c_int {
    // SAFETY: see `ends`; this is set only where the driver has a probe.
    unsafe {
        let (driver, dsi) = ends(dev);
        (*driver).probe.map_or(0, |probe| probe(dsi))
    }
}

unsafe extern "C" fn remove(dev: *mut bindings::device) -> c_int {
    // SAFETY: as in `probe`.
    unsafe {
        let (driver, dsi) = ends(dev);
        if let Some(remove) = (*driver).remove {
            remove(dsi);
        }
    }
    0
}

unsafe extern "C" fn shutdown(dev: *mut bindings::device) {
    // SAFETY: as in `probe`.
    unsafe {
        let (driver, dsi) = ends(dev);
        if let Some(shutdown) = (*driver).shutdown {
            shutdown(dsi);
        }
    }
}

/// Registers a driver of DSI devices. Returns what `driver_register` does.
///
/// # Safety
///
/// `driver` is valid until it is unregistered.
#[no_mangle]
pub(crate) unsafe extern "C" fn mipi_dsi_driver_register_full(
    driver: *mut bindings::mipi_dsi_driver,
    owner: *mut bindings::module,
) -> c_int {
    // SAFETY: the caller says so.
    unsafe {
        let inner = &mut (*driver).driver;
        inner.bus = core::ptr::addr_of!(bindings::mipi_dsi_bus_type);
        inner.owner = owner;
        if (*driver).probe.is_some() {
            inner.probe = Some(probe);
        }
        if (*driver).remove.is_some() {
            inner.remove = Some(remove);
        }
        if (*driver).shutdown.is_some() {
            inner.shutdown = Some(shutdown);
        }
        bindings::driver_register(inner)
    }
}

/// Unregisters a driver.
///
/// # Safety
///
/// It is registered.
#[no_mangle]
pub(crate) unsafe extern "C" fn mipi_dsi_driver_unregister(driver: *mut bindings::mipi_dsi_driver) {
    // SAFETY: the caller says so.
    unsafe { bindings::driver_unregister(&mut (*driver).driver) };
}
