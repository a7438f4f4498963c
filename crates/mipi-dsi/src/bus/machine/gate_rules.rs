//! The rules of the gate: when it may be open, and what a packet has to show there.
//!
//! An open gate lets packets pass without the book. So it is open only while nobody removes, nobody waits, and no errand
//! is left: then the book has nothing to say about a packet.

use super::super::wire::VirtualChannel;
use super::book::{DeviceBook, DeviceEntry, Errand, HostBook, HostPhase, Life, PerChannel, Serving};
use super::caller::Caller;
use super::key::Generation;
use super::link_hold::{Cancel, LinkHold, LinkState};
use super::profile::Profile;

impl HostBook {
    /// Whether packets ever pass the gate without the book.
    pub const HAS_GATE: bool = cfg!(feature = "gate");

    /// Whether the gate may open: somebody may send, and nothing is in the way.
    #[must_use]
    pub fn gate_may_open(&self) -> bool {
        self.what_may_pass().is_some()
    }

    /// Whether nobody removes, nobody waits, and no errand is left.
    #[must_use]
    pub fn nothing_is_in_the_way(&self) -> bool {
        self.is_steady() && self.devices.0.iter().all(|device| device.leaves_the_gate_alone(self.profile))
    }

    /// Whether nothing of the host as a whole is in the way of packets that pass the gate.
    fn is_steady(&self) -> bool {
        matches!(self.phase, HostPhase::Present)
            && matches!(self.link, LinkState::Free)
            && self.queue.is_empty()
            && !self.errand
    }

    /// What the senders of each channel have to show at the gate, if it may be open: [`Generation::NONE`] where nobody
    /// may send.
    #[inline(never)]
    fn what_may_pass(&self) -> Option<PerChannel<Generation>> {
        if !self.is_steady() {
            return None;
        }
        let permits = VirtualChannel::ALL.map(|channel| self.permit(channel).unwrap_or(Generation::NONE));
        let somebody_may = permits.iter().any(|permit| *permit != Generation::NONE);
        (somebody_may && self.nothing_is_in_the_way()).then_some(PerChannel(permits))
    }

    /// The gate is about to be closed, so that the book is the truth. Returns whether it was open: then somebody has to
    /// [note](Self::note_inside) who is inside.
    pub fn gate_closes(&mut self) -> bool {
        Self::HAS_GATE && core::mem::take(&mut self.gate_is_open)
    }

    /// Notes who was inside when the gate was closed: in the exclusive profiles who sends, and to which channel; in the
    /// shared one how many send to each channel.
    pub fn note_inside(&mut self, holder: Option<(Caller, VirtualChannel)>, senders: PerChannel<u16>) {
        if let Some((caller, channel)) = holder {
            let mut hold = LinkHold::of_packet(caller, channel);
            // The gate turns a late sender away: no transfer runs that could be cancelled, now or beside the attach of a
            // successor.
            if self.permit(channel).is_none() {
                hold.cancel = Cancel::Asked;
            }
            self.link = LinkState::Held(hold);
        }
        for channel in VirtualChannel::ALL {
            let noted = &mut self.devices[channel].senders;
            *noted = noted.saturating_add(senders[channel]);
        }
    }

    /// What the senders of each channel have to show at the gate, where it is closed and may be opened;
    /// [`Generation::NONE`] where nobody may send.
    #[must_use]
    pub fn permits(&self) -> Option<PerChannel<Generation>> {
        if !Self::HAS_GATE || self.gate_is_open {
            None
        } else {
            self.what_may_pass()
        }
    }

    /// The generation that a packet to this channel has to carry to pass the open gate: that of the attachment, in the
    /// shared profile that of the registration. `None` where nobody may send.
    #[must_use]
    #[inline(never)]
    pub fn permit(&self, channel: VirtualChannel) -> Option<Generation> {
        let device = &self.devices[channel];
        let DeviceEntry::Taken(registration) = &device.entry else { return None };
        match registration.serving {
            _ if registration.hardware_has_gone() => None,
            _ if self.profile.is_shared() => Some(device.generation),
            Serving::Attached(attachment) => Some(attachment),
            _ => None,
        }
    }
}

impl DeviceBook {
    /// Whether nothing of this channel is in the way of packets that pass the gate of a host of this profile.
    fn leaves_the_gate_alone(&self, profile: Profile) -> bool {
        let registration = match &self.entry {
            DeviceEntry::Free => return self.telling.is_none() && self.senders == 0,
            DeviceEntry::Taken(registration) => registration,
        };
        let is_steady = if profile.is_shared() {
            !matches!(registration.life, Life::Unregistering(_))
        } else {
            matches!(registration.life, Life::Registered)
                && matches!(registration.serving, Serving::Idle | Serving::Attached(_))
        };
        let has_errand = !matches!(registration.errand, Errand::None);
        is_steady && !has_errand && self.telling.is_none() && self.senders == 0
    }
}
