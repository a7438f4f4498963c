//! Which host a peripheral's driver finds when it looks for it by the graph.

use std::collections::BTreeMap;

use crate::facts::PeripheralFact;
use crate::facts::peripheral::{LinkNumber, Lookup, NoEndpoint};
use crate::facts::table::Missing;
use crate::of_graph;
use crate::tree::{Node, NodeId};

/// What a driver finds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Found<'t> {
    /// This node, whether it is a host or not.
    Node(Node<'t>),
    /// There is no such endpoint.
    NoEndpoint(NoEndpoint),
    /// The endpoint leads nowhere, or to a disabled node that has to be enabled.
    NoRemote(Missing),
}

/// Follows the endpoint that the driver follows.
#[must_use]
pub fn follow<'t>(lookup: &Lookup, device: Node<'t>) -> Found<'t> {
    let Some(endpoint) = of_graph::endpoint_at(device, lookup.at, 0) else {
        return Found::NoEndpoint(lookup.no_endpoint);
    };
    let remote = of_graph::remote_device(endpoint);
    match remote.filter(|remote| !lookup.wants_enabled || remote.is_enabled()) {
        Some(remote) => Found::Node(remote),
        None => Found::NoRemote(lookup.no_remote),
    }
}

/// The node that the driver takes for its host's, if it finds one.
#[must_use]
pub fn host_of<'t>(lookup: &Lookup, device: Node<'t>) -> Option<Node<'t>> {
    match follow(lookup, device) {
        Found::Node(node) => Some(node),
        Found::NoEndpoint(_) | Found::NoRemote(_) => None,
    }
}

/// Which hosts the drivers of devices find; each device is looked up once.
#[derive(Debug, Default)]
pub(crate) struct Lookups {
    found: BTreeMap<NodeId, Vec<(LinkNumber, NodeId)>>,
}

impl Lookups {
    /// Whether a device's driver finds the host for one of its links, or only for its second. If nobody knows where a
    /// driver looks, it does.
    pub(crate) fn finds(
        &mut self,
        fact: &PeripheralFact,
        device: Node<'_>,
        host: NodeId,
        second_only: bool,
    ) -> bool {
        let Some(lookups) = &fact.lookups else { return true };
        let found = self.found.entry(device.id()).or_insert_with(|| {
            let found = |lookup: &Lookup| Some((lookup.link, host_of(lookup, device)?.id()));
            lookups.iter().filter_map(found).collect()
        });
        found.iter().any(|(link, node)| *node == host && (!second_only || *link == LinkNumber::Second))
    }
}
