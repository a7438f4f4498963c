//! The OF graph: ports, endpoints, and what an endpoint's `remote-endpoint` leads to.
//!
//! Follows the references that a tree makes; whether both ends agree is for the caller to ask. It knows nothing of
//! what flows along a link.

use crate::tree::Node;

/// An endpoint of a device, as the device has it.
#[derive(Clone, Copy, Debug)]
pub struct Endpoint<'t> {
    /// The endpoint's own node.
    pub node: Node<'t>,
    /// The port that it is in.
    pub port: Node<'t>,
}

impl<'t> Endpoint<'t> {
    /// The number of its port, where the tree gives one.
    #[must_use]
    pub fn port_number(self) -> Option<u32> {
        self.port.u32("reg")
    }

    /// How many data lanes it states.
    #[must_use]
    pub fn data_lanes(self) -> Option<usize> {
        Some(self.node.cells("data-lanes").count()).filter(|&count| count > 0)
    }

    /// The endpoint that it refers to. None where it refers to nothing, to a phandle that nobody has,
    /// or to a node that is not in a port.
    #[must_use]
    pub fn remote(self) -> Option<Self> {
        let node = self.node.reference("remote-endpoint")?;
        let port = node.parent().filter(|port| port.base_name() == "port")?;
        Some(Self { node, port })
    }

    /// The device that it belongs to: what is around the port, or around the ports.
    #[must_use]
    pub fn device(self) -> Option<Node<'t>> {
        let around = self.port.parent()?;
        if is_ports(around) {
            around.parent()
        } else {
            Some(around)
        }
    }

    /// The device at the other end.
    #[must_use]
    pub fn remote_device(self) -> Option<Node<'t>> {
        self.remote()?.device()
    }
}

/// The endpoints of a device, in order: those of `port` nodes in the device and in `ports`, `in-ports`, `out-ports`.
pub fn endpoints(device: Node<'_>) -> impl Iterator<Item = Endpoint<'_>> {
    let in_ports = device.children().filter(|&node| is_ports(node));
    std::iter::once(device)
        .chain(in_ports)
        .flat_map(Node::children)
        .filter(|node| node.base_name() == "port")
        .flat_map(|port| {
            port.children()
                .filter(|node| node.base_name() == "endpoint")
                .map(move |node| Endpoint { node, port })
        })
}

/// The endpoint of `from` that leads to `to`.
#[must_use]
pub fn link<'t>(from: Node<'t>, to: Node<'t>) -> Option<Endpoint<'t>> {
    endpoints(from).find(|endpoint| endpoint.remote_device() == Some(to))
}

fn is_ports(node: Node<'_>) -> bool {
    matches!(node.base_name(), "ports" | "in-ports" | "out-ports")
}
