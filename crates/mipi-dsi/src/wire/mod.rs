//! The bytes of a DSI link: packets, their headers, their checksums.
//!
//! MIPI DSI 1.3, sections 8 and 9. From the bytes upwards:
//!
//! * [`DataType`], [`ResponseType`], [`VirtualChannel`]: what a header names. Each direction of the link
//!   has its own table of data types.
//! * [`ecc()`], [`check_header`]: the code that corrects a header. [`Checksum`]: detects errors in a
//!   payload, with implementations from small to fast.
//! * [`RawPacket`]: a view of bytes, which shows anything. [`Packet`]: a packet that can be sent, of any data
//!   type; it is read from bytes and written to a buffer. [`EncodedPacket`] computes the header and the
//!   checksum of a [`Payload`] in two parts and copies nothing; [`frame_in_place`] writes them around a
//!   payload that is already in the buffer.
//! * [`Decoder`]: splits a stream into packets, and finds the next packet after damage.
//! * [`Request`], [`Response`], [`ErrorReport`]: what packets mean.
//! * [`PixelStream`], [`CompressionMode`], [`PictureParameterSet`], [`StereoControl`]: what some packets
//!   carry.
//!
//! The commands inside DCS packets are in `dcs`, and who may send when is decided in `bus`. Lanes and the
//! electrical layer are not modelled.
//!
//! ```
//! use mipi_dsi::wire::{Decoder, Piece, Packet, Request, SmallCrc, VirtualChannel};
//!
//! let mut buffer = [0; 16];
//! let packet = Request::DcsWrite(&[0x11]).packet(VirtualChannel::VC0)?;
//! let len = packet.emit(&mut buffer, &SmallCrc)?;
//! assert_eq!(buffer[..len], [0x05, 0x11, 0x00, 0x36]);
//!
//! // One bit flips on the way, and the header's code corrects it.
//! buffer[1] ^= 0x40;
//! for piece in Decoder::new(&buffer[..len]) {
//!     let Piece::Packet(received) = piece else { panic!("{piece}") };
//!     assert_eq!(Request::parse(&received.packet)?, Request::DcsWrite(&[0x11]));
//! }
//! # Ok::<(), Box<dyn core::error::Error>>(())
//! ```
//!
//! # Panics
//!
//! Nothing in this module panics, whatever bytes come in and however short a buffer is. What does not fit
//! or does not make sense is an error value that says what was expected and what was found.
//!
//! # Errors
//!
//! Each error shows its whole reason in one line. An error that wraps another also returns it from
//! `source()`.
//!
//! # Unknown values
//!
//! Data types that the specification does not assign, reserved bits and manufacturers' bytes pass through
//! unchanged. They are shown by their number.

mod byte_count;
mod checksum;
mod compression;
mod data_type;
mod decode;
mod ecc;
mod encoded_packet;
mod error_report;
mod packet;
mod packet_error;
mod payload;
mod picture_parameter_set;
mod pixel_stream;
mod raw_packet;
mod request;
mod request_error;
mod response;
mod size_error;
mod stereo;
mod virtual_channel;

pub(super) use byte_count::ByteCount;
pub use checksum::{
    BitwiseCrc, Checksum, ChecksumCheck, OmittedChecksum, SlicedCrc, SmallCrc, CHECKSUM_INITIAL, NO_CHECKSUM,
};
pub use compression::{CompressionAlgorithm, CompressionMode, InvalidSelector};
pub use data_type::{DataType, InvalidDataType, PacketType, ResponseType};
pub use decode::{Decoded, Decoder, Piece};
pub use ecc::{check_header, ecc, HeaderCheck};
pub use encoded_packet::EncodedPacket;
pub use error_report::{CommandId, ErrorReport, PeripheralError, ReportedError};
pub use packet::{frame_in_place, Body, Packet};
pub use packet_error::{BufferTooSmall, FrameError, ParseError, PayloadTooLong};
pub use payload::Payload;
pub use picture_parameter_set::{
    PictureParameterSet, PpsFault, RateRange, SliceSide, PPS_FIELD_COUNT, PPS_LEN,
};
pub use pixel_stream::PixelStream;
pub use raw_packet::{RawPacket, FOOTER_LEN, HEADER_LEN, MAX_PACKET_LEN, MAX_PAYLOAD_LEN};
pub use request::Request;
pub use request_error::{BuildError, RequestError};
pub use response::Response;
pub use stereo::{StereoControl, StereoFormat, StereoMode};
pub use virtual_channel::{InvalidChannel, VirtualChannel};
