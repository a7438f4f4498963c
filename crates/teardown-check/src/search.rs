//! The search over all states, by stateright: breadth first, so that what it finds first is shortest.
//!
//! Stateright knows a state by a 64-bit fingerprint: two different states with one fingerprint would count as one. With
//! a million states the chance of that is below one in ten million.

use crate::action::UserAction;
use crate::ownership::Ownership;
use crate::shape::Shape;
use crate::world::{Bound, Stepped, World};
use stateright::{Model, Property};
use std::fmt;
use std::marker::PhantomData;

/// All that can happen on a board of this shape with so many actors at a time.
#[derive(Debug, Clone)]
pub struct Search<O> {
    shape: Shape,
    actors: usize,
    model: PhantomData<fn() -> O>,
}

impl<O: Ownership> Search<O> {
    /// A search that has not begun.
    pub fn new(shape: Shape, actors: usize) -> Self {
        Self { shape, actors, model: PhantomData }
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

impl<O: Ownership> Model for Search<O> {
    type State = World<O>;
    type Action = Step;

    fn init_states(&self) -> Vec<World<O>> {
        vec![World::new(&self.shape, self.actors)]
    }

    fn actions(&self, world: &World<O>, steps: &mut Vec<Step>) {
        if world.breach.is_some() {
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
            Property::always("nothing is broken", |_, world: &World<O>| world.breach.is_none()),
            Property::always("nobody waits for ever", |_, world: &World<O>| !is_stuck(world)),
            Property::always("nothing is left when all is quiet", |_, world: &World<O>| {
                !world.is_all_unbound() || world.bus.is_quiet()
            }),
            Property::sometimes("the host went first", |_, world: &World<O>| {
                world.hosts.iter().any(|end| end.bound == Bound::No)
                    && world.peripherals.iter().any(|end| end.bound == Bound::Yes && end.told == 1)
            }),
            Property::sometimes("the peripheral went first", |_, world: &World<O>| {
                world.hosts.iter().all(|end| end.bound == Bound::Yes)
                    && world.peripherals.iter().any(|end| end.bound == Bound::Changing && end.registered)
            }),
            Property::sometimes(
                "a transfer was in flight when the host began to leave",
                |_, world: &World<O>| {
                    world.hosts.iter().any(|end| end.bound == Bound::Changing && end.controller.transferring)
                },
            ),
        ]
    }
}

/// Somebody is in the middle of something, and nobody who is can take a step.
fn is_stuck<O: Ownership>(world: &World<O>) -> bool {
    let busy = || world.actors.iter().enumerate().filter(|(_, doing)| doing.is_some());
    busy().next().is_some()
        && world.breach.is_none()
        && busy().all(|(actor, _)| {
            let mut next = world.clone();
            next.step(actor) == Stepped::Waits
        })
}
