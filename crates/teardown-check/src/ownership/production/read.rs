//! A read: a transaction, and in it two packets, each an operation of its own as in the shell.

use super::rename::rename_reply;
use super::{Round, Turn, drive, used};
use crate::hardware::HostCall;
use crate::note::Seen;
use crate::ownership::{Progress, Reply};
use mipi_dsi::bus::operation::{Purpose, Running, UseLink};
use mipi_dsi::bus::{Caller, Generation, HostBook, LinkKey, Rename};

/// A read: a transaction, and in it two packets.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Read {
    key: LinkKey,
    transaction: Running<UseLink>,
    has_link: bool,
    packet: Option<Running<UseLink>>,
    sent: u8,
    failed: Option<Reply<super::Handle>>,
}

impl Read {
    pub(super) fn new(key: LinkKey, caller: Caller) -> Self {
        let transaction = Running::new(UseLink::new(key, Purpose::Transaction), caller);
        Self { key, transaction, has_link: false, packet: None, sent: 0, failed: None }
    }

    pub(super) fn round(&mut self, books: &mut [HostBook], returned: Option<bool>, seen: &mut Seen) -> Round {
        if !self.has_link {
            let turn = drive(books, &mut self.transaction, None, seen).map_err(used)?;
            self.has_link = matches!(turn, Turn::Goes(_));
            return Ok(turn);
        }
        // The return of the transaction itself was no callback of a packet.
        let returned = returned.filter(|_| self.packet.is_some());
        if self.sent < 2 && self.failed.is_none() {
            let caller = self.transaction.caller();
            let begin = || Running::new(UseLink::new(self.key, Purpose::Packet), caller);
            let packet = self.packet.get_or_insert_with(begin);
            match drive(books, packet, returned, seen) {
                Ok(Turn::Goes(Progress::CallHost(host, HostCall::Transfer(channel)))) => {
                    let call = match self.sent {
                        0 => HostCall::SetReturnSize(channel),
                        _ => HostCall::Read(channel),
                    };
                    return Ok(Turn::Goes(Progress::CallHost(host, call)));
                }
                Ok(turn) => return Ok(turn),
                Err(answer) => {
                    self.packet = None;
                    self.sent += 1;
                    self.failed = answer.is_err().then(|| used(answer));
                    seen.note("packet-sent", "a packet of the transaction has been sent, or refused");
                    return Ok(Turn::Goes(Progress::Goes));
                }
            }
        }
        let answer = drive(books, &mut self.transaction, Some(true), seen).map_err(used);
        match (answer, self.failed.take()) {
            (Err(_), Some(failed)) => Err(failed),
            (answer, _) => answer,
        }
    }
}

impl Rename for Read {
    fn rename(&mut self, name: &mut dyn FnMut(&mut Generation)) {
        self.key.rename(name);
        self.transaction.rename(name);
        self.packet.rename(name);
        if let Some(failed) = &mut self.failed {
            rename_reply(failed, name);
        }
    }
}
