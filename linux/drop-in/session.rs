// SPDX-License-Identifier: GPL-2.0 OR MIT
//! One call: drives an operation of the machine to its end, waits where it says so, and makes its callbacks.

use crate::books::{self, Host, Locked, Note};
use crate::bus::machine::{Books, Callback, DeviceKey, Errands, Next, Operation, Running, WaitFor};
use crate::bus::shell::{drive, gate_and_book, Shell};
use crate::bus::error::WaitError;
use crate::device::Registrant;
use crate::errno;
use crate::lease::Lease;
use crate::leaving::Leaving;
use crate::lockdep;
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

    /// Takes an operation to its end, then the errands that callbacks may have left; `answer` makes the result of how it
    /// ended. The operation lies in this frame, and the session in its caller's: the frames of a kernel are small.
    #[inline(never)]
    pub(crate) fn run<O: Operation, R>(
        &mut self,
        operation: impl FnOnce() -> O,
        answer: impl FnOnce(&Running<O>, &Self) -> R,
    ) -> R {
        let mut running = Running::new(operation(), self.note.caller);
        self.take_to_its_end(&mut running);
        answer(&running, self)
    }

    #[inline(never)]
    fn take_to_its_end(&mut self, running: &mut Running<dyn Operation + '_>) {
        drive::<true>(self, running);
        if self.has_errands {
            self.run_errands();
        }
    }

    fn lend(&mut self, locked: &mut Locked<'_>, callback: Callback) {
        let Some(slot) = locked.slot(self.slot) else { return };
        let Some(protected) = locked.protected(self.slot) else { return };
        self.loan.host = protected.host;
        if let Callback::Surrender(_) = callback {
            protected.host = None;
            protected.node = ptr::null_mut();
            let _ = gate_and_book::surrender(&slot.gate, &protected.book);
        }
        let Some(device) = callback.device() else { return };
        self.loan.dsi = protected.devices[device.channel];
        if let Callback::Forget(_) = callback {
            protected.devices[device.channel] = ptr::null_mut();
        }
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
                    bindings::device_del(ptr::addr_of_mut!((*dsi).dev));
                    true
                }
                Callback::Forget(_) => {
                    if let Some(lease) = (!dsi.is_null()).then(|| Lease::of(dsi)).flatten() {
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
        self.has_errands
    }

    /// Leaves them to a worker: this caller may be in atomic context, or hold a lock that a driver's remove function takes.
    fn run_errands(&mut self) {
        // SAFETY: it queues work.
        unsafe { bindings::mipi_dsi_glue_queue_errands() };
    }
}

/// Carries out the errands of all hosts, as far as nothing is in their way: whoever ends what is, queues this again.
#[no_mangle]
pub(crate) extern "C" fn mipi_dsi_run_errands() {
    let mut slot = 0;
    while let Some(has_errands) = books::with(|locked| Some(Books::host(locked, slot)?.has_errands())) {
        if has_errands {
            let mut session = Session::new(slot);
            let mut running = Running::new(Errands::new(slot), session.note.caller);
            drive::<true>(&mut session, &mut running);
        }
        slot += 1;
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
