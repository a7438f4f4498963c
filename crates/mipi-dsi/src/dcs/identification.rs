//! Who made the display, and what it can do.
//!
//! DCS 1.3, read_DDB_start, read_PPS_start, get_compression_mode and the colour channels. DCS does not
//! define get_display_id, but many vendors have it.

use super::super::wire::CompressionMode;
use super::command::{exact_response, ReadBytes, ReadCommand, ResponseError};
use super::opcode::Opcode;

/// Three bytes that identify a display. They are not part of DCS, and each vendor gives them its own meaning.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct DisplayId {
    /// Usually the manufacturer of the module.
    pub manufacturer: u8,
    /// Usually the version of the module or its driver.
    pub version: u8,
    /// Usually the module or its driver.
    pub module: u8,
}

impl DisplayId {
    /// The bytes of the response.
    #[must_use]
    pub const fn to_bytes(self) -> [u8; 3] {
        [self.manufacturer, self.version, self.module]
    }
}

/// Reads the three bytes that identify a display.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct GetDisplayId;

impl ReadCommand for GetDisplayId {
    const OPCODE: Opcode = Opcode::GET_DISPLAY_ID;
    const RESPONSE_LEN: usize = 3;
    type Response = DisplayId;

    #[inline]
    fn parse(response: &[u8]) -> Result<DisplayId, ResponseError> {
        exact_response(Self::OPCODE, response).map(|[manufacturer, version, module]| DisplayId {
            manufacturer,
            version,
            module,
        })
    }
}

/// Reads whether and how pixels are compressed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct GetCompressionMode;

impl ReadCommand for GetCompressionMode {
    const OPCODE: Opcode = Opcode::GET_COMPRESSION_MODE;
    const RESPONSE_LEN: usize = 1;
    type Response = CompressionMode;

    #[inline]
    fn parse(response: &[u8]) -> Result<CompressionMode, ResponseError> {
        exact_response(Self::OPCODE, response).map(|[first]| CompressionMode::from_bytes([first, 0]))
    }
}

macro_rules! channels {
    ($( $(#[$doc:meta])* $name:ident = $opcode:ident; )*) => {
        $(
            $(#[$doc])*
            #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
            pub struct $name;

            impl ReadCommand for $name {
                const OPCODE: Opcode = Opcode::$opcode;
                const RESPONSE_LEN: usize = 1;
                type Response = u8;

                #[inline]
                fn parse(response: &[u8]) -> Result<u8, ResponseError> {
                    exact_response(Self::OPCODE, response).map(|[value]| value)
                }
            }
        )*
    };
}

channels! {
    /// Reads the red component of the first pixel of the frame, left-aligned in its byte.
    GetRedChannel = GET_RED_CHANNEL;
    /// Reads the green component of the first pixel of the frame, left-aligned in its byte.
    GetGreenChannel = GET_GREEN_CHANNEL;
    /// Reads the blue component of the first pixel of the frame, left-aligned in its byte.
    GetBlueChannel = GET_BLUE_CHANNEL;
}

/// Whether a device descriptor block continues: the byte after its first four.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum DescriptorEnd {
    /// The block ends (0xff).
    End,
    /// More bytes follow (0x00), in the manufacturer's format.
    More,
    /// Any other byte, which DCS does not define.
    Other(u8),
}

/// The start of a device descriptor block.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct DeviceDescriptor {
    /// The number that MIPI gave the manufacturer.
    pub supplier: u16,
    /// The number that the manufacturer gave the display.
    pub model: u16,
    /// Whether more bytes follow.
    pub end: DescriptorEnd,
}

impl DeviceDescriptor {
    /// The bytes of the response.
    #[must_use]
    pub const fn to_bytes(self) -> [u8; 5] {
        let [a, b] = self.supplier.to_be_bytes();
        let [c, d] = self.model.to_be_bytes();
        let end = match self.end {
            DescriptorEnd::End => 0xff,
            DescriptorEnd::More => 0x00,
            DescriptorEnd::Other(other) => other,
        };
        [a, b, c, d, end]
    }
}

/// Reads the start of the device descriptor block: five bytes, numbers high byte first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct ReadDdbStart;

impl ReadCommand for ReadDdbStart {
    const OPCODE: Opcode = Opcode::READ_DDB_START;
    const RESPONSE_LEN: usize = 5;
    type Response = DeviceDescriptor;

    #[inline]
    fn parse(response: &[u8]) -> Result<DeviceDescriptor, ResponseError> {
        exact_response(Self::OPCODE, response).map(|[a, b, c, d, end]| DeviceDescriptor {
            supplier: u16::from_be_bytes([a, b]),
            model: u16::from_be_bytes([c, d]),
            end: match end {
                0xff => DescriptorEnd::End,
                0x00 => DescriptorEnd::More,
                other => DescriptorEnd::Other(other),
            },
        })
    }
}

macro_rules! reads {
    ($( $(#[$doc:meta])* $name:ident = $opcode:ident; )*) => {
        $(
            $(#[$doc])*
            #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
            pub struct $name;

            impl ReadBytes for $name {
                const OPCODE: Opcode = Opcode::$opcode;
            }
        )*
    };
}

reads! {
    /// Reads the device descriptor block, beginning where the last read ended.
    ReadDdbContinue = READ_DDB_CONTINUE;
    /// Reads the decoder's [`PictureParameterSet`](super::super::wire::PictureParameterSet), beginning at its
    /// start.
    ReadPpsStart = READ_PPS_START;
    /// Reads the decoder's picture parameter set, beginning where the last read ended.
    ReadPpsContinue = READ_PPS_CONTINUE;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_identity_has_three_bytes() {
        let id = DisplayId { manufacturer: 0x40, version: 0x00, module: 0x03 };
        assert_eq!(GetDisplayId::parse(&[0x40, 0x00, 0x03]), Ok(id));
        assert_eq!(id.to_bytes(), [0x40, 0x00, 0x03]);
        let error = ResponseError { opcode: Opcode::GET_DISPLAY_ID, expected: 3, got: 1 };
        assert_eq!(GetDisplayId::parse(&[0x40]), Err(error));
    }

    #[test]
    fn a_descriptor_says_whether_more_follows() {
        let descriptor = |end| ReadDdbStart::parse(&[0x01, 0x02, 0x03, 0x04, end]);
        let expected = DeviceDescriptor { supplier: 0x0102, model: 0x0304, end: DescriptorEnd::End };
        assert_eq!(descriptor(0xff), Ok(expected));
        assert_eq!(descriptor(0x00).map(|d| d.end), Ok(DescriptorEnd::More));
        assert_eq!(descriptor(0x55).map(|d| d.end), Ok(DescriptorEnd::Other(0x55)));
        assert!(ReadDdbStart::parse(&[0; 4]).is_err());
        for end in 0..=u8::MAX {
            let bytes = [0x01, 0x02, 0x03, 0x04, end];
            assert_eq!(ReadDdbStart::parse(&bytes).map(DeviceDescriptor::to_bytes), Ok(bytes));
        }
    }

    #[test]
    fn compression_is_read_as_it_is_set() {
        let mode = GetCompressionMode::parse(&[0x11]).expect("one byte");
        assert!(mode.is_on());
        assert_eq!(mode.selector(), 1);
        assert_eq!(GetBlueChannel::parse(&[0xfc]), Ok(0xfc));
    }
}
