//! Errors of packets and of the buffers that they are written to.

use super::checksum::ChecksumCheck;
pub use super::size_error::{BufferTooSmall, PayloadTooLong};
use core::fmt;

/// Why [`frame_in_place`](super::frame_in_place) could not frame a payload.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FrameError {
    /// The data type belongs to a short packet.
    NotLong {
        /// The code of the data type.
        code: u8,
    },
    /// The payload is longer than a packet can carry.
    PayloadTooLong(PayloadTooLong),
    /// Header, payload and checksum do not fit in the buffer.
    BufferTooSmall(BufferTooSmall),
}

impl From<PayloadTooLong> for FrameError {
    fn from(error: PayloadTooLong) -> Self {
        Self::PayloadTooLong(error)
    }
}

impl From<BufferTooSmall> for FrameError {
    fn from(error: BufferTooSmall) -> Self {
        Self::BufferTooSmall(error)
    }
}

impl fmt::Display for FrameError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotLong { code } => write!(f, "data type {code:#04x} belongs to a short packet"),
            Self::PayloadTooLong(error) => error.fmt(f),
            Self::BufferTooSmall(error) => error.fmt(f),
        }
    }
}

impl core::error::Error for FrameError {
    fn source(&self) -> Option<&(dyn core::error::Error + 'static)> {
        match self {
            Self::NotLong { .. } => None,
            Self::PayloadTooLong(error) => Some(error),
            Self::BufferTooSmall(error) => Some(error),
        }
    }
}

/// Why bytes could not be read as a packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ParseError {
    /// The end of the packet is missing.
    Truncated {
        /// Bytes of the whole packet, or of its header if that is cut.
        needed: usize,
        /// Bytes that are there.
        available: usize,
    },
    /// More than one bit of the header is wrong, so that not even its length is known.
    Header {
        /// The header, as received.
        bytes: [u8; 4],
    },
    /// The payload does not match its checksum.
    Checksum {
        /// The checksum computed from the received payload.
        expected: u16,
        /// The received checksum.
        got: u16,
    },
}

impl fmt::Display for ParseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::Truncated { needed, available } => {
                write!(f, "only {available} of the packet's {needed} bytes are there")
            }
            Self::Header { bytes } => write!(f, "header {bytes:02x?} has more than one wrong bit"),
            Self::Checksum { expected, got } => ChecksumCheck::Bad { expected, got }.fmt(f),
        }
    }
}

impl core::error::Error for ParseError {}
