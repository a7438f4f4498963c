//! Each rule that a panel keeps: broken once, recorded once, and what broke it not carried out.

use crate::rig::Rig;
use core::time::Duration;
use mipi_dsi::bus::{HostError, Lanes, LinkConfig, PixelFormat, Speed};
use mipi_dsi::dcs::{Opcode, ParameterError, ParameterFault, PixelDepth};
use mipi_dsi::wire::{DataType, ErrorReport, PeripheralError, RequestError, ecc};
use virtual_hardware::host::ACKNOWLEDGE_TRIGGER;
use virtual_hardware::{HostOptions, PanelOptions, Rgb, Rule};

fn too_early(opcode: Opcode, after: Opcode, needed: u64, elapsed: u64) -> Rule {
    let (needed, elapsed) = (Duration::from_millis(needed), Duration::from_millis(elapsed));
    Rule::TooEarly { opcode, after, needed, elapsed }
}

/// A rig whose transmissions take no time, so that pauses are exact.
fn exact(panel: PanelOptions) -> Rig {
    let instant = u64::MAX / 8;
    let host = HostOptions { lane_rate: instant, low_power_rate: instant, ..HostOptions::default() };
    let rig = Rig::new(panel, host);
    rig.attach().expect("can");
    rig
}

#[test]
fn five_milliseconds_after_sleep_out_before_anything() {
    let rig = exact(PanelOptions::command(4, 4));
    rig.dcs(&[0x11]);
    rig.wait(4);
    rig.dcs(&[0x21]);
    let early = too_early(Opcode::ENTER_INVERT_MODE, Opcode::EXIT_SLEEP_MODE, 5, 4);
    assert_eq!(rig.broken(), early);
    rig.wait(1);
    rig.dcs(&[0x29]);
    assert!(rig.panel.is_display_on());
    assert!(rig.panel.picture().is_all(Rgb::BLACK), "the inversion was not carried out");
    assert_eq!(rig.panel.broken_rules(), []);
}

#[test]
fn a_hundred_and_twenty_milliseconds_between_sleep_out_and_sleep_in() {
    let rig = exact(PanelOptions::command(4, 4));
    rig.dcs(&[0x11]);
    rig.wait(119);
    rig.dcs(&[0x10]);
    assert_eq!(rig.broken(), too_early(Opcode::ENTER_SLEEP_MODE, Opcode::EXIT_SLEEP_MODE, 120, 119));
    assert!(!rig.panel.is_asleep());
    rig.wait(1);
    rig.dcs(&[0x10]);
    assert!(rig.panel.is_asleep());
    rig.wait(119);
    rig.dcs(&[0x11]);
    assert_eq!(rig.broken(), too_early(Opcode::EXIT_SLEEP_MODE, Opcode::ENTER_SLEEP_MODE, 120, 119));
    rig.wait(1);
    rig.dcs(&[0x11]);
    assert!(!rig.panel.is_asleep());
}

#[test]
fn reads_wait_too_and_resets_count() {
    let rig = exact(PanelOptions::command(4, 4));
    rig.panel.add_error(PeripheralError::Checksum);
    rig.panel.reset(rig.host.clock().now());
    assert!(rig.panel.pending_errors().is_empty());
    let response = rig.read(0x0a, 1);
    assert_eq!(response, Err(HostError::UnexpectedResponse(ACKNOWLEDGE_TRIGGER)));
    assert_eq!(rig.broken(), too_early(Opcode::GET_POWER_MODE, Opcode::SOFT_RESET, 5, 0));
    rig.wait(5);
    assert_eq!(rig.read(0x0a, 1), Ok(vec![0x08]));
}

#[test]
fn a_sleeping_panel_takes_no_pixels() {
    let rig = Rig::command(4, 4);
    for command in [&[0x2c, 1, 2, 3][..], &[0x3c, 1, 2, 3], &[0x29]] {
        rig.dcs(command);
        assert_eq!(rig.broken(), Rule::Asleep(Opcode::new(command[0])));
    }
    for opcode in [0x2e, 0x45] {
        rig.read(opcode, 1).expect_err("no response");
        assert_eq!(rig.broken(), Rule::Asleep(Opcode::new(opcode)));
    }
    assert!(rig.panel.memory().is_all(Rgb::BLACK) && !rig.panel.is_display_on());
    // What only sets registers is taken.
    rig.dcs(&[0x3a, 0x55]);
    rig.dcs(&[0xb0, 1]);
    assert_eq!(rig.panel.broken_rules(), []);
}

#[test]
fn unknown_and_malformed_commands() {
    let rig = Rig::awake(4, 4);
    let parameters = |opcode, fault| Rule::Parameters(ParameterError { opcode, fault });
    let length = |least, got| ParameterFault::Length { least, most: least, got };
    let cases = [
        (&[0x60][..], Rule::UnknownCommand(Opcode::new(0x60))),
        (&[0x0a], parameters(Opcode::GET_POWER_MODE, ParameterFault::NotWritten)),
        (&[0x11, 0], parameters(Opcode::EXIT_SLEEP_MODE, length(0, 1))),
        (&[0x2a, 0, 0, 0], parameters(Opcode::SET_COLUMN_ADDRESS, length(4, 3))),
        (
            &[0x2b, 0, 2, 0, 1],
            parameters(Opcode::SET_PAGE_ADDRESS, ParameterFault::Reversed { start: 2, end: 1 }),
        ),
        (&[0x2a, 0, 0, 0, 4], Rule::Outside { opcode: Opcode::SET_COLUMN_ADDRESS, last: 4, of: 4 }),
        (&[0x2b, 0, 0, 1, 0], Rule::Outside { opcode: Opcode::SET_PAGE_ADDRESS, last: 256, of: 4 }),
        (&[0x30, 0, 4, 0, 1], Rule::Outside { opcode: Opcode::SET_PARTIAL_ROWS, last: 4, of: 4 }),
        (&[0x31, 0, 0, 0, 9], Rule::Outside { opcode: Opcode::SET_PARTIAL_COLUMNS, last: 9, of: 4 }),
        (&[0x33, 0, 1, 0, 1, 0, 1], Rule::Outside { opcode: Opcode::SET_SCROLL_AREA, last: 2, of: 4 }),
        (&[0x37, 0, 4], Rule::Outside { opcode: Opcode::SET_SCROLL_START, last: 4, of: 4 }),
        (&[0x44, 0, 4], Rule::Outside { opcode: Opcode::SET_TEAR_SCANLINE, last: 4, of: 4 }),
        (&[0x3a, 0x33], Rule::Depth { opcode: Opcode::SET_PIXEL_FORMAT, depth: PixelDepth::BITS_12 }),
        (&[0x3d, 0], Rule::Unsupported(Opcode::SET_3D_CONTROL)),
        (&[0x3c, 0, 0, 0], Rule::NothingToContinue(Opcode::WRITE_MEMORY_CONTINUE)),
        (&[0x2c, 0, 0, 0, 0], Rule::PartialPixel { rest: 1 }),
    ];
    for (command, rule) in cases {
        rig.dcs(command);
        assert_eq!(rig.broken(), rule, "{command:02x?}");
    }
    rig.dcs(&[&[0x2c][..], &[0xff; 17 * 3]].concat());
    assert_eq!(rig.broken(), Rule::PastWindow { surplus: 1 });
    for (opcode, rule) in [
        (0x11, Rule::NotRead(Opcode::EXIT_SLEEP_MODE)),
        (0x60, Rule::UnknownCommand(Opcode::new(0x60))),
        (0x14, Rule::Unsupported(Opcode::GET_IMAGE_CHECKSUM_RGB)),
    ] {
        rig.read(opcode, 1).expect_err("no response");
        assert_eq!(rig.broken(), rule);
    }
}

#[test]
fn a_memory_depth_that_the_panel_does_not_have_is_named_and_the_old_one_stays() {
    let rig = Rig::awake(2, 1);
    for depth in [PixelDepth::BITS_3, PixelDepth::BITS_8, PixelDepth::BITS_12] {
        rig.dcs(&[0x3a, depth.code()]);
        let rule = rig.broken();
        assert_eq!(rule, Rule::Depth { opcode: Opcode::SET_PIXEL_FORMAT, depth });
        let bits = depth.bits_per_pixel().expect("assigned");
        assert_eq!(rule.to_string(), format!("set_pixel_format of a memory with {bits} bits a pixel"));
        assert_eq!(rig.read(0x0c, 1), Ok(vec![0x77]), "24 bits, as after a reset");
    }
    rig.dcs(&[0x2c, 1, 2, 3, 4, 5, 6]);
    assert_eq!(rig.panel.broken_rules(), []);
}

#[test]
fn a_video_panel_has_no_memory() {
    let config = LinkConfig::video(Lanes::Four, PixelFormat::Rgb888);
    let rig = Rig::new(PanelOptions::video(4, 4, &config), HostOptions::default());
    rig.attach().expect("can");
    rig.wake();
    rig.dcs(&[0x2c, 1, 2, 3]);
    assert_eq!(rig.broken(), Rule::Unsupported(Opcode::WRITE_MEMORY_START));
    rig.dcs(&[0x60]);
    assert_eq!(rig.broken(), Rule::UnknownCommand(Opcode::new(0x60)));
    rig.read(0x2e, 3).expect_err("no response");
    assert_eq!(rig.broken(), Rule::Unsupported(Opcode::READ_MEMORY_START));
}

#[test]
fn the_manufacturers_commands_come_first_and_in_order() {
    let init = vec![vec![0xf0, 0x55], vec![0xb0, 1, 2, 3], vec![0xf0, 0xaa]];
    let rig = Rig::new(PanelOptions { init, ..PanelOptions::command(4, 4) }, HostOptions::default());
    rig.attach().expect("can");
    rig.dcs(&[0x11]);
    rig.wait(120);
    for (command, got) in [(&[0xb0, 1, 2, 3][..], 0), (&[0xf0, 0x55], 1), (&[0xb1, 0], 1)] {
        rig.dcs(command);
        rig.dcs(&[0x29]);
        assert_eq!(rig.broken(), Rule::InitIncomplete { expected: 3, got });
    }
    rig.dcs(&[0xb0, 1, 2, 3]);
    rig.dcs(&[0xf0, 0xaa]);
    rig.dcs(&[0x29]);
    assert!(rig.panel.is_display_on());
    assert_eq!(rig.panel.broken_rules(), []);
    assert_eq!(rig.panel.manufacturer_writes().len(), 5);
}

#[test]
fn the_manufacturers_range_is_the_panels_own() {
    let options = PanelOptions { manufacturer: 0xb0..=0xcf, ..PanelOptions::command(4, 4) };
    let rig = Rig::new(options, HostOptions::default());
    rig.attach().expect("can");
    rig.dcs(&[0xb0]);
    rig.dcs(&[0xf0, 1]);
    assert_eq!(rig.broken(), Rule::UnknownCommand(Opcode::new(0xf0)));
    assert_eq!(rig.panel.manufacturer_writes().len(), 1);
}

#[test]
fn ends_of_transmission_are_as_agreed_on() {
    let without = Rig::new(PanelOptions::command(4, 4), HostOptions::default());
    without.attach_with(without.panel.options().link_config().no_end_of_transmission()).expect("can");
    without.dcs(&[0x00]);
    assert_eq!(without.broken(), Rule::NoEndOfTransmission);
    assert!(without.panel.pending_errors().contains(PeripheralError::ProtocolViolation));

    let options = PanelOptions { end_of_transmission: false, ..PanelOptions::command(4, 4) };
    let with = Rig::new(options, HostOptions::default());
    with.attach_with(PanelOptions::command(4, 4).link_config()).expect("can");
    with.dcs(&[0x00]);
    assert_eq!(with.broken(), Rule::UnexpectedEndOfTransmission);

    let rig = Rig::command(4, 4);
    let nop = [0x05, 0x00, 0x00, ecc([0x05, 0, 0])];
    rig.raw(&[nop, [0x08, 0x0f, 0x0f, 0x01], nop].concat(), Speed::HighSpeed);
    assert_eq!(rig.broken(), Rule::AfterEndOfTransmission);
    // In low power there is none to expect.
    rig.raw(&nop, Speed::LowPower);
    assert_eq!(rig.panel.broken_rules(), []);
}

#[test]
fn commands_come_at_the_speed_that_the_panel_takes_them_at() {
    for (expected, other) in [(Speed::LowPower, Speed::HighSpeed), (Speed::HighSpeed, Speed::LowPower)] {
        let options = PanelOptions { commands: Some(expected), ..PanelOptions::command(4, 4) };
        let mut rig = Rig::new(options, HostOptions::default());
        rig.attach().expect("can");
        rig.dcs(&[0xb0]);
        assert_eq!(rig.panel.broken_rules(), []);
        rig.speed = other;
        rig.dcs(&[0xb0]);
        assert_eq!(rig.broken(), Rule::Speed { expected });
        assert_eq!(rig.panel.manufacturer_writes().len(), 1);
    }
}

#[test]
fn packets_that_the_panel_has_no_use_for() {
    let rig = Rig::awake(4, 4);
    let unknown = DataType::new(0x2b).expect("six bits");
    for data_type in
        [unknown, DataType::EXECUTE_QUEUE, DataType::H_SYNC_START, DataType::PACKED_PIXEL_STREAM_24]
    {
        rig.send(data_type, &[], 0).expect("sent");
        assert_eq!(rig.broken(), Rule::DataType(data_type));
        assert!(rig.panel.pending_errors().contains(PeripheralError::DataTypeNotRecognized));
    }
    rig.send(DataType::NULL_PACKET, &[1, 2, 3], 0).expect("sent");
    rig.send(DataType::BLANKING_PACKET, &[], 0).expect("sent");
    assert_eq!(rig.panel.broken_rules(), []);
    rig.send(DataType::DCS_LONG_WRITE, &[], 0).expect("sent");
    assert_eq!(rig.broken(), Rule::Malformed(RequestError::NoOpcode));
    assert!(rig.panel.pending_errors().contains(PeripheralError::InvalidTransmissionLength));
    rig.send(DataType::SET_MAXIMUM_RETURN_PACKET_SIZE, &[0, 0], 0).expect("sent");
    assert_eq!(rig.broken(), Rule::NoReturnSize);
}

#[test]
fn a_response_has_to_be_fetched() {
    let rig = Rig::awake(4, 4);
    rig.send(DataType::DCS_READ, &[0x0a], 0).expect("nobody listens");
    rig.dcs(&[0x00]);
    assert_eq!(rig.broken(), Rule::ResponseNotFetched);
    let report = ErrorReport::NONE.with(PeripheralError::ProtocolViolation);
    assert_eq!(rig.send(DataType::DCS_READ, &[0x0a], 1), Err(HostError::Reported(report)));
    assert_eq!(rig.send(DataType::DCS_READ, &[0x0a], 1), Ok(vec![0x9c]), "the report was given");
}

#[test]
fn without_power_nothing_is_heard() {
    let rig = Rig::command(4, 4);
    rig.panel.set_powered(false);
    rig.dcs(&[0x11]);
    assert_eq!(rig.broken(), Rule::NoPower);
    assert_eq!(rig.send(DataType::DCS_READ, &[0x0a], 1), Err(HostError::Timeout));
    let breaches = rig.panel.breaches();
    rig.panel.set_powered(true);
    assert_eq!(rig.panel.breaches(), breaches, "what happened is not forgotten");
}

#[test]
fn without_power_what_is_for_another_on_the_link_breaks_nothing() {
    // A sleep out on channel 1, and on channel 0, which is the panel's.
    let (foreign, own) = ([0x45, 0x11, 0x00], [0x05, 0x11, 0x00]);
    for (alone_on_link, header, is_breach) in
        [(false, foreign, false), (true, foreign, true), (false, own, true), (true, own, true)]
    {
        let options = PanelOptions { alone_on_link, ..PanelOptions::command(4, 4) };
        let rig = Rig::new(options, HostOptions::default());
        rig.panel.set_powered(false);
        let [a, b, c] = header;
        rig.raw(&[a, b, c, ecc(header)], Speed::LowPower);
        let rules: Vec<_> = rig.panel.breaches().into_iter().map(|breach| breach.rule).collect();
        let expected: &[Rule] = if is_breach { &[Rule::NoPower] } else { &[] };
        assert_eq!(rules, expected, "{header:?}, alone: {alone_on_link}");
    }
}

#[test]
fn breaches_are_reported_where_the_panel_does_that() {
    for reports_breaches in [false, true] {
        let options = PanelOptions { reports_breaches, ..PanelOptions::command(4, 4) };
        let rig = Rig::new(options, HostOptions::default());
        rig.attach().expect("can");
        rig.dcs(&[0x60]);
        assert_eq!(rig.panel.pending_errors().is_empty(), !reports_breaches);
    }
}

#[test]
fn foreign_channels_are_errors_for_a_panel_that_is_alone() {
    for alone_on_link in [false, true] {
        let rig =
            Rig::new(PanelOptions { alone_on_link, ..PanelOptions::command(4, 4) }, HostOptions::default());
        let foreign = [0x45, 0x11, 0x00];
        let [a, b, c] = foreign;
        rig.raw(&[a, b, c, ecc(foreign)], Speed::LowPower);
        assert!(rig.panel.is_asleep());
        let invalid = rig.panel.pending_errors().contains(PeripheralError::VirtualChannelInvalid);
        assert_eq!(invalid, alone_on_link);
    }
}
