//! The two ways of a packet, as in the shell: the short one through the gate, and the long one through the book.

use super::gate::{Entered, Inside};
use super::{Ended, Production, Response, Round, Turn, used};
use crate::hardware::HostCall;
use crate::note::Seen;
use crate::ownership::{Progress, Reply};
use mipi_dsi::bus::machine::{Caller, Canonical, Generation, LinkKey, Operation, Profile, Running, UseLink};
use mipi_dsi::wire::VirtualChannel;

/// A packet to a device.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Packet {
    key: LinkKey,
    caller: Caller,
    at: At,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum At {
    /// Before the gate, with the permit that it shows there.
    Gate(Generation),
    /// In the gate; whether the packet may be sent.
    Inside(Inside, bool),
    /// It has left the gate, which was closed meanwhile: the book has to be told.
    Passed(Running<UseLink>, bool),
    /// On the long way.
    Book(Running<UseLink>),
}

impl Packet {
    pub(super) fn new(key: LinkKey, caller: Caller) -> Self {
        // What a callback is lent does not pass the gate.
        let at = match key.attachment {
            Some(attachment) => At::Gate(attachment),
            None => At::Book(Running::new(UseLink::packet(key), caller)),
        };
        Self { key, caller, at }
    }

    pub(super) fn is_section(&self) -> bool {
        matches!(self.at, At::Passed(..) | At::Book(_))
    }

    /// The channel that it goes to.
    pub(super) fn channel(&self) -> VirtualChannel {
        self.key.device.channel
    }

    /// The channel of a packet that is inside the gate.
    pub(super) fn passes_gate(&self) -> Option<VirtualChannel> {
        matches!(self.at, At::Inside(..)).then_some(self.channel())
    }

    pub(super) fn running(&mut self) -> Option<&mut Running<dyn Operation + 'static>> {
        match &mut self.at {
            At::Gate(_) | At::Inside(..) => None,
            At::Passed(running, _) | At::Book(running) => Some(running),
        }
    }

    pub(super) fn round(&mut self, bus: &mut Production, returned: Option<bool>, seen: &mut Seen) -> Round {
        let LinkKey { device, .. } = self.key;
        let goes = || Ok(Turn::Goes(Progress::Goes));
        match &mut self.at {
            At::Gate(attachment) => {
                let Some(slot) = bus.slots.get_mut(device.host.slot) else { return Err(Reply::HostGone) };
                let permit = if slot.profile == Profile::Shared { device.generation } else { *attachment };
                match slot.gate.enter(slot.profile, self.caller, device, permit, seen) {
                    Entered::No => {
                        seen.note("gate", "the gate is closed: the packet goes through the book");
                        self.at = At::Book(Running::new(UseLink::packet(self.key), self.caller));
                        goes()
                    }
                    Entered::Yes(inside, false) => {
                        seen.note("gate", "the gate is open, but not for this link");
                        self.at = At::Inside(inside, false);
                        goes()
                    }
                    Entered::Yes(inside, true) => {
                        seen.note("calls-transfer", "the gate is open: the host's transfer is called");
                        self.at = At::Inside(inside, true);
                        let transfer = HostCall::Transfer(device.channel.get());
                        Ok(Turn::Goes(Progress::CallHost(device.host.slot, transfer)))
                    }
                }
            }
            At::Inside(inside, is_sent) => {
                let (inside, is_sent) = (*inside, *is_sent);
                let Some(slot) = bus.slots.get_mut(device.host.slot) else { return Err(Reply::HostGone) };
                if slot.gate.leave(inside) {
                    seen.note(
                        "leaves-gate",
                        "the gate was closed meanwhile: the book has to hear that this is over",
                    );
                    let operation = UseLink::passed_gate(self.key, slot.profile);
                    self.at = At::Passed(Running::new(operation, self.caller), is_sent);
                    return goes();
                }
                seen.note("leaves-gate", "the packet has left the gate");
                self.has_passed(is_sent)
            }
            At::Passed(running, is_sent) => {
                let is_sent = *is_sent;
                match bus.drive(running, returned, seen) {
                    Ok(turn) => Ok(turn),
                    Err(Ended) => self.has_passed(is_sent),
                }
            }
            At::Book(running) => bus.drive(running, returned, seen).map_err(|Ended| used(running.outcome())),
        }
    }

    /// It is over, or goes through the book, which says who has left.
    fn has_passed(&mut self, is_sent: bool) -> Round {
        if is_sent {
            return Err(Reply::Done(None));
        }
        self.at = At::Book(Running::new(UseLink::packet(self.key), self.caller));
        Ok(Turn::Goes(Progress::Goes))
    }

    /// The result if its wait was given up.
    pub(super) fn given_up(&mut self) -> Result<Progress<super::Handle>, Response> {
        match &self.at {
            At::Passed(_, is_sent) => {
                let is_sent = *is_sent;
                self.has_passed(is_sent).map(|_| Progress::Goes)
            }
            At::Book(running) => Err(used(running.outcome())),
            At::Gate(_) | At::Inside(..) => Err(Reply::GaveUp),
        }
    }
}

impl Canonical for Packet {
    fn rename(&mut self, name: &mut dyn FnMut(&mut Generation)) {
        self.key.rename(name);
        match &mut self.at {
            At::Gate(attachment) => name(attachment),
            At::Inside(..) => {}
            At::Passed(running, _) | At::Book(running) => running.rename(name),
        }
    }
}

impl Packet {
    /// Moves its tickets by as many places as the queue of its host was rotated.
    pub(super) fn turn(&mut self, by: u8) {
        if let At::Passed(running, _) | At::Book(running) = &mut self.at {
            running.turn(by);
        }
    }
}
