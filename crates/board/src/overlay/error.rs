//! Why an overlay can't be applied to a base.

use std::fmt;

use super::parameter::ParameterError;
use super::{CONTENT, SYMBOLS};
use crate::blob::BlobErrorKind;
use thiserror::Error;

/// Why an overlay can't be applied to a base.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum OverlayError {
    /// The tree has no fragment, so it is not an overlay.
    #[error("no node has a child {CONTENT}: this is a whole device tree, not an overlay")]
    NotAnOverlay,
    /// The overlay refers to a label that the base does not have.
    #[error(fmt = missing_label)]
    MissingLabel {
        /// The label.
        label: String,
        /// The base has no labels at all.
        no_symbols: bool,
    },
    /// The base has the label, but its node has no phandle to refer to (libfdt only; the firmware gives it one).
    #[error(
        "the overlay refers to the label {label}, whose node in the base has no phandle; compile the base \
         with dtc -@"
    )]
    NoPhandle {
        /// The label.
        label: String,
    },
    /// A fragment's target is not in the base.
    #[error(fmt = missing_target)]
    MissingTarget {
        /// The fragment's name.
        fragment: String,
        /// What it says of its target.
        target: Target,
    },
    /// A fixup does not point at four bytes of a property of the overlay.
    #[error("the fixup {fixup} points at nothing in the overlay; compile it again")]
    BadFixup {
        /// What the fixup says, or where it is.
        fixup: String,
    },
    /// A label of the overlay has no path, or one into a fragment that is not there.
    #[error("the label {label} points at nothing in the overlay; compile it again")]
    BadLabel {
        /// The label.
        label: String,
    },
    /// There is no room for the overlay's phandles above the base's.
    #[error("no phandles are left for the overlay; its phandles are damaged")]
    PhandleOverflow,
    /// A parameter can't be set.
    #[error(transparent)]
    Parameter(#[from] ParameterError),
    /// The result would be larger than a tree may be.
    #[error("with the overlay there would be {0}")]
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

fn missing_label(label: &str, no_symbols: &bool, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    write!(f, "the overlay refers to the label {label}, ")?;
    match no_symbols {
        true => write!(f, "but the base has no /{SYMBOLS}; compile the base with dtc -@"),
        false => f.write_str("which the base does not have"),
    }
}

fn missing_target(fragment: &str, target: &Target, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    match target {
        Target::None => write!(f, "/{fragment} has neither a target nor a target-path"),
        Target::Path(path) => write!(f, "the target of /{fragment}, {path}, is not in the base"),
        Target::Phandle(phandle) => {
            write!(f, "the target of /{fragment} is not in the base: no node has the phandle {phandle:#x}")
        }
        Target::Own(path) => write!(
            f,
            "the target of /{fragment} is a node that the overlay itself brings, {path}, and not in the base; \
             the Raspberry Pi firmware merges such a fragment, libfdt does not"
        ),
    }
}

impl From<BlobErrorKind> for OverlayError {
    fn from(kind: BlobErrorKind) -> Self {
        Self::Limit(kind)
    }
}
