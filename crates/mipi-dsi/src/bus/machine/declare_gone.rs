//! Declare gone: from now on nothing of this host's hardware responds.
//!
//! That is what a hot-plug interrupt does. It never waits: from now on transfers fail, the one that runs is cancelled,
//! and nothing new is registered or attached. The host's owner unregisters it when they get to run.

use super::super::listener::RemovalKind;
use super::book::HostBook;
use super::caller::{Asker, Caller};
use super::canonical::Canonical;
use super::key::{Generation, HostKey};
use super::operation::{CallbackKind, Operation, OperationStep, Running};

/// Marks a host as gone by surprise.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct DeclareGone {
    host: HostKey,
    stage: Stage,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Stage {
    Start,
    Cancelling,
    Ended { was_first: bool },
}

impl DeclareGone {
    /// Declares this host gone.
    #[must_use]
    pub const fn new(host: HostKey) -> Self {
        Self { host, stage: Stage::Start }
    }
}

impl Running<DeclareGone> {
    /// Whether the host was there and nobody had declared it gone before. False before the operation has ended.
    #[must_use]
    pub const fn outcome(&self) -> bool {
        matches!(self.operation().stage, Stage::Ended { was_first: true })
    }
}

impl Operation for DeclareGone {
    fn slot(&self) -> usize {
        self.host.slot
    }

    fn advance(&mut self, host: &mut HostBook, asker: Asker) -> OperationStep {
        if !matches!(self.stage, Stage::Start) {
            return OperationStep::Done;
        }
        let was_first = host.has(self.host) && host.leave(RemovalKind::Surprise);
        match if was_first { host.claim_cancel(asker.caller, None) } else { None } {
            Some(channel) => {
                self.stage = Stage::Cancelling;
                OperationStep::Call(CallbackKind::Cancel, channel)
            }
            None => {
                self.stage = Stage::Ended { was_first };
                OperationStep::Done
            }
        }
    }

    fn returned(&mut self, host: &mut HostBook, _caller: Caller, _succeeded: bool) {
        if matches!(self.stage, Stage::Cancelling) {
            host.cancel_returned();
        }
        self.stage = Stage::Ended { was_first: true };
    }

    fn give_up(&mut self, _host: &mut HostBook, _caller: Caller) -> bool {
        false
    }
}

impl Canonical for DeclareGone {
    #[inline]
    fn rename(&mut self, name: &mut dyn FnMut(&mut Generation)) {
        self.host.rename(name);
    }
}
