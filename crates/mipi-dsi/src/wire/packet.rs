//! A packet that can be sent, and its bytes.
//!
//! [`Packet`] frames bytes of any data type. What a packet *means* is in [`Request`](super::Request) and
//! [`Response`](super::Response).

use super::checksum::{Checksum, ChecksumCheck};
use super::data_type::{DataType, PacketType};
use super::ecc::{check_header, ecc, HeaderCheck};
use super::encoded_packet::EncodedPacket;
use super::packet_error::{BufferTooSmall, FrameError, ParseError, PayloadTooLong};
use super::payload::Payload;
use super::raw_packet::{FOOTER_LEN, HEADER_LEN, MAX_PAYLOAD_LEN};
use super::virtual_channel::VirtualChannel;

/// What a packet carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Body<'a> {
    /// The two data bytes of a short packet.
    Short([u8; 2]),
    /// The payload of a long packet, 0..=65535 bytes.
    Long(&'a [u8]),
}

/// A packet that can be sent: a channel, a data type, and a body of the form that the data type has.
///
/// `T` is the direction: [`DataType`] from the host, [`ResponseType`](super::ResponseType) from the
/// peripheral. Data types that the specification does not assign are treated like all others.
///
/// # Invariants
///
/// The body is `Long` if and only if `data_type.is_long()`, and has at most [`MAX_PAYLOAD_LEN`] bytes then.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Packet<'a, T = DataType> {
    channel: VirtualChannel,
    data_type: T,
    body: Body<'a>,
}

impl<'a, T: PacketType> Packet<'a, T> {
    /// Makes a short or long packet, as the data type requires.
    ///
    /// A short packet takes up to two bytes, and zeros fill the rest; a long one takes up to 65535 bytes.
    /// Mirrors `mipi_dsi_create_packet()`, but refuses a payload that does not fit instead of cutting it.
    ///
    /// # Errors
    ///
    /// [`PayloadTooLong`] if the payload does not fit in a packet of this data type.
    pub fn new(channel: VirtualChannel, data_type: T, payload: &'a [u8]) -> Result<Self, PayloadTooLong> {
        let most = data_type.max_payload_len();
        let body = match Payload::from(payload).short_data() {
            _ if payload.len() > most => None,
            _ if data_type.is_long() => Some(Body::Long(payload)),
            data => data.map(Body::Short),
        };
        let body = body.ok_or(PayloadTooLong { most, got: payload.len() })?;
        Ok(Self { channel, data_type, body })
    }

    /// Makes a short packet from both data bytes. The data type has to be a short one.
    pub(super) const fn with_data(channel: VirtualChannel, data_type: T, data: [u8; 2]) -> Self {
        Self { channel, data_type, body: Body::Short(data) }
    }

    /// Reads the packet at the start of `bytes`, and corrects one wrong bit in its header.
    ///
    /// # Errors
    ///
    /// [`ParseError`] if bytes are missing, the header cannot be corrected, or the payload does not match
    /// its checksum.
    pub fn parse(bytes: &'a [u8], checksum: &(impl Checksum + ?Sized)) -> Result<Self, ParseError> {
        let framed = Framed::<T>::split(bytes, checksum)?;
        match framed.checksum {
            ChecksumCheck::Bad { expected, got } => Err(ParseError::Checksum { expected, got }),
            _ => Ok(framed.packet),
        }
    }

    /// The virtual channel.
    #[must_use]
    pub const fn channel(&self) -> VirtualChannel {
        self.channel
    }

    /// The data type.
    #[must_use]
    pub fn data_type(&self) -> T {
        self.data_type
    }

    /// What the packet carries.
    #[must_use]
    pub const fn body(&self) -> Body<'a> {
        self.body
    }

    /// What the packet carries, as bytes. A short packet gives both data bytes, used or not.
    #[must_use]
    pub const fn bytes(&self) -> &[u8] {
        match &self.body {
            Body::Short(data) => data,
            Body::Long(payload) => payload,
        }
    }

    /// Whether a payload and a checksum follow the header.
    #[must_use]
    pub const fn is_long(&self) -> bool {
        matches!(self.body, Body::Long(_))
    }

    /// The header with its error correction code.
    #[must_use]
    pub fn header(&self) -> [u8; 4] {
        header(self.channel, self.data_type, self.header_data())
    }

    /// The number of bytes that [`emit`](Self::emit) writes: 4 for a short packet, 6..=65541 for a long one.
    #[must_use]
    pub const fn encoded_len(&self) -> usize {
        match self.body {
            Body::Short(_) => HEADER_LEN,
            Body::Long(payload) => HEADER_LEN + payload.len() + FOOTER_LEN,
        }
    }

    /// Writes the packet to the start of `buffer`, and returns its length in bytes.
    ///
    /// # Errors
    ///
    /// [`BufferTooSmall`], in which case nothing is written.
    pub fn emit(
        &self,
        buffer: &mut [u8],
        checksum: &(impl Checksum + ?Sized),
    ) -> Result<usize, BufferTooSmall> {
        let needed = self.encoded_len();
        if buffer.len() < needed {
            return Err(BufferTooSmall { needed, available: buffer.len() });
        }
        match self.body {
            Body::Short(_) => EncodedPacket::short(self.header()),
            Body::Long(payload) => EncodedPacket::long(self.header(), payload.into(), checksum),
        }
        .emit(buffer)
    }

    fn header_data(&self) -> [u8; 2] {
        match self.body {
            Body::Short(data) => data,
            // CAST: a payload has at most `MAX_PAYLOAD_LEN` bytes, by the invariant.
            Body::Long(payload) => (payload.len() as u16).to_le_bytes(),
        }
    }
}

/// Makes a long packet around a payload that is already in its place, so that frames need not be copied.
///
/// The payload is `buffer[4..4 + payload_len]`. The function writes the header before it and the checksum
/// after it, and returns the length of the packet in bytes.
///
/// # Errors
///
/// [`FrameError`], in which case nothing is written.
pub fn frame_in_place<T: PacketType>(
    channel: VirtualChannel,
    data_type: T,
    payload_len: usize,
    buffer: &mut [u8],
    checksum: &(impl Checksum + ?Sized),
) -> Result<usize, FrameError> {
    if !data_type.is_long() {
        return Err(FrameError::NotLong { code: data_type.code() });
    }
    let Ok(word_count) = u16::try_from(payload_len) else {
        return Err(PayloadTooLong { most: MAX_PAYLOAD_LEN, got: payload_len }.into());
    };
    let needed = HEADER_LEN + payload_len + FOOTER_LEN;
    let too_small = BufferTooSmall { needed, available: buffer.len() };
    let (head, rest) = buffer.get_mut(..needed).and_then(split_header).ok_or(too_small)?;
    let (payload, foot) = split_footer(rest).ok_or(too_small)?;
    *head = header(channel, data_type, word_count.to_le_bytes());
    *foot = checksum.checksum(payload).to_le_bytes();
    Ok(needed)
}

pub(super) fn header<T: PacketType>(channel: VirtualChannel, data_type: T, data: [u8; 2]) -> [u8; 4] {
    let identifier = channel.get() << 6 | data_type.code();
    let [first, second] = data;
    [identifier, first, second, ecc([identifier, first, second])]
}

fn split_header(bytes: &mut [u8]) -> Option<(&mut [u8; HEADER_LEN], &mut [u8])> {
    bytes.split_first_chunk_mut()
}

fn split_footer(bytes: &mut [u8]) -> Option<(&mut [u8], &mut [u8; FOOTER_LEN])> {
    bytes.split_last_chunk_mut()
}

/// The packet at the front of a stream, even if its checksum is wrong.
pub(super) struct Framed<'a, T> {
    pub(super) packet: Packet<'a, T>,
    pub(super) header: HeaderCheck,
    pub(super) checksum: ChecksumCheck,
    pub(super) len: usize,
}

impl<'a, T: PacketType> Framed<'a, T> {
    pub(super) fn split(bytes: &'a [u8], checksum: &(impl Checksum + ?Sized)) -> Result<Self, ParseError> {
        let truncated = |needed| ParseError::Truncated { needed, available: bytes.len() };
        let Some((&raw, rest)) = bytes.split_first_chunk::<HEADER_LEN>() else {
            return Err(truncated(HEADER_LEN));
        };
        let (corrected, header) = check_header(raw);
        if header == HeaderCheck::Uncorrectable {
            return Err(ParseError::Header { bytes: raw });
        }
        let [identifier, first, second, _] = corrected;
        let channel = VirtualChannel::from_data_identifier(identifier);
        let data_type = T::from_identifier(identifier);
        if !data_type.is_long() {
            let packet = Packet { channel, data_type, body: Body::Short([first, second]) };
            return Ok(Self { packet, header, checksum: ChecksumCheck::None, len: HEADER_LEN });
        }
        let payload_len = usize::from(u16::from_le_bytes([first, second]));
        let len = HEADER_LEN + payload_len + FOOTER_LEN;
        let parts = rest.split_at_checked(payload_len);
        let Some((payload, Some(footer))) = parts.map(|(p, after)| (p, after.first_chunk())) else {
            return Err(truncated(len));
        };
        let checksum = ChecksumCheck::compare(checksum.checksum(payload), u16::from_le_bytes(*footer));
        let packet = Packet { channel, data_type, body: Body::Long(payload) };
        Ok(Self { packet, header, checksum, len })
    }
}

#[cfg(test)]
mod tests {
    use super::super::{BitwiseCrc, OmittedChecksum, SlicedCrc, SmallCrc};
    use super::*;
    use std::vec;

    const VC0: VirtualChannel = VirtualChannel::VC0;
    const UNWRITTEN: u8 = 0xa5;
    /// The first published payload of the checksum tests, in a DCS long write. The code of the header is
    /// computed from the definition.
    const LONG: [u8; 30] = [
        0x39, 0x18, 0x00, 0x0c, 0xff, 0x00, 0x00, 0x02, 0xb9, 0xdc, 0xf3, 0x72, 0xbb, 0xd4, 0xb8, 0x5a, 0xc8,
        0x75, 0xc2, 0x7c, 0x81, 0xf8, 0x05, 0xdf, 0xff, 0x00, 0x00, 0x01, 0xf0, 0x00,
    ];

    #[test]
    fn a_short_packet_is_written_and_nothing_after_it() {
        let packet = Packet::new(VC0, DataType::DCS_SHORT_WRITE_0, &[0x11]).expect("one byte fits");
        let mut buffer = [UNWRITTEN; 6];
        assert_eq!(packet.emit(&mut buffer, &SmallCrc), Ok(4));
        assert_eq!(buffer, [0x05, 0x11, 0x00, 0x36, UNWRITTEN, UNWRITTEN]);
        assert_eq!(Packet::parse(&buffer, &SmallCrc), Ok(packet));
    }

    #[test]
    fn a_long_packet_is_written_and_read() {
        let packet = Packet::new(VC0, DataType::DCS_LONG_WRITE, &LONG[4..28]).expect("24 bytes fit");
        let mut buffer = [UNWRITTEN; 31];
        assert_eq!(packet.emit(&mut buffer, &SlicedCrc), Ok(30));
        assert_eq!(buffer[..30], LONG);
        assert_eq!(buffer[30], UNWRITTEN);
        assert_eq!(Packet::parse(&LONG, &BitwiseCrc), Ok(packet));
    }

    #[test]
    fn an_empty_long_packet_has_a_checksum_of_ones() {
        let packet = Packet::new(VC0, DataType::NULL_PACKET, &[]).expect("nothing fits");
        let mut buffer = [UNWRITTEN; 6];
        assert_eq!(packet.emit(&mut buffer, &SmallCrc), Ok(6));
        assert_eq!(buffer[4..], [0xff, 0xff]);
    }

    #[test]
    fn a_buffer_that_is_too_small_is_left_alone() {
        let packet = Packet::new(VC0, DataType::DCS_LONG_WRITE, &LONG[4..28]).expect("24 bytes fit");
        for available in 0..30 {
            let mut buffer = vec![UNWRITTEN; available];
            let error = packet.emit(&mut buffer, &SmallCrc);
            assert_eq!(error, Err(BufferTooSmall { needed: 30, available }));
            assert!(buffer.iter().all(|byte| *byte == UNWRITTEN));
        }
    }

    #[test]
    fn a_payload_that_does_not_fit_is_refused_and_not_cut() {
        let error = Packet::new(VC0, DataType::GENERIC_SHORT_WRITE_2, &[1, 2, 3]);
        assert_eq!(error, Err(PayloadTooLong { most: 2, got: 3 }));
        let most = vec![0; MAX_PAYLOAD_LEN + 1];
        let error = Packet::new(VC0, DataType::GENERIC_LONG_WRITE, &most);
        assert_eq!(error, Err(PayloadTooLong { most: 65535, got: 65536 }));
        assert!(Packet::new(VC0, DataType::GENERIC_LONG_WRITE, &most[1..]).is_ok());
    }

    #[test]
    fn a_cut_packet_says_how_long_it_is() {
        for available in 0..LONG.len() {
            let needed = if available < 4 { 4 } else { 30 };
            let error = Packet::<DataType>::parse(&LONG[..available], &SmallCrc);
            assert_eq!(error, Err(ParseError::Truncated { needed, available }));
        }
    }

    #[test]
    fn a_wrong_payload_bit_is_noticed() {
        for bit in 0..24 * 8 {
            let mut wrong = LONG;
            wrong[4 + bit / 8] ^= 1 << (bit % 8);
            let error = Packet::<DataType>::parse(&wrong, &SmallCrc);
            assert!(matches!(error, Err(ParseError::Checksum { got: 0x00f0, .. })), "{bit}: {error:?}");
        }
    }

    #[test]
    fn a_checksum_left_out_is_accepted() {
        let packet = Packet::new(VC0, DataType::DCS_LONG_WRITE, &LONG[4..27]).expect("fits");
        let mut buffer = [UNWRITTEN; 29];
        assert_eq!(packet.emit(&mut buffer, &OmittedChecksum), Ok(29));
        assert_eq!(buffer[27..], [0, 0]);
        assert_eq!(Packet::parse(&buffer, &SmallCrc), Ok(packet));
    }

    #[test]
    fn a_payload_in_place_is_framed_without_being_touched() {
        let mut buffer = [UNWRITTEN; 31];
        buffer[4..28].copy_from_slice(&LONG[4..28]);
        let len = frame_in_place(VC0, DataType::DCS_LONG_WRITE, 24, &mut buffer, &SlicedCrc);
        assert_eq!(len, Ok(30));
        assert_eq!(buffer[..30], LONG);
        assert_eq!(buffer[30], UNWRITTEN);
    }

    #[test]
    fn framing_in_place_refuses_what_cannot_be() {
        let frame =
            |data_type, len, buffer: &mut [u8]| frame_in_place(VC0, data_type, len, buffer, &SmallCrc);
        let buffer = &mut [UNWRITTEN; 9];
        assert_eq!(frame(DataType::DCS_READ, 1, buffer), Err(FrameError::NotLong { code: 0x06 }));
        let too_small = BufferTooSmall { needed: 10, available: 9 };
        assert_eq!(frame(DataType::DCS_LONG_WRITE, 4, buffer), Err(too_small.into()));
        let too_long = PayloadTooLong { most: 65535, got: usize::MAX };
        assert_eq!(frame(DataType::DCS_LONG_WRITE, usize::MAX, buffer), Err(too_long.into()));
        assert_eq!(*buffer, [UNWRITTEN; 9]);
    }

    #[test]
    fn a_header_beyond_repair_is_shown() {
        let bytes = [0x05 ^ 0x01, 0x11 ^ 0x80, 0x00, 0x36];
        assert_eq!(Packet::<DataType>::parse(&bytes, &SmallCrc), Err(ParseError::Header { bytes }));
    }
}
