//! Drivers that the user assumes: `COMPATIBLE=panel`, `bridge`, `managed-bridge` or `host`.
//!
//! Nothing is known about these drivers except what they are, so nothing about their links is judged.

use std::fmt;
use std::str::FromStr;

use super::host::HostFact;
use super::lanes::LaneFact;
use super::peripheral::{PeripheralFact, Release, SecondDevice};
use super::{Bus, Kind};
use thiserror::Error;

/// What a compatible is, according to the user.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AssumedKind {
    /// A panel, whose driver detaches in its remove function.
    Panel,
    /// A bridge, whose driver detaches and unregisters in its remove function.
    Bridge,
    /// A bridge, whose driver leaves that to the driver core (devm).
    ManagedBridge,
    /// A host controller on the platform bus.
    Host,
}

impl AssumedKind {
    const ALL: [(&'static str, Self); 4] = [
        ("panel", Self::Panel),
        ("bridge", Self::Bridge),
        ("managed-bridge", Self::ManagedBridge),
        ("host", Self::Host),
    ];
}

/// A driver that the user assumes. Its facts live as long as the program, which has only a handful of them.
#[derive(Clone, Debug)]
pub struct Assumed {
    compatible: &'static str,
    kind: AssumedKind,
    host: Option<&'static HostFact>,
    /// One fact for each bus.
    peripherals: &'static [PeripheralFact],
}

impl Assumed {
    /// A driver that knows `compatible`.
    #[must_use]
    pub fn new(compatible: &str, kind: AssumedKind) -> Self {
        let compatible: &'static str = Box::leak(compatible.to_owned().into_boxed_str());
        let (of, release) = match kind {
            AssumedKind::Host => {
                let host: &'static HostFact = Box::leak(Box::new(HostFact {
                    compatible,
                    driver_name: compatible,
                    bus: Bus::Platform,
                    driver: None,
                    registers_in: None,
                    link: None,
                }));
                return Self { compatible, kind, host: Some(host), peripherals: &[] };
            }
            AssumedKind::Panel => (Kind::Panel, Release::Plain),
            AssumedKind::Bridge => (Kind::Bridge, Release::Plain),
            AssumedKind::ManagedBridge => (Kind::Bridge, Release::Managed),
        };
        let peripherals = [Bus::Dsi, Bus::I2c, Bus::Spi].map(|bus| PeripheralFact {
            compatible,
            driver_name: compatible,
            bus,
            kind: of,
            second_device: SecondDevice::None,
            release: (bus != Bus::Dsi || release == Release::Managed).then_some(release),
            lookups: None,
            lanes: LaneFact::Unknown,
            driver: None,
        });
        Self { compatible, kind, host: None, peripherals: Box::leak(Box::new(peripherals)) }
    }

    /// The compatible that its driver knows.
    #[must_use]
    pub fn compatible(&self) -> &'static str {
        self.compatible
    }

    pub(super) fn host(&self) -> Option<&'static HostFact> {
        self.host
    }

    pub(super) fn peripheral(&self, bus: Bus) -> Option<&'static PeripheralFact> {
        self.peripherals.iter().find(|fact| fact.bus == bus)
    }
}

impl fmt::Display for Assumed {
    /// As it is written on the command line: `vendor,panel=panel`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = AssumedKind::ALL.into_iter().find(|(_, kind)| *kind == self.kind);
        write!(f, "{}={}", self.compatible, kind.map_or("", |(name, _)| name))
    }
}

/// Why a text is not such a driver.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("expected COMPATIBLE=panel, =bridge, =managed-bridge or =host, such as vendor,panel=panel")]
pub struct NotAssumed;

impl FromStr for Assumed {
    type Err = NotAssumed;

    fn from_str(text: &str) -> Result<Self, NotAssumed> {
        let (compatible, kind) = text.rsplit_once('=').ok_or(NotAssumed)?;
        let kind = AssumedKind::ALL.into_iter().find(|(name, _)| *name == kind).ok_or(NotAssumed)?.1;
        if compatible.is_empty() {
            return Err(NotAssumed);
        }
        Ok(Self::new(compatible, kind))
    }
}

#[cfg(test)]
mod tests {
    use super::super::Facts;
    use super::*;

    #[test]
    fn what_the_user_says_counts_before_what_linux_has() {
        let facts = Facts::with(vec!["ti,sn65dsi83=bridge".parse().expect("a driver")]);
        let bridge = facts.peripheral(Bus::I2c, ["ti,sn65dsi83"]).expect("known");
        assert_eq!((bridge.release, bridge.driver), (Some(Release::Plain), None));
        assert!(facts.peripheral(Bus::I2c, ["ti,sn65dsi84"]).is_some_and(|fact| fact.driver.is_some()));
        let facts = Facts::with(vec!["a,b=host".parse().expect("a driver")]);
        assert!(facts.host(["a,b"]).is_some_and(|fact| fact.link.is_none()));
        assert!(facts.peripheral(Bus::Dsi, ["a,b"]).is_none());
        let text = "a=b,c=managed-bridge";
        assert_eq!(text.parse::<Assumed>().expect("a driver").to_string(), text);
    }

    #[test]
    fn other_words_are_refused() {
        for text in ["", "a,b", "a,b=", "=panel", "a,b=screen", "a,b=Panel"] {
            assert_eq!(text.parse::<Assumed>().err(), Some(NotAssumed), "{text}");
        }
    }
}
