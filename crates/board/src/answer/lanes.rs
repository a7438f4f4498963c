//! How many data lanes each end states, and what happens if a driver wants other lanes.

use crate::facts::host::{OwnLanes, OwnLanesMissing};
use crate::facts::lanes::{LaneFact, LanesMissing, StatedLanes};
use crate::facts::{Errno, HostFact, PeripheralFact};
use crate::of_graph;
use crate::tree::Node;

/// Lanes that differ from what a driver wants.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct WrongLanes {
    pub(super) error: Errno,
    pub(super) why: String,
}

/// The lanes that a host's own node states, or that its driver takes; none if nothing is known or wanted.
pub(super) fn of_host(fact: &HostFact, host: Node<'_>) -> Result<Option<usize>, WrongLanes> {
    let Some(own) = fact.link.as_ref().and_then(|link| link.limits.own_lanes.as_ref()) else {
        return Ok(None);
    };
    let endpoint = of_graph::endpoint_at(host, own.at, 0);
    let wrong = |error, what: &str| {
        let functions = fact.link.as_ref().map_or("", |link| link.limits.functions);
        let function = super::first_function(functions);
        let (property, at, host) = (own.property, own.at, host.path());
        Err(WrongLanes { error, why: format!("{function} wants {property} at {at} of {host}{what}") })
    };
    let Some(value) = endpoint.and_then(|endpoint| endpoint.property(own.property)) else {
        return match (own.missing, endpoint) {
            (OwnLanesMissing::Default(lanes), _) => Ok(Some(lanes)),
            (OwnLanesMissing::ErrorAtEndpoint(_), None) => Ok(None),
            (OwnLanesMissing::Error(error), None) => wrong(error, ", and there is no such endpoint"),
            (OwnLanesMissing::Error(error) | OwnLanesMissing::ErrorAtEndpoint(error), Some(_)) => {
                wrong(error, ", and it has none")
            }
        };
    };
    match count(own, value) {
        Some(lanes) => Ok(Some(lanes)),
        None => {
            let expected = match own.property {
                "lanes" => "an even number of cells, 4 or more",
                _ => "1 to 4 cells",
            };
            wrong(Errno::Einval, &format!(" with {expected}, and it has {}", cells(value)))
        }
    }
}

/// How many cells a value has, or bytes, if they are no cells.
fn cells(value: &[u8]) -> String {
    match value.len() {
        bytes if !bytes.is_multiple_of(4) => format!("{bytes} bytes"),
        0 => "no value".to_owned(),
        bytes => format!("{}", bytes / 4),
    }
}

/// `data-lanes` has an entry for each of one to four lanes; `lanes` two pins for each of them and for the clock.
fn count(own: &OwnLanes, value: &[u8]) -> Option<usize> {
    if !value.len().is_multiple_of(4) {
        return None;
    }
    let entries = value.len() / 4;
    match own.property {
        "lanes" => (entries >= 4 && entries.is_multiple_of(2)).then(|| entries / 2 - 1),
        _ => (1..=4).contains(&entries).then_some(entries),
    }
}

/// How many lanes a peripheral's driver asks for, if known.
#[must_use]
pub fn asked_for(fact: &PeripheralFact, device: Node<'_>) -> Option<usize> {
    match &fact.lanes {
        LaneFact::Unknown => None,
        LaneFact::Fixed(lanes) => Some(*lanes),
        LaneFact::Stated(stated) => of_device(stated, device).ok().flatten(),
    }
}

/// The lanes that the tree states for a peripheral's driver; none if nobody can tell.
pub(super) fn of_device(stated: &StatedLanes, device: Node<'_>) -> Result<Option<usize>, WrongLanes> {
    let endpoint = match stated.at {
        Some(at) => of_graph::endpoint_at(device, at, 0),
        None => Some(device),
    };
    let at_own = endpoint.and_then(|endpoint| value(stated, endpoint));
    let fits = |lanes: &usize| stated.lanes.is_none_or(|range| range.has(*lanes));
    let at_remote = || {
        let remote = endpoint.filter(|_| stated.or_at_remote)?.reference("remote-endpoint")?;
        value(stated, remote)
    };
    if let Some(lanes) = at_own.filter(fits).or_else(|| at_remote().filter(fits)) {
        return Ok(Some(lanes));
    }
    let (missing, what) = match (endpoint, at_own) {
        (None, _) => (stated.missing, ", and there is no such endpoint".to_owned()),
        (Some(_), None) => (stated.missing, ", and it has none".to_owned()),
        (Some(_), Some(lanes)) => {
            let range = stated.lanes.map(|range| format!(" for {} to {} lanes", range.fewest, range.most));
            (stated.wrong, format!("{}, and it has {lanes}", range.unwrap_or_default()))
        }
    };
    match missing {
        LanesMissing::Default(lanes) => Ok(Some(lanes)),
        LanesMissing::Undefined => Ok(None),
        LanesMissing::Error(error) => {
            let at = stated.at.map(|at| format!("{at} of ")).unwrap_or_default();
            let StatedLanes { function, property, .. } = stated;
            let why = format!("{function} wants {property} at {at}{}{what}", device.path());
            Err(WrongLanes { error, why })
        }
    }
}

fn value(stated: &StatedLanes, node: Node<'_>) -> Option<usize> {
    if stated.counts_entries() {
        of_graph::lane_entries(node, stated.property)
    } else {
        node.u32(stated.property).and_then(|lanes| usize::try_from(lanes).ok())
    }
}
