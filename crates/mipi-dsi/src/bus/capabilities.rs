//! What one end of a link can do, and the first thing of a configuration that it can't.
//!
//! Attach asks both ends before it calls the host. What a host finds out only when it tries, it refuses itself.

use super::link_config::{Clock, Lanes, LinkConfig, Mode, PixelFormat, Speed};
use core::fmt;

/// Whether an end can do something, must do it, or can't.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Support {
    /// With and without.
    Either,
    /// Only with.
    Always,
    /// Only without.
    Never,
}

impl Support {
    const fn allows(self, asked: bool) -> bool {
        matches!((self, asked), (Self::Either, _) | (Self::Always, true) | (Self::Never, false))
    }
}

/// What one end of a link can do. Hosts give it when they register, peripherals when their device is registered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Capabilities {
    lanes: Lanes,
    formats: u8,
    modes: u8,
    end_of_transmission: Support,
    non_continuous_clock: Support,
    low_power_commands: Support,
}

impl Capabilities {
    /// Everything that this crate can name, up to `lanes`.
    pub const fn all(lanes: Lanes) -> Self {
        Self {
            lanes,
            formats: 0b1111,
            modes: 0b1111,
            end_of_transmission: Support::Either,
            non_continuous_clock: Support::Either,
            low_power_commands: Support::Either,
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

    /// The first thing that `config` asks and this end can't do.
    pub fn refuses(&self, config: &LinkConfig) -> Option<Feature> {
        if config.lanes > self.lanes {
            return Some(Feature::Lanes { asked: config.lanes, most: self.lanes });
        }
        if self.formats & config.format.bit() == 0 {
            return Some(Feature::Format(config.format));
        }
        if self.modes & config.mode.bit() == 0 {
            return Some(Feature::Mode(config.mode));
        }
        if !self.end_of_transmission.allows(config.end_of_transmission) {
            return Some(Feature::EndOfTransmission { asked: config.end_of_transmission });
        }
        if !self.non_continuous_clock.allows(config.clock == Clock::NonContinuous) {
            return Some(Feature::Clock(config.clock));
        }
        if !self.low_power_commands.allows(config.commands == Speed::LowPower) {
            return Some(Feature::Commands(config.commands));
        }
        None
    }
}

/// What one end of the link can't do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Feature {
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
}

impl fmt::Display for Feature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
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
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
            assert_eq!(all.refuses(&config), None);
        }
        let asked = Lanes::Three;
        let wide = LinkConfig { lanes: asked, ..BASE };
        assert_eq!(all.refuses(&wide), Some(Feature::Lanes { asked, most: Lanes::Two }));
    }

    #[test]
    fn each_limit_refuses_what_it_names_and_nothing_else() {
        let all = Capabilities::all(Lanes::Four);
        let no_565 = all.only_formats(&[PixelFormat::Rgb888, PixelFormat::Rgb666, PixelFormat::Rgb666Packed]);
        assert_eq!(no_565.refuses(&BASE), None);
        let narrow = LinkConfig { format: PixelFormat::Rgb565, ..BASE };
        assert_eq!(no_565.refuses(&narrow), Some(Feature::Format(PixelFormat::Rgb565)));

        let command_only = all.only_modes(&[Mode::Command]);
        assert_eq!(command_only.refuses(&BASE.burst()), Some(Feature::Mode(Mode::VideoBurst)));
        assert_eq!(command_only.refuses(&LinkConfig::command(Lanes::One, PixelFormat::Rgb888)), None);

        let eotp = all.end_of_transmission(Support::Always);
        assert_eq!(eotp.refuses(&BASE), None);
        assert_eq!(
            eotp.refuses(&BASE.no_end_of_transmission()),
            Some(Feature::EndOfTransmission { asked: false })
        );

        let steady = all.non_continuous_clock(Support::Never);
        assert_eq!(steady.refuses(&BASE), None);
        assert_eq!(steady.refuses(&BASE.non_continuous_clock()), Some(Feature::Clock(Clock::NonContinuous)));

        let slow = all.low_power_commands(Support::Always);
        assert_eq!(slow.refuses(&BASE), Some(Feature::Commands(Speed::HighSpeed)));
        assert_eq!(slow.refuses(&BASE.low_power_commands()), None);
    }
}
