//! The link budget: whether the video of a configuration fits its lanes.
//!
//! What this refuses can certainly not work; what it passes may still fail for a reason that only the host's driver
//! knows. So it takes for everything the lowest value that DSI allows.
//!
//! # What is counted
//!
//! Each line that shows pixels lasts `horizontal.total()` pixel clocks. In that time the link carries at least
//!
//! * the pixels, `active` times the format's bits, rounded up to whole bytes (packed RGB666: 18 bits a pixel);
//! * header and checksum of the packets that carry them, 6 bytes for each 65535 bytes or part of it (DSI 1.3, section
//!   8.4);
//! * the short packet that begins the line (VSS, VSE or HSS), 4 bytes, and with sync pulses HSE, 4 bytes more
//!   (section 8.11);
//! * an end of transmission packet, 4 bytes, if the configuration asks for it and a frame has no blank line. It closes
//!   each high-speed transmission, so a host that stays in high speed for a whole frame sends one; if there is a blank
//!   line, it fits there.
//!
//! In the two non-burst modes the host also sends pixels at the rate at which the panel shows them: pixel clock times the
//! format's bits must not exceed the link's rate. In burst mode only the line counts.
//!
//! # What is not counted
//!
//! Blanking packets (time that is left over is filled with anything), transitions to low power and back, the
//! preparation and trail times of clock and data lanes, the rounding of a transmission to whole bytes on each lane,
//! commands between lines, and what a bridge needs at its other end. Only the host knows those. Command mode has no
//! deadline, so everything fits. Compressed video needs less than its timings say: give none for it.

use super::link_config::{LaneRate, LinkConfig, Mode, PixelFormat};
use super::video_timings::VideoTimings;
use super::wire::{FOOTER_LEN, HEADER_LEN, MAX_PAYLOAD_LEN};
use core::fmt;

impl LinkConfig {
    /// The rate that its video needs from all lanes together, in kbit/s, rounded up. Divided by the number of lanes, it
    /// is the lowest lane rate. `None` in command mode or without timings.
    pub fn needed_kbit_per_s(&self) -> Option<u64> {
        needed_kbit_per_s(self, &self.timings?)
    }

    /// Whether its video fits a link with this rate on each of its lanes. Attach checks this with the configuration's own
    /// lane rate, or with the highest of each end if it has none.
    ///
    /// # Errors
    ///
    /// [`LinkBudgetError`] if it can certainly not work.
    pub fn check_link_budget(&self, rate: LaneRate) -> Result<(), LinkBudgetError> {
        match &self.timings {
            Some(timings) => check_link_budget(self, timings, rate),
            None => Ok(()),
        }
    }
}

/// The video of a configuration does not fit its link.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct LinkBudgetError {
    /// What the video needs, in kbit/s, rounded up.
    pub needed_kbit_per_s: u64,
    /// What all lanes carry together, in kbit/s.
    pub available_kbit_per_s: u64,
}

impl fmt::Display for LinkBudgetError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { needed_kbit_per_s, available_kbit_per_s } = self;
        write!(
            f,
            "the video needs {needed_kbit_per_s} kbit/s, and the link carries {available_kbit_per_s} kbit/s"
        )
    }
}

impl core::error::Error for LinkBudgetError {}

/// The check behind [`LinkConfig::check_link_budget`]; [`VideoTimings`] carry it as a pointer.
pub(super) fn check_link_budget(
    config: &LinkConfig,
    timings: &VideoTimings,
    rate: LaneRate,
) -> Result<(), LinkBudgetError> {
    let available_kbit_per_s = u64::from(config.lanes.count()) * u64::from(rate.kbit_per_s());
    match needed_kbit_per_s(config, timings) {
        Some(needed_kbit_per_s) if needed_kbit_per_s > available_kbit_per_s => {
            Err(LinkBudgetError { needed_kbit_per_s, available_kbit_per_s })
        }
        _ => Ok(()),
    }
}

/// The rate that the video needs from all lanes together, in kbit/s; `None` in command mode.
fn needed_kbit_per_s(config: &LinkConfig, timings: &VideoTimings) -> Option<u64> {
    let clock_khz = u64::from(timings.pixel_clock_khz());
    let pixel_rate = clock_khz * u64::from(config.format.bits_per_pixel());
    // At most 2^21 bits in a line and 2^32 kHz: no product comes near 2^64. A line has at least one pixel.
    let line_rate = (line_bits(config, timings) * clock_khz).div_ceil(timings.horizontal().total().into());
    match config.mode {
        Mode::Command => None,
        Mode::VideoBurst => Some(line_rate),
        Mode::VideoSyncPulses | Mode::VideoSyncEvents => Some(line_rate.max(pixel_rate)),
    }
}

/// The fewest bits that a line with pixels takes.
fn line_bits(config: &LinkConfig, timings: &VideoTimings) -> u64 {
    const SHORT: u64 = HEADER_LEN as u64;
    let pixels = pixel_bytes(config.format, timings.horizontal().active);
    let packets = pixels.div_ceil(MAX_PAYLOAD_LEN as u64);
    let around_pixels = packets * (HEADER_LEN + FOOTER_LEN) as u64;
    let sync = if config.mode == Mode::VideoSyncPulses { 2 * SHORT } else { SHORT };
    let has_blank_line = timings.vertical().blanking() > 0;
    let end = if config.end_of_transmission && !has_blank_line { SHORT } else { 0 };
    8 * (sync + around_pixels + pixels + end)
}

/// How many bytes this many pixels take on the link.
fn pixel_bytes(format: PixelFormat, pixels: u16) -> u64 {
    (u64::from(pixels) * u64::from(format.bits_per_pixel())).div_ceil(8)
}

#[cfg(test)]
mod tests {
    use super::super::link_config::Lanes;
    use super::super::video_timings::AxisTimings;
    use super::*;
    use std::string::ToString;

    /// CEA-861 format 16: 1920x1080 at 60 Hz, 2200 pixels a line.
    const FULL_HD: VideoTimings = timings(148_500, [1920, 88, 44, 148], [1080, 4, 5, 36]);
    /// 1024x600 at 60 Hz, as panels of that size have it: 51.2 MHz, 1344 pixels a line, 635 lines.
    const WSVGA: VideoTimings = timings(51_200, [1024, 160, 10, 150], [600, 12, 1, 22]);
    /// VESA DMT 51h: 1366x768 at 60 Hz, 1792 pixels a line.
    const WXGA: VideoTimings = timings(85_500, [1366, 70, 143, 213], [768, 3, 3, 24]);

    const fn timings(clock_khz: u32, horizontal: [u16; 4], vertical: [u16; 4]) -> VideoTimings {
        match VideoTimings::new(clock_khz, axis(horizontal), axis(vertical)) {
            Ok(timings) => timings,
            Err(_) => panic!("there are pixels"),
        }
    }

    const fn axis([active, front_porch, sync, back_porch]: [u16; 4]) -> AxisTimings {
        AxisTimings { active, front_porch, sync, back_porch }
    }

    fn video(format: PixelFormat, timings: VideoTimings) -> LinkConfig {
        LinkConfig::video(Lanes::Four, format).with_timings(timings)
    }

    fn rate(kbit_per_s: u32) -> LaneRate {
        LaneRate::from_kbit_per_s(kbit_per_s).expect("not zero")
    }

    /// 148.5 MHz of 24 bits are 3,564,000 kbit/s, or 891,000 on each of four lanes. A line of 2200 clocks lasts
    /// 14.81 us; HSS, header, 5760 bytes and checksum are 5770 bytes, so a burst needs 46,160 bits * 148,500 / 2200 =
    /// 3,115,800 kbit/s, or 778,950 a lane.
    #[test]
    fn full_hd_needs_891_mbit_a_lane_and_779_in_bursts() {
        let config = video(PixelFormat::Rgb888, FULL_HD);
        assert_eq!(config.needed_kbit_per_s(), Some(3_564_000));
        assert_eq!(config.check_link_budget(rate(891_000)), Ok(()));
        let short = LinkBudgetError { needed_kbit_per_s: 3_564_000, available_kbit_per_s: 3_563_996 };
        assert_eq!(config.check_link_budget(rate(890_999)), Err(short));
        assert_eq!(short.to_string(), "the video needs 3564000 kbit/s, and the link carries 3563996 kbit/s");

        let burst = config.burst();
        assert_eq!(burst.needed_kbit_per_s(), Some(3_115_800));
        assert_eq!(burst.check_link_budget(rate(778_950)), Ok(()));
        assert!(burst.check_link_budget(rate(778_949)).is_err());
    }

    /// 51.2 MHz of 24 bits are 1,228,800 kbit/s, or 307,200 on each of four lanes. In bursts, 4 + 6 + 3072 bytes are
    /// 24,656 bits in 1344 clocks: 939,276.2 kbit/s.
    #[test]
    fn wsvga_needs_307_mbit_a_lane() {
        let config = video(PixelFormat::Rgb888, WSVGA);
        assert_eq!(config.needed_kbit_per_s(), Some(1_228_800));
        assert_eq!(config.check_link_budget(rate(307_200)), Ok(()));
        assert!(config.check_link_budget(rate(307_199)).is_err());
        assert_eq!(config.burst().needed_kbit_per_s(), Some(939_277));
    }

    /// 1366 pixels of 18 bits are 3073.5 bytes, so 3074 are sent: 24,672 bits with the 10 bytes around them, in 1792
    /// clocks of 85.5 MHz: 1,177,151.8 kbit/s. Loosely packed a pixel takes 24 bits, in RGB565 16.
    #[test]
    fn packed_pixels_are_rounded_to_whole_bytes() {
        let packed = video(PixelFormat::Rgb666Packed, WXGA);
        assert_eq!(packed.burst().needed_kbit_per_s(), Some(1_177_152));
        assert_eq!(packed.needed_kbit_per_s(), Some(18 * 85_500));
        assert_eq!(video(PixelFormat::Rgb666, WXGA).needed_kbit_per_s(), Some(24 * 85_500));
        assert_eq!(video(PixelFormat::Rgb565, WXGA).needed_kbit_per_s(), Some(16 * 85_500));
    }

    /// 100 pixels of 16 bits and 3 of blanking at 10.3 MHz: 100,000 lines a second, of 200 bytes, 6 around them, and 4 or
    /// 8 of sync. Without a blank line in the frame EoTp takes 4 more.
    #[test]
    fn packets_between_the_pixels_count_where_blanking_is_short() {
        let tight = timings(10_300, [100, 1, 1, 1], [10, 1, 0, 0]);
        let config = video(PixelFormat::Rgb565, tight);
        assert_eq!(config.needed_kbit_per_s(), Some(168_000));
        assert_eq!(config.sync_pulses().needed_kbit_per_s(), Some(171_200));
        assert_eq!(config.burst().needed_kbit_per_s(), Some(168_000));

        let no_blank_line = config.with_timings(timings(10_300, [100, 1, 1, 1], [10, 0, 0, 0]));
        assert_eq!(no_blank_line.needed_kbit_per_s(), Some(171_200));
        assert_eq!(no_blank_line.no_end_of_transmission().needed_kbit_per_s(), Some(168_000));
    }

    /// 21,845 pixels of 24 bits are 65,535 bytes, which one packet carries; one pixel more takes another packet.
    #[test]
    fn a_line_longer_than_a_packet_takes_two() {
        let line = |active| {
            let timings = timings(u32::from(active), [active, 0, 0, 0], [1, 0, 1, 0]);
            video(PixelFormat::Rgb888, timings).burst().needed_kbit_per_s()
        };
        assert_eq!(line(21_845), Some(8 * (4 + 6 + 65_535)));
        assert_eq!(line(21_846), Some(8 * (4 + 12 + 65_538)));
    }

    #[test]
    fn nothing_is_needed_without_video_or_timings() {
        let command = LinkConfig::command(Lanes::One, PixelFormat::Rgb888).with_timings(FULL_HD);
        assert_eq!(command.needed_kbit_per_s(), None);
        assert_eq!(command.check_link_budget(rate(1)), Ok(()));
        let untimed = LinkConfig::video(Lanes::One, PixelFormat::Rgb888);
        assert_eq!(untimed.needed_kbit_per_s(), None);
        assert_eq!(untimed.check_link_budget(rate(1)), Ok(()));
    }
}
