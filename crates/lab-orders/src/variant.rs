//! What can stand on the lab's table: the kinds of peripheral, and the manners of host, that lab-driver has.
//!
//! Each is described only as far as it decides which steps can be made. What its driver does is written once, in C.

/// A peripheral's or a host's kind with the name that lab-driver knows it by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Peripherals {
    /// Its name on the kernel's command line.
    pub name: &'static str,
    /// How many host controllers there are.
    pub hosts: usize,
    /// The links of each peripheral: (host, channel).
    pub links: &'static [&'static [(usize, usize)]],
    /// Where their devices come from.
    pub device: Device,
    /// What becomes of a probe.
    pub probe: Probe,
    /// What becomes of the DSI device when the peripheral's driver is unbound.
    pub forgets: bool,
}

/// Where the device comes from whose driver is the peripheral's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Device {
    /// It is on another bus, and always there.
    OnAnotherBus,
    /// It is the DSI device itself: the host's side registers it, and it goes with the host.
    OnTheDsiBus,
}

/// What becomes of a probe that found its hosts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Probe {
    /// It succeeds, where the channels are free.
    Succeeds,
    /// It succeeds; nobody registers anything, so that no channel is taken.
    TakesNothing,
    /// It fails after everything is registered or attached, and undoes it.
    Fails,
}

const ONE: &[&[(usize, usize)]] = &[&[(0, 0)]];
const TWO: &[&[(usize, usize)]] = &[&[(0, 0)], &[(0, 1)]];
const SAME: &[&[(usize, usize)]] = &[&[(0, 0)], &[(0, 0)]];
const DUAL: &[&[(usize, usize)]] = &[&[(0, 0), (1, 0)]];

const fn bridge(
    name: &'static str,
    hosts: usize,
    links: &'static [&'static [(usize, usize)]],
) -> Peripherals {
    Peripherals { name, hosts, links, device: Device::OnAnotherBus, probe: Probe::Succeeds, forgets: false }
}

const fn panel(name: &'static str, hosts: usize, links: &'static [&'static [(usize, usize)]]) -> Peripherals {
    Peripherals { device: Device::OnTheDsiBus, ..bridge(name, hosts, links) }
}

/// The four that the 506 orders are made with.
pub const BASIC: [&Peripherals; 4] = [&PERIPHERALS[0], &PERIPHERALS[1], &PERIPHERALS[2], &PERIPHERALS[3]];

/// All of lab-driver's.
pub const PERIPHERALS: [Peripherals; 25] = [
    bridge("managed-bridge", 1, ONE),
    bridge("plain-bridge", 1, ONE),
    panel("managed-panel", 1, ONE),
    panel("plain-panel", 1, ONE),
    bridge("managed-two-bridges", 1, TWO),
    bridge("plain-two-bridges", 1, TWO),
    panel("managed-two-panels", 1, TWO),
    panel("plain-two-panels", 1, TWO),
    bridge("managed-dual-bridge", 2, DUAL),
    bridge("plain-dual-bridge", 2, DUAL),
    panel("managed-dual-panel", 2, DUAL),
    panel("plain-dual-panel", 2, DUAL),
    bridge("managed-same-channel", 1, SAME),
    bridge("plain-same-channel", 1, SAME),
    Peripherals { probe: Probe::Fails, ..bridge("managed-failing-bridge", 1, ONE) },
    Peripherals { probe: Probe::Fails, ..bridge("plain-failing-bridge", 1, ONE) },
    Peripherals { probe: Probe::Fails, ..bridge("managed-unattached-bridge", 1, ONE) },
    Peripherals { probe: Probe::Fails, ..bridge("plain-unattached-bridge", 1, ONE) },
    Peripherals { probe: Probe::Fails, ..panel("managed-failing-panel", 1, ONE) },
    Peripherals { probe: Probe::Fails, ..panel("plain-failing-panel", 1, ONE) },
    Peripherals { forgets: true, ..bridge("forgetful-bridge", 1, ONE) },
    Peripherals { probe: Probe::Fails, forgets: true, ..bridge("forgetful-failing-bridge", 1, ONE) },
    bridge("touchscreen", 1, ONE),
    Peripherals { probe: Probe::TakesNothing, ..bridge("own-device", 1, ONE) },
    Peripherals { probe: Probe::TakesNothing, ..bridge("own-device-and-host", 0, &[&[]]) },
];

/// The manners of host that lab-driver has, the plain one first.
pub const HOSTS: [&str; 8] = [
    PLAIN_HOST,
    SLOW_HOST,
    SLOW_ATTACH_HOST,
    SLOW_TRANSFER_HOST,
    "sending-host",
    REFUSING_HOST,
    "parent-host",
    "parent-host-1",
];

/// A host that does what every host does.
pub const PLAIN_HOST: &str = "plain-host";

/// A host whose callbacks sleep.
pub const SLOW_HOST: &str = "slow-host";

/// A host that sleeps in attach: its removal is quick.
pub const SLOW_ATTACH_HOST: &str = "slow-attach-host";

/// A host that sleeps in transfers: its removal is quick.
pub const SLOW_TRANSFER_HOST: &str = "slow-transfer-host";

/// A host whose attach callback fails.
pub const REFUSING_HOST: &str = "refusing-host";

/// A kind of peripheral on a manner of host: `managed-bridge`, or `managed-bridge@slow-host`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Variant {
    /// The peripherals.
    pub peripherals: &'static Peripherals,
    /// The manner of all hosts.
    pub host: &'static str,
}

impl Variant {
    /// On plain hosts.
    #[must_use]
    pub fn plain(peripherals: &'static Peripherals) -> Self {
        Self { peripherals, host: PLAIN_HOST }
    }

    /// The variant of that name, if there is one.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        let (peripherals, host) = name.split_once('@').unwrap_or((name, PLAIN_HOST));
        Some(Self {
            peripherals: PERIPHERALS.iter().find(|known| known.name == peripherals)?,
            host: HOSTS.into_iter().find(|known| *known == host)?,
        })
    }

    /// What becomes of a probe of its peripherals, on its hosts.
    #[must_use]
    pub fn probe(&self) -> Probe {
        // A peripheral with a host of its own asks none of these.
        let is_refused = self.host == REFUSING_HOST && self.peripherals.hosts > 0;
        if is_refused { Probe::Fails } else { self.peripherals.probe }
    }

    /// Its name.
    #[must_use]
    pub fn name(&self) -> String {
        if self.host == PLAIN_HOST {
            self.peripherals.name.to_owned()
        } else {
            format!("{}@{}", self.peripherals.name, self.host)
        }
    }
}
