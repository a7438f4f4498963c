//! What an operation is: a value that says what is next and is told the result. And [`Running`], an operation on its way.
//!
//! An operation never calls anybody, so the shell (with a real lock and real
//! callbacks) and a search (with neither) drive the same operations. Every step runs under the lock and leaves the book
//! consistent; between two steps anything may happen, so an operation that has waited looks at the book afresh.

use super::super::error::{StillRunning, WaitError};
use super::super::listener::RemovalKind;
use super::super::wire::VirtualChannel;
use super::book::HostBook;
use super::caller::{Caller, Event, WaitFor};
use super::key::{DeviceKey, HostKey};
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
    /// Ask the host to end its transfer on this channel.
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

/// What is next.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Next {
    /// Make this callback, then say that it has returned.
    Call(Callback),
    /// Ask again when this has ended.
    Wait(WaitFor),
    /// The queue for this is full: give up.
    Refuse(WaitFor),
    /// The operation has ended, and has its outcome.
    Done,
}

/// What an operation says is next: like [`Next`], with a channel in place of keys. The keys are always those that its
/// host's book has now, so [`Running`] takes them from there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum OperationStep {
    /// Make this callback, for this channel if it is about one.
    Call(CallbackKind, VirtualChannel),
    /// Ask again when this has ended.
    Wait(Event),
    /// The queue for this is full.
    Refuse(Event),
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
    /// The host that it is about.
    fn host(&self) -> HostKey;

    /// Calls `each` with everything that it would wait for if it began now, so that an operation that could not end is
    /// refused before it has changed anything.
    fn will_wait_for(&self, host: &HostBook, caller: Caller, each: &mut dyn FnMut(Event));

    /// Says what is next. Called at the beginning, after [`returned`](Self::returned), and after a wait.
    ///
    /// If an operation that waits says again that it waits for the same thing, it has changed nothing that others could
    /// wait for.
    fn advance(&mut self, host: &mut HostBook, caller: Caller) -> OperationStep;

    /// The callback has returned. `succeeded` matters for those that may fail.
    fn returned(&mut self, host: &mut HostBook, caller: Caller, succeeded: bool);

    /// Ends before the wait is over: gives up what the operation has claimed, so that another can go on.
    ///
    /// With `take_back` nothing of it should stay begun. Returns whether something does.
    fn give_up(&mut self, host: &mut HostBook, caller: Caller, take_back: bool) -> bool;

    /// The caller goes away while the callback may still run in the hardware, like a future that is dropped: leaves a
    /// packet to the hardware. Returns whether the operation is one that sends, and has ended; others count as failed.
    fn leave_to_hardware(&mut self, host: &mut HostBook, caller: Caller) -> bool {
        let _ = (host, caller);
        false
    }

    /// Ends with this outcome, unless it has one.
    fn refuse(&mut self, still_running: StillRunning);
}

/// An operation on its way, and who runs it. Searches clone it; shells use [`begin`](super::begin).
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Running<O: ?Sized> {
    caller: Caller,
    stage: Stage,
    /// Whether a callback was made: from then on a refusal takes nothing back.
    has_called: bool,
    operation: O,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Stage {
    Begins,
    Goes,
    Calls,
    Waits(WaitFor),
    Ended,
}

impl<O: Operation> Running<O> {
    /// `caller` begins `operation`.
    pub const fn new(operation: O, caller: Caller) -> Self {
        Self { caller, stage: Stage::Begins, has_called: false, operation }
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
}

impl Running<dyn Operation + '_> {
    /// The host that it is about.
    pub fn host(&self) -> HostKey {
        self.operation.host()
    }

    /// Says what is next. It never returns a wait that would not end: it refuses the operation, which then has ended.
    pub fn next(&mut self, books: &mut dyn Books) -> Next {
        self.wait_no_longer(books);
        if matches!(self.stage, Stage::Begins) && self.is_endless(books) {
            return Next::Done;
        }
        let slot = self.operation.host().slot;
        let Some(host) = books.host_mut(slot) else {
            self.stage = Stage::Ended;
            return Next::Done;
        };
        match self.operation.advance(host, self.caller) {
            OperationStep::Done => {
                self.stage = Stage::Ended;
                Next::Done
            }
            OperationStep::Call(call, channel) => {
                self.stage = Stage::Calls;
                self.has_called = true;
                Next::Call(call.with_key(host, slot, channel))
            }
            OperationStep::Wait(event) => self.wait(books, event, None),
            OperationStep::Refuse(event) => self.wait(books, event, Some(WaitError::QueueFull)),
        }
    }

    /// Waits for this, or ends if the wait is refused.
    #[inline(never)]
    fn wait(&mut self, books: &mut dyn Books, event: Event, refused: Option<WaitError>) -> Next {
        let slot = self.operation.host().slot;
        let Some(host) = books.host(slot) else {
            self.stage = Stage::Ended;
            return Next::Done;
        };
        let wait = WaitFor::of_present(event, host, slot);
        let why = match refused {
            Some(why) => why,
            None if would_deadlock(books, self.caller, &wait) => WaitError::WouldDeadlock,
            None if books.note_wait(self.caller, Some(wait)) => {
                self.stage = Stage::Waits(wait);
                return Next::Wait(wait);
            }
            None => WaitError::CannotWait,
        };
        self.end(books, wait, why)
    }

    /// The callback that was asked for has returned. Does nothing if none was.
    pub fn returned(&mut self, books: &mut dyn Books, succeeded: bool) {
        if !matches!(self.stage, Stage::Calls) {
            return;
        }
        self.stage = Stage::Goes;
        if let Some(host) = books.host_mut(self.operation.host().slot) {
            self.operation.returned(host, self.caller, succeeded);
        }
    }

    /// Ends the operation before its wait is over, for this reason. Does nothing if it does not wait.
    pub fn give_up(&mut self, books: &mut dyn Books, why: WaitError) {
        if let Stage::Waits(wait) = self.stage {
            self.wait_no_longer(books);
            self.end(books, wait, why);
        }
    }

    /// The callback that was asked for has unwound: it counts as failed, and the operation ends here.
    pub fn unwound(&mut self, books: &mut dyn Books) {
        if matches!(self.stage, Stage::Calls) {
            self.returned(books, false);
            if let Some(host) = books.host_mut(self.operation.host().slot) {
                self.operation.give_up(host, self.caller, false);
            }
            self.stage = Stage::Ended;
        }
    }

    /// The caller goes away while the callback may still run in the hardware: a packet keeps the link until the host
    /// says that it is over ([`HostBook::hardware_is_done`]), other callbacks count as failed.
    pub fn abandoned(&mut self, books: &mut dyn Books) {
        if matches!(self.stage, Stage::Calls) {
            if let Some(host) = books.host_mut(self.operation.host().slot) {
                if !self.operation.leave_to_hardware(host, self.caller) {
                    self.operation.returned(host, self.caller, false);
                    self.operation.give_up(host, self.caller, false);
                }
            }
            self.stage = Stage::Ended;
        }
    }

    /// Whether it would wait for something that never ends. If so, ends it.
    #[inline(never)]
    fn is_endless(&mut self, books: &mut dyn Books) -> bool {
        let slot = self.operation.host().slot;
        let Some(host) = books.host(slot) else { return false };
        let mut endless = None;
        self.operation.will_wait_for(host, self.caller, &mut |event| {
            if endless.is_none() {
                let wait = WaitFor::of_present(event, host, slot);
                endless = would_deadlock(&*books, self.caller, &wait).then_some(wait);
            }
        });
        if let Some(wait) = endless {
            self.end(books, wait, WaitError::WouldDeadlock);
        }
        endless.is_some()
    }

    fn end(&mut self, books: &mut dyn Books, waiting_for: WaitFor, why: WaitError) -> Next {
        let take_back = why == WaitError::WouldDeadlock && !self.has_called;
        let stays_begun = match books.host_mut(self.operation.host().slot) {
            Some(host) => self.operation.give_up(host, self.caller, take_back),
            None => false,
        };
        // Whoever was called knows of it.
        let begun = stays_begun || self.has_called;
        self.operation.refuse(StillRunning { waiting_for, why, begun });
        self.stage = Stage::Ended;
        Next::Done
    }

    fn wait_no_longer(&mut self, books: &mut dyn Books) {
        if matches!(self.stage, Stage::Waits(_)) {
            books.note_wait(self.caller, None);
            self.stage = Stage::Goes;
        }
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
