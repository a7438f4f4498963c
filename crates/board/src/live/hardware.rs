//! The virtual hardware of a board: hosts, and for each pipeline a cable with a panel or a bridge at its end.
//!
//! The chips are generic: a DCS panel if the peripheral is controlled over DSI, a bridge with a screen if over
//! I2C, a panel with a three-wire interface if over SPI. This module knows nothing of drivers.

use super::probing::Seat;
use super::watch::BusListener;
use super::{DsiLink, bus_name};
use crate::answer::{Answer, lanes_asked_for};
use crate::facts::{Bus, Facts, HostFact, PeripheralFact, Release};
use crate::names::Names;
use crate::pipeline::{Connection, Pipeline};
use crate::tree::{NodeId, Tree};
use mipi_dsi::bus::{Gone, Lanes, LinkConfig, Mode, Node, PixelFormat};
use mipi_dsi::wire::VirtualChannel;
use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::Arc;
use virtual_hardware::bridge::Screen;
use virtual_hardware::link::TapListener;
use virtual_hardware::{
    Bridge, BridgeOptions, Cable, DcsPanel, HostOptions, I2cBus, LinkDevice, PanelOptions, Picture, Rgb, Tap,
    ThreeWireSpi, VirtualClock, VirtualHost,
};

/// Makes the listener for the cable that leads to the device of this name.
pub type ListenerFactory = Rc<dyn Fn(&str) -> TapListener>;

/// The options of a live board.
#[derive(Clone)]
pub struct BoardOptions {
    /// Pixels in a row of every screen.
    pub width: u16,
    /// Rows of every screen.
    pub height: u16,
    /// Called with every packet on every cable.
    pub listener: Option<ListenerFactory>,
    /// Called with what changes on the DSI bus.
    pub bus_listener: Option<BusListener>,
    /// The drivers that there are: those with which the pipelines were found.
    pub facts: Facts,
}

impl Default for BoardOptions {
    fn default() -> Self {
        Self { width: 480, height: 320, listener: None, bus_listener: None, facts: Facts::default() }
    }
}

/// A host controller of the board.
pub struct HostHardware {
    /// Its name in sysfs.
    pub name: String,
    /// Whether the name contains a bus number that the tree does not fix.
    pub name_is_guessed: bool,
    /// The path of its node.
    pub path: String,
    /// The compatible by which its driver knows it.
    pub fact: &'static HostFact,
    /// The result of its driver's probe in Linux.
    pub answer: Answer,
    /// The controller.
    pub controller: Arc<VirtualHost>,
    /// Number of its node, by which peripherals find it.
    pub(super) node: NodeId,
    /// Whether it has been pulled out of the board.
    pub(super) is_out: Cell<bool>,
    /// Whether it is or was on the DSI bus.
    pub(super) was_registered: Cell<bool>,
    /// The peripherals on its own bus.
    pub(super) children: Vec<Rc<PeripheralHardware>>,
}

impl HostHardware {
    /// The key by which the DSI bus finds it.
    pub(super) fn bus_node(&self) -> Node {
        bus_node(self.node)
    }

    /// Its name on the DSI bus.
    pub(super) fn bus_name(&self) -> String {
        bus_name(&self.name, self.node)
    }
}

/// A node of the tree as the DSI bus knows it.
fn bus_node(node: NodeId) -> Node {
    Node(node.index())
}

/// A peripheral of the board, with its link to one host.
pub struct PeripheralHardware {
    /// The name of the peripheral's device in sysfs: `fd922800.dsi.0` on the DSI bus, `1-002c` on I2C.
    pub name: String,
    /// Whether the name contains a bus number that the tree does not fix.
    pub name_is_guessed: bool,
    /// The path of its node.
    pub path: String,
    /// The compatible by which a driver knows it, else its first compatible.
    pub compatible: String,
    /// Its driver, if there is one.
    pub fact: Option<&'static PeripheralFact>,
    /// The bus that it is controlled over.
    pub control_bus: Bus,
    /// How the tree ties it to the host.
    pub connection: Connection,
    /// The virtual channel of its DSI device.
    pub channel: VirtualChannel,
    /// What its driver asks from the link.
    pub config: LinkConfig,
    /// The result of its driver's probe in Linux.
    pub answer: Answer,
    /// Its own node.
    pub(super) node: NodeId,
    /// The host that it is linked to.
    pub(super) host: NodeId,
    /// Who has attached to that host.
    pub(super) seat: Rc<Seat>,
    /// The other links of the same peripheral.
    pub(super) second_links: Vec<Rc<PeripheralHardware>>,
    /// The cable.
    pub(super) cable: Arc<Cable<Arc<dyn LinkDevice>>>,
    /// What is at its end.
    pub(super) end: End,
    /// The link, while its driver has one.
    pub(super) link: RefCell<Option<Rc<DsiLink>>>,
    /// Why there is no link any more, if there was one.
    pub(super) gone: Cell<Option<Gone>>,
    /// Whether its DSI device is or was registered.
    pub(super) was_registered: Cell<bool>,
}

/// What is at the end of a cable.
pub(super) enum End {
    Panel(Arc<DcsPanel>),
    Bridge { bridge: Arc<Bridge>, control: I2cBus, address: u8 },
    SpiPanel { panel: Arc<DcsPanel>, control: ThreeWireSpi },
}

impl PeripheralHardware {
    /// What a viewer sees on the screen. A screen that takes video goes dark as soon as no video arrives.
    pub fn picture(&self) -> Picture {
        let picture = match &self.end {
            End::Panel(panel) | End::SpiPanel { panel, .. } => panel.picture(),
            End::Bridge { bridge, .. } => bridge.screen().picture(),
        };
        if self.config.mode != Mode::Command && !self.is_plugged() {
            return picture.map(|_| Rgb::BLACK);
        }
        picture
    }

    /// What happened to the peripheral that no data sheet allows, as sentences.
    pub fn breaches(&self) -> Vec<String> {
        match &self.end {
            End::Panel(panel) | End::SpiPanel { panel, .. } => {
                panel.breaches().iter().map(ToString::to_string).collect()
            }
            End::Bridge { bridge, .. } => bridge.breaches().iter().map(ToString::to_string).collect(),
        }
    }

    /// Whether its driver has switched the panel on; a bridge does not say.
    pub fn is_powered(&self) -> Option<bool> {
        match &self.end {
            End::Panel(panel) | End::SpiPanel { panel, .. } => Some(panel.is_powered()),
            End::Bridge { .. } => None,
        }
    }

    /// Whether the cable is in.
    pub fn is_plugged(&self) -> bool {
        self.cable.is_plugged()
    }

    /// Its links to other hosts.
    pub fn second_links(&self) -> impl Iterator<Item = &PeripheralHardware> {
        self.second_links.iter().map(|link| &**link)
    }

    /// Whether its driver leaves the release to the device model (devm).
    pub(super) fn is_managed(&self) -> bool {
        matches!(self.fact.and_then(|fact| fact.release), Some(Release::Managed) | None)
    }

    /// The key by which the DSI bus finds its host.
    pub(super) fn host_node(&self) -> Node {
        bus_node(self.host)
    }

    /// The name with which its DSI device is registered.
    pub(super) fn device_name(&self) -> String {
        bus_name(&self.name, self.node)
    }
}

/// All the hardware of a board.
pub(super) struct Hardware {
    pub(super) clock: VirtualClock,
    pub(super) hosts: Vec<Rc<HostHardware>>,
    /// In the order of the pipelines; second links are in the list of their first.
    pub(super) peripherals: Vec<Rc<PeripheralHardware>>,
}

impl Hardware {
    /// Builds the hardware that `pipelines` describe.
    pub(super) fn new(tree: &Tree, pipelines: &[Pipeline], options: &BoardOptions) -> Self {
        let clock = VirtualClock::new();
        let names = Names::with(tree, &options.facts);
        let mut builder =
            Builder { tree, names: &names, options, i2c: BTreeMap::new(), seats: BTreeMap::new() };
        let mut controllers: Vec<(NodeId, Arc<VirtualHost>)> = Vec::new();
        for pipeline in pipelines {
            if !controllers.iter().any(|(node, _)| *node == pipeline.host.node) {
                let host_options = HostOptions { senses_lines: true, ..HostOptions::default() };
                let controller = Arc::new(VirtualHost::new(clock.clone(), host_options));
                controllers.push((pipeline.host.node, controller));
            }
        }
        let controller_of = |node| controllers.iter().find(|(found, _)| *found == node).map(|(_, host)| host);

        let (second, first): (Vec<_>, Vec<_>) = pipelines
            .iter()
            .enumerate()
            .partition(|(index, pipeline)| is_second(pipelines, *index, pipeline));
        let mut build = |pipeline: &Pipeline, is_second_link, second_links| {
            let peripheral = builder.peripheral(pipeline, is_second_link, second_links);
            // What can never attach has no power, and is not on the link.
            let may_attach = pipeline.answer.is_up() || matches!(pipeline.answer, Answer::Taken { .. });
            if let Some(controller) = controller_of(pipeline.host.node).filter(|_| may_attach) {
                // A fifth device on one link is not heard: no tree of a real board has one.
                let _ = controller.connect(peripheral.cable.clone());
            }
            peripheral
        };
        let second: Vec<_> = second
            .iter()
            .map(|(_, pipeline)| (pipeline.peripheral.node, Rc::new(build(pipeline, true, vec![]))))
            .collect();
        let peripherals: Vec<_> = first
            .iter()
            .map(|(_, pipeline)| {
                let node = pipeline.peripheral.node;
                let others = second.iter().filter(|(found, _)| *found == node).map(|(_, link)| link.clone());
                (*pipeline, Rc::new(build(pipeline, false, others.collect())))
            })
            .collect();
        let hosts = controllers
            .iter()
            .filter_map(|(node, controller)| {
                let pipeline = pipelines.iter().find(|pipeline| pipeline.host.node == *node)?;
                let children = peripherals.iter().filter(|(pipeline, peripheral)| {
                    pipeline.host.node == *node && peripheral.control_bus == Bus::Dsi
                });
                let (name, name_is_guessed) = builder.name(names.host(pipeline), *node);
                Some(Rc::new(HostHardware {
                    name,
                    name_is_guessed,
                    path: tree.node(*node).path(),
                    fact: pipeline.host.fact,
                    answer: pipeline.host_answer.clone(),
                    controller: controller.clone(),
                    node: *node,
                    is_out: Cell::new(false),
                    was_registered: Cell::new(false),
                    children: children.map(|(_, peripheral)| peripheral.clone()).collect(),
                }))
            })
            .collect();
        Self {
            clock,
            hosts,
            peripherals: peripherals.into_iter().map(|(_, peripheral)| peripheral).collect(),
        }
    }
}

/// Whether a pipeline is another link of a peripheral that has one: a panel on two hosts' DSI buses, or a bridge that
/// registers a DSI device on each of two hosts. Here the second input is a separate chip.
fn is_second(pipelines: &[Pipeline], index: usize, pipeline: &Pipeline) -> bool {
    let node = pipeline.peripheral.node;
    let earlier = pipelines.iter().take(index);
    pipeline.connection == Connection::SecondLink
        || earlier
            .filter(|other| other.connection != Connection::SecondLink)
            .any(|other| other.peripheral.node == node)
}

struct Builder<'t> {
    tree: &'t Tree,
    names: &'t Names<'t>,
    options: &'t BoardOptions,
    /// By the node of the controller or of the mux's bus.
    i2c: BTreeMap<NodeId, I2cBus>,
    /// By the node of the host.
    seats: BTreeMap<NodeId, Rc<Seat>>,
}

impl Builder<'_> {
    /// The name in sysfs, or the node's own if the tree does not tell the name in sysfs; and whether it is a guess.
    fn name(&self, name: Option<crate::names::Name>, node: NodeId) -> (String, bool) {
        let of_node = || (self.tree.node(node).name().to_owned(), false);
        name.map_or_else(of_node, |name| (name.text, name.guessed))
    }

    fn peripheral(
        &mut self,
        pipeline: &Pipeline,
        is_second_link: bool,
        second_links: Vec<Rc<PeripheralHardware>>,
    ) -> PeripheralHardware {
        let node = pipeline.peripheral.node;
        let name =
            if is_second_link { self.names.dsi_device(pipeline) } else { self.names.peripheral(pipeline) };
        let (name, name_is_guessed) = self.name(name, node);
        // One that there is not has been refused when the board was to be brought up.
        // A driver on another bus, and one that registers its second link, takes channel 0.
        let channel = pipeline
            .peripheral
            .channel
            .filter(|_| !is_second_link)
            .and_then(|channel| VirtualChannel::new(channel).ok())
            .unwrap_or(VirtualChannel::VC0);
        let device = self.tree.node(node);
        let asked_for = pipeline.peripheral.fact.and_then(|fact| lanes_asked_for(fact, device));
        let lanes = asked_for
            .or(pipeline.link.lanes())
            .and_then(|lanes| Lanes::from_count(u8::try_from(lanes).ok()?));
        let config = link_config(pipeline, lanes.unwrap_or(Lanes::Four));
        let end = self.end(pipeline, channel, &config);
        let device: Arc<dyn LinkDevice> = match &end {
            End::Panel(panel) | End::SpiPanel { panel, .. } => panel.clone(),
            End::Bridge { bridge, .. } => bridge.clone(),
        };
        let device: Arc<dyn LinkDevice> = match &self.options.listener {
            Some(listener) => Arc::new(Tap::new(device, listener(&name))),
            None => device,
        };
        PeripheralHardware {
            name,
            name_is_guessed,
            path: self.tree.node(node).path(),
            compatible: pipeline.peripheral.compatible.clone(),
            fact: pipeline.peripheral.fact,
            control_bus: pipeline.peripheral.control_bus,
            connection: pipeline.connection,
            channel,
            config,
            node,
            host: pipeline.host.node,
            answer: pipeline.answer.clone(),
            seat: self
                .seats
                .entry(pipeline.host.node)
                .or_insert_with(|| Rc::new(Seat::new(pipeline.host.fact)))
                .clone(),
            second_links,
            cable: Arc::new(Cable::new(device)),
            end,
            link: RefCell::new(None),
            gone: Cell::new(None),
            was_registered: Cell::new(false),
        }
    }

    fn end(&mut self, pipeline: &Pipeline, channel: VirtualChannel, config: &LinkConfig) -> End {
        let BoardOptions { width, height, .. } = *self.options;
        let panel_options = PanelOptions { channel, ..PanelOptions::video(width, height, config) };
        match pipeline.peripheral.control_bus {
            Bus::I2c => {
                let options = BridgeOptions { channel, takes_commands: true, ..BridgeOptions::default() };
                let bridge = Arc::new(Bridge::new(options, Arc::new(Screen::new(width, height))));
                let parent = pipeline.peripheral.control_parent.unwrap_or(pipeline.peripheral.node);
                let control = self.i2c.entry(parent).or_default().clone();
                let node = self.tree.node(pipeline.peripheral.node);
                let reg = node.u32("reg").and_then(|reg| u8::try_from(reg & 0x7f).ok());
                // Two chips at one address can't be on a real bus; the second gets a free one.
                let wanted = reg.unwrap_or(0x2c);
                let address = (0..=0x7f)
                    .map(|offset| (wanted + offset) & 0x7f)
                    .find(|address| control.add_target(*address, bridge.clone()).is_ok());
                End::Bridge { bridge, control, address: address.unwrap_or(wanted) }
            }
            Bus::Spi => {
                End::SpiPanel { panel: Arc::new(DcsPanel::new(panel_options)), control: ThreeWireSpi::new() }
            }
            Bus::Dsi | Bus::Platform => End::Panel(Arc::new(DcsPanel::new(panel_options))),
        }
    }
}

/// What the peripheral's driver asks from the link: its lanes, else those that the tree states, and a mode that this
/// project chooses (in Linux each driver has its own): burst video for panels, sync pulses for bridges.
fn link_config(pipeline: &Pipeline, lanes: Lanes) -> LinkConfig {
    let config = LinkConfig::video(lanes, PixelFormat::Rgb888);
    match pipeline.peripheral.kind() {
        crate::facts::Kind::Bridge => config.sync_pulses(),
        crate::facts::Kind::Panel | crate::facts::Kind::Unknown => config.burst().low_power_commands(),
    }
}
