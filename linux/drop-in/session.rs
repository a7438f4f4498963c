// SPDX-License-Identifier: GPL-2.0 OR MIT
//! One call: drives an operation of the machine to its end, waits where it says so, and makes its callbacks.

use crate::books::{self, Host, Locked, Note, Slot};
use crate::bus::machine::{Books, Callback, DeviceKey, Errands, Next, Operation, Running, WaitFor};
use crate::bus::shell::{drive, gate_and_book, Shell};
use crate::bus::error::WaitError;
use crate::device::Registrant;
use crate::errno;
use crate::lease::Lease;
use crate::leaving::Leaving;
use core::ffi::c_int;
use core::ptr;
use kernel::bindings;

/// One call on the host in one slot.
pub(crate) struct Session {
    slot: usize,
    note: Note,
    /// In: what to register, and for whom.
    pub(crate) info: Option<(*const bindings::mipi_dsi_device_info, Registrant)>,
    /// Out: the device that was registered.
    pub(crate) lease: *mut Lease,
    /// In: what is sent.
    pub(crate) msg: *const bindings::mipi_dsi_msg,
    /// Out: what the host or the driver core said.
    pub(crate) result: isize,
    loan: Loan,
    has_errands: bool,
}

/// What a callback is made with.
struct Loan {
    host: Option<Host>,
    dsi: *mut bindings::mipi_dsi_device,
    leaving: Option<Leaving>,
}

const NOTHING: Loan = Loan { host: None, dsi: ptr::null_mut(), leaving: None };

impl Session {
    /// A call on the host in this slot.
    #[inline(never)]
    pub(crate) fn new(slot: usize) -> Self {
        Self {
            slot,
            note: Note::new(books::caller()),
            info: None,
            lease: ptr::null_mut(),
            msg: ptr::null(),
            result: 0,
            loan: NOTHING,
            has_errands: false,
        }
    }

    /// The caller begins this operation.
    pub(crate) fn begin<O: Operation>(&self, operation: O) -> Running<O> {
        Running::new(operation, books::caller())
    }

    /// Drives an operation to its end, then the errands that callbacks may have left.
    #[inline(never)]
    pub(crate) fn run(&mut self, running: &mut Running<dyn Operation + '_>) {
        drive::<true>(self, running);
        if self.has_errands() {
            self.run_errands();
        }
    }

    fn lend(&mut self, locked: &mut Locked<'_>, callback: Callback) {
        let Some(slot) = locked.slot(self.slot) else { return };
        let Some(protected) = locked.protected(self.slot) else { return };
        self.loan.host = protected.host;
        let channel = match callback {
            Callback::Surrender(_) => {
                protected.host = None;
                protected.node = ptr::null_mut();
                let _ = gate_and_book::surrender(&slot.gate, &protected.book);
                return;
            }
            Callback::Forget(device) => {
                self.loan.dsi = core::mem::replace(&mut protected.devices[device.channel], ptr::null_mut());
                return;
            }
            Callback::Attach(device)
            | Callback::Detach(device)
            | Callback::Transfer(device)
            | Callback::Transaction(device)
            | Callback::Tell(device, _)
            | Callback::Announce(device)
            | Callback::Withdraw(device) => device.channel,
            Callback::Cancel(..) => return,
        };
        self.loan.dsi = protected.devices[channel];
        if let Callback::Tell(..) = callback {
            // SAFETY: the device is registered, or has gone from the slot.
            self.loan.leaving = unsafe { Leaving::of(self.loan.dsi) };
        }
    }
}

impl Shell for Session {
    fn section(&mut self, step: &mut dyn FnMut(&mut dyn Books) -> Next) -> Next {
        let note: *mut Note = &mut self.note;
        books::with_note(note, |locked| {
            locked.close(self.slot);
            let next = step(locked);
            if let Next::Call(callback) = next {
                self.lend(locked, callback);
            }
            locked.settle(self.slot);
            self.has_errands = Books::host(locked, self.slot).is_some_and(|book| book.has_errands());
            next
        })
    }

    fn wait(
        &mut self,
        wait: WaitFor,
        step: &mut dyn FnMut(&mut dyn Books) -> Next,
    ) -> Result<Next, WaitError> {
        lockdep::will_wait(self.slot, wait);
        loop {
            let next = self.section(step);
            if next != Next::Wait(wait) {
                return Ok(next);
            }
            // SAFETY: the section has initialised it, and it does not move before this returns.
            unsafe { bindings::wait_for_completion(&mut self.note.done) };
        }
    }

    fn perform(&mut self, callback: Callback) -> bool {
        let Loan { host, dsi, leaving } = core::mem::replace(&mut self.loan, NOTHING);
        let host = host.map_or(ptr::null_mut(), |Host(host)| host);
        let _held = lockdep::held(self.slot, callback);
        // SAFETY: the book says that the host is registered and the device is there until this callback has returned, so
        // both are valid; their drivers promise that as long as a registration lasts.
        unsafe {
            match callback {
                Callback::Attach(_) => {
                    self.result = attach(host, dsi) as isize;
                    self.result == 0
                }
                Callback::Detach(_) => {
                    self.result = detach(host, dsi) as isize;
                    true
                }
                Callback::Transfer(_) => {
                    self.result = crate::transfer::to_host(host, self.msg);
                    true
                }
                Callback::Announce(device) => {
                    self.result = self.announce(host, device) as isize;
                    self.result == 0
                }
                Callback::Withdraw(_) => {
                    bindings::device_del(&mut (*dsi).dev);
                    true
                }
                Callback::Forget(_) => {
                    if let Some(lease) = dsi.as_mut().and_then(|dsi| Lease::of(dsi)) {
                        Lease::lose_host(lease);
                        Lease::put(lease);
                    }
                    true
                }
                Callback::Tell(..) => {
                    // Drivers on the DSI bus hear of it by their remove function, within `Withdraw`.
                    if let Some(leaving) = leaving {
                        leaving.tell(dsi);
                    }
                    true
                }
                Callback::Surrender(_) | Callback::Transaction(_) | Callback::Cancel(..) => true,
            }
        }
    }

    fn has_errands(&self) -> bool {
        // Callbacks may sleep.
        // SAFETY: it only looks at the context.
        self.has_errands && unsafe { bindings::mipi_dsi_glue_may_sleep() }
    }

    fn run_errands(&mut self) {
        let mut running = self.begin(Errands::new(self.slot));
        let result = self.result;
        drive::<true>(self, &mut running);
        self.result = result;
    }
}

impl Session {
    /// Makes the device, and adds it: a driver may probe, and attach it, from inside.
    ///
    /// # Safety
    ///
    /// `host` is registered, and stays so until this returns.
    unsafe fn announce(&mut self, host: *mut bindings::mipi_dsi_host, device: DeviceKey) -> c_int {
        let Some((info, registrant)) = self.info else { return errno::EINVAL };
        let Some(slot) = books::with(|locked| locked.slot(device.host.slot)) else { return errno::EINVAL };
        // SAFETY: the caller says that the host is registered; `info` is the registrant's, and valid.
        let lease = unsafe { Lease::new(host, &*info, device, slot) };
        if lease.is_null() {
            return errno::ENOMEM;
        }
        self.lease = lease;
        // SAFETY: it is new, and has the registration's reference.
        unsafe {
            let dsi = ptr::addr_of_mut!((*lease).dsi);
            books::with(|locked| {
                if let Some(slot) = locked.protected(device.host.slot) {
                    slot.devices[device.channel] = dsi;
                }
            });
            if registrant == Registrant::Driver {
                Lease::give_to_registrant(lease);
            }
            let result = bindings::device_add(ptr::addr_of_mut!((*dsi).dev));
            if result != 0 {
                Lease::take_from_registrant(lease);
            }
            result
        }
    }
}

/// Calls the host's attach.
pub(crate) unsafe fn attach(host: *mut bindings::mipi_dsi_host, dsi: *mut bindings::mipi_dsi_device) -> c_int {
    // SAFETY: the caller says that both are valid.
    unsafe {
        let Some(attach) = (*host).ops.as_ref().and_then(|ops| ops.attach) else { return errno::ENOSYS };
        let result = attach(host, dsi);
        if result == 0 {
            (*dsi).attached = true;
        }
        result
    }
}

/// Calls the host's detach.
pub(crate) unsafe fn detach(host: *mut bindings::mipi_dsi_host, dsi: *mut bindings::mipi_dsi_device) -> c_int {
    // SAFETY: the caller says that both are valid.
    unsafe {
        (*dsi).attached = false;
        match (*host).ops.as_ref().and_then(|ops| ops.detach) {
            Some(detach) => detach(host, dsi),
            None => errno::ENOSYS,
        }
    }
}

/// What lockdep is told of waits and of what is waited for.
pub(crate) mod lockdep {
    use super::*;
    use crate::wire::VirtualChannel;

    #[cfg(CONFIG_LOCKDEP)]
    type Kind = bindings::mipi_dsi_glue_wait;

    /// Something that others may wait for goes on until this is dropped.
    pub(crate) struct Held {
        #[cfg(CONFIG_LOCKDEP)]
        slot: &'static Slot,
        #[cfg(CONFIG_LOCKDEP)]
        kind: Kind,
    }

    /// The caller is about to wait.
    pub(super) fn will_wait(slot: usize, wait: WaitFor) {
        let (kind, channel) = match wait {
            WaitFor::Serving(device) => (bindings::mipi_dsi_glue_wait_MIPI_DSI_GLUE_SERVING, device.channel),
            WaitFor::Notice(device) | WaitFor::Registration(device) => {
                (bindings::mipi_dsi_glue_wait_MIPI_DSI_GLUE_REGISTRATION, device.channel)
            }
            WaitFor::Senders(device) => (bindings::mipi_dsi_glue_wait_MIPI_DSI_GLUE_SENDERS, device.channel),
            WaitFor::HostRemoval(_) | WaitFor::Link(_) | WaitFor::Cancel(_) => {
                (bindings::mipi_dsi_glue_wait_MIPI_DSI_GLUE_REMOVAL, VirtualChannel::VC0)
            }
        };
        #[cfg(CONFIG_LOCKDEP)]
        if let Some(slot) = books::with(|locked| locked.slot(slot)) {
            // SAFETY: the slot's maps are never freed.
            unsafe { bindings::mipi_dsi_glue_will_wait(slot.maps, kind, channel.get().into()) };
        }
        #[cfg(not(CONFIG_LOCKDEP))]
        let _ = (slot, kind, channel);
    }

    /// A callback that others may wait for begins.
    pub(super) fn held(slot: usize, callback: Callback) -> Option<Held> {
        let (kind, channel) = match callback {
            Callback::Attach(device) | Callback::Detach(device) => {
                (bindings::mipi_dsi_glue_wait_MIPI_DSI_GLUE_SERVING, device.channel)
            }
            Callback::Announce(device) | Callback::Withdraw(device) => {
                (bindings::mipi_dsi_glue_wait_MIPI_DSI_GLUE_REGISTRATION, device.channel)
            }
            Callback::Transfer(device) => {
                (bindings::mipi_dsi_glue_wait_MIPI_DSI_GLUE_SENDERS, device.channel)
            }
            _ => return None,
        };
        #[cfg(CONFIG_LOCKDEP)]
        return books::with(|locked| locked.slot(slot)).map(|slot| begin(slot, kind, channel));
        #[cfg(not(CONFIG_LOCKDEP))]
        {
            let _ = (slot, kind, channel);
            None
        }
    }

    /// A transfer to a channel of this slot begins.
    #[inline(always)]
    pub(crate) fn sends(slot: &'static Slot, channel: VirtualChannel) -> Option<Held> {
        #[cfg(CONFIG_LOCKDEP)]
        return Some(begin(slot, bindings::mipi_dsi_glue_wait_MIPI_DSI_GLUE_SENDERS, channel));
        #[cfg(not(CONFIG_LOCKDEP))]
        {
            let _ = (slot, channel);
            None
        }
    }

    #[cfg(CONFIG_LOCKDEP)]
    fn begin(slot: &'static Slot, kind: Kind, channel: VirtualChannel) -> Held {
        // SAFETY: the slot's maps are never freed.
        unsafe { bindings::mipi_dsi_glue_begin(slot.maps, kind, channel.get().into()) };
        Held { slot, kind }
    }

    impl Drop for Held {
        fn drop(&mut self) {
            #[cfg(CONFIG_LOCKDEP)]
            // SAFETY: as in `begin`.
            unsafe {
                bindings::mipi_dsi_glue_end(self.slot.maps, self.kind)
            };
        }
    }
}
