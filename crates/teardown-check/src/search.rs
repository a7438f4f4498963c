//! The search over all states, breadth first, so that what it finds first is shortest.
//!
//! A queue of states that were not looked at yet, and a table of the fingerprints of all that were reached, each with the
//! state that it was reached from and the number of the step that led there. A way is found again by taking these steps
//! from the beginning. A fingerprint has 64 bits: two different states with one would count as one; with a million states
//! the chance of that is below one in ten million.
//!
//! An engine of our own, as stateright's takes twice as long for the same states (docs/search-speed.md);
//! stateright's explorer shows them (`explorer`).

use crate::action::UserAction;
use crate::ownership::Ownership;
use crate::property::{Broken, Event, Property};
use crate::shape::Shape;
use crate::world::World;
use foldhash::fast;
use foldhash::quality::FixedState;
use std::collections::{HashSet, VecDeque};
use std::hash::BuildHasher;

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

impl<O: Ownership> World<O> {
    /// All steps that can be taken from here.
    pub fn steps(&self, steps: &mut Vec<Step>) {
        if self.broke.is_fatal() {
            return;
        }
        // Idle actors are alike: the first sets out.
        if let Some(idle) = self.actors.iter().position(Option::is_none) {
            UserAction::each_possible(self, |action| steps.push(Step::SetOut(idle, action)));
        }
        steps.extend((0..self.actors.len()).filter(|actor| self.can_step(*actor)).map(Step::Go));
        steps.extend((0..self.actors.len()).filter(|actor| self.can_fail(*actor)).map(Step::Fail));
    }
}

/// What a search came to.
#[derive(Debug, Clone)]
pub struct Searched {
    /// Different states that were reached.
    pub states: usize,
    /// Steps that were taken to them, those that led to a known state too; the beginning counts as one.
    pub steps: usize,
    /// For each property that is broken somewhere, the shortest way there.
    pub broken: Vec<(Property, Vec<Step>)>,
    /// What happened somewhere.
    pub events: Vec<Event>,
}

/// Where a state came from: the state that was reached as the so-manieth, and which of its steps it was. As small as can
/// be, as there are millions.
#[derive(Debug, Clone, Copy)]
struct Origin {
    from: u32,
    choice: u16,
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
    allows: impl Fn(UserAction) -> bool,
    mut progress: impl FnMut(usize),
) -> Result<Searched, Broken> {
    let up = World::<O>::up(shape, actors)?;
    let fingerprint = FixedState::with_seed(0);
    let mut known = HashSet::with_hasher(fast::FixedState::with_seed(0));
    known.insert(fingerprint.hash_one(&up));
    let mut origins = vec![Origin { from: 0, choice: 0 }];
    let mut first = First::default();
    first.look(&up, 0);
    let mut pending = VecDeque::from([Box::new(up)]);
    let mut taken = 1;
    // States leave the queue in the order in which they were reached.
    let mut from = 0;
    let mut steps = Vec::new();
    while let Some(world) = pending.pop_front() {
        world.steps(&mut steps);
        let is_allowed = |step: &Step| !matches!(step, Step::SetOut(_, action) if !allows(*action));
        let mut allowed = steps.drain(..).enumerate().filter(|(_, step)| is_allowed(step)).peekable();
        // Nobody needs the state after its last step: that one is taken where it is, and not in a copy.
        let mut from_here = Some(world);
        while let Some((choice, step)) = allowed.next() {
            let here = if allowed.peek().is_some() { from_here.clone() } else { from_here.take() };
            let Some(mut next) = here else { break };
            next.take(step);
            taken += 1;
            if known.insert(fingerprint.hash_one(&next)) {
                first.look(&next, origins.len());
                origins.push(Origin { from, choice: choice as u16 });
                pending.push_back(next);
            }
        }
        from = from.saturating_add(1);
        if from % 8192 == 0 {
            progress(known.len());
        }
    }
    progress(known.len());
    let way = |(property, state)| (property, way::<O>(shape, actors, &origins, state));
    Ok(Searched {
        states: known.len(),
        steps: taken,
        broken: first.broken.into_iter().map(way).collect(),
        events: Event::ALL.into_iter().filter(|event| first.events & event.bit() != 0).collect(),
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
fn way<O: Ownership>(shape: &Shape, actors: usize, origins: &[Origin], state: usize) -> Vec<Step> {
    let mut choices = Vec::new();
    let mut at = state;
    while let Some(origin) = origins.get(at).filter(|_| at != 0) {
        choices.push(usize::from(origin.choice));
        at = origin.from as usize;
    }
    let Ok(mut world) = World::<O>::up(shape, actors) else { return Vec::new() };
    let mut way = Vec::new();
    for choice in choices.into_iter().rev() {
        let mut steps = Vec::new();
        world.steps(&mut steps);
        let Some(step) = steps.get(choice).copied() else { break };
        world = world.after(step);
        way.push(step);
    }
    way
}
