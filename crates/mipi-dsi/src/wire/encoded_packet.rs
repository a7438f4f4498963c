//! A packet as it goes over the link, without a buffer for it.
//!
//! For hosts without a packet engine: the bytes around the payload are computed, the payload stays where it is, in one
//! part or in two. A host with a first-in first-out register writes one slice after the other to it.

use super::checksum::{Checksum, CHECKSUM_INITIAL};
use super::data_type::PacketType;
use super::packet::header;
use super::packet_error::{BufferTooSmall, PayloadTooLong};
use super::payload::Payload;
use super::raw_packet::{FOOTER_LEN, HEADER_LEN};
use super::virtual_channel::VirtualChannel;

/// The bytes of a packet: header, payload and checksum (DSI 1.3, section 8.4).
///
/// ```
/// use mipi_dsi::wire::{DataType, EncodedPacket, Payload, SmallCrc, VirtualChannel};
///
/// let pixels = [0xff, 0x80, 0x00];
/// let payload = Payload::new(&[0x2c], &pixels);
/// let packet = EncodedPacket::new(VirtualChannel::VC0, DataType::DCS_LONG_WRITE, payload, &SmallCrc)?;
/// let [header, command, data, checksum] = packet.slices();
/// assert_eq!((header[0], command, data), (0x39, &[0x2c][..], &pixels[..]));
/// assert_eq!(checksum.len(), 2);
/// # Ok::<(), mipi_dsi::wire::PayloadTooLong>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EncodedPacket<'a> {
    header: [u8; HEADER_LEN],
    /// Empty for a short packet, whose data is in its header.
    payload: Payload<'a>,
    /// `None` for a short packet.
    footer: Option<[u8; FOOTER_LEN]>,
}

impl<'a> EncodedPacket<'a> {
    /// Computes what goes around a payload: the header with its error correction code and, for a long packet, the
    /// checksum of both parts of the payload.
    ///
    /// A short packet takes up to two bytes and fills with zeros, a long one up to 65535, as in
    /// [`Packet::new`](super::Packet::new).
    ///
    /// # Errors
    ///
    /// [`PayloadTooLong`], with what the data type can carry and what came.
    pub fn new<T: PacketType>(
        channel: VirtualChannel,
        data_type: T,
        payload: impl Into<Payload<'a>>,
        checksum: &(impl Checksum + ?Sized),
    ) -> Result<Self, PayloadTooLong> {
        let payload = payload.into();
        let too_long = PayloadTooLong { most: data_type.max_payload_len(), got: payload.len() };
        if !data_type.is_long() {
            let data = payload.short_data().ok_or(too_long)?;
            return Ok(Self::short(header(channel, data_type, data)));
        }
        let word_count = u16::try_from(payload.len()).map_err(|_| too_long)?;
        Ok(Self::long(header(channel, data_type, word_count.to_le_bytes()), payload, checksum))
    }

    pub(super) const fn short(header: [u8; HEADER_LEN]) -> Self {
        Self { header, payload: Payload::EMPTY, footer: None }
    }

    /// `header` counts the bytes of `payload`.
    pub(super) fn long(
        header: [u8; HEADER_LEN],
        payload: Payload<'a>,
        checksum: &(impl Checksum + ?Sized),
    ) -> Self {
        let footer = match payload.parts() {
            [[], body] => checksum.checksum(body),
            [head, body] => checksum.update(checksum.update(CHECKSUM_INITIAL, head), body),
        };
        Self { header, payload, footer: Some(footer.to_le_bytes()) }
    }

    /// The header with its error correction code; the whole of a short packet.
    pub const fn header(&self) -> [u8; HEADER_LEN] {
        self.header
    }

    /// The payload of a long packet; empty for a short one.
    pub const fn payload(&self) -> Payload<'a> {
        self.payload
    }

    /// The checksum of a long packet, low byte first; `None` for a short one.
    pub const fn footer(&self) -> Option<[u8; FOOTER_LEN]> {
        self.footer
    }

    /// Header, both parts of the payload, and checksum, in the order in which they are sent; any but the first may be
    /// empty.
    pub fn slices(&self) -> [&[u8]; 4] {
        let [head, body] = self.payload.parts();
        [&self.header, head, body, self.footer.as_ref().map_or(&[], |footer| footer)]
    }

    /// Its bytes, in the order in which they are sent.
    pub fn bytes(&self) -> impl Iterator<Item = u8> + '_ {
        self.slices().into_iter().flatten().copied()
    }

    /// Bytes that it has, 4 or 6..=65541.
    pub const fn encoded_len(&self) -> usize {
        let footer = if self.footer.is_some() { FOOTER_LEN } else { 0 };
        HEADER_LEN + self.payload.len() + footer
    }

    /// Writes the packet to the start of `buffer` and returns how many bytes it has.
    ///
    /// # Errors
    ///
    /// [`BufferTooSmall`]; nothing is written then.
    pub fn emit(&self, buffer: &mut [u8]) -> Result<usize, BufferTooSmall> {
        let needed = self.encoded_len();
        let too_small = BufferTooSmall { needed, available: buffer.len() };
        let mut rest = buffer.get_mut(..needed).ok_or(too_small)?;
        for slice in self.slices() {
            let (room, after) = rest.split_at_mut_checked(slice.len()).ok_or(too_small)?;
            room.copy_from_slice(slice);
            rest = after;
        }
        Ok(needed)
    }
}

#[cfg(test)]
mod tests {
    use super::super::{BitwiseCrc, DataType, Packet, ResponseType, SlicedCrc, MAX_PAYLOAD_LEN};
    use super::*;
    use std::vec;
    use std::vec::Vec;

    const VC0: VirtualChannel = VirtualChannel::VC0;

    /// The first published payload of the checksum tests.
    const PUBLISHED: [u8; 24] = [
        0xff, 0x00, 0x00, 0x02, 0xb9, 0xdc, 0xf3, 0x72, 0xbb, 0xd4, 0xb8, 0x5a, 0xc8, 0x75, 0xc2, 0x7c, 0x81,
        0xf8, 0x05, 0xdf, 0xff, 0x00, 0x00, 0x01,
    ];

    #[test]
    fn the_checksum_is_that_of_both_parts() {
        let payload = Payload::new(&PUBLISHED[..1], &PUBLISHED[1..]);
        let packet = EncodedPacket::new(VC0, DataType::DCS_LONG_WRITE, payload, &BitwiseCrc).expect("fits");
        assert_eq!(packet.footer(), Some([0xf0, 0x00]));
        assert_eq!(packet.header(), [0x39, 0x18, 0x00, 0x0c]);
        assert_eq!(packet.encoded_len(), 30);
        let slices = [&packet.header(), &PUBLISHED[..1], &PUBLISHED[1..], &[0xf0, 0x00]];
        assert_eq!(packet.slices(), slices);
    }

    #[test]
    fn the_two_bytes_of_a_short_packet_may_be_in_two_parts() {
        let payload = Payload::new(&[0x51], &[0x80]);
        let packet =
            EncodedPacket::new(VC0, DataType::DCS_SHORT_WRITE_1, payload, &BitwiseCrc).expect("fits");
        let whole = Packet::new(VC0, DataType::DCS_SHORT_WRITE_1, &[0x51, 0x80]).expect("fits");
        assert_eq!(packet.header(), whole.header());
        assert_eq!(packet.encoded_len(), 4);
        assert_eq!(packet.bytes().collect::<Vec<_>>(), whole.header());
    }

    #[test]
    fn a_buffer_that_is_too_small_is_left_alone() {
        let payload = Payload::new(&PUBLISHED[..5], &PUBLISHED[5..]);
        let packet = EncodedPacket::new(VC0, DataType::DCS_LONG_WRITE, payload, &SlicedCrc).expect("fits");
        for available in 0..30 {
            let mut buffer = vec![0xa5; available];
            assert_eq!(packet.emit(&mut buffer), Err(BufferTooSmall { needed: 30, available }));
            assert!(buffer.iter().all(|byte| *byte == 0xa5));
        }
    }

    #[test]
    fn a_payload_that_does_not_fit_is_refused_and_not_cut() {
        let long = vec![0; MAX_PAYLOAD_LEN];
        let new = |data_type, payload| EncodedPacket::new(VC0, data_type, payload, &SlicedCrc).map(|_| ());
        let too_long = |most| Err(PayloadTooLong { most, got: most + 1 });
        assert_eq!(new(DataType::GENERIC_LONG_WRITE, Payload::new(&[1], &long)), too_long(MAX_PAYLOAD_LEN));
        assert_eq!(new(DataType::GENERIC_LONG_WRITE, Payload::new(&[1], &long[1..])), Ok(()));
        assert_eq!(new(DataType::DCS_SHORT_WRITE_1, Payload::new(&[1], &[2, 3])), too_long(2));
        let response = EncodedPacket::new(VC0, ResponseType::DCS_SHORT_READ_1, &[1, 2, 3], &SlicedCrc);
        assert_eq!(response, Err(PayloadTooLong { most: 2, got: 3 }));
    }
}
