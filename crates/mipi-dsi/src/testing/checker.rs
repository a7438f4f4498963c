//! A record for calls from several threads, with the list of violations.

use super::record::{CallRecord, ChannelState};
use super::violation::Violation;
use crate::bus::{Caller, Profile};
use crate::wire::VirtualChannel;
use std::fmt;
use std::string::String;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::vec::Vec;

/// Checks the calls of one host, whichever threads they come from.
///
/// A host that has one passes the body of each method through it; [`CheckedHost`](super::CheckedHost) does that for any
/// host. It holds its lock only for the book-keeping, never while a body runs. A body that unwinds has ended.
pub struct CallChecker {
    state: Mutex<State>,
    caller: fn() -> Caller,
}

struct State {
    record: CallRecord,
    /// Who is inside `attach` or `detach`, by channel.
    inside: [Vec<Caller>; 4],
    violations: Vec<Violation>,
}

impl CallChecker {
    /// For a host that was not called yet, and whose callers are threads of the standard library.
    pub const fn new(profile: Profile) -> Self {
        Self::with_callers(profile, this_thread)
    }

    /// As [`new`](Self::new), with callers that `caller` tells apart: usually the bus's lock does
    /// ([`Lock::caller`](crate::bus::adapter::Lock::caller)).
    pub const fn with_callers(profile: Profile, caller: fn() -> Caller) -> Self {
        let record = CallRecord::new(profile);
        let inside = [const { Vec::new() }; 4];
        Self { state: Mutex::new(State { record, inside, violations: Vec::new() }), caller }
    }

    /// Runs the body of `attach`. What the body sends to the same channel counts as sent from inside.
    ///
    /// # Errors
    ///
    /// Those of the body, unchanged.
    pub fn attach<E>(&self, channel: VirtualChannel, body: impl FnOnce() -> Result<(), E>) -> Result<(), E> {
        self.enter(channel, |record| record.attach_begins(channel));
        let end =
            OnDrop::new(|succeeded| self.leave(channel, |record| record.attach_ends(channel, succeeded)));
        let result = body();
        end.now(result.is_ok());
        result
    }

    /// Runs the body of `detach`. What the body sends to the same channel counts as sent from inside.
    pub fn detach<R>(&self, channel: VirtualChannel, body: impl FnOnce() -> R) -> R {
        self.enter(channel, |record| record.detach_begins(channel));
        let _end = OnDrop::new(|_| self.leave(channel, |record| record.detach_ends(channel)));
        body()
    }

    /// Runs the body of `transfer`.
    pub fn transfer<R>(&self, channel: VirtualChannel, body: impl FnOnce() -> R) -> R {
        let caller = (self.caller)();
        self.note(|state| {
            let inside = state.inside[channel.index()].contains(&caller);
            state.record.transfer_begins(channel, inside)
        });
        let _end = OnDrop::new(|_| self.note(|state| state.record.transfer_ends(channel)));
        body()
    }

    /// Runs the body of `cancel`.
    pub fn cancel<R>(&self, channel: VirtualChannel, body: impl FnOnce() -> R) -> R {
        self.note(|state| state.record.cancel_begins(channel));
        let _end = OnDrop::new(|_| self.note(|state| state.record.cancel_ends(channel)));
        body()
    }

    /// Says that the host is registered again.
    pub fn host_registered(&self) {
        self.lock().record.host_registered();
    }

    /// Says that unregistering the host has returned: what still runs is a violation, and so is each later call.
    pub fn host_unregistered(&self) {
        let mut state = self.lock();
        let violations = state.record.host_unregistered();
        state.violations.extend(violations);
    }

    /// All violations so far, in their order.
    pub fn violations(&self) -> Vec<Violation> {
        self.lock().violations.clone()
    }

    /// Where a channel is in its sequence.
    pub fn state(&self, channel: VirtualChannel) -> ChannelState {
        self.lock().record.state(channel)
    }

    /// How many calls run.
    pub fn running(&self) -> usize {
        self.lock().record.running()
    }

    /// Asserts that every call was legal.
    ///
    /// # Panics
    ///
    /// If there was a violation; the message lists all of them.
    #[track_caller]
    pub fn assert_legal(&self) {
        let violations: Vec<String> = self.violations().iter().map(|one| std::format!("\n  {one}")).collect();
        assert!(
            violations.is_empty(),
            "the bus has broken the contract of HostController:{}",
            violations.concat()
        );
    }

    /// Asserts, at the end of a test, that every call was legal, that none runs, and that nothing is attached.
    ///
    /// # Panics
    ///
    /// If that is not so.
    #[track_caller]
    pub fn assert_idle(&self) {
        self.assert_legal();
        assert_eq!(self.running(), 0, "calls are running");
        let states = VirtualChannel::ALL.map(|channel| self.state(channel));
        assert_eq!(states, [ChannelState::Idle; 4], "the states of the channels");
    }

    /// `attach` or `detach` begins.
    fn enter(&self, channel: VirtualChannel, begins: impl FnOnce(&mut CallRecord) -> Result<(), Violation>) {
        let caller = (self.caller)();
        self.note(|state| {
            state.inside[channel.index()].push(caller);
            begins(&mut state.record)
        });
    }

    /// `attach` or `detach` ends.
    fn leave(&self, channel: VirtualChannel, ends: impl FnOnce(&mut CallRecord) -> Result<(), Violation>) {
        let caller = (self.caller)();
        self.note(|state| {
            let inside = &mut state.inside[channel.index()];
            if let Some(own) = inside.iter().rposition(|one| *one == caller) {
                inside.remove(own);
            }
            ends(&mut state.record)
        });
    }

    fn note(&self, event: impl FnOnce(&mut State) -> Result<(), Violation>) {
        let mut state = self.lock();
        let legal = event(&mut state);
        state.violations.extend(legal.err());
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for CallChecker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = self.lock();
        f.debug_struct("CallChecker")
            .field("record", &state.record)
            .field("violations", &state.violations)
            .finish()
    }
}

/// The thread that asks, by the address of a variable of its own: no other thread has that while this one lives.
fn this_thread() -> Caller {
    std::thread_local! {
        static THREAD: u64 = const { 0 };
    }
    THREAD.with(Caller::from_address)
}

/// Ends a call in the record when dropped; if the host unwinds, the call has failed.
struct OnDrop<F: FnMut(bool)> {
    succeeded: bool,
    end: F,
}

impl<F: FnMut(bool)> OnDrop<F> {
    const fn new(end: F) -> Self {
        Self { succeeded: false, end }
    }

    fn now(mut self, succeeded: bool) {
        self.succeeded = succeeded;
    }
}

impl<F: FnMut(bool)> Drop for OnDrop<F> {
    fn drop(&mut self) {
        (self.end)(self.succeeded);
    }
}
