//! Replays: steps taken one by one, with what each did and who holds what then, and the script that takes them again.
//!
//! Who takes the steps is [`follow`](crate::follow)'s subject.

use crate::action::{End, UserAction};
use crate::ends::Bound;
use crate::names::Names;
use crate::note::Seen;
use crate::ownership::{Holding, Ownership};
use crate::property::Broken;
use crate::world::World;
use std::num::NonZeroUsize;
use teardown_steps::{Actor, Does, Script, Step as ScriptStep, Until};

/// Steps that were taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Replay {
    /// The state before the first step.
    pub before: Snapshot,
    /// Each step, in order.
    pub taken: Vec<Taken>,
}

/// One step that was taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Taken {
    /// The actor.
    pub actor: Actor,
    /// What they are in the middle of.
    pub action: UserAction,
    /// Whether it is the first step of that.
    pub sets_out: bool,
    /// Whether their action has ended with it.
    pub ends: bool,
    /// Whether the probe that the actor is in, or the host's attach, fails with it.
    pub fails: bool,
    /// Whether the actor stops waiting.
    pub gives_up: bool,
    /// What it did; nothing, if they fell asleep.
    pub seen: Option<Seen>,
    /// What is broken in the state after it.
    pub broken: Broken,
    /// The state after it.
    pub after: Snapshot,
}

/// The state for a reader: who is bound, and who holds what.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Snapshot {
    /// Which drivers are bound.
    pub bound: Vec<(End, Bound)>,
    /// What the bus has.
    pub holdings: Vec<Holding>,
}

impl Snapshot {
    pub(crate) fn of<O: Ownership>(world: &World<O>) -> Self {
        let bound = world.shape.ends().map(|end| (end, world.bound(end))).collect();
        let mut holdings = world.bus.holdings();
        let held = world.peripherals.iter().enumerate().filter(|(_, end)| end.held.is_some());
        holdings.extend(held.map(|(index, _)| Holding::held(index)));
        Self { bound, holdings }
    }
}

/// The script that takes the steps of a replay.
pub fn script_of(replay: &Replay, names: &Names) -> Script {
    let mut steps: Vec<(Actor, Does, Until)> = Vec::new();
    // Places that the present step came to.
    let mut places: Vec<&'static str> = Vec::new();
    let mut last: Option<&Taken> = None;
    for taken in &replay.taken {
        let goes_on = last.is_some_and(|last| last.actor == taken.actor && !last.ends)
            && !taken.sets_out
            && !taken.fails
            && !taken.gives_up;
        if !goes_on {
            // An actor who was left in the middle of something stays where they came to.
            if let (Some((_, _, until)), Some(last)) = (steps.last_mut(), last) {
                *until = stopped_at(last, &places);
            }
            places.clear();
            let does = if taken.sets_out {
                Does::Act(names.act(taken.action))
            } else if taken.fails {
                Does::Fails
            } else if taken.gives_up {
                Does::GivesUp
            } else {
                Does::GoesOn
            };
            steps.push((taken.actor, does, Until::End));
        }
        places.extend(taken.seen.map(|seen| seen.at));
        last = Some(taken);
    }
    if let (Some((_, _, until)), Some(Taken { seen: None, .. })) = (steps.last_mut(), last) {
        *until = Until::Waits;
    }
    let step = |(actor, does, until)| ScriptStep::By { actor, does, until };
    Script(steps.into_iter().map(step).collect())
}

fn stopped_at(last: &Taken, places: &[&'static str]) -> Until {
    match last.seen {
        _ if last.ends => Until::End,
        None => Until::Waits,
        Some(seen) => {
            let times = places.iter().filter(|place| **place == seen.at).count();
            Until::Place(seen.at.to_owned(), NonZeroUsize::new(times).unwrap_or(NonZeroUsize::MIN))
        }
    }
}
