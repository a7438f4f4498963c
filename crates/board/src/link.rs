//! What the tree says about one link: lanes, and whether it is one of two that carry a picture together.
//!
//! Only what is stated; what a driver assumes where nothing is stated is the driver's business.

use crate::graph::Endpoint;
use crate::tree::{Node, NodeId};

/// Properties by which a tree says that two links belong together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum DualLink {
    /// `qcom,dual-dsi-mode` at the host.
    QcomDualDsi {
        /// `qcom,master-dsi`: this is the host that leads.
        master: bool,
        /// `qcom,sync-dual-dsi`: commands go out on both at the same time.
        sync: bool,
    },
    /// `nvidia,ganged-mode` at the host: the phandle of the other host.
    NvidiaGanged {
        /// The other host.
        other_host: NodeId,
    },
    /// `link2` at the peripheral: the phandle of the DSI device on the other host.
    Link2 {
        /// The other DSI device.
        other_device: NodeId,
    },
}

/// What the tree states about a link.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Link {
    /// Lanes by `data-lanes` at the host's endpoint.
    pub lanes_at_host: Option<usize>,
    /// Lanes by `data-lanes` at the peripheral's endpoint, or by a property of its own node, as old bindings have it.
    pub lanes_at_peripheral: Option<usize>,
    /// The number of the host's port.
    pub host_port: Option<u32>,
    /// The number of the peripheral's port.
    pub peripheral_port: Option<u32>,
    /// The link belongs to another one, by these properties.
    pub dual: Vec<DualLink>,
}

impl Link {
    /// How many lanes there are: as the host says, else as the peripheral does.
    #[must_use]
    pub fn lanes(&self) -> Option<usize> {
        self.lanes_at_host.or(self.lanes_at_peripheral)
    }

    /// Reads what is stated at both ends.
    pub(crate) fn read(
        host: Node<'_>,
        peripheral: Node<'_>,
        host_end: Option<Endpoint<'_>>,
        peripheral_end: Option<Endpoint<'_>>,
    ) -> Self {
        // The one-cell properties come from before there was `data-lanes`.
        let of_node = ["adi,dsi-lanes", "dsi-lanes"]
            .into_iter()
            .find_map(|name| peripheral.u32(name))
            .and_then(|lanes| usize::try_from(lanes).ok());
        Self {
            lanes_at_host: host_end.and_then(Endpoint::data_lanes),
            lanes_at_peripheral: peripheral_end.and_then(Endpoint::data_lanes).or(of_node),
            host_port: host_end.and_then(Endpoint::port_number),
            peripheral_port: peripheral_end.and_then(Endpoint::port_number),
            dual: dual(host, peripheral),
        }
    }
}

fn dual(host: Node<'_>, peripheral: Node<'_>) -> Vec<DualLink> {
    let mut dual = Vec::new();
    if host.property("qcom,dual-dsi-mode").is_some() {
        dual.push(DualLink::QcomDualDsi {
            master: host.property("qcom,master-dsi").is_some(),
            sync: host.property("qcom,sync-dual-dsi").is_some(),
        });
    }
    if let Some(other) = host.reference("nvidia,ganged-mode") {
        let other_host = other.id();
        dual.push(DualLink::NvidiaGanged { other_host });
    }
    if let Some(other) = peripheral.reference("link2") {
        let other_device = other.id();
        dual.push(DualLink::Link2 { other_device });
    }
    dual
}
