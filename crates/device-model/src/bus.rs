//! The name of a bus.
//!
//! What it is for: devices and drivers meet only on the same bus, and names are unique on one. What it is not: a bus
//! with behaviour of its own. [`Driver::matches`](crate::Driver::matches) decides how a bus matches; what moves on
//! it is the business of other crates.

use std::borrow::Cow;
use std::fmt;

/// A bus by its name under `/sys/bus`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BusType(Cow<'static, str>);

impl BusType {
    /// Devices that are part of the chip.
    pub const PLATFORM: Self = Self::named("platform");
    /// Devices with an I2C address.
    pub const I2C: Self = Self::named("i2c");
    /// Devices with an SPI chip select.
    pub const SPI: Self = Self::named("spi");
    /// Devices with a virtual channel of a DSI host.
    pub const MIPI_DSI: Self = Self::named("mipi-dsi");

    /// The bus of that name; two buses are the same if their names are.
    pub const fn named(name: &'static str) -> Self {
        Self(Cow::Borrowed(name))
    }

    /// The name, as sysfs shows it.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<String> for BusType {
    fn from(name: String) -> Self {
        Self(Cow::Owned(name))
    }
}

impl fmt::Display for BusType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
