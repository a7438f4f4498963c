//! The search over all states, by stateright: breadth first, so that what it finds first is shortest.
//!
//! Stateright knows a state by a 64-bit fingerprint: two different states with one fingerprint would count as one. With
//! a million states the chance of that is below one in ten million.

use crate::action::UserAction;
use crate::breach::Breach;
use crate::ownership::Ownership;
use crate::shape::Shape;
use crate::world::{Bound, Stepped, World};
use stateright::{Model, Property};
use std::collections::BTreeSet;
use std::fmt;
use std::marker::PhantomData;
use std::sync::{Arc, Mutex, PoisonError};

/// All that can happen on a board of this shape with so many actors at a time.
#[derive(Debug, Clone)]
pub struct Search<O> {
    shape: Shape,
    actors: usize,
    /// Properties that a counterexample or an example was found for. Stateright 0.31 keeps the last that it meets, which
    /// is the longest; so each is only shown its first.
    found: Arc<Mutex<BTreeSet<&'static str>>>,
    model: PhantomData<fn() -> O>,
}

impl<O: Ownership> Search<O> {
    /// A search that has not begun.
    pub fn new(shape: Shape, actors: usize) -> Self {
        Self { shape, actors, found: Arc::default(), model: PhantomData }
    }

    /// For a property that must always hold: whether it does, or is known not to.
    fn always(&self, name: &'static str, holds: bool) -> bool {
        holds || !self.is_first(name)
    }

    /// For a property that must hold sometimes: whether it does for the first time.
    fn sometimes(&self, name: &'static str, holds: bool) -> bool {
        holds && self.is_first(name)
    }

    fn is_first(&self, name: &'static str) -> bool {
        self.found.lock().unwrap_or_else(PoisonError::into_inner).insert(name)
    }
}

/// One step of the search.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Step {
    /// An idle actor sets out to do something, and takes his first step.
    SetOut(usize, UserAction),
    /// An actor takes his next step.
    Go(usize),
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::SetOut(actor, action) => write!(f, "{actor}: {action}"),
            Self::Go(actor) => write!(f, "{actor}: next step"),
        }
    }
}

/// A property that always has to hold.
macro_rules! always {
    ($name:literal, |$world:ident| $holds:expr) => {
        Property::always($name, |search: &Self, $world: &World<O>| search.always($name, $holds))
    };
}

/// A property that has to hold somewhere, so that the search is seen not to be empty.
macro_rules! sometimes {
    ($name:literal, |$world:ident| $holds:expr) => {
        Property::sometimes($name, |search: &Self, $world: &World<O>| search.sometimes($name, $holds))
    };
}

impl<O: Ownership> Model for Search<O> {
    type State = World<O>;
    type Action = Step;

    fn init_states(&self) -> Vec<World<O>> {
        vec![World::new(&self.shape, self.actors)]
    }

    fn actions(&self, world: &World<O>, steps: &mut Vec<Step>) {
        if world.broke.is_some_and(Breach::is_fatal) {
            return;
        }
        // Idle actors are alike: the first sets out.
        if let Some(idle) = world.actors.iter().position(Option::is_none) {
            steps.extend(UserAction::possible(world).into_iter().map(|action| Step::SetOut(idle, action)));
        }
        let busy = world.actors.iter().enumerate().filter(|(_, doing)| doing.is_some());
        steps.extend(busy.map(|(actor, _)| Step::Go(actor)));
    }

    fn next_state(&self, last: &World<O>, step: Step) -> Option<World<O>> {
        let mut world = last.clone();
        match step {
            Step::SetOut(actor, action) => world.set_out(actor, action),
            Step::Go(actor) => {
                // Waiting changes nothing but what the bus notes about it, once.
                if world.step(actor) == Stepped::Waits && world == *last {
                    return None;
                }
            }
        }
        Some(world)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        vec![
            always!("never used after free", |world| world.broke != Some(Breach::UsedAfterFree)),
            always!("detached and unregistered exactly once", |world| world.broke
                != Some(Breach::NotExactlyOnce)),
            always!("no command reaches a host that does not serve it", |world| world.broke
                != Some(Breach::SentWhileDetached)),
            always!("one transfer at a time", |world| world.broke != Some(Breach::TwoTransfers)),
            always!("no callback after the host is gone", |world| world.broke
                != Some(Breach::CallbackAfterRemoval)),
            always!("nothing stays attached to a host that is gone", |world| world.broke
                != Some(Breach::LeftAttached)),
            always!("the peripheral is told once", |world| world.broke != Some(Breach::NotToldOnce)),
            always!("nothing is called after unregister", |world| world.broke
                != Some(Breach::CalledAfterUnregister)),
            always!("nothing is refused for nothing", |world| world.broke != Some(Breach::RefusedForNothing)),
            always!("a returned host works again", |world| world.broke != Some(Breach::DeadAfterReturn)),
            always!("nobody waits for ever", |world| !is_stuck(world)),
            always!("nothing is left when all is quiet", |world| !world.is_all_unbound()
                || world.bus.is_quiet()),
            sometimes!("the host went first", |world| {
                world.hosts.iter().any(|end| end.bound == Bound::No)
                    && world.peripherals.iter().any(|end| end.bound == Bound::Yes && end.registered)
            }),
            sometimes!("the peripheral went first", |world| {
                world.hosts.iter().all(|end| end.bound == Bound::Yes)
                    && world.peripherals.iter().any(|end| end.bound == Bound::Changing && end.registered)
            }),
            sometimes!("a transfer was in flight when the host began to leave", |world| {
                world.hosts.iter().any(|end| end.bound == Bound::Changing && end.controller.transferring)
            }),
        ]
    }
}

/// Somebody is in the middle of something, and nobody who is can take a step.
fn is_stuck<O: Ownership>(world: &World<O>) -> bool {
    let busy = || world.actors.iter().enumerate().filter(|(_, doing)| doing.is_some());
    busy().next().is_some()
        && !world.broke.is_some_and(Breach::is_fatal)
        && busy().all(|(actor, _)| {
            let mut next = world.clone();
            next.step(actor) == Stepped::Waits
        })
}
