//! A packet as a view of bytes, which shows anything.
//!
//! DSI 1.3, section 8.4: a short packet is four bytes (data identifier, two data bytes, error
//! correction code); a long one has a payload of up to 65535 bytes after these four, which then
//! hold its length, and two bytes of checksum after it. A packet that makes sense is a
//! [`Repr`](super::Repr); a stream of packets is taken apart by [`Decoder`](super::Decoder).

use super::data_type::PacketType;
use super::ecc::{check_header, HeaderCheck};
use super::virtual_channel::VirtualChannel;
use core::fmt;

/// Bytes before the payload; the whole of a short packet.
pub const HEADER_LEN: usize = 4;
/// Bytes of checksum after the payload of a long packet.
pub const FOOTER_LEN: usize = 2;
/// Most bytes that a long packet can carry.
pub const MAX_PAYLOAD_LEN: usize = 0xffff;
/// Most bytes that a packet can have.
pub const MAX_PACKET_LEN: usize = HEADER_LEN + MAX_PAYLOAD_LEN + FOOTER_LEN;

/// A view of bytes as one packet, which judges nothing and can show any nonsense.
///
/// Every getter answers `None` where the bytes end too early. The code in the header is not applied:
/// [`check_header`](Self::check_header) tells what it says.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Packet<B: AsRef<[u8]>> {
    bytes: B,
}

impl<B: AsRef<[u8]>> Packet<B> {
    /// Looks at bytes as a packet. Bytes after its end are ignored.
    pub const fn new(bytes: B) -> Self {
        Self { bytes }
    }

    /// Gives the bytes back.
    pub fn into_inner(self) -> B {
        self.bytes
    }

    /// The four bytes of the header, as they came.
    pub fn header(&self) -> Option<[u8; 4]> {
        self.bytes.as_ref().first_chunk().copied()
    }

    /// What the error correction code says, and the header after correction.
    pub fn check_header(&self) -> Option<([u8; 4], HeaderCheck)> {
        self.header().map(check_header)
    }

    /// The first byte: channel and data type.
    pub fn data_identifier(&self) -> Option<u8> {
        self.bytes.as_ref().first().copied()
    }

    /// The virtual channel, from the top two bits of the data identifier.
    pub fn channel(&self) -> Option<VirtualChannel> {
        self.data_identifier().map(VirtualChannel::from_data_identifier)
    }

    /// The data type, from the low six bits of the data identifier; which table they are to be read
    /// by (host's or peripheral's) is the caller's choice.
    pub fn data_type<T: PacketType>(&self) -> Option<T> {
        self.data_identifier().map(T::from_identifier)
    }

    /// The second and third byte: the data of a short packet.
    pub fn data(&self) -> Option<[u8; 2]> {
        let [_, first, second, _] = self.header()?;
        Some([first, second])
    }

    /// The second and third byte as a number: the payload length of a long packet, in bytes.
    pub fn word_count(&self) -> Option<u16> {
        self.data().map(u16::from_le_bytes)
    }

    /// The fourth byte, the error correction code.
    pub fn ecc(&self) -> Option<u8> {
        self.bytes.as_ref().get(3).copied()
    }

    /// The payload, read as a long packet.
    pub fn payload(&self) -> Option<&[u8]> {
        let rest = self.bytes.as_ref().get(HEADER_LEN..)?;
        rest.get(..usize::from(self.word_count()?))
    }

    /// The checksum after the payload, read as a long packet.
    pub fn checksum(&self) -> Option<u16> {
        let rest = self.bytes.as_ref().get(HEADER_LEN..)?;
        let footer = rest.get(usize::from(self.word_count()?)..)?;
        footer.first_chunk().copied().map(u16::from_le_bytes)
    }
}

impl<B: AsRef<[u8]>> fmt::Debug for Packet<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Packet({:02x?})", self.bytes.as_ref())
    }
}

#[cfg(test)]
mod tests {
    use super::super::{DataType, ResponseType};
    use super::*;

    /// The first published payload of the checksum tests in a DCS long write on channel 1; the
    /// header's code is computed.
    const LONG: [u8; 30] = [
        0x79, 0x18, 0x00, 0x1a, 0xff, 0x00, 0x00, 0x02, 0xb9, 0xdc, 0xf3, 0x72, 0xbb, 0xd4, 0xb8, 0x5a, 0xc8,
        0x75, 0xc2, 0x7c, 0x81, 0xf8, 0x05, 0xdf, 0xff, 0x00, 0x00, 0x01, 0xf0, 0x00,
    ];

    #[test]
    fn a_short_packet_is_taken_apart() {
        let packet = Packet::new([0x05, 0x11, 0x00, 0x36]);
        assert_eq!(packet.channel(), Some(VirtualChannel::VC0));
        assert_eq!(packet.data_type(), Some(DataType::DCS_SHORT_WRITE_0));
        assert_eq!(packet.data(), Some([0x11, 0x00]));
        assert_eq!(packet.ecc(), Some(0x36));
        assert_eq!(packet.check_header().map(|(_, check)| check), Some(HeaderCheck::Clean));
    }

    #[test]
    fn a_long_packet_is_taken_apart() {
        let packet = Packet::new(&LONG[..]);
        assert_eq!(packet.channel(), Some(VirtualChannel::VC1));
        assert_eq!(packet.data_type(), Some(DataType::DCS_LONG_WRITE));
        assert_eq!(packet.word_count(), Some(24));
        assert_eq!(packet.payload(), Some(&LONG[4..28]));
        assert_eq!(packet.checksum(), Some(0x00f0));
        assert_eq!(packet.check_header().map(|(_, check)| check), Some(HeaderCheck::Clean));
    }

    #[test]
    fn the_caller_chooses_the_table() {
        let packet = Packet::new([0x21, 0, 0, 0]);
        assert_eq!(packet.data_type(), Some(DataType::H_SYNC_START));
        assert_eq!(packet.data_type(), Some(ResponseType::DCS_SHORT_READ_1));
    }

    #[test]
    fn bytes_that_end_too_early_show_what_they_have() {
        for length in 0..LONG.len() {
            let packet = Packet::new(&LONG[..length]);
            assert_eq!(packet.data_identifier().is_some(), length >= 1);
            assert_eq!(packet.ecc().is_some(), length >= 4);
            assert_eq!(packet.word_count().is_some(), length >= 4);
            assert_eq!(packet.payload().is_some(), length >= 28);
            assert_eq!(packet.checksum(), None);
        }
    }
}
