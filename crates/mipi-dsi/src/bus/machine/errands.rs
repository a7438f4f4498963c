//! Errands: what handles have left to do because they were dropped where they could not do it.
//!
//! Inside a callback a drop can't wait for that very callback, and has nobody to return an error to. It leaves an errand
//! in the book, and the next caller who may call back carries it out. An errand never waits: whoever runs what is in its
//! way will end, and then tries the errand in turn.

use super::super::error::Side;
use super::super::listener::RemovalKind;
use super::super::wire::VirtualChannel;
use super::book::{Errand, HostBook, HostPhase, Life, Serving, CHANNELS};
use super::caller::{Asker, Caller};
use super::canonical::Canonical;
use super::detach::Detach;
use super::key::Generation;
use super::operation::{Operation, OperationStep};
use super::unregister_device::UnregisterDevice;
use super::unregister_host::UnregisterHost;

/// Carries out those errands of a host slot that can be carried out now. It has no outcome.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Errands {
    slot: usize,
    /// The channel whose errand to try next; after the last channel comes the host's errand.
    next: usize,
    current: Current,
    /// Whether a callback was made: it may have left another errand, on a channel that was passed already.
    has_called: bool,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Current {
    None,
    Detach(Detach),
    Unregister(UnregisterDevice),
    Host(UnregisterHost),
}

impl Current {
    fn operation(&mut self) -> Option<&mut dyn Operation> {
        match self {
            Self::None => None,
            Self::Detach(detach) => Some(detach),
            Self::Unregister(unregister) => Some(unregister),
            Self::Host(unregister) => Some(unregister),
        }
    }
}

impl Errands {
    /// Carries out errands of the slot with this index.
    #[must_use]
    pub const fn new(slot: usize) -> Self {
        Self { slot, next: 0, current: Current::None, has_called: false }
    }

    /// Begins the next errand that nobody is carrying out already, if there is one.
    fn find(&mut self, host: &HostBook) {
        while let Some(channel) = VirtualChannel::ALL.get(self.next).copied() {
            self.next = self.next.saturating_add(1);
            let Some(registration) = host.devices[channel].registration() else { continue };
            let device = host.device_key(self.slot, channel);
            let is_attended = !matches!(
                registration.serving,
                Serving::Idle | Serving::Attached(_) | Serving::Draining { by: None, .. }
            );
            if is_attended || matches!(registration.life, Life::Registering(_) | Life::Unregistering(Some(_)))
            {
                continue;
            }
            match registration.errand {
                Errand::None => {}
                Errand::Detach => {
                    self.current = Current::Detach(Detach::device(device));
                    return;
                }
                Errand::Unregister => {
                    let unregister = UnregisterDevice::new(device, Side::Peripheral, RemovalKind::Orderly);
                    self.current = Current::Unregister(unregister);
                    return;
                }
            }
        }
        let may_remove = matches!(host.phase, HostPhase::Present | HostPhase::Leaving { remover: None, .. });
        if self.next <= CHANNELS && host.errand && may_remove {
            self.next = self.next.saturating_add(1);
            self.current = Current::Host(UnregisterHost::new(host.key(self.slot), RemovalKind::Orderly));
        }
    }
}

impl Operation for Errands {
    fn slot(&self) -> usize {
        self.slot
    }

    fn advance(&mut self, host: &mut HostBook, asker: Asker) -> OperationStep {
        loop {
            let Some(operation) = self.current.operation() else {
                self.find(host);
                if matches!(self.current, Current::None) {
                    return OperationStep::Done;
                }
                continue;
            };
            match operation.advance(host, asker) {
                OperationStep::Call(call, channel) => return OperationStep::Call(call, channel),
                // What was begun stays begun: nobody is left who has a handle and could rely on the old state.
                OperationStep::Wait(_) | OperationStep::WaitForLink { .. } => {
                    operation.give_up(host, asker.caller);
                    self.current = Current::None;
                }
                OperationStep::Done => {
                    self.current = Current::None;
                    // The loop ends: there is one errand less each time.
                    if core::mem::take(&mut self.has_called) {
                        self.next = 0;
                    }
                }
            }
        }
    }

    fn returned(&mut self, host: &mut HostBook, caller: Caller, succeeded: bool) {
        self.has_called = true;
        if let Some(operation) = self.current.operation() {
            operation.returned(host, caller, succeeded);
        }
    }

    fn give_up(&mut self, host: &mut HostBook, caller: Caller) -> bool {
        if let Some(operation) = self.current.operation() {
            operation.give_up(host, caller);
        }
        self.current = Current::None;
        false
    }
}

impl Canonical for Errands {
    #[inline]
    fn rename(&mut self, name: &mut dyn FnMut(&mut Generation)) {
        match &mut self.current {
            Current::None => {}
            Current::Detach(detach) => detach.rename(name),
            Current::Unregister(unregister) => unregister.rename(name),
            Current::Host(unregister) => unregister.rename(name),
        }
    }
}
