//! An operation on its way in the stack of a caller, and what its outcome means to them.

use super::books::TheBooks;
use mipi_dsi::bus::machine::{
    Attach, AttachOutcome, DeclareGone, Detach, Errands, Generation, LinkKey, Next, Operation, Profile,
    RegisterDevice, Running, UnregisterDevice, UnregisterHost, UseLink, UseLinkError,
};
use mipi_dsi::bus::{
    report::{DeviceKey, HostKey},
    Caller, Removed, StillRunning, WaitError,
};

/// What is on its way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Frame {
    RegisterDevice(Running<RegisterDevice>),
    Attach(Running<Attach>, DeviceKey),
    Detach(Running<Detach>, DeviceKey, Generation),
    UnregisterDevice(Running<UnregisterDevice>, DeviceKey),
    UnregisterHost(Running<UnregisterHost>, HostKey),
    UseLink(Running<UseLink>),
    /// A packet that has passed the gate of a host of this profile; no operation yet.
    Passed(LinkKey, Profile),
    DeclareGone(Running<DeclareGone>),
    Errands(Running<Errands>),
}

/// What an operation came to, where it matters.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    Registered(DeviceKey),
    Attached(Generation),
    Removed(Removed),
    Refused(StillRunning),
    Other,
}

impl Frame {
    pub(crate) fn kind(&self) -> &'static str {
        match self {
            Self::RegisterDevice(_) => "register device",
            Self::Attach(..) => "attach",
            Self::Detach(..) => "detach",
            Self::UnregisterDevice(..) => "unregister device",
            Self::UnregisterHost(..) => "unregister host",
            Self::UseLink(_) => "use link",
            Self::Passed(..) => "packet",
            Self::DeclareGone(_) => "declare gone",
            Self::Errands(_) => "errands",
        }
    }

    /// The operation. A packet that has passed the gate is none.
    fn running(&mut self) -> Option<&mut Running<dyn Operation + 'static>> {
        Some(match self {
            Self::RegisterDevice(running) => running,
            Self::Attach(running, _) => running,
            Self::Detach(running, ..) => running,
            Self::UnregisterDevice(running, _) => running,
            Self::UnregisterHost(running, _) => running,
            Self::UseLink(running) => running,
            Self::Passed(..) => return None,
            Self::DeclareGone(running) => running,
            Self::Errands(running) => running,
        })
    }

    /// Asks what is next, and checks that the operation is a value: its copy does the same to a copy of the books.
    pub(crate) fn next(&mut self, books: &mut TheBooks) -> Next {
        let (mut copy, mut copied_books) = (self.clone(), books.clone());
        let Some(running) = self.running() else { return Next::Done };
        let next = running.next(books);
        let copied = copy.running().map(|running| running.next(&mut copied_books));
        assert!(
            copied == Some(next) && copy == *self && copied_books == *books,
            "the same question had two answers"
        );
        next
    }

    pub(crate) fn returned(&mut self, books: &mut TheBooks, succeeded: bool) {
        if let Some(running) = self.running() {
            running.returned(books, succeeded);
        }
    }

    pub(crate) fn give_up(&mut self, books: &mut TheBooks, why: WaitError) {
        if let Some(running) = self.running() {
            running.give_up(books, why);
        }
    }

    pub(crate) fn unwound(&mut self, books: &mut TheBooks) {
        if let Some(running) = self.running() {
            running.unwound(books);
        }
    }

    pub(crate) fn abandoned(&mut self, books: &mut TheBooks) {
        if let Some(running) = self.running() {
            running.abandoned(books);
        }
    }

    /// What it has come to.
    pub(crate) fn outcome(&self) -> Outcome {
        let removed = |outcome: Result<Removed, StillRunning>| match outcome {
            Ok(removed) => Outcome::Removed(removed),
            Err(still_running) => Outcome::Refused(still_running),
        };
        match self {
            Self::RegisterDevice(running) => running.outcome().map_or(Outcome::Other, Outcome::Registered),
            Self::Attach(running, _) => match running.outcome() {
                Ok(attachment) => Outcome::Attached(attachment),
                Err(AttachOutcome::StillRunning(still_running)) => Outcome::Refused(still_running),
                Err(_) => Outcome::Other,
            },
            Self::Detach(running, ..) => removed(running.outcome()),
            Self::UnregisterDevice(running, _) => removed(running.outcome()),
            Self::UnregisterHost(running, _) => removed(running.outcome()),
            Self::UseLink(running) => match running.outcome() {
                Err(UseLinkError::StillRunning(still_running)) => Outcome::Refused(still_running),
                _ => Outcome::Other,
            },
            Self::Passed(..) | Self::DeclareGone(_) | Self::Errands(_) => Outcome::Other,
        }
    }

    /// A packet that has passed the gate goes on as the operation that tells the book of its end.
    pub(crate) fn end_in_the_book(&mut self, caller: Caller) {
        if let Self::Passed(key, profile) = *self {
            *self = Self::UseLink(Running::new(UseLink::passed_gate(key, profile), caller));
        }
    }
}
