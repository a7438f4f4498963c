//! A host, and its probe.

use std::cell::{OnceCell, RefCell};
use std::collections::BTreeSet;

use super::attach::{self, NotFound};
use super::{Answer, is_child, lanes};
use crate::facts::host::{LooksAt, Lookup, When};
use crate::facts::table::{EndpointAt, Missing, Number};
use crate::facts::{Facts, HostFact};
use crate::of_graph;
use crate::pipeline::Pipeline;
use crate::tree::{Node, NodeId, Tree};

/// A host, and what its driver has found and given away.
pub(super) struct HostState<'t> {
    pub(super) node: Node<'t>,
    pub(super) fact: &'static HostFact,
    /// Whether it is the second of two that carry one picture.
    pub(super) is_second: bool,
    /// The lanes that its own node states, or why its driver wants others.
    pub(super) own_lanes: Result<Option<usize>, lanes::WrongLanes>,
    /// The device that has attached first.
    pub(super) attached: Option<NodeId>,
    /// The device that has channel 0.
    pub(super) on_channel_0: Option<NodeId>,
    found: RefCell<Vec<FoundRemote>>,
    first_child: OnceCell<Option<NodeId>>,
}

/// What an endpoint leads to, looked up once, as many devices may attach to one host.
struct FoundRemote {
    at: EndpointAt,
    channel: u32,
    node: Option<NodeId>,
}

impl<'t> HostState<'t> {
    pub(super) fn new(tree: &'t Tree, pipeline: &Pipeline, seconds: &BTreeSet<NodeId>) -> Self {
        let node = tree.node(pipeline.host.node);
        let fact = pipeline.host.fact;
        Self {
            node,
            fact,
            is_second: seconds.contains(&node.id()),
            own_lanes: lanes::of_host(fact, node),
            attached: None,
            on_channel_0: None,
            found: RefCell::new(Vec::new()),
            first_child: OnceCell::new(),
        }
    }

    /// Where its driver looks at one of these times; empty if nobody has read that.
    pub(super) fn lookups(&self, times: &'static [When]) -> impl Iterator<Item = &'static Lookup> + use<> {
        let link = self.fact.link.as_ref();
        link.into_iter().flat_map(|link| &link.lookups).filter(|lookup| times.contains(&lookup.when))
    }

    /// What an endpoint leads to, if it is enabled.
    pub(super) fn remote(&self, at: EndpointAt, channel: u32) -> Option<Node<'t>> {
        let channel = if at.endpoint == Number::Channel { channel } else { 0 };
        let mut found = self.found.borrow_mut();
        let known =
            found.iter().find(|known| (known.at, known.channel) == (at, channel)).map(|known| known.node);
        let node = known.unwrap_or_else(|| {
            let node = of_graph::remote_at(self.node, at, channel).map(Node::id);
            found.push(FoundRemote { at, channel, node });
            node
        });
        node.map(|node| self.node.tree().node(node))
    }

    /// The first enabled child that is neither a port nor `ports`.
    pub(super) fn first_child(&self) -> Option<Node<'t>> {
        let is_port = |child: &Node<'_>| matches!(child.base_name(), "port" | "ports");
        let first = self.first_child.get_or_init(|| {
            self.node.children().find(|child| child.is_enabled() && !is_port(child)).map(Node::id)
        });
        first.map(|node| self.node.tree().node(node))
    }
}

/// The hosts that carry half of a picture while another host leads.
pub(super) fn seconds_of_two(tree: &Tree) -> BTreeSet<NodeId> {
    let is_second = |node: &Node<'_>| {
        node.property("qcom,dual-dsi-mode").is_some() && node.property("qcom,master-dsi").is_none()
    };
    let seconds = tree.nodes().filter(is_second);
    seconds
        .chain(tree.nodes().filter_map(|node| node.reference("nvidia,ganged-mode")))
        .map(Node::id)
        .collect()
}

/// The answer of the probe until the host is registered. `on_it` are its pipelines.
pub(super) fn before_it_registers(host: &HostState<'_>, on_it: &[Pipeline]) -> Answer {
    if let Err(wrong) = &host.own_lanes {
        return Answer::missing(wrong.error, wrong.why.clone());
    }
    for lookup in host.lookups(&[When::Probe]) {
        let LooksAt::Endpoint(at) = lookup.looks_at else { continue };
        let (Some(node), Missing::Error(error)) = (host.remote(at, 0), lookup.no_driver) else { continue };
        // What is on this host can't be there before it.
        if on_it.iter().any(|other| other.peripheral.node == node.id()) {
            let (function, path) = (lookup.function, node.path());
            let why = format!("{function} wants the driver of {path} first, which waits for this host");
            return Answer::missing(error, why);
        }
    }
    Answer::Attaches
}

/// The answer after that, if it is another: of the rest of the probe, or of the display.
pub(super) fn after_it_registered(
    tree: &Tree,
    facts: &Facts,
    host: &HostState<'_>,
    on_it: &[Pipeline],
) -> Option<Answer> {
    on_it.first().filter(|pipeline| pipeline.host_answer.is_up())?;
    for lookup in host.lookups(&[When::ProbeRegistered]) {
        let LooksAt::Endpoint(at) = lookup.looks_at else { continue };
        let Some(node) = host.remote(at, 0) else { continue };
        // The devices of its children have been probed, and nobody else's.
        let is_there = on_it.iter().any(|pipeline| {
            pipeline.peripheral.node == node.id() && is_child(pipeline) && pipeline.answer.is_up()
        });
        if let (false, Missing::Error(error)) = (is_there, lookup.no_driver) {
            let (function, path) = (lookup.function, node.path());
            let why =
                format!("{function} wants the driver of {path}, which is not there in the host's probe");
            return Some(Answer::missing(error, why));
        }
    }
    let attached = on_it.iter().find(|pipeline| pipeline.answer == Answer::Attaches)?;
    for lookup in host.lookups(&[When::ProbeRegistered, When::Bind, When::BridgeAttach]) {
        if let Err(NotFound { missing, why }) = attach::look(tree, facts, host, lookup, attached) {
            let error = match missing {
                Missing::Optional => None,
                Missing::Error(error) => Some(error),
            };
            return Some(Answer::NoDisplay { error, why });
        }
    }
    None
}
