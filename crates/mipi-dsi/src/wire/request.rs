//! What a packet from the host asks for.
//!
//! DSI 1.3, section 8.8. A [`Request`] does not say whether its packet is short or long: this module
//! chooses. What the bytes of a DCS command mean is in `dcs`.

use super::compression::CompressionMode;
use super::data_type::DataType;
use super::packet::{Body, Packet};
use super::packet_error::PayloadTooLong;
use super::picture_parameter_set::{PictureParameterSet, PPS_LEN};
use super::pixel_stream::PixelStream;
use super::request_error::{BuildError, RequestError};
use super::stereo::StereoControl;
use super::virtual_channel::VirtualChannel;

/// The data bytes of an end of transmission packet. DSI 1.3, section 8.8.2.
const END_OF_TRANSMISSION: [u8; 2] = [0x0f, 0x0f];

/// What the host asks of a peripheral.
///
/// Lengths are in bytes. [`packet`](Self::packet) refuses what no packet can carry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Request<'a> {
    /// Vertical sync begins, and the first line with it.
    VSyncStart(StereoControl),
    /// Vertical sync ends.
    VSyncEnd,
    /// Horizontal sync begins.
    HSyncStart,
    /// Horizontal sync ends.
    HSyncEnd,
    /// The high-speed transmission ends.
    EndOfTransmission,
    /// Return to full colour.
    ColorModeOff,
    /// Reduce the picture to eight colours.
    ColorModeOn,
    /// Turn a video mode display off. Mirrors `mipi_dsi_shutdown_peripheral()`.
    ShutdownPeripheral,
    /// Turn a video mode display on. Mirrors `mipi_dsi_turn_on_peripheral()`.
    TurnOnPeripheral,
    /// Turn compression on or off.
    CompressionMode(CompressionMode),
    /// Carry out queued commands.
    ExecuteQueue,
    /// Limit the payload of responses to this many bytes. Mirrors
    /// `mipi_dsi_set_maximum_return_packet_size()`.
    SetMaximumReturnPacketSize(u16),
    /// A manufacturer's write, 0..=65535 bytes.
    GenericWrite(&'a [u8]),
    /// A manufacturer's read with 0..=2 parameter bytes.
    GenericRead(&'a [u8]),
    /// A DCS command: the opcode and its parameters, 1..=65535 bytes.
    DcsWrite(&'a [u8]),
    /// A DCS read with this opcode.
    DcsRead(u8),
    /// Bytes without meaning that keep the link busy.
    Null(&'a [u8]),
    /// Bytes without meaning that fill blanking.
    Blanking(&'a [u8]),
    /// The parameters of the decoder. Mirrors `mipi_dsi_picture_parameter_set()`.
    PictureParameterSet(&'a [u8; PPS_LEN]),
    /// Compressed pixels.
    CompressedPixels(&'a [u8]),
    /// Pixels, in whole groups.
    Pixels {
        /// How the pixels are packed.
        format: PixelStream,
        /// The bytes of the pixels.
        data: &'a [u8],
    },
    /// A request whose data type the specification does not assign.
    Other {
        /// Its data type.
        data_type: DataType,
        /// What the packet carries: for a short packet, two bytes.
        payload: &'a [u8],
    },
}

impl<'a> Request<'a> {
    /// Reads what a packet asks for.
    ///
    /// Data bytes of a short packet that its command does not use are ignored.
    ///
    /// # Errors
    ///
    /// [`RequestError`] if the packet does not have the form that its data type needs.
    pub fn parse(packet: &'a Packet<'a>) -> Result<Self, RequestError> {
        let data_type = packet.data_type();
        let payload = packet.bytes();
        if let Some(format) = PixelStream::from_data_type(data_type) {
            return match format.pixels_in(payload.len()) {
                Some(_) => Ok(Self::Pixels { format, data: payload }),
                None => Err(RequestError::PartialPixels { format, got: payload.len() }),
            };
        }
        Ok(match (data_type, packet.body()) {
            (DataType::V_SYNC_START, Body::Short([stereo, _])) => {
                Self::VSyncStart(StereoControl::from_bits(stereo))
            }
            (DataType::V_SYNC_END, _) => Self::VSyncEnd,
            (DataType::H_SYNC_START, _) => Self::HSyncStart,
            (DataType::H_SYNC_END, _) => Self::HSyncEnd,
            (DataType::END_OF_TRANSMISSION, Body::Short(data)) if data == END_OF_TRANSMISSION => {
                Self::EndOfTransmission
            }
            (DataType::END_OF_TRANSMISSION, Body::Short(got)) => {
                return Err(RequestError::EndOfTransmission { expected: END_OF_TRANSMISSION, got })
            }
            (DataType::COLOR_MODE_OFF, _) => Self::ColorModeOff,
            (DataType::COLOR_MODE_ON, _) => Self::ColorModeOn,
            (DataType::SHUTDOWN_PERIPHERAL, _) => Self::ShutdownPeripheral,
            (DataType::TURN_ON_PERIPHERAL, _) => Self::TurnOnPeripheral,
            (DataType::COMPRESSION_MODE, Body::Short(data)) => {
                Self::CompressionMode(CompressionMode::from_bytes(data))
            }
            (DataType::EXECUTE_QUEUE, _) => Self::ExecuteQueue,
            (DataType::SET_MAXIMUM_RETURN_PACKET_SIZE, Body::Short(data)) => {
                Self::SetMaximumReturnPacketSize(u16::from_le_bytes(data))
            }
            (DataType::GENERIC_SHORT_WRITE_0, _) => Self::GenericWrite(&[]),
            (DataType::GENERIC_SHORT_WRITE_1, _) => Self::GenericWrite(first(payload, 1)),
            (DataType::GENERIC_SHORT_WRITE_2 | DataType::GENERIC_LONG_WRITE, _) => {
                Self::GenericWrite(payload)
            }
            (DataType::GENERIC_READ_0, _) => Self::GenericRead(&[]),
            (DataType::GENERIC_READ_1, _) => Self::GenericRead(first(payload, 1)),
            (DataType::GENERIC_READ_2, _) => Self::GenericRead(payload),
            (DataType::DCS_SHORT_WRITE_0, _) => Self::DcsWrite(first(payload, 1)),
            (DataType::DCS_SHORT_WRITE_1, _) => Self::DcsWrite(payload),
            (DataType::DCS_LONG_WRITE, Body::Long([])) => return Err(RequestError::NoOpcode),
            (DataType::DCS_LONG_WRITE, _) => Self::DcsWrite(payload),
            (DataType::DCS_READ, Body::Short([opcode, _])) => Self::DcsRead(opcode),
            (DataType::NULL_PACKET, _) => Self::Null(payload),
            (DataType::BLANKING_PACKET, _) => Self::Blanking(payload),
            (DataType::PICTURE_PARAMETER_SET, _) => match payload.try_into() {
                Ok(set) => Self::PictureParameterSet(set),
                Err(_) => {
                    return Err(RequestError::PictureParameterSet { expected: PPS_LEN, got: payload.len() })
                }
            },
            (DataType::COMPRESSED_PIXEL_STREAM, _) => Self::CompressedPixels(payload),
            _ => Self::Other { data_type, payload },
        })
    }

    /// The data type of the shortest packet that carries this request.
    ///
    /// # Errors
    ///
    /// [`BuildError`] for a DCS write without an opcode and for a generic read with more than two parameters.
    pub fn data_type(&self) -> Result<DataType, BuildError> {
        Ok(match *self {
            Self::VSyncStart(_) => DataType::V_SYNC_START,
            Self::VSyncEnd => DataType::V_SYNC_END,
            Self::HSyncStart => DataType::H_SYNC_START,
            Self::HSyncEnd => DataType::H_SYNC_END,
            Self::EndOfTransmission => DataType::END_OF_TRANSMISSION,
            Self::ColorModeOff => DataType::COLOR_MODE_OFF,
            Self::ColorModeOn => DataType::COLOR_MODE_ON,
            Self::ShutdownPeripheral => DataType::SHUTDOWN_PERIPHERAL,
            Self::TurnOnPeripheral => DataType::TURN_ON_PERIPHERAL,
            Self::CompressionMode(_) => DataType::COMPRESSION_MODE,
            Self::ExecuteQueue => DataType::EXECUTE_QUEUE,
            Self::SetMaximumReturnPacketSize(_) => DataType::SET_MAXIMUM_RETURN_PACKET_SIZE,
            Self::GenericWrite(payload) => DataType::for_generic_write(payload.len()),
            Self::GenericRead(parameters) => {
                let too_long = PayloadTooLong { most: 2, got: parameters.len() };
                DataType::for_generic_read(parameters.len()).ok_or(too_long)?
            }
            Self::DcsWrite(payload) => DataType::for_dcs_write(payload.len()).ok_or(BuildError::NoOpcode)?,
            Self::DcsRead(_) => DataType::DCS_READ,
            Self::Null(_) => DataType::NULL_PACKET,
            Self::Blanking(_) => DataType::BLANKING_PACKET,
            Self::PictureParameterSet(_) => DataType::PICTURE_PARAMETER_SET,
            Self::CompressedPixels(_) => DataType::COMPRESSED_PIXEL_STREAM,
            Self::Pixels { format, .. } => format.data_type(),
            Self::Other { data_type, .. } => data_type,
        })
    }

    /// Makes the packet that carries this request on a channel.
    ///
    /// # Errors
    ///
    /// [`BuildError`] if no packet can carry the request.
    pub fn packet(&self, channel: VirtualChannel) -> Result<Packet<'a>, BuildError> {
        let data_type = self.data_type()?;
        let short = |data: [u8; 2]| Ok(Packet::with_data(channel, data_type, data));
        let payload = match *self {
            Self::VSyncEnd
            | Self::HSyncStart
            | Self::HSyncEnd
            | Self::ColorModeOff
            | Self::ColorModeOn
            | Self::ShutdownPeripheral
            | Self::TurnOnPeripheral
            | Self::ExecuteQueue => &[],
            Self::VSyncStart(stereo) => return short([stereo.bits(), 0]),
            Self::EndOfTransmission => return short(END_OF_TRANSMISSION),
            Self::CompressionMode(mode) => return short(mode.to_bytes()),
            Self::SetMaximumReturnPacketSize(most) => return short(most.to_le_bytes()),
            Self::DcsRead(opcode) => return short([opcode, 0]),
            Self::Pixels { format, data } if format.pixels_in(data.len()).is_none() => {
                return Err(BuildError::PartialPixels { format, got: data.len() })
            }
            Self::Pixels { data: payload, .. }
            | Self::Other { payload, .. }
            | Self::GenericWrite(payload)
            | Self::GenericRead(payload)
            | Self::DcsWrite(payload)
            | Self::Null(payload)
            | Self::Blanking(payload)
            | Self::CompressedPixels(payload) => payload,
            Self::PictureParameterSet(set) => set,
        };
        Ok(Packet::new(channel, data_type, payload)?)
    }

    /// Whether this is a read, whose response the host has to fetch by turning the bus around.
    #[must_use]
    pub const fn is_read(&self) -> bool {
        matches!(self, Self::GenericRead(_) | Self::DcsRead(_))
    }

    /// The picture parameter set, or `None` for any other request.
    #[must_use]
    pub const fn picture_parameter_set(&self) -> Option<PictureParameterSet> {
        match self {
            Self::PictureParameterSet(bytes) => Some(PictureParameterSet::from_bytes(**bytes)),
            _ => None,
        }
    }
}

/// The first `len` bytes of a slice, or all of them if there are fewer.
fn first(bytes: &[u8], len: usize) -> &[u8] {
    bytes.get(..len).unwrap_or(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    const VC0: VirtualChannel = VirtualChannel::VC0;

    fn header(request: Request<'_>) -> [u8; 4] {
        request.packet(VC0).expect("can be sent").header()
    }

    #[test]
    fn requests_have_their_published_headers() {
        assert_eq!(header(Request::DcsWrite(&[0x11])), [0x05, 0x11, 0x00, 0x36]);
        assert_eq!(header(Request::DcsWrite(&[0x29])), [0x05, 0x29, 0x00, 0x1c]);
        assert_eq!(header(Request::EndOfTransmission), [0x08, 0x0f, 0x0f, 0x01]);
    }

    #[test]
    fn the_length_of_a_payload_chooses_the_packet() {
        let sent = [0x51, 1, 2, 3];
        let generic: [u8; 4] = [0, 1, 2, 3].map(|len| header(Request::GenericWrite(&sent[..len]))[0]);
        assert_eq!(generic, [0x03, 0x13, 0x23, 0x29]);
        let dcs: [u8; 3] = [1, 2, 3].map(|len| header(Request::DcsWrite(&sent[..len]))[0]);
        assert_eq!(dcs, [0x05, 0x15, 0x39]);
        let read: [u8; 3] = [0, 1, 2].map(|len| header(Request::GenericRead(&sent[..len]))[0]);
        assert_eq!(read, [0x04, 0x14, 0x24]);
    }

    #[test]
    fn what_no_packet_can_carry_is_refused() {
        assert_eq!(Request::DcsWrite(&[]).packet(VC0), Err(BuildError::NoOpcode));
        let too_long = PayloadTooLong { most: 2, got: 3 };
        assert_eq!(Request::GenericRead(&[1, 2, 3]).packet(VC0), Err(too_long.into()));
        let pixels = Request::Pixels { format: PixelStream::Rgb888, data: &[1, 2, 3, 4] };
        let partial = BuildError::PartialPixels { format: PixelStream::Rgb888, got: 4 };
        assert_eq!(pixels.packet(VC0), Err(partial));
    }

    #[test]
    fn the_words_of_short_packets_are_little_endian() {
        assert_eq!(header(Request::SetMaximumReturnPacketSize(0x0102))[..3], [0x37, 0x02, 0x01]);
        assert_eq!(header(Request::CompressionMode(CompressionMode::from_bytes([1, 2])))[..3], [0x07, 1, 2]);
    }

    #[test]
    fn every_assigned_data_type_has_a_meaning() {
        let zeros = [0; 180]; // whole groups of every format
        for data_type in DataType::KNOWN.iter().copied() {
            let payload: &[u8] = match data_type {
                DataType::END_OF_TRANSMISSION => &END_OF_TRANSMISSION,
                DataType::PICTURE_PARAMETER_SET => &zeros[..PPS_LEN],
                _ if data_type.is_long() => &zeros,
                _ => &[],
            };
            let packet = Packet::new(VC0, data_type, payload).expect("fits");
            let request = Request::parse(&packet).expect("has the right form");
            assert!(!matches!(request, Request::Other { .. }), "{data_type}");
            assert_eq!(request.packet(VC0), Ok(packet));
        }
    }

    #[test]
    fn what_has_the_wrong_form_is_told_with_what_was_expected() {
        let parse = |data_type, payload: &[u8]| {
            let packet = Packet::new(VC0, data_type, payload).expect("fits");
            Request::parse(&packet).map(|_| ())
        };
        assert_eq!(parse(DataType::DCS_LONG_WRITE, &[]), Err(RequestError::NoOpcode));
        assert_eq!(
            parse(DataType::END_OF_TRANSMISSION, &[0x0f]),
            Err(RequestError::EndOfTransmission { expected: [0x0f, 0x0f], got: [0x0f, 0x00] })
        );
        assert_eq!(
            parse(DataType::PICTURE_PARAMETER_SET, &[0; 127]),
            Err(RequestError::PictureParameterSet { expected: 128, got: 127 })
        );
        assert_eq!(
            parse(DataType::PACKED_PIXEL_STREAM_18, &[0; 8]),
            Err(RequestError::PartialPixels { format: PixelStream::Rgb666Packed, got: 8 })
        );
    }

    #[test]
    fn unassigned_data_types_survive() {
        for (code, payload) in [(0x27, &[1u8, 2][..]), (0x3b, &[1, 2, 3]), (0x00, &[0, 0])] {
            let data_type = DataType::new(code).expect("six bits");
            let packet = Packet::new(VC0, data_type, payload).expect("fits");
            let request = Request::parse(&packet).expect("anything goes");
            assert_eq!(request, Request::Other { data_type, payload });
            assert_eq!(request.packet(VC0), Ok(packet));
        }
    }
}
