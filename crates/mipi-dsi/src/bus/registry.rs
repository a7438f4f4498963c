//! What the lock protects: the books, and beside each book what the shell needs for its calls.
//!
//! Handles of controllers and peripherals, names, capabilities and configurations are kept here and not in the book,
//! because no decision depends on them.

use super::book::{of_channel, of_channel_mut, Books, DeviceBook, HostBook, HostPhase, CHANNELS};
use super::capabilities::Capabilities;
use super::host_controller::HostController;
use super::link_config::{Lanes, LinkConfig};
use super::name::Name;
use super::peripheral::Peripheral;
use super::wire::VirtualChannel;
use core::marker::PhantomData;
use core::ops::Deref;

/// A device tree node (or any other thing that a host can be looked up by): its number is the user's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Node(pub u64);

/// Room for one host. The caller provides as many as the bus can have hosts.
///
/// ```
/// use mipi_dsi::bus::{HostController, HostSlot, Peripheral};
/// static ROOM: [HostSlot<&'static (dyn HostController + Sync), &'static (dyn Peripheral + Sync)>; 2] =
///     [const { HostSlot::NEW }; 2];
/// ```
#[derive(Debug)]
pub struct HostSlot<C, P> {
    pub(super) book: HostBook,
    pub(super) name: Name,
    pub(super) node: Option<Node>,
    pub(super) capabilities: Capabilities,
    /// The controller's handle, while a host is registered.
    pub(super) controller: Option<C>,
    /// A clone of it for the one who has the link, made at registration so that a transfer makes none.
    pub(super) for_link: Option<C>,
    pub(super) devices: [DeviceSlot<P>; CHANNELS],
}

/// What the shell keeps of one channel.
#[derive(Debug)]
pub(super) struct DeviceSlot<P> {
    pub(super) name: Name,
    pub(super) capabilities: Capabilities,
    /// Of the attachment that is being made, in force, or being ended.
    pub(super) config: Option<LinkConfig>,
    pub(super) peripheral: Option<P>,
}

impl<C, P> HostSlot<C, P> {
    /// A slot in which nothing was ever registered.
    pub const NEW: Self = Self {
        book: HostBook::NEW,
        name: Name::EMPTY,
        node: None,
        capabilities: Capabilities::all(Lanes::Four),
        controller: None,
        for_link: None,
        devices: [const { DeviceSlot::NEW }; CHANNELS],
    };

    /// The book of this slot.
    pub fn book(&self) -> &HostBook {
        &self.book
    }

    pub(super) fn device(&self, channel: VirtualChannel) -> (&DeviceBook, &DeviceSlot<P>) {
        (self.book.device(channel), of_channel(&self.devices, channel))
    }

    pub(super) fn device_mut(&mut self, channel: VirtualChannel) -> &mut DeviceSlot<P> {
        of_channel_mut(&mut self.devices, channel)
    }
}

impl<P> DeviceSlot<P> {
    const NEW: Self = Self {
        name: Name::EMPTY,
        capabilities: Capabilities::all(Lanes::Four),
        config: None,
        peripheral: None,
    };
}

/// The data of a bus's lock: slots in whatever the caller keeps them (an array, a boxed slice, a `&'static mut`).
#[derive(Debug)]
pub struct Registry<C, P, S> {
    slots: S,
    /// Where the search for a vacant slot begins.
    next: usize,
    kinds: PhantomData<fn() -> (C, P)>,
}

impl<C, P, S> Registry<C, P, S> {
    /// A registry over slots in which nothing is registered.
    pub const fn new(slots: S) -> Self {
        Self { slots, next: 0, kinds: PhantomData }
    }
}

/// What a bus needs of its lock's data, and nothing for users to call: whoever changes a book by hand breaks the bus.
/// [`Registry`] has it; it is a trait so that handles need not name its parts.
pub trait Registered: Books {
    /// The handle type of host controllers: `&'static T`, `Arc<T>`, a kernel pointer.
    ///
    /// Its `Clone` runs under the lock, alone of all that is not the bus's: it has to count and return, and must not call
    /// the bus, wait or panic. Its `Drop` and its target never run there.
    type Controller: Clone + Deref<Target: HostController>;
    /// The handle type of peripherals, for their notices. What is said of the controller's `Clone` holds for this one's.
    type Peripheral: Clone + Deref<Target: Peripheral>;

    /// Slot `index`, if there is one.
    fn slot(&self, index: usize) -> Option<&HostSlot<Self::Controller, Self::Peripheral>>;

    /// The same, to change it.
    fn slot_mut(&mut self, index: usize) -> Option<&mut HostSlot<Self::Controller, Self::Peripheral>>;

    /// A vacant slot.
    fn vacant(&mut self) -> Option<usize>;
}

impl<C, P, S> Books for Registry<C, P, S>
where
    S: AsRef<[HostSlot<C, P>]> + AsMut<[HostSlot<C, P>]>,
{
    fn slots(&self) -> usize {
        self.slots.as_ref().len()
    }

    fn host(&self, slot: usize) -> Option<&HostBook> {
        self.slots.as_ref().get(slot).map(|slot| &slot.book)
    }

    fn host_mut(&mut self, slot: usize) -> Option<&mut HostBook> {
        self.slots.as_mut().get_mut(slot).map(|slot| &mut slot.book)
    }
}

impl<C, P, S> Registered for Registry<C, P, S>
where
    C: Clone + Deref<Target: HostController>,
    P: Clone + Deref<Target: Peripheral>,
    S: AsRef<[HostSlot<C, P>]> + AsMut<[HostSlot<C, P>]>,
{
    type Controller = C;
    type Peripheral = P;

    fn slot(&self, index: usize) -> Option<&HostSlot<C, P>> {
        self.slots.as_ref().get(index)
    }

    fn slot_mut(&mut self, index: usize) -> Option<&mut HostSlot<C, P>> {
        self.slots.as_mut().get_mut(index)
    }

    fn vacant(&mut self) -> Option<usize> {
        let slots = self.slots.as_ref();
        let is_vacant =
            |index: &usize| slots.get(*index).is_some_and(|slot| slot.book.phase == HostPhase::Vacant);
        let found = (self.next..slots.len()).chain(0..self.next).find(is_vacant)?;
        self.next = found.saturating_add(1);
        Some(found)
    }
}
