//! What is wrong with a tree, or can't be judged, as far as its DSI links go.
//!
//! The result for a pipeline is its [`crate::answer`]; this module says why, or what Linux skips silently.
//!
//! * `graph`: links and ports. `children`: a host's children. `hosts`: where hosts are, and hosts that nobody knows.

mod children;
mod graph;
mod hosts;

use std::collections::BTreeSet;

use serde::Serialize;

use crate::answer::unlinked::{self, Unlinked};
use crate::answer::{Answer, lanes_asked_for};
use crate::facts::Facts;
use crate::facts::lanes::LaneFact;
use crate::names::Names;
use crate::pipeline::Pipeline;
use crate::tree::{Node, NodeId, Tree};

/// What a warning is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum WarningKind {
    /// An endpoint leads to one that does not lead back, or to nothing.
    OneSidedLink,
    /// A port beside `ports`: Linux looks only inside `ports`.
    PortBesidePorts,
    /// Lanes that a driver wants and the tree does not state.
    MissingLanes,
    /// A host's child without `reg`, or with less than a cell there: Linux registers no device for it.
    ChildWithoutReg,
    /// A host's child with `reg` and without `compatible`: Linux registers no device for it.
    ChildWithoutCompatible,
    /// A host's child on a channel that DSI does not have.
    NoSuchChannel,
    /// Two devices on one channel of a host: Linux registers the first.
    ChannelTaken,
    /// A node around a host, for whose children Linux is not known to create devices.
    ParentNotPopulated,
    /// A host whose device would have another host's name in sysfs: Linux creates the first.
    NameTaken,
    /// A node that looks like a host, but no driver knows it.
    UnknownHost,
    /// A peripheral whose driver finds no host.
    NoHost,
    /// Nobody has read where a driver looks.
    NotJudged,
}

/// One warning.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Warning {
    /// The path of the node that it is about.
    pub path: String,
    /// What it is about.
    pub kind: WarningKind,
    /// The warning, without the path.
    pub text: String,
}

impl Warning {
    fn new(node: Node<'_>, kind: WarningKind, text: impl Into<String>) -> Self {
        Self { path: node.path(), kind, text: text.into() }
    }
}

/// All warnings of a tree, by kind and then in the order of the tree. `pipelines` are those of the same tree and facts.
#[must_use]
pub fn find(tree: &Tree, facts: &Facts, pipelines: &[Pipeline]) -> Vec<Warning> {
    let unlinked = unlinked::find(tree, facts, pipelines);
    let ends = ends(tree, facts, pipelines, &unlinked);
    let mut warnings = Vec::new();
    warnings.extend(graph::one_sided(tree, &ends));
    warnings.extend(ends.iter().filter_map(|end| graph::port_beside_ports(tree.node(*end))));
    warnings.extend(missing_lanes(tree, pipelines));
    let hosts = || tree.nodes().filter(|node| facts.host(node.compatible()).is_some() && node.is_live());
    for host in hosts() {
        warnings.extend(children::wrong(facts, host));
        warnings.extend(hosts::parent_not_populated(facts, host));
    }
    warnings.extend(hosts::names_taken(&Names::with(tree, facts), facts, hosts()));
    warnings.extend(channels_taken(tree, pipelines));
    warnings.extend(hosts::unknown(tree, facts));
    warnings.extend(unlinked.iter().map(|unlinked| {
        let text = format!("driver {}: {}", unlinked.fact.driver_name, unlinked.answer);
        Warning::new(tree.node(unlinked.node), WarningKind::NoHost, text)
    }));
    warnings.extend(not_judged(tree, pipelines));
    warnings
}

/// The nodes whose links matter: live hosts, the peripherals of pipelines, and peripherals that find no host.
fn ends(tree: &Tree, facts: &Facts, pipelines: &[Pipeline], unlinked: &[Unlinked]) -> BTreeSet<NodeId> {
    let hosts = tree.nodes().filter(|node| facts.host(node.compatible()).is_some() && node.is_live());
    hosts
        .map(Node::id)
        .chain(pipelines.iter().map(|pipeline| pipeline.peripheral.node))
        .chain(unlinked.iter().map(|unlinked| unlinked.node))
        .collect()
}

/// Lanes that are missing, so that a probe fails, or nobody can tell what it does.
fn missing_lanes(tree: &Tree, pipelines: &[Pipeline]) -> Vec<Warning> {
    let mut warned = BTreeSet::new();
    let mut warnings = Vec::new();
    for pipeline in pipelines {
        let host = tree.node(pipeline.host.node);
        if let Some(why) = crate::answer::wrong_host_lanes(pipeline.host.fact, host)
            && warned.insert(host.id())
        {
            warnings.push(Warning::new(host, WarningKind::MissingLanes, why));
        }
        let device = tree.node(pipeline.peripheral.node);
        let Some(fact) = pipeline.peripheral.fact else { continue };
        if matches!(fact.lanes, LaneFact::Stated(_))
            && lanes_asked_for(fact, device).is_none()
            && warned.insert(device.id())
        {
            let why = crate::answer::wrong_lanes(fact, device)
                .unwrap_or_else(|| "its driver wants the number of lanes, and without it reads a variable that it has not set".to_owned());
            warnings.push(Warning::new(device, WarningKind::MissingLanes, why));
        }
    }
    warnings
}

/// Drivers on another bus that come too late for channel 0.
fn channels_taken<'t>(tree: &'t Tree, pipelines: &'t [Pipeline]) -> impl Iterator<Item = Warning> {
    let taken = pipelines.iter().filter_map(|pipeline| match &pipeline.answer {
        Answer::Fails { error: crate::facts::Errno::Eexist, why } => Some((pipeline, why)),
        _ => None,
    });
    taken.map(|(pipeline, why)| {
        Warning::new(tree.node(pipeline.peripheral.node), WarningKind::ChannelTaken, why.clone())
    })
}

/// Drivers of which nobody knows where they look: those that the user assumes.
fn not_judged(tree: &Tree, pipelines: &[Pipeline]) -> Vec<Warning> {
    let mut nodes = BTreeSet::new();
    for pipeline in pipelines {
        if pipeline.host.fact.link.is_none() {
            nodes.insert(pipeline.host.node);
        }
        if pipeline.peripheral.fact.is_some_and(|fact| fact.lookups.is_none()) {
            nodes.insert(pipeline.peripheral.node);
        }
    }
    let text = "nobody knows where its driver looks for the other end, so the link is not judged";
    nodes.into_iter().map(|node| Warning::new(tree.node(node), WarningKind::NotJudged, text)).collect()
}
