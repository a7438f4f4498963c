//! How many bits a pixel has, on the link and in the memory.
//!
//! DCS 1.3, set_pixel_format; the codes are those of `MIPI_DCS_PIXEL_FMT_*`.

use super::command::{exact, exact_answer, one_byte_answer, one_byte_command};
use super::command::{AnswerError, ParameterError, ParseCommand, ReadCommand, WriteCommand};
use super::opcode::Opcode;
use core::fmt;

/// Bits of a pixel, as a code of three bits; any of the eight.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct PixelDepth(u8);

impl PixelDepth {
    /// 3 bits: eight colours.
    pub const BITS_3: Self = Self(1);
    /// 8 bits: 3-3-2.
    pub const BITS_8: Self = Self(2);
    /// 12 bits: 4-4-4.
    pub const BITS_12: Self = Self(3);
    /// 16 bits: 5-6-5.
    pub const BITS_16: Self = Self(5);
    /// 18 bits: 6-6-6.
    pub const BITS_18: Self = Self(6);
    /// 24 bits: 8-8-8.
    pub const BITS_24: Self = Self(7);

    /// The code, 0..=7.
    pub const fn code(self) -> u8 {
        self.0
    }

    /// Bits of a pixel; `None` for the two codes that DCS does not assign.
    pub const fn bits_per_pixel(self) -> Option<u8> {
        match self.0 {
            1 => Some(3),
            2 => Some(8),
            3 => Some(12),
            5 => Some(16),
            6 => Some(18),
            7 => Some(24),
            _ => None,
        }
    }
}

impl fmt::Debug for PixelDepth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.bits_per_pixel() {
            Some(bits) => write!(f, "{bits} bits"),
            None => write!(f, "depth {}", self.0),
        }
    }
}

/// The depths of both ways that pixels come; any byte.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct PixelFormat(u8);

impl PixelFormat {
    /// These depths: `dpi` of a video stream (bits 6:4), `dbi` of memory commands (bits 2:0).
    pub const fn new(dpi: PixelDepth, dbi: PixelDepth) -> Self {
        Self(dpi.0 << 4 | dbi.0)
    }

    /// The same depth for both.
    pub const fn both(depth: PixelDepth) -> Self {
        Self::new(depth, depth)
    }

    /// The format with these bits.
    pub const fn from_bits(bits: u8) -> Self {
        Self(bits)
    }

    /// Its bits.
    pub const fn bits(self) -> u8 {
        self.0
    }

    /// Of a video stream.
    pub const fn dpi(self) -> PixelDepth {
        PixelDepth(self.0 >> 4 & 0x07)
    }

    /// Of memory commands.
    pub const fn dbi(self) -> PixelDepth {
        PixelDepth(self.0 & 0x07)
    }
}

impl fmt::Debug for PixelFormat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PixelFormat({:#04x}: video {:?}, memory {:?})", self.0, self.dpi(), self.dbi())
    }
}

one_byte_command! {
    /// Sets the bits of a pixel. Mirrors `mipi_dsi_dcs_set_pixel_format()`.
    SetPixelFormat(PixelFormat) = SET_PIXEL_FORMAT;
}

one_byte_answer! {
    /// Asks for the bits of a pixel. Mirrors `mipi_dsi_dcs_get_pixel_format()`.
    GetPixelFormat -> PixelFormat = GET_PIXEL_FORMAT;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_usual_formats_have_their_bytes() {
        assert_eq!(SetPixelFormat(PixelFormat::both(PixelDepth::BITS_24)).parameters(), [0x77]);
        assert_eq!(SetPixelFormat(PixelFormat::both(PixelDepth::BITS_16)).parameters(), [0x55]);
        let mixed = PixelFormat::new(PixelDepth::BITS_18, PixelDepth::BITS_3);
        assert_eq!(SetPixelFormat(mixed).parameters(), [0x61]);
        assert_eq!(GetPixelFormat::parse(&[0x61]), Ok(mixed));
    }

    #[test]
    fn every_byte_survives_and_shows_its_depths() {
        for bits in 0..=u8::MAX {
            let format = PixelFormat::from_bits(bits);
            assert_eq!(SetPixelFormat(format).parameters(), [bits]);
            assert_eq!(PixelFormat::new(format.dpi(), format.dbi()).bits(), bits & 0x77);
        }
        let depths: [_; 8] = [0, 1, 2, 3, 4, 5, 6, 7].map(|code| PixelDepth(code).bits_per_pixel());
        assert_eq!(depths, [None, Some(3), Some(8), Some(12), None, Some(16), Some(18), Some(24)]);
    }
}
