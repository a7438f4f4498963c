//! The book: for each host slot one small state machine that says who is there and what is running.
//!
//! A plain value without pointers, locks, a clock or allocation. It calls nobody, so it can't deadlock, and it is
//! `Clone + Eq + Hash`, so that a search can keep every state that it has seen. Only the operations change it.
//!
//! The empty book is all zero bytes, so that a static slot lies in .bss: that is why enums state their representation.

use super::super::error::Gone;
use super::super::listener::RemovalKind;
use super::super::wire::VirtualChannel;
use super::caller::{Caller, Event, Events};
use super::handle_count::HandleCount;
use super::key::{DeviceKey, Generation, HostKey};
use super::link_hold::{LinkHold, LinkState};
use super::profile::Profile;
use super::queue::LinkQueue;
use core::ops::{Index, IndexMut};

/// Number of virtual channels of a host: the data identifier has two bits for them.
pub const CHANNELS: usize = 4;

/// One of something for each virtual channel.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct PerChannel<T>(pub [T; CHANNELS]);

impl<T> Index<VirtualChannel> for PerChannel<T> {
    type Output = T;

    #[inline]
    fn index(&self, channel: VirtualChannel) -> &T {
        // The remainder shows the compiler that this never panics.
        &self.0[channel.index() % CHANNELS]
    }
}

impl<T> IndexMut<VirtualChannel> for PerChannel<T> {
    #[inline]
    fn index_mut(&mut self, channel: VirtualChannel) -> &mut T {
        &mut self.0[channel.index() % CHANNELS]
    }
}

/// Everything that is known of one host slot.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct HostBook {
    /// The last generation that was handed out, for hosts, devices and attachments alike.
    pub newest: Generation,
    /// The present registration, or the last one if the slot is vacant.
    pub generation: Generation,
    /// Who may send.
    pub profile: Profile,
    /// Whether there is a host.
    pub phase: HostPhase,
    /// By channel.
    pub devices: PerChannel<DeviceBook>,
    /// Who holds the link.
    pub link: LinkState,
    /// Who waits for the link.
    pub queue: LinkQueue,
    /// Whether the owner's handle was dropped where the host could not be removed: the next caller who may call back
    /// removes it.
    pub errand: bool,
    /// Whether packets pass the gate without the book. Then nobody waits, nobody removes, and the link is free as far
    /// as the book knows.
    pub gate_is_open: bool,
    /// What has ended since the lock last woke waiters; empty between two sections of the lock.
    pub ended: Events,
    /// How many handles name the host.
    pub handles: HandleCount,
}

/// Whether a slot has a host.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum HostPhase {
    /// No host: the slot can be taken.
    Vacant,
    /// A host is about to be registered: its name is being compared with the others'.
    Registering,
    /// A host is registered.
    Present,
    /// A host is being removed. Nothing is registered, attached or found on it any more; transfers of its devices go on
    /// until each is drained (unless the host went by surprise).
    Leaving {
        /// Surprise as soon as anybody has said so.
        removal: RemovalKind,
        /// Who removes it; `None` if they gave up, and the next remover takes over.
        remover: Option<Caller>,
    },
}

/// One virtual channel of a host slot.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct DeviceBook {
    /// The present registration, or the last one if the channel is free.
    pub generation: Generation,
    /// The registration, while there is one.
    pub entry: DeviceEntry,
    /// The caller who is giving the peripheral its notice. This outlives the registration if the peripheral unregisters
    /// from inside the notice.
    pub telling: Option<Caller>,
    /// Number of transfers that run, in the shared profile and as far as the book knows: an open gate counts those that
    /// pass it.
    pub senders: u16,
    /// How many handles name the device.
    pub handles: HandleCount,
}

/// Whether a device is registered on a channel.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum DeviceEntry {
    /// No device has the channel.
    Free,
    /// A device has it.
    Taken(Registration),
}

/// A registered device.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Registration {
    /// How far it is between registration and unregistration.
    pub life: Life,
    /// Whether the host serves it.
    pub serving: Serving,
    /// Whether its registrar is called when it is there and before it goes (see `Callback::Announce`).
    pub is_announced: bool,
    /// Whether the peripheral has been told (or is being told) that the host's side removes it.
    pub is_told: bool,
    /// Whether its transfers fail at once because its hardware has gone.
    pub is_surprise: bool,
    /// In the shared profile: whether no transfer begins any more. Those that run are waited for.
    pub is_closed: bool,
    /// What a dropped handle could not do: the next caller who may call back does it.
    pub errand: Errand,
}

/// The life of a registration.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Life {
    /// This caller is announcing it.
    Registering(Caller),
    /// It is there.
    Registered,
    /// This caller is withdrawing, detaching and forgetting it; `None` if they gave up.
    Unregistering(Option<Caller>),
}

/// Whether the host serves a device.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Serving {
    /// Not attached.
    Idle,
    /// A caller attaches it. The host's attach callback runs, or the caller waits for the link.
    Attaching(Caller),
    /// Attached; transfers may start.
    Attached(Generation),
    /// About to be detached: no transfer starts, and the detach waits for those that run.
    Draining {
        /// The attachment that ends.
        attachment: Generation,
        /// Who detaches; `None` if they gave up.
        by: Option<Caller>,
    },
    /// The host's detach callback is running.
    Detaching {
        /// The attachment that ends.
        attachment: Generation,
        /// Who detaches.
        by: Caller,
    },
    /// The host no longer serves it, but the hardware still sends a packet that was left to it inside attach or detach.
    /// When that is over, it is [`Idle`](Self::Idle): a successor does not meet it.
    Ending(Generation),
}

impl Serving {
    /// Whether it is about this attachment.
    #[must_use]
    pub fn is_of(&self, attachment: Generation) -> bool {
        match self {
            Self::Idle | Self::Attaching(_) => false,
            Self::Attached(present)
            | Self::Ending(present)
            | Self::Draining { attachment: present, .. }
            | Self::Detaching { attachment: present, .. } => *present == attachment,
        }
    }

    /// The caller who attaches or detaches now.
    #[must_use]
    pub fn caller(&self) -> Option<Caller> {
        match self {
            Self::Attaching(caller) | Self::Detaching { by: caller, .. } => Some(*caller),
            Self::Draining { by, .. } => *by,
            Self::Idle | Self::Attached(_) | Self::Ending(_) => None,
        }
    }
}

/// What a handle has left to do because it was dropped where it could not do it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Errand {
    /// Nothing.
    None,
    /// End the attachment of the device.
    Detach,
    /// Detach and unregister it.
    Unregister,
}

impl HostBook {
    /// A slot in which nothing was ever registered.
    pub const EMPTY: Self = Self {
        newest: Generation::NONE,
        generation: Generation::NONE,
        profile: Profile::EMPTY,
        phase: HostPhase::Vacant,
        devices: PerChannel([const { DeviceBook::EMPTY }; CHANNELS]),
        link: LinkState::Free,
        queue: LinkQueue::EMPTY,
        errand: false,
        gate_is_open: false,
        ended: Events::NONE,
        handles: HandleCount::ZERO,
    };

    /// Hands out the next generation.
    pub(super) fn new_generation(&mut self) -> Generation {
        self.newest = self.newest.next();
        self.newest
    }

    /// Whether this registration of the slot is present or leaving.
    #[must_use]
    pub fn has(&self, host: HostKey) -> bool {
        self.generation == host.generation
            && matches!(self.phase, HostPhase::Present | HostPhase::Leaving { .. })
    }

    /// The key of the host in this slot, which has this index.
    #[must_use]
    pub fn key(&self, slot: usize) -> HostKey {
        HostKey { slot, generation: self.generation }
    }

    /// The key of the present or last device of a channel, in the slot of this index.
    #[must_use]
    pub fn device_key(&self, slot: usize, channel: VirtualChannel) -> DeviceKey {
        DeviceKey { host: self.key(slot), channel, generation: self.devices[channel].generation }
    }

    /// The registration that a key names, if it is still there.
    ///
    /// # Errors
    ///
    /// [`Gone`] says which side has left.
    pub fn registration(&self, device: DeviceKey) -> Result<&Registration, Gone> {
        let book = &self.devices[device.channel];
        match &book.entry {
            DeviceEntry::Taken(registration)
                if book.generation == device.generation && self.has(device.host) =>
            {
                Ok(registration)
            }
            _ => Err(self.side_that_left(device)),
        }
    }

    /// The registration that a key names, to change it.
    pub(super) fn registration_mut(&mut self, device: DeviceKey) -> Option<&mut Registration> {
        self.registration(device).ok()?;
        match &mut self.devices[device.channel].entry {
            DeviceEntry::Free => None,
            DeviceEntry::Taken(registration) => Some(registration),
        }
    }

    /// Which side has left, for a device that has gone.
    fn side_that_left(&self, device: DeviceKey) -> Gone {
        match self.phase {
            HostPhase::Present if self.generation == device.host.generation => Gone::Unregistered,
            _ => Gone::HostRemoved,
        }
    }

    /// Whether the host is being removed and its hardware has gone.
    #[must_use]
    pub fn is_surprise(&self) -> bool {
        matches!(self.phase, HostPhase::Leaving { removal, .. } if removal.is_surprise())
    }

    /// The host leaves, by surprise as soon as anybody says so. Returns whether that is news.
    pub(super) fn leave(&mut self, removal: RemovalKind) -> bool {
        let (is_news, remover) = match self.phase {
            HostPhase::Leaving { removal: before, remover } if !before.is_surprise() => {
                (removal.is_surprise(), remover)
            }
            HostPhase::Leaving { .. } => return false,
            HostPhase::Vacant | HostPhase::Registering | HostPhase::Present => (true, None),
        };
        if is_news {
            self.phase = HostPhase::Leaving { removal, remover };
            // Those who wait for the link check again whether they may still send.
            self.end(Event::LINK);
        }
        is_news
    }

    /// Notes that something has ended, so that whoever waits for it asks again.
    pub(super) fn end(&mut self, what: Event) {
        self.ended.insert(what);
    }

    /// Takes what has ended since this was last called.
    pub fn take_ended(&mut self) -> Events {
        core::mem::take(&mut self.ended)
    }

    /// Who holds the link, if anybody does.
    #[must_use]
    pub fn hold(&self) -> Option<&LinkHold> {
        match &self.link {
            LinkState::Held(hold) if Profile::WITH_LINK => Some(hold),
            _ => None,
        }
    }

    /// Who holds the link, to change it.
    pub(super) fn hold_mut(&mut self) -> Option<&mut LinkHold> {
        match &mut self.link {
            LinkState::Held(hold) if Profile::WITH_LINK => Some(hold),
            _ => None,
        }
    }

    /// Whether a dropped handle left something to do.
    #[must_use]
    pub fn has_errands(&self) -> bool {
        self.errand
            || self.devices.0.iter().any(|device| {
                matches!(&device.entry, DeviceEntry::Taken(registration) if !matches!(registration.errand, Errand::None))
            })
    }

    /// Whether nothing is registered and nothing runs.
    #[must_use]
    pub fn is_quiet(&self) -> bool {
        let is_free = |device: &DeviceBook| {
            matches!(device.entry, DeviceEntry::Free) && device.telling.is_none() && device.senders == 0
        };
        matches!(self.phase, HostPhase::Vacant)
            && matches!(self.link, LinkState::Free)
            && self.queue.is_empty()
            && self.devices.0.iter().all(is_free)
    }
}

impl DeviceBook {
    /// A channel on which nothing was ever registered.
    pub const EMPTY: Self = Self {
        generation: Generation::NONE,
        entry: DeviceEntry::Free,
        telling: None,
        senders: 0,
        handles: HandleCount::ZERO,
    };

    /// The registration, while there is one.
    #[must_use]
    pub fn registration(&self) -> Option<&Registration> {
        match &self.entry {
            DeviceEntry::Free => None,
            DeviceEntry::Taken(registration) => Some(registration),
        }
    }
}

impl Registration {
    /// A new registration: not attached, nobody told, no errand.
    pub(super) const fn new(life: Life, is_announced: bool) -> Self {
        Self {
            life,
            serving: Serving::Idle,
            is_announced,
            is_told: false,
            is_surprise: false,
            is_closed: false,
            errand: Errand::None,
        }
    }

    /// Whether its transfers fail at once because its hardware has gone.
    #[must_use]
    pub fn hardware_has_gone(&self) -> bool {
        RemovalKind::WITH_SURPRISE && self.is_surprise
    }

    /// Whether nobody has begun to unregister it.
    #[must_use]
    pub fn stays(&self) -> bool {
        !matches!(self.life, Life::Unregistering(_)) && !matches!(self.errand, Errand::Unregister)
    }
}
