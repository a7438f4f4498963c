//! Why a parameter can't be set.

use std::fmt;

use crate::blob::BlobErrorKind;

/// Which parameter can't be set, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
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

impl fmt::Display for ParameterError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = &self.parameter;
        match &self.kind {
            ParameterErrorKind::Unknown { known } if known.is_empty() => {
                write!(f, "there is no parameter '{name}': neither the overlay nor the board has parameters")
            }
            ParameterErrorKind::Unknown { known } => {
                write!(f, "there is no parameter '{name}'; there are: {}", known.join(", "))
            }
            ParameterErrorKind::Damaged { problem } => {
                write!(f, "the entry of the parameter '{name}' in __overrides__ {problem}")
            }
            ParameterErrorKind::NoNode { phandle } => write!(
                f,
                "the parameter '{name}' changes a node that is not there: none has the phandle {phandle:#x}"
            ),
            ParameterErrorKind::NoFragment { number } => {
                write!(
                    f,
                    "the parameter '{name}' switches fragment {number}, which the overlay does not have"
                )
            }
            ParameterErrorKind::NotANumber { value } => {
                write!(f, "the parameter '{name}' takes a number, or on or off; got '{value}'")
            }
            ParameterErrorKind::NoChoice { value } => {
                write!(
                    f,
                    "the parameter '{name}' takes only certain values, and '{value}' is not one of them"
                )
            }
            ParameterErrorKind::NotBytes { value } => write!(
                f,
                "the parameter '{name}' takes at most 32 bytes in hexadecimal, such as b8:27:eb; got '{value}'"
            ),
            ParameterErrorKind::BadEscape { value } => {
                write!(f, "the parameter '{name}': a backslash in '{value}' escapes nothing")
            }
            ParameterErrorKind::BadName { name: node } => {
                write!(f, "the parameter '{name}' would name a node '{node}'")
            }
            ParameterErrorKind::TooMuch => write!(f, "the parameter '{name}' would write too much"),
            ParameterErrorKind::Limit(kind) => write!(f, "with the parameter '{name}' there would be {kind}"),
        }
    }
}

impl std::error::Error for ParameterError {}

impl From<BlobErrorKind> for ParameterErrorKind {
    fn from(kind: BlobErrorKind) -> Self {
        Self::Limit(kind)
    }
}
