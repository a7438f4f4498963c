//! What one operation holds of a host's link. It claims it, gives it back, or leaves it to the hardware.

use super::super::wire::VirtualChannel;
use super::book::HostBook;
use super::caller::{Asker, Caller, Event};
use super::link_hold::{Cancel, Holder, LinkHold, LinkState, Packet, Purpose};
use super::operation::OperationStep;

/// What one operation holds of the link.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum LinkClaim {
    /// Nothing.
    None,
    /// The link, for a notice.
    Notice,
    /// The link.
    Held {
        /// Whether it lies inside another hold, this caller's or somebody else's, which goes on afterwards.
        is_nested: bool,
    },
}

impl LinkClaim {
    /// Claims the link of `host`. The error is what to do where another holds it, or comes first.
    pub(super) fn claim(
        &mut self,
        host: &mut HostBook,
        asker: Asker,
        channel: VirtualChannel,
        purpose: Purpose,
    ) -> Result<(), OperationStep> {
        if *self != Self::None {
            return Ok(());
        }
        let Asker { caller, is_next } = asker;
        let packet =
            (purpose == Purpose::Packet).then_some(Packet { ender: Holder::Caller(caller), channel });
        let queues = match &mut host.link {
            LinkState::Free if is_next => {
                if purpose == Purpose::Notice {
                    host.link = LinkState::Held(LinkHold::of_notice(caller, channel));
                    *self = Self::Notice;
                    // Those who wait to send to this channel are admitted, and the notice may wait for them.
                    host.end(Event::LINK);
                    return Ok(());
                }
                let (holder, cancel) = (Holder::Caller(caller), Cancel::NotAsked);
                let hold = LinkHold { holder, channel, purpose, packet, cancel, is_in_notice: false };
                host.link = LinkState::Held(hold);
                *self = Self::Held { is_nested: false };
                return Ok(());
            }
            // A notice is never nested, not even in a hold of its teller's: others have to be able to send during it.
            LinkState::Held(hold) if purpose != Purpose::Notice && hold.lets_in(caller, channel) => {
                // During a notice all threads of the peripheral may send; a transaction or callback takes the link over.
                let takes_over = hold.purpose == Purpose::Notice && purpose != Purpose::Packet;
                if takes_over {
                    let (holder, cancel) = (Holder::Caller(caller), Cancel::NotAsked);
                    *hold = LinkHold { holder, channel, purpose, packet, cancel, is_in_notice: true };
                }
                hold.packet = packet;
                hold.cancel = Cancel::NotAsked;
                *self = Self::Held { is_nested: !takes_over };
                return Ok(());
            }
            // A caller who is admitted waits for the packet to end, not for the hold, so they do not queue.
            LinkState::Held(hold) => !hold.admits(caller, channel),
            LinkState::Free => true,
        };
        Err(OperationStep::WaitForLink { queues })
    }

    /// Whether a cancel is still aimed at the packet that this claim is for.
    pub(super) fn is_being_cancelled(&self, host: &HostBook, caller: Caller) -> bool {
        let own = Some(Holder::Caller(caller));
        matches!(self, Self::Held { .. })
            && host.hold().is_some_and(|hold| {
                hold.packet.map(|packet| packet.ender) == own && hold.cancel.canceller().is_some()
            })
    }

    /// Gives back what was claimed. While a cancel is aimed at it, leaves that to whoever is in the cancel callback.
    pub(super) fn give_back(&mut self, host: &mut HostBook, caller: Caller) {
        let is_nested = match *self {
            Self::None => return,
            Self::Notice => false,
            Self::Held { is_nested } => is_nested,
        };
        if let (Self::Notice, LinkState::Held(hold)) = (*self, &mut host.link) {
            if core::mem::take(&mut hold.is_in_notice) {
                // A transaction or callback goes on in it, and keeps the link for itself.
                *self = Self::None;
                return;
            }
        }
        *self = Self::None;
        host.give_link_back(caller, is_nested);
    }

    /// The caller goes away while the hardware may still send: the link stays held until
    /// [`HostBook::hardware_is_done`].
    pub(super) fn leave_to_hardware(&mut self, host: &mut HostBook, caller: Caller) {
        if let (Self::Held { is_nested }, LinkState::Held(hold)) = (*self, &mut host.link) {
            if let Some(packet) = hold.packet.as_mut().filter(|packet| packet.ender == Holder::Caller(caller))
            {
                packet.ender = Holder::Hardware;
                if !is_nested || hold.purpose == Purpose::Packet {
                    hold.holder = Holder::Hardware;
                }
                *self = Self::None;
                return;
            }
        }
        self.give_back(host, caller);
    }
}
