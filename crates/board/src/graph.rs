//! The OF graph: ports, endpoints, and what an endpoint's `remote-endpoint` leads to.
//!
//! Follows the references that a tree makes, each end on its own: [`Graph::link`] answers for one direction. It knows
//! nothing of what flows along a link.

use std::collections::BTreeMap;

use crate::tree::{Node, NodeId, Tree};

/// An endpoint of a device, as the device has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Endpoint<'t> {
    /// The endpoint's own node.
    pub node: Node<'t>,
    /// The port that it is in.
    pub port: Node<'t>,
}

impl<'t> Endpoint<'t> {
    /// A node as an endpoint, if its name and its parent's make it one.
    #[must_use]
    pub fn new(node: Node<'t>) -> Option<Self> {
        let port = node.parent()?;
        (node.base_name() == "endpoint" && port.base_name() == "port").then_some(Self { node, port })
    }

    /// The number of its port, if the tree gives one.
    #[must_use]
    pub fn port_number(self) -> Option<u32> {
        self.port.u32("reg")
    }

    /// How many data lanes it states.
    #[must_use]
    pub fn data_lanes(self) -> Option<usize> {
        Some(self.node.cells("data-lanes").count()).filter(|&count| count > 0)
    }

    /// The endpoint that it refers to. None if it refers to nothing, to a phandle that nobody has,
    /// or to a node that is not an endpoint.
    #[must_use]
    pub fn remote(self) -> Option<Self> {
        Self::new(self.node.reference("remote-endpoint")?)
    }

    /// The device that it belongs to: what is around the port, or around the ports.
    #[must_use]
    pub fn device(self) -> Option<Node<'t>> {
        let around = self.port.parent()?;
        if matches!(around.base_name(), "ports" | "in-ports" | "out-ports") {
            around.parent()
        } else {
            Some(around)
        }
    }
}

/// All links of a tree, found once, so that a tree with many endpoints does not make look-ups slow.
#[derive(Debug)]
pub struct Graph<'t> {
    /// From which device to which, and the first endpoint on the former's side.
    links: BTreeMap<(NodeId, NodeId), Endpoint<'t>>,
    /// To which device from which, in the order of the latter's endpoints in the tree.
    arriving: BTreeMap<NodeId, Vec<NodeId>>,
}

impl<'t> Graph<'t> {
    /// Follows every endpoint of the tree.
    #[must_use]
    pub fn new(tree: &'t Tree) -> Self {
        let mut graph = Self { links: BTreeMap::new(), arriving: BTreeMap::new() };
        for endpoint in tree.nodes().filter_map(Endpoint::new) {
            let device = endpoint.device();
            let remote = endpoint.remote().and_then(Endpoint::device);
            let (Some(from), Some(to)) = (device, remote) else {
                continue;
            };
            graph.links.entry((from.id(), to.id())).or_insert_with(|| {
                graph.arriving.entry(to.id()).or_default().push(from.id());
                endpoint
            });
        }
        graph
    }

    /// The endpoint of `from` that leads to `to`; says nothing of the way back.
    #[must_use]
    pub fn link(&self, from: NodeId, to: NodeId) -> Option<Endpoint<'t>> {
        self.links.get(&(from, to)).copied()
    }

    /// The devices that have an endpoint which leads to `to`.
    #[must_use]
    pub fn arriving(&self, to: NodeId) -> &[NodeId] {
        self.arriving.get(&to).map_or(&[], Vec::as_slice)
    }
}
