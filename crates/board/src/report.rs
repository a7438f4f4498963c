//! The pipelines as JSON, in the one format that tools and tests agree on.

use serde::Serialize;

use crate::answer::{Answer, lanes_asked_for};
use crate::facts::{Bus, Facts, Kind};
use crate::names::{Name, Names};
use crate::pipeline::{Connection, Pipeline};
use crate::tree::Tree;
use crate::warning::{self, Warning};

/// The whole answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Report {
    /// The live pipelines.
    pub pipelines: Vec<PipelineReport>,
    /// What is wrong with the tree, or can't be judged.
    pub warnings: Vec<Warning>,
}

/// One pipeline.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PipelineReport {
    /// The host's end.
    pub host: HostReport,
    /// The peripheral's end.
    pub device: DeviceReport,
}

/// The host's end of a pipeline.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct HostReport {
    /// The node's path.
    pub path: String,
    /// The compatible that the driver knows.
    pub compatible: &'static str,
    /// The bus that the controller is on.
    pub bus: Bus,
    /// Its driver's name on that bus.
    pub driver: DriverReport,
    /// Its name in sysfs; null if the tree lacks what the name consists of.
    pub name: Option<NameReport>,
    /// How many data lanes its endpoint states; null if it states none.
    pub lanes: Option<usize>,
    /// The result of its driver's probe.
    pub answer: AnswerReport,
}

/// The peripheral's end of a pipeline.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct DeviceReport {
    /// The node's path.
    pub path: String,
    /// The compatible that a driver knows, else the first.
    pub compatible: String,
    /// Panel, bridge or unknown.
    pub kind: Kind,
    /// The bus that it is controlled over.
    pub control_bus: Bus,
    /// The virtual channel; null if the control bus is not DSI.
    pub channel: Option<u8>,
    /// How the tree ties it to the host.
    pub connection: Connection,
    /// Its driver; null if no driver knows it.
    pub driver: Option<DriverReport>,
    /// Its name in sysfs; null if the tree lacks what the name consists of.
    pub name: Option<NameReport>,
    /// How many data lanes its driver asks for; null if nobody knows.
    pub lanes: Option<usize>,
    /// The result of its driver's probe.
    pub answer: AnswerReport,
}

/// A driver.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct DriverReport {
    /// Its name on its bus.
    pub name: &'static str,
    /// Whether the user assumes this driver: it is not one of Linux 6.12's.
    pub assumed: bool,
}

/// A name in sysfs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct NameReport {
    /// The name.
    pub text: String,
    /// Whether it has a bus number that no alias fixes.
    pub guessed: bool,
}

/// The result of a probe.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct AnswerReport {
    /// One of `attaches`, `no-display`, `no-driver`, `not-registered`, `deferred`, `fails` and `taken`.
    pub result: &'static str,
    /// The kernel's error, such as `-ENODEV`.
    pub error: Option<&'static str>,
    /// Which function returns it, and why.
    pub why: Option<String>,
}

impl AnswerReport {
    fn new(answer: &Answer) -> Self {
        Self {
            result: answer.name(),
            error: answer.error().map(|error| error.name()),
            why: answer.why().map(str::to_owned),
        }
    }
}

impl NameReport {
    fn new(name: Name) -> Self {
        Self { text: name.text, guessed: name.guessed }
    }
}

impl Report {
    /// Puts together the results for `pipelines`, found in `tree` with these drivers.
    #[must_use]
    pub fn new(tree: &Tree, facts: &Facts, pipelines: &[Pipeline]) -> Self {
        let names = Names::with(tree, facts);
        let pipeline = |pipeline: &Pipeline| PipelineReport {
            host: host(tree, &names, pipeline),
            device: device(tree, &names, pipeline),
        };
        Self {
            pipelines: pipelines.iter().map(pipeline).collect(),
            warnings: warning::find(tree, facts, pipelines),
        }
    }

    /// One line of JSON.
    ///
    /// # Errors
    ///
    /// No known error; the serializer's signature has one.
    pub fn to_json(&self) -> serde_json::Result<String> {
        serde_json::to_string(self)
    }
}

fn host(tree: &Tree, names: &Names<'_>, pipeline: &Pipeline) -> HostReport {
    let fact = pipeline.host.fact;
    HostReport {
        path: tree.node(pipeline.host.node).path(),
        compatible: fact.compatible,
        bus: fact.bus,
        driver: DriverReport { name: fact.driver_name, assumed: fact.driver.is_none() },
        name: names.host(pipeline).map(NameReport::new),
        lanes: pipeline.link.lanes_at_host,
        answer: AnswerReport::new(&pipeline.host_answer),
    }
}

fn device(tree: &Tree, names: &Names<'_>, pipeline: &Pipeline) -> DeviceReport {
    let peripheral = &pipeline.peripheral;
    let node = tree.node(peripheral.node);
    let name = match pipeline.connection {
        Connection::SecondLink => names.dsi_device(pipeline),
        _ => names.peripheral(pipeline),
    };
    let driver = |fact: &crate::facts::PeripheralFact| DriverReport {
        name: fact.driver_name,
        assumed: fact.driver.is_none(),
    };
    DeviceReport {
        path: node.path(),
        compatible: peripheral.compatible.clone(),
        kind: peripheral.kind(),
        control_bus: peripheral.control_bus,
        channel: peripheral.channel,
        connection: pipeline.connection,
        driver: peripheral.fact.map(driver),
        name: name.map(NameReport::new),
        lanes: peripheral.fact.and_then(|fact| lanes_asked_for(fact, node)).or(pipeline.link.lanes()),
        answer: AnswerReport::new(&pipeline.answer),
    }
}
