//! The pipelines as JSON, in the one shape that tools and tests agree on.

use serde::Serialize;

use crate::facts::{Bus, Kind};
use crate::pipeline::{Connection, Pipeline};
use crate::tree::Tree;

/// The whole answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Report {
    /// The live pipelines.
    pub pipelines: Vec<PipelineReport>,
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
    /// The virtual channel; null where the control bus is not DSI.
    pub channel: Option<u8>,
    /// How the tree ties it to the host.
    pub connection: Connection,
}

impl Report {
    /// Puts together what `pipelines`, found in `tree`, come to.
    #[must_use]
    pub fn new(tree: &Tree, pipelines: &[Pipeline]) -> Self {
        let pipelines = pipelines
            .iter()
            .map(|pipeline| PipelineReport {
                host: HostReport {
                    path: tree.node(pipeline.host.node).path(),
                    compatible: pipeline.host.fact.compatible,
                    bus: pipeline.host.fact.bus,
                },
                device: DeviceReport {
                    path: tree.node(pipeline.peripheral.node).path(),
                    compatible: pipeline.peripheral.compatible.clone(),
                    kind: pipeline.peripheral.kind(),
                    control_bus: pipeline.peripheral.control_bus,
                    channel: pipeline.peripheral.channel,
                    connection: pipeline.connection,
                },
            })
            .collect();
        Self { pipelines }
    }

    /// One line of JSON.
    ///
    /// # Errors
    ///
    /// None that is known of; the serializer's signature has one.
    pub fn to_json(&self) -> serde_json::Result<String> {
        serde_json::to_string(self)
    }
}
