//! Operations: what register, attach, transfer, detach, unregister and the removal of a host do, step by step.
//!
//! An operation is a value. Given the book it says what is next: a [`Call`] into the host or the peripheral, something
//! to wait for, or its answer; and it is told when the call has returned. It never calls anybody, so that the same
//! operations are driven by the shell (with a real lock and real callbacks) and by a search (with neither).
//!
//! Every step runs under the lock and leaves the book consistent; between steps anything can happen. So an operation
//! that has waited looks at the book afresh.
//!
//! Registering and looking up take a single step and are functions of the module `register`.

mod attach;
mod declare_gone;
mod detach;
mod errands;
pub mod register;
mod unregister_device;
mod unregister_host;
mod use_link;

pub use attach::{Attach, AttachRefusal};
pub use declare_gone::DeclareGone;
pub use detach::Detach;
pub use errands::Errands;
pub use unregister_device::UnregisterDevice;
pub use unregister_host::UnregisterHost;
pub(super) use use_link::Taken;
pub use use_link::{Purpose, UseLink, UseLinkError};

// What the operations build on, so that each can say `super::`.
use super::book::{
    Books, Errand, HostBook, HostPhase, LinkHold, Registration, Serving, Unregistering, CHANNELS,
};
use super::caller::{Caller, WaitFor, Worker};
use super::error::{Gone, RegisterDeviceError, Side, StillRunning, WhyNot};
use super::handles::Handles;
use super::key::{Generation, HostKey, Lease, LinkKey};
use super::peripheral::Removal;
use super::rename::Rename;
use super::waits;
use super::wire::VirtualChannel;
use core::hash::Hash;

/// What an operation asks its driver to do, with no lock held.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Call {
    /// Call the host's attach for this device.
    Attach(Lease),
    /// Call the host's detach for this device.
    Detach(Lease),
    /// Send one packet with the host's transfer, for this device.
    Transfer(Lease),
    /// Run the body of a transaction of this device; its packets are operations of their own.
    Transaction(Lease),
    /// Ask the host to end its transfer on this channel.
    Cancel(HostKey, VirtualChannel),
    /// Tell the peripheral that its device leaves.
    Tell(Lease, Removal),
    /// Drop what is kept of the peripheral's (its notice).
    Forget(Lease),
    /// Take the controller's handle out of the slot: it is the remover's now.
    Surrender(HostKey),
}

/// What is next.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Next<A> {
    /// Do this, then say that it has [`returned`](Running::returned).
    Call(Call),
    /// Ask again when the book has changed.
    Wait(WaitFor),
    /// The operation has ended.
    Done(A),
}

/// The steps of one kind of operation. Driven through [`Running`], which knows about waits.
pub trait Operation: Clone + Eq + Hash {
    /// What it comes to.
    type Answer;

    /// Says what is next. Called at the beginning, after [`returned`](Self::returned), and after a wait.
    ///
    /// One that waits is asked again whenever the book may have changed. If it answers that it waits for the same as
    /// before, it must have changed nothing that another could wait for: nobody would be woken.
    fn advance<B: Books + ?Sized>(&mut self, books: &mut B, caller: Caller) -> Next<Self::Answer>;

    /// The call that was asked for has returned. `succeeded` matters for attach only.
    fn returned<B: Books + ?Sized>(&mut self, books: &mut B, succeeded: bool);

    /// Ends without having waited: gives up what the operation claimed in the book, so that another can go on.
    /// `refused` says that the wait was never entered, so that what this operation began can be taken back.
    fn give_up<B: Books + ?Sized>(&mut self, books: &mut B, refused: bool);

    /// The answer of one that gave up.
    fn answer_to(still_running: StillRunning) -> Self::Answer;
}

/// An operation on its way, with who runs it and what he waits for.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Running<O> {
    operation: O,
    caller: Caller,
    waits_for: Option<WaitFor>,
}

impl<O: Operation> Running<O> {
    /// `caller` begins `operation`.
    pub fn new(operation: O, caller: Caller) -> Self {
        Self { operation, caller, waits_for: None }
    }

    /// The operation.
    pub fn operation(&self) -> &O {
        &self.operation
    }

    /// Who runs it.
    pub fn caller(&self) -> Caller {
        self.caller
    }

    /// Says what is next. A wait that would never end is not given: the operation answers that it was refused.
    pub fn next<B: Books + ?Sized>(&mut self, books: &mut B) -> Next<O::Answer> {
        self.wait_no_longer(books);
        let next = self.operation.advance(books, self.caller);
        let Next::Wait(waiting_for) = next else { return next };
        if waits::would_close_a_cycle(books, self.caller, waiting_for) {
            self.operation.give_up(books, true);
            return Next::Done(O::answer_to(StillRunning { waiting_for, why: WhyNot::WouldDeadlock }));
        }
        waits::note(books, self.caller, Some(waiting_for));
        self.waits_for = Some(waiting_for);
        next
    }

    /// The call that was asked for has returned.
    pub fn returned<B: Books + ?Sized>(&mut self, books: &mut B, succeeded: bool) {
        self.operation.returned(books, succeeded);
    }

    /// The operation ends here, without its answer: a wait was not waited out, or a callback unwound.
    ///
    /// If what was waited for has happened in the meantime it does not matter: the operation can be called again.
    pub fn give_up<B: Books + ?Sized>(&mut self, books: &mut B) {
        self.wait_no_longer(books);
        self.operation.give_up(books, false);
    }

    fn wait_no_longer<B: Books + ?Sized>(&mut self, books: &mut B) {
        if self.waits_for.take().is_some() {
            waits::note(books, self.caller, None);
        }
    }
}

impl<O: Rename> Rename for Running<O> {
    fn rename(&mut self, name: &mut dyn FnMut(&mut Generation)) {
        self.operation.rename(name);
        self.waits_for.rename(name);
    }
}

/// What a removal came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Removed {
    /// This call did it.
    ByThisCall,
    /// It had gone already, or another did it; it is complete now.
    Already,
}
