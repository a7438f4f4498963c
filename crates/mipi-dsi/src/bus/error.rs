//! What can go wrong, one type for each operation.
//!
//! Each says what was expected and what came, in one line for a log; where one wraps another, `source` gives the inner
//! one as a value. The host's own errors are in `host_controller`, those of a packet in the `wire` module; this module
//! has what the bus itself answers.

use super::capabilities::UnsupportedFeature;
use super::dcs;
pub use super::gone::{Gone, Side};
use super::host_controller::{HostAttachError, HostError};
use super::name::NameTooLong;
pub use super::still_running::{StillRunning, WaitError};
use super::wire::{PayloadTooLong, VirtualChannel};
use core::fmt;

/// An error of the bus that [`Bus::show`](super::Bus::show) displays with the names of the host and the device.
pub trait BusError: fmt::Display {
    /// What still runs, if the error is about that.
    fn still_running(&self) -> Option<&StillRunning>;
}

impl BusError for StillRunning {
    fn still_running(&self) -> Option<&StillRunning> {
        Some(self)
    }
}

impl BusError for AttachError {
    fn still_running(&self) -> Option<&StillRunning> {
        match self {
            Self::StillRunning(error) => Some(error),
            _ => None,
        }
    }
}

impl BusError for TransferError {
    fn still_running(&self) -> Option<&StillRunning> {
        match self {
            Self::StillRunning(error) => Some(error),
            _ => None,
        }
    }
}

impl BusError for ReadError {
    fn still_running(&self) -> Option<&StillRunning> {
        match self {
            Self::Transfer(error) => error.still_running(),
            _ => None,
        }
    }
}

/// Why a host was not registered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum RegisterHostError {
    /// All host slots of the bus are taken.
    NoSlot {
        /// How many there are.
        slots: usize,
    },
    /// The name does not fit.
    Name(NameTooLong),
    /// Another host of the bus has this name.
    NameTaken,
}

impl fmt::Display for RegisterHostError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoSlot { slots } => write!(f, "all {slots} host slots of the bus are taken"),
            Self::Name(error) => error.fmt(f),
            Self::NameTaken => f.write_str("another host of the bus has this name"),
        }
    }
}

impl core::error::Error for RegisterHostError {
    fn source(&self) -> Option<&(dyn core::error::Error + 'static)> {
        match self {
            Self::Name(error) => Some(error),
            _ => None,
        }
    }
}

/// Why a device was not registered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum RegisterDeviceError {
    /// The host has left, or is leaving.
    Gone(Gone),
    /// Another device has this virtual channel.
    ChannelTaken(VirtualChannel),
    /// The name does not fit.
    Name(NameTooLong),
}

impl fmt::Display for RegisterDeviceError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Gone(gone) => gone.fmt(f),
            Self::ChannelTaken(channel) => write!(f, "virtual channel {channel} is taken"),
            Self::Name(error) => error.fmt(f),
        }
    }
}

impl core::error::Error for RegisterDeviceError {
    fn source(&self) -> Option<&(dyn core::error::Error + 'static)> {
        match self {
            Self::Gone(error) => Some(error),
            Self::Name(error) => Some(error),
            _ => None,
        }
    }
}

/// Why a device was not attached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum AttachError {
    /// The device could not be registered (in a call that registers and attaches).
    Register(RegisterDeviceError),
    /// The host or the device has left, or is leaving.
    Gone(Gone),
    /// The device is attached already.
    AlreadyAttached,
    /// One end can't do what the configuration asks; the host was not called.
    Unsupported {
        /// Which end.
        side: Side,
        /// What it can't do.
        feature: UnsupportedFeature,
    },
    /// The host was called and refused.
    Refused(HostAttachError),
    /// Another caller attaches or detaches this device, and this call gave up waiting.
    StillRunning(StillRunning),
}

impl fmt::Display for AttachError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Register(error) => error.fmt(f),
            Self::Gone(gone) => gone.fmt(f),
            Self::AlreadyAttached => f.write_str("the device is attached already"),
            Self::Unsupported { side: Side::Host, feature } => write!(f, "the host {feature}"),
            Self::Unsupported { side: Side::Peripheral, feature } => write!(f, "the peripheral {feature}"),
            Self::Refused(error) => error.fmt(f),
            Self::StillRunning(error) => error.fmt(f),
        }
    }
}

impl core::error::Error for AttachError {
    fn source(&self) -> Option<&(dyn core::error::Error + 'static)> {
        match self {
            Self::Register(error) => Some(error),
            Self::Gone(error) => Some(error),
            Self::Refused(error) => Some(error),
            Self::Unsupported { feature, .. } => Some(feature),
            Self::StillRunning(error) => Some(error),
            _ => None,
        }
    }
}

/// Why a packet was not sent, or its response not received.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum TransferError {
    /// The host, the device or the link has left. The host was not called.
    Gone(Gone),
    /// The payload does not fit its packet. The host was not called.
    Message(PayloadTooLong),
    /// The DCS command has no opcode. The host was not called.
    NoCommand,
    /// Another transfer has the link, and this one gave up waiting. The host was not called.
    StillRunning(StillRunning),
    /// The host was called, and reported this.
    Host(HostError),
}

impl fmt::Display for TransferError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Gone(gone) => gone.fmt(f),
            Self::Message(error) => error.fmt(f),
            Self::NoCommand => f.write_str("there is no DCS command without an opcode"),
            Self::StillRunning(error) => error.fmt(f),
            Self::Host(error) => error.fmt(f),
        }
    }
}

impl core::error::Error for TransferError {
    fn source(&self) -> Option<&(dyn core::error::Error + 'static)> {
        match self {
            Self::Gone(error) => Some(error),
            Self::Message(error) => Some(error),
            Self::StillRunning(error) => Some(error),
            Self::Host(error) => Some(error),
            _ => None,
        }
    }
}

impl From<Gone> for TransferError {
    fn from(gone: Gone) -> Self {
        Self::Gone(gone)
    }
}

/// Why a read gave no response.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum ReadError {
    /// A packet of the read transaction failed.
    Transfer(TransferError),
    /// The peripheral's response is shorter than the read asked for.
    Short {
        /// Bytes asked for.
        expected: usize,
        /// Bytes that came.
        got: usize,
    },
    /// The read asked for no bytes. Nothing was sent.
    NothingAsked,
    /// The read asked for more than a response can have. Nothing was sent.
    TooLong {
        /// Bytes asked for.
        asked: usize,
        /// The most bytes that it may ask for: 65535, or 16 for a typed command.
        most: usize,
    },
    /// The response does not have the form that this command asks for.
    Response(dcs::ResponseError),
}

impl fmt::Display for ReadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Transfer(error) => error.fmt(f),
            Self::Short { expected, got } => {
                write!(f, "the response has {got} bytes, but {expected} were asked for")
            }
            Self::NothingAsked => f.write_str("the read asks for no bytes"),
            Self::TooLong { asked, most } => {
                write!(f, "{asked} bytes were asked for, and a response has at most {most}")
            }
            Self::Response(error) => error.fmt(f),
        }
    }
}

impl core::error::Error for ReadError {
    fn source(&self) -> Option<&(dyn core::error::Error + 'static)> {
        match self {
            Self::Transfer(error) => Some(error),
            Self::Response(error) => Some(error),
            _ => None,
        }
    }
}

impl From<TransferError> for ReadError {
    fn from(error: TransferError) -> Self {
        Self::Transfer(error)
    }
}
