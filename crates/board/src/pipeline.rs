//! Finds the DSI pipelines of a board: which host, which peripheral, how the tree ties them together.
//!
//! As Linux finds them: a host is a node that a host controller's driver knows; a peripheral is a child of the
//! host with `reg`, which the host registers, or a device on another bus that the OF graph links to the host, which
//! registers itself there. Only what is live counts: enabled, and all around it. Nothing is brought up here.

use serde::Serialize;

use crate::facts::{self, Bus, HostFact, Kind, PeripheralFact};
use crate::graph::{self, Endpoint};
use crate::link::Link;
use crate::tree::{Node, NodeId, Tree};

/// A DSI link has four virtual channels.
pub const CHANNELS: u32 = 4;

/// How the tree ties a peripheral to its host.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Connection {
    /// It is the host's child.
    Child,
    /// It is the host's child, and the graph says so too.
    #[serde(rename = "child+graph")]
    ChildAndGraph,
    /// The graph links it to the host; it is controlled over another bus.
    Graph,
    /// The graph links it to this host, but it is the child of another one: a panel with two links.
    SecondLink,
}

/// The host's end of a pipeline.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Host {
    /// The controller's node.
    pub node: NodeId,
    /// What its driver is known by, and to be.
    pub fact: &'static HostFact,
}

/// The peripheral's end of a pipeline.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Peripheral {
    /// Its node.
    pub node: NodeId,
    /// The compatible that a driver knows, else its first.
    pub compatible: String,
    /// What its driver is known by, and to be, if there is one.
    pub fact: Option<&'static PeripheralFact>,
    /// The bus that it is controlled over.
    pub control_bus: Bus,
    /// Its virtual channel, where the tree gives it. A driver on another bus chooses its own.
    pub channel: Option<u8>,
}

impl Peripheral {
    /// Panel, bridge, or unknown where no driver knows it.
    #[must_use]
    pub fn kind(&self) -> Kind {
        self.fact.map_or(Kind::Unknown, |fact| fact.kind)
    }
}

/// One live pipeline: a host, a peripheral on it, and the link between them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pipeline {
    /// The host's end.
    pub host: Host,
    /// The peripheral's end.
    pub peripheral: Peripheral,
    /// How the tree ties them together.
    pub connection: Connection,
    /// What the tree says about the link itself.
    pub link: Link,
}

/// All live pipelines, by host and then by peripheral in the order of the tree.
#[must_use]
pub fn find(tree: &Tree) -> Vec<Pipeline> {
    let mut pipelines = Vec::new();
    for node in tree.nodes() {
        let Some(fact) = host_fact(node).filter(|_| node.is_live()) else {
            continue;
        };
        let host = Host {
            node: node.id(),
            fact,
        };
        pipelines.extend(children(node, host));
        pipelines.extend(linked(node, host));
    }
    pipelines
}

/// What is known about a node as a host, where it stands on the bus that its driver is on.
fn host_fact(node: Node<'_>) -> Option<&'static HostFact> {
    facts::host(node.compatible()).filter(|fact| fact.bus == bus_of(node))
}

/// The peripherals on the host's own bus.
fn children(node: Node<'_>, host: Host) -> impl Iterator<Item = Pipeline> {
    node.children()
        .filter(|child| child.is_enabled())
        .filter_map(move |child| {
            let peripheral = on_dsi(child)?;
            let (host_end, peripheral_end) = (graph::link(node, child), graph::link(child, node));
            let connection = if host_end.is_some() || peripheral_end.is_some() {
                Connection::ChildAndGraph
            } else {
                Connection::Child
            };
            Some(Pipeline {
                host,
                peripheral,
                connection,
                link: Link::read(node, child, host_end, peripheral_end),
            })
        })
}

/// The peripherals that the graph links to the host and that are not its children.
fn linked(node: Node<'_>, host: Host) -> Vec<Pipeline> {
    let mut pipelines: Vec<Pipeline> = Vec::new();
    for host_end in graph::endpoints(node) {
        let Some(device) = host_end.remote_device().filter(|device| device.is_live()) else {
            continue;
        };
        if device.parent() == Some(node) || device == node {
            continue;
        }
        let known = pipelines.iter().any(|found| found.peripheral.node == device.id());
        if known {
            continue;
        }
        let (peripheral, connection) = if device.parent().and_then(host_fact).is_some() {
            (on_dsi(device), Connection::SecondLink)
        } else {
            (elsewhere(device, host_end), Connection::Graph)
        };
        let Some(peripheral) = peripheral else {
            continue;
        };
        let link = Link::read(node, device, Some(host_end), graph::link(device, node));
        pipelines.push(Pipeline {
            host,
            peripheral,
            connection,
            link,
        });
    }
    pipelines
}

/// A child of a host, as the host registers it: it needs a compatible and a channel that there is.
fn on_dsi(node: Node<'_>) -> Option<Peripheral> {
    let first = node.compatible().next()?;
    let channel = node.u32("reg").filter(|&channel| channel < CHANNELS)?;
    let fact = facts::peripheral(Bus::Dsi, node.compatible());
    Some(Peripheral {
        node: node.id(),
        compatible: fact.map_or(first, |fact| fact.compatible).to_owned(),
        fact,
        control_bus: Bus::Dsi,
        channel: u8::try_from(channel).ok(),
    })
}

/// A device on another bus that the host's endpoint leads to.
fn elsewhere(node: Node<'_>, _host_end: Endpoint<'_>) -> Option<Peripheral> {
    let first = node.compatible().next()?;
    let control_bus = bus_of(node);
    let fact = facts::peripheral(control_bus, node.compatible());
    if std::env::var_os("SURVEY").is_none() && fact.is_none() {
        return None;
    }
    Some(Peripheral {
        node: node.id(),
        compatible: fact.map_or(first, |fact| fact.compatible).to_owned(),
        fact,
        control_bus,
        channel: None,
    })
}

/// The bus that a node's device is on, told by the name of the node around it as the device tree specification and
/// dtc tell it.
#[must_use]
pub fn bus_of(node: Node<'_>) -> Bus {
    match node.parent().map(Node::base_name) {
        Some("i2c" | "i2c-arb" | "i2c-bus") => Bus::I2c,
        Some("spi" | "spi-bus") => Bus::Spi,
        Some(name) if name.starts_with("i2c") => Bus::I2c,
        Some(name) if name.starts_with("spi") => Bus::Spi,
        _ => Bus::Platform,
    }
}
