//! Use the link: one packet, or a transaction of several with nobody's between.
//!
//! A link is one wire pair (or four) and one direction at a time, so transfers of all four channels are serialised
//! here and not left to each host. A read is a transaction: Set Maximum Return Packet Size, then the read itself.

use super::*;

/// Has the link of a device's host for a packet or a transaction.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct UseLink {
    key: LinkKey,
    purpose: Purpose,
    stage: Stage,
}

/// What the link is used for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Purpose {
    /// One packet: the host's transfer callback runs once.
    Packet,
    /// Any number of packets, each an operation of its own by the same caller.
    Transaction,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Stage {
    Start,
    /// The call runs. `nested`: inside a transaction of the same caller, who keeps the link afterwards.
    Using {
        nested: bool,
    },
    Used,
}

/// What asking for the link at once came to.
pub(in super::super) enum Taken {
    /// It is had.
    Has {
        /// By a transaction around this.
        nested: bool,
    },
    /// The host, the device or the link has left.
    Gone(Gone),
    /// Another has it.
    Waits(WaitFor),
}

/// Why the link was not had.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum UseLinkError {
    /// The host, the device or this link has left.
    Gone(Gone),
    /// Another has the link, and was not waited for.
    StillRunning(StillRunning),
}

impl UseLink {
    /// For the device and attachment that `key` names.
    pub fn new(key: LinkKey, purpose: Purpose) -> Self {
        Self { key, purpose, stage: Stage::Start }
    }

    /// Takes the link, if it is to be had at once.
    ///
    /// What [`advance`](Operation::advance) does first; the shell calls it directly where nobody is in the way.
    #[inline]
    pub(in super::super) fn take(&self, host: &mut HostBook, caller: Caller) -> Taken {
        let LinkKey { lease, .. } = self.key;
        if let Err(gone) = self.may_send(host, caller) {
            return Taken::Gone(gone);
        }
        if host.cancel.is_some() {
            return Taken::Waits(WaitFor::Cancel(lease.host));
        }
        let transferring = self.purpose == Purpose::Packet;
        match &mut host.link {
            None => {
                host.link = Some(LinkHold {
                    worker: Worker::new(caller),
                    channel: lease.channel,
                    transferring,
                    cancelled: false,
                });
                Taken::Has { nested: false }
            }
            Some(hold)
                if hold.worker.caller == caller && hold.channel == lease.channel && !hold.transferring =>
            {
                hold.transferring = transferring;
                Taken::Has { nested: true }
            }
            Some(_) => Taken::Waits(WaitFor::Link(lease.host)),
        }
    }

    /// Gives back what [`take`](Self::take) took: the link, or, `nested`, the turn inside a transaction.
    #[inline]
    pub(in super::super) fn give_back(host: &mut HostBook, nested: bool) {
        match &mut host.link {
            Some(hold) if nested => hold.transferring = false,
            link => *link = None,
        }
    }

    /// Inside a transaction of the same caller, where the link is had.
    pub(in super::super) fn is_nested(&self) -> bool {
        matches!(self.stage, Stage::Using { nested: true })
    }

    /// Whether this caller may send on this link now.
    fn may_send(&self, host: &HostBook, caller: Caller) -> Result<(), Gone> {
        let LinkKey { lease, attachment } = self.key;
        let registration = host.registration(lease)?;
        if host.is_surprise() {
            return Err(Gone::HostRemoved);
        }
        if registration.surprise {
            return Err(Gone::Unregistered);
        }
        let means = |present: &Generation| attachment.is_none_or(|meant| meant == *present);
        // Running work is not cut: who has the link goes on while his device is drained.
        let has_link = host
            .link
            .as_ref()
            .is_some_and(|hold| hold.worker.caller == caller && hold.channel == lease.channel);
        let allowed = match &registration.serving {
            Serving::Idle => false,
            Serving::Attached(present) => means(present),
            Serving::Attaching(worker) => attachment.is_none() && worker.caller == caller,
            Serving::Draining { attachment: present, .. } => has_link && means(present),
            Serving::Detaching { attachment: present, worker } => worker.caller == caller && means(present),
        };
        match (allowed, &host.phase, &registration.unregistering) {
            (true, ..) => Ok(()),
            (false, HostPhase::Leaving { .. }, _) => Err(Gone::HostRemoved),
            (false, _, Unregistering::By(_) | Unregistering::Stalled) => Err(Gone::Unregistered),
            (false, ..) => Err(Gone::Detached),
        }
    }
}

impl Operation for UseLink {
    type Answer = Result<(), UseLinkError>;

    #[inline]
    fn advance<B: Books + ?Sized>(&mut self, books: &mut B, caller: Caller) -> Next<Self::Answer> {
        if self.stage != Stage::Start {
            return Next::Done(Ok(()));
        }
        let LinkKey { lease, .. } = self.key;
        let Some(host) = books.host_mut(lease.host.slot) else {
            return Next::Done(Err(UseLinkError::Gone(Gone::HostRemoved)));
        };
        match self.take(host, caller) {
            Taken::Gone(gone) => Next::Done(Err(UseLinkError::Gone(gone))),
            Taken::Waits(waiting_for) => Next::Wait(waiting_for),
            Taken::Has { nested } => {
                self.stage = Stage::Using { nested };
                Next::Call(match self.purpose {
                    Purpose::Packet => Call::Transfer(lease),
                    Purpose::Transaction => Call::Transaction(lease),
                })
            }
        }
    }

    #[inline]
    fn returned<B: Books + ?Sized>(&mut self, books: &mut B, _succeeded: bool) {
        let Some(host) = books.host_mut(self.key.lease.host.slot) else { return };
        if let Stage::Using { nested } = self.stage {
            Self::give_back(host, nested);
        }
        self.stage = Stage::Used;
    }

    fn give_up<B: Books + ?Sized>(&mut self, _books: &mut B, _refused: bool) {}

    fn answer_to(still_running: StillRunning) -> Self::Answer {
        Err(UseLinkError::StillRunning(still_running))
    }
}

impl Rename for UseLink {
    fn rename(&mut self, name: &mut dyn FnMut(&mut Generation)) {
        self.key.rename(name);
    }
}
