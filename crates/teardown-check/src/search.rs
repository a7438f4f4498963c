//! The search over all states, breadth first, so that what it finds first is shortest.
//!
//! States are kept in the order in which they are reached, each once and as a row of numbers (`kept`), so the list of them is the
//! queue too. A way is found again by taking the steps that led there from the beginning.
//!
//! An engine of our own, as stateright's takes twice as long for the same states (docs/search-speed.md);
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
    /// States that differ only in which actor is which count as one. The verdicts are the same.
    pub actors_are_alike: bool,
    /// A step that nobody else can notice is taken together with the one before it. The verdicts are the same; a way need
    /// not be the shortest.
    pub merges_private_steps: bool,
    /// It ends as soon as something is broken.
    pub until_broken: bool,
    /// It ends when there are so many states.
    pub most_states: Option<usize>,
}

impl Options {
    /// Every reduction: what takes the least memory and time.
    pub const REDUCED: Self =
        Self { actors_are_alike: true, merges_private_steps: true, until_broken: false, most_states: None };
}

/// What a search came to.
#[derive(Debug, Clone)]
pub struct Searched {
    /// Different states that were reached.
    pub states: usize,
    /// Steps that were taken to them, those that led to a known state too; the beginning counts as one.
    pub steps: usize,
    /// The most steps that the shortest way to a state has.
    pub depth: usize,
    /// For each property that is broken somewhere, the shortest way there.
    pub broken: Vec<(Property, Vec<Step>)>,
    /// What happened somewhere.
    pub events: Vec<Event>,
    /// It was not ended before all states were reached.
    pub is_complete: bool,
    /// States that were reached, and from which no step was taken: 0 in a complete search.
    pub not_looked_at: usize,
}

/// All that can happen on a board of this shape, from when it is up, with so many actors at a time. Actions that `allows`
/// does not allow are not set out for. `progress` is told now and then how many states there are.
///
/// # Errors
///
/// What is broken before the board is up.
pub fn search<O: Ownership>(
    shape: &Shape,
    actors: usize,
    options: Options,
    allows: impl Fn(UserAction) -> bool,
    mut progress: impl FnMut(usize),
) -> Result<Searched, Broken> {
    let up = World::<O>::up(shape, actors)?;
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
    let way = |(property, state)| (property, way(shape, actors, options, &kept, state));
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
    let Ok(mut world) = World::<O>::up(shape, actors) else { return Vec::new() };
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
