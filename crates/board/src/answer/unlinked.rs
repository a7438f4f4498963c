//! Peripherals on other buses whose drivers find no host: they belong to no pipeline.

use super::{Answer, first_function, lanes};
use crate::facts::lanes::LaneFact;
use crate::facts::peripheral::{LinkNumber, Lookup, NoEndpoint};
use crate::facts::table::Missing;
use crate::facts::{Facts, PeripheralFact};
use crate::host_lookup::{self, Found};
use crate::of_graph;
use crate::pipeline::{Pipeline, other_bus_fact};
use crate::tree::{Node, NodeId, Tree};
use std::collections::BTreeSet;

/// A live device with a driver that looks for a DSI host and finds none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unlinked {
    /// Its node.
    pub node: NodeId,
    /// The compatible by which its driver knows it, and what the driver is.
    pub fact: &'static PeripheralFact,
    /// The result of its probe: it is deferred for ever, or fails.
    pub answer: Answer,
}

/// All of a tree, in the order of the tree. `pipelines` are those of the same tree and facts.
#[must_use]
pub fn find(tree: &Tree, facts: &Facts, pipelines: &[Pipeline]) -> Vec<Unlinked> {
    let linked: BTreeSet<NodeId> = pipelines.iter().map(|pipeline| pipeline.peripheral.node).collect();
    let unlinked = tree.nodes().filter(|node| !linked.contains(&node.id()));
    let unlinked = unlinked.filter_map(|node| {
        let fact = other_bus_fact(facts, node)?;
        let lookup = fact.lookup(LinkNumber::First)?;
        let answer = probe(facts, fact, lookup, node)?;
        node.is_live().then(|| Unlinked { node: node.id(), fact, answer })
    });
    unlinked.collect()
}

/// None if the chip is not used for DSI.
fn probe(facts: &Facts, fact: &PeripheralFact, lookup: &Lookup, device: Node<'_>) -> Option<Answer> {
    let found = host_lookup::follow(lookup, device);
    if let LaneFact::Stated(stated) = &fact.lanes
        && stated.before_host
        && let Err(wrong) = lanes::of_device(stated, device)
    {
        return Some(Answer::missing(wrong.error, wrong.why));
    }
    let function = first_function(lookup.functions);
    let at = format!("{function} follows {} of {}", lookup.at, device.path());
    let error = |missing| match missing {
        Missing::Error(error) => Some(error),
        Missing::Optional => None,
    };
    let elsewhere = || match other_port_to_a_host(facts, device) {
        Some((port, host)) => format!("; {port} leads to {host}"),
        None => String::new(),
    };
    match found {
        Found::NoEndpoint(NoEndpoint::NoDsi) => None,
        Found::NoEndpoint(NoEndpoint::Missing(missing)) => {
            let beside = of_graph::ports_beside(device).next().is_some();
            let what = if beside { " inside its ports node, the only place where Linux looks" } else { "" };
            let why = format!("{at}, and there is no such endpoint{what}{}", elsewhere());
            Some(Answer::missing(error(missing)?, why))
        }
        Found::NoRemote(missing) => {
            let why = format!("{at}, and it leads to nothing that is enabled{}", elsewhere());
            Some(Answer::missing(error(missing)?, why))
        }
        Found::Node(node) => {
            let is_host = facts.host(node.compatible()).is_some();
            let why = match (is_host, node.is_live()) {
                (true, false) => "which is disabled",
                (true, true) => "which is its own host or child",
                (false, _) => "which no DSI host's driver knows",
            };
            Some(Answer::missing(lookup.no_host, format!("{at} to {}, {why}", node.path())))
        }
    }
}

/// A port where the driver does not look, and the live host that it leads to.
fn other_port_to_a_host(facts: &Facts, device: Node<'_>) -> Option<(String, String)> {
    let ports = of_graph::ports(device).chain(of_graph::ports_beside(device));
    let mut endpoints = ports.flat_map(|port| port.children().map(move |endpoint| (port, endpoint)));
    endpoints.find_map(|(port, endpoint)| {
        let host = of_graph::remote_device(endpoint)?;
        let is_host = facts.host(host.compatible()).is_some() && host.is_live();
        is_host.then(|| (port.path(), host.path()))
    })
}
