//! What one end of a link can do, and which part of a configuration it can't do.
//!
//! Attach checks both ends before it calls the host. A host itself refuses what shows only when it tries.

use super::link_budget::LinkBudgetError;
use super::link_config::{Clock, LaneRate, Lanes, LinkConfig, Mode, PixelFormat, Speed};
use core::fmt;

/// Whether one end of a link can, must or can't use a feature.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Support {
    /// It works with the feature and without.
    Either,
    /// It works only with the feature.
    Always,
    /// It works only without the feature.
    Never,
}

impl Support {
    const fn allows(self, asked: bool) -> bool {
        matches!((self, asked), (Self::Either, _) | (Self::Always, true) | (Self::Never, false))
    }
}

/// What one end of a link can do, stated when a host or device is registered.
///
/// # Features
///
/// It needs `capabilities`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Capabilities {
    lanes: Lanes,
    formats: u8,
    modes: u8,
    end_of_transmission: Support,
    non_continuous_clock: Support,
    low_power_commands: Support,
    lowest_lane_rate: Option<LaneRate>,
    highest_lane_rate: Option<LaneRate>,
}

impl Capabilities {
    /// Whether attach checks them.
    pub(super) const ARE_CHECKED: bool = true;

    /// The capabilities of an empty slot. All zero bytes.
    pub(super) const NONE: Self = Self {
        lanes: Lanes::One,
        formats: 0,
        modes: 0,
        end_of_transmission: Support::Either,
        non_continuous_clock: Support::Either,
        low_power_commands: Support::Either,
        lowest_lane_rate: None,
        highest_lane_rate: None,
    };

    /// Everything that this crate can name, up to `lanes`, at any lane rate.
    pub const fn all(lanes: Lanes) -> Self {
        Self {
            lanes,
            formats: 0b1111,
            modes: 0b1111,
            end_of_transmission: Support::Either,
            non_continuous_clock: Support::Either,
            low_power_commands: Support::Either,
            lowest_lane_rate: None,
            highest_lane_rate: None,
        }
    }

    /// Takes only these pixel formats.
    pub const fn only_formats(mut self, formats: &[PixelFormat]) -> Self {
        self.formats = 0;
        let mut rest = formats;
        while let [format, tail @ ..] = rest {
            self.formats |= format.bit();
            rest = tail;
        }
        self
    }

    /// Takes only these modes.
    pub const fn only_modes(mut self, modes: &[Mode]) -> Self {
        self.modes = 0;
        let mut rest = modes;
        while let [mode, tail @ ..] = rest {
            self.modes |= mode.bit();
            rest = tail;
        }
        self
    }

    /// Says whether an EoTp can, must or must not close a high-speed transmission.
    pub const fn end_of_transmission(mut self, support: Support) -> Self {
        self.end_of_transmission = support;
        self
    }

    /// Says whether the clock can, must or must not stop between transmissions.
    pub const fn non_continuous_clock(mut self, support: Support) -> Self {
        self.non_continuous_clock = support;
        self
    }

    /// Says whether commands can, must or must not travel in low-power mode.
    pub const fn low_power_commands(mut self, support: Support) -> Self {
        self.low_power_commands = support;
        self
    }

    /// Says how slow a data lane can be in high-speed transmission.
    pub const fn lowest_lane_rate(mut self, rate: LaneRate) -> Self {
        self.lowest_lane_rate = Some(rate);
        self
    }

    /// Says how fast a data lane can be in high-speed transmission.
    pub const fn highest_lane_rate(mut self, rate: LaneRate) -> Self {
        self.highest_lane_rate = Some(rate);
        self
    }

    /// Whether this end can do what `config` asks. Video timings have to fit the lane rate that `config` asks for, or
    /// this end's highest one if it asks for none.
    ///
    /// # Errors
    ///
    /// [`UnsupportedFeature`] is the first thing that it can't do.
    pub fn check(&self, config: &LinkConfig) -> Result<(), UnsupportedFeature> {
        if config.lanes > self.lanes {
            return Err(UnsupportedFeature::Lanes { asked: config.lanes, most: self.lanes });
        }
        if self.formats & config.format.bit() == 0 {
            return Err(UnsupportedFeature::Format(config.format));
        }
        if self.modes & config.mode.bit() == 0 {
            return Err(UnsupportedFeature::Mode(config.mode));
        }
        if !self.end_of_transmission.allows(config.end_of_transmission) {
            return Err(UnsupportedFeature::EndOfTransmission { asked: config.end_of_transmission });
        }
        if !self.non_continuous_clock.allows(config.clock == Clock::NonContinuous) {
            return Err(UnsupportedFeature::Clock(config.clock));
        }
        if !self.low_power_commands.allows(config.commands == Speed::LowPower) {
            return Err(UnsupportedFeature::Commands(config.commands));
        }
        let (lowest, highest) = (self.lowest_lane_rate, self.highest_lane_rate);
        if let Some(asked) = config.lane_rate {
            if lowest.is_some_and(|lowest| asked < lowest) {
                return Err(UnsupportedFeature::LaneRate { asked, lowest, highest });
            }
            if highest.is_some_and(|highest| asked > highest) {
                return Err(UnsupportedFeature::LaneRate { asked, lowest, highest });
            }
        }
        match (&config.timings, config.lane_rate.or(highest)) {
            (Some(timings), Some(rate)) => {
                timings.check_budget(config, rate).map_err(UnsupportedFeature::LinkBudget)
            }
            _ => Ok(()),
        }
    }
}

/// What one end of the link can't do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum UnsupportedFeature {
    /// More lanes were asked for than there are.
    Lanes {
        /// What the configuration asks.
        asked: Lanes,
        /// What this end has.
        most: Lanes,
    },
    /// This pixel format.
    Format(PixelFormat),
    /// This mode.
    Mode(Mode),
    /// With EoTp, or without.
    EndOfTransmission {
        /// What the configuration asks.
        asked: bool,
    },
    /// This behaviour of the clock lane.
    Clock(Clock),
    /// Commands at this speed.
    Commands(Speed),
    /// This lane rate.
    LaneRate {
        /// What the configuration asks.
        asked: LaneRate,
        /// The lowest that this end can do, if it says so.
        lowest: Option<LaneRate>,
        /// The highest that this end can do, if it says so.
        highest: Option<LaneRate>,
    },
    /// Video that needs more than the link carries.
    LinkBudget(LinkBudgetError),
}

impl fmt::Display for UnsupportedFeature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("can't do ")?;
        match self {
            Self::Lanes { asked, most } => write!(f, "{asked} (it has {})", most.count()),
            Self::Format(format) => write!(f, "pixel format {format}"),
            Self::Mode(mode) => write!(f, "{mode}"),
            Self::EndOfTransmission { asked: true } => f.write_str("end-of-transmission packets"),
            Self::EndOfTransmission { asked: false } => {
                f.write_str("transmissions without an end-of-transmission packet")
            }
            Self::Clock(Clock::Continuous) => f.write_str("a continuous clock"),
            Self::Clock(Clock::NonContinuous) => f.write_str("a non-continuous clock"),
            Self::Commands(Speed::HighSpeed) => f.write_str("commands at high speed"),
            Self::Commands(Speed::LowPower) => f.write_str("commands in low-power mode"),
            Self::LaneRate { asked, lowest, highest } => {
                write!(f, "{asked} (")?;
                if let Some(lowest) = lowest {
                    write!(f, "at least {}", lowest.kbit_per_s())?;
                }
                if let Some(highest) = highest {
                    let before = if lowest.is_some() { ", " } else { "" };
                    write!(f, "{before}at most {}", highest.kbit_per_s())?;
                }
                f.write_str(")")
            }
            Self::LinkBudget(error) => write!(f, "this video: {error}"),
        }
    }
}

impl core::error::Error for UnsupportedFeature {
    fn source(&self) -> Option<&(dyn core::error::Error + 'static)> {
        match self {
            Self::LinkBudget(error) => Some(error),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::video_timings::{AxisTimings, VideoTimings};
    use super::*;
    use std::string::ToString;

    const BASE: LinkConfig = LinkConfig::video(Lanes::Two, PixelFormat::Rgb888);

    #[test]
    fn an_end_that_can_do_all_refuses_nothing_but_lanes() {
        let all = Capabilities::all(Lanes::Two);
        for config in [
            BASE,
            BASE.burst(),
            BASE.sync_pulses(),
            BASE.no_end_of_transmission().non_continuous_clock().low_power_commands(),
            LinkConfig::command(Lanes::One, PixelFormat::Rgb565),
        ] {
            assert_eq!(all.check(&config), Ok(()));
        }
        let asked = Lanes::Three;
        let wide = LinkConfig { lanes: asked, ..BASE };
        assert_eq!(all.check(&wide), Err(UnsupportedFeature::Lanes { asked, most: Lanes::Two }));
    }

    #[test]
    fn each_limit_refuses_what_it_names_and_nothing_else() {
        let all = Capabilities::all(Lanes::Four);
        let no_565 = all.only_formats(&[PixelFormat::Rgb888, PixelFormat::Rgb666, PixelFormat::Rgb666Packed]);
        assert_eq!(no_565.check(&BASE), Ok(()));
        let narrow = LinkConfig { format: PixelFormat::Rgb565, ..BASE };
        assert_eq!(no_565.check(&narrow), Err(UnsupportedFeature::Format(PixelFormat::Rgb565)));

        let command_only = all.only_modes(&[Mode::Command]);
        assert_eq!(command_only.check(&BASE.burst()), Err(UnsupportedFeature::Mode(Mode::VideoBurst)));
        assert_eq!(command_only.check(&LinkConfig::command(Lanes::One, PixelFormat::Rgb888)), Ok(()));

        let eotp = all.end_of_transmission(Support::Always);
        assert_eq!(eotp.check(&BASE), Ok(()));
        assert_eq!(
            eotp.check(&BASE.no_end_of_transmission()),
            Err(UnsupportedFeature::EndOfTransmission { asked: false })
        );

        let steady = all.non_continuous_clock(Support::Never);
        assert_eq!(steady.check(&BASE), Ok(()));
        assert_eq!(
            steady.check(&BASE.non_continuous_clock()),
            Err(UnsupportedFeature::Clock(Clock::NonContinuous))
        );

        let slow = all.low_power_commands(Support::Always);
        assert_eq!(slow.check(&BASE), Err(UnsupportedFeature::Commands(Speed::HighSpeed)));
        assert_eq!(slow.check(&BASE.low_power_commands()), Ok(()));
    }

    #[test]
    fn a_lane_rate_has_to_lie_between_the_bounds_that_an_end_states() {
        let rate = |kbit_per_s| LaneRate::from_kbit_per_s(kbit_per_s).expect("not zero");
        let (low, high) = (rate(80_000), rate(1_000_000));
        let all = Capabilities::all(Lanes::Two);
        let at = |rate| BASE.at_lane_rate(rate);
        assert_eq!(all.check(&at(rate(1))), Ok(()));
        let bounded = all.lowest_lane_rate(low).highest_lane_rate(high);
        for asked in [low, high] {
            assert_eq!(bounded.check(&at(asked)), Ok(()));
        }
        for asked in [rate(79_999), rate(1_000_001)] {
            let (lowest, highest) = (Some(low), Some(high));
            let error = UnsupportedFeature::LaneRate { asked, lowest, highest };
            assert_eq!(bounded.check(&at(asked)), Err(error));
        }
        assert_eq!(bounded.check(&BASE), Ok(()), "no rate is asked for");
        let error = all.highest_lane_rate(high).check(&at(rate(1_000_001))).expect_err("too fast");
        assert_eq!(error.to_string(), "can't do 1000001 kbit/s a lane (at most 1000000)");
    }

    /// 100 MHz of 24 bits are 2,400,000 kbit/s, or 1,200,000 on each of two lanes.
    #[test]
    fn video_has_to_fit_the_lane_rate_that_is_asked_for_or_else_the_highest() {
        let rate = |kbit_per_s| LaneRate::from_kbit_per_s(kbit_per_s).expect("not zero");
        let axis = AxisTimings { active: 1000, front_porch: 100, sync: 100, back_porch: 100 };
        let video = BASE.with_timings(VideoTimings::new(100_000, axis, axis).expect("there are pixels"));
        let does_not_fit = |available_kbit_per_s| {
            let error = LinkBudgetError { needed_kbit_per_s: 2_400_000, available_kbit_per_s };
            Err(UnsupportedFeature::LinkBudget(error))
        };
        let all = Capabilities::all(Lanes::Two);
        assert_eq!(all.check(&video), Ok(()), "no rate is known");
        assert_eq!(all.check(&video.at_lane_rate(rate(1_200_000))), Ok(()));
        assert_eq!(all.check(&video.at_lane_rate(rate(1_199_999))), does_not_fit(2_399_998));
        assert_eq!(all.highest_lane_rate(rate(1_200_000)).check(&video), Ok(()));
        let slow = all.highest_lane_rate(rate(1_000_000));
        assert_eq!(slow.check(&video), does_not_fit(2_000_000));
        assert_eq!(slow.check(&video.burst()), Ok(()), "in bursts the blanking helps");
    }
}
