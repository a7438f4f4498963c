//! How a stereoscopic picture is sent: the byte that DSI and DCS share.
//!
//! MIPI Stereoscopic Display Formats 1.0. A vertical sync start packet carries the byte (DSI 1.3, section
//! 8.8.1), and so do the DCS commands set_3D_control and get_3D_control.

use core::fmt;

/// Whether the picture is stereoscopic, and how the display is turned; bits 1:0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum StereoMode {
    /// One picture for both eyes.
    Off,
    /// Two pictures, with the display upright.
    Portrait,
    /// Two pictures, with the display on its side.
    Landscape,
    /// Value 3, not assigned.
    Reserved,
}

/// How the pictures for the two eyes alternate; bits 3:2.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum StereoFormat {
    /// Line by line.
    Line,
    /// Frame by frame.
    Frame,
    /// Pixel by pixel.
    Pixel,
    /// Value 3, not assigned.
    Reserved,
}

/// The byte that describes a stereoscopic picture: any eight bits.
#[derive(Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct StereoControl(u8);

impl StereoControl {
    /// One picture for both eyes.
    pub const OFF: Self = Self(0);

    /// Makes a byte for this mode and format. The left eye's picture comes first, without a vertical sync
    /// before the right eye's.
    #[must_use]
    pub const fn new(mode: StereoMode, format: StereoFormat) -> Self {
        Self(mode as u8 | (format as u8) << 2)
    }

    /// Makes a control from its byte.
    #[must_use]
    pub const fn from_bits(bits: u8) -> Self {
        Self(bits)
    }

    /// The control's byte.
    #[must_use]
    pub const fn bits(self) -> u8 {
        self.0
    }

    /// Puts a vertical sync between the two pictures (bit 4).
    #[must_use]
    pub const fn second_vsync(self) -> Self {
        Self(self.0 | 0x10)
    }

    /// Sends the right eye's picture first (bit 5).
    #[must_use]
    pub const fn right_first(self) -> Self {
        Self(self.0 | 0x20)
    }

    /// The mode, bits 1:0.
    #[must_use]
    pub const fn mode(self) -> StereoMode {
        match self.0 & 0x03 {
            0 => StereoMode::Off,
            1 => StereoMode::Portrait,
            2 => StereoMode::Landscape,
            _ => StereoMode::Reserved,
        }
    }

    /// The format, bits 3:2.
    #[must_use]
    pub const fn format(self) -> StereoFormat {
        match self.0 >> 2 & 0x03 {
            0 => StereoFormat::Line,
            1 => StereoFormat::Frame,
            2 => StereoFormat::Pixel,
            _ => StereoFormat::Reserved,
        }
    }

    /// Whether a vertical sync comes between the two pictures (bit 4).
    #[must_use]
    pub const fn has_second_vsync(self) -> bool {
        self.0 & 0x10 != 0
    }

    /// Whether the right eye's picture comes first (bit 5).
    #[must_use]
    pub const fn is_right_first(self) -> bool {
        self.0 & 0x20 != 0
    }
}

impl fmt::Debug for StereoControl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "StereoControl({:#04x})", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_published_example_is_landscape_by_lines_left_first() {
        // The byte for this picture in TI's AM68 manual.
        let control = StereoControl::new(StereoMode::Landscape, StereoFormat::Line);
        assert_eq!(control.bits(), 0x02);
        assert!(!control.is_right_first());
        assert!(!control.has_second_vsync());
    }

    #[test]
    fn every_byte_survives_its_fields() {
        for bits in 0..=0x3f {
            let control = StereoControl::from_bits(bits);
            let mut again = StereoControl::new(control.mode(), control.format());
            if control.has_second_vsync() {
                again = again.second_vsync();
            }
            if control.is_right_first() {
                again = again.right_first();
            }
            assert_eq!(again.bits(), bits);
        }
    }
}
