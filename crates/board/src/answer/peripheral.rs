//! A peripheral's probe, up to the end of its attach.

use super::attach::{self, NotFound};
use super::host::HostState;
use super::lanes::{self, WrongLanes};
use super::{Answer, attach_function, first_function, is_child};
use crate::facts::host::{DeviceLanes, When};
use crate::facts::lanes::LaneFact;
use crate::facts::peripheral::{LinkNumber, Lookup, NoEndpoint};
use crate::facts::table::Missing;
use crate::facts::{Errno, Facts, PeripheralFact, SecondDevice};
use crate::host_lookup::{self, Found};
use crate::names::CHANNEL_FROM_OTHER_BUS;
use crate::pipeline::Pipeline;
use crate::tree::{Node, Tree};

/// The answer, with its host as it is at that moment; notes what the peripheral takes.
pub(super) fn probe(tree: &Tree, facts: &Facts, host: &mut HostState<'_>, pipeline: &Pipeline) -> Answer {
    let node = pipeline.peripheral.node;
    if is_child(pipeline) && pipeline.peripheral.channel == Some(CHANNEL_FROM_OTHER_BUS) {
        host.on_channel_0 = Some(node);
    }
    let Some(fact) = pipeline.peripheral.fact else { return Answer::NoDriver };
    let outcome = before_attach(tree, facts, host, pipeline, fact)
        .and_then(|()| attach(tree, facts, host, pipeline, fact))
        .and_then(|()| not_taken(tree, host));
    if let Err(answer) = outcome {
        return answer;
    }
    host.attached.get_or_insert(node);
    if !is_child(pipeline) {
        host.on_channel_0 = Some(node);
    }
    dark(tree, facts, host, pipeline).unwrap_or(Answer::Attaches)
}

/// The answer if the host's probe does not succeed.
pub(super) fn without_host(tree: &Tree, pipeline: &Pipeline) -> Answer {
    if pipeline.peripheral.fact.is_none() {
        return Answer::NoDriver;
    }
    let host = tree.node(pipeline.host.node).path();
    if is_child(pipeline) {
        Answer::NotRegistered { why: format!("its host {host} is not") }
    } else {
        Answer::Deferred { missing: format!("its host {host} is never registered") }
    }
}

fn before_attach(
    tree: &Tree,
    facts: &Facts,
    host: &HostState<'_>,
    pipeline: &Pipeline,
    fact: &PeripheralFact,
) -> Result<(), Answer> {
    let device = tree.node(pipeline.peripheral.node);
    let stated = match &fact.lanes {
        LaneFact::Stated(stated) => Some(stated),
        LaneFact::Fixed(_) | LaneFact::Unknown => None,
    };
    let read = |before_host: bool| match stated.filter(|stated| stated.before_host == before_host) {
        Some(stated) => lanes::of_device(stated, device).map(drop).map_err(failed),
        None => Ok(()),
    };
    read(true)?;
    if !pipeline.host_answer.is_up() {
        return Err(without_host(tree, pipeline));
    }
    read(false)?;
    if !is_child(pipeline) {
        channel_is_free(tree, host)?;
    }
    finds_hosts(facts, fact, device)
}

fn failed(WrongLanes { error, why }: WrongLanes) -> Answer {
    Answer::missing(error, why)
}

/// A driver on another bus takes channel 0; the children of the host were registered together with the host.
fn channel_is_free(tree: &Tree, host: &HostState<'_>) -> Result<(), Answer> {
    let Some(first) = host.on_channel_0 else { return Ok(()) };
    let (host, first) = (host.node.path(), tree.node(first).path());
    let why =
        format!("mipi_dsi_device_register_full: {first} has channel {CHANNEL_FROM_OTHER_BUS} of {host}");
    Err(Answer::Fails { error: Errno::Eexist, why })
}

/// What a driver finds when it looks for its hosts: a driver with two links wants both, unless one is optional.
fn finds_hosts(facts: &Facts, fact: &PeripheralFact, device: Node<'_>) -> Result<(), Answer> {
    if fact.second_device == SecondDevice::Link2Phandle {
        return link2(facts, device);
    }
    fact.lookups.iter().flatten().try_for_each(|lookup| finds_host(facts, lookup, device))
}

fn finds_host(facts: &Facts, lookup: &Lookup, device: Node<'_>) -> Result<(), Answer> {
    let function = first_function(lookup.functions);
    match host_lookup::follow(lookup, device) {
        Found::Node(node) => {
            if facts.host(node.compatible()).is_some() && node.is_live() {
                return Ok(());
            }
            let why = format!("{function}: no DSI host for {}", node.path());
            Err(Answer::missing(lookup.no_host, why))
        }
        Found::NoEndpoint(NoEndpoint::NoDsi) => Ok(()),
        Found::NoEndpoint(NoEndpoint::Missing(missing)) | Found::NoRemote(missing) => match missing {
            Missing::Optional => Ok(()),
            Missing::Error(error) => {
                let which = match lookup.link {
                    LinkNumber::First => "first",
                    LinkNumber::Second => "second",
                };
                let (at, path) = (lookup.at, device.path());
                let why = format!("{function} wants the {which} host at {at} of {path}");
                Err(Answer::missing(error, why))
            }
        },
    }
}

/// A panel whose second device has another node waits for that device.
fn link2(facts: &Facts, device: Node<'_>) -> Result<(), Answer> {
    let Some(other) = device.reference("link2") else { return Ok(()) };
    let host = other.parent().filter(|host| facts.host(host.compatible()).is_some());
    if host.is_some_and(Node::is_live) && other.is_enabled() && other.u32("reg").is_some() {
        return Ok(());
    }
    let missing = format!("of_find_mipi_dsi_device_by_node: no DSI device for {}", other.path());
    Err(Answer::Deferred { missing })
}

/// The answer of the host's driver to its attach.
fn attach(
    tree: &Tree,
    facts: &Facts,
    host: &HostState<'_>,
    pipeline: &Pipeline,
    fact: &PeripheralFact,
) -> Result<(), Answer> {
    if let Some(asked) = lanes::asked_for(fact, tree.node(pipeline.peripheral.node)) {
        takes_lanes(host, asked)?;
    }
    for lookup in host.lookups(&[When::Attach, When::AttachBind]) {
        if let Err(NotFound { missing: Missing::Error(error), why }) =
            attach::look(tree, facts, host, lookup, pipeline)
        {
            return Err(Answer::missing(error, why));
        }
    }
    Ok(())
}

fn takes_lanes(host: &HostState<'_>, asked: usize) -> Result<(), Answer> {
    let Some(limits) = host.fact.link.as_ref().map(|link| &link.limits) else { return Ok(()) };
    let Some((takes, error)) = limits.device_lanes else { return Ok(()) };
    let own = host.own_lanes.as_ref().ok().copied().flatten();
    let (fits, most) = match (takes, own) {
        (DeviceLanes::Range(range), _) => (range.has(asked), range.most),
        (DeviceLanes::UpToOwn, Some(own)) => (asked <= own, own),
        (DeviceLanes::UpToOwn, None) => return Ok(()),
    };
    if fits {
        return Ok(());
    }
    let (function, path) = (attach_function(limits.functions), host.node.path());
    let why = format!("{function}: the device asks for {asked} lanes, and {path} takes {most}");
    Err(Answer::missing(error, why))
}

/// If a host's driver goes on without what it looks for, there is no picture.
fn dark(tree: &Tree, facts: &Facts, host: &HostState<'_>, pipeline: &Pipeline) -> Option<Answer> {
    host.lookups(&[When::Attach, When::AttachBind]).find_map(|lookup| {
        let NotFound { why, .. } = attach::look(tree, facts, host, lookup, pipeline).err()?;
        Some(Answer::NoDisplay { error: None, why })
    })
}

/// Whether the host has room: no other device is attached to a host that takes one.
fn not_taken(tree: &Tree, host: &HostState<'_>) -> Result<(), Answer> {
    let limits = host.fact.link.as_ref().map(|link| &link.limits);
    let Some((limits, error)) = limits.and_then(|limits| Some((limits, limits.second_attach?))) else {
        return Ok(());
    };
    let Some(first) = host.attached else { return Ok(()) };
    let (function, path, first) =
        (attach_function(limits.functions), host.node.path(), tree.node(first).path());
    Err(Answer::Taken { error, why: format!("{function}: {path} takes one device, and has {first}") })
}
