//! Drives an operation with tokens that can't be misused: a token has methods only for what may be done next.
//!
//! A callback that was asked for either returns or unwinds; a wait is asked again or given up. Each method takes the
//! token by value, so nothing is said twice or at the wrong stage.

use super::super::error::WaitError;
use super::caller::WaitFor;
use super::operation::{Callback, Next, Operation, Running};
use super::waits::Books;

/// What the driver of an operation has to do next.
#[must_use = "what an operation has claimed stays claimed until it has ended"]
pub enum Turn<'a> {
    /// Make this callback, with no lock held.
    Call(PendingCallback<'a>),
    /// Wait until this has ended.
    Wait(PendingWait<'a>),
    /// Nothing: the operation has ended, and knows its outcome.
    Done,
}

/// A callback that an operation has asked for.
#[must_use = "the bus waits for the return of the callback"]
pub struct PendingCallback<'a> {
    running: &'a mut Running<dyn Operation + 'a>,
    callback: Callback,
}

/// A wait that an operation has asked for.
#[must_use = "the caller is noted as waiting until the wait is over"]
pub struct PendingWait<'a> {
    running: &'a mut Running<dyn Operation + 'a>,
    wait: WaitFor,
}

/// Begins an operation.
pub fn begin<'a>(running: &'a mut Running<dyn Operation + 'a>, books: &mut dyn Books) -> Turn<'a> {
    match running.next(books) {
        Next::Call(callback) => Turn::Call(PendingCallback { running, callback }),
        Next::Wait(wait) => Turn::Wait(PendingWait { running, wait }),
        Next::Done => Turn::Done,
    }
}

impl<'a> PendingCallback<'a> {
    /// What to call.
    pub const fn callback(&self) -> Callback {
        self.callback
    }

    /// The callback has returned. `succeeded` matters for [`Callback::Attach`] and [`Callback::Announce`].
    pub fn returned(self, books: &mut dyn Books, succeeded: bool) -> Turn<'a> {
        self.running.returned(books, succeeded);
        begin(self.running, books)
    }

    /// The callback has unwound: it counts as failed, and the operation ends. Errands may be left to run.
    pub fn unwound(self, books: &mut dyn Books) {
        self.running.unwound(books);
    }

    /// The caller goes away while the callback may still run in the hardware, like a future that is dropped: a packet
    /// keeps the link until the host says that it is over, other callbacks count as failed.
    pub fn abandoned(self, books: &mut dyn Books) {
        self.running.abandoned(books);
    }
}

impl<'a> PendingWait<'a> {
    /// What to wait for.
    pub const fn wait_for(&self) -> WaitFor {
        self.wait
    }

    /// What is waited for may have ended. If the turn is the same wait again, nothing has changed.
    pub fn ask(self, books: &mut dyn Books) -> Turn<'a> {
        begin(self.running, books)
    }

    /// Ends the operation before the wait is over. Its outcome says so.
    pub fn give_up(self, books: &mut dyn Books, why: WaitError) {
        self.running.give_up(books, why);
    }

    /// The caller goes away, like a future that is dropped.
    pub fn abandoned(self, books: &mut dyn Books) {
        self.give_up(books, WaitError::CannotWait);
    }
}
