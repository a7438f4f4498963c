//! Why an overlay can't be applied to a base.

use std::fmt;

use super::parameter::ParameterError;
use super::{CONTENT, SYMBOLS};
use crate::blob::BlobErrorKind;

/// Why an overlay can't be applied to a base.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum OverlayError {
    /// The tree has no fragment, so it is not an overlay.
    NotAnOverlay,
    /// The overlay refers to a label that the base does not have.
    MissingLabel {
        /// The label.
        label: String,
        /// The base has no labels at all.
        no_symbols: bool,
    },
    /// The base has the label, but its node has no phandle to refer to (libfdt only; the firmware gives it one).
    NoPhandle {
        /// The label.
        label: String,
    },
    /// A fragment's target is not in the base.
    MissingTarget {
        /// The fragment's name.
        fragment: String,
        /// What it says of its target.
        target: Target,
    },
    /// A fixup does not point at four bytes of a property of the overlay.
    BadFixup {
        /// What the fixup says, or where it is.
        fixup: String,
    },
    /// A label of the overlay has no path, or one into a fragment that is not there.
    BadLabel {
        /// The label.
        label: String,
    },
    /// There is no room for the overlay's phandles above the base's.
    PhandleOverflow,
    /// A parameter can't be set.
    Parameter(ParameterError),
    /// The result would be larger than a tree may be.
    Limit(BlobErrorKind),
}

/// What a fragment says of its target.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// Nothing, or nothing that makes sense.
    None,
    /// The path of a node.
    Path(String),
    /// The phandle of a node.
    Phandle(u32),
    /// The phandle of a node that the overlay itself brings.
    Own(String),
}

impl fmt::Display for OverlayError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotAnOverlay => {
                write!(f, "no node has a child {CONTENT}: this is a whole device tree, not an overlay")
            }
            Self::MissingLabel { label, no_symbols: true } => write!(
                f,
                "the overlay refers to the label {label}, but the base has no /{SYMBOLS}; compile the base with dtc -@"
            ),
            Self::MissingLabel { label, .. } => {
                write!(f, "the overlay refers to the label {label}, which the base does not have")
            }
            Self::NoPhandle { label } => write!(
                f,
                "the overlay refers to the label {label}, whose node in the base has no phandle; compile the base \
                 with dtc -@"
            ),
            Self::MissingTarget { fragment, target } => match target {
                Target::None => write!(f, "/{fragment} has neither a target nor a target-path"),
                Target::Path(path) => {
                    write!(f, "the target of /{fragment}, {path}, is not in the base")
                }
                Target::Phandle(phandle) => write!(
                    f,
                    "the target of /{fragment} is not in the base: no node has the phandle {phandle:#x}"
                ),
                Target::Own(path) => write!(
                    f,
                    "the target of /{fragment} is a node that the overlay itself brings, {path}, and not in the base; \
                     the Raspberry Pi firmware merges such a fragment, libfdt does not"
                ),
            },
            Self::BadFixup { fixup } => {
                write!(f, "the fixup {fixup} points at nothing in the overlay; compile it again")
            }
            Self::BadLabel { label } => {
                write!(f, "the label {label} points at nothing in the overlay; compile it again")
            }
            Self::PhandleOverflow => {
                write!(f, "no phandles are left for the overlay; its phandles are damaged")
            }
            Self::Parameter(error) => error.fmt(f),
            Self::Limit(kind) => write!(f, "with the overlay there would be {kind}"),
        }
    }
}

impl std::error::Error for OverlayError {}

impl From<BlobErrorKind> for OverlayError {
    fn from(kind: BlobErrorKind) -> Self {
        Self::Limit(kind)
    }
}

impl From<ParameterError> for OverlayError {
    fn from(error: ParameterError) -> Self {
        Self::Parameter(error)
    }
}
