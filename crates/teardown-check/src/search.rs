//! The search over all states, by stateright: breadth first, so that what it finds first is shortest.
//!
//! Stateright knows a state by a 64-bit fingerprint: two different states with one fingerprint would count as one. With
//! a million states the chance of that is below one in ten million.

use crate::action::UserAction;
use crate::ownership::Ownership;
use crate::property::{Event, Property};
use crate::shape::Shape;
use crate::world::World;
use stateright::{Model, Property as ModelProperty};
use std::marker::PhantomData;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

/// All that can happen on a board of this shape, from when it is up, with so many actors at a time.
#[derive(Debug, Clone)]
pub struct Search<O> {
    shape: Shape,
    actors: usize,
    /// Properties and events that a state was found for, one bit each. Stateright 0.31 keeps the last that it meets,
    /// which is the longest way; so each is only shown its first.
    found: Arc<AtomicU32>,
    model: PhantomData<fn() -> O>,
}

impl<O: Ownership> Search<O> {
    /// A search that has not begun.
    pub fn new(shape: Shape, actors: usize) -> Self {
        Self { shape, actors, found: Arc::default(), model: PhantomData }
    }

    /// The first time that it is asked about this.
    fn is_first(&self, index: usize) -> bool {
        let bit = 1 << index;
        self.found.fetch_or(bit, Ordering::Relaxed) & bit == 0
    }
}

/// One step of the search.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Step {
    /// An idle actor sets out to do something, and takes his first step.
    SetOut(usize, UserAction),
    /// An actor takes his next step.
    Go(usize),
    /// The probe that he is in fails for reasons of its own.
    Fail(usize),
}

/// A property that always has to hold.
#[expect(clippy::borrowed_box, reason = "a state is a box")]
fn always<O: Ownership, const INDEX: usize>() -> ModelProperty<Search<O>> {
    let property = Property::ALL[INDEX];
    ModelProperty::always(property.sentence(), |search: &Search<O>, world: &Box<World<O>>| {
        !(world.broken().has(Property::ALL[INDEX]) && search.is_first(INDEX))
    })
}

/// An event that has to happen somewhere, so that the search is seen not to be empty.
#[expect(clippy::borrowed_box, reason = "a state is a box")]
fn sometimes<O: Ownership, const INDEX: usize>() -> ModelProperty<Search<O>> {
    let event = Event::ALL[INDEX];
    ModelProperty::sometimes(event.sentence(), |search: &Search<O>, world: &Box<World<O>>| {
        world.shows(Event::ALL[INDEX]) && search.is_first(Property::ALL.len() + INDEX)
    })
}

impl<O: Ownership> Model for Search<O> {
    /// Boxed, as it is large and moved often.
    type State = Box<World<O>>;
    type Action = Step;

    /// The board is up. (If it doesn't come up nothing can be searched; `check` says so before.)
    fn init_states(&self) -> Vec<Box<World<O>>> {
        World::up(&self.shape, self.actors).into_iter().map(Box::new).collect()
    }

    fn actions(&self, world: &Box<World<O>>, steps: &mut Vec<Step>) {
        if world.broke.is_fatal() {
            return;
        }
        // Idle actors are alike: the first sets out.
        if let Some(idle) = world.actors.iter().position(Option::is_none) {
            steps.extend(UserAction::possible(world).into_iter().map(|action| Step::SetOut(idle, action)));
        }
        steps.extend((0..world.actors.len()).filter(|actor| world.can_step(*actor)).map(Step::Go));
        steps.extend((0..world.actors.len()).filter(|actor| world.can_fail(*actor)).map(Step::Fail));
    }

    fn next_state(&self, last: &Box<World<O>>, step: Step) -> Option<Box<World<O>>> {
        let mut world = last.clone();
        match step {
            Step::SetOut(actor, action) => world.set_out(actor, action),
            Step::Go(actor) => world.step(actor),
            Step::Fail(actor) => world.fail(actor),
        };
        Some(world)
    }

    fn properties(&self) -> Vec<ModelProperty<Self>> {
        vec![
            always::<O, 0>(),
            always::<O, 1>(),
            always::<O, 2>(),
            always::<O, 3>(),
            always::<O, 4>(),
            always::<O, 5>(),
            always::<O, 6>(),
            always::<O, 7>(),
            always::<O, 8>(),
            always::<O, 9>(),
            always::<O, 10>(),
            sometimes::<O, 0>(),
            sometimes::<O, 1>(),
            sometimes::<O, 2>(),
            sometimes::<O, 3>(),
            // Stateright ends when it has seen something of every property; of this one it never does.
            ModelProperty::always("every state is looked at", |_, _| true),
        ]
    }
}
