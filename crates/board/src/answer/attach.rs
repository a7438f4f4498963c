//! Where a host's driver looks for the panel or bridge, and what it finds there.

use super::host::HostState;
use crate::facts::host::{LooksAt, Lookup};
use crate::facts::peripheral::DeviceNode;
use crate::facts::table::{EndpointAt, Missing};
use crate::facts::{Bus, Facts, Kind};
use crate::host_lookup;
use crate::names::CHANNEL_FROM_OTHER_BUS;
use crate::of_graph;
use crate::pipeline::{Pipeline, other_bus_fact};
use crate::tree::{Node, Tree};

/// What a host's driver does not find.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct NotFound {
    pub(super) missing: Missing,
    pub(super) why: String,
}

/// Looks for the other end, on behalf of the device of a pipeline.
pub(super) fn look(
    tree: &Tree,
    facts: &Facts,
    host: &HostState<'_>,
    lookup: &Lookup,
    pipeline: &Pipeline,
) -> Result<(), NotFound> {
    if lookup.not_on_second && host.is_second {
        return Ok(());
    }
    let function = lookup.function;
    let channel = u32::from(pipeline.peripheral.channel.unwrap_or(CHANNEL_FROM_OTHER_BUS));
    let found = match lookup.looks_at {
        LooksAt::Endpoint(at) => host.remote(at, channel),
        LooksAt::Device => device_node(tree, pipeline),
        LooksAt::ChildElseEndpoint(at) => host.first_child().or_else(|| host.remote(at, channel)),
        LooksAt::EndpointElseDevice(at) => host.remote(at, channel).or_else(|| device_node(tree, pipeline)),
        LooksAt::Children => return children(facts, lookup, host.node),
    };
    let Some(node) = found else {
        let why = format!("{function} looks at {}", nothing(lookup.looks_at, host.node));
        return Err(NotFound { missing: lookup.nothing, why });
    };
    if takes(lookup, kind(facts, pipeline, node)) {
        return Ok(());
    }
    let wants = match (lookup.takes_panel, lookup.takes_bridge) {
        (true, false) => "panel",
        (false, true) => "bridge",
        _ => "panel or bridge",
    };
    let why = format!("{function} finds {}, which is not a {wants} that a driver knows", node.path());
    Err(NotFound { missing: lookup.no_driver, why })
}

/// Every child has to be a panel or bridge, and the host has to take one of them.
fn children(facts: &Facts, lookup: &Lookup, host: Node<'_>) -> Result<(), NotFound> {
    let function = lookup.function;
    let children: Vec<_> = host.children().filter(|child| child.is_enabled()).collect();
    let of_child = |child: &Node<'_>| known_kind(facts, *child, Bus::Dsi);
    if let Some(unknown) = children.iter().find(|child| of_child(child) == Kind::Unknown) {
        let why = format!(
            "{function} finds {}, which is not a panel or bridge that a driver knows",
            unknown.path()
        );
        return Err(NotFound { missing: lookup.no_driver, why });
    }
    if children.iter().any(|child| takes(lookup, of_child(child))) {
        return Ok(());
    }
    let why = format!("{function} looks for a panel among the children of {}", host.path());
    Err(NotFound { missing: lookup.nothing, why })
}

/// The node of the DSI device that attaches. A device that a driver registers itself usually has none.
fn device_node<'t>(tree: &'t Tree, pipeline: &Pipeline) -> Option<Node<'t>> {
    let own = tree.node(pipeline.peripheral.node);
    if super::is_child(pipeline) {
        return Some(own);
    }
    let host = tree.node(pipeline.host.node);
    let mut lookups = pipeline.peripheral.fact?.lookups.iter().flatten();
    let lookup = lookups.find(|lookup| host_lookup::host_of(lookup, own) == Some(host))?;
    match lookup.device_node {
        DeviceNode::None => None,
        DeviceNode::Own => Some(own),
        DeviceNode::Host => Some(host),
        DeviceNode::Port => of_graph::endpoint_at(own, lookup.at, 0)?.reference("remote-endpoint")?.parent(),
    }
}

/// What is missing, in words.
fn nothing(looks_at: LooksAt, host: Node<'_>) -> String {
    let path = host.path();
    let endpoint = |at: EndpointAt| {
        let what = match of_graph::endpoint_at(host, at, 0) {
            None if of_graph::ports_beside(host).next().is_some() => {
                "there is no such endpoint inside its ports node, the only place where Linux looks"
            }
            None => "there is no such endpoint",
            Some(endpoint) => match of_graph::remote_device(endpoint) {
                None => "it leads nowhere",
                Some(_) => "what it leads to is disabled",
            },
        };
        format!("{at} of {path}, and {what}")
    };
    match looks_at {
        LooksAt::Endpoint(at) => endpoint(at),
        LooksAt::ChildElseEndpoint(at) => format!("the first child of {path}, else at {}", endpoint(at)),
        LooksAt::EndpointElseDevice(at) => {
            format!("{}, and the device that attaches has no node", endpoint(at))
        }
        LooksAt::Device => "the node of the device that attaches, and it has none".to_owned(),
        LooksAt::Children => format!("the children of {path}, and there are none"),
    }
}

fn takes(lookup: &Lookup, kind: Kind) -> bool {
    match kind {
        Kind::Panel => lookup.takes_panel,
        Kind::Bridge => lookup.takes_bridge,
        Kind::Unknown => false,
    }
}

/// Whether the node that the host's driver has found is a panel or a bridge.
fn kind(facts: &Facts, pipeline: &Pipeline, node: Node<'_>) -> Kind {
    if node.id() == pipeline.peripheral.node {
        return pipeline.peripheral.kind();
    }
    let bus = if node.parent().is_some_and(|parent| facts.host(parent.compatible()).is_some()) {
        Bus::Dsi
    } else {
        Bus::Platform
    };
    known_kind(facts, node, bus)
}

fn known_kind(facts: &Facts, node: Node<'_>, bus: Bus) -> Kind {
    let fact = match bus {
        Bus::Dsi => facts.peripheral(Bus::Dsi, node.compatible()),
        _ => other_bus_fact(facts, node),
    };
    fact.map_or(Kind::Unknown, |fact| fact.kind)
}
