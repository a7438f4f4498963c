//! The names that Linux gives the devices of a board under `/sys/bus`: `fd922800.dsi`, `1-002c`, `spi0.0`,
//! `fd922800.dsi.0`.
//!
//! From the tree alone. A platform device's name is certain. The number of an I2C or SPI bus is certain if an alias
//! gives it; otherwise it depends on the order in which drivers find their devices, and a [`Name`] says that it is a
//! guess.

use std::collections::BTreeMap;
use std::fmt;

use crate::address;
use crate::facts::{Bus, Facts};
use crate::pipeline::Pipeline;
use crate::tree::{Node, NodeId, Tree};

/// The channel on which every driver of Linux 6.12 that is on another bus registers its DSI device.
pub const CHANNEL_FROM_OTHER_BUS: u8 = 0;

/// A device's name in sysfs.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Name {
    /// The name.
    pub text: String,
    /// Whether it contains a bus number that no alias fixes.
    pub guessed: bool,
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// The names of one board's devices.
#[derive(Debug)]
pub struct Names<'t> {
    tree: &'t Tree,
    facts: &'t Facts,
    i2c: BTreeMap<NodeId, BusNumber>,
    spi: BTreeMap<NodeId, BusNumber>,
}

#[derive(Clone, Copy, Debug)]
struct BusNumber {
    number: u32,
    guessed: bool,
}

impl<'t> Names<'t> {
    /// Numbers the buses.
    #[must_use]
    pub fn new(tree: &'t Tree) -> Self {
        Self::with(tree, Facts::of_linux())
    }

    /// The same, with these facts to say what is a host.
    #[must_use]
    pub fn with(tree: &'t Tree, facts: &'t Facts) -> Self {
        let number = |stem: &str| {
            let mut numbers = aliases(tree, stem);
            // Linux gives the others the numbers behind the highest alias.
            let highest = numbers.values().map(|bus| bus.number).max();
            let mut next = highest.map_or(0, |highest| highest.saturating_add(1));
            for node in tree.nodes().filter(|&node| is_bus(node, stem) && node.is_live()) {
                numbers.entry(node.id()).or_insert_with(|| {
                    let number = next;
                    next = next.saturating_add(1);
                    BusNumber { number, guessed: true }
                });
            }
            numbers
        };
        Self { tree, facts, i2c: number("i2c"), spi: number("spi") }
    }

    /// The number of an I2C bus, if the node is one, and whether it is a guess.
    #[must_use]
    pub fn i2c_bus(&self, node: NodeId) -> Option<(u32, bool)> {
        self.i2c.get(&node).map(|bus| (bus.number, bus.guessed))
    }

    /// The number of an SPI bus, if the node is one, and whether it is a guess.
    #[must_use]
    pub fn spi_bus(&self, node: NodeId) -> Option<(u32, bool)> {
        self.spi.get(&node).map(|bus| (bus.number, bus.guessed))
    }

    /// The device of a node that is on the given bus. None if the node lacks what the name consists of.
    #[must_use]
    pub fn device(&self, node: NodeId, bus: Bus) -> Option<Name> {
        let node = self.tree.node(node);
        let parent = node.parent()?;
        let (text, guessed) = match bus {
            Bus::I2c => {
                let (bus, guessed) = self.i2c_bus(parent.id())?;
                // The upper bits are flags: ten-bit address, own slave.
                let address = node.u32("reg")? & 0x3ff;
                (format!("{bus}-{address:04x}"), guessed)
            }
            Bus::Spi => {
                let (bus, guessed) = self.spi_bus(parent.id())?;
                (format!("spi{bus}.{}", node.u32("reg")?), guessed)
            }
            Bus::Dsi => {
                let host = self.facts.host(parent.compatible())?;
                let host = self.device(parent.id(), host.bus)?;
                (format!("{}.{}", host.text, node.u32("reg")?), host.guessed)
            }
            Bus::Platform => (platform(node)?, false),
        };
        Some(Name { text, guessed })
    }

    /// The controller device of a pipeline's host.
    #[must_use]
    pub fn host(&self, pipeline: &Pipeline) -> Option<Name> {
        self.device(pipeline.host.node, pipeline.host.fact.bus)
    }

    /// The DSI device of a pipeline.
    #[must_use]
    pub fn dsi_device(&self, pipeline: &Pipeline) -> Option<Name> {
        let channel = pipeline.peripheral.channel.unwrap_or(CHANNEL_FROM_OTHER_BUS);
        let mut name = self.host(pipeline)?;
        name.text = format!("{}.{channel}", name.text);
        Some(name)
    }

    /// The device that the peripheral's driver is bound to: the DSI device, or the one on the other bus. A panel's
    /// second link has no device in the tree: its driver is bound to the first.
    #[must_use]
    pub fn peripheral(&self, pipeline: &Pipeline) -> Option<Name> {
        self.device(pipeline.peripheral.node, pipeline.peripheral.control_bus)
    }
}

/// Whether a node is an I2C or SPI bus: by its name, and by how it counts addresses, unlike pin groups of such names. A
/// mux is not one, but the buses inside it are.
fn is_bus(node: Node<'_>, stem: &str) -> bool {
    node.base_name().starts_with(stem)
        && node.u32("#address-cells") == Some(1)
        && node.children().all(|child| child.base_name() != stem)
}

/// The driver core's name for a platform device: its translated address and its name, else the names on the way to
/// something that has an address.
fn platform(node: Node<'_>) -> Option<String> {
    let mut below: Option<String> = None;
    for node in std::iter::once(node).chain(node.ancestors()) {
        // The root gives no name.
        if node.parent().is_none() {
            break;
        }
        let address = address::translated(node);
        let own = match (address, node.u32("mask").filter(|&mask| mask != 0)) {
            (None, _) => node.name().to_owned(),
            (Some(address), None) => format!("{address:x}.{}", node.base_name()),
            (Some(address), Some(mask)) => {
                format!("{address:x}.{:x}.{}", mask.trailing_zeros(), node.base_name())
            }
        };
        below = Some(match below {
            Some(below) => format!("{own}:{below}"),
            None => own,
        });
        if address.is_some() {
            break;
        }
    }
    below
}

/// The nodes that `/aliases` gives a number, by `<stem><number>`.
fn aliases(tree: &Tree, stem: &str) -> BTreeMap<NodeId, BusNumber> {
    let mut numbers = BTreeMap::new();
    let aliases = tree.root().child("aliases");
    for (alias, _) in aliases.iter().flat_map(|node| node.properties()) {
        let number = alias.strip_prefix(stem).and_then(|number| number.parse().ok());
        if let (Some(number), Some(node)) = (number, tree.find(alias)) {
            numbers.entry(node.id()).or_insert(BusNumber { number, guessed: false });
        }
    }
    numbers
}
