//! Where a peripheral's driver comes when it looks for its host by the graph.

use std::collections::BTreeMap;

use crate::facts::PeripheralFact;
use crate::facts::peripheral::{LinkNumber, Lookup, NoEndpoint};
use crate::facts::table::Missing;
use crate::of_graph;
use crate::tree::{Node, NodeId};

/// What a driver finds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Found<'t> {
    /// This node, host or not.
    Node(Node<'t>),
    /// There is no such endpoint.
    NoEndpoint(NoEndpoint),
    /// The endpoint leads nowhere, or to a node that is disabled and has to be enabled.
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

/// The node that the driver takes for its host's, if it comes to one.
#[must_use]
pub fn host_of<'t>(lookup: &Lookup, device: Node<'t>) -> Option<Node<'t>> {
    match follow(lookup, device) {
        Found::Node(node) => Some(node),
        Found::NoEndpoint(_) | Found::NoRemote(_) => None,
    }
}

/// Which hosts the drivers of devices come to, each device asked once.
#[derive(Debug, Default)]
pub(crate) struct Lookups {
    found: BTreeMap<NodeId, Vec<(LinkNumber, NodeId)>>,
}

impl Lookups {
    /// Whether a device's driver comes to the host for one of its links, or just for its second. One of which nobody
    /// knows where it looks does.
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
