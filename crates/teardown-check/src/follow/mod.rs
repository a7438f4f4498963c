//! Following a script: what each of its steps sets out to do, and how far it goes.
//!
//! * `player`: takes steps, and notes the result of each.
//! * `set_out`: what a step sets out to do, or why it can't.
//! * `driver_core`: the drivers that are loaded, and the probes that are deferred.

mod driver_core;
mod error;
mod player;
mod set_out;

pub use error::FollowError;
pub(crate) use player::Player;

use crate::names::Names;
use crate::ownership::Ownership;
use crate::property::Property;
use crate::replay::Replay;
use crate::shape::Shape;
use teardown_steps::Script;

/// Follows a script. Ends where a step breaks `property`, or, if that is `None`, any property.
///
/// # Errors
///
/// A step that can't be taken.
pub fn script<O: Ownership>(
    shape: &Shape,
    names: &Names,
    script: &Script,
    property: Option<Property>,
) -> Result<Replay, FollowError> {
    let mut player = Player::<O>::new(shape, script.actors())?;
    player.stops_at = Some(property);
    for step in &script.0 {
        player.follow(names, step)?;
        if player.has_stopped() {
            break;
        }
    }
    Ok(player.replay)
}
