//! The gate of a host as plain numbers: the words and the protocol are those of the bus's own (`bus/gate` in `mipi-dsi`).
//!
//! Entering and leaving are one step each, with no lock held. Closing and opening belong to the step of a section:
//! between the two, only those leave who were inside when it was closed; then the book has them, and the gate stays
//! closed. The model checks this: whoever edits has to find all words empty.

use crate::note::Seen;
use crate::property::Property;
use mipi_dsi::bus::machine::{CHANNELS, Caller, DeviceKey, Generation, HostBook, PerChannel, Profile};
use mipi_dsi::wire::VirtualChannel;
use std::hash::{Hash, Hasher};

/// Packets may pass.
const OPEN: usize = 0b100;
/// One more sender of the shared profile.
const ONE: usize = 0b1000;
/// The channel in the word of the exclusive profiles.
const CHANNEL: usize = 0b11;

/// The gate of one host slot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Gate {
    words: [usize; CHANNELS],
    /// The host whose controller's handle is in it; [`Generation::NONE`] if there is none.
    controller: Generation,
    permits: PerChannel<Generation>,
}

impl Hash for Gate {
    /// Word by word: each may have an actor in it.
    fn hash<H: Hasher>(&self, state: &mut H) {
        let Self { words, controller, permits } = self;
        words.iter().for_each(|word| word.hash(state));
        (controller, permits).hash(state);
    }
}

/// What a sender who is inside keeps until they leave.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Inside {
    word: usize,
    value: usize,
}

/// The result of trying to enter.
pub(super) enum Entered {
    /// The gate is closed, or somebody is inside.
    No,
    /// This caller is inside; whether the packet may be sent.
    Yes(Inside, bool),
}

impl Gate {
    pub(super) const EMPTY: Self = Self {
        words: [0; CHANNELS],
        controller: Generation::NONE,
        permits: PerChannel([Generation::NONE; CHANNELS]),
    };

    /// Tries to enter with this permit, in one atomic operation, and reads what a sender needs, which nobody changes while
    /// somebody is inside.
    pub(super) fn enter(
        &mut self,
        profile: Profile,
        caller: Caller,
        device: DeviceKey,
        permit: Generation,
        seen: &mut Seen,
    ) -> Entered {
        let channel = device.channel;
        let (word, value) = match profile {
            Profile::Shared => (channel.index(), ONE),
            Profile::Exclusive | Profile::Serialised => (0, caller.get() | usize::from(channel.get())),
        };
        let Some(now) = self.words.get_mut(word) else { return Entered::No };
        if *now & OPEN == 0 || (profile != Profile::Shared && *now != OPEN) {
            return Entered::No;
        }
        *now += value;
        let is_permitted = self.permits[channel] == permit;
        // Nobody has freed the controller that is called.
        let is_its_host = self.controller == device.host.generation;
        seen.breaks_if(is_permitted && !is_its_host, Property::NeverUsedAfterFree);
        Entered::Yes(Inside { word, value }, is_permitted)
    }

    /// Whether a packet over this attachment passes.
    pub(super) fn lets_pass(
        &self,
        profile: Profile,
        device: DeviceKey,
        attachment: Option<Generation>,
    ) -> bool {
        let (word, permit) = match profile {
            Profile::Shared => (device.channel.index(), Some(device.generation)),
            Profile::Exclusive | Profile::Serialised => (0, attachment),
        };
        self.words.get(word) == Some(&OPEN) && permit == Some(self.permits[device.channel])
    }

    /// Leaves, in one atomic operation. Returns whether the gate was closed meanwhile.
    pub(super) fn leave(&mut self, inside: Inside) -> bool {
        let Some(word) = self.words.get_mut(inside.word) else { return true };
        *word -= inside.value;
        *word & OPEN == 0
    }

    /// At the beginning of a section.
    pub(super) fn close(&mut self, book: &mut HostBook) {
        if !book.gate_closes() {
            return;
        }
        self.words.iter_mut().for_each(|word| *word &= !OPEN);
        let mut senders = PerChannel([0; CHANNELS]);
        if book.profile == Profile::Shared {
            for (word, channel) in self.words.iter().zip(VirtualChannel::ALL) {
                senders[channel] = (*word / ONE) as u16;
            }
            return book.note_inside(None, senders);
        }
        let [word, ..] = self.words;
        let caller = (word / ONE).checked_sub(1).map(Caller::from_number);
        book.note_inside(caller.zip(VirtualChannel::ALL.get(word & CHANNEL).copied()), senders);
    }

    /// At the end of a section: opens if the book allows it.
    pub(super) fn settle(&mut self, book: &mut HostBook, seen: &mut Seen) {
        let Some(permits) = book.permits() else { return };
        if !self.is_empty(seen) {
            return;
        }
        if self.controller == Generation::NONE {
            self.controller = book.generation;
        }
        self.permits = permits;
        let words = if book.profile == Profile::Shared { CHANNELS } else { 1 };
        self.words.iter_mut().take(words).for_each(|word| *word = OPEN);
        book.gate_is_open = true;
    }

    /// The controller's handle is taken out.
    pub(super) fn surrender(&mut self, seen: &mut Seen) {
        if self.is_empty(seen) {
            self.controller = Generation::NONE;
        }
    }

    /// Whether it can be edited: it is closed, and nobody is inside. No edit happens otherwise.
    fn is_empty(&self, seen: &mut Seen) -> bool {
        let is_empty = self.words == [0; CHANNELS];
        seen.breaks_if(!is_empty, Property::NothingLeaked);
        is_empty
    }

    /// Whether it has a controller's handle.
    pub(super) fn has_controller(&self) -> bool {
        self.controller != Generation::NONE
    }

    /// The generations in it. Generations that nobody can read any more do not count.
    pub(super) fn rename(&mut self, name: &mut dyn FnMut(&mut Generation)) {
        if self.words.iter().all(|word| word & OPEN == 0) {
            self.permits = PerChannel([Generation::NONE; CHANNELS]);
        }
        name(&mut self.controller);
        self.permits.0.iter_mut().for_each(name);
    }
}
