//! What Linux 6.12 knows: which compatible belongs to which driver, on which bus, and whether that is a host, panel or
//! bridge.
//!
//! Read from `facts/*.tsv`, whose README says where the facts come from. No device tree here.
//!
//! * [`host`]: the drivers of hosts, and where they look for the other end; [`peripheral`], [`lanes`]: those of
//!   peripherals, and how many lanes they ask for.
//! * [`parents`]: the nodes whose children become devices.
//! * [`assumed`]: drivers that the user assumes.
//! * [`table`]: words that the tables share.

use std::fmt;

use serde::Serialize;

pub mod assumed;
pub mod host;
pub mod lanes;
pub mod parents;
pub mod peripheral;
pub mod table;

pub use assumed::{Assumed, AssumedKind};
pub use host::HostFact;
pub use peripheral::{PeripheralFact, Release, SecondDevice};
pub use table::Errno;

use host::HOSTS;
use peripheral::PERIPHERALS;

/// The bus over which a device is reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Bus {
    /// The DSI link itself.
    Dsi,
    /// I2C.
    I2c,
    /// SPI.
    Spi,
    /// No bus; the device exists because the device tree says so.
    Platform,
}

impl Bus {
    /// The name that the facts and the reports share.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Dsi => "dsi",
            Self::I2c => "i2c",
            Self::Spi => "spi",
            Self::Platform => "platform",
        }
    }

    /// Its folder in sysfs, which has `devices` and `drivers/<driver_name>` inside.
    #[must_use]
    pub fn sysfs_folder(self) -> &'static str {
        match self {
            Self::Dsi => "/sys/bus/mipi-dsi",
            Self::I2c => "/sys/bus/i2c",
            Self::Spi => "/sys/bus/spi",
            Self::Platform => "/sys/bus/platform",
        }
    }

    fn parse(text: &str) -> Option<Self> {
        [Self::Dsi, Self::I2c, Self::Spi, Self::Platform].into_iter().find(|bus| bus.name() == text)
    }
}

impl fmt::Display for Bus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// What is at the peripheral's end of a link.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// It shows the picture.
    Panel,
    /// It passes the picture on.
    Bridge,
    /// No driver knows it.
    Unknown,
}

impl Kind {
    fn parse(text: &str) -> Option<Self> {
        match text {
            "panel" => Some(Self::Panel),
            "bridge" => Some(Self::Bridge),
            _ => None,
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Panel => "panel",
            Self::Bridge => "bridge",
            Self::Unknown => "unknown",
        })
    }
}

static LINUX: Facts = Facts { assumed: Vec::new() };

/// What is known of drivers: those of Linux 6.12, and those that the user assumes besides.
#[derive(Clone, Debug, Default)]
pub struct Facts {
    assumed: Vec<Assumed>,
}

impl Facts {
    /// The drivers of Linux 6.12.
    #[must_use]
    pub fn of_linux() -> &'static Self {
        &LINUX
    }

    /// The same, and the drivers that the user assumes. These take precedence over Linux's.
    #[must_use]
    pub fn with(assumed: Vec<Assumed>) -> Self {
        Self { assumed }
    }

    /// The host fact of the most specific compatible that has one.
    pub fn host<'a>(&self, compatible: impl IntoIterator<Item = &'a str>) -> Option<&'static HostFact> {
        compatible.into_iter().find_map(|name| {
            let assumed = self.assumed.iter().find(|assumed| assumed.compatible() == name);
            match assumed {
                Some(assumed) => assumed.host(),
                None => HOSTS.get(name),
            }
        })
    }

    /// The peripheral fact, for control over `bus`, of the most specific compatible that has one.
    pub fn peripheral<'a>(
        &self,
        bus: Bus,
        compatible: impl IntoIterator<Item = &'a str>,
    ) -> Option<&'static PeripheralFact> {
        compatible.into_iter().find_map(|name| {
            let assumed = self.assumed.iter().find(|assumed| assumed.compatible() == name);
            match assumed {
                Some(assumed) => assumed.peripheral(bus),
                None => PERIPHERALS.get(name)?.iter().find(|fact| fact.bus == bus),
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_most_specific_known_compatible_counts() {
        let facts = Facts::of_linux();
        let fact = facts.host(["qcom,msm8916-dsi-ctrl", "qcom,mdss-dsi-ctrl"]).expect("the second is known");
        assert_eq!(fact.compatible, "qcom,mdss-dsi-ctrl");
        assert_eq!(fact.driver_name, "msm_dsi");
    }

    #[test]
    fn the_bus_decides_which_driver_is_meant() {
        let facts = Facts::of_linux();
        let on_dsi = facts.peripheral(Bus::Dsi, ["chipone,icn6211"]).expect("known on DSI");
        let on_i2c = facts.peripheral(Bus::I2c, ["chipone,icn6211"]).expect("known on I2C");
        assert_eq!(on_dsi.release, None);
        assert_eq!(on_i2c.release, Some(Release::UndoesNothing));
        assert!(facts.peripheral(Bus::Spi, ["chipone,icn6211"]).is_none());
    }
}
