//! Why a script can't be followed.

use crate::property::{Broken, Property};
use std::fmt;
use std::num::NonZeroUsize;
use teardown_steps::{Actor, NoMeaning, Step};
use thiserror::Error;

/// A script that can't be followed.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum FollowError {
    /// The board does not come up under this model.
    #[error(fmt = not_up)]
    NotUp(Broken),
    /// There are no letters for more actors than this.
    #[error("a script can have {most} actors at most, not {0}", most = Actor::COUNT)]
    TooManyActors(usize),
    /// A step means nothing to a model.
    #[error(transparent)]
    NoMeaning(NoMeaning),
    /// Nothing of the board has this name.
    #[error("there is no device '{name}'; there are: {}", .there_are.join(", "))]
    NoSuchDevice {
        /// The name.
        name: String,
        /// The names that there are.
        there_are: Vec<String>,
    },
    /// A step for peripherals has a host as its target.
    #[error("'{0}' is a host; this step needs a peripheral")]
    NotAPeripheral(String),
    /// A step for hosts has a peripheral as its target.
    #[error("'{0}' is a peripheral; this step needs a host")]
    NotAHost(String),
    /// This can't be done now.
    #[error("'{0}' can't be done now: {1}")]
    NotNow(Step, &'static str),
    /// Nobody can ever do this under this model.
    #[error("'{0}' can't be done under this model: {1}")]
    NotUnderModel(Step, &'static str),
    /// The actor is in the middle of something else.
    #[error("{0} is in the middle of something; '{0}: on' lets them go on")]
    IsBusy(Actor),
    /// The actor has nothing to go on with.
    #[error("{0} has nothing to go on with")]
    IsIdle(Actor),
    /// The probe that the actor is in can't fail here, or they are not in a probe.
    #[error("{0} is not in a probe that could fail here")]
    CantFail(Actor),
    /// The actor does not wait for anything that can be given up.
    #[error("{0} does not wait for anything that can be given up")]
    CantGiveUp(Actor),
    /// The actor sleeps until another actor goes on.
    #[error("{0} has to wait; another actor has to go on first ('until waits' stops {0} there)")]
    Sleeps(Actor),
    /// The actor did not come to that place so many times, only to these.
    #[error(fmt = never_came)]
    NeverCame(Actor, String, NonZeroUsize, Vec<&'static str>),
}

fn not_up(broken: &Broken, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let broken: Vec<&str> = broken.iter().map(Property::broken).collect();
    write!(f, "the board does not come up under this model: {}", broken.join(", "))
}

fn never_came(
    actor: &Actor,
    place: &str,
    times: &NonZeroUsize,
    came: &[&'static str],
    f: &mut fmt::Formatter<'_>,
) -> fmt::Result {
    match *times {
        NonZeroUsize::MIN => write!(f, "{actor} never came to {place}, only to {}", came.join(" ")),
        times => write!(f, "{actor} did not come to {place} {times} times, only to {}", came.join(" ")),
    }
}
