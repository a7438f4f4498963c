//! What the tree says about one link: lanes, and whether it is one of two that carry a picture together.
//!
//! Only what the tree states; what a driver assumes otherwise is the driver's business.

use std::collections::BTreeMap;

use crate::graph::{Endpoint, Graph};
use crate::pipeline::Pipeline;
use crate::tree::{Node, NodeId};

/// Properties by which a tree says that two links belong together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum DualLink {
    /// `qcom,dual-dsi-mode` at the host.
    QcomDualDsi {
        /// `qcom,master-dsi`: whether this is the host that leads.
        master: bool,
        /// `qcom,sync-dual-dsi`: whether commands go out on both at the same time.
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
    /// The host's endpoint that leads to the peripheral.
    pub host_endpoint: Option<NodeId>,
    /// The peripheral's endpoint that leads to the host.
    pub peripheral_endpoint: Option<NodeId>,
    /// Lanes by `data-lanes` at the host's endpoint.
    pub lanes_at_host: Option<usize>,
    /// Lanes by `data-lanes` at the peripheral's endpoint, or by a property of its own node, as in old bindings.
    pub lanes_at_peripheral: Option<usize>,
    /// The number of the host's port.
    pub host_port: Option<u32>,
    /// The number of the peripheral's port.
    pub peripheral_port: Option<u32>,
    /// The properties that tie this link to another one.
    pub dual: Vec<DualLink>,
}

impl Link {
    /// How many lanes there are: as the host says, or else as the peripheral says.
    #[must_use]
    pub fn lanes(&self) -> Option<usize> {
        self.lanes_at_host.or(self.lanes_at_peripheral)
    }

    /// Reads what the tree states at both ends.
    pub(crate) fn read(graph: &Graph<'_>, host: Node<'_>, peripheral: Node<'_>) -> Self {
        let host_end = graph.link(host.id(), peripheral.id());
        let peripheral_end = graph.link(peripheral.id(), host.id());
        // The one-cell properties come from before there was `data-lanes`.
        let of_node = ["adi,dsi-lanes", "dsi-lanes"]
            .into_iter()
            .find_map(|name| peripheral.u32(name))
            .and_then(|lanes| usize::try_from(lanes).ok());
        Self {
            host_endpoint: host_end.map(|end| end.node.id()),
            peripheral_endpoint: peripheral_end.map(|end| end.node.id()),
            lanes_at_host: host_end.and_then(Endpoint::data_lanes),
            lanes_at_peripheral: peripheral_end.and_then(Endpoint::data_lanes).or(of_node),
            host_port: host_end.and_then(Endpoint::port_number),
            peripheral_port: peripheral_end.and_then(Endpoint::port_number),
            dual: dual(host, peripheral),
        }
    }
}

/// The pipelines, as indexes into `pipelines`, that carry one picture together: those that share a peripheral, and
/// those whose hosts or devices name each other. Each group is sorted; a pipeline alone is a group of one.
#[must_use]
pub fn groups(pipelines: &[Pipeline]) -> Vec<Vec<usize>> {
    let mut first_of_node: BTreeMap<NodeId, usize> = BTreeMap::new();
    let mut group_of: Vec<usize> = (0..pipelines.len()).collect();
    let mut join = |group_of: &mut Vec<usize>, node: NodeId, index: usize| {
        let other = *first_of_node.entry(node).or_insert(index);
        let (a, b) = (root(group_of, other), root(group_of, index));
        let (low, high) = (a.min(b), a.max(b));
        if let Some(group) = group_of.get_mut(high) {
            *group = low;
        }
    };
    for (index, pipeline) in pipelines.iter().enumerate() {
        join(&mut group_of, pipeline.peripheral.node, index);
    }
    for (index, pipeline) in pipelines.iter().enumerate() {
        for dual in &pipeline.link.dual {
            match *dual {
                DualLink::Link2 { other_device } => join(&mut group_of, other_device, index),
                DualLink::NvidiaGanged { other_host } => {
                    let other = pipelines.iter().find(|other| other.host.node == other_host);
                    if let Some(other) = other {
                        join(&mut group_of, other.peripheral.node, index);
                    }
                }
                DualLink::QcomDualDsi { .. } => {}
            }
        }
    }
    let mut groups: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for index in 0..pipelines.len() {
        groups.entry(root(&mut group_of, index)).or_default().push(index);
    }
    groups.into_values().collect()
}

/// The first pipeline of a group; shortens the path to it. `group_of[i] <= i`, so it ends.
fn root(group_of: &mut [usize], mut index: usize) -> usize {
    while let Some(&next) = group_of.get(index).filter(|&&next| next != index) {
        let after = group_of.get(next).copied().unwrap_or(next);
        if let Some(group) = group_of.get_mut(index) {
            *group = after;
        }
        index = next;
    }
    index
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
