//! The bytes of a DSI link: packets, their headers, their checksums.
//!
//! # Panics
//!
//! Nothing here panics, whatever bytes come in and however short a buffer is: what does not fit or
//! does not make sense is an error value that says what was expected and what was found.

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
mod response;
mod stereo;
mod virtual_channel;

pub use checksum::{BitwiseCrc, Checksum, ChecksumCheck, Omitted, SlicedCrc, SmallCrc, INITIAL, NO_CHECKSUM};
pub use compression::{Algorithm, CompressionMode, InvalidSelector};
pub use data_type::{DataType, InvalidDataType, PacketType, ResponseType};
pub use decode::{Decoded, Decoder, Piece};
pub use ecc::{check_header, ecc, HeaderCheck};
pub use error_report::{CommandId, ErrorReport, PeripheralError, ReportedError};
pub use packet::{Packet, FOOTER_LEN, HEADER_LEN, MAX_PACKET_LEN, MAX_PAYLOAD_LEN};
pub use packet_error::{BufferTooSmall, FrameError, ParseError, PayloadTooLong};
pub use picture_parameter_set::{PictureParameterSet, PpsFault, RateRange, Side, FIELD_COUNT, PPS_LEN};
pub use pixel_stream::PixelStream;
pub use repr::{frame_in_place, Body, Repr};
pub use request::{BuildError, Request, RequestError};
pub use response::Response;
pub use stereo::{StereoControl, StereoFormat, StereoMode};
pub use virtual_channel::{InvalidChannel, VirtualChannel};
