//! Links and ports that Linux does not follow as the tree's author meant.

use std::collections::BTreeSet;

use super::{Warning, WarningKind};
use crate::graph::Endpoint;
use crate::of_graph;
use crate::tree::{Node, NodeId, Tree};

/// Endpoints of the ends, or of live devices that lead to the ends, whose remote endpoint does not lead back or is
/// missing.
pub(super) fn one_sided<'t>(tree: &'t Tree, ends: &'t BTreeSet<NodeId>) -> impl Iterator<Item = Warning> {
    tree.nodes().filter_map(Endpoint::new).filter_map(move |endpoint| {
        endpoint.node.property("remote-endpoint")?;
        // Nobody follows the endpoint of a device that is not there.
        endpoint.device().filter(|device| device.is_live())?;
        let matters = |end: Endpoint<'_>| end.device().is_some_and(|device| ends.contains(&device.id()));
        let Some(remote) = endpoint.remote() else {
            let text = "its remote-endpoint leads to no endpoint";
            return matters(endpoint).then(|| Warning::new(endpoint.node, WarningKind::OneSidedLink, text));
        };
        if !matters(endpoint) && !matters(remote) {
            return None;
        }
        let back = remote.node.reference("remote-endpoint");
        if back == Some(endpoint.node) {
            return None;
        }
        let remote = remote.node.path();
        let text = match back {
            None => format!("it leads to {remote}, which leads nowhere"),
            Some(other) => format!("it leads to {remote}, which leads to {}", other.path()),
        };
        Some(Warning::new(endpoint.node, WarningKind::OneSidedLink, text))
    })
}

/// Ports that a device has beside `ports`.
pub(super) fn port_beside_ports(device: Node<'_>) -> Option<Warning> {
    let port = of_graph::ports_beside(device).next()?;
    let text =
        format!("it is beside the ports node of {}, and Linux looks only inside that node", device.path());
    Some(Warning::new(port, WarningKind::PortBesidePorts, text))
}
