//! The book: for each host slot one small state machine that says who is there and what is running.
//!
//! A plain value without pointers, locks, a clock or allocation. It calls nobody, so it can't deadlock, and it is
//! `Clone + Eq + Hash`, so that a search can keep every state it has seen. The operations (module `operation`) are
//! the only ones who change it; the controller's handle, the names and the notices are kept by the shell.

use super::caller::{Caller, Worker};
use super::error::Gone;
use super::handles::Handles;
use super::key::{Generation, HostKey, Lease};
use super::peripheral::Removal;
use super::wire::VirtualChannel;

/// Virtual channels of a host: the data identifier has two bits for them.
pub const CHANNELS: usize = 4;

/// What a table by channel number has for this channel.
pub(super) fn of_channel<T>([vc0, vc1, vc2, vc3]: &[T; CHANNELS], channel: VirtualChannel) -> &T {
    match channel.index() {
        0 => vc0,
        1 => vc1,
        2 => vc2,
        _ => vc3,
    }
}

/// The same, to change it.
pub(super) fn of_channel_mut<T>([vc0, vc1, vc2, vc3]: &mut [T; CHANNELS], channel: VirtualChannel) -> &mut T {
    match channel.index() {
        0 => vc0,
        1 => vc1,
        2 => vc2,
        _ => vc3,
    }
}

/// The books of all host slots of a bus.
pub trait Books {
    /// Number of slots.
    fn slots(&self) -> usize;

    /// The book of slot `slot`, if there is such a slot.
    fn host(&self, slot: usize) -> Option<&HostBook>;

    /// The same, to change it.
    fn host_mut(&mut self, slot: usize) -> Option<&mut HostBook>;
}

impl Books for [HostBook] {
    fn slots(&self) -> usize {
        self.len()
    }

    fn host(&self, slot: usize) -> Option<&HostBook> {
        self.get(slot)
    }

    fn host_mut(&mut self, slot: usize) -> Option<&mut HostBook> {
        self.get_mut(slot)
    }
}

impl<const SLOTS: usize> Books for [HostBook; SLOTS] {
    fn slots(&self) -> usize {
        SLOTS
    }

    fn host(&self, slot: usize) -> Option<&HostBook> {
        self.get(slot)
    }

    fn host_mut(&mut self, slot: usize) -> Option<&mut HostBook> {
        self.get_mut(slot)
    }
}

/// Everything that is known of one host slot.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct HostBook {
    /// The last generation that was handed out, for hosts, devices and attachments alike.
    pub newest: Generation,
    /// Of the present or, if the slot is vacant, the last registration.
    pub generation: Generation,
    /// Whether there is a host.
    pub phase: HostPhase,
    /// By channel number.
    pub devices: [DeviceBook; CHANNELS],
    /// The transfer or transaction that has the link.
    pub link: Option<LinkHold>,
    /// The caller in the host's cancel callback.
    pub cancel: Option<Worker>,
    /// The owner's handle was dropped where the host could not be removed; whoever ends the last call removes it.
    pub errand: bool,
    /// How many handles name it.
    pub handles: Handles,
}

/// Whether a slot has a host.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum HostPhase {
    /// No host: the slot can be taken.
    Vacant,
    /// A host is registered.
    Present,
    /// A host is being removed. Nothing is registered, attached or found on it; transfers of its devices go on until each
    /// is drained (unless it went by surprise).
    Leaving {
        /// Surprise from the moment that anybody said so.
        removal: Removal,
        /// Who removes it; `None` if he gave up at his deadline, so that the next one goes on.
        worker: Option<Worker>,
    },
}

/// Who has the link of a host to himself.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct LinkHold {
    /// Who.
    pub worker: Worker,
    /// The virtual channel that he sends to.
    pub channel: VirtualChannel,
    /// Whether the host's transfer callback is running now; between the packets of a transaction it is not.
    pub transferring: bool,
    /// Whether the host was asked to end it.
    pub cancelled: bool,
}

/// One virtual channel of a host slot.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct DeviceBook {
    /// Of the present or, if the channel is free, the last registration.
    pub generation: Generation,
    /// The registration, while there is one.
    pub registration: Option<Registration>,
    /// The caller who is giving the peripheral its notice. Outlives the registration if the peripheral unregisters
    /// from inside.
    pub telling: Option<Worker>,
    /// How many handles name it.
    pub handles: Handles,
}

/// A registered device.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Registration {
    /// Whether the host serves it.
    pub serving: Serving,
    /// Whether the peripheral has been told (or is being told) that the host side removes it.
    pub told: bool,
    /// Whether it is being unregistered.
    pub unregistering: Unregistering,
    /// Its transfers fail at once, as its hardware has gone.
    pub surprise: bool,
    /// A handle was dropped where this could not be done; whoever ends the last call does it.
    pub errand: Errand,
}

/// Whether the host serves a device.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Serving {
    /// Not attached.
    Idle,
    /// The host's attach callback is running.
    Attaching(Worker),
    /// Attached; transfers may start.
    Attached(Generation),
    /// About to be detached: no transfer starts, and those that run are waited for.
    Draining {
        /// The attachment that ends.
        attachment: Generation,
        /// Who detaches; `None` if he gave up at his deadline.
        worker: Option<Worker>,
    },
    /// The host's detach callback is running.
    Detaching {
        /// The attachment that ends.
        attachment: Generation,
        /// Who detaches.
        worker: Worker,
    },
}

impl Serving {
    /// Whether it is about this attachment.
    pub fn is_of(&self, attachment: Generation) -> bool {
        match self {
            Self::Idle | Self::Attaching(_) => false,
            Self::Attached(present)
            | Self::Draining { attachment: present, .. }
            | Self::Detaching { attachment: present, .. } => *present == attachment,
        }
    }
}

/// Whether a device is being unregistered.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Unregistering {
    /// Nobody asked.
    No,
    /// This caller does it.
    By(Worker),
    /// Somebody began and gave up at his deadline; the next one goes on.
    Stalled,
}

/// What a handle that was dropped in an unsuitable place left to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Errand {
    /// Nothing.
    None,
    /// To end this attachment of the device.
    Detach(Generation),
    /// To unregister it (and detach it before).
    Unregister,
}

impl HostBook {
    /// A slot in which nothing was ever registered.
    pub const NEW: Self = Self {
        newest: Generation::NONE,
        generation: Generation::NONE,
        phase: HostPhase::Vacant,
        devices: [DeviceBook::NEW; CHANNELS],
        link: None,
        cancel: None,
        errand: false,
        handles: Handles { current: 0, old: 0 },
    };

    /// Hands out the next generation.
    pub(super) fn new_generation(&mut self) -> Generation {
        // 2^64 registrations of one slot: at one a nanosecond, 584 years.
        self.newest = Generation(self.newest.0.wrapping_add(1));
        self.newest
    }

    /// Whether this registration of the slot is present or leaving.
    pub fn has(&self, host: HostKey) -> bool {
        self.generation == host.generation && self.phase != HostPhase::Vacant
    }

    /// The channel's part of the book.
    pub fn device(&self, channel: VirtualChannel) -> &DeviceBook {
        of_channel(&self.devices, channel)
    }

    /// The same, to change it.
    pub fn device_mut(&mut self, channel: VirtualChannel) -> &mut DeviceBook {
        of_channel_mut(&mut self.devices, channel)
    }

    /// The registration that a lease names, if it is still there.
    ///
    /// # Errors
    ///
    /// [`Gone`] says which side has left.
    #[inline]
    pub fn registration(&self, lease: Lease) -> Result<&Registration, Gone> {
        let device = self.device(lease.channel);
        match &device.registration {
            Some(registration) if device.generation == lease.generation && self.has(lease.host) => {
                Ok(registration)
            }
            _ => Err(self.side_that_left(lease)),
        }
    }

    /// The same, to change it.
    ///
    /// # Errors
    ///
    /// As [`registration`](Self::registration).
    pub(super) fn registration_mut(&mut self, lease: Lease) -> Result<&mut Registration, Gone> {
        let gone = self.side_that_left(lease);
        let has_host = self.has(lease.host);
        let device = self.device_mut(lease.channel);
        match &mut device.registration {
            Some(registration) if device.generation == lease.generation && has_host => Ok(registration),
            _ => Err(gone),
        }
    }

    /// Of a device that has gone: which side left.
    fn side_that_left(&self, lease: Lease) -> Gone {
        match self.phase {
            HostPhase::Present if self.generation == lease.host.generation => Gone::Unregistered,
            _ => Gone::HostRemoved,
        }
    }

    /// Whether the host is being removed and its hardware has gone.
    pub(super) fn is_surprise(&self) -> bool {
        matches!(self.phase, HostPhase::Leaving { removal: Removal::Surprise, .. })
    }

    /// Makes `caller` the one who asks the host to end the transfer that runs, if there is one of somebody else's
    /// and nobody has asked. Gives its channel.
    pub(super) fn claim_cancel(&mut self, caller: Caller) -> Option<VirtualChannel> {
        let hold = self.link.as_mut()?;
        if self.cancel.is_some() || hold.cancelled || !hold.transferring || hold.worker.caller == caller {
            return None;
        }
        hold.cancelled = true;
        self.cancel = Some(Worker::new(caller));
        Some(hold.channel)
    }

    /// All who do something on this host that others may have to wait for.
    pub(super) fn workers(&self) -> impl Iterator<Item = &Worker> {
        let removal = match &self.phase {
            HostPhase::Leaving { worker, .. } => worker.as_ref(),
            _ => None,
        };
        let link = self.link.as_ref().map(|hold| &hold.worker);
        [removal, link, self.cancel.as_ref()]
            .into_iter()
            .chain(self.devices.iter().flat_map(DeviceBook::workers))
            .flatten()
    }

    /// The same, to change what they wait for.
    pub(super) fn workers_mut(&mut self) -> impl Iterator<Item = &mut Worker> {
        let removal = match &mut self.phase {
            HostPhase::Leaving { worker, .. } => worker.as_mut(),
            _ => None,
        };
        let link = self.link.as_mut().map(|hold| &mut hold.worker);
        [removal, link, self.cancel.as_mut()]
            .into_iter()
            .chain(self.devices.iter_mut().flat_map(DeviceBook::workers_mut))
            .flatten()
    }

    /// Whether nothing is registered and nothing runs.
    pub fn is_quiet(&self) -> bool {
        let free = |device: &DeviceBook| device.registration.is_none() && device.telling.is_none();
        self.phase == HostPhase::Vacant
            && self.link.is_none()
            && self.cancel.is_none()
            && self.devices.iter().all(free)
    }

    /// Whether a dropped handle left something to do.
    pub fn has_errands(&self) -> bool {
        self.errand
            || self.devices.iter().any(|device| {
                device.registration.as_ref().is_some_and(|registration| registration.errand != Errand::None)
            })
    }
}

impl DeviceBook {
    /// A channel on which nothing was ever registered.
    pub const NEW: Self = Self {
        generation: Generation::NONE,
        registration: None,
        telling: None,
        handles: Handles { current: 0, old: 0 },
    };

    pub(super) fn workers(&self) -> [Option<&Worker>; 3] {
        let (serving, unregistering) = match &self.registration {
            None => (None, None),
            Some(registration) => (
                match &registration.serving {
                    Serving::Attaching(worker) | Serving::Detaching { worker, .. } => Some(worker),
                    Serving::Draining { worker, .. } => worker.as_ref(),
                    Serving::Idle | Serving::Attached(_) => None,
                },
                match &registration.unregistering {
                    Unregistering::By(worker) => Some(worker),
                    Unregistering::No | Unregistering::Stalled => None,
                },
            ),
        };
        [serving, unregistering, self.telling.as_ref()]
    }

    fn workers_mut(&mut self) -> [Option<&mut Worker>; 3] {
        let (serving, unregistering) = match &mut self.registration {
            None => (None, None),
            Some(registration) => (
                match &mut registration.serving {
                    Serving::Attaching(worker) | Serving::Detaching { worker, .. } => Some(worker),
                    Serving::Draining { worker, .. } => worker.as_mut(),
                    Serving::Idle | Serving::Attached(_) => None,
                },
                match &mut registration.unregistering {
                    Unregistering::By(worker) => Some(worker),
                    Unregistering::No | Unregistering::Stalled => None,
                },
            ),
        };
        [serving, unregistering, self.telling.as_mut()]
    }
}

impl Registration {
    /// Registered a moment ago: not attached, nobody told, nothing asked.
    pub(super) const NEW: Self = Self {
        serving: Serving::Idle,
        told: false,
        unregistering: Unregistering::No,
        surprise: false,
        errand: Errand::None,
    };
}
