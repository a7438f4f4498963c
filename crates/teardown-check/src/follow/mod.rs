//! Following a script, or a path that a search has found: what each step sets out to do, and how far it goes.
//!
//! * `player`: takes steps, and notes the result of each.
//! * `set_out`: what a step sets out to do, or why it can't.
//! * `driver_core`: the drivers that are loaded, and the probes that are deferred.

mod driver_core;
mod error;
mod player;
mod set_out;

pub use error::FollowError;

use crate::names::Names;
use crate::ownership::Ownership;
use crate::property::Property;
use crate::replay::Replay;
use crate::shape::Shape;
use crate::steps::Step;
use player::Player;
use teardown_steps::Script;

/// Follows a script. Ends where a step breaks `property`, or, if that is `None`, any property.
///
/// # Errors
///
/// A step that can't be taken. If no state of the board would help, no step is taken at all.
pub fn script<O: Ownership>(
    rules: O::Rules,
    shape: &Shape,
    names: &Names,
    script: &Script,
    property: Option<Property>,
) -> Result<Replay, FollowError> {
    let mut player = Player::<O>::new(rules, shape, script.actors())?;
    player.stops_at = Some(property);
    for step in &script.0 {
        player.refuse_nonsense(names, step)?;
    }
    for step in &script.0 {
        player.follow(names, step)?;
        if player.has_stopped() {
            break;
        }
    }
    Ok(player.replay)
}

/// Takes the steps of a path that a search has found.
///
/// # Errors
///
/// The board does not come up, or there are no letters for so many actors.
pub fn path<O: Ownership>(
    rules: O::Rules,
    shape: &Shape,
    actors: usize,
    path: &[Step],
) -> Result<Replay, FollowError> {
    let mut player = Player::<O>::new(rules, shape, actors)?;
    for step in path {
        player.take(*step);
    }
    Ok(player.replay)
}
