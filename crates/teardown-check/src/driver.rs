//! The drivers, as programs: which requests a probe, a remove, a command and a notice make, and in which order.
//!
//! A program counter and nothing else; what a program acts on is in the world. `crates/board` has the same drivers for
//! virtual hardware.

use crate::action::UserAction;
use crate::breach::Breach;
use crate::hardware::Controller;
use crate::ownership::{Ownership, Reply, Request};
use crate::shape::{OnNotice, PeripheralShape};
use crate::world::{Bound, World};

/// A driver's code, running.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Program {
    /// What it does.
    pub kind: ProgramKind,
    /// Where it is.
    pub at: u8,
}

/// Which code.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum ProgramKind {
    /// An action of a user.
    Action(UserAction),
    /// What a peripheral's driver does when it is told that its host leaves.
    Notice(usize),
}

/// What a program does next.
pub enum Next<H> {
    /// It waits for a lock.
    Waits,
    /// It makes a request, and goes on with the reply.
    Ask(Request<H>),
    /// It took a step.
    Goes,
    /// It has ended.
    Ends,
    /// It saw what must not be.
    Broke(Breach),
}

impl Program {
    /// At its beginning.
    pub fn new(kind: ProgramKind) -> Self {
        Self { kind, at: 0 }
    }

    /// Its next step; `reply` is the answer to what it asked last.
    pub fn step<O: Ownership>(
        &mut self,
        world: &mut World<O>,
        actor: usize,
        reply: Option<Reply<O::Handle>>,
    ) -> Next<O::Handle> {
        let at = self.at;
        self.at += 1;
        match self.kind {
            ProgramKind::Action(UserAction::BindHost(host)) => bind_host(world, host, at, reply),
            ProgramKind::Action(UserAction::UnbindHost(host)) => unbind_host(world, host, at, false, reply),
            ProgramKind::Action(UserAction::PullHost(host)) => unbind_host(world, host, at, true, reply),
            ProgramKind::Action(UserAction::BindPeripheral(index)) => {
                bind_peripheral(world, index, at, reply)
            }
            ProgramKind::Action(UserAction::UnbindPeripheral(index)) => {
                unbind_peripheral(world, index, at, actor, reply)
            }
            ProgramKind::Action(UserAction::Command(index)) => command(world, index, at, reply),
            ProgramKind::Notice(index) => notice(world, index, at, reply),
        }
    }
}

/// Probe of a host controller's driver: allocate, register. (`Bound::Changing` is the device's lock.)
fn bind_host<O: Ownership>(
    world: &mut World<O>,
    host: usize,
    at: u8,
    reply: Option<Reply<O::Handle>>,
) -> Next<O::Handle> {
    let Some(end) = world.hosts.get_mut(host) else { return Next::Ends };
    match at {
        0 => {
            end.bound = Bound::Changing;
            end.controller = Controller { alive: true, ..Controller::default() };
            world.bus.memory(host, true);
            Next::Ask(Request::RegisterHost(host))
        }
        1 if reply != Some(Reply::Done(None)) => Next::Broke(Breach::DeadAfterReturn),
        _ => {
            end.bound = Bound::Yes;
            Next::Ends
        }
    }
}

/// Remove of a host controller's driver: unregister, free.
fn unbind_host<O: Ownership>(
    world: &mut World<O>,
    host: usize,
    at: u8,
    surprise: bool,
    reply: Option<Reply<O::Handle>>,
) -> Next<O::Handle> {
    match at {
        0 => {
            if let Some(end) = world.hosts.get_mut(host) {
                end.bound = Bound::Changing;
            }
            world.note_registered(host);
            Next::Ask(Request::UnregisterHost { host, surprise })
        }
        1 => match (reply, world.after_removal(host)) {
            (Some(Reply::Done(_)), None) => Next::Goes,
            (Some(Reply::Done(_)), Some(breach)) => Next::Broke(breach),
            _ => Next::Broke(Breach::RefusedForNothing),
        },
        _ => {
            if let Some(end) = world.hosts.get_mut(host) {
                end.controller.alive = false;
                end.bound = Bound::No;
            }
            world.bus.memory(host, false);
            Next::Ends
        }
    }
}

/// Probe of a bridge's driver: find the host, register, attach. Fails when there is no host: it is deferred.
fn bind_peripheral<O: Ownership>(
    world: &mut World<O>,
    index: usize,
    at: u8,
    reply: Option<Reply<O::Handle>>,
) -> Next<O::Handle> {
    let Some(end) = world.peripherals.get_mut(index) else { return Next::Ends };
    match (at, reply) {
        (0, _) => {
            end.bound = Bound::Changing;
            end.told = 0;
            let PeripheralShape { host, channel, managed, .. } = end.shape;
            Next::Ask(Request::Register { host, channel, managed })
        }
        (1, Some(Reply::Done(Some(handle)))) => {
            end.handle = Some(handle.clone());
            end.registered = true;
            Next::Ask(Request::Attach(handle))
        }
        (2, Some(Reply::Done(Some(handle)))) => {
            end.handle = Some(handle);
            end.bound = Bound::Yes;
            Next::Ends
        }
        // The probe fails: whatever it had is released, if a notice has not done that meanwhile.
        (2, _) => match end.handle.clone() {
            Some(handle) => Next::Ask(Request::Unregister(handle)),
            None => Next::Goes,
        },
        _ => {
            end.handle = None;
            end.registered = false;
            end.bound = Bound::No;
            Next::Ends
        }
    }
}

/// Remove of a bridge's driver, managed or not: detach, unregister.
fn unbind_peripheral<O: Ownership>(
    world: &mut World<O>,
    index: usize,
    at: u8,
    actor: usize,
    reply: Option<Reply<O::Handle>>,
) -> Next<O::Handle> {
    let calls_run = world.calls_of(index, actor);
    let Some(end) = world.peripherals.get_mut(index) else { return Next::Ends };
    let done = !matches!(reply, Some(Reply::WouldDeadlock | Reply::Busy));
    let ask = |request: fn(O::Handle) -> Request<O::Handle>| {
        end.handle.clone().map_or(Next::Goes, |handle| Next::Ask(request(handle)))
    };
    match at {
        0 => {
            let managed = end.shape.managed;
            let next = if managed { ask(Request::TakeActions) } else { Next::Goes };
            end.bound = Bound::Changing;
            next
        }
        1 => ask(Request::Detach),
        2 if !done => Next::Broke(Breach::RefusedForNothing),
        2 => ask(Request::Unregister),
        3 if !done => Next::Broke(Breach::RefusedForNothing),
        3 if calls_run => Next::Broke(Breach::CalledAfterUnregister),
        _ => {
            end.registered = false;
            end.handle = None;
            end.bound = Bound::No;
            Next::Ends
        }
    }
}

/// A command from a bound peripheral.
fn command<O: Ownership>(
    world: &mut World<O>,
    index: usize,
    at: u8,
    reply: Option<Reply<O::Handle>>,
) -> Next<O::Handle> {
    let Some(end) = world.peripherals.get(index) else { return Next::Ends };
    match (at, reply) {
        (0, _) => match end.handle.clone() {
            Some(handle) => Next::Ask(Request::Transfer(handle)),
            None => Next::Ends,
        },
        // From a thread of its own it can always wait.
        (_, Some(Reply::WouldDeadlock | Reply::Busy)) => Next::Broke(Breach::RefusedForNothing),
        _ => Next::Ends,
    }
}

/// What a bridge's driver does when its host leaves. Any answer will do: it may be late itself.
fn notice<O: Ownership>(
    world: &mut World<O>,
    index: usize,
    at: u8,
    reply: Option<Reply<O::Handle>>,
) -> Next<O::Handle> {
    let Some(end) = world.peripherals.get_mut(index) else { return Next::Ends };
    let refused = matches!(reply, Some(Reply::WouldDeadlock | Reply::Busy));
    let ask = |request: fn(O::Handle) -> Request<O::Handle>| {
        end.handle.clone().map_or(Next::Ends, |handle| Next::Ask(request(handle)))
    };
    match (end.shape.on_notice, at) {
        (OnNotice::Nothing, _) => Next::Ends,
        (OnNotice::LastCommand, 0) => ask(Request::Transfer),
        // The only one who could be in the way of its own last command is another of its own commands.
        (OnNotice::LastCommand, _) => Next::Ends,
        (OnNotice::LetGo, 0) => ask(Request::Detach),
        // From a notice everything is allowed.
        (OnNotice::LetGo, _) if refused => Next::Broke(Breach::RefusedForNothing),
        (OnNotice::LetGo, 1) => ask(Request::Unregister),
        (OnNotice::LetGo, _) => {
            // It knows now, and keeps nothing that it could call with.
            end.handle = None;
            Next::Ends
        }
    }
}
