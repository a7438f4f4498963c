//! Slots: what the lock protects. A book for each host, and beside it what the shell needs for its calls.
//!
//! Handles of controllers and listeners, names, capabilities and configurations are kept here and not in the book,
//! because no decision depends on them. An empty slot is all zero bytes, so that a static one lies in .bss.

use super::capabilities::Capabilities;
use super::host_controller::HostController;
use super::link_config::{Clock, LaneRate, Lanes, LinkConfig, Mode, PixelFormat, Speed};
use super::listener::DeviceListener;
use super::lock::Ended;
use super::machine::{
    leads_to, Books, Caller, DeviceBook, HostBook, HostPhase, PerChannel, Serving, WaitFor, CHANNELS,
};
use super::name::HostName;
use core::ops::Deref;

/// A device tree node, or another thing that a host can be looked up by. Its number means something to the user only.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Node(pub usize);

/// Room for one host.
#[derive(Debug)]
pub struct HostSlot<C, L, N> {
    pub(super) book: HostBook,
    pub(super) name: Option<N>,
    pub(super) node: Option<Node>,
    /// What is kept for the host, while one is registered.
    pub(super) capabilities: Capabilities,
    /// The controller's handle, while a host is registered. The gate has a clone of it.
    pub(super) controller: Option<C>,
    pub(super) devices: PerChannel<DeviceSlot<L, N>>,
    /// Whether the slot was given out and has not come back.
    is_in_use: bool,
    /// In a slot that is free again: the index of the next one, plus one.
    next_free: usize,
}

/// What the shell keeps of one channel.
#[derive(Debug)]
pub(super) struct DeviceSlot<L, N> {
    pub(super) name: Option<N>,
    /// What is kept for the device, while one is registered.
    pub(super) capabilities: Capabilities,
    /// The configuration of the attachment that is being made, in force, or being ended.
    pub(super) config: KeptConfig,
    pub(super) listener: Option<L>,
}

/// A link configuration without its timings: only the host's attach needs those, and a slot has little room.
#[derive(Debug, Clone, Copy)]
pub(super) struct KeptConfig {
    lanes: Lanes,
    format: PixelFormat,
    mode: Mode,
    end_of_transmission: bool,
    clock: Clock,
    commands: Speed,
    lane_rate: Option<LaneRate>,
}

impl KeptConfig {
    /// Before anything was attached. All zero bytes.
    const NONE: Self = Self::of(&LinkConfig {
        end_of_transmission: false,
        ..LinkConfig::command(Lanes::One, PixelFormat::Rgb888)
    });

    pub(super) const fn of(config: &LinkConfig) -> Self {
        let LinkConfig { lanes, format, mode, end_of_transmission, clock, commands, lane_rate, timings: _ } =
            *config;
        Self { lanes, format, mode, end_of_transmission, clock, commands, lane_rate }
    }

    pub(super) const fn without_timings(self) -> LinkConfig {
        let Self { lanes, format, mode, end_of_transmission, clock, commands, lane_rate } = self;
        LinkConfig { lanes, format, mode, end_of_transmission, clock, commands, lane_rate, timings: None }
    }
}

impl<C, L, N> HostSlot<C, L, N> {
    /// A slot in which nothing was ever registered.
    pub const EMPTY: Self = Self {
        book: HostBook::EMPTY,
        name: None,
        node: None,
        capabilities: Capabilities::NONE,
        controller: None,
        devices: PerChannel([const { DeviceSlot::EMPTY }; CHANNELS]),
        is_in_use: false,
        next_free: 0,
    };
}

impl<L, N> DeviceSlot<L, N> {
    const EMPTY: Self =
        Self { name: None, capabilities: Capabilities::NONE, config: KeptConfig::NONE, listener: None };

    /// The speed of its commands. Where the host does not serve it, no configuration is in force.
    pub(super) fn speed(&self, book: &DeviceBook) -> Speed {
        let is_served = book.registration().is_some_and(|registration| registration.serving != Serving::Idle);
        if is_served {
            self.config.commands
        } else {
            Speed::HighSpeed
        }
    }
}

/// The vacant slots: a list of those that came back, and those that were never given out.
#[derive(Debug)]
pub struct Vacancies {
    /// The index of the first that came back, plus one; 0 if there is none.
    first: usize,
    /// Slots from this index on were never given out.
    unused: usize,
}

impl Vacancies {
    /// All slots are vacant.
    pub const ALL: Self = Self { first: 0, unused: 0 };

    /// Takes a vacant one of these slots; `None` if there is none.
    pub fn take<C, L, N>(&mut self, slots: &mut [HostSlot<C, L, N>]) -> Option<usize> {
        let index = match self.first.checked_sub(1) {
            Some(index) => {
                self.first = slots.get(index)?.next_free;
                index
            }
            None => {
                let index = self.unused;
                slots.get(index)?;
                self.unused = index.wrapping_add(1);
                index
            }
        };
        slots.get_mut(index)?.is_in_use = true;
        Some(index)
    }

    /// Takes a slot back, if it is vacant and has not come back already.
    pub fn give_back<C, L, N>(&mut self, slots: &mut [HostSlot<C, L, N>], index: usize) {
        if let Some(slot) = slots.get_mut(index) {
            if slot.is_in_use && slot.book.phase == HostPhase::Vacant {
                slot.is_in_use = false;
                slot.next_free = self.first;
                self.first = index.wrapping_add(1);
            }
        }
    }
}

/// The key by which to look up a host.
#[derive(Debug, Clone, Copy)]
pub enum LookUp<'a> {
    /// Its name.
    Name(&'a str),
    /// Its device tree node.
    Node(Node),
}

impl LookUp<'_> {
    pub(super) fn means<C, L, N: HostName>(&self, slot: &HostSlot<C, L, N>) -> bool {
        match self {
            Self::Name(name) => slot.name.as_ref().is_some_and(|is| is.as_str() == *name),
            Self::Node(node) => slot.node == Some(*node),
        }
    }
}

/// The data of a bus's lock: slots in whatever their owner keeps them (an array, something that grows), and who waits.
///
/// [`FixedSlots`] implements it, and with the feature `std` [`StdSlots`](super::adapter::StdSlots); a kernel brings its
/// own.
pub trait Slots {
    /// The handle type of host controllers: `&'static T`, `Arc<T>`, a kernel pointer.
    ///
    /// Its `Clone` is the only foreign code that runs under the lock: it has to count and return, and must not call the
    /// bus, wait or panic. Its `Drop` and its target never run there.
    type Controller: Clone + Deref<Target: HostController>;
    /// The handle type of listeners. The rule for the controller's `Clone` holds for this one's too.
    type Listener: Clone + Deref<Target: DeviceListener>;
    /// What names are kept as: `&'static str`, or [`Name`](super::adapter::Name) for a copy.
    type Name: HostName;

    /// Whether there is ever room to note a wait. If not, the bus has no code to follow waits.
    const CAN_WAIT: bool = true;

    /// How many slots there are now.
    fn count(&self) -> usize;

    /// Slot `index`, if there is one.
    fn slot(&self, index: usize) -> Option<&HostSlot<Self::Controller, Self::Listener, Self::Name>>;

    /// Mutable version of [`slot`](Self::slot).
    fn slot_mut(
        &mut self,
        index: usize,
    ) -> Option<&mut HostSlot<Self::Controller, Self::Listener, Self::Name>>;

    /// Gives out a vacant slot; `None` if there is none.
    fn take_vacant(&mut self) -> Option<usize>;

    /// A slot that may be vacant comes back. Called at the end of each section on it.
    fn give_back(&mut self, index: usize);

    /// What this caller waits for.
    fn waits_for(&self, caller: Caller) -> Option<WaitFor>;

    /// Notes what this caller waits for from now on, or with `None` that they no longer wait. Returns whether there was
    /// room to note it; if not, they do not wait.
    fn note_wait(&mut self, caller: Caller, wait: Option<WaitFor>) -> bool;

    /// These events are over: forgets the waits for them, except that of the caller who has ended them. Whoever waits for
    /// one looks again, and notes then what they still wait for. Storage that does not forget them has waits refused
    /// that would end.
    fn end_waits(&mut self, ended: Ended, by: Caller) {
        let _ = (ended, by);
    }

    /// A host with a name, and perhaps a node, is in slot `index` now: for storage that keeps an index.
    fn index(&mut self, index: usize) {
        let _ = index;
    }

    /// Looks at a few slots, beginning with `from`, for a host that `by` means and that is present or being registered.
    fn look_up(&self, by: LookUp<'_>, from: usize) -> LookUpResult {
        for index in from..from.saturating_add(MAX_WALK) {
            let Some(slot) = self.slot(index) else { return LookUpResult::Nowhere };
            let is_there = matches!(slot.book.phase, HostPhase::Present | HostPhase::Registering);
            if is_there && by.means(slot) {
                return LookUpResult::At(index);
            }
        }
        LookUpResult::NotBefore(from.saturating_add(MAX_WALK))
    }
}

impl<S: Slots> Books for S {
    fn host(&self, slot: usize) -> Option<&HostBook> {
        self.slot(slot).map(|slot| &slot.book)
    }

    fn host_mut(&mut self, slot: usize) -> Option<&mut HostBook> {
        self.slot_mut(slot).map(|slot| &mut slot.book)
    }

    fn waits_for(&self, caller: Caller) -> Option<WaitFor> {
        Slots::waits_for(self, caller)
    }

    fn note_wait(&mut self, caller: Caller, wait: Option<WaitFor>) -> bool {
        Slots::note_wait(self, caller, wait)
    }

    fn leads_to(&self, caller: Caller, enders: [Option<Caller>; 2]) -> bool {
        S::CAN_WAIT && leads_to(self, caller, enders)
    }
}

/// Number of slots that one section of the lock looks at.
const MAX_WALK: usize = 8;

/// The result of looking for a host.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LookUpResult {
    /// It is in the slot with this index.
    At(usize),
    /// It is in no slot before this one: go on here, in another section.
    NotBefore(usize),
    /// It is in no slot.
    Nowhere,
}

/// `HOSTS` slots, and room for `WAITERS` callers to wait at a time: 0 for a lock that cannot wait.
#[derive(Debug)]
pub struct FixedSlots<C, L, N, const HOSTS: usize, const WAITERS: usize = 0> {
    slots: [HostSlot<C, L, N>; HOSTS],
    vacancies: Vacancies,
    waits: [Option<Waiter>; WAITERS],
}

/// Who waits, and for what; `None` from when that has ended until they look again, so that nobody else has their room
/// meanwhile.
type Waiter = (Caller, Option<WaitFor>);

impl<C, L, N, const HOSTS: usize, const WAITERS: usize> FixedSlots<C, L, N, HOSTS, WAITERS> {
    /// Slots in which nothing was ever registered.
    pub const EMPTY: Self =
        Self { slots: [const { HostSlot::EMPTY }; HOSTS], vacancies: Vacancies::ALL, waits: [None; WAITERS] };
}

impl<C, L, N, const HOSTS: usize, const WAITERS: usize> Slots for FixedSlots<C, L, N, HOSTS, WAITERS>
where
    C: Clone + Deref<Target: HostController>,
    L: Clone + Deref<Target: DeviceListener>,
    N: HostName,
{
    type Controller = C;
    type Listener = L;
    type Name = N;

    const CAN_WAIT: bool = WAITERS > 0;

    fn count(&self) -> usize {
        HOSTS
    }

    fn slot(&self, index: usize) -> Option<&HostSlot<C, L, N>> {
        self.slots.get(index)
    }

    fn slot_mut(&mut self, index: usize) -> Option<&mut HostSlot<C, L, N>> {
        self.slots.get_mut(index)
    }

    fn take_vacant(&mut self) -> Option<usize> {
        self.vacancies.take(&mut self.slots)
    }

    fn give_back(&mut self, index: usize) {
        self.vacancies.give_back(&mut self.slots, index);
    }

    fn waits_for(&self, caller: Caller) -> Option<WaitFor> {
        self.waits.iter().flatten().find(|(who, _)| *who == caller).and_then(|(_, wait)| *wait)
    }

    fn note_wait(&mut self, caller: Caller, wait: Option<WaitFor>) -> bool {
        let noted = self.waits.iter_mut().find(|waiter| waiter.is_some_and(|(who, _)| who == caller));
        match (noted, wait) {
            (Some(waiter), wait) => *waiter = wait.map(|wait| (caller, Some(wait))),
            (None, None) => {}
            (None, Some(wait)) => match self.waits.iter_mut().find(|waiter| waiter.is_none()) {
                Some(waiter) => *waiter = Some((caller, Some(wait))),
                None => return false,
            },
        }
        true
    }

    fn end_waits(&mut self, ended: Ended, by: Caller) {
        for (who, wait) in self.waits.iter_mut().flatten() {
            if *who != by && wait.is_some_and(|wait| ended.is_end_of(wait)) {
                *wait = None;
            }
        }
    }
}
