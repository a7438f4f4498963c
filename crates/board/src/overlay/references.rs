//! Phandles and what refers to them: the part of applying an overlay that all rules have in common.

use std::collections::BTreeMap;

use super::{FIXUPS, LOCAL_FIXUPS, OverlayError, PHANDLES, Rules, SYMBOLS};
use crate::tree::{Node, NodeId, Tree};

/// Writes the phandles of the base's nodes where the overlay refers to their labels. The firmware takes a path in place of
/// a label, too, and gives a node a phandle that has none.
pub(super) fn fill_in_labels(base: &mut Tree, overlay: &mut Tree, rules: Rules) -> Result<(), OverlayError> {
    let Some(fixups) = overlay.root().child(FIXUPS) else {
        return Ok(());
    };
    let mut writes = Vec::new();
    let mut next_phandle = base.max_phandle();
    for (label, _) in fixups.properties() {
        let node = labelled(base, label, rules)?;
        let (node, phandle) = (node.id(), node.phandle());
        let phandle = match (phandle, rules) {
            (Some(phandle), _) => phandle,
            (None, Rules::Firmware) => {
                next_phandle = next_phandle.checked_add(1).ok_or(OverlayError::PhandleOverflow)?;
                base.set_property(node, "phandle", next_phandle.to_be_bytes().to_vec());
                next_phandle
            }
            (None, Rules::Libfdt) => {
                return Err(OverlayError::NoPhandle { label: label.to_owned() });
            }
        };
        for place in fixups.strings(label) {
            let bad = || OverlayError::BadFixup { fixup: format!("{label} = {place:?}") };
            let (node, property, offset) = parse_place(overlay, place).ok_or_else(bad)?;
            writes.push((node, property, offset, phandle, place.to_owned()));
        }
    }
    for (node, property, offset, phandle, place) in writes {
        overlay.patch(node, &property, offset, |_| phandle).ok_or(OverlayError::BadFixup { fixup: place })?;
    }
    Ok(())
}

/// The node of the base that a label stands for.
fn labelled<'b>(base: &'b Tree, label: &str, rules: Rules) -> Result<Node<'b>, OverlayError> {
    let symbols = base.root().child(SYMBOLS);
    let path = match symbols {
        _ if rules == Rules::Firmware && label.starts_with('/') => Some(label),
        Some(symbols) => symbols.string(label),
        None => None,
    };
    path.and_then(|path| base.find_by_short_names(path))
        .ok_or_else(|| OverlayError::MissingLabel { label: label.to_owned(), no_symbols: symbols.is_none() })
}

/// A fixup's `path:property:offset`.
fn parse_place(overlay: &Tree, place: &str) -> Option<(NodeId, String, usize)> {
    let mut parts = place.splitn(3, ':');
    let (path, property, offset) = (parts.next()?, parts.next()?, parts.next()?);
    Some((overlay.find_by_short_names(path)?.id(), property.to_owned(), offset.parse().ok()?))
}

/// Raises the overlay's phandles, and what refers to them inside the overlay, by `behind`, the base's highest.
pub(super) fn move_phandles(overlay: &mut Tree, behind: u32, rules: Rules) -> Result<(), OverlayError> {
    let mut writes = Vec::new();
    for node in overlay.nodes() {
        for name in PHANDLES {
            // Zero is not a phandle, and must not become the base's last one.
            if let Some(old) = node.u32(name).filter(|&old| old != 0) {
                let new = old.checked_add(behind).filter(|&new| new != u32::MAX);
                writes.push((node.id(), name, new.ok_or(OverlayError::PhandleOverflow)?));
            }
        }
    }
    for (node, name, phandle) in writes {
        overlay.set_property(node, name, phandle.to_be_bytes().to_vec());
    }
    change_own_references(overlay, rules, |old| old.wrapping_add(behind))
}

/// Rewrites the references to nodes whose phandles are replaced by others, which only libfdt does.
pub(super) fn replace_phandles(
    overlay: &mut Tree,
    replaced: &BTreeMap<u32, u32>,
) -> Result<(), OverlayError> {
    change_own_references(overlay, Rules::Libfdt, |old| replaced.get(&old).copied().unwrap_or(old))
}

/// Rewrites the references to nodes of the overlay itself.
fn change_own_references(
    overlay: &mut Tree,
    rules: Rules,
    change: impl Fn(u32) -> u32,
) -> Result<(), OverlayError> {
    let Some(fixups) = overlay.root().child(LOCAL_FIXUPS) else {
        return Ok(());
    };
    let mut writes = Vec::new();
    // Old overlays for the Raspberry Pi have places as in __fixups__, all in one property.
    if rules == Rules::Firmware && fixups.property("fixup").is_some() {
        for place in fixups.strings("fixup") {
            let bad = || OverlayError::BadFixup { fixup: place.to_owned() };
            let (node, property, offset) = parse_place(overlay, place).ok_or_else(bad)?;
            writes.push((node, property, offset, place.to_owned()));
        }
    } else {
        let mut pending = vec![(fixups, overlay.root())];
        while let Some((fixups, node)) = pending.pop() {
            for (property, _) in fixups.properties() {
                for offset in fixups.cells(property) {
                    writes.push((node.id(), property.to_owned(), offset as usize, fixups.path()));
                }
            }
            for fixups in fixups.children() {
                let node = node
                    .child_by_short_name(fixups.name())
                    .ok_or_else(|| OverlayError::BadFixup { fixup: fixups.path() })?;
                pending.push((fixups, node));
            }
        }
    }
    for (node, property, offset, fixup) in writes {
        overlay.patch(node, &property, offset, &change).ok_or(OverlayError::BadFixup { fixup })?;
    }
    Ok(())
}
