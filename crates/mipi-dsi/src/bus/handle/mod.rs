//! The handles that users hold: the bus, a host, a found host, a device, a link.
//!
//! Each is a key into the book and a way to reach the bus; none points at the other end. Dropping one does what is left
//! to do: a [`Link`] detaches, a [`Device`] unregisters, a [`Host`] is removed. If the other side has done it already,
//! the drop only counts the handle.

mod device;
mod dsi_bus;
mod host;
mod link;

pub use device::{AttachedDevice, Device};
pub use dsi_bus::Bus;
pub use host::{Host, HostRef};
pub use link::{Link, LinkSender};

use super::lock::Lock;
use super::machine::{DeviceKey, HandleCount, HostBook, HostKey};
use super::memory::Memory;
use super::shell::{close_gate, run_errands, settle, MemoryRef};
use super::slots::Slots;

/// Changes the book of a slot in one section of the lock, without an operation: for errands.
fn with_book<R: MemoryRef>(bus: &R, slot: usize, change: &mut dyn FnMut(&mut HostBook)) {
    let memory = bus.memory();
    memory.lock().with(|slots| {
        close_gate(memory, slots, slot);
        if let Some(slot) = slots.slot_mut(slot) {
            change(&mut slot.book);
        }
        ((), settle(memory, slots, slot).1)
    });
}

/// Changes a count of handles. Nothing depends on those, so the gate stays as it is.
fn count<R: MemoryRef>(bus: &R, slot: usize, change: impl FnOnce(&mut HostBook)) {
    if !HandleCount::IS_KEPT {
        return;
    }
    bus.memory().lock().with(|slots| {
        if let Some(slot) = slots.slot_mut(slot) {
            change(&mut slot.book);
        }
        ((), super::lock::Ended::NOTHING)
    });
}

/// Carries out those errands of a slot that can be carried out now, if this context may call back.
fn try_errands<R: MemoryRef>(bus: &R, slot: usize) {
    if bus.memory().lock().may_call_back() {
        run_errands(bus, slot);
    }
}

/// What dropping a handle leaves to do. Dropped by unwinding too: a callback may unwind through the drop of the
/// handle, and nobody has it afterwards.
struct Undone<'a, R: MemoryRef> {
    bus: &'a R,
    slot: usize,
    leave: &'a mut dyn FnMut(&mut HostBook),
}

impl<R: MemoryRef> Drop for Undone<'_, R> {
    fn drop(&mut self) {
        with_book(self.bus, self.slot, self.leave);
    }
}

/// Ends what a dropped handle was for, or leaves that as an errand.
fn end_or_leave<R: MemoryRef>(
    bus: &R,
    slot: usize,
    has_ended: impl FnOnce() -> bool,
    leave: &mut dyn FnMut(&mut HostBook),
) {
    let undone = Undone { bus, slot, leave };
    if has_ended() {
        core::mem::forget(undone);
        return;
    }
    drop(undone);
    // What was in the way may have ended since: whoever changes the book tries the errand.
    try_errands(bus, slot);
}

/// A handle of a device, counted until it is dropped, by unwinding too.
struct CountedDevice<R: MemoryRef> {
    bus: R,
    key: DeviceKey,
    is_counted: bool,
}

impl<R: MemoryRef> CountedDevice<R> {
    fn new(bus: R, key: DeviceKey) -> Self {
        count(&bus, key.host.slot, |book| book.count_device_handle(key, true));
        Self::of_counted(bus, key)
    }

    /// Takes a handle that the book has counted already.
    fn of_counted(bus: R, key: DeviceKey) -> Self {
        Self { bus, key, is_counted: true }
    }

    /// The handle is being dropped: if its purpose `is_over` and no errand is left on the host, stops counting it.
    /// Returns whether the drop has nothing more to do.
    fn is_over(&mut self, is_over: impl FnOnce(&HostBook) -> bool) -> bool {
        let key = self.key;
        self.is_counted = self.bus.memory().lock().with(|slots| {
            let Some(book) = slots.slot_mut(key.host.slot).map(|slot| &mut slot.book) else {
                return (true, super::lock::Ended::NOTHING);
            };
            let ends = is_over(book) && !book.has_errands();
            if ends {
                book.count_device_handle(key, false);
            }
            (!ends, super::lock::Ended::NOTHING)
        });
        !self.is_counted
    }
}

impl<R: MemoryRef> Drop for CountedDevice<R> {
    fn drop(&mut self) {
        if self.is_counted {
            count(&self.bus, self.key.host.slot, |book| book.count_device_handle(self.key, false));
        }
    }
}

/// A handle of a host, counted until it is dropped, by unwinding too.
struct CountedHost<R: MemoryRef> {
    bus: R,
    key: HostKey,
}

impl<R: MemoryRef> CountedHost<R> {
    fn new(bus: R, key: HostKey) -> Self {
        count(&bus, key.slot, |book| book.count_host_handle(key, true));
        Self { bus, key }
    }
}

impl<R: MemoryRef> Drop for CountedHost<R> {
    fn drop(&mut self) {
        count(&self.bus, self.key.slot, |book| book.count_host_handle(self.key, false));
    }
}
