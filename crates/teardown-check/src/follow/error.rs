//! Why a script can't be followed.

use crate::property::{Broken, Property};
use std::fmt;
use teardown_steps::{Actor, NoMeaning, Step};

/// A script that can't be followed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FollowError {
    /// The board does not come up under this model.
    NotUp(Broken),
    /// There are no letters for more actors than this.
    TooManyActors(usize),
    /// A step means nothing to a model.
    NoMeaning(NoMeaning),
    /// Nothing of the board has this name.
    NoSuchDevice(String),
    /// A step for peripherals has a host as its target.
    NotAPeripheral(String),
    /// This can't be done now.
    NotNow(Step, &'static str),
    /// The actor is in the middle of something else.
    IsBusy(Actor),
    /// The actor has nothing to go on with.
    IsIdle(Actor),
    /// The probe that the actor is in can't fail here, or they are not in a probe.
    CantFail(Actor),
    /// The actor does not wait for anything that can be given up.
    CantGiveUp(Actor),
    /// The actor sleeps until another actor goes on.
    Sleeps(Actor),
    /// The actor never came to that place, only to these.
    NeverCame(Actor, String, Vec<&'static str>),
}

impl fmt::Display for FollowError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotUp(broken) => {
                let broken: Vec<&str> = broken.iter().map(Property::broken).collect();
                write!(f, "the board does not come up under this model: {}", broken.join(", "))
            }
            Self::TooManyActors(count) => {
                write!(f, "a script can have {} actors at most, not {count}", Actor::COUNT)
            }
            Self::NoMeaning(error) => error.fmt(f),
            Self::NoSuchDevice(name) => write!(f, "there is no device '{name}' here"),
            Self::NotAPeripheral(name) => write!(f, "'{name}' is a host; this step needs a peripheral"),
            Self::NotNow(step, why) => write!(f, "'{step}' can't be done now: {why}"),
            Self::IsBusy(actor) => {
                write!(f, "{actor} is in the middle of something; '{actor}: on' lets them go on")
            }
            Self::IsIdle(actor) => write!(f, "{actor} has nothing to go on with"),
            Self::CantFail(actor) => write!(f, "{actor} is not in a probe that could fail here"),
            Self::CantGiveUp(actor) => write!(f, "{actor} does not wait for anything that can be given up"),
            Self::Sleeps(actor) => {
                write!(
                    f,
                    "{actor} has to wait; another actor has to go on first ('until waits' stops {actor} there)"
                )
            }
            Self::NeverCame(actor, place, came) => {
                write!(f, "{actor} never came to {place}, only to {}", came.join(" "))
            }
        }
    }
}

impl std::error::Error for FollowError {}
