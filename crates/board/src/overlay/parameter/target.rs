//! Carries out one entry of a parameter.

use super::entry::{Entry, Form};
use super::{Budget, Fixups, ParameterErrorKind, value};
use crate::overlay::firmware::appended;
use crate::overlay::{CONTENT, DORMANT, SYMBOLS};
use crate::tree::{Node, NodeId, Tree};

/// Changes what the entry says.
pub(super) fn change(
    tree: &mut Tree,
    entry: &Entry<'_>,
    fixups: Fixups,
    budget: &mut Budget,
) -> Result<(), ParameterErrorKind> {
    match entry {
        Entry::Fragments { switches, value } => {
            // Any text that is no number switches on.
            let on = value::number_or_word(value).unwrap_or(1) != 0;
            switch_fragments(tree, switches, on)
        }
        Entry::Property { phandle, property, form, value } => {
            let no_node = ParameterErrorKind::NoNode { phandle: *phandle };
            let node = tree.by_phandle(*phandle).ok_or(no_node)?;
            budget.spend(node.properties().count() + value.len() + 1)?;
            let node = node.id();
            match *form {
                Form::Text => set_text(tree, node, property, value, fixups, budget),
                Form::Bytes => {
                    let bytes = value::bytes(value)
                        .ok_or_else(|| ParameterErrorKind::NotBytes { value: text(value) })?;
                    tree.set_property(node, property, bytes);
                    Ok(())
                }
                Form::Flag { inverse } => {
                    if (number(value)? != 0) != inverse {
                        tree.set_property(node, property, Vec::new());
                    } else {
                        tree.remove_property(node, property);
                    }
                    Ok(())
                }
                Form::Integer { offset, size } => {
                    let number = number(value)?;
                    let bytes = number.to_be_bytes();
                    let bytes = bytes.get(bytes.len() - size as usize..).unwrap_or_default();
                    set_bytes_at(tree, node, property, offset, bytes, budget)?;
                    // The unit address says what reg says.
                    if *property == "reg" && offset == 0 {
                        let name = tree.node(node).name();
                        if let Some((base, _)) = name.split_once('@') {
                            let name = format!("{base}@{:x}", number & u64::from(u32::MAX));
                            rename(tree, node, &name, fixups, budget)?;
                        }
                    }
                    Ok(())
                }
            }
        }
    }
}

fn number(value: &[u8]) -> Result<u64, ParameterErrorKind> {
    value::number_or_word(value).ok_or_else(|| ParameterErrorKind::NotANumber { value: text(value) })
}

fn text(value: &[u8]) -> String {
    String::from_utf8_lossy(value).into_owned()
}

/// `+1` switches fragment 1 on, `-1` off, `=1` as the value says, `!1` the other way round.
fn switch_fragments(tree: &mut Tree, switches: &str, on: bool) -> Result<(), ParameterErrorKind> {
    let damaged = ParameterErrorKind::Damaged { problem: "switches fragments with something but + - = !" };
    let mut rest = switches;
    while let Some(kind) = rest.chars().next() {
        let wanted = match kind {
            '+' => true,
            '-' => false,
            '=' => on,
            '!' => !on,
            _ => return Err(damaged),
        };
        rest = rest.get(1..).unwrap_or_default();
        let end = rest.find(|next: char| !next.is_ascii_alphanumeric()).unwrap_or(rest.len());
        let (digits, behind) = rest.split_at(end);
        rest = behind;
        let no_number =
            ParameterErrorKind::Damaged { problem: "has no number of a fragment behind one of + - = !" };
        let number = value::number(digits.as_bytes()).filter(|_| !digits.is_empty()).ok_or(no_number)?;
        let fragment =
            ["@", "-"].iter().find_map(|sign| tree.root().child(&format!("fragment{sign}{number}")));
        let fragment = fragment.ok_or(ParameterErrorKind::NoFragment { number })?;
        let (from, to) = if wanted { (DORMANT, CONTENT) } else { (CONTENT, DORMANT) };
        if let Some(content) = fragment.child(from).map(Node::id) {
            tree.rename(content, to)?;
        }
    }
    Ok(())
}

fn set_text(
    tree: &mut Tree,
    node: NodeId,
    property: &str,
    value: &[u8],
    fixups: Fixups,
    budget: &mut Budget,
) -> Result<(), ParameterErrorKind> {
    let mut plain =
        value::unescaped(value).ok_or_else(|| ParameterErrorKind::BadEscape { value: text(value) })?;
    if property == "name" {
        // What a node is called is no property of it.
        let name = String::from_utf8(plain);
        let name = name.map_err(|error| ParameterErrorKind::BadName { name: text(error.as_bytes()) })?;
        return rename(tree, node, &name, fixups, budget);
    }
    plain.push(0);
    if property == "bootargs" {
        let present = tree.node(node).property(property);
        budget.spend(present.map_or(0, <[u8]>::len))?;
        plain = appended(present, &plain);
    }
    tree.set_property(node, property, plain);
    Ok(())
}

/// Writes into a property, which grows as far as it has to, with zeros in between. Only `reg` stays as long as it is.
fn set_bytes_at(
    tree: &mut Tree,
    node: NodeId,
    property: &str,
    offset: usize,
    bytes: &[u8],
    budget: &mut Budget,
) -> Result<(), ParameterErrorKind> {
    let end = offset.saturating_add(bytes.len());
    let present = tree.node(node).property(property).unwrap_or_default();
    if property == "reg" && present.len() < end {
        return Ok(());
    }
    budget.spend(end.max(present.len()))?;
    let mut value = present.to_vec();
    value.resize(end.max(value.len()), 0);
    if let Some(place) = value.get_mut(offset..end) {
        place.copy_from_slice(bytes);
    }
    tree.set_property(node, property, value);
    Ok(())
}

fn rename(
    tree: &mut Tree,
    node: NodeId,
    name: &str,
    fixups: Fixups,
    budget: &mut Budget,
) -> Result<(), ParameterErrorKind> {
    let old = tree.node(node);
    if old.name() == name {
        return Ok(());
    }
    let siblings = old.parent().map(|parent| parent.children().count());
    let is_root = siblings.is_none();
    if is_root || name.is_empty() || name.contains(['/', '\0']) {
        return Err(ParameterErrorKind::BadName { name: name.to_owned() });
    }
    budget.spend(siblings.unwrap_or_default() + tree.below(node).len())?;
    let (old_path, parent) = (old.path(), old.parent().map(Node::path).unwrap_or_default());
    tree.rename(node, name)?;
    if fixups == Fixups::None {
        let new_path = format!("{}/{name}", parent.trim_end_matches('/'));
        follow(tree, &old_path, &new_path, budget)?;
    }
    Ok(())
}

/// Gives the labels of a node, and of what is in it, its new path.
fn follow(tree: &mut Tree, old: &str, new: &str, budget: &mut Budget) -> Result<(), ParameterErrorKind> {
    let Some(symbols) = tree.root().child(SYMBOLS) else {
        return Ok(());
    };
    let mut moved = Vec::new();
    for (label, value) in symbols.properties() {
        budget.spend(value.len())?;
        if let Some(rest) = value.strip_prefix(old.as_bytes()).filter(|rest| matches!(rest, [0 | b'/', ..])) {
            moved.push((label.to_owned(), [new.as_bytes(), rest].concat()));
        }
    }
    let symbols = symbols.id();
    tree.set_properties(symbols, moved);
    Ok(())
}
