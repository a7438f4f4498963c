//! Steps one after the other, and how they are written.
//!
//! What is written can be parsed again: see [`parse`].

use crate::parse;
use crate::parse_error::ParseError;
use crate::step::{Act, Actor, Does, End, Nth, Step, Target, Until, Verb};
use std::fmt;
use std::str::FromStr;

/// A script: steps with commas between them.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct Script(pub Vec<Step>);

impl Script {
    /// How many actors are in it; at least one.
    pub fn actors(&self) -> usize {
        let actor = |step: &Step| match step {
            Step::By { actor, .. } => actor.index(),
            Step::Start(_) | Step::Wait | Step::Plant(_) => 0,
        };
        self.0.iter().map(actor).max().unwrap_or(0) + 1
    }
}

impl FromStr for Script {
    type Err = ParseError;

    fn from_str(text: &str) -> Result<Self, ParseError> {
        parse::script(text)
    }
}

impl fmt::Display for Script {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names_actors = self.actors() > 1;
        for (index, step) in self.0.iter().enumerate() {
            if index > 0 {
                f.write_str(", ")?;
            }
            match step {
                Step::By { actor, .. } if names_actors => write!(f, "{actor}: {step}")?,
                _ => step.fmt(f)?,
            }
        }
        Ok(())
    }
}

/// The step without the actor, who is named only if there are several.
impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::By { does, until, .. } => write!(f, "{does}{until}"),
            Self::Start(act) => write!(f, "start {act}"),
            Self::Wait => f.write_str("wait"),
            Self::Plant(fault) => write!(f, "plant {}", fault.replace('-', " ")),
        }
    }
}

impl fmt::Display for Does {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Act(act) => act.fmt(f),
            Self::GoesOn => f.write_str("on"),
            Self::Fails => f.write_str("fail"),
            Self::GivesUp => f.write_str("give-up"),
        }
    }
}

impl fmt::Display for Act {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Do(Verb::Command, Target::End(End::Peripheral(Nth::First))) => f.write_str("command"),
            Self::Do(verb, target) => write!(f, "{verb} {target}"),
            Self::SecondCommand => f.write_str("second command"),
        }
    }
}

impl fmt::Display for Verb {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::End(end) => end.fmt(f),
            Self::Named(name) => write_word(f, name),
        }
    }
}

impl fmt::Display for End {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Host(Nth::First) => "host",
            Self::Host(Nth::Second) => "second host",
            Self::Peripheral(Nth::First) => "peripheral",
            Self::Peripheral(Nth::Second) => "second peripheral",
        })
    }
}

impl fmt::Display for Actor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.letter())
    }
}

/// With a space before it, unless it is empty.
impl fmt::Display for Until {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::End => Ok(()),
            Self::Waits => f.write_str(" until waits"),
            Self::Place(place, times) => {
                f.write_str(" until ")?;
                write_word(f, place)?;
                if times.get() > 1 { write!(f, "#{times}") } else { Ok(()) }
            }
        }
    }
}

/// A name as a word, whatever is in it: a backslash comes before every character that would end the word or change its
/// meaning.
fn write_word(f: &mut fmt::Formatter<'_>, name: &str) -> fmt::Result {
    if parse::is_keyword(name) {
        f.write_str("\\")?;
    }
    for character in name.chars() {
        if parse::is_special(character) {
            f.write_str("\\")?;
        }
        write!(f, "{character}")?;
    }
    Ok(())
}
