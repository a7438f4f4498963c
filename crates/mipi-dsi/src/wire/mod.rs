//! The bytes of a DSI link: packets, their headers, their checksums.
//!
//! MIPI DSI 1.3, sections 8 and 9. From the bytes upwards:
//!
//! * [`DataType`], [`ResponseType`], [`VirtualChannel`]: what a header names. The two directions of the
//!   link have a table of types each.
//! * [`ecc()`], [`check_header`]: the code that corrects a header. [`Checksum`]: what detects errors in
//!   a payload, with implementations from small to fast.
//! * [`Packet`]: a view of bytes, which shows anything. [`Repr`]: a packet that can be sent, with its
//!   data type as it is; read from bytes, written to a buffer. [`frame_in_place`] writes header and
//!   checksum around a payload that is already in the buffer.
//! * [`Decoder`]: a stream of packets, taken apart and found again after damage.
//! * [`Request`], [`Response`], [`ErrorReport`]: what packets mean.
//! * [`PixelStream`], [`CompressionMode`], [`PictureParameterSet`], [`StereoControl`]: what some of them
//!   carry.
//!
//! Not here: the commands inside DCS packets (`dcs`), lanes and the electrical layer, and who may send
//! when (`bus`).
//!
//! ```
//! use mipi_dsi::wire::{Decoder, Piece, Repr, Request, SmallCrc, VirtualChannel};
//!
//! let mut buffer = [0; 16];
//! let packet = Request::DcsWrite(&[0x11]).packet(VirtualChannel::VC0)?;
//! let len = packet.emit(&mut buffer, &SmallCrc)?;
//! assert_eq!(buffer[..len], [0x05, 0x11, 0x00, 0x36]);
//!
//! // A bit is lost on the way; the header's code puts it right.
//! buffer[1] ^= 0x40;
//! for piece in Decoder::new(&buffer[..len]) {
//!     let Piece::Packet(received) = piece else { panic!("{piece}") };
//!     assert_eq!(Request::parse(&received.repr)?, Request::DcsWrite(&[0x11]));
//! }
//! # Ok::<(), Box<dyn core::error::Error>>(())
//! ```
//!
//! # Panics
//!
//! Nothing here panics, whatever bytes come in and however short a buffer is: what does not fit or
//! does not make sense is an error value that says what was expected and what was found.
//!
//! # Unknown values
//!
//! A data type that the specification does not assign, a reserved bit, a manufacturer's byte: all are
//! carried through unchanged and shown by their number.

mod checksum;
mod compression;
mod data_type;
mod decode;
mod ecc;
mod error_report;
mod packet;
mod packet_error;
mod picture_parameter_set;
mod pixel_stream;
mod repr;
mod request;
mod request_error;
mod response;
mod stereo;
mod virtual_channel;

pub use checksum::{
    BitwiseCrc, Checksum, ChecksumCheck, OmittedChecksum, SlicedCrc, SmallCrc, CHECKSUM_INITIAL, NO_CHECKSUM,
};
pub use compression::{CompressionAlgorithm, CompressionMode, InvalidSelector};
pub use data_type::{DataType, InvalidDataType, PacketType, ResponseType};
pub use decode::{Decoded, Decoder, Piece};
pub use ecc::{check_header, ecc, HeaderCheck};
pub use error_report::{CommandId, ErrorReport, PeripheralError, ReportedError};
pub use packet::{Packet, FOOTER_LEN, HEADER_LEN, MAX_PACKET_LEN, MAX_PAYLOAD_LEN};
pub use packet_error::{BufferTooSmall, FrameError, ParseError, PayloadTooLong};
pub use picture_parameter_set::{
    PictureParameterSet, PpsFault, RateRange, SliceSide, PPS_FIELD_COUNT, PPS_LEN,
};
pub use pixel_stream::PixelStream;
pub use repr::{frame_in_place, Body, Repr};
pub use request::Request;
pub use request_error::{BuildError, RequestError};
pub use response::Response;
pub use stereo::{StereoControl, StereoFormat, StereoMode};
pub use virtual_channel::{InvalidChannel, VirtualChannel};
