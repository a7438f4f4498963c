//! The two speeds of a link.

/// Speed of a transmission.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Speed {
    /// High-speed transmission.
    HighSpeed,
    /// Low-power transmission in escape mode (`MIPI_DSI_MODE_LPM`).
    LowPower,
}
