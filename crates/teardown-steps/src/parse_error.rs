//! What is wrong with a text that is not a script: the word, where it is, and what could be there.

use crate::step::Verb;
use std::fmt;
use thiserror::Error;

/// A text that is not a script.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{}: expected {expected}", place(.found.as_deref(), *.step, *.column))]
pub struct ParseError {
    /// The step, from 1.
    pub step: usize,
    /// The character of the text, from 1.
    pub column: usize,
    /// The word that is there; nothing if the step ends there.
    pub found: Option<String>,
    /// What could be there.
    pub expected: Expected,
}

/// What could be in a place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Expected {
    /// The first word of a step.
    Step,
    /// The first word of a step, after an actor.
    Does,
    /// The letter of an actor.
    Actor,
    /// What `start` starts.
    Started,
    /// The target of a verb.
    Target,
    /// What `second` stands before, after a verb.
    SecondEnd,
    /// What `second` stands before, at the beginning.
    SecondCommand,
    /// `until`, or the end of the step.
    Until,
    /// The end of the step.
    End,
    /// How far an actor goes.
    Place,
    /// How often, after a `#`.
    Times,
    /// What `plant` plants.
    Fault,
    /// What comes after a backslash.
    Escaped,
}

/// Where the text goes wrong.
fn place(found: Option<&str>, step: usize, column: usize) -> String {
    match found {
        Some(word) => format!("'{word}' (step {step}, character {column})"),
        None => format!("the end of step {step} (character {column})"),
    }
}

impl fmt::Display for Expected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let verbs = || Verb::ALL.map(|(_, word)| word).join(", ");
        match self {
            Self::Step => write!(
                f,
                "{}, second command, on, fail, give-up, start, wait or plant, or the letter of an actor as in 'b:'",
                verbs()
            ),
            Self::Does => write!(f, "{}, second command, on, fail or give-up", verbs()),
            Self::Started => write!(f, "{} or second command", verbs()),
            Self::Actor => f.write_str("the letter of an actor, from a: to f:"),
            Self::Target => {
                f.write_str("host, peripheral, second host, second peripheral or the name of a device")
            }
            Self::SecondEnd => f.write_str("host or peripheral"),
            Self::SecondCommand => f.write_str("command"),
            Self::Until => f.write_str("'until', or a comma and the next step"),
            Self::End => f.write_str("a comma and the next step"),
            Self::Place => f.write_str("a place, or 'waits'"),
            Self::Times => f.write_str("a place, '#' and a number from 1"),
            Self::Fault => f.write_str("the name of a fault"),
            Self::Escaped => f.write_str("a character after the backslash"),
        }
    }
}
