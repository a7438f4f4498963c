//! Errors of reading a request from a packet, and of building a packet from a request.

use super::byte_count::ByteCount;
use super::packet_error::PayloadTooLong;
use super::pixel_stream::PixelStream;
use core::fmt;

/// Why a packet does not have the form that its data type needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RequestError {
    /// A DCS long write has no bytes.
    NoOpcode,
    /// The data bytes of an end of transmission packet are not the fixed ones.
    EndOfTransmission {
        /// The fixed bytes.
        expected: [u8; 2],
        /// The received bytes.
        got: [u8; 2],
    },
    /// A picture parameter set has the wrong length.
    PictureParameterSet {
        /// Bytes that it has to have.
        expected: usize,
        /// Bytes in the packet.
        got: usize,
    },
    /// The pixels end within a group.
    PartialPixels {
        /// How the pixels are packed.
        format: PixelStream,
        /// Bytes in the packet.
        got: usize,
    },
}

impl fmt::Display for RequestError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoOpcode => f.write_str("the DCS write has no opcode"),
            Self::EndOfTransmission { expected, got } => {
                write!(f, "the end of transmission packet has {got:02x?} instead of {expected:02x?}")
            }
            Self::PictureParameterSet { expected, got } => {
                write!(f, "the picture parameter set has {} instead of {expected}", ByteCount(*got))
            }
            Self::PartialPixels { format, got } => {
                let group = format.group_bytes();
                write!(f, "{format}: {} cannot be divided into groups of {group} bytes", ByteCount(*got))
            }
        }
    }
}

impl core::error::Error for RequestError {}

/// Why no packet can carry a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BuildError {
    /// A DCS write has no bytes.
    NoOpcode,
    /// The request has more bytes than a packet can carry.
    PayloadTooLong(PayloadTooLong),
    /// The pixels end within a group.
    PartialPixels {
        /// How the pixels are packed.
        format: PixelStream,
        /// Bytes in the packet.
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

impl core::error::Error for BuildError {
    fn source(&self) -> Option<&(dyn core::error::Error + 'static)> {
        match self {
            Self::PayloadTooLong(error) => Some(error),
            Self::NoOpcode | Self::PartialPixels { .. } => None,
        }
    }
}
