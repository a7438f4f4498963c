//! An overlay by the rules of the Raspberry Pi firmware, as its tool `dtmerge` shows them.
//!
//! A fragment is a node of the root named `fragment@N` or `fragment-N`; one with `__dormant__` in place of
//! `__overlay__` is left out. Parameters are set first, in the overlay or in the base. Then fragments whose target is a
//! node of the overlay itself are merged into the overlay, then all others into the base. There:
//!
//! * `bootargs` are appended to those that are there; aliases of nodes of the overlay follow these into the base.
//! * A node that is in both gets the overlay's phandle; only the target keeps its own, unless the fragment has
//!   `dtoverlay,preserve-phandle`.
//! * Labels belong to the overlay alone, except those that `__exports__` names.

use super::content::{Content, Level, Properties};
use super::error::Target;
use super::parameter::{self, Budget, Fixups};
use super::references;
use super::{
    Applied, CONTENT, DORMANT, EXPORTS, OVERRIDES, OverlayError, PHANDLES, Parameter, Rules, SYMBOLS,
    has_fragments,
};
use crate::blob::{BlobErrorKind, MAX_SIZE};
use crate::tree::{Node, NodeId, Tree};

/// A fragment with this property gives its phandle to its target.
const PRESERVE_PHANDLE: &str = "dtoverlay,preserve-phandle";

/// The base with the overlay and its parameters applied. Apply several overlays one after the other. A parameter that
/// the overlay does not have is set in the base.
///
/// # Errors
///
/// Says which label, fragment, fixup or parameter does not fit.
pub fn apply(base: &Tree, overlay: &Tree, parameters: &[Parameter]) -> Result<Applied, OverlayError> {
    if !has_fragments(overlay) {
        return Err(OverlayError::NotAnOverlay);
    }
    let mut base = base.clone();
    let mut overlay = overlay.clone();
    name_i2c_buses(&mut base);
    references::fill_in_labels(&mut base, &mut overlay, Rules::Firmware)?;
    references::move_phandles(&mut overlay, base.max_phandle(), Rules::Firmware)?;
    let mut budget = Budget::new();
    let mut base_parameters = 0;
    for parameter in parameters {
        if parameter::set(&mut overlay, parameter, Fixups::Applied, &mut budget)? {
            continue;
        }
        if !parameter::set(&mut base, parameter, Fixups::None, &mut budget)? {
            return Err(parameter::unknown(parameter, &[&overlay, &base]).into());
        }
        base_parameters += 1;
    }
    merge_own(&mut overlay)?;
    let fragments = merge(&mut base, &overlay)?;
    base.index_phandles();
    Ok(Applied { tree: base, fragments, base_parameters })
}

/// The base with its own parameters set (`dtparam=` in the firmware's config.txt).
///
/// # Errors
///
/// Says which parameter the base does not have, or why its value does not fit.
pub fn set_parameters(base: &Tree, parameters: &[Parameter]) -> Result<Tree, OverlayError> {
    let mut base = base.clone();
    name_i2c_buses(&mut base);
    let mut budget = Budget::new();
    for parameter in parameters {
        if !parameter::set(&mut base, parameter, Fixups::None, &mut budget)? {
            return Err(parameter::unknown(parameter, &[&base]).into());
        }
    }
    base.index_phandles();
    Ok(base)
}

/// On boards that do not say which I2C bus is whose, the first is the processor's and the second the video core's.
fn name_i2c_buses(base: &mut Tree) {
    const SYNONYMS: [(&str, &str); 5] = [
        ("i2c_arm", "i2c0"),
        ("i2c_vc", "i2c1"),
        ("i2c_baudrate", "i2c0_baudrate"),
        ("i2c_arm_baudrate", "i2c0_baudrate"),
        ("i2c_vc_baudrate", "i2c1_baudrate"),
    ];
    if base.root().child("aliases").is_some_and(|aliases| aliases.property("i2c").is_some()) {
        return;
    }
    for table in ["aliases", SYMBOLS, OVERRIDES] {
        if let Some(table) = base.root().child(table).map(Node::id) {
            for (synonym, name) in SYNONYMS {
                if let Some(value) = base.node(table).property(name).map(<[u8]>::to_vec) {
                    base.set_property(table, synonym, value);
                }
            }
        }
    }
}

fn is_fragment(node: Node<'_>) -> bool {
    ["fragment@", "fragment-"].iter().any(|prefix| node.name().starts_with(prefix))
}

/// Merges the fragments that change other fragments of their overlay, and makes them dormant.
fn merge_own(overlay: &mut Tree) -> Result<(), OverlayError> {
    let ids: Vec<NodeId> =
        overlay.root().children().filter(|&node| is_fragment(node)).map(Node::id).collect();
    let mut copied = 0;
    for id in ids {
        let fragment = overlay.node(id);
        let Some(content) = fragment.child(CONTENT) else {
            continue;
        };
        let own = |value: &[u8]| overlay.by_phandle(u32::from_be_bytes(value.try_into().ok()?));
        let by_phandle = fragment.property("target-path").is_none();
        let target = fragment.property("target").filter(|_| by_phandle).and_then(own);
        if let Some(target) = target.map(Node::id) {
            let id = content.id();
            let content = Content::of(content);
            // Each of a chain of fragments carries those before it along.
            copied += content.size();
            if copied > MAX_SIZE {
                let what = "bytes in fragments that change their own overlay";
                return Err(BlobErrorKind::TooLarge { what, limit: MAX_SIZE }.into());
            }
            content.merge(overlay, target, adapt)?;
            overlay.rename(id, DORMANT)?;
        }
    }
    Ok(())
}

/// Merges the remaining fragments into the base, and copies the labels. Returns the number of fragments.
fn merge(base: &mut Tree, overlay: &Tree) -> Result<usize, OverlayError> {
    let mut merged = 0;
    for node in overlay.root().children() {
        if node.name() == SYMBOLS {
            let exports = overlay.root().child(EXPORTS);
            let is_exported = |name: &str| exports.is_some_and(|exports| exports.property(name).is_some());
            if let Some(symbols) = base.root().child(SYMBOLS).map(Node::id) {
                carry_paths(base, symbols, overlay, node, is_exported);
            }
            continue;
        }
        let Some(content) = node.child(CONTENT).filter(|_| is_fragment(node)) else {
            continue;
        };
        let target = target(base, node)
            .map_err(|target| OverlayError::MissingTarget { fragment: node.name().to_owned(), target })?;
        let is_aliases = target.name() == "aliases";
        let target = target.id();
        if is_aliases {
            carry_paths(base, target, overlay, content, |_| true);
        } else {
            Content::of(content).merge(base, target, adapt)?;
        }
        merged += 1;
    }
    Ok(merged)
}

/// Which properties of the overlay a node gets.
fn adapt(node: Node<'_>, level: Level, mut properties: Properties) -> Properties {
    let preserve =
        level == Level::Below || properties.iter().any(|(name, _)| name.as_str() == PRESERVE_PHANDLE);
    properties.retain(|(name, _)| match name.as_str() {
        "name" | PRESERVE_PHANDLE => false,
        name => preserve || !PHANDLES.contains(&name),
    });
    for (_, value) in properties.iter_mut().filter(|(name, _)| name == "bootargs") {
        *value = appended(node.property("bootargs"), value);
    }
    properties
}

/// Appends arguments of the kernel to those that are there.
pub(super) fn appended(present: Option<&[u8]>, new: &[u8]) -> Vec<u8> {
    match present.unwrap_or_default() {
        [] | [0, ..] => new.to_vec(),
        [before @ .., _end] => [before, b" ", new].concat(),
    }
}

/// The node of the base that a fragment goes to, else what the fragment says of it. A path counts before a phandle.
fn target<'t>(base: &'t Tree, fragment: Node<'_>) -> Result<Node<'t>, Target> {
    if let Some(path) = fragment.string("target-path") {
        return base.find_by_short_names(path).ok_or_else(|| Target::Path(path.to_owned()));
    }
    let phandle = fragment.property("target").and_then(|value| value.try_into().ok());
    let phandle = phandle.map(u32::from_be_bytes).ok_or(Target::None)?;
    base.by_phandle(phandle).ok_or(Target::Phandle(phandle))
}

/// Copies properties that are paths (labels, aliases) to a node of the base. A path into a fragment becomes one into
/// the fragment's target.
fn carry_paths(
    base: &mut Tree,
    to: NodeId,
    overlay: &Tree,
    from: Node<'_>,
    is_wanted: impl Fn(&str) -> bool,
) {
    let mut carried = Vec::new();
    for (name, value) in from.properties().filter(|(name, _)| is_wanted(name)) {
        let Some((fragment, below)) = split(value) else {
            carried.push((name.to_owned(), value.to_vec()));
            continue;
        };
        let fragment = overlay.root().child_by_short_name(fragment);
        let Some(Ok(target)) = fragment.map(|fragment| target(base, fragment)) else {
            break;
        };
        let path = target.path();
        let path = if path == "/" && !below.starts_with(b"\0") { "" } else { &path };
        carried.push((name.to_owned(), [path.as_bytes(), below].concat()));
    }
    base.set_properties(to, carried);
}

/// The fragment's name, and what comes after `__overlay__`, the end included.
fn split(path: &[u8]) -> Option<(&str, &[u8])> {
    let path = path.strip_prefix(b"/")?;
    let slash = path.iter().position(|&byte| byte == b'/')?;
    let (fragment, rest) = path.split_at(slash);
    let below = rest.strip_prefix(b"/")?.strip_prefix(CONTENT.as_bytes())?;
    let fragment = std::str::from_utf8(fragment).ok()?;
    matches!(below.first(), Some(b'/' | 0)).then_some((fragment, below))
}
