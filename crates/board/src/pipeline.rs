//! Finds the DSI pipelines of a board: which host, which peripheral, how the tree ties them together.
//!
//! As Linux finds them: a host is a node that a host controller's driver knows; a peripheral is a child of the host
//! with `reg`, which the host registers, or a device on another bus that the OF graph links to the host, which
//! registers itself there. Only live nodes count: enabled, with everything around them enabled. Nothing is brought up
//! here.

use serde::Serialize;

use crate::answer::{self, Answer};
use crate::facts::{Bus, Facts, HostFact, Kind, PeripheralFact};
use crate::graph::Graph;
use crate::host_lookup::Lookups;
use crate::link::Link;
use crate::tree::{Node, NodeId, Tree};
use crate::warning::{self, Warning, WarningKind};

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
    /// The compatible by which its driver knows it, and what the driver is.
    pub fact: &'static HostFact,
}

/// The peripheral's end of a pipeline.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Peripheral {
    /// Its node.
    pub node: NodeId,
    /// The compatible that a driver knows, else its first.
    pub compatible: String,
    /// The compatible by which its driver knows it, and what the driver is, if there is one.
    pub fact: Option<&'static PeripheralFact>,
    /// The bus that it is controlled over.
    pub control_bus: Bus,
    /// The I2C or SPI controller, or the mux's bus, that it is controlled through.
    pub control_parent: Option<NodeId>,
    /// Its virtual channel, if the tree gives it. A driver on another bus chooses its own.
    pub channel: Option<u8>,
}

impl Peripheral {
    /// Panel, bridge, or unknown if no driver knows it.
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
    /// The result when Linux probes the host's driver.
    pub host_answer: Answer,
    /// The result when Linux probes the peripheral's driver.
    pub answer: Answer,
}

/// All live pipelines, by host and then by peripheral in the order of the tree, with the drivers of Linux 6.12.
#[must_use]
pub fn find(tree: &Tree) -> Vec<Pipeline> {
    find_with(tree, Facts::of_linux())
}

/// The same with these drivers.
#[must_use]
pub fn find_with(tree: &Tree, facts: &Facts) -> Vec<Pipeline> {
    let graph = Graph::new(tree);
    let mut lookups = Lookups::default();
    let mut pipelines = Vec::new();
    for node in tree.nodes() {
        let Some(fact) = facts.host(node.compatible()).filter(|_| node.is_live()) else {
            continue;
        };
        let host = Host { node: node.id(), fact };
        pipelines.extend(children(facts, &graph, node, host));
        pipelines.extend(linked(facts, &graph, &mut lookups, node, host));
    }
    answer::find(tree, facts, &mut pipelines);
    pipelines
}

/// Why a tree without pipelines has none: a sentence for each host that a driver knows, for each that none knows, and
/// for each peripheral whose driver finds no host.
#[must_use]
pub fn why_none(tree: &Tree, facts: &Facts) -> Vec<String> {
    let hosts = tree.nodes().filter(|node| facts.host(node.compatible()).is_some());
    let why = hosts.map(|host| {
        if !host.is_enabled() {
            return format!("{} is disabled", host.path());
        }
        match host.ancestors().find(|parent| !parent.is_enabled()) {
            Some(parent) => format!("{} is below {}, which is disabled", host.path(), parent.path()),
            None => format!("{} has no enabled peripheral", host.path()),
        }
    });
    let says_why = |warning: &Warning| {
        use WarningKind::{ChildWithoutCompatible, ChildWithoutReg, NoHost, NoSuchChannel, UnknownHost};
        matches!(
            warning.kind,
            ChildWithoutCompatible | ChildWithoutReg | NoHost | NoSuchChannel | UnknownHost
        )
    };
    let warnings = warning::find(tree, facts, &[]).into_iter().filter(says_why);
    why.chain(warnings.map(|warning| format!("{}: {}", warning.path, warning.text))).collect()
}

/// The peripherals on the host's own bus. Of several on one channel the host registers the first.
fn children(facts: &Facts, graph: &Graph<'_>, node: Node<'_>, host: Host) -> Vec<Pipeline> {
    let mut pipelines: Vec<Pipeline> = Vec::new();
    for child in node.children().filter(|child| child.is_enabled()) {
        let Some(peripheral) = on_dsi(facts, child) else {
            continue;
        };
        let taken = |found: &Pipeline| found.peripheral.channel == peripheral.channel;
        if pipelines.iter().any(taken) {
            continue;
        }
        let link = Link::read(graph, node, child);
        let in_graph = link.host_endpoint.is_some() || link.peripheral_endpoint.is_some();
        pipelines.push(Pipeline {
            host,
            peripheral,
            connection: if in_graph { Connection::ChildAndGraph } else { Connection::Child },
            link,
            host_answer: Answer::Attaches,
            answer: Answer::Attaches,
        });
    }
    pipelines
}

/// The peripherals that are not the host's children, and whose driver finds the host by the graph. It starts at the
/// peripheral's endpoint, so that direction counts, and the driver looks only at its own place.
fn linked(
    facts: &Facts,
    graph: &Graph<'_>,
    lookups: &mut Lookups,
    node: Node<'_>,
    host: Host,
) -> impl Iterator<Item = Pipeline> {
    graph
        .arriving(host.node)
        .iter()
        .map(move |&id| node.tree().node(id))
        .filter(move |device| device.parent() != Some(node) && *device != node && device.is_live())
        .filter_map(move |device| {
            let on_other_host =
                device.parent().is_some_and(|parent| facts.host(parent.compatible()).is_some());
            let (peripheral, connection) = if on_other_host {
                (on_dsi(facts, device)?, Connection::SecondLink)
            } else {
                (on_other_bus(facts, device)?, Connection::Graph)
            };
            if let Some(fact) = peripheral.fact {
                let second_only = connection == Connection::SecondLink;
                lookups.finds(fact, device, host.node, second_only).then_some(())?;
            }
            let link = Link::read(graph, node, device);
            let (host_answer, answer) = (Answer::Attaches, Answer::Attaches);
            Some(Pipeline { host, peripheral, connection, link, host_answer, answer })
        })
}

/// A child of a host, as the host registers it: it needs a compatible, and a channel that exists.
fn on_dsi(facts: &Facts, node: Node<'_>) -> Option<Peripheral> {
    let channel = node.u32("reg").filter(|&channel| channel < CHANNELS)?;
    let fact = facts.peripheral(Bus::Dsi, node.compatible());
    peripheral(node, Bus::Dsi, fact, u8::try_from(channel).ok())
}

/// A device that is linked to a host and controlled over another bus. What is on I2C or SPI can only be a peripheral,
/// known or not; what is elsewhere is one if a driver says so, else it is what feeds the host.
fn on_other_bus(facts: &Facts, node: Node<'_>) -> Option<Peripheral> {
    let bus = bus_of(node);
    match other_bus_fact(facts, node) {
        Some(fact) => peripheral(node, fact.bus, Some(fact), None),
        None if bus == Bus::Platform => None,
        None => peripheral(node, bus, None, None),
    }
}

/// What is known of a device that is controlled over another bus than DSI. A bus with an unusual name still has the
/// device that only a driver of that bus knows.
#[must_use]
pub fn other_bus_fact(facts: &Facts, node: Node<'_>) -> Option<&'static PeripheralFact> {
    [bus_of(node), Bus::I2c, Bus::Spi].into_iter().find_map(|bus| facts.peripheral(bus, node.compatible()))
}

fn peripheral(
    node: Node<'_>,
    control_bus: Bus,
    fact: Option<&'static PeripheralFact>,
    channel: Option<u8>,
) -> Option<Peripheral> {
    let first = node.compatible().next()?;
    Some(Peripheral {
        node: node.id(),
        compatible: fact.map_or(first, |fact| fact.compatible).to_owned(),
        fact,
        control_bus,
        control_parent: match control_bus {
            Bus::I2c | Bus::Spi => node.parent().map(Node::id),
            Bus::Dsi | Bus::Platform => None,
        },
        channel,
    })
}

/// The bus that a node's device is on, recognised by the name of the node around it, as dtc does: `i2c`, `i2c-bus`,
/// `i2c-arb`, `i2c-gpio`, `spi`, `spi-gpio`.
#[must_use]
pub fn bus_of(node: Node<'_>) -> Bus {
    match node.parent().map(Node::base_name) {
        Some(name) if name.starts_with("i2c") => Bus::I2c,
        Some(name) if name.starts_with("spi") => Bus::Spi,
        _ => Bus::Platform,
    }
}
