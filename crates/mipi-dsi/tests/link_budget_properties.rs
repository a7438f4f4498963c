//! What holds for the link budget of every configuration, on configurations made up by proptest.

use mipi_dsi::bus::{
    timings::{AxisTimings, LaneRate, LinkBudgetError, VideoTimings},
    Lanes, LinkConfig, Mode, PixelFormat,
};
use proptest::prelude::*;

const FORMATS: [PixelFormat; 4] =
    [PixelFormat::Rgb888, PixelFormat::Rgb666, PixelFormat::Rgb666Packed, PixelFormat::Rgb565];
const VIDEO_MODES: [Mode; 3] = [Mode::VideoSyncPulses, Mode::VideoSyncEvents, Mode::VideoBurst];

fn axis() -> impl Strategy<Value = AxisTimings> {
    let length = || prop_oneof![Just(0), Just(u16::MAX), 0..200u16, any::<u16>()];
    (length(), length(), length(), length()).prop_map(|(active, front_porch, sync, back_porch)| AxisTimings {
        active: active.max(1),
        front_porch,
        sync,
        back_porch,
    })
}

fn not_zero() -> impl Strategy<Value = u32> {
    prop_oneof![Just(1), Just(u32::MAX), 1..2_000_000u32, 1..=u32::MAX]
}

fn config() -> impl Strategy<Value = LinkConfig> {
    let choices =
        (prop::sample::select(&FORMATS[..]), prop::sample::select(&VIDEO_MODES[..]), any::<bool>(), 1..=4u8);
    (choices, not_zero(), axis(), axis()).prop_map(
        |((format, mode, end_of_transmission, lanes), clock_khz, horizontal, vertical)| {
            let timings = VideoTimings::new(clock_khz, horizontal, vertical).expect("nothing is zero");
            let lanes = Lanes::from_count(lanes).expect("1 to 4");
            let config = LinkConfig::video(lanes, format).with_timings(timings);
            LinkConfig { mode, end_of_transmission, ..config }
        },
    )
}

fn rate(kbit_per_s: u32) -> LaneRate {
    LaneRate::from_kbit_per_s(kbit_per_s).expect("not zero")
}

/// Whether it fits, compared without a division and in numbers that nothing here can exceed.
fn fits(config: &LinkConfig, rate: LaneRate) -> bool {
    let timings = config.timings.expect("video has timings");
    let clock = u128::from(timings.pixel_clock_khz());
    let link = u128::from(config.lanes.count()) * u128::from(rate.kbit_per_s());
    let (line, frame) = (timings.horizontal(), timings.vertical());
    let bits = u128::from(line.active) * u128::from(config.format.bits_per_pixel());
    let mut bytes = bits.div_ceil(8);
    bytes += bytes.div_ceil(65_535) * 6;
    bytes += if config.mode == Mode::VideoSyncPulses { 8 } else { 4 };
    if config.end_of_transmission && frame.front_porch == 0 && frame.sync == 0 && frame.back_porch == 0 {
        bytes += 4;
    }
    let pixels =
        [line.active, line.front_porch, line.sync, line.back_porch].map(u128::from).iter().sum::<u128>();
    let line_fits = bytes * 8 * clock <= pixels * link;
    let shown_in_time = bits * clock <= u128::from(line.active) * link;
    line_fits && (config.mode == Mode::VideoBurst || shown_in_time)
}

proptest! {
    #[test]
    fn it_agrees_with_a_plain_comparison(config in config(), kbit_per_s in not_zero()) {
        let answer = config.check_link_budget(rate(kbit_per_s));
        prop_assert_eq!(answer.is_ok(), fits(&config, rate(kbit_per_s)));
        if let Err(LinkBudgetError { needed_kbit_per_s, available_kbit_per_s }) = answer {
            prop_assert!(needed_kbit_per_s > available_kbit_per_s);
            prop_assert_eq!(Some(needed_kbit_per_s), config.needed_kbit_per_s());
            prop_assert_eq!(available_kbit_per_s, u64::from(config.lanes.count()) * u64::from(kbit_per_s));
        }
    }

    /// Where a rate can be named at all, what is needed is the least that fits.
    #[test]
    fn what_is_needed_is_the_least_that_fits(config in config()) {
        let config = LinkConfig { lanes: Lanes::One, ..config };
        let needed = config.needed_kbit_per_s().expect("video has timings");
        if let Ok(needed) = u32::try_from(needed) {
            prop_assert_eq!(config.check_link_budget(rate(needed)), Ok(()));
            if let Some(less) = LaneRate::from_kbit_per_s(needed - 1) {
                prop_assert!(config.check_link_budget(less).is_err());
            }
        }
    }

    #[test]
    fn more_lanes_or_rate_never_makes_what_fits_not_fit(
        config in config(), kbit_per_s in not_zero(), more in not_zero(), lanes in 1..=4u8,
    ) {
        let wider = LinkConfig { lanes: config.lanes.max(Lanes::from_count(lanes).expect("1 to 4")), ..config };
        let faster = kbit_per_s.saturating_add(more);
        if config.check_link_budget(rate(kbit_per_s)).is_ok() {
            prop_assert_eq!(wider.check_link_budget(rate(kbit_per_s)), Ok(()));
            prop_assert_eq!(config.check_link_budget(rate(faster)), Ok(()));
            prop_assert_eq!(wider.check_link_budget(rate(faster)), Ok(()));
        }
    }

    /// A burst needs no more than the other modes, sync events no more than sync pulses.
    #[test]
    fn modes_that_send_less_need_less(config in config()) {
        let events = LinkConfig { mode: Mode::VideoSyncEvents, ..config };
        let needed = [config.burst(), events, config.sync_pulses()].map(|config| config.needed_kbit_per_s());
        prop_assert!(needed.is_sorted(), "{:?}", needed);
        prop_assert_eq!(LinkConfig { mode: Mode::Command, ..config }.needed_kbit_per_s(), None);
    }
}
