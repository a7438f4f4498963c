//! The search over all states, breadth first, so that the first path that it finds to a state is a shortest one.
//!
//! States are kept in the order in which they are reached, each once and as a row of numbers (`kept`), so their list is
//! also the queue. A path is found again by taking its steps from the beginning.
//!
//! This is an engine of our own, as stateright's takes twice as long for the same states (docs/search-speed.md);
//! stateright's explorer shows them (`explorer`).

use crate::action::UserAction;
use crate::kept::{Kept, Next, Origin};
use crate::ownership::Ownership;
use crate::property::{Broken, Event, Property};
use crate::shape::Shape;
use crate::steps::Step;
use crate::world::World;

/// How to search.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Options {
    /// Whether states that differ only in which actor is which count as one. The verdicts are the same.
    pub actors_are_alike: bool,
    /// Whether a step that nobody else can notice is taken together with the one before it. The verdicts are the same;
    /// a path may not be a shortest one.
    pub merges_private_steps: bool,
    /// Whether to end as soon as something is broken.
    pub until_broken: bool,
    /// End when there are this many states.
    pub most_states: Option<usize>,
}

impl Options {
    /// Every reduction, which takes the least memory and time.
    pub const REDUCED: Self =
        Self { actors_are_alike: true, merges_private_steps: true, until_broken: false, most_states: None };
}

/// The result of a search.
#[derive(Debug, Clone)]
pub struct Searched {
    /// Different states that were reached.
    pub states: usize,
    /// Steps that were taken to them, including those that led to a known state; the beginning counts as one.
    pub steps: usize,
    /// The length of the longest of the shortest paths to states, in steps.
    pub depth: usize,
    /// For each property that is broken somewhere, a shortest path to that.
    pub broken: Vec<(Property, Vec<Step>)>,
    /// The events that happened somewhere.
    pub events: Vec<Event>,
    /// Whether the search reached all states.
    pub is_complete: bool,
    /// States that were reached, and from which no step was taken: 0 in a complete search.
    pub not_looked_at: usize,
}

/// Searches everything that can happen on a board of this shape, beginning with the board up, with this many actors at
/// a time. Nobody sets out for actions that `allows` rejects. `progress` is called from time to time with the number of
/// states.
///
/// # Errors
///
/// What is broken before the board is up.
pub fn search<O: Ownership>(
    rules: O::Rules,
    shape: &Shape,
    actors: usize,
    options: Options,
    allows: impl Fn(UserAction) -> bool,
    mut progress: impl FnMut(usize),
) -> Result<Searched, Broken> {
    let up = World::<O>::up(rules, shape, actors)?;
    let mut kept = Kept::new(&up, options.actors_are_alike);
    let mut first = First::default();
    first.look(&up, 0);
    let mut taken = 1;
    let mut steps = Vec::new();
    let (mut depth, mut level_ends) = (0, 1);
    let is_too_much = |states: usize, first: &First| {
        options.most_states.is_some_and(|most| states >= most)
            || (options.until_broken && !first.broken.is_empty())
    };
    while !is_too_much(kept.len(), &first) {
        let Some(Next { state: from, row, world }) = kept.next() else { break };
        if from == level_ends {
            depth += 1;
            level_ends = kept.len();
        }
        world.steps(&mut steps);
        let is_allowed = |step: &Step| !matches!(step, Step::SetOut(_, action) if !allows(*action));
        let mut allowed = steps.drain(..).enumerate().filter(|(_, step)| is_allowed(step)).peekable();
        // Nobody needs the state after its last step: that one is taken where it is, and not in a copy.
        let mut from_here = Some(world);
        while let Some((choice, step)) = allowed.next() {
            let here = if allowed.peek().is_some() { from_here.clone() } else { from_here.take() };
            let Some(mut next) = here else { break };
            if options.merges_private_steps {
                next.take_with_private(step, |_| {});
            } else {
                next.take(step);
            }
            taken += 1;
            if let Some(state) = kept.insert(&next, &row, Origin { from, choice }) {
                first.look(&next, state);
            }
        }
        if from % 8192 == 0 {
            progress(kept.len());
        }
    }
    progress(kept.len());
    let way = |(property, state)| (property, way(rules, shape, actors, options, &kept, state));
    Ok(Searched {
        states: kept.len(),
        steps: taken,
        depth,
        broken: first.broken.into_iter().map(way).collect(),
        events: Event::ALL.into_iter().filter(|event| first.events & event.bit() != 0).collect(),
        is_complete: kept.looked_at() == kept.len(),
        not_looked_at: kept.len() - kept.looked_at(),
    })
}

/// What was seen first, and in which state.
#[derive(Default)]
struct First {
    seen: Broken,
    broken: Vec<(Property, usize)>,
    events: u8,
}

impl First {
    fn look<O: Ownership>(&mut self, world: &World<O>, state: usize) {
        self.events |= world.events;
        let broken = world.broken();
        if broken.is_empty() {
            return;
        }
        for property in broken.iter().filter(|property| !self.seen.has(*property)) {
            self.broken.push((property, state));
        }
        for property in broken.iter() {
            self.seen.add(property);
        }
    }
}

/// The steps from the beginning to a state.
fn way<O: Ownership>(
    rules: O::Rules,
    shape: &Shape,
    actors: usize,
    options: Options,
    kept: &Kept<O>,
    state: usize,
) -> Vec<Step> {
    let mut choices = Vec::new();
    let mut at = state;
    while let Some(origin) = kept.origin(at) {
        choices.push(origin.choice);
        at = origin.from;
    }
    let Ok(mut world) = World::<O>::up(rules, shape, actors) else { return Vec::new() };
    let mut way = Vec::new();
    for choice in choices.into_iter().rev() {
        let mut steps = Vec::new();
        world.steps(&mut steps);
        let Some(step) = steps.get(choice).copied() else { break };
        way.push(step);
        if options.merges_private_steps {
            world.take_with_private(step, |step| way.push(step));
        } else {
            world.take(step);
        }
    }
    way
}
