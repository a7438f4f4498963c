//! The bytes of a DSI link: packets, their headers, their checksums.
//!
//! # Panics
//!
//! Nothing here panics, whatever bytes come in and however short a buffer is: what does not fit or
//! does not make sense is an error value that says what was expected and what was found.

mod data_type;
mod virtual_channel;

pub use data_type::{DataType, InvalidDataType, ResponseType};
pub use virtual_channel::{InvalidChannel, VirtualChannel};
