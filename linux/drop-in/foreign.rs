// SPDX-License-Identifier: GPL-2.0 OR MIT
//! Devices that this core did not allocate: their drivers fill a `struct mipi_dsi_device` themselves, as i915 does.
//!
//! If their host is registered, the book has them from attach to detach, under an entry of its own. If it is not (i915's
//! never is), nothing is known of either, and calls go straight to the host, as in C.

use crate::attach;
use crate::books;
use crate::bus::machine::{Books, DeviceKey, HostKey, LinkKey, RegisterDeviceOutcome, UnregisterDevice};
use crate::bus::error::Side;
use crate::bus::listener::RemovalKind;
use crate::errno;
use crate::session::{self, Session};
use crate::transfer;
use crate::wire::VirtualChannel;
use core::cell::UnsafeCell;
use core::ffi::c_int;
use core::ptr;
use kernel::bindings;

/// What is known of a device that is attached.
struct Entry {
    dsi: *mut bindings::mipi_dsi_device,
    key: DeviceKey,
    next: *mut Entry,
}

struct Entries(UnsafeCell<*mut Entry>);

// SAFETY: its content is reached under the lock of the books alone.
unsafe impl Sync for Entries {}

static ENTRIES: Entries = Entries(UnsafeCell::new(ptr::null_mut()));

/// The place in the list of this device's entry, or its end. To be followed under the lock of the books.
unsafe fn place(dsi: *mut bindings::mipi_dsi_device) -> *mut *mut Entry {
    let mut place: *mut *mut Entry = ENTRIES.0.get();
    // SAFETY: the caller has the lock, and entries in the list are alive.
    unsafe {
        while !(*place).is_null() && (**place).dsi != dsi {
            place = ptr::addr_of_mut!((**place).next);
        }
    }
    place
}

/// The key of an attached device.
fn key_of(dsi: *mut bindings::mipi_dsi_device) -> Option<DeviceKey> {
    // SAFETY: under the lock.
    books::with(|_| unsafe { (*place(dsi)).as_ref().map(|entry| entry.key) })
}

/// See `mipi_dsi_attach`.
///
/// # Safety
///
/// `dsi` and its host are valid.
pub(crate) unsafe fn attach(dsi: *mut bindings::mipi_dsi_device) -> c_int {
    // SAFETY: the caller says so.
    let (host, channel) = unsafe { ((*dsi).host, (*dsi).channel) };
    let Some(host_key) = books::with(|locked| locked.present(host)) else {
        // SAFETY: as above.
        return unsafe { session::attach(host, dsi) };
    };
    let Some(channel) = u8::try_from(channel).ok().and_then(|channel| VirtualChannel::new(channel).ok()) else {
        return errno::EINVAL;
    };
    // SAFETY: an allocation.
    let entry = unsafe { bindings::krealloc(ptr::null(), size_of::<Entry>(), bindings::GFP_KERNEL) }.cast::<Entry>();
    if entry.is_null() {
        return errno::ENOMEM;
    }
    let key = match register(dsi, host_key, channel, entry) {
        Ok(key) => key,
        Err(error) => {
            // SAFETY: it is in no list.
            unsafe { bindings::kfree(entry.cast()) };
            return error;
        }
    };
    let result = attach::attach(key);
    if result != 0 {
        forget(dsi, key);
    }
    result
}

/// Takes the channel, and puts the entry into the list.
fn register(
    dsi: *mut bindings::mipi_dsi_device,
    host: HostKey,
    channel: VirtualChannel,
    entry: *mut Entry,
) -> Result<DeviceKey, c_int> {
    books::with(|locked| {
        // SAFETY: under the lock.
        let end = unsafe { place(dsi) };
        // SAFETY: as above.
        if !unsafe { *end }.is_null() {
            return Err(errno::EALREADY);
        }
        locked.close(host.slot);
        let registered = locked.protected(host.slot).ok_or(errno::EPROBE_DEFER).and_then(|slot| {
            let key = slot.book.register_device(host, channel, None).map_err(|refused| match refused {
                RegisterDeviceOutcome::ChannelTaken(_) => errno::EEXIST,
                _ => errno::EPROBE_DEFER,
            })?;
            slot.devices[channel] = dsi;
            Ok(key)
        });
        if let Ok(key) = registered {
            // SAFETY: it is new, large enough, and the place is the list's end.
            unsafe {
                entry.write(Entry { dsi, key, next: ptr::null_mut() });
                *end = entry;
            }
        }
        locked.settle(host.slot);
        registered
    })
}

/// Gives the channel back, and frees the entry.
fn forget(dsi: *mut bindings::mipi_dsi_device, key: DeviceKey) {
    let mut session = Session::new(key.host.slot);
    session.run(|| UnregisterDevice::new(key, Side::Peripheral, RemovalKind::Orderly), |_, _| ());
    // SAFETY: under the lock.
    let entry = books::with(|_| unsafe {
        let place = place(dsi);
        let entry = *place;
        if let Some(found) = entry.as_ref() {
            *place = found.next;
        }
        entry
    });
    // SAFETY: it is in the list no more, or null.
    unsafe { bindings::kfree(entry.cast()) };
}

/// See `mipi_dsi_detach`.
///
/// # Safety
///
/// `dsi` is valid, and so is its host, unless that was registered.
pub(crate) unsafe fn detach(dsi: *mut bindings::mipi_dsi_device) -> c_int {
    if let Some(key) = key_of(dsi) {
        let is_there =
            books::with(|locked| Books::host(locked, key.host.slot).is_some_and(|book| book.registration(key).is_ok()));
        let result = if is_there { attach::detach(key) } else { 0 };
        forget(dsi, key);
        return result;
    }
    // SAFETY: the caller says so.
    unsafe {
        if !(*dsi).attached {
            bindings::mipi_dsi_glue_warn(c"a device that is not attached is detached".as_ptr().cast());
            return errno::EINVAL;
        }
        let has_detach = (*(*dsi).host).ops.as_ref().is_some_and(|ops| ops.detach.is_some());
        if !has_detach {
            return errno::ENOSYS;
        }
        session::detach((*dsi).host, dsi)
    }
}

/// Sends a message of such a device.
///
/// # Safety
///
/// As [`detach`].
#[cold]
pub(crate) unsafe fn transfer(
    dsi: *mut bindings::mipi_dsi_device,
    msg: &mut bindings::mipi_dsi_msg,
) -> isize {
    // SAFETY: the caller says so.
    unsafe { transfer::set_speed(dsi, msg) };
    match key_of(dsi) {
        Some(device) => transfer::by_the_book(LinkKey { device, attachment: None }, msg),
        // SAFETY: as above.
        None => unsafe { transfer::to_host((*dsi).host, msg) },
    }
}
