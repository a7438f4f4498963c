//! Slots that grow, with an index by name and by node, for the standard library.

extern crate std;

use super::gate::{AtomicWord, Gate};
use super::handle::Bus;
use super::host_controller::HostController;
use super::listener::DeviceListener;
use super::lock::{Ended, StdLock};
use super::machine::{Caller, HostPhase, WaitFor};
use super::memory::{BusMemory, Gates};
use super::name::Name;
use super::slots::{HostSlot, LookUp, LookUpResult, Node, Slots, Vacancies};
use core::ops::Deref;
use std::boxed::Box;
use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, OnceLock};
use std::time::Duration;
use std::vec::Vec;

/// As many slots as hosts are registered at a time, up to a limit.
#[derive(Debug)]
pub struct StdSlots<C, L> {
    slots: Vec<HostSlot<C, L, Name>>,
    vacancies: Vacancies,
    most: usize,
    by_name: HashMap<Name, usize>,
    /// Several hosts can have one node.
    by_node: BTreeSet<(Node, usize)>,
    /// Those who wait. They are few at a time, so a walk costs less than a hash.
    waits: Vec<(Caller, WaitFor)>,
}

impl<C, L> StdSlots<C, L> {
    /// No slots yet, and never more than `most`.
    #[must_use]
    pub fn new(most: usize) -> Self {
        Self {
            slots: Vec::new(),
            vacancies: Vacancies::ALL,
            most,
            by_name: HashMap::new(),
            by_node: BTreeSet::new(),
            waits: Vec::new(),
        }
    }
}

impl<C, L> Slots for StdSlots<C, L>
where
    C: Clone + Deref<Target: HostController>,
    L: Clone + Deref<Target: DeviceListener>,
{
    type Controller = C;
    type Listener = L;
    type Name = Name;

    fn count(&self) -> usize {
        self.slots.len()
    }

    fn slot(&self, index: usize) -> Option<&HostSlot<C, L, Name>> {
        self.slots.get(index)
    }

    fn slot_mut(&mut self, index: usize) -> Option<&mut HostSlot<C, L, Name>> {
        self.slots.get_mut(index)
    }

    fn take_vacant(&mut self) -> Option<usize> {
        if let Some(index) = self.vacancies.take(&mut self.slots) {
            return Some(index);
        }
        if self.slots.len() >= self.most {
            return None;
        }
        self.slots.push(HostSlot::EMPTY);
        self.vacancies.take(&mut self.slots)
    }

    fn give_back(&mut self, index: usize) {
        let Some(slot) = self.slots.get(index) else { return };
        if slot.book.phase == HostPhase::Vacant {
            if let Some(name) = slot.name {
                if self.by_name.get(&name) == Some(&index) {
                    self.by_name.remove(&name);
                }
            }
            if let Some(node) = slot.node {
                self.by_node.remove(&(node, index));
            }
        }
        self.vacancies.give_back(&mut self.slots, index);
    }

    fn waits_for(&self, caller: Caller) -> Option<WaitFor> {
        self.waits.iter().find(|(who, _)| *who == caller).map(|(_, wait)| *wait)
    }

    fn note_wait(&mut self, caller: Caller, wait: Option<WaitFor>) -> bool {
        let noted = self.waits.iter().position(|(who, _)| *who == caller);
        match (noted, wait) {
            (Some(at), Some(wait)) => {
                if let Some(waiter) = self.waits.get_mut(at) {
                    *waiter = (caller, wait);
                }
            }
            (Some(at), None) => {
                self.waits.swap_remove(at);
            }
            (None, Some(wait)) => self.waits.push((caller, wait)),
            (None, None) => {}
        }
        true
    }

    fn end_waits(&mut self, ended: Ended, by: Caller) {
        self.waits.retain(|(who, wait)| *who == by || !ended.is_end_of(*wait));
    }

    fn index(&mut self, index: usize) {
        let Some(slot) = self.slots.get(index) else { return };
        if let Some(name) = slot.name {
            self.by_name.insert(name, index);
        }
        if let Some(node) = slot.node {
            self.by_node.insert((node, index));
        }
    }

    /// A host that leaves makes room in the index for its successor of the same name, so each name is in the index at most once.
    fn look_up(&self, by: LookUp<'_>, from: usize) -> LookUpResult {
        let is_there = |index: &usize| {
            self.slots.get(*index).is_some_and(|slot| {
                matches!(slot.book.phase, HostPhase::Present | HostPhase::Registering) && by.means(slot)
            })
        };
        let index = match by {
            LookUp::Name(name) => {
                let named = Name::new(name).ok().and_then(|name| self.by_name.get(&name).copied());
                named.filter(|index| *index >= from).filter(is_there)
            }
            LookUp::Node(node) => {
                let of_node = self.by_node.range((node, from)..=(node, usize::MAX));
                of_node.map(|(_, index)| *index).find(is_there)
            }
        };
        index.map_or(LookUpResult::Nowhere, LookUpResult::At)
    }
}

/// Gates for slots that grow. They lie in rows of 1, 2, 4, 8 and so on; each row is made when its first slot is used, so
/// that no gate moves.
#[derive(Debug)]
pub struct StdGates<C> {
    rows: [OnceLock<Row<C>>; ROWS],
}

/// A row of gates.
type Row<C> = Box<[Gate<C, AtomicWord>]>;

/// Enough for 2^32 - 1 slots.
const ROWS: usize = 32;

impl<C> StdGates<C> {
    /// No gates yet.
    #[must_use]
    pub const fn new() -> Self {
        Self { rows: [const { OnceLock::new() }; ROWS] }
    }
}

impl<C> Default for StdGates<C> {
    fn default() -> Self {
        Self::new()
    }
}

impl<C> Gates for StdGates<C> {
    type Controller = C;
    type Word = AtomicWord;

    #[inline]
    fn gate(&self, slot: usize) -> Option<&Gate<C, AtomicWord>> {
        let number = slot.checked_add(1)?;
        let row = number.ilog2() as usize;
        let length = 1_usize.checked_shl(row as u32)?;
        let gates = self.rows.get(row)?.get_or_init(|| (0..length).map(|_| Gate::EMPTY).collect());
        gates.get(number - length)
    }
}

/// The memory of a bus in the standard library.
pub type StdMemory<C, L> = BusMemory<StdLock<StdSlots<C, L>>, StdGates<C>>;

/// A bus in the standard library, whose memory lives as long as one of its handles.
///
/// ```
/// # use mipi_dsi::bus::{DeviceListener, HostController, StdBus};
/// # use std::sync::Arc;
/// type Controller = Arc<dyn HostController + Send + Sync>;
/// type Listener = Arc<dyn DeviceListener + Send + Sync>;
/// let bus = StdBus::<Controller, Listener>::with_hosts(4);
/// # let _ = bus;
/// ```
pub type StdBus<C, L> = Bus<Arc<StdMemory<C, L>>>;

impl<C, L> StdBus<C, L>
where
    C: Clone + Deref<Target: HostController>,
    L: Clone + Deref<Target: DeviceListener>,
{
    /// A bus that can have at most `most` hosts at a time, and whose calls wait as long as it takes.
    #[must_use]
    pub fn with_hosts(most: usize) -> Self {
        Self::with_limit(most, None)
    }

    /// A bus that can have at most `most` hosts at a time. Calls without a deadline wait no longer than `limit`, drops
    /// included; `None` means as long as it takes.
    #[must_use]
    pub fn with_limit(most: usize, limit: Option<Duration>) -> Self {
        let lock = StdLock::new(StdSlots::new(most), limit);
        Self::new(Arc::new(BusMemory::from_parts(lock, StdGates::new())))
    }
}
