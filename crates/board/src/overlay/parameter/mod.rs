//! Parameters of overlays and boards: the names in `__overrides__`, and what each changes when it is set.
//!
//! A parameter's value in `__overrides__` is a list of entries (`entry`): which node, which property, and how the
//! given value turns into the one that is written (`lookup`, `value`). Entries are carried out in order (`target`).

mod entry;
mod error;
mod lookup;
mod target;
mod value;

use std::str::FromStr;

use super::OVERRIDES;
use crate::blob::MAX_SIZE;
use crate::tree::{Node, Tree};

pub use error::{ParameterError, ParameterErrorKind};

/// A parameter and its value: `rotation=180`, or `dsi0` for `dsi0=true`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parameter {
    /// Its name in `__overrides__`.
    pub name: String,
    /// What it is set to.
    pub value: String,
}

impl FromStr for Parameter {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (name, value) = text.split_once('=').unwrap_or((text, "true"));
        if name.is_empty() {
            return Err("a parameter has no name; expected NAME or NAME=VALUE");
        }
        Ok(Self { name: name.to_owned(), value: value.to_owned() })
    }
}

/// The parameters that an overlay or a board has, by name.
pub fn names(tree: &Tree) -> impl Iterator<Item = &str> {
    tree.root().child(OVERRIDES).into_iter().flat_map(Node::properties).map(|(name, _)| name).filter(|name| {
        // The compiler gives the node itself a phandle where something refers to it.
        !super::PHANDLES.contains(name)
    })
}

/// Whether fixups still refer to nodes by their paths.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fixups {
    /// An overlay whose fixups have been carried out; its labels keep the paths that they have.
    Applied,
    /// A base, which has no fixups; its labels follow a node that gets another name.
    None,
}

/// How much the parameters of one overlay may still write, so that a hostile one ends in bounded time.
pub(super) struct Budget(usize);

impl Budget {
    pub(super) fn new() -> Self {
        Self(MAX_SIZE)
    }

    fn spend(&mut self, bytes: usize) -> Result<(), ParameterErrorKind> {
        self.0 = self.0.checked_sub(bytes).ok_or(ParameterErrorKind::TooMuch)?;
        Ok(())
    }
}

/// Carries out what a parameter changes in a tree; false if the tree does not have the parameter.
pub(super) fn set(
    tree: &mut Tree,
    parameter: &Parameter,
    fixups: Fixups,
    budget: &mut Budget,
) -> Result<bool, ParameterError> {
    let overrides = tree.root().child(OVERRIDES);
    let Some(entries) = overrides.and_then(|overrides| overrides.property(&parameter.name)) else {
        return Ok(false);
    };
    // The entries may change where they stand.
    let entries = entries.to_vec();
    let mut rest = entries.as_slice();
    let mut carry_out = || {
        while let Some(entry) = entry::take(&mut rest, parameter.value.as_bytes())? {
            target::change(tree, &entry, fixups, budget)?;
        }
        Ok(())
    };
    let result: Result<(), ParameterErrorKind> = carry_out();
    result.map(|()| true).map_err(|kind| ParameterError { parameter: parameter.name.clone(), kind })
}

/// The error that none of the trees has a parameter.
pub(super) fn unknown(parameter: &Parameter, trees: &[&Tree]) -> ParameterError {
    let known = trees.iter().flat_map(|tree| names(tree)).map(str::to_owned).collect();
    ParameterError { parameter: parameter.name.clone(), kind: ParameterErrorKind::Unknown { known } }
}
