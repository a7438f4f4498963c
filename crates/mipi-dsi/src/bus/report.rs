//! Reports: who is registered, attached, running, gone but still held, and by whom.
//!
//! A report is a copy of what was true under the lock. It is for people and tools; decide nothing by it. The keys here
//! name registrations, in reports and errors and to compare handles.

pub use super::error::BusError;
use super::link_config::LinkConfig;
use super::listener::RemovalKind;
pub use super::machine::{DeviceKey, Errand, HandleCount, HostKey, WaitFor};

use super::machine::{Caller, DeviceBook, HostPhase, Life, Serving, CHANNELS};
use super::name::HostName;
use super::slots::{HostSlot, Node};
use super::wire::VirtualChannel;

/// What is known of one host slot.
#[derive(Debug, Clone, Copy)]
pub struct HostReport<N> {
    /// The name of the present or last host.
    pub name: Option<N>,
    /// The device tree node of that host, if it was registered with one.
    pub node: Option<Node>,
    /// Whether the host is there.
    pub presence: Presence,
    /// Who has the link, and for which channel. Unknown in the shared profile.
    pub link: Option<(Caller, VirtualChannel)>,
    /// How many callers wait for the link, 0 to 32.
    pub queue: u8,
    /// Who removes the host, and what they wait for, unless they are about to look whether that has ended; `None` if
    /// nobody does, or if they gave up.
    pub remover: Option<(Caller, Option<WaitFor>)>,
    /// Who is in the host's cancel callback.
    pub canceller: Option<Caller>,
    /// Whether the next caller who may call back removes the host, because its owner's handle was dropped where it could
    /// not do that.
    pub errand: bool,
    /// How many handles name the host, its owner's included. If the host has gone, somebody still holds these.
    pub handles: HandleCount,
    /// By channel number.
    pub devices: [DeviceReport<N>; CHANNELS],
}

/// What is known of one channel.
#[derive(Debug, Clone, Copy)]
pub struct DeviceReport<N> {
    /// The channel.
    pub channel: VirtualChannel,
    /// The name of the present or last device.
    pub name: Option<N>,
    /// What the device is doing.
    pub state: DeviceState,
    /// The configuration that the device is attached with, without its timings: the bus does not keep them.
    pub config: Option<LinkConfig>,
    /// How many handles name the device (its registration and links). If the device has gone, its former peripheral still
    /// holds these.
    pub handles: HandleCount,
    /// What the next caller who may call back does, because a handle was dropped where it could not do that.
    pub errand: Errand,
    /// A caller who is in one of the device's callbacks or removes it.
    pub caller: Option<Caller>,
}

/// Whether a host is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Presence {
    /// It was never there, or has gone.
    Gone,
    /// It is registered.
    Present,
    /// It is being removed.
    Leaving(RemovalKind),
}

/// What a device is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum DeviceState {
    /// Nothing is registered on the channel.
    Gone,
    /// Registered, not attached.
    Registered,
    /// The host's attach runs.
    Attaching,
    /// Attached.
    Attached,
    /// Its last transfer runs, or the host's detach.
    Detaching,
    /// Detached, and about to be unregistered.
    Unregistering,
}

impl<N: HostName> HostReport<N> {
    /// The report of `slot`. `sender` is somebody who has passed the open gate.
    pub(super) fn of<C, L>(
        slot: &HostSlot<C, L, N>,
        sender: Option<(Caller, VirtualChannel)>,
        waits_for: impl Fn(Caller) -> Option<WaitFor>,
    ) -> Self {
        let book = &slot.book;
        let held = book.hold().and_then(|hold| hold.enders()[0].map(|caller| (caller, hold.channel)));
        Self {
            name: slot.name,
            node: slot.node,
            presence: match book.phase {
                HostPhase::Vacant | HostPhase::Registering => Presence::Gone,
                HostPhase::Present => Presence::Present,
                HostPhase::Leaving { removal, .. } => Presence::Leaving(removal),
            },
            link: sender.or(held),
            queue: book.queue.len(),
            remover: match book.phase {
                HostPhase::Leaving { remover, .. } => remover.map(|caller| (caller, waits_for(caller))),
                HostPhase::Vacant | HostPhase::Registering | HostPhase::Present => None,
            },
            canceller: book.canceller(),
            errand: book.errand,
            handles: book.handles,
            devices: VirtualChannel::ALL.map(|channel| device(slot, channel)),
        }
    }

    /// Whether nothing is here, and nobody holds anything that was.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.presence == Presence::Gone
            && self.handles == HandleCount::ZERO
            && self.devices.iter().all(|device| device.handles == HandleCount::ZERO)
    }
}

fn device<C, L, N: HostName>(slot: &HostSlot<C, L, N>, channel: VirtualChannel) -> DeviceReport<N> {
    let (book, kept) = (&slot.book.devices[channel], &slot.devices[channel]);
    let state = state(book);
    DeviceReport {
        channel,
        name: kept.name,
        state,
        config: (state == DeviceState::Attached).then(|| kept.config.without_timings()),
        handles: book.handles,
        errand: book.registration().map_or(Errand::None, |registration| registration.errand),
        caller: caller(book),
    }
}

fn state(book: &DeviceBook) -> DeviceState {
    let Some(registration) = book.registration() else { return DeviceState::Gone };
    match (registration.serving, registration.life) {
        (Serving::Idle, Life::Unregistering(_)) => DeviceState::Unregistering,
        (Serving::Idle, Life::Registering(_) | Life::Registered) => DeviceState::Registered,
        (Serving::Attaching(_), _) => DeviceState::Attaching,
        (Serving::Attached(_), _) => DeviceState::Attached,
        (Serving::Draining { .. } | Serving::Detaching { .. } | Serving::Ending(_), _) => {
            DeviceState::Detaching
        }
    }
}

fn caller(book: &DeviceBook) -> Option<Caller> {
    let registration = book.registration();
    let serving = registration.and_then(|registration| registration.serving.caller());
    let living = registration.and_then(|registration| match registration.life {
        Life::Registering(caller) => Some(caller),
        Life::Unregistering(caller) => caller,
        Life::Registered => None,
    });
    serving.or(living).or(book.telling)
}
