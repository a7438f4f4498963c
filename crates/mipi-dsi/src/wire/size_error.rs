//! Errors of sizes: what does not fit in a packet, or in a buffer.

use super::byte_count::ByteCount;
use core::fmt;

/// The payload has more bytes than a packet of its data type can carry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PayloadTooLong {
    /// Most bytes that fit.
    pub most: usize,
    /// Bytes of the payload.
    pub got: usize,
}

impl fmt::Display for PayloadTooLong {
    #[inline]
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} bytes do not fit in a packet that carries at most {}", self.got, self.most)
    }
}

impl core::error::Error for PayloadTooLong {}

/// The buffer for the packet is too small.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BufferTooSmall {
    /// Bytes of the packet.
    pub needed: usize,
    /// Bytes of the buffer.
    pub available: usize,
}

impl fmt::Display for BufferTooSmall {
    #[inline]
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the packet needs {} and the buffer has {}", ByteCount(self.needed), self.available)
    }
}

impl core::error::Error for BufferTooSmall {}
