//! What is known of the drivers of DSI hosts, from `hosts.tsv`, `host_lookups.tsv` and `host_limits.tsv`.

use std::collections::HashMap;
use std::sync::LazyLock;

use super::Bus;
use super::table::{EndpointAt, Errno, LaneRange, Missing, columns, rows};

/// A compatible that a host controller's driver knows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HostFact {
    /// The compatible.
    pub compatible: &'static str,
    /// The driver's name on its bus.
    pub driver_name: &'static str,
    /// The bus that the controller is on.
    pub bus: Bus,
    /// The driver's source in Linux; none if the user assumes the driver.
    pub driver: Option<&'static str>,
    /// The source that registers the DSI host.
    pub registers_in: Option<&'static str>,
    /// Where it looks for the other end of its link, and what it takes. None if nobody has read that.
    pub link: Option<HostLink>,
}

/// What a host's driver wants from its link.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HostLink {
    /// Where it looks for the other end, in the order in which it does.
    pub lookups: Vec<Lookup>,
    /// How many devices and lanes it takes.
    pub limits: HostLimits,
}

/// One place where a host's driver looks for the panel or bridge.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lookup {
    /// When it looks.
    pub when: When,
    /// Where.
    pub looks_at: LooksAt,
    /// Whether it takes a panel.
    pub takes_panel: bool,
    /// Whether it takes a bridge.
    pub takes_bridge: bool,
    /// What happens if there is no node.
    pub nothing: Missing,
    /// What happens if the node is there, but no panel or bridge that the driver takes belongs to it.
    pub no_driver: Missing,
    /// Whether it does not look if the host is the second of two that carry one picture.
    pub not_on_second: bool,
    /// The function of the kernel that does it.
    pub function: &'static str,
}

/// When a host's driver looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum When {
    /// In its probe, before it registers the host: a device that waits for the host can't be there yet.
    Probe,
    /// In its probe, after it has registered the host and with it the devices of its children.
    ProbeRegistered,
    /// When a device attaches.
    Attach,
    /// When the display's parts are bound, which the attach of a device starts: it gets the error, if the other parts
    /// are there.
    AttachBind,
    /// When the display's parts are bound; devices attach all the same.
    Bind,
    /// When the display controller's driver attaches the host as a bridge; devices attach all the same.
    BridgeAttach,
}

impl When {
    fn parse(text: &str) -> Option<Self> {
        Some(match text {
            "probe" => Self::Probe,
            "probe-registered" => Self::ProbeRegistered,
            "attach" => Self::Attach,
            "attach-bind" => Self::AttachBind,
            "bind" => Self::Bind,
            "bridge-attach" => Self::BridgeAttach,
            _ => return None,
        })
    }
}

/// Where a host's driver looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LooksAt {
    /// The node that its own endpoint leads to.
    Endpoint(EndpointAt),
    /// The node of the device that attaches.
    Device,
    /// Its first enabled child that is not a port, else the node that an endpoint leads to.
    ChildElseEndpoint(EndpointAt),
    /// The node that an endpoint leads to, else the node of the device that attaches.
    EndpointElseDevice(EndpointAt),
    /// Each of its enabled children.
    Children,
}

impl LooksAt {
    fn parse(text: &str, port: &str, endpoint: &str) -> Option<Self> {
        let at = EndpointAt::parse(port, endpoint);
        match (text, at) {
            ("endpoint", Some(at)) => Some(Self::Endpoint(at)),
            ("child-else-endpoint", Some(at)) => Some(Self::ChildElseEndpoint(at)),
            ("endpoint-else-device", Some(at)) => Some(Self::EndpointElseDevice(at)),
            ("device", None) if (port, endpoint) == ("-", "-") => Some(Self::Device),
            ("children", None) if (port, endpoint) == ("-", "-") => Some(Self::Children),
            _ => None,
        }
    }
}

/// How many devices and lanes a host takes, and which other children its device has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HostLimits {
    /// The error of a second device's attach, if there is one.
    pub second_attach: Option<Errno>,
    /// The lanes that its own node has to state, or may state.
    pub own_lanes: Option<OwnLanes>,
    /// How many lanes a device that attaches may ask for, and the error if it is another number.
    pub device_lanes: Option<(DeviceLanes, Errno)>,
    /// Whether its driver creates a PHY as a child of its device.
    pub has_phy_child: bool,
    /// The functions of the kernel that these facts come from.
    pub functions: &'static str,
}

/// Where a host's own node states lanes. Its probe fails with -EINVAL if they are there and wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OwnLanes {
    /// The property.
    pub property: &'static str,
    /// The endpoint that has it.
    pub at: EndpointAt,
    /// What happens if it is missing.
    pub missing: OwnLanesMissing,
}

/// What happens if a host's own node states no lanes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OwnLanesMissing {
    /// The driver takes this number.
    Default(usize),
    /// The host's probe fails.
    Error(Errno),
    /// The host's probe fails if the endpoint is there; without the endpoint, the driver wants no lanes.
    ErrorAtEndpoint(Errno),
}

impl OwnLanesMissing {
    fn parse(text: &str) -> Option<Self> {
        if let Some(errno) = text.strip_suffix("-at-endpoint") {
            return Errno::parse(errno).map(Self::ErrorAtEndpoint);
        }
        let number = text.parse().ok().map(Self::Default);
        number.or_else(|| Errno::parse(text).map(Self::Error))
    }
}

/// How many lanes a device may ask for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeviceLanes {
    /// These.
    Range(LaneRange),
    /// As many as the host's own node states, or fewer.
    UpToOwn,
}

impl DeviceLanes {
    fn parse(text: &str) -> Option<Self> {
        if text == "0-stated" {
            return Some(Self::UpToOwn);
        }
        LaneRange::parse(text).map(Self::Range)
    }
}

/// The facts of all hosts, by compatible.
pub(super) static HOSTS: LazyLock<HashMap<&str, HostFact>> = LazyLock::new(|| {
    let mut lookups: HashMap<&str, Vec<Lookup>> = HashMap::new();
    for (driver, lookup) in rows(LOOKUPS).filter_map(parse_lookup) {
        lookups.entry(driver).or_default().push(lookup);
    }
    let limits: HashMap<&str, HostLimits> = rows(LIMITS).filter_map(parse_limits).collect();
    rows(FACTS)
        .filter_map(parse_host)
        .map(|fact| {
            let lookups = lookups.get(fact.driver_name);
            let limits = limits.get(fact.driver_name);
            let link = lookups.zip(limits);
            let link =
                link.map(|(lookups, limits)| HostLink { lookups: lookups.clone(), limits: limits.clone() });
            (fact.compatible, HostFact { link, ..fact })
        })
        .collect()
});

const FACTS: &str = include_str!("../../facts/hosts.tsv");
const LOOKUPS: &str = include_str!("../../facts/host_lookups.tsv");
const LIMITS: &str = include_str!("../../facts/host_limits.tsv");

fn parse_host(row: &'static str) -> Option<HostFact> {
    let [compatible, driver_name, bus, driver, registers_in] = columns(row)?;
    let (driver, registers_in) = (Some(driver), Some(registers_in));
    Some(HostFact { compatible, driver_name, bus: Bus::parse(bus)?, driver, registers_in, link: None })
}

fn parse_lookup(row: &'static str) -> Option<(&'static str, Lookup)> {
    let [driver, when, at, port, endpoint, takes, nothing, no_driver, unless, function] = columns(row)?;
    let (takes_panel, takes_bridge) = match takes {
        "panel" => (true, false),
        "bridge" => (false, true),
        "panel+bridge" => (true, true),
        _ => return None,
    };
    let lookup = Lookup {
        when: When::parse(when)?,
        looks_at: LooksAt::parse(at, port, endpoint)?,
        takes_panel,
        takes_bridge,
        nothing: Missing::parse(nothing)?,
        no_driver: Missing::parse(no_driver)?,
        not_on_second: match unless {
            "-" => false,
            "second-of-two" => true,
            _ => return None,
        },
        function,
    };
    Some((driver, lookup))
}

fn parse_limits(row: &'static str) -> Option<(&'static str, HostLimits)> {
    let [driver, second, own, missing, device, wrong, child, functions] = columns(row)?;
    let own_lanes = match (own, missing) {
        ("-", "-") => None,
        _ => {
            let (property, at) = own.split_once('@')?;
            let (port, endpoint) = at.split_once('/')?;
            let at = EndpointAt::parse(port, endpoint)?;
            Some(OwnLanes { property, at, missing: OwnLanesMissing::parse(missing)? })
        }
    };
    let device_lanes = match (device, wrong) {
        ("-", "-") => None,
        _ => Some((DeviceLanes::parse(device)?, Errno::parse(wrong)?)),
    };
    let limits = HostLimits {
        second_attach: match second {
            "accepted" => None,
            _ => Some(Errno::parse(second)?),
        },
        own_lanes,
        device_lanes,
        has_phy_child: match child {
            "-" => false,
            "phy" => true,
            _ => return None,
        },
        functions,
    };
    Some((driver, limits))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_parses_and_no_compatible_comes_twice() {
        for row in rows(FACTS) {
            assert!(parse_host(row).is_some(), "{row}");
        }
        for row in rows(LOOKUPS) {
            assert!(parse_lookup(row).is_some(), "{row}");
        }
        for row in rows(LIMITS) {
            assert!(parse_limits(row).is_some(), "{row}");
        }
        assert_eq!(HOSTS.len(), rows(FACTS).count());
    }

    #[test]
    fn of_every_driver_it_is_known_where_it_looks_and_no_line_is_of_none() {
        for host in HOSTS.values() {
            assert!(host.link.is_some(), "{}", host.driver_name);
        }
        let drivers: Vec<_> = HOSTS.values().map(|host| host.driver_name).collect();
        let lines = rows(LOOKUPS).filter_map(parse_lookup).map(|(driver, _)| driver);
        let lines = lines.chain(rows(LIMITS).filter_map(parse_limits).map(|(driver, _)| driver));
        for driver in lines {
            assert!(drivers.contains(&driver), "{driver}");
        }
        assert_eq!(rows(LIMITS).count(), drivers.iter().collect::<std::collections::HashSet<_>>().len());
    }
}
