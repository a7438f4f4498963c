//! Why a packet is no request, and a request no packet.

use super::packet_error::PayloadTooLong;
use super::pixel_stream::PixelStream;
use core::fmt;

/// Why a packet does not have the form that its data type asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RequestError {
    /// A DCS long write without a byte.
    NoOpcode,
    /// The fixed bytes of an end of transmission packet are others.
    EndOfTransmission {
        /// What they have to be.
        expected: [u8; 2],
        /// What came.
        got: [u8; 2],
    },
    /// A picture parameter set of the wrong length.
    PictureParameterSet {
        /// Bytes that it has.
        expected: usize,
        /// Bytes that came.
        got: usize,
    },
    /// Pixels that end within a group.
    PartialPixels {
        /// How they are packed.
        format: PixelStream,
        /// Bytes that came.
        got: usize,
    },
}

impl fmt::Display for RequestError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoOpcode => f.write_str("a DCS write without an opcode"),
            Self::EndOfTransmission { expected, got } => {
                write!(f, "end of transmission with {got:02x?} instead of {expected:02x?}")
            }
            Self::PictureParameterSet { expected, got } => {
                write!(f, "a picture parameter set of {got} bytes instead of {expected}")
            }
            Self::PartialPixels { format, got } => {
                let group = format.group_bytes();
                write!(f, "{format}: {got} bytes are not whole groups of {group} bytes")
            }
        }
    }
}

impl core::error::Error for RequestError {}

/// Why no packet can carry a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BuildError {
    /// A DCS write without a byte.
    NoOpcode,
    /// More bytes than the packet can carry.
    PayloadTooLong(PayloadTooLong),
    /// Pixels that end within a group.
    PartialPixels {
        /// How they are packed.
        format: PixelStream,
        /// Bytes that came.
        got: usize,
    },
}

impl From<PayloadTooLong> for BuildError {
    fn from(error: PayloadTooLong) -> Self {
        Self::PayloadTooLong(error)
    }
}

impl fmt::Display for BuildError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::NoOpcode => RequestError::NoOpcode.fmt(f),
            Self::PayloadTooLong(error) => error.fmt(f),
            Self::PartialPixels { format, got } => RequestError::PartialPixels { format, got }.fmt(f),
        }
    }
}

impl core::error::Error for BuildError {}
