//! A view of bytes as a packet, which shows anything.
//!
//! DSI 1.3, section 8.4: a short packet has four bytes: the data identifier, two data bytes and the error
//! correction code. In a long packet the two data bytes hold the length of a payload of up to 65535 bytes,
//! which follows the header, and two bytes of checksum follow the payload. A packet that makes sense is a
//! [`Packet`](super::Packet), and [`Decoder`](super::Decoder) splits a stream of packets.

use super::data_type::PacketType;
pub use super::data_type::MAX_PAYLOAD_LEN;
use super::ecc::{check_header, HeaderCheck};
use super::virtual_channel::VirtualChannel;
use core::fmt;

/// Bytes before the payload, which are the whole of a short packet.
pub const HEADER_LEN: usize = 4;
/// Bytes of checksum after the payload of a long packet.
pub const FOOTER_LEN: usize = 2;
/// Most bytes that a packet can have.
pub const MAX_PACKET_LEN: usize = HEADER_LEN + MAX_PAYLOAD_LEN + FOOTER_LEN;

/// A view of bytes as one packet. It checks nothing, so it can show damaged packets too.
///
/// Every getter gives `None` where the bytes end too early. The getters do not correct the header;
/// [`check_header`](Self::check_header) does.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct RawPacket<B: AsRef<[u8]>> {
    bytes: B,
}

impl<B: AsRef<[u8]>> RawPacket<B> {
    /// Views `bytes` as a packet. Bytes after the end of the packet are ignored.
    #[must_use]
    pub const fn new(bytes: B) -> Self {
        Self { bytes }
    }

    /// Gives the bytes back.
    #[must_use]
    pub fn into_inner(self) -> B {
        self.bytes
    }

    /// The four bytes of the header, as received.
    #[must_use]
    pub fn header(&self) -> Option<[u8; 4]> {
        self.bytes.as_ref().first_chunk().copied()
    }

    /// The header after correction, and the result of the check.
    #[must_use]
    pub fn check_header(&self) -> Option<([u8; 4], HeaderCheck)> {
        self.header().map(check_header)
    }

    /// The first byte, which holds the channel and the data type.
    #[must_use]
    pub fn data_identifier(&self) -> Option<u8> {
        self.bytes.as_ref().first().copied()
    }

    /// The virtual channel, from the top two bits of the data identifier.
    #[must_use]
    pub fn channel(&self) -> Option<VirtualChannel> {
        self.data_identifier().map(VirtualChannel::from_data_identifier)
    }

    /// The data type, from the low six bits of the data identifier. The caller chooses the table: that of
    /// the host or that of the peripheral.
    #[must_use]
    pub fn data_type<T: PacketType>(&self) -> Option<T> {
        self.data_identifier().map(T::from_identifier)
    }

    /// The second and third bytes, which are the data of a short packet.
    #[must_use]
    pub fn data(&self) -> Option<[u8; 2]> {
        let [_, first, second, _] = self.header()?;
        Some([first, second])
    }

    /// The second and third bytes as a number, which is the payload length of a long packet in bytes.
    #[must_use]
    pub fn word_count(&self) -> Option<u16> {
        self.data().map(u16::from_le_bytes)
    }

    /// The fourth byte, the error correction code.
    #[must_use]
    pub fn ecc(&self) -> Option<u8> {
        self.bytes.as_ref().get(3).copied()
    }

    /// The payload, if this is a long packet.
    #[must_use]
    pub fn payload(&self) -> Option<&[u8]> {
        let rest = self.bytes.as_ref().get(HEADER_LEN..)?;
        rest.get(..usize::from(self.word_count()?))
    }

    /// The checksum after the payload, if this is a long packet.
    #[must_use]
    pub fn checksum(&self) -> Option<u16> {
        let rest = self.bytes.as_ref().get(HEADER_LEN..)?;
        let footer = rest.get(usize::from(self.word_count()?)..)?;
        footer.first_chunk().copied().map(u16::from_le_bytes)
    }
}

impl<B: AsRef<[u8]>> fmt::Debug for RawPacket<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RawPacket({:02x?})", self.bytes.as_ref())
    }
}

#[cfg(test)]
mod tests {
    use super::super::{DataType, ResponseType};
    use super::*;

    /// The first published payload of the checksum tests, in a DCS long write on channel 1. The code of the
    /// header is computed.
    const LONG: [u8; 30] = [
        0x79, 0x18, 0x00, 0x1a, 0xff, 0x00, 0x00, 0x02, 0xb9, 0xdc, 0xf3, 0x72, 0xbb, 0xd4, 0xb8, 0x5a, 0xc8,
        0x75, 0xc2, 0x7c, 0x81, 0xf8, 0x05, 0xdf, 0xff, 0x00, 0x00, 0x01, 0xf0, 0x00,
    ];

    #[test]
    fn a_short_packet_is_taken_apart() {
        let packet = RawPacket::new([0x05, 0x11, 0x00, 0x36]);
        assert_eq!(packet.channel(), Some(VirtualChannel::VC0));
        assert_eq!(packet.data_type(), Some(DataType::DCS_SHORT_WRITE_0));
        assert_eq!(packet.data(), Some([0x11, 0x00]));
        assert_eq!(packet.ecc(), Some(0x36));
        assert_eq!(packet.check_header().map(|(_, check)| check), Some(HeaderCheck::Clean));
    }

    #[test]
    fn a_long_packet_is_taken_apart() {
        let packet = RawPacket::new(&LONG[..]);
        assert_eq!(packet.channel(), Some(VirtualChannel::VC1));
        assert_eq!(packet.data_type(), Some(DataType::DCS_LONG_WRITE));
        assert_eq!(packet.word_count(), Some(24));
        assert_eq!(packet.payload(), Some(&LONG[4..28]));
        assert_eq!(packet.checksum(), Some(0x00f0));
        assert_eq!(packet.check_header().map(|(_, check)| check), Some(HeaderCheck::Clean));
    }

    #[test]
    fn the_caller_chooses_the_table() {
        let packet = RawPacket::new([0x21, 0, 0, 0]);
        assert_eq!(packet.data_type(), Some(DataType::H_SYNC_START));
        assert_eq!(packet.data_type(), Some(ResponseType::DCS_SHORT_READ_1));
    }

    #[test]
    fn bytes_that_end_too_early_show_what_they_have() {
        for length in 0..LONG.len() {
            let packet = RawPacket::new(&LONG[..length]);
            assert_eq!(packet.data_identifier().is_some(), length >= 1);
            assert_eq!(packet.ecc().is_some(), length >= 4);
            assert_eq!(packet.word_count().is_some(), length >= 4);
            assert_eq!(packet.payload().is_some(), length >= 28);
            assert_eq!(packet.checksum(), None);
        }
    }
}
