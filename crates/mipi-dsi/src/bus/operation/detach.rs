//! Detach: stop transfers, wait for the running one, call the host's detach.

use super::*;

/// Ends an attachment of a device.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Detach {
    lease: Lease,
    /// The attachment that is meant, or `None` for whichever there is.
    attachment: Option<Generation>,
    stage: Stage,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Stage {
    Start,
    /// This operation is the worker of `Serving::Draining`.
    Draining {
        attachment: Generation,
        took_over: bool,
    },
    /// The host's cancel callback runs; then it is `Draining` again.
    Cancelling {
        attachment: Generation,
        took_over: bool,
    },
    /// The host's detach callback runs.
    Detaching,
    Detached,
}

impl Detach {
    /// Of the attachment that this link was made by.
    pub fn link(lease: Lease, attachment: Generation) -> Self {
        Self { lease, attachment: Some(attachment), stage: Stage::Start }
    }

    /// Of whatever attachment the device has.
    pub fn device(lease: Lease) -> Self {
        Self { lease, attachment: None, stage: Stage::Start }
    }

    fn means(&self, attachment: Generation) -> bool {
        self.attachment.is_none_or(|meant| meant == attachment)
    }

    /// Claims the attachment, or says why there is nothing to do.
    fn start(&mut self, host: &mut HostBook, caller: Caller) -> Option<Next<Result<Removed, StillRunning>>> {
        let already = Some(Next::Done(Ok(Removed::Already)));
        let Ok(registration) = host.registration_mut(self.lease) else { return already };
        let (attachment, took_over) = match &registration.serving {
            Serving::Idle => return already,
            // A link exists only after its attach has returned: this is another, later attachment.
            Serving::Attaching(_) if self.attachment.is_some() => return already,
            Serving::Attached(attachment)
            | Serving::Draining { attachment, .. }
            | Serving::Detaching { attachment, .. }
                if !self.means(*attachment) =>
            {
                return already
            }
            Serving::Attached(attachment) => (*attachment, false),
            Serving::Draining { attachment, worker: None } => (*attachment, true),
            Serving::Attaching(_) | Serving::Draining { .. } | Serving::Detaching { .. } => {
                return Some(Next::Wait(WaitFor::Serving(self.lease)))
            }
        };
        registration.serving = Serving::Draining { attachment, worker: Some(Worker::new(caller)) };
        self.stage = Stage::Draining { attachment, took_over };
        None
    }
}

impl Operation for Detach {
    type Answer = Result<Removed, StillRunning>;

    fn advance<B: Books + ?Sized>(&mut self, books: &mut B, caller: Caller) -> Next<Self::Answer> {
        let Lease { host: key, channel, .. } = self.lease;
        let Some(host) = books.host_mut(key.slot) else { return Next::Done(Ok(Removed::Already)) };
        if self.stage == Stage::Start {
            if let Some(next) = self.start(host, caller) {
                return next;
            }
        }
        let Stage::Draining { attachment, took_over } = self.stage else {
            // `Start` was left above, and the calls of `Cancelling` and `Detaching` have returned.
            return Next::Done(Ok(Removed::ByThisCall));
        };
        if host.link.as_ref().is_some_and(|hold| hold.channel == channel) {
            let surprise =
                host.is_surprise() || host.registration(self.lease).is_ok_and(|device| device.surprise);
            if surprise && host.claim_cancel(caller).is_some() {
                self.stage = Stage::Cancelling { attachment, took_over };
                return Next::Call(Call::Cancel(key, channel));
            }
            return Next::Wait(WaitFor::Link(key));
        }
        // A cancel of its last transfer may still run: the host must not free what that looks at.
        if host.cancel.is_some() {
            return Next::Wait(WaitFor::Cancel(key));
        }
        if let Ok(registration) = host.registration_mut(self.lease) {
            registration.serving = Serving::Detaching { attachment, worker: Worker::new(caller) };
        }
        self.stage = Stage::Detaching;
        Next::Call(Call::Detach(self.lease))
    }

    fn returned<B: Books + ?Sized>(&mut self, books: &mut B, _succeeded: bool) {
        let Some(host) = books.host_mut(self.lease.host.slot) else { return };
        match self.stage {
            Stage::Cancelling { attachment, took_over } => {
                host.cancel = None;
                self.stage = Stage::Draining { attachment, took_over };
            }
            Stage::Detaching => {
                if let Ok(registration) = host.registration_mut(self.lease) {
                    registration.serving = Serving::Idle;
                    if matches!(registration.errand, Errand::Detach(_)) {
                        registration.errand = Errand::None;
                    }
                }
                self.stage = Stage::Detached;
            }
            Stage::Start | Stage::Draining { .. } | Stage::Detached => {}
        }
    }

    fn give_up<B: Books + ?Sized>(&mut self, books: &mut B, refused: bool) {
        let Stage::Draining { attachment, took_over, .. } = self.stage else { return };
        let Some(host) = books.host_mut(self.lease.host.slot) else { return };
        if let Ok(registration) = host.registration_mut(self.lease) {
            registration.serving = if refused && !took_over {
                Serving::Attached(attachment)
            } else {
                Serving::Draining { attachment, worker: None }
            };
        }
        self.stage = Stage::Start;
    }

    fn answer_to(still_running: StillRunning) -> Self::Answer {
        Err(still_running)
    }
}

impl Rename for Detach {
    fn rename(&mut self, name: &mut dyn FnMut(&mut Generation)) {
        self.lease.rename(name);
        self.attachment.rename(name);
        match &mut self.stage {
            Stage::Draining { attachment, .. } | Stage::Cancelling { attachment, .. } => name(attachment),
            Stage::Start | Stage::Detaching | Stage::Detached => {}
        }
    }
}
