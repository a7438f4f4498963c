//! Hosts for which Linux creates no device, and nodes that look like a host.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use super::{Warning, WarningKind};
use crate::facts::{Bus, Facts, parents};
use crate::graph::Graph;
use crate::names::Names;
use crate::pipeline::{self, CHANNELS};
use crate::tree::{Node, Tree};

/// The nearest node around a host on the platform bus, for whose children Linux is not known to create devices.
pub(super) fn parent_not_populated(facts: &Facts, host: Node<'_>) -> Option<Warning> {
    facts.host(host.compatible()).filter(|fact| fact.bus == Bus::Platform)?;
    let around = host.ancestors().filter(|parent| parent.parent().is_some());
    let parent = around.into_iter().find(|parent| !parents::populates(parent.compatible()))?;
    let text = format!(
        "it is below {} ({}), and Linux is not known to create devices for its children",
        parent.path(),
        parent.compatible().next().unwrap_or("no compatible")
    );
    Some(Warning::new(host, WarningKind::ParentNotPopulated, text))
}

/// Hosts whose device would have the name of another's.
pub(super) fn names_taken<'t>(
    names: &Names<'_>,
    facts: &Facts,
    hosts: impl Iterator<Item = Node<'t>>,
) -> Vec<Warning> {
    let mut first_of: BTreeMap<(Bus, String), Node<'t>> = BTreeMap::new();
    let mut warnings = Vec::new();
    for host in hosts {
        let Some(bus) = facts.host(host.compatible()).map(|fact| fact.bus) else { continue };
        let Some(name) = names.device(host.id(), bus) else { continue };
        match first_of.entry((bus, name.text)) {
            Entry::Vacant(free) => {
                free.insert(host);
            }
            Entry::Occupied(taken) => {
                let (first, (_, name)) = (taken.get().path(), taken.key());
                let text = format!("device_add gives -EEXIST: {first} is '{name}' in sysfs");
                warnings.push(Warning::new(host, WarningKind::NameTaken, text));
            }
        }
    }
    warnings
}

/// Live nodes that no host's driver knows, and that have what a host has: a child, or a device linked to it, that only a
/// DSI driver knows, or children with channels and `dsi` in the compatible.
pub(super) fn unknown(tree: &Tree, facts: &Facts) -> Vec<Warning> {
    let graph = Graph::new(tree);
    let is_unknown = |node: &Node<'_>| {
        node.parent().is_some()
            && facts.host(node.compatible()).is_none()
            && looks_like_one(facts, &graph, *node)
    };
    let hosts = tree.nodes().filter(is_unknown).filter(|node| node.is_live());
    hosts
        .map(|node| {
            let compatible: Vec<_> = node.compatible().collect();
            let text = format!(
                "no driver of Linux 6.12 knows this DSI host ({}); --as {}=host says that it is one",
                compatible.join(", "),
                compatible.first().unwrap_or(&"COMPATIBLE")
            );
            Warning::new(node, WarningKind::UnknownHost, text)
        })
        .collect()
}

fn looks_like_one(facts: &Facts, graph: &Graph<'_>, node: Node<'_>) -> bool {
    let is_other_bus = node.children().any(|child| pipeline::bus_of(child) != Bus::Platform);
    if node.compatible().next().is_none() || is_other_bus {
        return false;
    }
    let has_channel =
        |child: &Node<'_>| child.is_enabled() && child.u32("reg").is_some_and(|channel| channel < CHANNELS);
    let known = |child: Node<'_>| facts.peripheral(Bus::Dsi, child.compatible()).is_some();
    let children = || node.children().filter(has_channel);
    if children().any(known) {
        return true;
    }
    let names_dsi = pipeline::bus_of(node) == Bus::Platform
        && node.compatible().any(|name| name.contains("dsi") && !name.contains("phy"));
    let is_linked = || {
        graph.arriving(node.id()).iter().any(|&device| {
            let device = node.tree().node(device);
            device.is_live() && pipeline::other_bus_fact(facts, device).is_some()
        })
    };
    names_dsi && (children().any(|child| child.compatible().next().is_some()) || is_linked())
}
