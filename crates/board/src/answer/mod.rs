//! The result when Linux probes the drivers of the pipelines: which devices attach, which are deferred for ever and for
//! what, which probes fail and with which error.
//!
//! It follows from the tree and the facts about the drivers alone. Everything apart from the DSI link is assumed to be
//! there: clocks and regulators, the rest of the display, and what is behind a bridge.
//!
//! * `unlinked`: peripherals whose drivers find no host.
//! * `host`: a host's probe. `attach`: where a host's driver looks when a device attaches. `peripheral`: a peripheral's
//!   probe. `lanes`: what each end states, and wants stated.

mod attach;
mod host;
mod lanes;
mod peripheral;
pub mod unlinked;

use std::collections::BTreeMap;
use std::fmt;

use crate::facts::lanes::LaneFact;
use crate::facts::{Errno, Facts, HostFact, PeripheralFact};
use crate::pipeline::{Connection, Pipeline};
use crate::tree::{Node, NodeId, Tree};

use host::HostState;
pub use lanes::asked_for as lanes_asked_for;

/// The result of a probe.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// The host is registered, or the peripheral attached.
    Attaches,
    /// The same, but there is no picture.
    NoDisplay {
        /// The error that the driver gets, if it gets one.
        error: Option<Errno>,
        /// Which function looks where, and what is missing.
        why: String,
    },
    /// No driver knows it.
    NoDriver,
    /// Its device is never registered, so nothing is probed.
    NotRegistered {
        /// Why.
        why: String,
    },
    /// It is deferred for ever: -EPROBE_DEFER, as often as the driver core tries.
    Deferred {
        /// What it waits for.
        missing: String,
    },
    /// The probe fails.
    Fails {
        /// With this error.
        error: Errno,
        /// Which function returns it, and why.
        why: String,
    },
    /// Another device is attached already, and the host takes one.
    Taken {
        /// The error of its attach.
        error: Errno,
        /// Which function returns it, and which device was first.
        why: String,
    },
}

impl Answer {
    /// Whether the host is registered, or the peripheral attached.
    #[must_use]
    pub fn is_up(&self) -> bool {
        matches!(self, Self::Attaches | Self::NoDisplay { .. })
    }

    /// The answer if something is missing, with this error.
    fn missing(error: Errno, why: String) -> Self {
        match error {
            Errno::EprobeDefer => Self::Deferred { missing: why },
            _ => Self::Fails { error, why },
        }
    }

    /// One word or two, for programs.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Attaches => "attaches",
            Self::NoDisplay { .. } => "no-display",
            Self::NoDriver => "no-driver",
            Self::NotRegistered { .. } => "not-registered",
            Self::Deferred { .. } => "deferred",
            Self::Fails { .. } => "fails",
            Self::Taken { .. } => "taken",
        }
    }

    /// The error of the kernel, if there is one.
    #[must_use]
    pub fn error(&self) -> Option<Errno> {
        match self {
            Self::Attaches | Self::NoDriver | Self::NotRegistered { .. } => None,
            Self::NoDisplay { error, .. } => *error,
            Self::Deferred { .. } => Some(Errno::EprobeDefer),
            Self::Fails { error, .. } | Self::Taken { error, .. } => Some(*error),
        }
    }

    /// Why it does not simply come up.
    #[must_use]
    pub fn why(&self) -> Option<&str> {
        match self {
            Self::Attaches | Self::NoDriver => None,
            Self::Deferred { missing: why }
            | Self::NoDisplay { why, .. }
            | Self::NotRegistered { why }
            | Self::Fails { why, .. }
            | Self::Taken { why, .. } => Some(why),
        }
    }
}

impl fmt::Display for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Attaches => f.write_str("attaches"),
            Self::NoDisplay { error: Some(error), why } => {
                write!(f, "attaches, but there is no picture ({error}): {why}")
            }
            Self::NoDisplay { error: None, why } => write!(f, "attaches, but there is no picture: {why}"),
            Self::NoDriver => f.write_str("no driver knows it"),
            Self::NotRegistered { why } => write!(f, "not registered: {why}"),
            Self::Deferred { missing } => write!(f, "deferred for ever: {missing}"),
            Self::Fails { error, why } => write!(f, "its probe fails with {error}: {why}"),
            Self::Taken { error, why } => write!(f, "its attach is refused with {error}: {why}"),
        }
    }
}

/// Finds the answers of all pipelines, which have to be grouped by host.
pub(crate) fn find(tree: &Tree, facts: &Facts, pipelines: &mut [Pipeline]) {
    let seconds = host::seconds_of_two(tree);
    for on_host in pipelines.chunk_by_mut(|one, other| one.host.node == other.host.node) {
        let Some(first) = on_host.first() else { continue };
        let mut host = HostState::new(tree, first, &seconds);
        let answer = host::before_it_registers(&host, on_host);
        for pipeline in &mut *on_host {
            pipeline.host_answer = answer.clone();
            pipeline.answer = peripheral::probe(tree, facts, &mut host, pipeline);
        }
    }
    join_links(pipelines);
    for on_host in pipelines.chunk_by_mut(|one, other| one.host.node == other.host.node) {
        let Some(first) = on_host.first() else { continue };
        let host = HostState::new(tree, first, &seconds);
        let Some(answer) = host::after_it_registered(tree, facts, &host, on_host) else { continue };
        let is_registered = answer.is_up();
        for pipeline in on_host {
            if !is_registered {
                pipeline.host_answer = answer.clone();
                pipeline.answer = peripheral::without_host(tree, pipeline);
            } else if pipeline.answer.is_up() {
                pipeline.answer = answer.clone();
            }
        }
    }
    join_links(pipelines);
}

/// Why a host's probe refuses the lanes that its node states.
pub(crate) fn wrong_host_lanes(fact: &HostFact, host: Node<'_>) -> Option<String> {
    lanes::of_host(fact, host).err().map(|wrong| wrong.why)
}

/// Why a peripheral's probe refuses the lanes that the tree states for it.
pub(crate) fn wrong_lanes(fact: &PeripheralFact, device: Node<'_>) -> Option<String> {
    let LaneFact::Stated(stated) = &fact.lanes else { return None };
    lanes::of_device(stated, device).err().map(|wrong| wrong.why)
}

/// A driver with two links attaches both or none.
fn join_links(pipelines: &mut [Pipeline]) {
    let mut down: BTreeMap<NodeId, Answer> = BTreeMap::new();
    for pipeline in pipelines.iter().filter(|pipeline| !pipeline.answer.is_up()) {
        down.entry(pipeline.peripheral.node).or_insert_with(|| pipeline.answer.clone());
    }
    for pipeline in pipelines.iter_mut().filter(|pipeline| pipeline.answer.is_up()) {
        if let Some(answer) = down.get(&pipeline.peripheral.node) {
            pipeline.answer = answer.clone();
        }
    }
}

/// Whether the peripheral is its host's child, and this is the link to it.
fn is_child(pipeline: &Pipeline) -> bool {
    matches!(pipeline.connection, Connection::Child | Connection::ChildAndGraph)
}

/// The first in a list of functions.
fn first_function(functions: &str) -> &str {
    functions.split(", ").next().unwrap_or(functions)
}

/// The function in a list that the attach of a device calls.
fn attach_function(functions: &str) -> &str {
    functions.rsplit(", ").next().unwrap_or(functions)
}
