//! How a stereoscopic picture is sent: the byte that DSI and DCS share.
//!
//! MIPI Stereoscopic Display Formats 1.0; carried by a vertical sync start packet (DSI 1.3, section
//! 8.8.1) and by the DCS commands set_3D_control and get_3D_control.

use core::fmt;

/// Whether and which way round the display shows a stereoscopic picture; bits 1:0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum StereoMode {
    /// One picture for both eyes.
    Off,
    /// Two pictures, display upright.
    Portrait,
    /// Two pictures, display on its side.
    Landscape,
    /// Not assigned.
    Reserved,
}

/// How the pictures of both eyes alternate; bits 3:2.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum StereoFormat {
    /// Line by line.
    Line,
    /// Frame by frame.
    Frame,
    /// Pixel by pixel.
    Pixel,
    /// Not assigned.
    Reserved,
}

/// The byte that describes a stereoscopic picture; any eight bits.
#[derive(Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct StereoControl(u8);

impl StereoControl {
    /// One picture for both eyes.
    pub const OFF: Self = Self(0);

    /// Two pictures in this mode and format, the left eye's first, without a sync between them.
    pub const fn new(mode: StereoMode, format: StereoFormat) -> Self {
        Self(mode as u8 | (format as u8) << 2)
    }

    /// The control with these bits.
    pub const fn from_bits(bits: u8) -> Self {
        Self(bits)
    }

    /// Its bits.
    pub const fn bits(self) -> u8 {
        self.0
    }

    /// With a vertical sync between the pictures of both eyes (bit 4).
    #[must_use]
    pub const fn second_vsync(self) -> Self {
        Self(self.0 | 0x10)
    }

    /// With the right eye's picture first (bit 5).
    #[must_use]
    pub const fn right_first(self) -> Self {
        Self(self.0 | 0x20)
    }

    /// The mode.
    pub const fn mode(self) -> StereoMode {
        match self.0 & 0x03 {
            0 => StereoMode::Off,
            1 => StereoMode::Portrait,
            2 => StereoMode::Landscape,
            _ => StereoMode::Reserved,
        }
    }

    /// The format.
    pub const fn format(self) -> StereoFormat {
        match self.0 >> 2 & 0x03 {
            0 => StereoFormat::Line,
            1 => StereoFormat::Frame,
            2 => StereoFormat::Pixel,
            _ => StereoFormat::Reserved,
        }
    }

    /// Whether a vertical sync comes between the pictures of both eyes.
    pub const fn has_second_vsync(self) -> bool {
        self.0 & 0x10 != 0
    }

    /// Whether the right eye's picture comes first.
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
        // The byte that TI's AM68 manual shows for this picture.
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
