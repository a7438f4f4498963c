//! Data types: the kind of packet that a header announces.
//!
//! DSI 1.3, sections 8.7 (processor to peripheral, [`DataType`]) and 8.9 (peripheral to processor,
//! [`ResponseType`]). The two directions give the same six bits different meanings, so they are two Rust
//! types. Both hold any six-bit value: a value without a name is shown by its number and passes through
//! unchanged.

use core::fmt;

/// Most bytes that the payload of a packet can have.
pub const MAX_PAYLOAD_LEN: usize = 0xffff;

/// The value does not fit in the six bits of a data type.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct InvalidDataType(pub u8);

impl fmt::Display for InvalidDataType {
    #[inline]
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "data type {:#04x} does not fit in six bits", self.0)
    }
}

impl core::error::Error for InvalidDataType {}

/// Whether the low four bits are in the half of the table that holds long packets.
///
/// Every assigned code in both tables follows this rule: columns 1..=8 are short and 9..=14 are long.
/// The specification forbids columns 0 and 15. They count as short, because their packets have no length
/// that a reader could trust.
const fn is_in_long_column(code: u8) -> bool {
    matches!(code & 0x0f, 0x09..=0x0e)
}

/// A direction of the link: one of the two tables of data types.
///
/// Only [`DataType`] and [`ResponseType`] implement it.
pub trait PacketType: Copy + Eq + fmt::Debug + fmt::Display + sealed::Sealed {
    /// Reads the low six bits of a data identifier.
    #[must_use]
    fn from_identifier(data_identifier: u8) -> Self;

    /// The code, 0..=0x3f.
    #[must_use]
    fn code(self) -> u8;

    /// Whether payload and checksum follow the header.
    #[must_use]
    fn is_long(self) -> bool;

    /// Whether the specification assigns the code.
    #[must_use]
    fn is_known(self) -> bool;

    /// Most payload bytes that its packet can carry: 2 in a short packet, [`MAX_PAYLOAD_LEN`] in a long one.
    fn max_payload_len(self) -> usize {
        if self.is_long() {
            MAX_PAYLOAD_LEN
        } else {
            2
        }
    }
}

mod sealed {
    /// Keeps other crates from implementing `PacketType`.
    pub trait Sealed {}
}

macro_rules! six_bit_codes {
    (
        $(#[$type_doc:meta])*
        $name:ident {
            $( $(#[$doc:meta])* $constant:ident = $code:literal, $text:literal; )*
        }
    ) => {
        $(#[$type_doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(u8);

        impl $name {
            $( $(#[$doc])* pub const $constant: Self = Self($code); )*

            /// Every code that the specification assigns, in the order of the constants.
            pub const KNOWN: &'static [Self] = &[$(Self::$constant),*];

            /// Makes a data type from a six-bit code, assigned or not.
            ///
            /// # Errors
            ///
            /// [`InvalidDataType`] if the code is above 0x3f.
            pub const fn new(code: u8) -> Result<Self, InvalidDataType> {
                if code <= 0x3f {
                    Ok(Self(code))
                } else {
                    Err(InvalidDataType(code))
                }
            }

            /// Reads the low six bits of a data identifier, which is the first byte of a header.
            #[must_use]
            pub const fn from_data_identifier(data_identifier: u8) -> Self {
                Self(data_identifier & 0x3f)
            }

            /// The code, 0..=0x3f.
            #[must_use]
            pub const fn get(self) -> u8 {
                self.0
            }

            /// Its name in the specification, or `None` for a code that is not assigned.
            #[must_use]
            pub const fn name(self) -> Option<&'static str> {
                match self.0 {
                    $( $code => Some($text), )*
                    _ => None,
                }
            }

            /// Whether the specification assigns this code.
            #[must_use]
            pub const fn is_known(self) -> bool {
                self.name().is_some()
            }

            /// Whether the packet has nothing but its four-byte header.
            ///
            /// A code that is not assigned counts with its column of the table (low four bits), because
            /// all assigned codes in a column agree. Exactly one of `is_short` and
            /// [`is_long`](Self::is_long) is true.
            #[must_use]
            pub const fn is_short(self) -> bool {
                !self.is_long()
            }

            /// Whether a payload and a checksum follow the header.
            #[must_use]
            pub const fn is_long(self) -> bool {
                is_in_long_column(self.0)
            }
        }

        impl fmt::Debug for $name {
            #[inline]
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                match self.name() {
                    Some(name) => write!(f, "{:#04x} ({name})", self.0),
                    None => write!(f, "{:#04x}", self.0),
                }
            }
        }

        impl fmt::Display for $name {
            #[inline]
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                match self.name() {
                    Some(name) => f.write_str(name),
                    None => write!(f, "unknown data type {:#04x}", self.0),
                }
            }
        }

        impl sealed::Sealed for $name {}

        impl PacketType for $name {
            fn from_identifier(data_identifier: u8) -> Self {
                Self::from_data_identifier(data_identifier)
            }

            fn code(self) -> u8 {
                self.get()
            }

            fn is_long(self) -> bool {
                self.is_long()
            }

            fn is_known(self) -> bool {
                self.is_known()
            }
        }

        impl TryFrom<u8> for $name {
            type Error = InvalidDataType;

            fn try_from(code: u8) -> Result<Self, InvalidDataType> {
                Self::new(code)
            }
        }
    };
}

six_bit_codes! {
    /// The type of a packet from the host to a peripheral. DSI 1.3, section 8.7.
    DataType {
        /// Vertical sync begins (section 8.8.1). Short.
        V_SYNC_START = 0x01, "vertical sync start";
        /// Vertical sync ends (section 8.8.1). Short.
        V_SYNC_END = 0x11, "vertical sync end";
        /// Horizontal sync begins (section 8.8.1). Short.
        H_SYNC_START = 0x21, "horizontal sync start";
        /// Horizontal sync ends (section 8.8.1). Short.
        H_SYNC_END = 0x31, "horizontal sync end";
        /// Turns compression on or off, and selects the algorithm and the picture parameter set. Short.
        COMPRESSION_MODE = 0x07, "compression mode";
        /// The high-speed transmission ends here (section 8.8.2). Short.
        END_OF_TRANSMISSION = 0x08, "end of transmission";
        /// Returns from eight colours to full colour (section 8.8.3). Short.
        COLOR_MODE_OFF = 0x02, "color mode off";
        /// Reduces the picture to eight colours, to save power (section 8.8.4). Short.
        COLOR_MODE_ON = 0x12, "color mode on";
        /// Turns a video mode display off (section 8.8.5). Short.
        SHUTDOWN_PERIPHERAL = 0x22, "shut down peripheral";
        /// Turns a video mode display on (section 8.8.6). Short.
        TURN_ON_PERIPHERAL = 0x32, "turn on peripheral";
        /// A manufacturer's write of no bytes (section 8.8.7). Short.
        GENERIC_SHORT_WRITE_0 = 0x03, "generic short write, 0 bytes";
        /// A manufacturer's write of one byte (section 8.8.7). Short.
        GENERIC_SHORT_WRITE_1 = 0x13, "generic short write, 1 byte";
        /// A manufacturer's write of two bytes (section 8.8.7). Short.
        GENERIC_SHORT_WRITE_2 = 0x23, "generic short write, 2 bytes";
        /// A manufacturer's read without parameters (section 8.8.8). Short.
        GENERIC_READ_0 = 0x04, "generic read, 0 bytes";
        /// A manufacturer's read with one parameter (section 8.8.8). Short.
        GENERIC_READ_1 = 0x14, "generic read, 1 byte";
        /// A manufacturer's read with two parameters (section 8.8.8). Short.
        GENERIC_READ_2 = 0x24, "generic read, 2 bytes";
        /// A DCS command without parameters (section 8.8.9). Short.
        DCS_SHORT_WRITE_0 = 0x05, "DCS short write, no parameter";
        /// A DCS command with one parameter (section 8.8.9). Short.
        DCS_SHORT_WRITE_1 = 0x15, "DCS short write, 1 parameter";
        /// A DCS command that reads (section 8.8.9). Short.
        DCS_READ = 0x06, "DCS read";
        /// Carries out the commands that the peripheral has queued. Short.
        EXECUTE_QUEUE = 0x16, "execute queue";
        /// Limits the payload of the peripheral's responses, in bytes (section 8.8.10). Short.
        SET_MAXIMUM_RETURN_PACKET_SIZE = 0x37, "set maximum return packet size";
        /// Keeps the link busy; its content has no meaning (section 8.8.11). Long.
        NULL_PACKET = 0x09, "null packet";
        /// Fills blanking; its content has no meaning (section 8.8.12). Long.
        BLANKING_PACKET = 0x19, "blanking packet";
        /// A manufacturer's write of any number of bytes (section 8.8.13). Long.
        GENERIC_LONG_WRITE = 0x29, "generic long write";
        /// A DCS command with any number of parameters (section 8.8.9). Long.
        DCS_LONG_WRITE = 0x39, "DCS long write";
        /// The 128 bytes that set up a Display Stream Compression decoder. Long.
        PICTURE_PARAMETER_SET = 0x0a, "picture parameter set";
        /// Compressed pixels. Long.
        COMPRESSED_PIXEL_STREAM = 0x0b, "compressed pixel stream";
        /// YCbCr 4:2:2, 20 bits per pixel, padded to 24 (section 8.8.14). Long.
        LOOSELY_PACKED_YCBCR_20 = 0x0c, "loosely packed pixel stream, 20 bit YCbCr 4:2:2";
        /// YCbCr 4:2:2, 24 bits per pixel (section 8.8.15). Long.
        PACKED_YCBCR_24 = 0x1c, "packed pixel stream, 24 bit YCbCr 4:2:2";
        /// YCbCr 4:2:2, 16 bits per pixel (section 8.8.16). Long.
        PACKED_YCBCR_16 = 0x2c, "packed pixel stream, 16 bit YCbCr 4:2:2";
        /// RGB, 30 bits per pixel, 10-10-10 (section 8.8.17). Long.
        PACKED_PIXEL_STREAM_30 = 0x0d, "packed pixel stream, 30 bit RGB";
        /// RGB, 36 bits per pixel, 12-12-12 (section 8.8.18). Long.
        PACKED_PIXEL_STREAM_36 = 0x1d, "packed pixel stream, 36 bit RGB";
        /// YCbCr 4:2:0, 12 bits per pixel (section 8.8.19). Long.
        PACKED_YCBCR_12 = 0x3d, "packed pixel stream, 12 bit YCbCr 4:2:0";
        /// RGB, 16 bits per pixel, 5-6-5 (section 8.8.20). Long.
        PACKED_PIXEL_STREAM_16 = 0x0e, "packed pixel stream, 16 bit RGB";
        /// RGB, 18 bits per pixel, four pixels in nine bytes (section 8.8.21). Long.
        PACKED_PIXEL_STREAM_18 = 0x1e, "packed pixel stream, 18 bit RGB";
        /// RGB, 18 bits per pixel, one pixel in three bytes (section 8.8.22). Long.
        LOOSELY_PACKED_PIXEL_STREAM_18 = 0x2e, "loosely packed pixel stream, 18 bit RGB";
        /// RGB, 24 bits per pixel, 8-8-8 (section 8.8.23). Long.
        PACKED_PIXEL_STREAM_24 = 0x3e, "packed pixel stream, 24 bit RGB";
    }
}

six_bit_codes! {
    /// The type of a packet from a peripheral to the host. DSI 1.3, section 8.9.
    ResponseType {
        /// Reports the errors that the peripheral has seen (section 8.9.5). Short.
        ACKNOWLEDGE_AND_ERROR_REPORT = 0x02, "acknowledge and error report";
        /// The peripheral's high-speed transmission ends here. Short.
        END_OF_TRANSMISSION = 0x08, "end of transmission";
        /// The response to a generic read, one byte. Short.
        GENERIC_SHORT_READ_1 = 0x11, "generic short read response, 1 byte";
        /// The response to a generic read, two bytes. Short.
        GENERIC_SHORT_READ_2 = 0x12, "generic short read response, 2 bytes";
        /// The response to a generic read, any number of bytes. Long.
        GENERIC_LONG_READ = 0x1a, "generic long read response";
        /// The response to a DCS read, any number of bytes. Long.
        DCS_LONG_READ = 0x1c, "DCS long read response";
        /// The response to a DCS read, one byte. Short.
        DCS_SHORT_READ_1 = 0x21, "DCS short read response, 1 byte";
        /// The response to a DCS read, two bytes. Short.
        DCS_SHORT_READ_2 = 0x22, "DCS short read response, 2 bytes";
    }
}

impl DataType {
    /// The data type of a generic write with this many bytes. Mirrors `mipi_dsi_generic_write()`.
    #[must_use]
    pub const fn for_generic_write(len: usize) -> Self {
        match len {
            0 => Self::GENERIC_SHORT_WRITE_0,
            1 => Self::GENERIC_SHORT_WRITE_1,
            2 => Self::GENERIC_SHORT_WRITE_2,
            _ => Self::GENERIC_LONG_WRITE,
        }
    }

    /// The data type of a generic read with this many parameter bytes, or `None` for more than two. Mirrors
    /// `mipi_dsi_generic_read()`.
    #[must_use]
    pub const fn for_generic_read(len: usize) -> Option<Self> {
        match len {
            0 => Some(Self::GENERIC_READ_0),
            1 => Some(Self::GENERIC_READ_1),
            2 => Some(Self::GENERIC_READ_2),
            _ => None,
        }
    }

    /// The data type of a DCS write with this many bytes, opcode and parameters together. `None` for zero
    /// bytes, because every command has an opcode. Mirrors `mipi_dsi_dcs_write_buffer()`.
    #[must_use]
    pub const fn for_dcs_write(len: usize) -> Option<Self> {
        match len {
            0 => None,
            1 => Some(Self::DCS_SHORT_WRITE_0),
            2 => Some(Self::DCS_SHORT_WRITE_1),
            _ => Some(Self::DCS_LONG_WRITE),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::format;

    /// The long codes of the specification's tables, written out by hand to test the rule in
    /// `is_in_long_column`.
    const LONG: [u8; 16] =
        [0x09, 0x19, 0x29, 0x39, 0x0a, 0x0b, 0x0c, 0x1c, 0x2c, 0x0d, 0x1d, 0x3d, 0x0e, 0x1e, 0x2e, 0x3e];

    /// The codes in `<video/mipi_display.h>` of Linux 6.12, in its order, which is also the order here.
    const KERNEL: [u8; 37] = [
        0x01, 0x11, 0x21, 0x31, 0x07, 0x08, 0x02, 0x12, 0x22, 0x32, 0x03, 0x13, 0x23, 0x04, 0x14, 0x24, 0x05,
        0x15, 0x06, 0x16, 0x37, 0x09, 0x19, 0x29, 0x39, 0x0a, 0x0b, 0x0c, 0x1c, 0x2c, 0x0d, 0x1d, 0x3d, 0x0e,
        0x1e, 0x2e, 0x3e,
    ];
    const KERNEL_RESPONSES: [u8; 8] = [0x02, 0x08, 0x11, 0x12, 0x1a, 0x1c, 0x21, 0x22];

    #[test]
    fn codes_are_those_of_the_kernel() {
        assert!(DataType::KNOWN.iter().map(|data_type| data_type.get()).eq(KERNEL));
        let responses = ResponseType::KNOWN.iter().map(|response| response.get());
        assert!(responses.eq(KERNEL_RESPONSES));
    }

    #[test]
    fn every_assigned_type_is_short_or_long_as_the_table_says() {
        for data_type in DataType::KNOWN {
            assert_eq!(data_type.is_long(), LONG.contains(&data_type.get()), "{data_type:?}");
        }
        for response in ResponseType::KNOWN {
            assert_eq!(response.is_long(), [0x1a, 0x1c].contains(&response.get()), "{response:?}");
        }
    }

    #[test]
    fn every_code_is_exactly_one_of_short_and_long() {
        for code in 0..=0x3f {
            let data_type = DataType::new(code).expect("six bits");
            assert_ne!(data_type.is_short(), data_type.is_long());
        }
        // Columns 0 and 15 have no length field.
        assert!(DataType::from_data_identifier(0x0f).is_short());
        assert!(DataType::from_data_identifier(0x30).is_short());
    }

    #[test]
    fn codes_and_names_are_unique() {
        for (i, a) in DataType::KNOWN.iter().enumerate() {
            for b in &DataType::KNOWN[i + 1..] {
                assert_ne!(a, b);
                assert_ne!(a.name(), b.name());
            }
        }
        assert_eq!(DataType::KNOWN.len(), 37);
        assert_eq!(ResponseType::KNOWN.len(), 8);
    }

    #[test]
    fn unknown_codes_survive_and_show_their_number() {
        let unknown = DataType::new(0x2b).expect("six bits");
        assert!(!unknown.is_known());
        assert_eq!(unknown.get(), 0x2b);
        assert_eq!(format!("{unknown}"), "unknown data type 0x2b");
        assert_eq!(format!("{:?}", DataType::DCS_READ), "0x06 (DCS read)");
        assert_eq!(DataType::new(0x40), Err(InvalidDataType(0x40)));
    }
}
