//! The states as stateright sees them, for its explorer: a page on which one goes from state to state.
//!
//! The tool's own searches are in `search`.

use crate::ownership::Ownership;
use crate::property::{Event, Property};
use crate::shape::Shape;
use crate::steps::Step;
use crate::world::World;
use stateright::{Model, Property as ModelProperty};

/// Everything that can happen on a board of this shape, beginning with the board up, with this many actors at a time.
#[derive(Debug, Clone)]
pub struct States<O: Ownership> {
    shape: Shape,
    actors: usize,
    rules: O::Rules,
}

impl<O: Ownership> States<O> {
    /// The explorer of this board.
    pub fn new(rules: O::Rules, shape: Shape, actors: usize) -> Self {
        Self { shape, actors, rules }
    }
}

/// `properties` lists them one by one: a new one has to be added there.
const _: () = assert!(Property::ALL.len() == 11 && Event::ALL.len() == 4);

/// A property that always has to hold.
fn always<O: Ownership, const INDEX: usize>() -> ModelProperty<States<O>> {
    let holds = |_: &States<O>, world: &World<O>| {
        !Property::ALL.get(INDEX).is_some_and(|property| world.broken().has(*property))
    };
    ModelProperty::always(Property::ALL.get(INDEX).map_or("", |property| property.sentence()), holds)
}

/// An event that has to happen somewhere.
fn sometimes<O: Ownership, const INDEX: usize>() -> ModelProperty<States<O>> {
    let happens =
        |_: &States<O>, world: &World<O>| Event::ALL.get(INDEX).is_some_and(|event| world.shows(*event));
    ModelProperty::sometimes(Event::ALL.get(INDEX).map_or("", |event| event.sentence()), happens)
}

impl<O: Ownership> Model for States<O> {
    type State = World<O>;
    type Action = Step;

    fn init_states(&self) -> Vec<World<O>> {
        World::up(self.rules, &self.shape, self.actors).into_iter().collect()
    }

    fn actions(&self, world: &World<O>, steps: &mut Vec<Step>) {
        world.steps(steps);
    }

    fn next_state(&self, last: &World<O>, step: Step) -> Option<World<O>> {
        Some(last.after(step))
    }

    fn format_step(&self, last: &World<O>, step: Step) -> Option<String> {
        let mut world = last.clone();
        let seen = world.take(step);
        let broken: Vec<&str> = world.broken().iter().map(Property::broken).collect();
        Some(match seen {
            Some(seen) => [&[seen.at, seen.does], &broken[..]].concat().join("; "),
            None => "sleeps".to_owned(),
        })
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
