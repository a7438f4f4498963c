//! Applies a compiled overlay (`.dtbo`) to a tree, as libfdt does for the boards that Linux composes.
//!
//! The overlay's phandles move behind the base's, references inside the overlay follow (`__local_fixups__`), references
//! to labels of the base are filled in (`__fixups__`), and each fragment is merged into its target. A node that is
//! in both keeps the base's phandle. Nothing is ever removed: an overlay has no way to say so.

use std::collections::BTreeMap;
use std::fmt;

use crate::blob::BlobErrorKind;
use crate::tree::{Node, NodeId, Tree};

/// Where the compiler puts labels, references to foreign labels, and references to own nodes.
const SYMBOLS: &str = "__symbols__";
const FIXUPS: &str = "__fixups__";
const LOCAL_FIXUPS: &str = "__local_fixups__";
/// The property that holds a node's own phandle, and its old name.
const PHANDLES: [&str; 2] = ["phandle", "linux,phandle"];
/// The child of a fragment that is merged into the target.
const CONTENT: &str = "__overlay__";

/// Why an overlay does not go onto a base.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum OverlayError {
    /// The tree has no fragment, so it is no overlay.
    NotAnOverlay,
    /// The overlay refers to a label that the base does not have.
    MissingLabel {
        /// The label.
        label: String,
        /// The base has no labels at all.
        no_symbols: bool,
    },
    /// A fragment's target is not in the base.
    MissingTarget {
        /// The fragment's name.
        fragment: String,
    },
    /// A fixup does not point at four bytes of a property of the overlay.
    BadFixup {
        /// What it says, or where it stands.
        fixup: String,
    },
    /// The overlay's phandles do not fit behind the base's.
    PhandleOverflow,
    /// The result would be larger than a tree may be.
    Limit(BlobErrorKind),
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
            Self::MissingLabel { label, .. } => write!(
                f,
                "the overlay refers to the label {label}, which the base does not have; is it for another board?"
            ),
            Self::MissingTarget { fragment } => write!(
                f,
                "the target of /{fragment} is not in the base; is the overlay for another board, or an overlay missing before it?"
            ),
            Self::BadFixup { fixup } => {
                write!(f, "the fixup {fixup} points at nothing in the overlay; compile it again")
            }
            Self::PhandleOverflow => {
                write!(f, "no phandles are left for the overlay; its phandles are damaged")
            }
            Self::Limit(kind) => write!(f, "with the overlay there would be {kind}"),
        }
    }
}

impl std::error::Error for OverlayError {}

/// A tree that was compiled as an overlay, and is no board by itself.
#[must_use]
pub fn is_overlay(tree: &Tree) -> bool {
    tree.root().children().any(|node| node.child(CONTENT).is_some())
}

/// The base with the overlay applied; several go one after the other.
///
/// # Errors
///
/// Says which label, fragment or fixup does not fit.
pub fn apply(base: &Tree, overlay: &Tree) -> Result<Tree, OverlayError> {
    let mut tree = base.clone();
    let mut overlay = overlay.clone();
    let fragments: Vec<NodeId> =
        overlay.root().children().filter(|node| node.child(CONTENT).is_some()).map(Node::id).collect();
    if fragments.is_empty() {
        return Err(OverlayError::NotAnOverlay);
    }
    fill_in_labels(&mut tree, &mut overlay)?;
    let moved = move_phandles(&tree, &mut overlay, &fragments)?;
    move_references(&mut overlay, &moved)?;
    let mut targets = BTreeMap::new();
    for &id in &fragments {
        let fragment = overlay.node(id);
        let target = target(&tree, fragment)
            .ok_or_else(|| OverlayError::MissingTarget { fragment: fragment.name().to_owned() })?;
        targets.insert(fragment.name(), target.path());
        let target = target.id();
        if let Some(content) = fragment.child(CONTENT) {
            merge(&mut tree, target, content)?;
        }
    }
    carry_labels(&mut tree, &overlay, &targets)?;
    Ok(tree)
}

/// Writes the phandles of the base's nodes where the overlay refers to their labels.
fn fill_in_labels(tree: &mut Tree, overlay: &mut Tree) -> Result<(), OverlayError> {
    let Some(fixups) = overlay.root().child(FIXUPS) else {
        return Ok(());
    };
    let mut writes = Vec::new();
    let mut next_phandle = tree.max_phandle();
    for (label, _) in fixups.properties() {
        let symbols = tree.root().child(SYMBOLS);
        let node =
            symbols.and_then(|symbols| symbols.string(label)).and_then(|path| tree.find(path)).ok_or_else(
                || OverlayError::MissingLabel { label: label.to_owned(), no_symbols: symbols.is_none() },
            )?;
        let (node, phandle) = (node.id(), node.phandle());
        let phandle = match phandle {
            Some(phandle) => phandle,
            None => {
                next_phandle = next_phandle.checked_add(1).ok_or(OverlayError::PhandleOverflow)?;
                tree.set_property(node, "phandle", next_phandle.to_be_bytes().to_vec());
                next_phandle
            }
        };
        for place in fixups.strings(label) {
            let bad = || OverlayError::BadFixup { fixup: format!("{label} = {place:?}") };
            let mut parts = place.splitn(3, ':');
            let (path, property, offset) = (parts.next(), parts.next(), parts.next());
            let node = path.and_then(|path| overlay.find(path)).ok_or_else(bad)?;
            let offset = offset.and_then(|offset| offset.parse().ok()).ok_or_else(bad)?;
            let property = property.ok_or_else(bad)?;
            writes.push((node.id(), property.to_owned(), offset, phandle, place.to_owned()));
        }
    }
    for (node, property, offset, phandle, place) in writes {
        overlay.patch(node, &property, offset, |_| phandle).ok_or(OverlayError::BadFixup { fixup: place })?;
    }
    Ok(())
}

/// Gives the overlay's nodes the phandles that they will have; old to new.
fn move_phandles(
    tree: &Tree,
    overlay: &mut Tree,
    fragments: &[NodeId],
) -> Result<BTreeMap<u32, u32>, OverlayError> {
    let behind = tree.max_phandle();
    let mut moved = BTreeMap::new();
    let mut writes = Vec::new();
    for node in overlay.nodes() {
        for name in PHANDLES {
            // Zero is none, and must not become the base's last one.
            if let Some(old) = node.u32(name).filter(|&old| old != 0) {
                let new = old.checked_add(behind).filter(|&new| new != u32::MAX);
                let new = new.ok_or(OverlayError::PhandleOverflow)?;
                moved.insert(old, new);
                writes.push((node.id(), name, new));
            }
        }
    }
    // A node that the base has already keeps its phandle, and what refers to it follows.
    for &fragment in fragments {
        let fragment = overlay.node(fragment);
        let (Some(target), Some(content)) = (target(tree, fragment), fragment.child(CONTENT)) else {
            continue;
        };
        let mut pending = vec![(target, content)];
        while let Some((old, new)) = pending.pop() {
            if let (Some(kept), Some(given_up)) = (old.phandle(), new.phandle()) {
                moved.insert(given_up, kept);
            }
            let both = new.children().filter_map(|new| Some((old.child(new.name())?, new)));
            pending.extend(both);
        }
    }
    for (node, name, phandle) in writes {
        overlay.set_property(node, name, phandle.to_be_bytes().to_vec());
    }
    Ok(moved)
}

/// Rewrites what refers to nodes of the overlay itself.
fn move_references(overlay: &mut Tree, moved: &BTreeMap<u32, u32>) -> Result<(), OverlayError> {
    let Some(fixups) = overlay.root().child(LOCAL_FIXUPS) else {
        return Ok(());
    };
    let mut writes = Vec::new();
    let mut pending = vec![(fixups, overlay.root())];
    while let Some((fixups, node)) = pending.pop() {
        for (property, _) in fixups.properties() {
            for offset in fixups.cells(property) {
                writes.push((node.id(), property.to_owned(), offset as usize, fixups.path()));
            }
        }
        for fixups in fixups.children() {
            let node =
                node.child(fixups.name()).ok_or_else(|| OverlayError::BadFixup { fixup: fixups.path() })?;
            pending.push((fixups, node));
        }
    }
    for (node, property, offset, fixup) in writes {
        overlay
            .patch(node, &property, offset, |old| moved.get(&old).copied().unwrap_or(old))
            .ok_or(OverlayError::BadFixup { fixup })?;
    }
    Ok(())
}

/// The node of the base that a fragment goes to.
fn target<'t>(tree: &'t Tree, fragment: Node<'_>) -> Option<Node<'t>> {
    match fragment.u32("target") {
        Some(phandle) => tree.by_phandle(phandle),
        None => tree.find(fragment.string("target-path")?),
    }
}

/// Copies properties over and children in. A phandle that a node has stays, whatever the overlay has in its place: one
/// that is no number would take it away.
fn merge(tree: &mut Tree, target: NodeId, content: Node<'_>) -> Result<(), OverlayError> {
    let mut pending = vec![(target, content)];
    while let Some((target, content)) = pending.pop() {
        let has_phandle = tree.node(target).phandle().is_some();
        let properties = content.properties().filter(|(name, _)| !has_phandle || !PHANDLES.contains(name));
        let owned = properties.map(|(name, value)| (name.to_owned(), value.to_vec()));
        tree.set_properties(target, owned.collect());
        let mut below = Vec::new();
        for child in content.children() {
            let id = match tree.node(target).child(child.name()) {
                Some(present) => present.id(),
                None => tree.add_child(target, child.name()).map_err(OverlayError::Limit)?,
            };
            below.push((id, child));
        }
        pending.extend(below.into_iter().rev());
    }
    Ok(())
}

/// Makes the overlay's labels known in the base, where a further overlay can refer to them.
fn carry_labels(
    tree: &mut Tree,
    overlay: &Tree,
    targets: &BTreeMap<&str, String>,
) -> Result<(), OverlayError> {
    let Some(labels) = overlay.root().child(SYMBOLS) else {
        return Ok(());
    };
    let present = tree.root().child(SYMBOLS).map(Node::id);
    let symbols = match present {
        Some(symbols) => symbols,
        None => tree.add_child(NodeId::ROOT, SYMBOLS).map_err(OverlayError::Limit)?,
    };
    let mut carried = Vec::new();
    for (label, _) in labels.properties() {
        // /fragment@0/__overlay__/below, or a fragment's content itself.
        let moved = labels.string(label).and_then(|path| {
            let (fragment, rest) = path.strip_prefix('/')?.split_once('/')?;
            let below = rest.strip_prefix(CONTENT)?;
            let target = targets.get(fragment)?;
            Some(format!("{}{below}", target.trim_end_matches('/')))
        });
        if let Some(path) = moved {
            let path = if path.is_empty() { "/" } else { &path };
            carried.push((label.to_owned(), [path.as_bytes(), b"\0"].concat()));
        }
    }
    tree.set_properties(symbols, carried);
    Ok(())
}
