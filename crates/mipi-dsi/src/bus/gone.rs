//! The two sides of a link, and which of them has left.

use core::fmt;

/// One of the two ends of a link.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Side {
    /// The host controller.
    Host,
    /// The panel or bridge.
    Peripheral,
}

/// Which side has left: the error of every late call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Gone {
    /// The host was unregistered, or is leaving.
    HostRemoved,
    /// The host is still registered; the device was unregistered by the peripheral's side.
    Unregistered,
    /// The device is still registered; this link to it was detached.
    Detached,
}

impl fmt::Display for Gone {
    #[inline]
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::HostRemoved => "the host has been removed",
            Self::Unregistered => "the peripheral has unregistered the device",
            Self::Detached => "the device has been detached",
        })
    }
}

impl core::error::Error for Gone {}
