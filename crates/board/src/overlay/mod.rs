//! Applies compiled overlays (`.dtbo`) to a tree, by the rules of whoever composes the board's tree.
//!
//! * [`libfdt`]: the rules of libfdt, which U-Boot, UEFI firmware and the kernel's Makefiles use.
//! * [`firmware`]: the rules of the Raspberry Pi firmware (and of its tool, `dtmerge`), with [`Parameter`]s.
//!
//! Both move the overlay's phandles above the base's, fill in what refers to labels of the base (`references`), and
//! merge each fragment's `__overlay__` into its target (`content`). They differ in which fragments they merge, whose
//! phandle and which labels they keep. [`Rules::of`] says which of them a board wants.
//!
//! Not here: `overlay_map.dtb`, with which the firmware renames overlays.

mod content;
mod error;
pub mod firmware;
pub mod libfdt;
mod parameter;
mod references;

pub use error::{OverlayError, Target};
pub use parameter::{Parameter, ParameterError, ParameterErrorKind, names as parameter_names};

use crate::tree::{Node, Tree};

/// Where the compiler puts labels, references to foreign labels, and references to own nodes.
const SYMBOLS: &str = "__symbols__";
const FIXUPS: &str = "__fixups__";
const LOCAL_FIXUPS: &str = "__local_fixups__";
/// Where an overlay names the labels that later overlays may use, and where it lists its parameters: both for the
/// firmware.
const EXPORTS: &str = "__exports__";
const OVERRIDES: &str = "__overrides__";
/// The child of a fragment that is merged into the target; its name while no parameter asks for it.
const CONTENT: &str = "__overlay__";
const DORMANT: &str = "__dormant__";
/// The property that holds a node's own phandle, and its old name.
const PHANDLES: [&str; 2] = ["phandle", "linux,phandle"];

/// Whose rules to apply an overlay by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rules {
    /// The Raspberry Pi firmware's: [`firmware`].
    Firmware,
    /// libfdt's: [`libfdt`].
    Libfdt,
}

impl Rules {
    /// The firmware's if the root is compatible with a Raspberry Pi or its chip (`raspberrypi,*`, `brcm,bcm2*`),
    /// else libfdt's.
    #[must_use]
    pub fn of(base: &Tree) -> Self {
        let is_raspberry_pi =
            |name: &str| ["raspberrypi,", "brcm,bcm2"].iter().any(|prefix| name.starts_with(prefix));
        if base.root().compatible().any(is_raspberry_pi) { Self::Firmware } else { Self::Libfdt }
    }
}

/// A base with an overlay applied.
#[derive(Clone, Debug)]
pub struct Applied {
    /// The result.
    pub tree: Tree,
    /// How many fragments were merged into the base. One that changes another fragment of its overlay is none of them.
    pub fragments: usize,
    /// How many of the given parameters are the base's own, and were set there.
    pub base_parameters: usize,
}

/// Whether the tree has a fragment, dormant or not, and so can be given as an overlay. A whole board may have one too.
#[must_use]
pub fn has_fragments(tree: &Tree) -> bool {
    tree.root().children().any(is_fragment)
}

/// Whether the tree has fragments, all of them dormant.
#[must_use]
pub fn is_dormant(tree: &Tree) -> bool {
    has_fragments(tree) && tree.root().children().all(|node| node.child(CONTENT).is_none())
}

/// Whether the tree was compiled as an overlay, and is not a board by itself.
///
/// It has fragments, and either references to labels of a base, or nothing that a board's root has. A board whose
/// source has kept a fragment is a board, and Linux ignores its fragment.
#[must_use]
pub fn is_overlay(tree: &Tree) -> bool {
    let root = tree.root();
    let is_board = || root.property("#address-cells").is_some() || root.child("cpus").is_some();
    has_fragments(tree) && (root.child(FIXUPS).is_some() || !is_board())
}

fn is_fragment(node: Node<'_>) -> bool {
    node.child(CONTENT).is_some() || node.child(DORMANT).is_some()
}
