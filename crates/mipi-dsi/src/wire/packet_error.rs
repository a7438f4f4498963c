//! What can be wrong with a packet and with the buffer for one.

use super::checksum::ChecksumCheck;
use core::fmt;

/// More bytes were given than the packet's data type can carry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PayloadTooLong {
    /// Bytes that fit.
    pub most: usize,
    /// Bytes that came.
    pub got: usize,
}

impl fmt::Display for PayloadTooLong {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} bytes do not fit: the packet carries at most {}", self.got, self.most)
    }
}

impl core::error::Error for PayloadTooLong {}

/// The buffer to write into is too small.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BufferTooSmall {
    /// Bytes to be written.
    pub needed: usize,
    /// Bytes that the buffer has.
    pub available: usize,
}

impl fmt::Display for BufferTooSmall {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} bytes are needed and the buffer has {}", self.needed, self.available)
    }
}

impl core::error::Error for BufferTooSmall {}

/// Why no packet could be made around a payload in place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FrameError {
    /// The data type is one of a short packet.
    NotLong {
        /// The data type's code.
        code: u8,
    },
    /// The payload is longer than a packet can carry.
    PayloadTooLong(PayloadTooLong),
    /// Header, payload and checksum do not fit the buffer.
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
            Self::NotLong { code } => write!(f, "data type {code:#04x} is not of a long packet"),
            Self::PayloadTooLong(error) => error.fmt(f),
            Self::BufferTooSmall(error) => error.fmt(f),
        }
    }
}

impl core::error::Error for FrameError {}

/// Why bytes are not a packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ParseError {
    /// The packet is longer than what there is of it.
    Truncated {
        /// Bytes of the packet as far as they can be told: of the header, if that is cut.
        needed: usize,
        /// Bytes that there are.
        available: usize,
    },
    /// More than one bit of the header is wrong, so that not even its length is known.
    Header {
        /// The header as it came.
        bytes: [u8; 4],
    },
    /// The payload is not what was sent.
    Checksum {
        /// The checksum of the payload that came.
        expected: u16,
        /// The checksum that came.
        got: u16,
    },
}

impl fmt::Display for ParseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::Truncated { needed, available } => {
                write!(f, "the packet has {needed} bytes and only {available} are there")
            }
            Self::Header { bytes } => write!(f, "header {bytes:02x?} has more than one wrong bit"),
            Self::Checksum { expected, got } => ChecksumCheck::Bad { expected, got }.fmt(f),
        }
    }
}

impl core::error::Error for ParseError {}
