//! The gate: what a packet passes when nobody removes and nobody waits. Two atomic operations, no lock, no book.
//!
//! Whoever waits or removes closes the gate first; from then on the book is the truth, and also has those who were
//! inside. The operation by which a sender leaves tells them whether the gate was closed meanwhile; if so, they go to
//! the book, as somebody may wait there for them.
//!
//! A gate has five words: one for the exclusive profiles, and one for each channel of the shared profile. Each profile
//! has its own, so that a late sender to an earlier host of the slot, which had another profile, finds theirs closed. A
//! word is
//!
//! ```text
//! OPEN | caller (bits 3 and up) | channel (bits 0 and 1)     exclusive: who sends, to which channel
//! OPEN | count of senders (bits 3 and up)                    shared
//! EDITING                                                    exclusive: closed, and the cell is being changed
//! ```
//!
//! Beside the words lies a cell with what a sender needs: the controller's handle, and what each channel's senders must
//! show. Those inside read it. Only a caller who has put `EDITING` into the exclusive word and has found all words closed
//! and empty changes it: nobody can enter before that caller opens the gate again.

#![allow(unsafe_code)]
// Kernels and tests take this file as a module of their own.
#![allow(unreachable_pub, dead_code)]

mod word;

#[cfg(target_has_atomic = "ptr")]
pub use word::AtomicWord;
#[cfg(feature = "critical-section")]
pub use word::CriticalSectionWord;
pub use word::GateWord;

use super::link_config::Speed;
use super::machine::{Caller, Generation, PerChannel, Profile, CHANNELS};
use super::sync::Cell;
use super::wire::VirtualChannel;

/// Packets may pass.
const OPEN: usize = 0b100;
/// One more sender of the shared profile.
const ONE: usize = 0b1000;
/// The channel in a word of the exclusive profiles.
const CHANNEL: usize = 0b11;
/// The cell is being changed. With neither `OPEN` nor a caller this is no channel.
const EDITING: usize = 0b1;

/// The gate of one host slot.
#[derive(Debug)]
pub struct Gate<C, W> {
    exclusive: W,
    shared: PerChannel<W>,
    cell: Cell<Pass<C>>,
}

/// What a sender needs.
#[derive(Debug)]
pub(in super::super) struct Pass<C> {
    /// The controller's handle.
    pub(in super::super) controller: Option<C>,
    /// What the senders of a channel must show, and the speed of their packets.
    pub(in super::super) permits: PerChannel<(Generation, Speed)>,
}

/// The visit of somebody who is inside. They leave when it is dropped.
#[must_use]
pub(in super::super) struct Visit<'a, C, W: GateWord> {
    gate: &'a Gate<C, W>,
    word: &'a W,
    value: usize,
}

/// Who was inside when the gate was closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in super::super) struct Occupants {
    /// Exclusive profiles: who sends, and to which channel.
    pub(in super::super) holder: Option<(Caller, VirtualChannel)>,
    /// Shared profile: how many send to each channel.
    pub(in super::super) senders: PerChannel<u16>,
}

// SAFETY: the words serialise access to the cell as the module says: several read it at the same time (`C: Sync`), and
// one thread may drop or take out what another put in (`C: Send`).
unsafe impl<C: Send + Sync, W: Sync> Sync for Gate<C, W> {}

impl<C, W: GateWord> Gate<C, W> {
    /// A closed gate without a controller. It is all zero bytes if `W::ZERO` is.
    #[allow(clippy::declare_interior_mutable_const)] // a value to begin with, and not one to share
    pub const EMPTY: Self = Self {
        exclusive: W::ZERO,
        shared: PerChannel([W::ZERO; CHANNELS]),
        cell: Cell::new(Pass {
            controller: None,
            permits: PerChannel([(Generation::NONE, Speed::HighSpeed); CHANNELS]),
        }),
    };

    /// Enters, if the gate is open and, in the exclusive profiles, nobody is inside.
    #[inline]
    pub(in super::super) fn enter(
        &self,
        profile: Profile,
        caller: Caller,
        channel: VirtualChannel,
    ) -> Option<Visit<'_, C, W>> {
        let (word, value) = if profile.is_shared() {
            (&self.shared[channel], ONE)
        } else {
            (&self.exclusive, caller.get() | usize::from(channel.get()))
        };
        // As a rule the gate is open, and nobody is inside.
        let mut found = OPEN;
        loop {
            // In an exclusive profile any other value than `OPEN` means that somebody is inside.
            if found & OPEN == 0 || (!profile.is_shared() && found != OPEN) {
                return None;
            }
            match word.compare_exchange(found, found.checked_add(value)?) {
                Ok(_) => return Some(Visit { gate: self, word, value }),
                Err(now) => found = now,
            }
        }
    }

    /// Closes the gate, and returns who is inside. If several callers close it, only the first is told.
    pub(in super::super) fn close(&self, profile: Profile) -> Occupants {
        let mut found = Occupants { holder: None, senders: PerChannel([0; CHANNELS]) };
        if profile.is_shared() {
            for channel in VirtualChannel::ALL {
                let before = self.shared[channel].clear(OPEN);
                if before & OPEN != 0 {
                    found.senders[channel] = u16::try_from(before / ONE).unwrap_or(u16::MAX);
                }
            }
        } else {
            let before = self.exclusive.clear(OPEN);
            if before & OPEN != 0 {
                found.holder = holder_in(before);
            }
        }
        found
    }

    /// Who is inside, for a report: that may have changed by the time this returns. `None` in the shared profile.
    pub(in super::super) fn holder(&self, profile: Profile) -> Option<(Caller, VirtualChannel)> {
        if profile.is_shared() {
            return None;
        }
        holder_in(self.exclusive.load())
    }

    /// Changes what a sender needs, and then, if `change` returns true, opens the gate for senders of this profile.
    /// Changes nothing and returns `None` unless the gate is closed and nobody is inside.
    pub(in super::super) fn edit<R>(
        &self,
        profile: Profile,
        change: impl FnOnce(&mut Pass<C>) -> (bool, R),
    ) -> Option<R> {
        self.exclusive.compare_exchange(0, EDITING).ok()?;
        let editing = EditGuard(&self.exclusive);
        if self.shared.0.iter().any(|word| word.load() != 0) {
            return None;
        }
        // SAFETY: all words were closed and empty, and the exclusive one says that the cell is being edited: nobody is
        // inside, nobody can enter (that needs `OPEN`) or edit (that needs that word to be zero) before `editing` is
        // dropped or the gate is opened, and only this function opens it, after the reference has ended.
        let (opens, result) = self.cell.with_mut(|pass| change(unsafe { &mut *pass }));
        if opens && profile.is_shared() {
            self.shared.0.iter().for_each(|word| word.store(OPEN));
        } else if opens {
            core::mem::forget(editing);
            self.exclusive.store(OPEN);
        }
        Some(result)
    }
}

fn holder_in(word: usize) -> Option<(Caller, VirtualChannel)> {
    let channel = *VirtualChannel::ALL.get(word & CHANNEL)?;
    Some((Caller::from_bits(word)?, channel))
}

/// Ends an edit, by unwinding too: the gate stays closed.
struct EditGuard<'a, W: GateWord>(&'a W);

impl<W: GateWord> Drop for EditGuard<'_, W> {
    fn drop(&mut self) {
        self.0.store(0);
    }
}

impl<C, W: GateWord> Visit<'_, C, W> {
    /// Runs `work` with what a sender needs.
    #[inline]
    pub(in super::super) fn with<R>(&self, work: impl FnOnce(&Pass<C>) -> R) -> R {
        // SAFETY: this caller is inside, so no word of the gate can be edited until they leave, and those who are
        // inside only read.
        self.gate.cell.with(|pass| work(unsafe { &*pass }))
    }

    /// Leaves. Returns whether the gate was closed meanwhile: then somebody may wait at the book.
    #[inline]
    pub(in super::super) fn leave(self) -> bool {
        let was_closed = self.word.subtract(self.value) & OPEN == 0;
        core::mem::forget(self);
        was_closed
    }
}

impl<C, W: GateWord> Drop for Visit<'_, C, W> {
    fn drop(&mut self) {
        self.word.subtract(self.value);
    }
}
