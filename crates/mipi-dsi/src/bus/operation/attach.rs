//! Attach: have the host serve a device.

use super::*;

/// Attaches a device. The answer is the generation of the attachment, for the link to carry.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Attach {
    lease: Lease,
    stage: Stage,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Stage {
    Start,
    Calling,
    Attached(Generation),
    Refused,
}

/// Why a device was not attached, as far as the book knows; the host's own reason is the shell's to keep.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum AttachRefusal {
    /// The host or the device has left, or is leaving.
    Gone(Gone),
    /// The device is attached already.
    AlreadyAttached,
    /// The host was called and refused.
    ByHost,
    /// Another caller attaches or detaches, and was not waited for.
    StillRunning(StillRunning),
}

impl Attach {
    /// Of this device.
    pub fn new(lease: Lease) -> Self {
        Self { lease, stage: Stage::Start }
    }

    fn start(&mut self, host: &mut HostBook, caller: Caller) -> Next<Result<Generation, AttachRefusal>> {
        let refused = |refusal| Next::Done(Err(refusal));
        let leaving = host.phase != HostPhase::Present;
        let registration = match host.registration_mut(self.lease) {
            Err(gone) => return refused(AttachRefusal::Gone(gone)),
            Ok(_) if leaving => return refused(AttachRefusal::Gone(Gone::HostRemoved)),
            Ok(registration) => registration,
        };
        if registration.unregistering != Unregistering::No || registration.errand == Errand::Unregister {
            return refused(AttachRefusal::Gone(Gone::Unregistered));
        }
        match &registration.serving {
            Serving::Idle => {
                registration.serving = Serving::Attaching(Worker::new(caller));
                self.stage = Stage::Calling;
                Next::Call(Call::Attach(self.lease))
            }
            Serving::Attached(_) | Serving::Draining { worker: None, .. } => {
                refused(AttachRefusal::AlreadyAttached)
            }
            // By another caller: see what comes of it. By this one: the wait is refused.
            Serving::Attaching(_) | Serving::Draining { .. } | Serving::Detaching { .. } => {
                Next::Wait(WaitFor::Serving(self.lease))
            }
        }
    }
}

impl Operation for Attach {
    type Answer = Result<Generation, AttachRefusal>;

    fn advance<B: Books + ?Sized>(&mut self, books: &mut B, caller: Caller) -> Next<Self::Answer> {
        match self.stage {
            Stage::Attached(attachment) => Next::Done(Ok(attachment)),
            Stage::Refused => Next::Done(Err(AttachRefusal::ByHost)),
            Stage::Start | Stage::Calling => match books.host_mut(self.lease.host.slot) {
                None => Next::Done(Err(AttachRefusal::Gone(Gone::HostRemoved))),
                Some(host) => self.start(host, caller),
            },
        }
    }

    /// A removal that came meanwhile waits for this, and then undoes it.
    fn returned<B: Books + ?Sized>(&mut self, books: &mut B, succeeded: bool) {
        let Some(host) = books.host_mut(self.lease.host.slot) else { return };
        let attachment = host.new_generation();
        let Ok(registration) = host.registration_mut(self.lease) else { return };
        if succeeded {
            registration.serving = Serving::Attached(attachment);
            self.stage = Stage::Attached(attachment);
        } else {
            registration.serving = Serving::Idle;
            self.stage = Stage::Refused;
        }
    }

    fn give_up<B: Books + ?Sized>(&mut self, _books: &mut B, _refused: bool) {}

    fn answer_to(still_running: StillRunning) -> Self::Answer {
        Err(AttachRefusal::StillRunning(still_running))
    }
}

impl Rename for Attach {
    fn rename(&mut self, name: &mut dyn FnMut(&mut Generation)) {
        self.lease.rename(name);
        if let Stage::Attached(attachment) = &mut self.stage {
            name(attachment);
        }
    }
}
