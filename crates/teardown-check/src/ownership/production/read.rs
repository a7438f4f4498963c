//! A read: a transaction, and in it two packets, each an operation of its own as in the shell.

use super::canonical::rename_reply;
use super::{Ended, Handle, Production, Response, Round, Turn, used};
use crate::hardware::HostCall;
use crate::note::Seen;
use crate::ownership::Progress;
use mipi_dsi::bus::machine::{Caller, Canonical, Generation, LinkKey, Operation, Running, UseLink};
use mipi_dsi::wire::VirtualChannel;

/// A read: a transaction, and in it two packets.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Read {
    key: LinkKey,
    transaction: Running<UseLink>,
    has_link: bool,
    packet: Option<Running<UseLink>>,
    sent: u8,
    failed: Option<Response>,
}

impl Read {
    pub(super) fn new(key: LinkKey, caller: Caller) -> Self {
        let transaction = Running::new(UseLink::transaction(key), caller);
        Self { key, transaction, has_link: false, packet: None, sent: 0, failed: None }
    }

    /// The channel that it goes to.
    pub(super) fn channel(&self) -> VirtualChannel {
        self.key.device.channel
    }

    pub(super) fn running(&mut self) -> &mut Running<dyn Operation + 'static> {
        match &mut self.packet {
            Some(packet) => packet,
            None => &mut self.transaction,
        }
    }

    pub(super) fn round(&mut self, bus: &mut Production, returned: Option<bool>, seen: &mut Seen) -> Round {
        if !self.has_link {
            return match bus.drive(&mut self.transaction, None, seen) {
                Ok(turn) => {
                    self.has_link = matches!(turn, Turn::Goes(_));
                    Ok(turn)
                }
                Err(Ended) => self.is_over(),
            };
        }
        // The return of the transaction itself was no callback of a packet.
        let returned = returned.filter(|_| self.packet.is_some());
        if self.sent < 2 && self.failed.is_none() {
            let caller = self.transaction.caller();
            let packet = self.packet.get_or_insert_with(|| Running::new(UseLink::packet(self.key), caller));
            return match bus.drive(packet, returned, seen) {
                Ok(Turn::Goes(Progress::CallHost(host, HostCall::Transfer(channel)))) => {
                    let call = match self.sent {
                        0 => HostCall::SetReturnSize(channel),
                        _ => HostCall::Read(channel),
                    };
                    Ok(Turn::Goes(Progress::CallHost(host, call)))
                }
                Ok(turn) => Ok(turn),
                Err(Ended) => {
                    seen.note("packet-sent", "a packet of the transaction has been sent, or refused");
                    self.packet_is_over();
                    Ok(Turn::Goes(Progress::Goes))
                }
            };
        }
        match bus.drive(&mut self.transaction, Some(true), seen) {
            Ok(turn) => Ok(turn),
            Err(Ended) => self.is_over(),
        }
    }

    fn packet_is_over(&mut self) {
        if let Some(packet) = self.packet.take() {
            let outcome = packet.outcome();
            self.sent += 1;
            self.failed = outcome.is_err().then(|| used(outcome));
        }
    }

    fn is_over(&mut self) -> Round {
        Err(self.failed.take().unwrap_or_else(|| used(self.transaction.outcome())))
    }

    /// The wait for the link, or the wait for a running cancel, was given up: the transaction goes on to its end, or is
    /// over.
    pub(super) fn given_up(&mut self) -> Result<Progress<Handle>, Response> {
        if self.packet.is_some() {
            self.packet_is_over();
            return Ok(Progress::Goes);
        }
        self.is_over().map(|_| Progress::Goes)
    }
}

impl Canonical for Read {
    fn rename(&mut self, name: &mut dyn FnMut(&mut Generation)) {
        self.key.rename(name);
        self.transaction.rename(name);
        if let Some(packet) = &mut self.packet {
            packet.rename(name);
        }
        if let Some(failed) = &mut self.failed {
            rename_reply(failed, name);
        }
    }
}

impl Read {
    /// Moves its tickets by as many places as the queue of its host was rotated.
    pub(super) fn turn(&mut self, by: u8) {
        self.transaction.turn(by);
        if let Some(packet) = &mut self.packet {
            packet.turn(by);
        }
    }
}
