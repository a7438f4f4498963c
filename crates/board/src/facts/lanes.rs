//! How many lanes the drivers of peripherals ask for, from `peripheral_lanes.tsv`. If that is one number for each
//! compatible, `dsi_peripherals.tsv` has it.

use super::Bus;
use super::table::{EndpointAt, Errno, LaneRange, columns, rows};

/// How many lanes a driver asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LaneFact {
    /// Nobody has read it.
    Unknown,
    /// This number.
    Fixed(usize),
    /// As many as the tree states.
    Stated(StatedLanes),
}

/// Where the tree states the lanes that a driver asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StatedLanes {
    /// The property. `data-lanes` has an entry for each lane; the others have the number.
    pub property: &'static str,
    /// The endpoint that has it; none if the device's own node has it.
    pub at: Option<EndpointAt>,
    /// Whether the endpoint at the host's side counts if it is not there.
    pub or_at_remote: bool,
    /// The numbers that the driver accepts; none if it accepts any.
    pub lanes: Option<LaneRange>,
    /// What happens if there is no number.
    pub missing: LanesMissing,
    /// What happens if there is another number.
    pub wrong: LanesMissing,
    /// Whether the driver looks for it before it looks for its host.
    pub before_host: bool,
    /// The function of the kernel that does it.
    pub function: &'static str,
}

impl StatedLanes {
    /// Whether an entry of the property is one lane.
    #[must_use]
    pub fn counts_entries(&self) -> bool {
        self.property == "data-lanes"
    }
}

/// What happens if lanes are missing or wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LanesMissing {
    /// The driver takes this number.
    Default(usize),
    /// It gives up.
    Error(Errno),
    /// It uses a variable that it has not set: nobody can tell what happens.
    Undefined,
}

impl LanesMissing {
    fn parse(text: &str) -> Option<Self> {
        match text {
            "?" => Some(Self::Undefined),
            _ => text.parse().ok().map(Self::Default).or_else(|| Errno::parse(text).map(Self::Error)),
        }
    }
}

const TABLE: &str = include_str!("../../facts/peripheral_lanes.tsv");

/// By driver and bus.
pub(super) fn all() -> impl Iterator<Item = ((&'static str, Bus), LaneFact)> {
    rows(TABLE).filter_map(parse_lanes)
}

fn parse_lanes(row: &'static str) -> Option<((&'static str, Bus), LaneFact)> {
    let [driver, bus, property, at, lanes, missing, wrong, checked, function] = columns(row)?;
    let driver = (driver, Bus::parse(bus)?);
    if property == "-" {
        let none = [at, missing, wrong, checked] == ["-"; 4];
        return none.then_some((driver, LaneFact::Fixed(lanes.parse().ok()?)));
    }
    let (at, or_at_remote) = match at.strip_suffix("-or-remote") {
        Some(at) => (at, true),
        None => (at, false),
    };
    let at = match at {
        "device" => None,
        _ => {
            let (port, endpoint) = at.split_once('/')?;
            Some(EndpointAt::parse(port, endpoint)?)
        }
    };
    let lanes = match lanes {
        "any" => None,
        _ => Some(LaneRange::parse(lanes)?),
    };
    let missing = LanesMissing::parse(missing)?;
    let wrong = match (wrong, lanes) {
        ("-", None) => missing,
        _ => LanesMissing::parse(wrong)?,
    };
    let before_host = match checked {
        "before" => true,
        "after" | "-" => false,
        _ => return None,
    };
    let stated = StatedLanes { property, at, or_at_remote, lanes, missing, wrong, before_host, function };
    Some((driver, LaneFact::Stated(stated)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_parses() {
        for row in rows(TABLE) {
            assert!(parse_lanes(row).is_some(), "{row}");
        }
    }
}
