//! The whole life, visible: who is registered, attached, running, gone but still held, and by whom.
//!
//! A report is a copy of what was true under the lock. It is for people and tools; nothing may be decided by it.

use super::book::{Errand, HostPhase, Serving, Unregistering, CHANNELS};
use super::caller::{Caller, WaitFor};
use super::handles::Handles;
use super::link_config::LinkConfig;
use super::name::Name;
use super::peripheral::Removal;
use super::registry::{HostSlot, Node};
use super::wire::VirtualChannel;

/// What is known of one host slot.
#[derive(Debug, Clone, Copy)]
pub struct HostReport {
    /// Of the present or last host.
    pub name: Name,
    /// The device tree node of that host, if it was registered with one. Names may be alike, nodes are not.
    pub node: Option<Node>,
    /// Whether it is there.
    pub presence: Presence,
    /// Who has the link, and to which channel.
    pub link: Option<(Caller, VirtualChannel)>,
    /// Who removes it, and what he waits for; `None` if nobody does, or he gave up.
    pub removing: Option<(Caller, Option<WaitFor>)>,
    /// Who is in its cancel callback.
    pub cancelling: Option<Caller>,
    /// Whether it is to be removed when the running call ends, because its owner's handle was dropped inside it.
    pub errand: bool,
    /// Handles of this host, its owner's included; if it has gone, those are what still holds it.
    pub handles: Handles,
    /// By channel number.
    pub devices: [DeviceReport; CHANNELS],
}

/// What is known of one channel.
#[derive(Debug, Clone, Copy)]
pub struct DeviceReport {
    /// The channel.
    pub channel: VirtualChannel,
    /// Of the present or last device.
    pub name: Name,
    /// What it is about.
    pub state: DeviceState,
    /// The configuration that it is attached with.
    pub config: Option<LinkConfig>,
    /// Handles of this device (registration and links); if it has gone, its former peripheral still holds these.
    pub handles: Handles,
    /// What is to be done when the running call ends, because a handle was dropped inside it.
    pub errand: Errand,
    /// A caller in one of its callbacks or its removal, and what he waits for.
    pub running: Option<(Caller, Option<WaitFor>)>,
}

/// Whether a host is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Presence {
    /// Never, or no longer.
    Gone,
    /// Registered.
    Present,
    /// Being removed.
    Leaving(Removal),
}

/// What a device is about.
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
    /// Waiting for its last transfer, or in the host's detach.
    Detaching,
    /// Detached, and about to be unregistered.
    Unregistering,
}

impl HostReport {
    pub(super) fn of<C, P>(slot: &HostSlot<C, P>) -> Self {
        let book = slot.book();
        Self {
            name: slot.name,
            node: slot.node,
            presence: match book.phase {
                HostPhase::Vacant => Presence::Gone,
                HostPhase::Present => Presence::Present,
                HostPhase::Leaving { removal, .. } => Presence::Leaving(removal),
            },
            link: book.link.as_ref().map(|hold| (hold.worker.caller, hold.channel)),
            removing: match &book.phase {
                HostPhase::Leaving { worker, .. } => worker.map(|worker| (worker.caller, worker.waits_for)),
                HostPhase::Vacant | HostPhase::Present => None,
            },
            cancelling: book.cancel.map(|worker| worker.caller),
            errand: book.errand,
            handles: book.handles,
            devices: VirtualChannel::ALL.map(|channel| device(slot, channel)),
        }
    }

    /// Whether nothing is here, and nobody holds anything that was.
    pub fn is_empty(&self) -> bool {
        self.presence == Presence::Gone
            && self.handles == Handles::default()
            && self.devices.iter().all(|device| device.handles == Handles::default())
    }
}

fn device<C, P>(slot: &HostSlot<C, P>, channel: VirtualChannel) -> DeviceReport {
    let (book, kept) = slot.device(channel);
    let registration = book.registration.as_ref();
    let state = match registration.map(|registration| (&registration.serving, &registration.unregistering)) {
        None => DeviceState::Gone,
        Some((Serving::Idle, Unregistering::No)) => DeviceState::Registered,
        Some((Serving::Idle, _)) => DeviceState::Unregistering,
        Some((Serving::Attaching(_), _)) => DeviceState::Attaching,
        Some((Serving::Attached(_), _)) => DeviceState::Attached,
        Some((Serving::Draining { .. } | Serving::Detaching { .. }, _)) => DeviceState::Detaching,
    };
    let running = book.workers().into_iter().flatten().next();
    DeviceReport {
        channel,
        name: kept.name,
        state,
        config: kept.config.filter(|_| state == DeviceState::Attached),
        handles: book.handles,
        errand: registration.map_or(Errand::None, |registration| registration.errand),
        running: running.map(|worker| (worker.caller, worker.waits_for)),
    }
}
