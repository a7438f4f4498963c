//! Video timings: how long the pixels, porches and sync pulses of a frame are.
//!
//! The counterpart of Linux's `struct display_timing`, with one value for each member. They describe the picture as the
//! panel shows it; a host's driver computes how to put that on the link, and `link_budget` whether it fits.

use super::link_budget::{check_link_budget, LinkBudgetError};
use super::link_config::{LaneRate, LinkConfig};
use core::cmp::Ordering;
use core::fmt;
use core::hash::{Hash, Hasher};
use core::num::NonZeroU32;

/// One direction of a frame: a line in pixels, or a frame in lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AxisTimings {
    /// The part that is shown.
    pub active: u16,
    /// Blanking after that, before the sync pulse.
    pub front_porch: u16,
    /// The sync pulse.
    pub sync: u16,
    /// Blanking after the sync pulse.
    pub back_porch: u16,
}

impl AxisTimings {
    /// Porches and sync pulse together.
    pub const fn blanking(&self) -> u32 {
        self.front_porch as u32 + self.sync as u32 + self.back_porch as u32
    }

    /// Active part and blanking together (Linux's `htotal`, `vtotal`).
    pub const fn total(&self) -> u32 {
        self.active as u32 + self.blanking()
    }
}

/// Timings of uncompressed video. There is at least one column, one line and a pixel clock.
///
/// ```
/// use mipi_dsi::bus::timings::{AxisTimings, VideoTimings};
/// // CEA-861 format 16, 1920x1080 at 60 Hz.
/// let horizontal = AxisTimings { active: 1920, front_porch: 88, sync: 44, back_porch: 148 };
/// let vertical = AxisTimings { active: 1080, front_porch: 4, sync: 5, back_porch: 36 };
/// let timings = VideoTimings::new(148_500, horizontal, vertical)?;
/// assert_eq!((timings.horizontal().total(), timings.vertical().total()), (2200, 1125));
/// # Ok::<(), mipi_dsi::bus::timings::InvalidTimings>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct VideoTimings {
    pixel_clock_khz: NonZeroU32,
    horizontal: AxisTimings,
    vertical: AxisTimings,
    budget: BudgetCheck,
}

impl VideoTimings {
    /// Timings with a pixel clock in kHz, a line in pixels and a frame in lines.
    ///
    /// # Errors
    ///
    /// [`InvalidTimings`] if the clock, `horizontal.active` or `vertical.active` is zero.
    pub const fn new(
        pixel_clock_khz: u32,
        horizontal: AxisTimings,
        vertical: AxisTimings,
    ) -> Result<Self, InvalidTimings> {
        let Some(pixel_clock_khz) = NonZeroU32::new(pixel_clock_khz) else {
            return Err(InvalidTimings::NoPixelClock);
        };
        if horizontal.active == 0 {
            return Err(InvalidTimings::NoColumns);
        }
        if vertical.active == 0 {
            return Err(InvalidTimings::NoLines);
        }
        Ok(Self { pixel_clock_khz, horizontal, vertical, budget: BudgetCheck(check_link_budget) })
    }

    /// The pixel clock in kHz, not zero.
    pub const fn pixel_clock_khz(&self) -> u32 {
        self.pixel_clock_khz.get()
    }

    /// A line, in pixels.
    pub const fn horizontal(&self) -> AxisTimings {
        self.horizontal
    }

    /// A frame, in lines.
    pub const fn vertical(&self) -> AxisTimings {
        self.vertical
    }

    /// Whether they fit a link of this configuration.
    pub(super) fn check_budget(&self, config: &LinkConfig, rate: LaneRate) -> Result<(), LinkBudgetError> {
        (self.budget.0)(config, self, rate)
    }
}

/// The check of the link budget, which is the same for all timings.
///
/// Timings carry it as a pointer so that attach does not name it: a binary in which nobody makes timings does not have
/// its code. It is always the same, so no comparison looks at it.
#[derive(Clone, Copy)]
struct BudgetCheck(fn(&LinkConfig, &VideoTimings, LaneRate) -> Result<(), LinkBudgetError>);

impl PartialEq for BudgetCheck {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Eq for BudgetCheck {}

impl PartialOrd for BudgetCheck {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for BudgetCheck {
    fn cmp(&self, _: &Self) -> Ordering {
        Ordering::Equal
    }
}

impl Hash for BudgetCheck {
    fn hash<H: Hasher>(&self, _: &mut H) {}
}

impl fmt::Debug for BudgetCheck {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("_")
    }
}

/// Why numbers are not the timings of any video.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum InvalidTimings {
    /// The pixel clock is zero.
    NoPixelClock,
    /// A line has no pixel to show.
    NoColumns,
    /// A frame has no line to show.
    NoLines,
}

impl fmt::Display for InvalidTimings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NoPixelClock => "the pixel clock is zero",
            Self::NoColumns => "a line has no pixel to show",
            Self::NoLines => "a frame has no line to show",
        })
    }
}

impl core::error::Error for InvalidTimings {}

#[cfg(test)]
mod tests {
    use super::*;

    const SOME: AxisTimings = AxisTimings { active: 1, front_porch: 0, sync: 0, back_porch: 0 };
    const NONE: AxisTimings = AxisTimings { active: 0, front_porch: 1, sync: 1, back_porch: 1 };

    #[test]
    fn timings_without_a_clock_or_a_pixel_can_not_be_made() {
        assert_eq!(VideoTimings::new(0, SOME, SOME), Err(InvalidTimings::NoPixelClock));
        assert_eq!(VideoTimings::new(1, NONE, SOME), Err(InvalidTimings::NoColumns));
        assert_eq!(VideoTimings::new(1, SOME, NONE), Err(InvalidTimings::NoLines));
        assert!(VideoTimings::new(1, SOME, SOME).is_ok());
    }

    #[test]
    fn the_longest_axis_is_added_up_without_overflow() {
        let most = u16::MAX;
        let longest = AxisTimings { active: most, front_porch: most, sync: most, back_porch: most };
        assert_eq!((longest.blanking(), longest.total()), (3 * 65535, 4 * 65535));
    }
}
