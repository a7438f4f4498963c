//! The bytes of a DSI link: packets, their headers, their checksums.
//!
//! # Panics
//!
//! Nothing here panics, whatever bytes come in and however short a buffer is: what does not fit or
//! does not make sense is an error value that says what was expected and what was found.

mod checksum;
mod data_type;
mod decode;
mod ecc;
mod error_report;
mod packet;
mod packet_error;
mod repr;
mod virtual_channel;

pub use checksum::{BitwiseCrc, Checksum, ChecksumCheck, Omitted, SlicedCrc, SmallCrc, INITIAL, NO_CHECKSUM};
pub use data_type::{DataType, InvalidDataType, PacketType, ResponseType};
pub use decode::{Decoded, Decoder, Piece};
pub use ecc::{check_header, ecc, HeaderCheck};
pub use error_report::{CommandId, ErrorReport, PeripheralError, ReportedError};
pub use packet::{Packet, FOOTER_LEN, HEADER_LEN, MAX_PACKET_LEN, MAX_PAYLOAD_LEN};
pub use packet_error::{BufferTooSmall, FrameError, ParseError, PayloadTooLong};
pub use repr::{frame_in_place, Body, Repr};
pub use virtual_channel::{InvalidChannel, VirtualChannel};
