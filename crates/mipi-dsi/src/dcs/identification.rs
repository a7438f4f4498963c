//! Who made the display and what it can do.
//!
//! DCS 1.3, read_DDB_start, read_PPS_start, get_compression_mode and the colour channels;
//! get_display_id is of the vendors.

use super::super::wire::CompressionMode;
use super::command::{exact_answer, AnswerError, ReadBytes, ReadCommand};
use super::opcode::Opcode;

/// Three bytes that identify a display. Not of DCS; many vendors answer so, and what they mean is theirs.
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
    /// The answer that says this.
    pub const fn to_bytes(self) -> [u8; 3] {
        [self.manufacturer, self.version, self.module]
    }
}

/// Asks for the three bytes that identify a display.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct GetDisplayId;

impl ReadCommand for GetDisplayId {
    const OPCODE: Opcode = Opcode::GET_DISPLAY_ID;
    const ANSWER_LEN: usize = 3;
    type Answer = DisplayId;

    fn parse(answer: &[u8]) -> Result<DisplayId, AnswerError> {
        exact_answer(Self::OPCODE, answer).map(|[manufacturer, version, module]| DisplayId {
            manufacturer,
            version,
            module,
        })
    }
}

/// Asks whether and how pixels are compressed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct GetCompressionMode;

impl ReadCommand for GetCompressionMode {
    const OPCODE: Opcode = Opcode::GET_COMPRESSION_MODE;
    const ANSWER_LEN: usize = 1;
    type Answer = CompressionMode;

    fn parse(answer: &[u8]) -> Result<CompressionMode, AnswerError> {
        exact_answer(Self::OPCODE, answer).map(|[first]| CompressionMode::from_bytes([first, 0]))
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
                const ANSWER_LEN: usize = 1;
                type Answer = u8;

                fn parse(answer: &[u8]) -> Result<u8, AnswerError> {
                    exact_answer(Self::OPCODE, answer).map(|[value]| value)
                }
            }
        )*
    };
}

channels! {
    /// Asks for the red component of the first pixel of the frame, left-aligned in its byte.
    GetRedChannel = GET_RED_CHANNEL;
    /// Asks for the green component of the first pixel of the frame, left-aligned in its byte.
    GetGreenChannel = GET_GREEN_CHANNEL;
    /// Asks for the blue component of the first pixel of the frame, left-aligned in its byte.
    GetBlueChannel = GET_BLUE_CHANNEL;
}

/// What ends or continues a device descriptor block: the byte after its first four.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum DescriptorEnd {
    /// Nothing follows (0xff).
    End,
    /// More follows (0x00), in the manufacturer's format.
    More,
    /// Anything else.
    Other(u8),
}

/// The start of a device descriptor block.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct DeviceDescriptor {
    /// The manufacturer's number with MIPI.
    pub supplier: u16,
    /// The manufacturer's number for the display.
    pub model: u16,
    /// Whether more follows.
    pub end: DescriptorEnd,
}

impl DeviceDescriptor {
    /// The answer that says this.
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

/// Asks for the start of the device descriptor block: five bytes, numbers high byte first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct ReadDdbStart;

impl ReadCommand for ReadDdbStart {
    const OPCODE: Opcode = Opcode::READ_DDB_START;
    const ANSWER_LEN: usize = 5;
    type Answer = DeviceDescriptor;

    fn parse(answer: &[u8]) -> Result<DeviceDescriptor, AnswerError> {
        exact_answer(Self::OPCODE, answer).map(|[a, b, c, d, end]| DeviceDescriptor {
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
    /// Reads the device descriptor block from where the last read ended.
    ReadDdbContinue = READ_DDB_CONTINUE;
    /// Reads the decoder's [`PictureParameterSet`](super::super::wire::PictureParameterSet) from its
    /// start.
    ReadPpsStart = READ_PPS_START;
    /// Reads the decoder's picture parameter set from where the last read ended.
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
        let error = AnswerError { opcode: Opcode::GET_DISPLAY_ID, expected: 3, got: 1 };
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
