//! What an operation is: a value that says what is next and is told the result. And [`Running`], a running operation.
//!
//! An operation never calls anybody, so the shell (with a real lock and real
//! callbacks) and a search (with neither) drive the same operations. Every step runs under the lock and leaves the book
//! consistent; between two steps anything may happen, so an operation that has waited looks at the book afresh.

use super::super::error::{StillRunning, WaitError};
use super::super::listener::RemovalKind;
use super::super::wire::VirtualChannel;
use super::book::HostBook;
use super::caller::{Asker, Caller, Event, Events, WaitFor, CALLERS_WAIT};
use super::key::{DeviceKey, HostKey};
use super::link_hold::LinkState;
use super::queue::Ticket;
use super::waits::{would_deadlock, Books};

/// What an operation asks its driver to do, with no lock held.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Callback {
    /// Call the host's attach for this device. It may fail.
    Attach(DeviceKey),
    /// Call the host's detach for this device.
    Detach(DeviceKey),
    /// Send one packet with the host's transfer, for this device.
    Transfer(DeviceKey),
    /// Run the body of a transaction of this device; its packets are operations of their own.
    Transaction(DeviceKey),
    /// Cancel the host's transfer on this channel.
    Cancel(HostKey, VirtualChannel),
    /// Tell the peripheral that the host's side removes its device.
    Tell(DeviceKey, RemovalKind),
    /// Say that a device is there (Linux's `device_add`). It may fail.
    Announce(DeviceKey),
    /// Say that a device is about to go, while it can still send (Linux's `device_del`). It is not the notice: it comes
    /// whichever side unregisters the device.
    Withdraw(DeviceKey),
    /// Drop what the slot keeps of the peripheral's.
    Forget(DeviceKey),
    /// Take the controller's handle out of the slot and give it to the remover.
    Surrender(HostKey),
}

impl Callback {
    /// The device that it is about, or else the host.
    const fn subject(self) -> Result<DeviceKey, HostKey> {
        match self {
            Self::Cancel(host, _) | Self::Surrender(host) => Err(host),
            Self::Attach(device)
            | Self::Detach(device)
            | Self::Transfer(device)
            | Self::Transaction(device)
            | Self::Tell(device, _)
            | Self::Announce(device)
            | Self::Withdraw(device)
            | Self::Forget(device) => Ok(device),
        }
    }

    /// The host that it is about, or whose device it is about.
    #[must_use]
    pub const fn host(self) -> HostKey {
        match self.subject() {
            Ok(device) => device.host,
            Err(host) => host,
        }
    }

    /// The device that it is about; `None` if it is about the host.
    #[must_use]
    pub const fn device(self) -> Option<DeviceKey> {
        match self.subject() {
            Ok(device) => Some(device),
            Err(_) => None,
        }
    }
}

/// What is next.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Next {
    /// Make this callback, then say that it has returned.
    Call(Callback),
    /// Ask again when this has ended.
    Wait(WaitFor),
    /// The operation has ended, and has its outcome.
    Done,
}

impl Next {
    /// What a caller who waits for `wait`, and has asked again in that wait, goes on with. `None` if the answer is the same: then
    /// they sleep. Another wait is one of its own, in which they ask once more before they sleep.
    #[must_use]
    pub fn after_wait(self, wait: WaitFor) -> Option<Self> {
        (self != Self::Wait(wait)).then_some(self)
    }
}

/// What an operation says is next: like [`Next`], with a channel in place of keys. The keys are always those that its
/// host's book has now, so [`Running`] takes them from there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum OperationStep {
    /// Make this callback, for this channel if it is about one.
    Call(CallbackKind, VirtualChannel),
    /// Ask again when this has ended.
    Wait(Event),
    /// Ask again when the link may be free. The caller keeps their place in its queue if they have one.
    WaitForLink {
        /// Whether they take one if they have none.
        queues: bool,
    },
    /// The operation has ended.
    Done,
}

/// A [`Callback`] without its key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[allow(missing_docs)] // those of `Callback`
pub enum CallbackKind {
    Attach,
    Detach,
    Transfer,
    Transaction,
    Cancel,
    Tell(RemovalKind),
    Announce,
    Withdraw,
    Forget,
    Surrender,
}

impl CallbackKind {
    /// Adds the keys of the host in this slot.
    fn with_key(self, book: &HostBook, slot: usize, channel: VirtualChannel) -> Callback {
        let device = book.device_key(slot, channel);
        match self {
            Self::Attach => Callback::Attach(device),
            Self::Detach => Callback::Detach(device),
            Self::Transfer => Callback::Transfer(device),
            Self::Transaction => Callback::Transaction(device),
            Self::Cancel => Callback::Cancel(device.host, channel),
            Self::Tell(removal) => Callback::Tell(device, removal),
            Self::Announce => Callback::Announce(device),
            Self::Withdraw => Callback::Withdraw(device),
            Self::Forget => Callback::Forget(device),
            Self::Surrender => Callback::Surrender(device.host),
        }
    }
}

/// The steps of one kind of operation. [`Running`] drives them.
pub trait Operation {
    /// The index of the slot of the host that it is about.
    fn slot(&self) -> usize;

    /// Everything that it would wait for if it went on now, as long as it has changed nothing that others see. So an
    /// operation that could not end is refused before it has changed anything. One that changes nothing before it waits
    /// needs to say nothing.
    fn will_wait_for(&self, host: &HostBook, caller: Caller) -> Events {
        let _ = (host, caller);
        Events::NONE
    }

    /// Says what is next. Called at the beginning, after [`returned`](Self::returned), and after a wait.
    ///
    /// If an operation that waits says again that it waits for the same thing, it has changed nothing that others could
    /// wait for.
    fn advance(&mut self, host: &mut HostBook, asker: Asker) -> OperationStep;

    /// The callback has returned. `succeeded` matters for those that may fail.
    fn returned(&mut self, host: &mut HostBook, caller: Caller, succeeded: bool);

    /// Ends before the wait is over: gives up what the operation has claimed, so that another can go on. Returns whether
    /// something that others see stays begun.
    fn give_up(&mut self, host: &mut HostBook, caller: Caller) -> bool;

    /// The caller goes away while the callback may still run in the hardware, like a future that is dropped: leaves a
    /// packet to the hardware. Returns whether the operation is one that sends, and has ended; others count as failed.
    fn leave_to_hardware(&mut self, host: &mut HostBook, caller: Caller) -> bool {
        let _ = (host, caller);
        false
    }
}

/// A running operation, and who runs it. Searches clone it; shells use [`begin`](super::begin).
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Running<O: ?Sized> {
    caller: Caller,
    stage: Stage,
    /// Whether a callback was made: whoever was called knows of the operation.
    has_called: bool,
    /// The caller's place in the queue for the link.
    ticket: Option<Ticket>,
    operation: O,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Stage {
    Goes,
    Calls(CallbackKind, VirtualChannel),
    Waits(WaitFor),
    /// With the reason, if it gave up.
    Ended(Option<StillRunning>),
}

impl<O: Operation> Running<O> {
    /// `caller` begins `operation`.
    pub const fn new(operation: O, caller: Caller) -> Self {
        Self { caller, stage: Stage::Goes, has_called: false, ticket: None, operation }
    }

    /// The operation, to ask for its outcome.
    pub const fn operation(&self) -> &O {
        &self.operation
    }

    /// The operation, for searches that rename what is in it.
    pub fn operation_mut(&mut self) -> &mut O {
        &mut self.operation
    }
}

impl<O: ?Sized> Running<O> {
    /// Who runs it.
    pub const fn caller(&self) -> Caller {
        self.caller
    }

    /// What it waits for.
    pub const fn waits_for(&self) -> Option<WaitFor> {
        match self.stage {
            Stage::Waits(wait) => Some(wait),
            _ => None,
        }
    }

    /// Renames what it waits for; for searches.
    pub fn waits_for_mut(&mut self) -> Option<&mut WaitFor> {
        match &mut self.stage {
            Stage::Waits(wait) => Some(wait),
            _ => None,
        }
    }

    /// Turns its ticket by as many places as the queue of its host was turned; for searches.
    pub fn turn(&mut self, by: u8) {
        self.ticket = self.ticket.map(|ticket| ticket.turned(by));
    }

    /// The result of a removal that has not ended by itself.
    pub(super) fn or_still_running(&self, removed: Removed) -> Result<Removed, StillRunning> {
        self.still_running().map_or(Ok(removed), Err)
    }

    /// Why it gave up waiting, if it did.
    pub(super) const fn still_running(&self) -> Option<StillRunning> {
        match self.stage {
            Stage::Ended(why) => why,
            _ => None,
        }
    }
}

impl Running<dyn Operation + '_> {
    /// The index of the slot of the host that it is about.
    pub fn slot(&self) -> usize {
        self.operation.slot()
    }

    /// Says what is next. It never returns a wait that would not end: it refuses the operation, which then has ended.
    /// While a callback has neither returned nor unwound, that callback is still next (with the keys of the book as it is
    /// now: a transaction on a shared host does not keep its device there).
    pub fn next(&mut self, books: &mut dyn Books) -> Next {
        self.next_on::<true>(books)
    }

    /// The same for a bus that knows when it is compiled whether its callers can wait. If they can't, they need no queue.
    #[inline(never)]
    pub fn next_on<const CAN_WAIT: bool>(&mut self, books: &mut dyn Books) -> Next {
        match self.stage {
            Stage::Goes => {}
            Stage::Waits(_) => self.wait_no_longer(books),
            Stage::Ended(_) => return Next::Done,
            Stage::Calls(call, channel) => {
                let slot = self.slot();
                return books
                    .host(slot)
                    .map_or(Next::Done, |host| Next::Call(call.with_key(host, slot, channel)));
            }
        }
        if let Some(wait) = self.endless_wait(books) {
            return self.end::<CAN_WAIT>(books, wait, WaitError::WouldDeadlock);
        }
        let slot = self.slot();
        let Some(host) = books.host_mut(slot) else {
            self.stage = Stage::Ended(None);
            return Next::Done;
        };
        let is_next = !CAN_WAIT || host.queue.is_turn_of(self.ticket);
        let step = self.operation.advance(host, Asker { caller: self.caller, is_next });
        if !matches!(step, OperationStep::WaitForLink { .. }) {
            self.leave_queue::<CAN_WAIT>(host);
        }
        match step {
            OperationStep::Call(call, channel) => {
                self.stage = Stage::Calls(call, channel);
                self.has_called = true;
                Next::Call(call.with_key(host, slot, channel))
            }
            OperationStep::Wait(event) => {
                let wait = WaitFor::of_present(event, host, slot);
                self.wait::<CAN_WAIT>(books, wait)
            }
            OperationStep::WaitForLink { queues } => {
                let wait = WaitFor::of_present(Event::LINK, host, slot);
                if CAN_WAIT && queues && self.ticket.is_none() {
                    self.ticket = host.queue.join();
                    if self.ticket.is_none() {
                        return self.end::<CAN_WAIT>(books, wait, WaitError::QueueFull);
                    }
                }
                self.wait::<CAN_WAIT>(books, wait)
            }
            OperationStep::Done => {
                self.stage = Stage::Ended(None);
                Next::Done
            }
        }
    }

    /// Waits for this, or ends if the wait is refused.
    #[inline(never)]
    fn wait<const CAN_WAIT: bool>(&mut self, books: &mut dyn Books, wait: WaitFor) -> Next {
        let why = if would_deadlock(books, self.caller, &wait) {
            WaitError::WouldDeadlock
        } else if CAN_WAIT && books.note_wait(self.caller, Some(wait)) {
            self.stage = Stage::Waits(wait);
            return Next::Wait(wait);
        } else {
            WaitError::CannotWait
        };
        self.end::<CAN_WAIT>(books, wait, why)
    }

    /// The callback that was asked for has returned. Does nothing if none was.
    pub fn returned(&mut self, books: &mut dyn Books, succeeded: bool) {
        if !matches!(self.stage, Stage::Calls(..)) {
            return;
        }
        self.stage = Stage::Goes;
        if let Some(host) = books.host_mut(self.slot()) {
            self.operation.returned(host, self.caller, succeeded);
        }
    }

    /// Ends the operation before its wait is over, for this reason. Does nothing if it does not wait.
    pub fn give_up(&mut self, books: &mut dyn Books, why: WaitError) {
        if let Stage::Waits(wait) = self.stage {
            self.wait_no_longer(books);
            self.end::<true>(books, wait, why);
        }
    }

    /// The callback that was asked for has unwound: it counts as failed, and the operation ends here.
    pub fn unwound(&mut self, books: &mut dyn Books) {
        if matches!(self.stage, Stage::Calls(..)) {
            self.returned(books, false);
            if let Some(host) = books.host_mut(self.slot()) {
                self.operation.give_up(host, self.caller);
            }
            self.stage = Stage::Ended(None);
        }
    }

    /// The caller goes away while the callback may still run in the hardware: a packet keeps the link until the host
    /// says that it is over ([`HostBook::hardware_is_done`]), other callbacks count as failed.
    pub fn abandoned(&mut self, books: &mut dyn Books) {
        if matches!(self.stage, Stage::Calls(..)) {
            if let Some(host) = books.host_mut(self.slot()) {
                if !self.operation.leave_to_hardware(host, self.caller) {
                    self.operation.returned(host, self.caller, false);
                    self.operation.give_up(host, self.caller);
                }
            }
            self.stage = Stage::Ended(None);
        }
    }

    /// A wait of the operation that would never end, if there is one and the operation has changed nothing yet.
    fn endless_wait(&self, books: &dyn Books) -> Option<WaitFor> {
        if !CALLERS_WAIT {
            return None;
        }
        let slot = self.slot();
        let host = books.host(slot)?;
        let waits = self.operation.will_wait_for(host, self.caller);
        waits
            .iter()
            .map(|event| WaitFor::of_present(event, host, slot))
            .find(|wait| would_deadlock(books, self.caller, wait))
    }

    #[inline(never)]
    fn end<const CAN_WAIT: bool>(
        &mut self,
        books: &mut dyn Books,
        waiting_for: WaitFor,
        why: WaitError,
    ) -> Next {
        let mut begun = self.has_called;
        if let Some(host) = books.host_mut(self.slot()) {
            self.leave_queue::<CAN_WAIT>(host);
            begun |= self.operation.give_up(host, self.caller);
        }
        self.stage = Stage::Ended(Some(StillRunning { waiting_for, why, begun }));
        Next::Done
    }

    /// Gives the place in the queue back. If the link is free and whoever came next may take it now, they are woken.
    fn leave_queue<const CAN_WAIT: bool>(&mut self, host: &mut HostBook) {
        if !CAN_WAIT {
            return;
        }
        if let Some(ticket) = self.ticket.take() {
            if host.queue.leave(ticket) && matches!(host.link, LinkState::Free) {
                host.end(Event::LINK);
            }
        }
    }

    fn wait_no_longer(&mut self, books: &mut dyn Books) {
        books.note_wait(self.caller, None);
        self.stage = Stage::Goes;
    }
}

/// The result of a removal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Removed {
    /// This call did it.
    ByThisCall,
    /// It had gone already, or another call did it; it is complete now.
    Already,
}
