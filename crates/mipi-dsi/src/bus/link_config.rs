//! Link configuration: what a peripheral asks from the link.
//!
//! The counterpart of the `lanes`, `format` and `mode_flags` members of Linux's `struct mipi_dsi_device`, with two
//! differences: choices that exclude each other are one enum and not two bits of a word, and both ends say what they
//! can do ([`Capabilities`](super::Capabilities)), so that attach refuses what would otherwise only show as a dark
//! panel. Lane rate and video timings are optional; `link_budget` computes whether they fit each other, and the
//! controller's driver knows how to reach them.

pub use super::speed::Speed;
use super::video_timings::VideoTimings;
use core::fmt;
use core::num::NonZeroU32;

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
    /// The number of lanes, 1 to 4.
    pub const fn count(self) -> u8 {
        match self {
            Self::One => 1,
            Self::Two => 2,
            Self::Three => 3,
            Self::Four => 4,
        }
    }

    /// From the number of lanes, which is that of the entries in a device tree's `data-lanes`; `None` unless it is 1 to
    /// 4.
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
    /// How many bits one pixel takes on the link: 16, 18 or 24, as `mipi_dsi_pixel_format_to_bpp` counts them.
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
    /// The panel has a frame memory of its own, which commands write.
    Command,
    /// Non-burst video with sync pulses: the host sends starts and ends of both sync pulses.
    VideoSyncPulses,
    /// Non-burst video with sync events: the host sends only the starts.
    VideoSyncEvents,
    /// Burst video: the host sends a line's pixels faster than the panel shows them.
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

/// Rate of one data lane in high-speed transmission, 1 to 2^32 - 1 kbit/s.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LaneRate(NonZeroU32);

impl LaneRate {
    /// From kbit/s (1000 bits a second); `None` for zero.
    pub const fn from_kbit_per_s(kbit_per_s: u32) -> Option<Self> {
        match NonZeroU32::new(kbit_per_s) {
            Some(rate) => Some(Self(rate)),
            None => None,
        }
    }

    /// In kbit/s.
    pub const fn kbit_per_s(self) -> u32 {
        self.0.get()
    }
}

impl fmt::Display for LaneRate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} kbit/s a lane", self.kbit_per_s())
    }
}

/// What a peripheral asks from the link when it attaches.
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
    /// The lane rate that the peripheral asks for; `None` leaves it to the host.
    pub lane_rate: Option<LaneRate>,
    /// The timings of uncompressed video, or of the picture that a panel in command mode shows; `None` if the host knows
    /// them from elsewhere.
    pub timings: Option<VideoTimings>,
}

impl LinkConfig {
    /// Command mode with EoTp, a continuous clock and commands at high speed, without a lane rate and timings.
    pub const fn command(lanes: Lanes, format: PixelFormat) -> Self {
        Self {
            lanes,
            format,
            mode: Mode::Command,
            end_of_transmission: true,
            clock: Clock::Continuous,
            commands: Speed::HighSpeed,
            lane_rate: None,
            timings: None,
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

    /// No EoTp (`MIPI_DSI_MODE_NO_EOT_PACKET`).
    pub const fn no_end_of_transmission(self) -> Self {
        Self { end_of_transmission: false, ..self }
    }

    /// Lets the clock lane stop between transmissions (`MIPI_DSI_CLOCK_NON_CONTINUOUS`).
    pub const fn non_continuous_clock(self) -> Self {
        Self { clock: Clock::NonContinuous, ..self }
    }

    /// Sends commands in low-power mode (`MIPI_DSI_MODE_LPM`).
    pub const fn low_power_commands(self) -> Self {
        Self { commands: Speed::LowPower, ..self }
    }

    /// Asks for this rate on each data lane.
    pub const fn at_lane_rate(self, rate: LaneRate) -> Self {
        Self { lane_rate: Some(rate), ..self }
    }

    /// Adds video timings. Attach refuses them if they can't fit the link.
    pub const fn with_timings(self, timings: VideoTimings) -> Self {
        Self { timings: Some(timings), ..self }
    }
}
