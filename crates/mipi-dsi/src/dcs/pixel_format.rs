//! The bits per pixel, of the video stream and of memory commands.
//!
//! DCS 1.3, set_pixel_format. The codes are those of `MIPI_DCS_PIXEL_FMT_*`.

use super::command::{exact, exact_response, one_byte_command, one_byte_response};
use super::command::{ParameterError, ParseCommand, ReadCommand, ResponseError, WriteCommand};
use super::opcode::Opcode;
use core::fmt;

/// The bits per pixel, as any code of three bits.
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
    #[must_use]
    pub const fn code(self) -> u8 {
        self.0
    }

    /// Bits per pixel, or `None` for the two codes that DCS does not assign.
    #[must_use]
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
    #[inline]
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.bits_per_pixel() {
            Some(bits) => write!(f, "{bits} bits"),
            None => write!(f, "depth {}", self.0),
        }
    }
}

/// The depths of the two ways to send pixels: any byte.
///
/// This is the parameter of a DCS command. The format in which a link sends video is
/// [`wire::PixelStream`](super::super::wire::PixelStream).
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct PixelFormatSetting(u8);

impl PixelFormatSetting {
    /// Makes a setting from the depth of a video stream (`dpi`, bits 6:4) and that of memory commands (`dbi`,
    /// bits 2:0).
    #[must_use]
    pub const fn new(dpi: PixelDepth, dbi: PixelDepth) -> Self {
        Self(dpi.0 << 4 | dbi.0)
    }

    /// Makes a setting with the same depth for both.
    #[must_use]
    pub const fn both(depth: PixelDepth) -> Self {
        Self::new(depth, depth)
    }

    /// Makes a setting from its byte.
    #[must_use]
    pub const fn from_bits(bits: u8) -> Self {
        Self(bits)
    }

    /// The byte of the setting.
    #[must_use]
    pub const fn bits(self) -> u8 {
        self.0
    }

    /// The depth of a video stream, bits 6:4.
    #[must_use]
    pub const fn dpi(self) -> PixelDepth {
        PixelDepth(self.0 >> 4 & 0x07)
    }

    /// The depth of memory commands, bits 2:0.
    #[must_use]
    pub const fn dbi(self) -> PixelDepth {
        PixelDepth(self.0 & 0x07)
    }
}

impl fmt::Debug for PixelFormatSetting {
    #[inline]
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PixelFormatSetting({:#04x}: video {:?}, memory {:?})", self.0, self.dpi(), self.dbi())
    }
}

one_byte_command! {
    /// Sets the bits per pixel. Mirrors `mipi_dsi_dcs_set_pixel_format()`.
    SetPixelFormat(PixelFormatSetting) = SET_PIXEL_FORMAT;
}

one_byte_response! {
    /// Reads the bits per pixel. Mirrors `mipi_dsi_dcs_get_pixel_format()`.
    GetPixelFormat -> PixelFormatSetting = GET_PIXEL_FORMAT;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_usual_formats_have_their_bytes() {
        assert_eq!(SetPixelFormat(PixelFormatSetting::both(PixelDepth::BITS_24)).parameters(), [0x77]);
        assert_eq!(SetPixelFormat(PixelFormatSetting::both(PixelDepth::BITS_16)).parameters(), [0x55]);
        let mixed = PixelFormatSetting::new(PixelDepth::BITS_18, PixelDepth::BITS_3);
        assert_eq!(SetPixelFormat(mixed).parameters(), [0x61]);
        assert_eq!(GetPixelFormat::parse(&[0x61]), Ok(mixed));
    }

    #[test]
    fn every_byte_survives_and_shows_its_depths() {
        for bits in 0..=u8::MAX {
            let format = PixelFormatSetting::from_bits(bits);
            assert_eq!(SetPixelFormat(format).parameters(), [bits]);
            assert_eq!(PixelFormatSetting::new(format.dpi(), format.dbi()).bits(), bits & 0x77);
        }
        let depths: [_; 8] = [0, 1, 2, 3, 4, 5, 6, 7].map(|code| PixelDepth(code).bits_per_pixel());
        assert_eq!(depths, [None, Some(3), Some(8), Some(12), None, Some(16), Some(18), Some(24)]);
    }
}
