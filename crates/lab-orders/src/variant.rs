//! What the lab's bench can hold: the kinds of peripheral that lab-driver has, each on hosts of a [`Manner`].
//!
//! Each is described only as far as this crate needs: which steps are possible, and where the bus loses memory. What its
//! driver does is written once, in C.

use crate::manner::Manner;
use std::collections::BTreeSet;
use thiserror::Error;

/// A kind of peripheral, by the name that lab-driver gives it.
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
    /// How a probe ends.
    pub probe: Probe,
    /// How the driver releases what it has on the bus.
    pub release: Release,
}

/// Where the device of the peripheral's driver comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Device {
    /// It is on another bus, and always there.
    OnAnotherBus,
    /// It is the DSI device itself: the host's side registers it, and it goes with the host.
    OnTheDsiBus,
}

/// How a probe ends that has found its hosts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Probe {
    /// It succeeds if the channels are free.
    Succeeds,
    /// It succeeds; nobody registers anything, so no channel is taken.
    TakesNothing,
    /// It fails when everything is registered and nothing is attached, and undoes what it did.
    FailsRegistered,
    /// It fails when everything is attached, and undoes what it did.
    FailsAttached,
}

/// How a peripheral's driver releases what it has on the bus, when it is unbound and when its probe fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Release {
    /// It leaves it to the driver core (devm).
    Managed,
    /// In its remove function, and when its probe fails.
    ByHand,
    /// It detaches, and forgets to unregister.
    Forgotten,
    /// It never does: what is attached stays attached, as with i915.
    Never,
}

const ONE: &[&[(usize, usize)]] = &[&[(0, 0)]];
const TWO: &[&[(usize, usize)]] = &[&[(0, 0)], &[(0, 1)]];
const SAME: &[&[(usize, usize)]] = &[&[(0, 0)], &[(0, 0)]];
const DUAL: &[&[(usize, usize)]] = &[&[(0, 0), (1, 0)]];

const fn bridge(
    name: &'static str,
    release: Release,
    hosts: usize,
    links: &'static [&'static [(usize, usize)]],
) -> Peripherals {
    Peripherals { name, hosts, links, device: Device::OnAnotherBus, probe: Probe::Succeeds, release }
}

const fn panel(
    name: &'static str,
    release: Release,
    hosts: usize,
    links: &'static [&'static [(usize, usize)]],
) -> Peripherals {
    Peripherals { device: Device::OnTheDsiBus, ..bridge(name, release, hosts, links) }
}

const fn with_probe(probe: Probe, peripherals: Peripherals) -> Peripherals {
    Peripherals { probe, ..peripherals }
}

/// The four variants of the 506 basic orders.
pub const BASIC: [&Peripherals; 4] = [&PERIPHERALS[0], &PERIPHERALS[1], &PERIPHERALS[2], &PERIPHERALS[3]];

/// All variants of lab-driver.
pub const PERIPHERALS: [Peripherals; 25] = {
    use Probe::{FailsAttached, FailsRegistered, TakesNothing};
    use Release::{ByHand, Forgotten, Managed, Never};
    [
        bridge("managed-bridge", Managed, 1, ONE),
        bridge("plain-bridge", ByHand, 1, ONE),
        panel("managed-panel", Managed, 1, ONE),
        panel("plain-panel", ByHand, 1, ONE),
        bridge("managed-two-bridges", Managed, 1, TWO),
        bridge("plain-two-bridges", ByHand, 1, TWO),
        panel("managed-two-panels", Managed, 1, TWO),
        panel("plain-two-panels", ByHand, 1, TWO),
        bridge("managed-dual-bridge", Managed, 2, DUAL),
        bridge("plain-dual-bridge", ByHand, 2, DUAL),
        panel("managed-dual-panel", Managed, 2, DUAL),
        panel("plain-dual-panel", ByHand, 2, DUAL),
        bridge("managed-same-channel", Managed, 1, SAME),
        bridge("plain-same-channel", ByHand, 1, SAME),
        with_probe(FailsAttached, bridge("managed-failing-bridge", Managed, 1, ONE)),
        with_probe(FailsAttached, bridge("plain-failing-bridge", ByHand, 1, ONE)),
        with_probe(FailsRegistered, bridge("managed-unattached-bridge", Managed, 1, ONE)),
        with_probe(FailsRegistered, bridge("plain-unattached-bridge", ByHand, 1, ONE)),
        with_probe(FailsAttached, panel("managed-failing-panel", Managed, 1, ONE)),
        with_probe(FailsAttached, panel("plain-failing-panel", ByHand, 1, ONE)),
        bridge("forgetful-bridge", Forgotten, 1, ONE),
        with_probe(FailsAttached, bridge("forgetful-failing-bridge", Forgotten, 1, ONE)),
        bridge("touchscreen", ByHand, 1, ONE),
        with_probe(TakesNothing, bridge("own-device", ByHand, 1, ONE)),
        with_probe(TakesNothing, bridge("own-device-and-host", Never, 0, &[&[]])),
    ]
};

impl Peripherals {
    /// How many channels its links want. Two links that want the same channel count once, and one of them gets it.
    #[must_use]
    pub fn channels(&self) -> usize {
        self.links.iter().copied().flatten().collect::<BTreeSet<_>>().len()
    }

    /// Whether two of its links want the same channel.
    #[must_use]
    pub fn has_rivals(&self) -> bool {
        self.channels() < self.links.iter().map(|links| links.len()).sum()
    }
}

/// A kind of peripheral on a manner of host: `managed-bridge`, or `managed-bridge@slow-host`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Variant {
    /// The peripherals.
    pub peripherals: &'static Peripherals,
    /// The manner of all hosts.
    pub host: Manner,
}

impl Variant {
    /// The variant on plain hosts.
    #[must_use]
    pub fn plain(peripherals: &'static Peripherals) -> Self {
        Self { peripherals, host: Manner::Plain }
    }

    /// The variant of that name.
    ///
    /// # Errors
    ///
    /// There are no such peripherals, or no such manner of host.
    pub fn named(name: &str) -> Result<Self, UnknownVariant> {
        let (peripherals, host) =
            name.split_once('@').map_or((name, None), |(name, host)| (name, Some(host)));
        let known = PERIPHERALS.iter().find(|known| known.name == peripherals);
        let peripherals = known.ok_or_else(|| UnknownVariant::Peripherals(peripherals.to_owned()))?;
        let host = match host {
            None => Manner::Plain,
            Some(host) => Manner::named(host).ok_or_else(|| UnknownVariant::Manner(host.to_owned()))?,
        };
        Ok(Self { peripherals, host })
    }

    /// How a probe of its peripherals ends, on its hosts.
    #[must_use]
    pub fn probe(&self) -> Probe {
        match self.host {
            // A peripheral with a host of its own asks none of these.
            Manner::Refusing if self.peripherals.hosts > 0 => Probe::FailsRegistered,
            Manner::Plain
            | Manner::Slow
            | Manner::SlowAttach
            | Manner::SlowTransfer
            | Manner::Sending
            | Manner::Refusing
            | Manner::Parent
            | Manner::Parent1 => self.peripherals.probe,
        }
    }

    /// Its name.
    #[must_use]
    pub fn name(&self) -> String {
        let Self { peripherals, host } = self;
        match host {
            Manner::Plain => peripherals.name.to_owned(),
            other => format!("{}@{}", peripherals.name, other.name()),
        }
    }
}

/// A name that no variant has.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum UnknownVariant {
    /// There are no peripherals of this name.
    #[error("there is no variant '{0}'; `linux/lab orders --list` names them")]
    Peripherals(String),
    /// There is no manner of host of this name.
    #[error(
        "there is no manner of host '{0}'; there are: {there_are}",
        there_are = Manner::ALL.map(Manner::name).join(", ")
    )]
    Manner(String),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_variant_is_found_by_its_name() {
        for peripherals in &PERIPHERALS {
            for host in Manner::ALL {
                let variant = Variant { peripherals, host };
                assert_eq!(Variant::named(&variant.name()), Ok(variant));
            }
        }
        for name in ["managed", "managed-bridge@", "managed-bridge@host", "@slow-host", ""] {
            assert!(Variant::named(name).is_err(), "{name}");
        }
    }

    #[test]
    fn names_are_no_contradiction_to_what_is_said() {
        for Peripherals { name, probe, release, .. } in PERIPHERALS {
            let expected = match name.split('-').next() {
                Some("managed") => Release::Managed,
                Some("forgetful") => Release::Forgotten,
                _ if name == "own-device-and-host" => Release::Never,
                _ => Release::ByHand,
            };
            assert_eq!(release, expected, "{name}");
            assert_eq!(probe == Probe::FailsAttached, name.contains("-failing-"), "{name}");
            assert_eq!(probe == Probe::FailsRegistered, name.contains("-unattached-"), "{name}");
        }
    }

    #[test]
    fn only_of_two_on_the_same_channel_one_is_left_over() {
        for peripherals in &PERIPHERALS {
            assert_eq!(peripherals.has_rivals(), peripherals.name.ends_with("-same-channel"));
        }
    }
}
