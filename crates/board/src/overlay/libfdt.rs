//! An overlay by the rules of libfdt (`fdt_overlay_apply`).
//!
//! Every node of the root that has an `__overlay__` is a fragment; fragments are merged in their order, so a fragment
//! may change what an earlier one brought. A node of the base keeps its phandle. All labels of the overlay
//! become the base's. Nothing is ever removed: an overlay has no way to say so.

use std::collections::BTreeMap;

use super::content::{Content, Level, Properties};
use super::error::Target;
use super::references;
use super::{Applied, CONTENT, OverlayError, PHANDLES, Rules, SYMBOLS, has_fragments};
use crate::tree::{Node, NodeId, Tree};

/// The base with the overlay applied. Apply several overlays one after the other.
///
/// # Errors
///
/// Says which label, fragment or fixup does not fit.
pub fn apply(base: &Tree, overlay: &Tree) -> Result<Applied, OverlayError> {
    if !has_fragments(overlay) {
        return Err(OverlayError::NotAnOverlay);
    }
    let mut tree = base.clone();
    let mut overlay = overlay.clone();
    references::move_phandles(&mut overlay, tree.max_phandle(), Rules::Libfdt)?;
    references::fill_in_labels(&mut tree, &mut overlay, Rules::Libfdt)?;
    keep_phandles(&tree, &mut overlay)?;
    let mut fragments = 0;
    for fragment in overlay.root().children() {
        if let Some(content) = fragment.child(CONTENT) {
            let target = target(&tree, fragment).map_err(|said| missing(&overlay, fragment, said))?.id();
            Content::of(content).merge(&mut tree, target, adapt)?;
            fragments += 1;
        }
    }
    carry_labels(&mut tree, &overlay)?;
    tree.index_phandles();
    Ok(Applied { tree, fragments, base_parameters: 0 })
}

/// Gives nodes that are in the base the phandles that they have there, and changes the overlay's references to them too.
fn keep_phandles(base: &Tree, overlay: &mut Tree) -> Result<(), OverlayError> {
    let mut kept = BTreeMap::new();
    let mut writes = Vec::new();
    for fragment in overlay.root().children() {
        let Some(content) = fragment.child(CONTENT) else {
            continue;
        };
        let target = match target_among(base, fragment, &kept) {
            Ok(target) => target,
            Err(Target::None) => return Err(missing(overlay, fragment, Target::None)),
            // An earlier fragment may bring it.
            Err(_) => continue,
        };
        let mut pending = vec![(target, content)];
        while let Some((old, new)) = pending.pop() {
            if let (Some(base), Some(overlay)) = (old.phandle(), new.phandle()) {
                kept.insert(overlay, base);
                let names = PHANDLES.into_iter().filter(|name| new.property(name).is_some());
                writes.extend(names.map(|name| (new.id(), name, base)));
            }
            pending
                .extend(new.children().filter_map(|new| Some((old.child_by_short_name(new.name())?, new))));
        }
    }
    for (node, name, phandle) in writes {
        overlay.set_property(node, name, phandle.to_be_bytes().to_vec());
    }
    references::replace_phandles(overlay, &kept)
}

/// A node keeps its phandle if the overlay has an invalid value in its place.
fn adapt(node: Node<'_>, _: Level, mut properties: Properties) -> Properties {
    let has = node.phandle().is_some();
    properties.retain(|(name, value)| {
        let is_phandle = matches!(value.as_slice(), [_, _, _, _]) && value.as_slice() != [0; 4];
        is_phandle || !has || !PHANDLES.contains(&name.as_str())
    });
    properties
}

/// The node of the base that a fragment goes to, else what the fragment says of it. A phandle counts before a path.
fn target<'t>(tree: &'t Tree, fragment: Node<'_>) -> Result<Node<'t>, Target> {
    target_among(tree, fragment, &BTreeMap::new())
}

/// The same, if some phandles of the overlay stand for some of the base.
fn target_among<'t>(
    tree: &'t Tree,
    fragment: Node<'_>,
    kept: &BTreeMap<u32, u32>,
) -> Result<Node<'t>, Target> {
    let phandle = match fragment.property("target") {
        None => 0,
        Some(value) => u32::from_be_bytes(value.try_into().map_err(|_| Target::None)?),
    };
    if phandle != 0 {
        let phandle = kept.get(&phandle).copied().unwrap_or(phandle);
        return tree.by_phandle(phandle).ok_or(Target::Phandle(phandle));
    }
    let path = fragment.string("target-path").ok_or(Target::None)?;
    tree.find_by_short_names(path).ok_or_else(|| Target::Path(path.to_owned()))
}

fn missing(overlay: &Tree, fragment: Node<'_>, said: Target) -> OverlayError {
    let target = match said {
        Target::Phandle(phandle) => overlay.by_phandle(phandle).map_or(said, |own| Target::Own(own.path())),
        other => other,
    };
    OverlayError::MissingTarget { fragment: fragment.name().to_owned(), target }
}

/// Makes the overlay's labels known in the base, where a further overlay can refer to them.
fn carry_labels(tree: &mut Tree, overlay: &Tree) -> Result<(), OverlayError> {
    let Some(labels) = overlay.root().child(SYMBOLS) else {
        return Ok(());
    };
    let present = tree.root().child(SYMBOLS).map(Node::id);
    let symbols = match present {
        Some(symbols) => symbols,
        None => tree.add_child(NodeId::ROOT, SYMBOLS)?,
    };
    let mut carried = Vec::new();
    for (label, value) in labels.properties() {
        let bad = || OverlayError::BadLabel { label: label.to_owned() };
        let path = value.strip_suffix(b"\0").and_then(|path| std::str::from_utf8(path).ok());
        let path = path.filter(|path| !path.contains('\0')).and_then(|path| path.strip_prefix('/'));
        // Else it refers to something that is in no fragment.
        if let Some((name, rest)) = path.ok_or_else(bad)?.split_once('/')
            && let Some(below) = rest.strip_prefix(CONTENT)
            && let Some(below) = if below.is_empty() { Some("") } else { below.strip_prefix('/') }
        {
            let fragment = overlay.root().child_by_short_name(name).ok_or_else(bad)?;
            fragment.child(CONTENT).ok_or_else(bad)?;
            let target = target(tree, fragment).map_err(|said| missing(overlay, fragment, said))?;
            let by_path = fragment.u32("target").is_none_or(|phandle| phandle == 0);
            let path = by_path.then(|| fragment.string("target-path")).flatten();
            let path = path.map_or_else(|| target.path(), str::to_owned);
            let path = if path.len() > 1 { path.as_str() } else { "" };
            carried.push((label.to_owned(), format!("{path}/{below}\0").into_bytes()));
        }
    }
    tree.set_properties(symbols, carried);
    Ok(())
}
