//! What Linux 6.12 knows: which compatible belongs to which driver, on which bus, and what kind of thing that is.
//!
//! Read from `facts/*.tsv`, whose README says where they come from. No device tree here.

use std::collections::HashMap;
use std::fmt;
use std::sync::LazyLock;

use serde::Serialize;

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
    /// None; it is there because the device tree says so.
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

/// What stands at the peripheral's end of a link.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// It shows the picture.
    Panel,
    /// It hands the picture on.
    Bridge,
    /// No driver knows it.
    Unknown,
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

/// A compatible that a host controller's driver knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HostFact {
    /// The compatible.
    pub compatible: &'static str,
    /// The driver's name on its bus.
    pub driver_name: &'static str,
    /// The bus that the controller is on.
    pub bus: Bus,
    /// The driver's source in Linux.
    pub driver: &'static str,
    /// The source that registers the DSI host.
    pub registers_in: &'static str,
}

/// How a peripheral's driver comes to a second DSI device.
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
    /// By hand, or not at all: it was created without devm. Of the three such drivers one releases it in its remove
    /// function (panel-raspberrypi-touchscreen); chipone-icn6211 on I2C never does, and ti-dlpc3433, which attaches by
    /// devm, is detached and stays registered.
    Plain,
}

/// A compatible that a peripheral's driver knows, on the DSI bus or on another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PeripheralFact {
    /// The compatible.
    pub compatible: &'static str,
    /// The driver's name on its bus.
    pub driver_name: &'static str,
    /// The bus over which it is controlled.
    pub bus: Bus,
    /// Panel or bridge.
    pub kind: Kind,
    /// How it comes to a second DSI device.
    pub second_device: SecondDevice,
    /// How it releases its DSI device; none on the DSI bus, where the host creates it.
    pub release: Option<Release>,
    /// The driver's source in Linux.
    pub driver: &'static str,
}

static HOSTS: LazyLock<HashMap<&str, HostFact>> = LazyLock::new(|| {
    rows(include_str!("../facts/hosts.tsv"))
        .filter_map(parse_host)
        .map(|fact| (fact.compatible, fact))
        .collect()
});

/// The facts of a compatible, one for each bus that it can be controlled over.
static PERIPHERALS: LazyLock<HashMap<&str, Vec<PeripheralFact>>> = LazyLock::new(|| {
    let on_dsi = rows(include_str!("../facts/dsi_peripherals.tsv")).filter_map(parse_on_dsi);
    let elsewhere = rows(include_str!("../facts/other_bus_peripherals.tsv")).filter_map(parse_elsewhere);
    let mut facts: HashMap<_, Vec<_>> = HashMap::new();
    for fact in on_dsi.chain(elsewhere) {
        facts.entry(fact.compatible).or_default().push(fact);
    }
    facts
});

/// The host fact of the most specific compatible that has one.
pub fn host<'a>(compatible: impl IntoIterator<Item = &'a str>) -> Option<&'static HostFact> {
    compatible.into_iter().find_map(|name| HOSTS.get(name))
}

/// The peripheral fact, for control over `bus`, of the most specific compatible that has one.
pub fn peripheral<'a>(
    bus: Bus,
    compatible: impl IntoIterator<Item = &'a str>,
) -> Option<&'static PeripheralFact> {
    compatible.into_iter().filter_map(|name| PERIPHERALS.get(name)).flatten().find(|fact| fact.bus == bus)
}

/// The lines of a table, without remarks and the one that names the columns.
fn rows(table: &'static str) -> impl Iterator<Item = &'static str> {
    table.lines().filter(|line| !line.starts_with('#')).skip(1)
}

fn columns<const N: usize>(row: &'static str) -> Option<[&'static str; N]> {
    let columns: Vec<_> = row.split('\t').collect();
    let columns: [_; N] = columns.try_into().ok()?;
    columns.iter().all(|column| !column.is_empty()).then_some(columns)
}

fn parse_host(row: &'static str) -> Option<HostFact> {
    let [compatible, driver_name, bus, driver, registers_in] = columns(row)?;
    Some(HostFact { compatible, driver_name, bus: Bus::parse(bus)?, driver, registers_in })
}

fn parse_on_dsi(row: &'static str) -> Option<PeripheralFact> {
    let [compatible, driver_name, kind, second_device, driver] = columns(row)?;
    Some(PeripheralFact {
        compatible,
        driver_name,
        bus: Bus::Dsi,
        kind: parse_kind(kind)?,
        second_device: match second_device {
            "-" => SecondDevice::None,
            "link2-phandle" => SecondDevice::Link2Phandle,
            "registers-second-device" => SecondDevice::Registers,
            "also-on-i2c" => SecondDevice::AlsoOnI2c,
            _ => return None,
        },
        release: None,
        driver,
    })
}

fn parse_elsewhere(row: &'static str) -> Option<PeripheralFact> {
    let [compatible, driver_name, bus, kind, release, driver] = columns(row)?;
    Some(PeripheralFact {
        compatible,
        driver_name,
        bus: Bus::parse(bus)?,
        kind: parse_kind(kind)?,
        second_device: SecondDevice::None,
        release: Some(match release {
            "managed" => Release::Managed,
            "plain" => Release::Plain,
            _ => return None,
        }),
        driver,
    })
}

fn parse_kind(text: &str) -> Option<Kind> {
    match text {
        "panel" => Some(Kind::Panel),
        "bridge" => Some(Kind::Bridge),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_parses_and_no_compatible_comes_twice() {
        for row in rows(include_str!("../facts/hosts.tsv")) {
            assert!(parse_host(row).is_some(), "{row}");
        }
        for row in rows(include_str!("../facts/dsi_peripherals.tsv")) {
            assert!(parse_on_dsi(row).is_some(), "{row}");
        }
        for row in rows(include_str!("../facts/other_bus_peripherals.tsv")) {
            assert!(parse_elsewhere(row).is_some(), "{row}");
        }
        assert_eq!(HOSTS.len(), rows(include_str!("../facts/hosts.tsv")).count());
        let peripherals = rows(include_str!("../facts/dsi_peripherals.tsv")).count()
            + rows(include_str!("../facts/other_bus_peripherals.tsv")).count();
        let mut known: Vec<_> =
            PERIPHERALS.values().flatten().map(|fact| (fact.compatible, fact.bus.name())).collect();
        assert_eq!(known.len(), peripherals);
        known.sort_unstable();
        known.dedup();
        assert_eq!(known.len(), peripherals);
    }

    #[test]
    fn the_most_specific_known_compatible_counts() {
        let fact = host(["qcom,msm8916-dsi-ctrl", "qcom,mdss-dsi-ctrl"]).expect("the second is known");
        assert_eq!(fact.compatible, "qcom,mdss-dsi-ctrl");
        assert_eq!(fact.driver_name, "msm_dsi");
    }

    #[test]
    fn the_bus_decides_which_driver_is_meant() {
        let on_dsi = peripheral(Bus::Dsi, ["chipone,icn6211"]).expect("known on DSI");
        let on_i2c = peripheral(Bus::I2c, ["chipone,icn6211"]).expect("known on I2C");
        assert_eq!(on_dsi.release, None);
        assert_eq!(on_i2c.release, Some(Release::Plain));
        assert!(peripheral(Bus::Spi, ["chipone,icn6211"]).is_none());
    }
}
