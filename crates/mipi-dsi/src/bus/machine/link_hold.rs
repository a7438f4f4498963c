//! Who holds the link of a host, and how a hold ends: by its holder, a canceller or the hardware.
//!
//! A link is one to four wire pairs that carry one packet at a time, so the transfers of all four channels are serialised
//! here, once for all hosts. In the shared profile nobody holds the link.

use super::super::listener::RemovalKind;
use super::super::wire::VirtualChannel;
use super::book::{DeviceEntry, HostBook, Serving};
use super::caller::{Caller, Event};
use super::key::HostKey;

/// Whether somebody holds the link.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum LinkState {
    /// Nobody holds it.
    Free,
    /// Somebody holds it.
    Held(LinkHold),
}

/// Who holds the link of a host.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct LinkHold {
    /// Who ends it.
    pub holder: Holder,
    /// The channel that it is held for.
    pub channel: VirtualChannel,
    /// What it is held for.
    pub purpose: Purpose,
    /// The packet that the host's transfer callback is sending.
    pub packet: Option<Packet>,
    /// Whether that packet was cancelled.
    pub cancel: Cancel,
    /// Whether it is a transaction or a callback inside a notice: the notice gets the link back afterwards.
    pub is_in_notice: bool,
}

/// Who ends a hold of the link, or a packet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Holder {
    /// This caller.
    Caller(Caller),
    /// Whoever is in the cancel callback: the sender could not wait for its end.
    Canceller,
    /// The hardware: the caller has gone, and the host says when the transfer is over.
    Hardware,
}

/// What the link is held for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Purpose {
    /// One packet.
    Packet,
    /// Several packets of one caller, with nobody else's between.
    Transaction,
    /// The attach or detach callback of a host that wants it serialised with its transfers.
    Callback,
    /// A notice, during which anybody may send the last commands to the channel.
    Notice,
}

/// A packet that is being sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Packet {
    /// Who ends it: its sender, or somebody to whom the sender has left it.
    pub ender: Holder,
    /// The channel that it goes to.
    pub channel: VirtualChannel,
}

/// Whether a packet was cancelled.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Cancel {
    /// It was not.
    NotAsked,
    /// This caller is asking: the cancel callback runs. The packet that it is aimed at does not end before it has
    /// returned.
    Running(Caller),
    /// It was.
    Asked,
}

impl Cancel {
    /// Who is in the cancel callback.
    #[inline]
    #[must_use]
    pub const fn canceller(self) -> Option<Caller> {
        match self {
            Self::Running(caller) if RemovalKind::WITH_SURPRISE => Some(caller),
            _ => None,
        }
    }
}

impl LinkHold {
    /// The hold of a packet that passed the open gate, without the book.
    #[must_use]
    pub const fn of_packet(caller: Caller, channel: VirtualChannel) -> Self {
        Self {
            holder: Holder::Caller(caller),
            channel,
            purpose: Purpose::Packet,
            packet: Some(Packet { ender: Holder::Caller(caller), channel }),
            cancel: Cancel::NotAsked,
            is_in_notice: false,
        }
    }

    /// The hold of a notice.
    pub(super) const fn of_notice(teller: Caller, channel: VirtualChannel) -> Self {
        Self {
            holder: Holder::Caller(teller),
            channel,
            purpose: Purpose::Notice,
            packet: None,
            cancel: Cancel::NotAsked,
            is_in_notice: false,
        }
    }

    /// Whether `caller` may send to `channel` inside this hold.
    pub(super) fn admits(&self, caller: Caller, channel: VirtualChannel) -> bool {
        let holds = self.holder == Holder::Caller(caller);
        match self.purpose {
            // A thread of the peripheral's own may send the last commands, and inside the notice the remover may send to
            // other channels of the same peripheral.
            Purpose::Notice => holds || self.channel == channel,
            Purpose::Packet => false,
            Purpose::Transaction | Purpose::Callback => holds && self.channel == channel,
        }
    }

    /// Whether a packet, transaction or callback of `caller`, for `channel`, goes on inside this hold at once.
    pub(super) fn lets_in(&self, caller: Caller, channel: VirtualChannel) -> bool {
        self.packet.is_none() && self.admits(caller, channel)
    }

    /// The holder is done, but somebody else still sends this packet inside the hold: the hold ends with that packet.
    fn pass_on_to(&mut self, packet: Packet) {
        self.holder = packet.ender;
        self.channel = packet.channel;
        self.purpose = Purpose::Packet;
    }

    /// Whether a packet to this channel is being sent.
    #[must_use]
    pub fn sends_to(&self, channel: VirtualChannel) -> bool {
        self.packet.is_some_and(|packet| packet.channel == channel)
    }

    /// Whether it is work of this channel, which has to end before the channel is detached.
    #[must_use]
    pub fn is_work_of(&self, channel: VirtualChannel) -> bool {
        let is_held_for = self.channel == channel;
        self.sends_to(channel)
            || is_held_for && matches!(self.purpose, Purpose::Packet | Purpose::Transaction)
    }

    /// Those who have to do something before the hold can end: the sender or holder, and the canceller.
    #[must_use]
    pub fn enders(&self) -> [Option<Caller>; 2] {
        let holder = match self.packet.map_or(self.holder, |packet| packet.ender) {
            Holder::Caller(caller) => Some(caller),
            Holder::Canceller | Holder::Hardware => None,
        };
        [holder, self.cancel.canceller()]
    }
}

impl HostBook {
    /// Whether the link is held for something in which `caller` may send to `channel`, now or when a packet,
    /// transaction or callback inside it has ended.
    pub(super) fn goes_on_for(&self, caller: Caller, channel: VirtualChannel) -> bool {
        let is_told = self.devices[channel].telling.is_some()
            || self.devices.0.iter().any(|device| device.telling == Some(caller));
        self.hold().is_some_and(|hold| hold.admits(caller, channel) || hold.is_in_notice && is_told)
    }

    /// Who is in the host's cancel callback.
    #[must_use]
    pub fn canceller(&self) -> Option<Caller> {
        self.hold()?.cancel.canceller()
    }

    /// Ends a hold, or the packet inside one.
    pub(super) fn give_link_back(&mut self, caller: Caller, is_nested: bool) {
        let Some(hold) = self.hold_mut() else { return };
        if let Some(packet) = hold.packet.as_mut().filter(|packet| packet.ender == Holder::Caller(caller)) {
            if hold.cancel.canceller().is_some() {
                packet.ender = Holder::Canceller;
            } else {
                hold.packet = None;
            }
        }
        if !is_nested || hold.purpose == Purpose::Packet {
            match hold.packet {
                Some(packet) => hold.pass_on_to(packet),
                None => self.free_link(),
            }
        }
        self.end(Event::LINK);
    }

    /// Frees the link, or gives it back to the notice around the hold.
    fn free_link(&mut self) {
        let is_in_notice = self.hold().is_some_and(|hold| hold.is_in_notice);
        let told = VirtualChannel::ALL.iter().copied().find_map(|channel| {
            self.devices[channel].telling.filter(|_| is_in_notice).map(|teller| (teller, channel))
        });
        self.link = match told {
            Some((teller, channel)) => LinkState::Held(LinkHold::of_notice(teller, channel)),
            None => LinkState::Free,
        };
    }

    /// Makes `caller` the one who asks the host to end the packet that it is sending: if there is one, of somebody
    /// else's, to `channel` if one is given, and nobody has asked yet. Returns the packet's channel.
    pub(super) fn claim_cancel(
        &mut self,
        caller: Caller,
        channel: Option<VirtualChannel>,
    ) -> Option<VirtualChannel> {
        let packet = self.hold()?.packet?;
        let is_meant = channel.is_none_or(|channel| channel == packet.channel);
        // Inside attach and detach the host's own time limits end its packets: so `cancel` never comes beside or after a
        // detach, in which the host may power its block down. And a late packet has passed the gate, but is refused there:
        // the host never sees it.
        let is_served = self.devices[packet.channel]
            .registration()
            .is_some_and(|device| matches!(device.serving, Serving::Attached(_) | Serving::Draining { .. }));
        let hold = self.hold_mut()?;
        if !matches!(hold.cancel, Cancel::NotAsked)
            || packet.ender == Holder::Caller(caller)
            || !is_meant
            || !is_served
        {
            return None;
        }
        hold.cancel = Cancel::Running(caller);
        Some(packet.channel)
    }

    /// The cancel callback has returned: ends what was left to the canceller.
    pub(super) fn cancel_returned(&mut self) {
        if !RemovalKind::WITH_SURPRISE {
            return;
        }
        if let Some(hold) = self.hold_mut() {
            hold.cancel = Cancel::Asked;
        }
        self.end_what_was_left_to(Holder::Canceller);
        self.end(Event::CANCEL);
        self.end(Event::LINK);
    }

    /// The channel of the packet that is left to the hardware, if one is.
    pub(super) fn left_to_hardware(&self) -> Option<VirtualChannel> {
        let packet = self.hold()?.packet?;
        (packet.ender == Holder::Hardware).then_some(packet.channel)
    }

    /// The host says that a transfer whose caller has gone is over. Returns whether there was one. It may have been in the
    /// way of errands, and its caller tries them no more: whoever calls this does.
    pub fn hardware_is_done(&mut self, key: HostKey) -> bool {
        let Some(channel) = self.left_to_hardware().filter(|_| self.has(key)) else { return false };
        self.end_what_was_left_to(Holder::Hardware);
        self.end(Event::LINK);
        if let DeviceEntry::Taken(registration) = &mut self.devices[channel].entry {
            if matches!(registration.serving, Serving::Ending(_)) {
                registration.serving = Serving::Idle;
                self.end(Event::serving(channel));
            }
        }
        true
    }

    /// Ends what was left to `ender`; while a cancel is aimed at it, leaves that to the canceller.
    fn end_what_was_left_to(&mut self, ender: Holder) {
        let Some(hold) = self.hold_mut() else { return };
        let is_cancelling = hold.cancel.canceller().is_some();
        if let Some(packet) = hold.packet.as_mut().filter(|packet| packet.ender == ender) {
            if is_cancelling {
                packet.ender = Holder::Canceller;
            } else {
                hold.packet = None;
            }
        }
        if hold.holder == ender {
            if is_cancelling {
                hold.holder = Holder::Canceller;
            } else {
                self.free_link();
            }
        }
    }
}

#[cfg(all(test, feature = "exclusive", feature = "surprise"))]
mod tests {
    use super::super::book::{DeviceEntry, Life, PerChannel, Registration, CHANNELS};
    use super::super::key::Generation;
    use super::super::profile::Profile;
    use super::*;

    #[test]
    fn a_late_packet_of_a_channel_that_the_host_does_not_serve_is_not_cancelled() {
        let (sender, canceller, channel) = (Caller::from_number(1), Caller::MAIN, VirtualChannel::VC2);
        let mut host = HostBook::EMPTY;
        host.begin_host(0, Profile::Exclusive).expect("the slot is vacant");
        host.finish_host(true);
        host.link = LinkState::Held(LinkHold::of_packet(sender, channel));
        assert_eq!(host.claim_cancel(canceller, None), None, "nothing is registered");
        let mut registration = Registration::new(Life::Registered, false);
        host.devices[channel].entry = DeviceEntry::Taken(registration.clone());
        assert_eq!(host.claim_cancel(canceller, None), None, "not attached");
        registration.serving = Serving::Attached(Generation::NONE);
        host.devices[channel].entry = DeviceEntry::Taken(registration);
        assert_eq!(host.claim_cancel(canceller, None), Some(channel));
    }

    /// It has passed the gate before it is turned away, and while it is inside, a successor is attached on its channel.
    #[test]
    fn a_late_packet_is_not_cancelled_beside_a_successor() {
        let (sender, canceller, channel) = (Caller::from_number(1), Caller::MAIN, VirtualChannel::VC2);
        for (at_the_gate, cancelled) in
            [(Serving::Idle, None), (Serving::Attached(Generation::new(2)), Some(channel))]
        {
            let mut host = HostBook::EMPTY;
            host.begin_host(0, Profile::Exclusive).expect("the slot is vacant");
            host.finish_host(true);
            let mut registration = Registration::new(Life::Registered, false);
            registration.serving = at_the_gate;
            host.devices[channel].entry = DeviceEntry::Taken(registration.clone());
            host.note_inside(Some((sender, channel)), PerChannel([0; CHANNELS]));
            registration.serving = Serving::Attached(Generation::new(3));
            host.devices[channel].entry = DeviceEntry::Taken(registration);
            assert_eq!(host.claim_cancel(canceller, None), cancelled);
        }
    }

    #[test]
    fn a_cancel_comes_between_attach_and_detach_only() {
        let (attacher, canceller, channel) = (Caller::from_number(1), Caller::MAIN, VirtualChannel::VC2);
        let attachment = Generation::new(2);
        for (serving, is_cancelled) in [
            (Serving::Attaching(attacher), false),
            (Serving::Attached(attachment), true),
            (Serving::Draining { attachment, by: Some(attacher) }, true),
            (Serving::Draining { attachment, by: None }, true),
            (Serving::Detaching { attachment, by: attacher }, false),
            (Serving::Ending(attachment), false),
        ] {
            let mut host = HostBook::EMPTY;
            host.begin_host(0, Profile::Exclusive).expect("the slot is vacant");
            host.finish_host(true);
            let registration = Registration { serving, ..Registration::new(Life::Registered, false) };
            host.devices[channel].entry = DeviceEntry::Taken(registration);
            host.link = LinkState::Held(LinkHold::of_packet(attacher, channel));
            assert_eq!(host.claim_cancel(canceller, None).is_some(), is_cancelled, "{serving:?}");
        }
    }
}
