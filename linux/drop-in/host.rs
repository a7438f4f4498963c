// SPDX-License-Identifier: GPL-2.0 OR MIT
//! Hosts: registration with the children of their node, lookup, removal.

use crate::books::{self, Host};
use crate::bus::machine::{HostKey, HostPhase, UnregisterHost};
use crate::bus::listener::RemovalKind;
use crate::device::{register, Registrant};
use crate::errno;
use crate::session::Session;
use core::ffi::c_int;
use core::ptr;
use kernel::bindings;

/// Registers a host, and the devices of those children of its node that are available and have a `reg`.
///
/// The host can be found, and be asked to attach, from here on, by its children's probes too. A child that cannot be
/// registered is left out, as in C. Returns 0, `-ENOMEM`, or `-EEXIST` for a host that is registered already.
///
/// # Safety
///
/// `host` and its `dev` are valid until `mipi_dsi_host_unregister` has returned.
#[no_mangle]
pub(crate) unsafe extern "C" fn mipi_dsi_host_register(host: *mut bindings::mipi_dsi_host) -> c_int {
    // SAFETY: the caller says so.
    let node = unsafe { (*(*host).dev).of_node };
    if books::with(|locked| locked.index_of(host)).is_some() {
        // SAFETY: a text.
        unsafe { bindings::mipi_dsi_glue_warn(c"a host is registered twice".as_ptr().cast()) };
        return errno::EEXIST;
    }
    let mut new = ptr::null_mut();
    let registered = match books::with(|locked| locked.register(host, node, &mut new)) {
        Some(key) => Some(key),
        None => {
            new = books::new_slot();
            books::with(|locked| locked.register(host, node, &mut new))
        }
    };
    books::free_slot(new);
    if registered.is_none() {
        return errno::ENOMEM;
    }
    // SAFETY: as above.
    unsafe { register_children(host, node) };
    0
}

/// # Safety
///
/// As `mipi_dsi_host_register`; `node` is the host's, or null.
unsafe fn register_children(host: *mut bindings::mipi_dsi_host, node: *mut bindings::device_node) {
    let mut child = ptr::null_mut();
    loop {
        // SAFETY: it takes a reference to the next child and gives the one to the last back.
        child = unsafe { bindings::mipi_dsi_glue_next_child(node, child) };
        if child.is_null() {
            return;
        }
        // SAFETY: we have a reference to the child.
        unsafe { register_child(host, child) };
    }
}

/// # Safety
///
/// `host` is registered, and `child` a node.
unsafe fn register_child(host: *mut bindings::mipi_dsi_host, child: *mut bindings::device_node) {
    let mut info = bindings::mipi_dsi_device_info::default();
    let mut reg = 0;
    // SAFETY: the caller says that both are valid.
    unsafe {
        let has_reg = bindings::mipi_dsi_glue_reg(child, &mut reg);
        if has_reg == 1 {
            return;
        }
        let dev = (*host).dev;
        let len = info.type_.len() as c_int;
        if bindings::of_alias_from_compatible(child, info.type_.as_mut_ptr(), len) < 0 {
            bindings::_dev_err(dev, c"modalias failure on %pOF\n".as_ptr().cast(), child);
            return;
        }
        if has_reg < 0 {
            let text = c"device node %pOF has no valid reg property: %d\n";
            bindings::_dev_err(dev, text.as_ptr().cast(), child, has_reg);
            return;
        }
        info.channel = reg;
        info.node = child;
        let _ = register(host, &info, Registrant::Core);
    }
}

/// The host of this node; null if none is registered, or if it is leaving.
///
/// It is a bare pointer, as in C: what is done with it is checked again, and refused if the host has gone.
///
/// # Safety
///
/// None: the node is only compared.
#[no_mangle]
pub(crate) unsafe extern "C" fn of_find_mipi_dsi_host_by_node(
    node: *mut bindings::device_node,
) -> *mut bindings::mipi_dsi_host {
    books::with(|locked| {
        let index = locked.look_up(|slot| {
            slot.host.is_some() && slot.node == node && slot.book.phase == HostPhase::Present
        })?;
        locked.protected(index)?.host
    })
    .map_or(ptr::null_mut(), |Host(host)| host)
}

/// Removes a host: nobody finds it any more, each device is unbound, detached and unregistered, and nothing of it runs
/// when this returns. A host that is not registered is left alone.
///
/// # Safety
///
/// The host was registered and not freed.
#[no_mangle]
pub(crate) unsafe extern "C" fn mipi_dsi_host_unregister(host: *mut bindings::mipi_dsi_host) {
    let key: Option<HostKey> = books::with(|locked| {
        let index = locked.index_of(host)?;
        Some(locked.protected(index)?.book.key(index))
    });
    let Some(key) = key else { return };
    let mut session = Session::new(key.slot);
    let operation = || UnregisterHost::new(key, RemovalKind::Orderly);
    if session.run(operation, |running, _| running.outcome().is_err()) {
        books::with(|locked| {
            if let Some(slot) = locked.protected(key.slot) {
                slot.book.leave_host_errand(key);
            }
        });
        // SAFETY: a text.
        unsafe { bindings::mipi_dsi_glue_warn(c"a host is unregistered from inside of what it does".as_ptr().cast()) };
    }
}
