//! What is known of the drivers of peripherals, from `dsi_peripherals.tsv`, `other_bus_peripherals.tsv` and
//! `peripheral_lookups.tsv`.

use std::collections::HashMap;
use std::sync::LazyLock;

use super::lanes::{self, LaneFact};
use super::table::{EndpointAt, Errno, Missing, columns, rows};
use super::{Bus, Kind};

/// How a peripheral's driver gets a second DSI device.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SecondDevice {
    /// It has only one.
    None,
    /// It takes the one that the phandle `link2` names.
    Link2Phandle,
    /// It registers one on the host that the graph names.
    Registers,
    /// Only one, but the same chip can be controlled over I2C.
    AlsoOnI2c,
}

/// How a driver on another bus releases the DSI device that it has created.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Release {
    /// Automatically (devm), when the driver is unbound.
    Managed,
    /// In its remove function.
    Plain,
    /// It detaches by devm, and forgets to unregister (ti-dlpc3433).
    ForgetsToUnregister,
    /// It undoes nothing: the device stays registered and attached (chipone-icn6211 on I2C).
    UndoesNothing,
}

/// A compatible that a peripheral's driver knows, on the DSI bus or on another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PeripheralFact {
    /// The compatible.
    pub compatible: &'static str,
    /// The driver's name on its bus.
    pub driver_name: &'static str,
    /// The bus over which it is controlled.
    pub bus: Bus,
    /// Panel or bridge.
    pub kind: Kind,
    /// How it gets a second DSI device.
    pub second_device: SecondDevice,
    /// How it releases its DSI device; none on the DSI bus, where the host creates it.
    pub release: Option<Release>,
    /// The hosts on which it registers a DSI device, and how it finds them. None if nobody has read that: then
    /// every endpoint counts.
    pub lookups: Option<Vec<Lookup>>,
    /// How many lanes it asks for.
    pub lanes: LaneFact,
    /// The driver's source in Linux; none if the user assumes the driver.
    pub driver: Option<&'static str>,
}

impl PeripheralFact {
    /// How it finds the host of its first or second link.
    #[must_use]
    pub fn lookup(&self, link: LinkNumber) -> Option<&Lookup> {
        self.lookups.as_ref()?.iter().find(|lookup| lookup.link == link)
    }
}

/// Which of a peripheral's links.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LinkNumber {
    /// Its only one, or the one that comes first.
    First,
    /// The one beside it, on another host.
    Second,
}

/// How a peripheral's driver finds a host by the graph.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lookup {
    /// For which of its links.
    pub link: LinkNumber,
    /// The endpoint that it follows.
    pub at: EndpointAt,
    /// Whether it ignores a disabled node.
    pub wants_enabled: bool,
    /// What happens if there is no such endpoint.
    pub no_endpoint: NoEndpoint,
    /// What happens if the endpoint leads nowhere.
    pub no_remote: Missing,
    /// What happens if no host is registered for the node.
    pub no_host: Errno,
    /// The node that its DSI device gets.
    pub device_node: DeviceNode,
    /// The functions of the kernel that do it.
    pub functions: &'static str,
}

/// What happens if an endpoint is missing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoEndpoint {
    /// The chip is not used for DSI.
    NoDsi,
    /// The same as for anything else that is missing.
    Missing(Missing),
}

/// The node of a DSI device that a driver registers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeviceNode {
    /// None.
    None,
    /// The driver's own.
    Own,
    /// The port of the host.
    Port,
    /// The host's.
    Host,
}

const ON_DSI: &str = include_str!("../../facts/dsi_peripherals.tsv");
const ELSEWHERE: &str = include_str!("../../facts/other_bus_peripherals.tsv");
const LOOKUPS: &str = include_str!("../../facts/peripheral_lookups.tsv");

/// The facts of a compatible, one for each bus that it can be controlled over.
pub(super) static PERIPHERALS: LazyLock<HashMap<&str, Vec<PeripheralFact>>> = LazyLock::new(|| {
    let mut lookups: HashMap<(&str, Bus), Vec<Lookup>> = HashMap::new();
    for (driver, lookup) in rows(LOOKUPS).filter_map(parse_lookup) {
        lookups.entry(driver).or_default().push(lookup);
    }
    let lanes: HashMap<(&str, Bus), LaneFact> = lanes::all().collect();
    let mut facts: HashMap<_, Vec<_>> = HashMap::new();
    for mut fact in rows(ON_DSI).filter_map(parse_on_dsi).chain(rows(ELSEWHERE).filter_map(parse_elsewhere)) {
        let driver = (fact.driver_name, fact.bus);
        if let Some(lanes) = lanes.get(&driver) {
            fact.lanes = *lanes;
        }
        let registers = match fact.bus {
            Bus::Dsi => fact.second_device == SecondDevice::Registers,
            _ => true,
        };
        fact.lookups = if registers { lookups.get(&driver).cloned() } else { Some(Vec::new()) };
        facts.entry(fact.compatible).or_default().push(fact);
    }
    facts
});

fn parse_on_dsi(row: &'static str) -> Option<PeripheralFact> {
    let [compatible, driver_name, kind, second_device, lanes, driver] = columns(row)?;
    Some(PeripheralFact {
        compatible,
        driver_name,
        bus: Bus::Dsi,
        kind: Kind::parse(kind)?,
        second_device: match second_device {
            "-" => SecondDevice::None,
            "link2-phandle" => SecondDevice::Link2Phandle,
            "registers-second-device" => SecondDevice::Registers,
            "also-on-i2c" => SecondDevice::AlsoOnI2c,
            _ => return None,
        },
        release: None,
        lookups: None,
        lanes: match lanes {
            // From peripheral_lanes.tsv.
            "stated" => LaneFact::Unknown,
            _ => LaneFact::Fixed(lanes.parse().ok()?),
        },
        driver: Some(driver),
    })
}

fn parse_elsewhere(row: &'static str) -> Option<PeripheralFact> {
    let [compatible, driver_name, bus, kind, release, driver] = columns(row)?;
    Some(PeripheralFact {
        compatible,
        driver_name,
        bus: Bus::parse(bus)?,
        kind: Kind::parse(kind)?,
        second_device: SecondDevice::None,
        release: Some(match release {
            "managed" => Release::Managed,
            "plain" => Release::Plain,
            "forgets-to-unregister" => Release::ForgetsToUnregister,
            "undoes-nothing" => Release::UndoesNothing,
            _ => return None,
        }),
        lookups: None,
        lanes: LaneFact::Unknown,
        driver: Some(driver),
    })
}

fn parse_lookup(row: &'static str) -> Option<((&'static str, Bus), Lookup)> {
    let [driver, bus, link, port, endpoint, remote, no_endpoint, no_remote, no_host, node, functions] =
        columns(row)?;
    let lookup = Lookup {
        link: match link {
            "1" => LinkNumber::First,
            "2" => LinkNumber::Second,
            _ => return None,
        },
        at: EndpointAt::parse(port, endpoint)?,
        wants_enabled: match remote {
            "enabled" => true,
            "any" => false,
            _ => return None,
        },
        no_endpoint: match no_endpoint {
            "no-dsi" => NoEndpoint::NoDsi,
            _ => NoEndpoint::Missing(Missing::parse(no_endpoint)?),
        },
        no_remote: Missing::parse(no_remote)?,
        no_host: Errno::parse(no_host)?,
        device_node: match node {
            "none" => DeviceNode::None,
            "own" => DeviceNode::Own,
            "port" => DeviceNode::Port,
            "host" => DeviceNode::Host,
            _ => return None,
        },
        functions,
    };
    Some(((driver, Bus::parse(bus)?), lookup))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_parses_and_no_compatible_comes_twice() {
        for row in rows(ON_DSI) {
            assert!(parse_on_dsi(row).is_some(), "{row}");
        }
        for row in rows(ELSEWHERE) {
            assert!(parse_elsewhere(row).is_some(), "{row}");
        }
        for row in rows(LOOKUPS) {
            assert!(parse_lookup(row).is_some(), "{row}");
        }
        let peripherals = rows(ON_DSI).count() + rows(ELSEWHERE).count();
        let mut known: Vec<_> =
            PERIPHERALS.values().flatten().map(|fact| (fact.compatible, fact.bus.name())).collect();
        assert_eq!(known.len(), peripherals);
        known.sort_unstable();
        known.dedup();
        assert_eq!(known.len(), peripherals);
    }

    #[test]
    fn of_every_driver_it_is_known_how_it_finds_its_host_and_how_many_lanes_it_asks_for() {
        for fact in PERIPHERALS.values().flatten() {
            assert!(fact.lookups.is_some(), "{}", fact.driver_name);
            assert_ne!(fact.lanes, LaneFact::Unknown, "{}", fact.driver_name);
            let finds_its_host = fact.lookup(LinkNumber::First).is_some();
            assert_eq!(finds_its_host, fact.bus != Bus::Dsi, "{}", fact.driver_name);
        }
        let has = |driver: &(&str, Bus)| {
            PERIPHERALS.values().flatten().any(|fact| (fact.driver_name, fact.bus) == *driver)
        };
        assert!(rows(LOOKUPS).filter_map(parse_lookup).all(|(driver, _)| has(&driver)));
        assert!(lanes::all().all(|(driver, _)| has(&driver)));
    }
}
