// SPDX-License-Identifier: GPL-2.0 OR MIT
//! The hosts that are known: a list of slots, each with the book of its host, under one spinlock, and its gate beside it.
//!
//! A slot is never freed, and is used again when its host has gone. So a late sender may still look at the gate of its slot,
//! and finds it closed. There are as many slots as there were hosts at a time: a handful.

use crate::bus::gate::{AtomicWord, Gate};
use crate::bus::machine::{Books, Caller, Events, HostBook, HostKey, HostPhase, PerChannel, Profile, WaitFor};
use crate::bus::shell::gate_and_book;
use crate::bus::link_config::Speed;
use core::cell::UnsafeCell;
use core::ptr;
use kernel::bindings;

/// A host's registration as its driver names it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Host(pub(crate) *mut bindings::mipi_dsi_host);

// SAFETY: it is a name; those who follow the pointer say why they may.
unsafe impl Send for Host {}
// SAFETY: as above.
unsafe impl Sync for Host {}

/// What one host has in the table.
pub(crate) struct Slot {
    /// Its place in the list.
    index: usize,
    /// Packets pass it when nobody removes and nobody waits.
    pub(crate) gate: Gate<Host, AtomicWord>,
    /// For lockdep; null without it.
    #[cfg_attr(not(CONFIG_LOCKDEP), allow(dead_code))]
    pub(crate) maps: *mut bindings::mipi_dsi_glue_maps,
    protected: UnsafeCell<Protected>,
    /// The next slot; written once, under the lock, when that is appended.
    next: UnsafeCell<*mut Slot>,
}

/// What of a slot lies under the lock.
pub(crate) struct Protected {
    pub(crate) book: HostBook,
    pub(crate) host: Option<Host>,
    /// The host's node at its registration.
    pub(crate) node: *mut bindings::device_node,
    /// The device of each channel that is taken.
    pub(crate) devices: PerChannel<*mut bindings::mipi_dsi_device>,
}

/// Somebody who waits; it lies on their stack, and in the table's list while they do.
pub(crate) struct Note {
    pub(crate) caller: Caller,
    wait: Option<WaitFor>,
    next: *mut Note,
    pub(crate) done: bindings::completion,
}

impl Note {
    /// It is in no list, and may still be moved.
    pub(crate) fn new(caller: Caller) -> Self {
        Self { caller, wait: None, next: ptr::null_mut(), done: bindings::completion::default() }
    }
}

struct Table(UnsafeCell<Lists>);

struct Lists {
    first: *mut Slot,
    notes: *mut Note,
}

// SAFETY: only `with` reaches its content, under the lock.
unsafe impl Sync for Table {}

static TABLE: Table = Table(UnsafeCell::new(Lists { first: ptr::null_mut(), notes: ptr::null_mut() }));

/// The table, for one who has the lock. `note` is the caller's own, for an operation that may wait.
pub(crate) struct Locked<'a> {
    lists: &'a mut Lists,
    note: *mut Note,
}

/// Runs `section` alone.
pub(crate) fn with<R>(section: impl FnOnce(&mut Locked<'_>) -> R) -> R {
    with_note(ptr::null_mut(), section)
}

/// Runs `section` alone; an operation in it may note that `note`'s caller waits. The note has to stay where it is as long
/// as it is in the list.
pub(crate) fn with_note<R>(note: *mut Note, section: impl FnOnce(&mut Locked<'_>) -> R) -> R {
    // SAFETY: the lock is a static of C's. A section calls nobody who could take it again.
    let flags = unsafe { bindings::mipi_dsi_glue_lock() };
    // SAFETY: we have the lock.
    let result = section(&mut Locked { lists: unsafe { &mut *TABLE.0.get() }, note });
    // SAFETY: as above, and `flags` are those of this section.
    unsafe { bindings::mipi_dsi_glue_unlock(flags) };
    result
}

/// Who calls.
pub(crate) fn caller() -> Caller {
    // SAFETY: it only looks at the context.
    let number = unsafe { bindings::mipi_dsi_glue_caller() };
    Caller::from_bits(number as usize).unwrap_or(Caller::MAIN)
}

impl Locked<'_> {
    fn slots(&self) -> impl Iterator<Item = *mut Slot> {
        let mut slot = self.lists.first;
        core::iter::from_fn(move || {
            let this = slot;
            // SAFETY: slots are never freed, and `next` changes under the lock, which we have.
            slot = unsafe { *this.as_ref()?.next.get() };
            Some(this)
        })
    }

    fn find(&self, index: usize) -> Option<*mut Slot> {
        // SAFETY: slots are never freed.
        self.slots().find(|slot| unsafe { (**slot).index } == index)
    }

    /// The slot of this index.
    pub(crate) fn slot(&self, index: usize) -> Option<&'static Slot> {
        // SAFETY: slots are never freed.
        self.find(index).map(|slot| unsafe { &*slot })
    }

    /// What the lock protects of the slot of this index.
    pub(crate) fn protected(&mut self, index: usize) -> Option<&mut Protected> {
        // SAFETY: we have the lock, and the reference lives as long as the borrow of `self`.
        self.find(index).map(|slot| unsafe { &mut *(*slot).protected.get() })
    }

    /// The first slot for which `is` holds.
    pub(crate) fn look_up(&mut self, mut is: impl FnMut(&Protected) -> bool) -> Option<usize> {
        self.slots().find_map(|slot| {
            // SAFETY: we have the lock; slots are never freed.
            let (index, protected) = unsafe { ((*slot).index, &*(*slot).protected.get()) };
            is(protected).then_some(index)
        })
    }

    /// The index of this host's slot, if it is registered or leaving.
    pub(crate) fn index_of(&mut self, host: *mut bindings::mipi_dsi_host) -> Option<usize> {
        self.look_up(|slot| slot.host == Some(Host(host)))
    }

    /// The key of this host, if it is registered and not leaving.
    pub(crate) fn present(&mut self, host: *mut bindings::mipi_dsi_host) -> Option<HostKey> {
        let index = self.index_of(host)?;
        self.protected(index)?.book.present(index)
    }

    /// Closes the gate of a slot, so that its book is the truth.
    pub(crate) fn close(&mut self, index: usize) {
        let Some(slot) = self.slot(index) else { return };
        if let Some(protected) = self.protected(index) {
            gate_and_book::close(&slot.gate, &mut protected.book);
        }
    }

    /// Ends a section: opens the gate if nobody removes and nobody waits, and wakes those who wait for what has ended.
    pub(crate) fn settle(&mut self, index: usize) {
        let Some(slot) = self.slot(index) else { return };
        let Some(protected) = self.protected(index) else { return };
        let Protected { book, host, .. } = protected;
        gate_and_book::open(&slot.gate, book, host, |_, _| Speed::HighSpeed);
        let ended = book.take_ended();
        self.wake(index, ended);
    }

    fn wake(&mut self, index: usize, ended: Events) {
        let mut note = self.lists.notes;
        // SAFETY: a note in the list is on the stack of somebody who waits and takes it out under the lock, which we have.
        while let Some(waiter) = unsafe { note.as_mut() } {
            if waiter.wait.is_some_and(|wait| wait.host().slot == index && ended.contains(wait.event())) {
                // SAFETY: it was initialised; its waiter is asleep, or about to be.
                unsafe { bindings::complete(&mut waiter.done) };
            }
            note = waiter.next;
        }
    }

    /// Registers a host in a vacant slot, or in `new`, which is taken only if it is needed. `None` if there is no slot.
    pub(crate) fn register(
        &mut self,
        host: *mut bindings::mipi_dsi_host,
        node: *mut bindings::device_node,
        new: &mut *mut Slot,
    ) -> Option<HostKey> {
        let vacant = self.look_up(|slot| slot.book.phase == HostPhase::Vacant && slot.host.is_none());
        let index = match vacant {
            Some(index) => index,
            None => self.append(new)?,
        };
        let protected = self.protected(index)?;
        let key = protected.book.begin_host(index, Profile::Shared)?;
        protected.book.finish_host(true);
        protected.host = Some(Host(host));
        protected.node = node;
        Some(key)
    }

    fn append(&mut self, new: &mut *mut Slot) -> Option<usize> {
        let slot = core::mem::replace(new, ptr::null_mut());
        let index = self.slots().count();
        let last = self.slots().last();
        // SAFETY: it is new and nobody else has it, or null.
        unsafe { slot.as_mut()? }.index = index;
        match last {
            None => self.lists.first = slot,
            // SAFETY: we have the lock.
            Some(last) => unsafe { *(*last).next.get() = slot },
        }
        Some(index)
    }
}

impl Books for Locked<'_> {
    fn host(&self, slot: usize) -> Option<&HostBook> {
        // SAFETY: we have the lock, and the reference lives as long as the borrow of `self`.
        self.find(slot).map(|slot| unsafe { &(*(*slot).protected.get()).book })
    }

    fn host_mut(&mut self, slot: usize) -> Option<&mut HostBook> {
        self.protected(slot).map(|slot| &mut slot.book)
    }

    fn waits_for(&self, caller: Caller) -> Option<WaitFor> {
        let mut note = self.lists.notes;
        // SAFETY: as in `wake`.
        while let Some(waiter) = unsafe { note.as_ref() } {
            if waiter.caller == caller {
                return waiter.wait;
            }
            note = waiter.next;
        }
        None
    }

    fn note_wait(&mut self, _: Caller, wait: Option<WaitFor>) -> bool {
        // SAFETY: it is the note of the caller who has the lock, or null.
        let Some(own) = (unsafe { self.note.as_mut() }) else { return false };
        match (own.wait, wait) {
            (None, Some(_)) => {
                // SAFETY: nobody waits for it, as it is in no list.
                unsafe { bindings::mipi_dsi_glue_init_completion(&mut own.done) };
                own.next = self.lists.notes;
                self.lists.notes = self.note;
            }
            (Some(_), None) => self.take_out(),
            _ => {}
        }
        // SAFETY: as above.
        unsafe { (*self.note).wait = wait };
        true
    }
}

impl Locked<'_> {
    /// Takes the caller's note out of the list.
    fn take_out(&mut self) {
        let mut place: *mut *mut Note = &mut self.lists.notes;
        // SAFETY: notes in the list are alive, and only whoever has the lock changes it.
        unsafe {
            while !(*place).is_null() {
                if *place == self.note {
                    *place = (*self.note).next;
                    return;
                }
                place = &mut (**place).next;
            }
        }
    }
}

/// A new slot, which is in no list yet; null if there is no memory.
pub(crate) fn new_slot() -> *mut Slot {
    let size = size_of::<Slot>();
    // SAFETY: an allocation.
    let slot = unsafe { bindings::krealloc(ptr::null(), size, bindings::GFP_KERNEL) }.cast::<Slot>();
    if slot.is_null() {
        return slot;
    }
    #[cfg(CONFIG_LOCKDEP)]
    // SAFETY: an allocation.
    let maps = unsafe { bindings::mipi_dsi_glue_maps_alloc() };
    #[cfg(not(CONFIG_LOCKDEP))]
    let maps = ptr::null_mut();
    // SAFETY: it has the size of a slot, and kmalloc aligns enough for one.
    unsafe {
        slot.write(Slot {
            index: 0,
            gate: Gate::EMPTY,
            maps,
            protected: UnsafeCell::new(Protected {
                book: HostBook::EMPTY,
                host: None,
                node: ptr::null_mut(),
                devices: PerChannel([ptr::null_mut(); 4]),
            }),
            next: UnsafeCell::new(ptr::null_mut()),
        });
    }
    slot
}

/// Gives back a slot that was not taken.
pub(crate) fn free_slot(slot: *mut Slot) {
    if slot.is_null() {
        return;
    }
    #[cfg(CONFIG_LOCKDEP)]
    // SAFETY: nobody has the slot, or its maps.
    unsafe {
        bindings::mipi_dsi_glue_maps_free((*slot).maps);
    }
    // SAFETY: nobody has it.
    unsafe { bindings::kfree(slot.cast()) };
}
