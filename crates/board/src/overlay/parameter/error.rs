//! Why a parameter can't be set.

use crate::blob::{BlobErrorKind, MAX_SIZE};
use thiserror::Error;

/// Which parameter can't be set, and why.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{}", .kind.sentence(.parameter))]
pub struct ParameterError {
    /// The parameter's name.
    pub parameter: String,
    /// Why it can't be set.
    pub kind: ParameterErrorKind,
}

/// The kinds of [`ParameterError`].
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ParameterErrorKind {
    /// Neither the overlay nor the base has it.
    Unknown {
        /// Those that they have.
        known: Vec<String>,
    },
    /// Its entry in `__overrides__` makes no sense.
    Damaged {
        /// What is wrong.
        problem: &'static str,
    },
    /// An entry refers to a node that is not in the overlay.
    NoNode {
        /// The node's phandle.
        phandle: u32,
    },
    /// It switches a fragment that the overlay does not have.
    NoFragment {
        /// The fragment's number.
        number: u64,
    },
    /// An integer or a switch got something else.
    NotANumber {
        /// What was given.
        value: String,
    },
    /// The value is not one of those that the parameter takes.
    NoChoice {
        /// Those that it takes, in the order of its table; empty if that has none.
        known: Vec<String>,
        /// What was given.
        value: String,
    },
    /// Bytes were expected, in hexadecimal, at most 32.
    NotBytes {
        /// What was given.
        value: String,
    },
    /// A backslash is followed by something that it does not escape.
    BadEscape {
        /// What was given.
        value: String,
    },
    /// A node can't have this name.
    BadName {
        /// The name.
        name: String,
    },
    /// The parameters write more than a blob may have, or to places far apart.
    TooMuch,
    /// A name or path would be longer than a tree's may be.
    Limit(BlobErrorKind),
}

impl ParameterErrorKind {
    /// Why the parameter `name` can't be set.
    fn sentence(&self, name: &str) -> String {
        match self {
            Self::Unknown { known } if known.is_empty() => {
                format!("there is no parameter '{name}': neither the overlay nor the board has parameters")
            }
            Self::Unknown { known } => {
                format!("there is no parameter '{name}'; there are: {}", known.join(", "))
            }
            Self::Damaged { problem } => {
                format!("the entry of the parameter '{name}' in __overrides__ {problem}")
            }
            Self::NoNode { phandle } => format!(
                "the parameter '{name}' changes a node that is not there: none has the phandle {phandle:#x}"
            ),
            Self::NoFragment { number } => {
                format!("the parameter '{name}' switches fragment {number}, which the overlay does not have")
            }
            Self::NotANumber { value } => {
                format!("the parameter '{name}' takes a number, or on or off; got '{value}'")
            }
            Self::NoChoice { known, value } => {
                let known = if known.is_empty() { "no value".to_owned() } else { known.join(", ") };
                format!("the parameter '{name}' takes {known}; got '{value}'")
            }
            Self::NotBytes { value } => format!(
                "the parameter '{name}' takes at most 32 bytes in hexadecimal, such as b8:27:eb; got '{value}'"
            ),
            Self::BadEscape { value } => {
                format!("the parameter '{name}': a backslash in '{value}' escapes nothing")
            }
            Self::BadName { name: node } => format!(
                "the parameter '{name}' would name a node '{node}'; the root keeps its name, and any other name is \
                 not empty and has no slash"
            ),
            Self::TooMuch => {
                format!(
                    "the parameter '{name}' would write too much: with all others more than {MAX_SIZE} bytes"
                )
            }
            Self::Limit(kind) => format!("with the parameter '{name}' there would be {kind}"),
        }
    }
}

impl From<BlobErrorKind> for ParameterErrorKind {
    fn from(kind: BlobErrorKind) -> Self {
        Self::Limit(kind)
    }
}
