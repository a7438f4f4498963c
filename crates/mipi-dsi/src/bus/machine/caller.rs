//! Who calls the bus, and what they may have to wait for.

use super::super::wire::VirtualChannel;
use super::book::HostBook;
use super::key::{DeviceKey, HostKey};
use core::fmt;
use core::num::NonZeroUsize;

/// Whoever calls the bus: a thread, a task, an interrupt. The lock says who that is (see `Lock::caller`).
///
/// Two calls with the same caller are nested in each other or follow each other; they never run at the same time. The
/// lowest three bits of the number are free, as in the address of something aligned: a gate keeps its own there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Caller(NonZeroUsize);

/// Number of low bits that are zero in a caller's number.
const FREE_BITS: u32 = 3;

impl Caller {
    /// The only caller, or all code outside of interrupt handlers: number 0.
    pub const MAIN: Self = Self::from_number(0);

    /// The caller with this number, of an interrupt or a core. On a 32-bit processor numbers are taken modulo 2^29.
    #[must_use]
    pub const fn from_number(number: usize) -> Self {
        match NonZeroUsize::new(number.wrapping_add(1) << FREE_BITS) {
            Some(caller) => Self(caller),
            None => Self::MAIN_IF_WRAPPED,
        }
    }

    const MAIN_IF_WRAPPED: Self = match NonZeroUsize::new(1 << FREE_BITS) {
        Some(caller) => Self(caller),
        None => panic!("one shifted by three is not zero"),
    };

    /// The caller whose own variable, aligned to eight bytes, is at this address.
    #[must_use]
    pub fn from_address<T>(variable: &T) -> Self {
        let address = core::ptr::from_ref(variable) as usize;
        // A reference is not null; the shift drops nothing of an address that is aligned.
        NonZeroUsize::new(address >> FREE_BITS << FREE_BITS).map_or(Self::MAIN, Self)
    }

    /// The number, with its lowest three bits zero.
    #[must_use]
    pub const fn get(self) -> usize {
        self.0.get()
    }

    /// The caller with this [number](Self::get), whatever its lowest three bits are; `None` if the others are zero.
    #[must_use]
    pub const fn from_bits(bits: usize) -> Option<Self> {
        match NonZeroUsize::new(bits >> FREE_BITS << FREE_BITS) {
            Some(caller) => Some(Self(caller)),
            None => None,
        }
    }
}

/// Whether callers wait. Where nobody does, a call is refused when it comes to its first wait, and no end of a wait is
/// noted.
pub(in super::super) const CALLERS_WAIT: bool = cfg!(feature = "waits");

/// Who asks what is next.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Asker {
    /// The caller.
    pub caller: Caller,
    /// Whether they may take a free link: nobody who came before them waits for it.
    pub is_next: bool,
}

/// Something that an operation has to wait for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum WaitFor {
    /// The host's link: the transfer or transaction that holds it, and those who queue in front.
    Link(HostKey),
    /// The host's cancel callback.
    Cancel(HostKey),
    /// The removal of a host, by another caller.
    HostRemoval(HostKey),
    /// The attach or detach of a device, by another caller.
    Serving(DeviceKey),
    /// The notice that a peripheral is being given.
    Notice(DeviceKey),
    /// The registration or unregistration of a device, by another caller.
    Registration(DeviceKey),
    /// The transfers of a device of a host of the shared profile.
    Senders(DeviceKey),
}

impl WaitFor {
    /// The host that it is about.
    #[must_use]
    pub const fn host(self) -> HostKey {
        match self {
            Self::Link(host) | Self::Cancel(host) | Self::HostRemoval(host) => host,
            Self::Serving(device)
            | Self::Notice(device)
            | Self::Registration(device)
            | Self::Senders(device) => device.host,
        }
    }

    /// Which event of the host this is.
    #[must_use]
    pub const fn event(self) -> Event {
        match self {
            Self::Link(_) => Event::LINK,
            Self::Cancel(_) => Event::CANCEL,
            Self::HostRemoval(_) => Event::HOST_REMOVAL,
            Self::Serving(device) => Event::serving(device.channel),
            Self::Notice(device) => Event::notice(device.channel),
            Self::Registration(device) => Event::registration(device.channel),
            Self::Senders(device) => Event::senders(device.channel),
        }
    }

    /// What this event means for the registrations that the host in this slot has now.
    pub(super) fn of_present(event: Event, book: &HostBook, slot: usize) -> Self {
        let host = book.key(slot);
        let channel = VirtualChannel::from_data_identifier(event.0 << 6);
        let device = book.device_key(slot, channel);
        match event {
            Event::LINK => Self::Link(host),
            Event::CANCEL => Self::Cancel(host),
            Event::HOST_REMOVAL => Self::HostRemoval(host),
            Event(..8) => Self::Serving(device),
            Event(..12) => Self::Notice(device),
            Event(..16) => Self::Registration(device),
            Event(_) => Self::Senders(device),
        }
    }
}

impl fmt::Display for WaitFor {
    #[inline]
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.show(f, &self.host().slot)
    }
}

impl WaitFor {
    /// Displays it with a name for the host.
    #[inline]
    pub(in super::super) fn show(&self, f: &mut fmt::Formatter<'_>, host: &dyn fmt::Display) -> fmt::Result {
        match self {
            Self::Link(_) => write!(f, "the transfer on host {host}"),
            Self::Cancel(_) => write!(f, "the cancel callback of host {host}"),
            Self::HostRemoval(_) => write!(f, "the removal of host {host}"),
            Self::Serving(device) => {
                write!(f, "the attach or detach of channel {} of host {host}", device.channel)
            }
            Self::Notice(device) => {
                write!(f, "the notice to the peripheral on channel {} of host {host}", device.channel)
            }
            Self::Registration(device) => {
                write!(f, "the registration or unregistration of channel {} of host {host}", device.channel)
            }
            Self::Senders(device) => write!(f, "the transfers on channel {} of host {host}", device.channel),
        }
    }
}

/// Something on one host that may end, as a number from 0 to 19. By it and the host's slot a lock knows whom to wake.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Event(u8);

impl Event {
    /// The end of [`WaitFor::Link`].
    pub(super) const LINK: Self = Self(0);
    /// The end of [`WaitFor::Cancel`].
    pub(super) const CANCEL: Self = Self(1);
    /// The end of [`WaitFor::HostRemoval`].
    pub(super) const HOST_REMOVAL: Self = Self(2);

    /// The end of [`WaitFor::Serving`].
    pub(super) const fn serving(channel: VirtualChannel) -> Self {
        Self(4 + channel.get())
    }

    /// The end of [`WaitFor::Notice`].
    pub(super) const fn notice(channel: VirtualChannel) -> Self {
        Self(8 + channel.get())
    }

    /// The end of [`WaitFor::Registration`].
    pub(super) const fn registration(channel: VirtualChannel) -> Self {
        Self(12 + channel.get())
    }

    /// The end of [`WaitFor::Senders`].
    pub(super) const fn senders(channel: VirtualChannel) -> Self {
        Self(16 + channel.get())
    }

    /// Its number, 0 to 19.
    #[must_use]
    pub const fn number(self) -> u8 {
        self.0
    }
}

/// A set of events of one host.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Events(u32);

impl Events {
    /// No event.
    pub const NONE: Self = Self(0);

    /// Adds this event.
    pub const fn insert(&mut self, event: Event) {
        *self = self.with(event, true);
    }

    /// These and this event, if `is_in`.
    #[must_use]
    pub(super) const fn with(self, event: Event, is_in: bool) -> Self {
        Self(self.0 | ((is_in && CALLERS_WAIT) as u32) << event.0)
    }

    /// Whether this event is in it.
    #[must_use]
    pub const fn contains(self, event: Event) -> bool {
        self.0 & 1 << event.0 != 0
    }

    /// Whether none is in it.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        !CALLERS_WAIT || self.0 == 0
    }

    /// Each event in it, those of devices before those of the host.
    pub fn iter(self) -> impl Iterator<Item = Event> {
        let mut left = self.0;
        core::iter::from_fn(move || {
            let highest = left.checked_ilog2()?;
            left &= !(1 << highest);
            u8::try_from(highest).ok().map(Event)
        })
    }
}
