//! Declare gone: from now on nothing of this host's hardware answers.
//!
//! What a hot-plug interrupt does. It never waits: transfers fail from here on, the running one is asked to end, and
//! nothing new is registered or attached. The host's owner unregisters it when he gets to run.

use super::*;

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
    Declared,
}

impl DeclareGone {
    /// Of this host.
    pub fn new(host: HostKey) -> Self {
        Self { host, stage: Stage::Start }
    }
}

impl Operation for DeclareGone {
    /// Whether the host was there and had not been declared gone before.
    type Answer = bool;

    fn advance<B: Books + ?Sized>(&mut self, books: &mut B, caller: Caller) -> Next<bool> {
        if self.stage != Stage::Start {
            return Next::Done(true);
        }
        let Some(host) = books.host_mut(self.host.slot).filter(|host| host.has(self.host)) else {
            return Next::Done(false);
        };
        if host.is_surprise() {
            return Next::Done(false);
        }
        let worker = match host.phase {
            HostPhase::Leaving { worker, .. } => worker,
            HostPhase::Vacant | HostPhase::Present => None,
        };
        host.phase = HostPhase::Leaving { removal: Removal::Surprise, worker };
        match host.claim_cancel(caller) {
            Some(channel) => {
                self.stage = Stage::Cancelling;
                Next::Call(Call::Cancel(self.host, channel))
            }
            None => {
                self.stage = Stage::Declared;
                Next::Done(true)
            }
        }
    }

    fn returned<B: Books + ?Sized>(&mut self, books: &mut B, _succeeded: bool) {
        if let (Stage::Cancelling, Some(host)) = (self.stage, books.host_mut(self.host.slot)) {
            host.cancel = None;
        }
        self.stage = Stage::Declared;
    }

    fn give_up<B: Books + ?Sized>(&mut self, _books: &mut B, _refused: bool) {}

    /// Never asked: this operation does not wait.
    fn answer_to(_still_running: StillRunning) -> bool {
        false
    }
}

impl Rename for DeclareGone {
    fn rename(&mut self, name: &mut dyn FnMut(&mut Generation)) {
        self.host.rename(name);
    }
}
