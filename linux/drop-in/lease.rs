// SPDX-License-Identifier: GPL-2.0 OR MIT
//! A DSI device that this core has allocated: the C structure, and behind it what the book knows the device by.
//!
//! It is freed with its last reference. The registration has one, and whoever registered it themselves another, which
//! `mipi_dsi_device_unregister` gives back: so a bridge may look at its DSI device after the host has gone.

use crate::books::Slot;
use crate::bus::machine::DeviceKey;
use crate::leaving::Leaving;
use core::ffi::c_int;
use core::ptr;
use core::sync::atomic::{AtomicBool, Ordering};
use kernel::bindings;

/// A DSI device and its key.
#[repr(C)]
pub(crate) struct Lease {
    /// First: a pointer to the one is a pointer to the other.
    pub(crate) dsi: bindings::mipi_dsi_device,
    /// Its key.
    pub(crate) key: DeviceKey,
    /// Its host's slot, for its gate.
    pub(crate) slot: &'static Slot,
    /// Who is told when the host leaves; changed under the lock of the books.
    pub(crate) leaving: Leaving,
    /// Whether the one who registered it has a reference.
    has_registrant: AtomicBool,
}

/// The host that a DSI device points to when its own has gone: whoever looks finds a device, and no functions.
pub(crate) struct GoneHost(bindings::mipi_dsi_host);

// SAFETY: nobody writes to it: no list has it.
unsafe impl Sync for GoneHost {}

static GONE_HOST: GoneHost = GoneHost(bindings::mipi_dsi_host {
    dev: ptr::addr_of!(bindings::mipi_dsi_gone_device).cast_mut(),
    ops: ptr::null(),
    list: bindings::list_head { next: ptr::null_mut(), prev: ptr::null_mut() },
});

impl Lease {
    /// A device of this host, with one reference; null if there is no memory.
    ///
    /// # Safety
    ///
    /// `host` is registered, and stays so until this returns.
    pub(crate) unsafe fn new(
        host: *mut bindings::mipi_dsi_host,
        info: &bindings::mipi_dsi_device_info,
        key: DeviceKey,
        slot: &'static Slot,
    ) -> *mut Self {
        let flags = bindings::GFP_KERNEL | bindings::__GFP_ZERO;
        // SAFETY: an allocation.
        let lease = unsafe { bindings::krealloc(ptr::null(), size_of::<Self>(), flags) }.cast::<Self>();
        if lease.is_null() {
            return lease;
        }
        // SAFETY: it is new, large enough, and all zero bytes, which its C part may be; the caller says that the host is
        // valid. Nobody else has it before this returns.
        unsafe {
            ptr::addr_of_mut!((*lease).key).write(key);
            ptr::addr_of_mut!((*lease).slot).write(slot);
            let dsi = ptr::addr_of_mut!((*lease).dsi);
            let dev = ptr::addr_of_mut!((*dsi).dev);
            (*dsi).host = host;
            (*dsi).channel = info.channel;
            // The last byte stays zero.
            for (to, from) in (*dsi).name.iter_mut().zip(info.type_).take(info.type_.len() - 1) {
                if from == 0 {
                    break;
                }
                *to = from;
            }
            (*dev).bus = ptr::addr_of!(bindings::mipi_dsi_bus_type);
            (*dev).type_ = ptr::addr_of!(bindings::mipi_dsi_device_type);
            (*dev).parent = (*host).dev;
            bindings::device_initialize(dev);
            bindings::mipi_dsi_glue_set_node(dev, bindings::mipi_dsi_glue_node_get(info.node));
            let host_name = bindings::mipi_dsi_glue_name((*host).dev);
            bindings::dev_set_name(dev, c"%s.%d".as_ptr().cast(), host_name, info.channel as c_int);
        }
        lease
    }

    /// The lease of this device, if this core has allocated it.
    ///
    /// # Safety
    ///
    /// `dsi` is valid.
    #[inline]
    pub(crate) unsafe fn of(dsi: *mut bindings::mipi_dsi_device) -> Option<*mut Self> {
        // SAFETY: the caller says so.
        let type_ = unsafe { (*dsi).dev.type_ };
        ptr::eq(type_, ptr::addr_of!(bindings::mipi_dsi_device_type)).then_some(dsi.cast())
    }

    /// Whoever registers the device gets a reference of their own.
    ///
    /// # Safety
    ///
    /// The lease is valid.
    pub(crate) unsafe fn give_to_registrant(lease: *mut Self) {
        // SAFETY: the caller says so.
        unsafe {
            bindings::mipi_dsi_glue_get(ptr::addr_of_mut!((*lease).dsi.dev));
            (*lease).has_registrant.store(true, Ordering::Relaxed);
        }
    }

    /// Takes the registrant's reference back, once.
    ///
    /// # Safety
    ///
    /// The lease is valid, and the caller does not use it any more afterwards.
    pub(crate) unsafe fn take_from_registrant(lease: *mut Self) {
        // SAFETY: the caller says so.
        if unsafe { (*lease).has_registrant.swap(false, Ordering::Relaxed) } {
            // SAFETY: it was the registrant's.
            unsafe { Self::put(lease) };
        }
    }

    /// Gives a reference back.
    ///
    /// # Safety
    ///
    /// The reference was the caller's.
    pub(crate) unsafe fn put(lease: *mut Self) {
        // SAFETY: the caller says so.
        unsafe { bindings::put_device(ptr::addr_of_mut!((*lease).dsi.dev)) };
    }

    /// The registration has ended: whoever still looks at the device finds no host that could be freed.
    ///
    /// # Safety
    ///
    /// The lease is valid.
    pub(crate) unsafe fn lose_host(lease: *mut Self) {
        // SAFETY: the caller says so. Others may read the pointer at the same time, as they could in C.
        unsafe { ptr::addr_of_mut!((*lease).dsi.host).write_volatile(ptr::addr_of!(GONE_HOST.0).cast_mut()) };
    }
}

/// The last reference has gone (`struct device_type`).
///
/// # Safety
///
/// The driver core calls it, for a device of this core's.
#[no_mangle]
pub(crate) unsafe extern "C" fn mipi_dsi_dev_release(dev: *mut bindings::device) {
    // SAFETY: it is inside a device of ours, and nobody has a reference.
    unsafe {
        let dsi = kernel::container_of!(dev, bindings::mipi_dsi_device, dev).cast_mut();
        bindings::mipi_dsi_glue_node_put((*dev).of_node);
        bindings::kfree(dsi.cast());
    }
}
