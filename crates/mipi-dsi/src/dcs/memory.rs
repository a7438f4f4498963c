//! Commands that write and read pixels in the memory, and the colour look-up table.
//!
//! DCS 1.3, section 6. The commands carry the caller's bytes unchanged.
//! [`SetPixelFormat`](super::SetPixelFormat) sets how pixels are packed.

use super::command::{ParameterError, ParseCommand, ReadBytes, WriteCommand};
use super::opcode::Opcode;

macro_rules! data_commands {
    ($( $(#[$doc:meta])* $name:ident = $opcode:ident; )*) => {
        $(
            $(#[$doc])*
            #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
            pub struct $name<'a>(pub &'a [u8]);

            impl<'a> WriteCommand for $name<'a> {
                const OPCODE: Opcode = Opcode::$opcode;
                type Parameters = &'a [u8];

                fn parameters(&self) -> &'a [u8] {
                    self.0
                }
            }

            impl<'a> ParseCommand<'a> for $name<'a> {
                #[inline]
                fn parse(parameters: &'a [u8]) -> Result<Self, ParameterError> {
                    Ok(Self(parameters))
                }
            }
        )*
    };
}

data_commands! {
    /// Writes pixels, beginning at the first column and row of the window.
    WriteMemoryStart = WRITE_MEMORY_START;
    /// Writes pixels, beginning where the last write ended.
    WriteMemoryContinue = WRITE_MEMORY_CONTINUE;
    /// Writes the table that turns colours of few bits into colours of many bits: red, green, blue.
    WriteLut = WRITE_LUT;
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
    /// Reads pixels, beginning at the first column and row of the window.
    ReadMemoryStart = READ_MEMORY_START;
    /// Reads pixels, beginning where the last read ended.
    ReadMemoryContinue = READ_MEMORY_CONTINUE;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn data_follows_the_opcode() {
        let mut buffer = [0xa5; 5];
        assert_eq!(WriteMemoryStart(&[1, 2, 3]).encode(&mut buffer), Ok(&[0x2c, 1, 2, 3][..]));
        assert_eq!(buffer[4], 0xa5);
        assert_eq!(WriteMemoryContinue(&[]).encode(&mut buffer), Ok(&[0x3c][..]));
        assert_eq!(WriteLut(&[9]).encode(&mut buffer), Ok(&[0x2d, 9][..]));
        assert_eq!(WriteLut::parse(&[9]), Ok(WriteLut(&[9])));
    }

    #[test]
    fn reads_have_their_codes() {
        assert_eq!(ReadMemoryStart::OPCODE.get(), 0x2e);
        assert_eq!(ReadMemoryContinue::OPCODE.get(), 0x3e);
    }
}
