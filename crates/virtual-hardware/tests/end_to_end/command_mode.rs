//! Command mode: init, pictures into the memory, modes of showing them, reads.

use crate::rig::{Rig, VC0, assert_same};
use mipi_dsi::bus::{Commands, HostError};
use mipi_dsi::dcs::{self, Opcode};
use mipi_dsi::wire::DataType;
use proptest::prelude::*;
use virtual_hardware::pixels::{MemoryDepth, pack_memory};
use virtual_hardware::{DcsPanel, HostOptions, PanelOptions, Picture, Rgb, Rule, test_picture};

const DEPTHS: [(u8, MemoryDepth); 3] =
    [(0x55, MemoryDepth::Bits16), (0x66, MemoryDepth::Bits18), (0x77, MemoryDepth::Bits24)];

/// Sets the window and writes a picture into it in pieces of so many bytes.
fn draw(rig: &Rig, left: u16, top: u16, picture: &Picture, depth: MemoryDepth, piece: usize) {
    let span = |opcode: u8, first: u16, length: usize| {
        let last = first + u16::try_from(length).expect("small") - 1;
        let ([a, b], [c, d]) = (first.to_be_bytes(), last.to_be_bytes());
        rig.dcs(&[opcode, a, b, c, d]);
    };
    span(0x2a, left, picture.width());
    span(0x2b, top, picture.height());
    let data = pack_memory(depth, picture.pixels());
    for (index, bytes) in data.chunks(piece).enumerate() {
        rig.dcs(&[&[if index == 0 { 0x2c } else { 0x3c }], bytes].concat());
    }
}

#[test]
fn a_picture_is_seen_in_every_depth_with_exactly_its_loss() {
    for (code, depth) in DEPTHS {
        let rig = Rig::awake(24, 32);
        rig.dcs(&[0x3a, code]);
        let picture = test_picture(24, 32);
        draw(&rig, 0, 0, &picture, depth, 300);
        assert_same(&rig.panel.picture(), &picture.map(|pixel| depth.after(pixel)));
        assert_eq!(rig.panel.broken_rules(), []);
    }
}

#[test]
fn nothing_is_seen_asleep_off_or_without_power() {
    let rig = Rig::command(16, 16);
    let dark = |rig: &Rig| rig.panel.picture().is_all(Rgb::BLACK);
    rig.dcs(&[0x11]);
    rig.wait(120);
    draw(&rig, 0, 0, &test_picture(16, 16), MemoryDepth::Bits24, 3000);
    assert!(dark(&rig), "the display is off");
    rig.dcs(&[0x29]);
    assert_same(&rig.panel.picture(), &test_picture(16, 16));
    rig.dcs(&[0x28]);
    assert!(dark(&rig), "the display is off again");
    rig.dcs(&[0x29]);
    rig.dcs(&[0x10]);
    assert!(dark(&rig), "the panel sleeps");
    rig.wait(120);
    rig.dcs(&[0x11]);
    assert_same(&rig.panel.picture(), &test_picture(16, 16));
    rig.panel.set_powered(false);
    assert!(dark(&rig), "there is no power");
    rig.panel.set_powered(true);
    assert!(dark(&rig) && rig.panel.memory().is_all(Rgb::BLACK), "the memory is lost");
    assert_eq!(rig.panel.broken_rules(), []);
}

#[test]
fn each_mode_of_showing_changes_the_picture_in_its_way() {
    let picture = test_picture(16, 16);
    let at = |x: usize, y: usize| picture.pixel(x, y).expect("inside");
    type Shown<'a> = &'a dyn Fn(usize, usize) -> Rgb;
    let cases: [(&[&[u8]], Shown<'_>); 11] = [
        (&[&[0x21]], &|x, y| at(x, y).inverted()),
        (&[&[0x21], &[0x20]], &at),
        (&[&[0x39]], &|x, y| at(x, y).eight_colours()),
        (&[&[0x39], &[0x38]], &at),
        (&[&[0x36, 0x08]], &|x, y| at(x, y).swapped()),
        (&[&[0x36, 0x02]], &|x, y| at(15 - x, y)),
        (&[&[0x36, 0x01]], &|x, y| at(x, 15 - y)),
        (&[&[0x30, 0, 4, 0, 7], &[0x12]], &|x, y| if (4..8).contains(&y) { at(x, y) } else { Rgb::BLACK }),
        // A partial area that wraps around, inverted: the rest stays dark.
        (&[&[0x30, 0, 12, 0, 3], &[0x12], &[0x21]], &|x, y| {
            if (4..12).contains(&y) { Rgb::BLACK } else { at(x, y).inverted() }
        }),
        (&[&[0x12], &[0x31, 0, 2, 0, 2]], &|x, y| if x == 2 { at(x, y) } else { Rgb::BLACK }),
        // Two fixed lines, ten that scroll by three, four fixed lines.
        (&[&[0x33, 0, 2, 0, 10, 0, 4], &[0x37, 0, 5]], &|x, y| {
            at(x, if (2..12).contains(&y) { 2 + (y - 2 + 3) % 10 } else { y })
        }),
    ];
    for (commands, shown) in cases {
        let rig = Rig::awake(16, 16);
        draw(&rig, 0, 0, &picture, MemoryDepth::Bits24, 3000);
        commands.iter().for_each(|command| rig.dcs(command));
        assert_same(&rig.panel.picture(), &Picture::from_fn(16, 16, shown));
        assert_eq!(rig.panel.broken_rules(), [], "{commands:02x?}");
    }
}

#[test]
fn all_pixels_on_and_off_where_the_vendor_has_them() {
    let options = PanelOptions { all_pixels_commands: true, ..PanelOptions::command(4, 4) };
    let rig = Rig::new(options, HostOptions::default());
    rig.attach().expect("can");
    rig.wake();
    draw(&rig, 0, 0, &test_picture(4, 4), MemoryDepth::Bits24, 3000);
    rig.dcs(&[0x23]);
    assert!(rig.panel.picture().is_all(Rgb::WHITE));
    rig.dcs(&[0x22]);
    assert!(rig.panel.picture().is_all(Rgb::BLACK));
    rig.dcs(&[0x13]);
    assert_same(&rig.panel.picture(), &test_picture(4, 4));
    let without = Rig::awake(4, 4);
    without.dcs(&[0x23]);
    assert_eq!(without.broken(), Rule::UnknownCommand(Opcode::new(0x23)));
}

#[test]
fn typed_commands_of_the_library_reach_the_panel() {
    let rig = Rig::command(8, 8);
    let link = rig.transport();
    link.write(dcs::ExitSleepMode).expect("sent");
    rig.wait(120);
    link.write(dcs::SetDisplayOn).expect("sent");
    link.write(dcs::SetDisplayBrightness16(0x0123)).expect("sent");
    assert!(!rig.panel.is_asleep() && rig.panel.is_display_on());
    assert_eq!(rig.panel.brightness(), [0x01, 0x23]);
    let mode = link.read(dcs::GetPowerMode).expect("a response");
    assert!(mode.awake() && mode.display_on() && mode.normal() && !mode.idle());
    assert_eq!(link.read(dcs::GetDisplayBrightness16), Ok(0x0123));
    link.write(dcs::EnterInvertMode).expect("sent");
    assert!(link.read(dcs::GetDisplayMode).expect("a response").inverted());
    link.write(dcs::SetTearOn::VERTICAL_AND_HORIZONTAL).expect("sent");
    let signals = link.read(dcs::GetSignalMode).expect("a response");
    assert!(signals.tearing_effect() && signals.tearing_effect_horizontal());
    let status = link.read(dcs::GetDisplayStatus).expect("a response");
    assert!(status.awake() && status.display_on() && !status.partial());
    assert!(link.read(dcs::GetDiagnosticResult).expect("a response").functional());
    let id = link.read(dcs::GetDisplayId).expect("a response");
    assert_eq!((id.manufacturer, id.version, id.module), (0x00, 0x80, 0x00));
    assert_eq!(rig.panel.broken_rules(), []);
    assert_eq!(rig.host.violations(), []);
}

#[test]
fn responses_keep_to_the_maximum_return_packet_size() {
    let options = PanelOptions { display_id: [1, 2, 3], ..PanelOptions::command(8, 8) };
    let rig = Rig::new(options, HostOptions::default());
    rig.attach().expect("can");
    // The size is 1 until it is set.
    assert_eq!(rig.send(DataType::DCS_READ, &[0x04], 3), Ok(vec![1]));
    for (size, expected) in [(1, &[1][..]), (2, &[1, 2]), (3, &[1, 2, 3]), (9, &[1, 2, 3])] {
        assert_eq!(rig.read(0x04, size).as_deref(), Ok(expected));
    }
    let too_long = HostError::ResponseTooLong { expected: 1, got: 3 };
    assert_eq!(rig.send(DataType::DCS_READ, &[0x04], 1), Err(too_long), "the size is still 9");
    assert_eq!([rig.read(0xda, 1), rig.read(0xdc, 1)], [Ok(vec![1]), Ok(vec![3])]);
    rig.dcs(&[0x01]);
    rig.wait(5);
    assert_eq!(rig.send(DataType::DCS_READ, &[0x04], 3), Ok(vec![1]), "a reset sets it back");
}

#[test]
fn a_reset_puts_the_registers_back_and_keeps_the_pixels() {
    let rig = Rig::awake(6, 4);
    draw(&rig, 0, 0, &test_picture(6, 4), MemoryDepth::Bits24, 3000);
    for command in [&[0x36, 0x40][..], &[0x2a, 0, 1, 0, 2], &[0x21], &[0x3a, 0x55], &[0x35, 0]] {
        rig.dcs(command);
    }
    rig.dcs(&[0x01]);
    rig.wait(120);
    assert!(rig.panel.is_asleep() && !rig.panel.is_display_on());
    let registers = [0x0b, 0x0c, 0x0d, 0x0e].map(|opcode| rig.read(opcode, 1));
    assert_eq!(registers, [Ok(vec![0]), Ok(vec![0x77]), Ok(vec![0]), Ok(vec![0])]);
    rig.wake();
    assert_same(&rig.panel.picture(), &test_picture(6, 4));
    rig.dcs(&[&[0x2c][..], &[0xff; 72]].concat());
    assert!(rig.panel.picture().is_all(Rgb::WHITE), "the window is the whole memory again");
    assert_eq!(rig.panel.broken_rules(), []);
}

#[test]
fn the_memory_and_the_descriptor_are_read_in_pieces() {
    let options = PanelOptions { descriptor: vec![9, 8, 7, 6, 0xff], ..PanelOptions::command(6, 4) };
    let rig = Rig::new(options, HostOptions::default());
    rig.attach().expect("can");
    rig.wake();
    let picture = test_picture(6, 4);
    draw(&rig, 0, 0, &picture, MemoryDepth::Bits24, 3000);
    let mut bytes = rig.read(0x2e, 10).expect("a response");
    while bytes.len() < 72 {
        let more = rig.read(0x3e, 10).expect("a response");
        assert!(!more.is_empty());
        bytes.extend(more);
    }
    assert_eq!(bytes, picture.rgb_bytes());
    assert_eq!(rig.read(0x06, 1), Ok(vec![0xff]), "the first pixel is white");
    let pieces = [rig.read(0xa1, 2), rig.read(0xa8, 2), rig.read(0xa8, 2)];
    assert_eq!(pieces, [Ok(vec![9, 8]), Ok(vec![7, 6]), Ok(vec![0xff])]);
}

#[test]
fn the_scan_line_follows_the_time() {
    let options =
        PanelOptions { frame_time: std::time::Duration::from_millis(16), ..PanelOptions::command(4, 160) };
    let rig = Rig::new(options, HostOptions::default());
    rig.attach().expect("can");
    rig.wake();
    let line = || {
        let bytes = rig.read(0x45, 2).expect("a response");
        u16::from_be_bytes([bytes[0], bytes[1]])
    };
    let before = line();
    rig.wait(4);
    assert_eq!((line() + 160 - before) % 160, 40);
}

#[test]
fn generic_writes_are_recorded_and_generic_reads_have_responses() {
    let options = PanelOptions {
        generic_responses: vec![(vec![0xb2], vec![1, 2, 3]), (vec![], vec![7])],
        ..PanelOptions::command(4, 4)
    };
    let rig = Rig::new(options, HostOptions::default());
    rig.attach().expect("can");
    rig.transport().generic_write(&[0xb0, 0x04]).expect("sent");
    let mut response = [0; 3];
    rig.transport().generic_read(&[0xb2], &mut response).expect("a response");
    assert_eq!(response, [1, 2, 3]);
    let two = rig.transport().generic_read(&[0xb2], &mut response[..2]);
    assert_eq!((two, response), (Ok(()), [1, 2, 3]), "the size that was set last is kept to");
    rig.transport().generic_read(&[], &mut response[..1]).expect("a response");
    assert_eq!(response[0], 7);
    let writes = rig.panel.manufacturer_writes();
    assert_eq!(writes.iter().map(|write| write.bytes()).collect::<Vec<_>>(), [[0xb0, 0x04]]);
    rig.transport().generic_read(&[0xb3], &mut response).expect_err("nobody knows it");
    assert_eq!(rig.broken(), Rule::UnknownGenericRead(Some(0xb3)));
}

fn is_send_and_sync<T: Send + Sync>() {}

#[test]
fn hardware_may_be_shared_between_threads() {
    is_send_and_sync::<virtual_hardware::VirtualHost>();
    is_send_and_sync::<virtual_hardware::Cable<virtual_hardware::Tap<virtual_hardware::Faults<DcsPanel>>>>();
    is_send_and_sync::<virtual_hardware::Bridge>();
    is_send_and_sync::<virtual_hardware::I2cBus>();
    is_send_and_sync::<virtual_hardware::ThreeWireSpi>();
    is_send_and_sync::<virtual_hardware::Gate>();
    assert_eq!(VC0.get(), 0);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn any_picture_in_any_window_is_seen_there_and_nowhere_else(
        (left, width) in (0u16..20).prop_flat_map(|left| (Just(left), 1..=20 - left)),
        (top, height) in (0u16..20).prop_flat_map(|top| (Just(top), 1..=20 - top)),
        seed in any::<u32>(),
        which in 0usize..3,
        pixels_a_piece in 1usize..90,
    ) {
        let (code, depth) = DEPTHS[which];
        let part = Picture::from_fn(width, height, |x, y| {
            let [r, g, b, _] = seed.wrapping_mul((x * 31 + y * 17 + 1) as u32).to_le_bytes();
            Rgb::new(r, g, b)
        });
        let rig = Rig::awake(20, 20);
        rig.dcs(&[0x3a, code]);
        draw(&rig, left, top, &part, depth, pixels_a_piece * depth.bytes());
        let (left, top) = (usize::from(left), usize::from(top));
        let expected = Picture::from_fn(20, 20, |x, y| {
            let inside = x.checked_sub(left).zip(y.checked_sub(top));
            inside.and_then(|(x, y)| part.pixel(x, y)).map_or(Rgb::BLACK, |pixel| depth.after(pixel))
        });
        prop_assert_eq!(rig.panel.picture(), expected);
        prop_assert_eq!(rig.panel.broken_rules(), []);
    }
}
