//! A packet that can be sent, and the bytes that it is sent as.
//!
//! [`Repr`] says how bytes are framed, with every data type kept as it is; what the packet *means* is
//! in [`Request`](super::Request) and [`Response`](super::Response).

use super::checksum::{Checksum, ChecksumCheck};
use super::data_type::{DataType, PacketType};
use super::ecc::{check_header, ecc, HeaderCheck};
use super::packet::{FOOTER_LEN, HEADER_LEN, MAX_PAYLOAD_LEN};
use super::packet_error::{BufferTooSmall, FrameError, ParseError, PayloadTooLong};
use super::virtual_channel::VirtualChannel;

/// What a packet carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Body<'a> {
    /// The two data bytes of a short packet.
    Short([u8; 2]),
    /// The payload of a long packet, 0..=65535 bytes.
    Long(&'a [u8]),
}

/// A packet that can be sent: channel, data type, and a body of the form which that type has.
///
/// `T` is the direction: [`DataType`] from the host, [`ResponseType`](super::ResponseType) from the
/// peripheral. Data types that the specification does not assign are carried like any other.
///
/// # Invariants
///
/// The body is `Long` exactly if `data_type.is_long()`, and then of at most [`MAX_PAYLOAD_LEN`] bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Repr<'a, T = DataType> {
    channel: VirtualChannel,
    data_type: T,
    body: Body<'a>,
}

impl<'a, T: PacketType> Repr<'a, T> {
    /// Puts a payload into the packet that its data type asks for.
    ///
    /// A short packet takes up to two bytes and fills with zeros, a long one up to 65535. Mirrors
    /// `mipi_dsi_create_packet()`, but refuses what does not fit instead of cutting it.
    ///
    /// # Errors
    ///
    /// [`PayloadTooLong`], with what the data type can carry and what came.
    pub fn new(channel: VirtualChannel, data_type: T, payload: &'a [u8]) -> Result<Self, PayloadTooLong> {
        let most = if data_type.is_long() { MAX_PAYLOAD_LEN } else { 2 };
        let body = match *payload {
            _ if data_type.is_long() && payload.len() <= MAX_PAYLOAD_LEN => Body::Long(payload),
            [] if !data_type.is_long() => Body::Short([0, 0]),
            [first] if !data_type.is_long() => Body::Short([first, 0]),
            [first, second] if !data_type.is_long() => Body::Short([first, second]),
            _ => return Err(PayloadTooLong { most, got: payload.len() }),
        };
        Ok(Self { channel, data_type, body })
    }

    /// A short packet with both data bytes, for data types that are known to be short.
    pub(super) const fn with_data(channel: VirtualChannel, data_type: T, data: [u8; 2]) -> Self {
        Self { channel, data_type, body: Body::Short(data) }
    }

    /// Reads the packet at the start of `bytes`, correcting one wrong bit in its header.
    ///
    /// # Errors
    ///
    /// [`ParseError`] says whether bytes are missing, the header is beyond repair, or the payload is
    /// not what was sent.
    pub fn parse(bytes: &'a [u8], checksum: &(impl Checksum + ?Sized)) -> Result<Self, ParseError> {
        let framed = Framed::<T>::split(bytes, checksum)?;
        match framed.checksum {
            ChecksumCheck::Bad { expected, got } => Err(ParseError::Checksum { expected, got }),
            _ => Ok(framed.repr),
        }
    }

    /// The virtual channel.
    pub const fn channel(&self) -> VirtualChannel {
        self.channel
    }

    /// The data type.
    pub fn data_type(&self) -> T {
        self.data_type
    }

    /// What is carried.
    pub const fn body(&self) -> Body<'a> {
        self.body
    }

    /// What is carried as bytes; of a short packet both data bytes, used or not.
    pub const fn bytes(&self) -> &[u8] {
        match &self.body {
            Body::Short(data) => data,
            Body::Long(payload) => payload,
        }
    }

    /// Whether payload and checksum follow the header.
    pub const fn is_long(&self) -> bool {
        matches!(self.body, Body::Long(_))
    }

    /// The header with its error correction code.
    pub fn header(&self) -> [u8; 4] {
        header(self.channel, self.data_type, self.header_data())
    }

    /// Bytes that [`emit`](Self::emit) writes, 4 or 6..=65541.
    pub const fn encoded_len(&self) -> usize {
        match self.body {
            Body::Short(_) => HEADER_LEN,
            Body::Long(payload) => HEADER_LEN + payload.len() + FOOTER_LEN,
        }
    }

    /// Writes the packet to the start of `buffer` and returns how many bytes it has.
    ///
    /// # Errors
    ///
    /// [`BufferTooSmall`]; nothing is written then.
    pub fn emit(
        &self,
        buffer: &mut [u8],
        checksum: &(impl Checksum + ?Sized),
    ) -> Result<usize, BufferTooSmall> {
        let needed = self.encoded_len();
        let too_small = BufferTooSmall { needed, available: buffer.len() };
        let (head, rest) = buffer.get_mut(..needed).and_then(split_header).ok_or(too_small)?;
        *head = self.header();
        if let Body::Long(payload) = self.body {
            let (body, foot) = split_footer(rest).ok_or(too_small)?;
            body.copy_from_slice(payload);
            *foot = checksum.checksum(payload).to_le_bytes();
        }
        Ok(needed)
    }

    fn header_data(&self) -> [u8; 2] {
        match self.body {
            Body::Short(data) => data,
            // INVARIANT: a payload has at most `MAX_PAYLOAD_LEN` bytes, so nothing is cut.
            Body::Long(payload) => (payload.len() as u16).to_le_bytes(),
        }
    }
}

/// Makes a long packet around a payload that is already where it has to be.
///
/// The payload is `buffer[4..4 + payload_len]`; its header is written before it and its checksum
/// after it, and the length of the whole is returned. For frames, which one does not want to copy.
///
/// # Errors
///
/// [`FrameError`]; nothing is written then.
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

fn header<T: PacketType>(channel: VirtualChannel, data_type: T, data: [u8; 2]) -> [u8; 4] {
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

/// One packet cut off the front of a stream, whatever its checksum says.
pub(super) struct Framed<'a, T> {
    pub(super) repr: Repr<'a, T>,
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
            let repr = Repr { channel, data_type, body: Body::Short([first, second]) };
            return Ok(Self { repr, header, checksum: ChecksumCheck::None, len: HEADER_LEN });
        }
        let payload_len = usize::from(u16::from_le_bytes([first, second]));
        let len = HEADER_LEN + payload_len + FOOTER_LEN;
        let parts = rest.split_at_checked(payload_len);
        let Some((payload, Some(footer))) = parts.map(|(p, after)| (p, after.first_chunk())) else {
            return Err(truncated(len));
        };
        let checksum = ChecksumCheck::compare(checksum.checksum(payload), u16::from_le_bytes(*footer));
        let repr = Repr { channel, data_type, body: Body::Long(payload) };
        Ok(Self { repr, header, checksum, len })
    }
}

#[cfg(test)]
mod tests {
    use super::super::{BitwiseCrc, OmittedChecksum, SlicedCrc, SmallCrc};
    use super::*;
    use std::vec;

    const VC0: VirtualChannel = VirtualChannel::VC0;
    const UNWRITTEN: u8 = 0xa5;
    /// The first published payload of the checksum tests in a DCS long write; the header's code is
    /// computed from the definition.
    const LONG: [u8; 30] = [
        0x39, 0x18, 0x00, 0x0c, 0xff, 0x00, 0x00, 0x02, 0xb9, 0xdc, 0xf3, 0x72, 0xbb, 0xd4, 0xb8, 0x5a, 0xc8,
        0x75, 0xc2, 0x7c, 0x81, 0xf8, 0x05, 0xdf, 0xff, 0x00, 0x00, 0x01, 0xf0, 0x00,
    ];

    #[test]
    fn a_short_packet_is_written_and_nothing_after_it() {
        let repr = Repr::new(VC0, DataType::DCS_SHORT_WRITE_0, &[0x11]).expect("one byte fits");
        let mut buffer = [UNWRITTEN; 6];
        assert_eq!(repr.emit(&mut buffer, &SmallCrc), Ok(4));
        assert_eq!(buffer, [0x05, 0x11, 0x00, 0x36, UNWRITTEN, UNWRITTEN]);
        assert_eq!(Repr::parse(&buffer, &SmallCrc), Ok(repr));
    }

    #[test]
    fn a_long_packet_is_written_and_read() {
        let repr = Repr::new(VC0, DataType::DCS_LONG_WRITE, &LONG[4..28]).expect("24 bytes fit");
        let mut buffer = [UNWRITTEN; 31];
        assert_eq!(repr.emit(&mut buffer, &SlicedCrc), Ok(30));
        assert_eq!(buffer[..30], LONG);
        assert_eq!(buffer[30], UNWRITTEN);
        assert_eq!(Repr::parse(&LONG, &BitwiseCrc), Ok(repr));
    }

    #[test]
    fn an_empty_long_packet_has_a_checksum_of_ones() {
        let repr = Repr::new(VC0, DataType::NULL_PACKET, &[]).expect("nothing fits");
        let mut buffer = [UNWRITTEN; 6];
        assert_eq!(repr.emit(&mut buffer, &SmallCrc), Ok(6));
        assert_eq!(buffer[4..], [0xff, 0xff]);
    }

    #[test]
    fn a_buffer_that_is_too_small_is_left_alone() {
        let repr = Repr::new(VC0, DataType::DCS_LONG_WRITE, &LONG[4..28]).expect("24 bytes fit");
        for available in 0..30 {
            let mut buffer = vec![UNWRITTEN; available];
            let error = repr.emit(&mut buffer, &SmallCrc);
            assert_eq!(error, Err(BufferTooSmall { needed: 30, available }));
            assert!(buffer.iter().all(|byte| *byte == UNWRITTEN));
        }
    }

    #[test]
    fn a_payload_that_does_not_fit_is_refused_and_not_cut() {
        let error = Repr::new(VC0, DataType::GENERIC_SHORT_WRITE_2, &[1, 2, 3]);
        assert_eq!(error, Err(PayloadTooLong { most: 2, got: 3 }));
        let most = vec![0; MAX_PAYLOAD_LEN + 1];
        let error = Repr::new(VC0, DataType::GENERIC_LONG_WRITE, &most);
        assert_eq!(error, Err(PayloadTooLong { most: 65535, got: 65536 }));
        assert!(Repr::new(VC0, DataType::GENERIC_LONG_WRITE, &most[1..]).is_ok());
    }

    #[test]
    fn a_cut_packet_says_how_long_it_is() {
        for available in 0..LONG.len() {
            let needed = if available < 4 { 4 } else { 30 };
            let error = Repr::<DataType>::parse(&LONG[..available], &SmallCrc);
            assert_eq!(error, Err(ParseError::Truncated { needed, available }));
        }
    }

    #[test]
    fn a_wrong_payload_bit_is_noticed() {
        for bit in 0..24 * 8 {
            let mut wrong = LONG;
            wrong[4 + bit / 8] ^= 1 << (bit % 8);
            let error = Repr::<DataType>::parse(&wrong, &SmallCrc);
            assert!(matches!(error, Err(ParseError::Checksum { got: 0x00f0, .. })), "{bit}: {error:?}");
        }
    }

    #[test]
    fn a_checksum_left_out_is_accepted() {
        let repr = Repr::new(VC0, DataType::DCS_LONG_WRITE, &LONG[4..27]).expect("fits");
        let mut buffer = [UNWRITTEN; 29];
        assert_eq!(repr.emit(&mut buffer, &OmittedChecksum), Ok(29));
        assert_eq!(buffer[27..], [0, 0]);
        assert_eq!(Repr::parse(&buffer, &SmallCrc), Ok(repr));
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
    fn framing_in_place_refuses_what_can_not_be() {
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
        assert_eq!(Repr::<DataType>::parse(&bytes, &SmallCrc), Err(ParseError::Header { bytes }));
    }
}
