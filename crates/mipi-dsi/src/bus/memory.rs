//! The memory of a bus: its lock with the slots, and beside it the gates, in a static, on a stack or behind an `Arc`.

use super::gate::{Gate, GateWord};
use super::host_controller::HostController;
#[cfg(feature = "critical-section")]
use super::lock::CriticalSectionLock;
use super::lock::Lock;
#[cfg(feature = "critical-section")]
use super::machine::Caller;
#[cfg(feature = "critical-section")]
use super::slots::FixedSlots;
use super::slots::Slots;
use core::ops::Deref;

/// The gates of a bus: one for each slot, at a place that does not move.
pub trait Gates {
    /// The handle type of host controllers.
    type Controller;
    /// What the gates are made of.
    type Word: GateWord;

    /// The gate of this slot; `None` if there is no such slot.
    fn gate(&self, slot: usize) -> Option<&Gate<Self::Controller, Self::Word>>;
}

impl<C, W: GateWord, const HOSTS: usize> Gates for [Gate<C, W>; HOSTS] {
    type Controller = C;
    type Word = W;

    #[inline]
    fn gate(&self, slot: usize) -> Option<&Gate<C, W>> {
        self.get(slot)
    }
}

/// The lock and the gates of a bus.
#[derive(Debug)]
pub struct BusMemory<L, G> {
    lock: L,
    gates: G,
}

impl<L, G> BusMemory<L, G> {
    /// Puts together a lock over slots in which nothing is registered, and a gate for each slot.
    pub const fn from_parts(lock: L, gates: G) -> Self {
        Self { lock, gates }
    }
}

/// What [`Bus`](super::Bus) needs of its memory. [`BusMemory`] implements it; it is a trait so that handles need not name
/// the parts.
pub trait Memory {
    /// The handle type of host controllers.
    type Controller: Clone + Deref<Target: HostController>;
    /// The lock.
    type Lock: Lock<Data = Self::Slots>;
    /// What the lock protects.
    type Slots: Slots<Controller = Self::Controller>;

    /// The lock.
    fn lock(&self) -> &Self::Lock;

    /// The gate of this slot; `None` if there is no such slot.
    fn gate(&self, slot: usize) -> Option<&Gate<Self::Controller, <Self::Lock as Lock>::Word>>;
}

impl<L, G> Memory for BusMemory<L, G>
where
    L: Lock<Data: Slots + Sized>,
    G: Gates<Controller = <L::Data as Slots>::Controller, Word = L::Word>,
{
    type Controller = <L::Data as Slots>::Controller;
    type Lock = L;
    type Slots = L::Data;

    #[inline]
    fn lock(&self) -> &L {
        &self.lock
    }

    #[inline]
    fn gate(&self, slot: usize) -> Option<&Gate<Self::Controller, L::Word>> {
        self.gates.gate(slot)
    }
}

/// The memory of a bus in firmware: `HOSTS` slots behind a critical section, with names that are not copied.
///
/// ```
/// # use mipi_dsi::bus::{Bus, Caller, DeviceListener, FirmwareMemory, HostController};
/// type Controller = &'static (dyn HostController + Sync);
/// type Listener = &'static (dyn DeviceListener + Sync);
/// static DSI: FirmwareMemory<Controller, Listener, 1> = FirmwareMemory::new(|| Caller::MAIN);
/// let bus = Bus::new(&DSI);
/// # let _ = bus;
/// ```
#[cfg(feature = "critical-section")]
pub type FirmwareMemory<C, L, const HOSTS: usize, X = fn() -> Caller> = BusMemory<
    CriticalSectionLock<FixedSlots<C, L, &'static str, HOSTS>, X>,
    [Gate<C, <CriticalSectionLock<()> as Lock>::Word>; HOSTS],
>;

#[cfg(feature = "critical-section")]
impl<C, L, const HOSTS: usize> FirmwareMemory<C, L, HOSTS> {
    /// Memory in which nothing is registered. `context` tells who calls.
    pub const fn new(context: fn() -> Caller) -> Self {
        Self::with_context(context)
    }
}

#[cfg(feature = "critical-section")]
impl<C, L, const HOSTS: usize, X> FirmwareMemory<C, L, HOSTS, X> {
    /// Memory in which nothing is registered, with your own [`Context`](super::adapter::Context). It is in .bss if that
    /// type has zero size.
    pub const fn with_context(context: X) -> Self {
        let lock = CriticalSectionLock::with_context(FixedSlots::EMPTY, context);
        Self::from_parts(lock, [const { Gate::EMPTY }; HOSTS])
    }
}
