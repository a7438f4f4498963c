//! Link configuration: what a peripheral asks of the link, and what either end can do.
//!
//! The counterpart of the `lanes`, `format` and `mode_flags` members of Linux's `struct mipi_dsi_device`, with two
//! differences: what excludes each other is an enum and not two bits of one word, and both ends say what they can
//! do ([`Capabilities`](super::Capabilities)), so that attach refuses what would only show as a dark panel. It does not compute timings
//! or bit rates; those belong to the controller's driver.

use core::fmt;

/// Number of data lanes of the link, one to four.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Lanes {
    /// Data lane 0 only.
    One,
    /// Data lanes 0 and 1.
    Two,
    /// Data lanes 0 to 2.
    Three,
    /// Data lanes 0 to 3.
    Four,
}

impl Lanes {
    /// The number as a count, 1 to 4.
    pub const fn count(self) -> u8 {
        match self {
            Self::One => 1,
            Self::Two => 2,
            Self::Three => 3,
            Self::Four => 4,
        }
    }

    /// From a count, as a device tree's `data-lanes` gives it; `None` unless it is 1 to 4.
    pub const fn from_count(count: u8) -> Option<Self> {
        match count {
            1 => Some(Self::One),
            2 => Some(Self::Two),
            3 => Some(Self::Three),
            4 => Some(Self::Four),
            _ => None,
        }
    }
}

impl fmt::Display for Lanes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::One => f.write_str("1 lane"),
            other => write!(f, "{} lanes", other.count()),
        }
    }
}

/// Pixel format on the link, DSI 1.3 section 8.8; Linux's `enum mipi_dsi_pixel_format`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PixelFormat {
    /// 8 bits a colour, 24 bits a pixel.
    Rgb888,
    /// 6 bits a colour, each in its own byte: 24 bits a pixel on the link (loosely packed).
    Rgb666,
    /// 6 bits a colour, 18 bits a pixel on the link (packed).
    Rgb666Packed,
    /// 5, 6 and 5 bits: 16 bits a pixel.
    Rgb565,
}

impl PixelFormat {
    /// Bits that one pixel takes on the link, as `mipi_dsi_pixel_format_to_bpp` counts them.
    pub const fn bits_per_pixel(self) -> u8 {
        match self {
            Self::Rgb888 | Self::Rgb666 => 24,
            Self::Rgb666Packed => 18,
            Self::Rgb565 => 16,
        }
    }

    pub(super) const fn bit(self) -> u8 {
        1 << self as u8
    }
}

impl fmt::Display for PixelFormat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Rgb888 => "RGB888",
            Self::Rgb666 => "RGB666 (loosely packed)",
            Self::Rgb666Packed => "RGB666 packed",
            Self::Rgb565 => "RGB565",
        })
    }
}

/// How pixels travel: in command mode, or in one of DSI's three video mode sequences.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Mode {
    /// The panel keeps its own frame memory and is written by commands.
    Command,
    /// Non-burst video with sync pulses: starts and ends of both sync pulses are sent.
    VideoSyncPulses,
    /// Non-burst video with sync events: only the starts are sent.
    VideoSyncEvents,
    /// Burst video: a line's pixels are sent faster than they are shown.
    VideoBurst,
}

impl Mode {
    pub(super) const fn bit(self) -> u8 {
        1 << self as u8
    }
}

impl fmt::Display for Mode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Command => "command mode",
            Self::VideoSyncPulses => "video with sync pulses",
            Self::VideoSyncEvents => "video with sync events",
            Self::VideoBurst => "burst video",
        })
    }
}

/// What the clock lane does between transmissions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Clock {
    /// It runs all the time.
    Continuous,
    /// It may stop (`MIPI_DSI_CLOCK_NON_CONTINUOUS`).
    NonContinuous,
}

/// Speed of a transmission.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Speed {
    /// High-speed transmission.
    HighSpeed,
    /// Low-power transmission in escape mode (`MIPI_DSI_MODE_LPM`).
    LowPower,
}

/// What a peripheral asks of the link when it attaches.
///
/// ```
/// use mipi_dsi::bus::{Lanes, LinkConfig, PixelFormat};
/// let config = LinkConfig::video(Lanes::Four, PixelFormat::Rgb888).burst().non_continuous_clock();
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LinkConfig {
    /// Data lanes to use.
    pub lanes: Lanes,
    /// Pixel format.
    pub format: PixelFormat,
    /// Command or video mode.
    pub mode: Mode,
    /// Whether the host closes each high-speed transmission with an EoTp (DSI 1.3 section 8.8.2).
    pub end_of_transmission: bool,
    /// What the clock lane does between transmissions.
    pub clock: Clock,
    /// Speed of commands.
    pub commands: Speed,
}

impl LinkConfig {
    /// Command mode, with EoTp, continuous clock and commands at high speed.
    pub const fn command(lanes: Lanes, format: PixelFormat) -> Self {
        Self {
            lanes,
            format,
            mode: Mode::Command,
            end_of_transmission: true,
            clock: Clock::Continuous,
            commands: Speed::HighSpeed,
        }
    }

    /// Video with sync events, otherwise as [`command`](Self::command).
    pub const fn video(lanes: Lanes, format: PixelFormat) -> Self {
        Self { mode: Mode::VideoSyncEvents, ..Self::command(lanes, format) }
    }

    /// Burst video (`MIPI_DSI_MODE_VIDEO_BURST`).
    pub const fn burst(self) -> Self {
        Self { mode: Mode::VideoBurst, ..self }
    }

    /// Video with sync pulses (`MIPI_DSI_MODE_VIDEO_SYNC_PULSE`).
    pub const fn sync_pulses(self) -> Self {
        Self { mode: Mode::VideoSyncPulses, ..self }
    }

    /// Without EoTp (`MIPI_DSI_MODE_NO_EOT_PACKET`).
    pub const fn no_end_of_transmission(self) -> Self {
        Self { end_of_transmission: false, ..self }
    }

    /// The clock lane may stop between transmissions.
    pub const fn non_continuous_clock(self) -> Self {
        Self { clock: Clock::NonContinuous, ..self }
    }

    /// Commands in low-power mode.
    pub const fn low_power_commands(self) -> Self {
        Self { commands: Speed::LowPower, ..self }
    }
}
