//! Video through real packets, in all formats and modes.

use crate::rig::{Direct, Rig, VC0, assert_same};
use mipi_dsi::bus::{Attachment, HostController, Lanes, LinkConfig, Mode, PixelFormat, Speed};
use mipi_dsi::wire::{DataType, Decoder, Piece};
use std::sync::{Arc, Mutex};
use virtual_hardware::host::{Blanking, ScanOutError};
use virtual_hardware::{
    DeviceResponse, HostOptions, LinkDevice, PanelOptions, Picture, Rgb, Rule, Transmission, TurnAround,
    VideoFault, VirtualClock, VirtualHost, pixels, test_picture,
};

const FORMATS: [PixelFormat; 4] =
    [PixelFormat::Rgb888, PixelFormat::Rgb666, PixelFormat::Rgb666Packed, PixelFormat::Rgb565];

fn modes(format: PixelFormat) -> [LinkConfig; 4] {
    let config = LinkConfig::video(Lanes::Two, format);
    [config, config.sync_pulses(), config.burst(), config.no_end_of_transmission()]
}

fn video(config: LinkConfig, width: u16, height: u16) -> Rig {
    let rig = Rig::new(PanelOptions::video(width, height, &config), HostOptions::default());
    rig.attach().expect("the host can do everything");
    rig.wake();
    rig
}

#[test]
fn a_frame_is_seen_in_every_format_and_mode_with_exactly_its_loss() {
    for format in FORMATS {
        for config in modes(format) {
            let rig = video(config, 24, 16);
            let before = rig.host.clock().now();
            rig.host.scan_out(VC0, &test_picture(24, 16)).expect("sent");
            let expected = test_picture(24, 16).map(|pixel| pixels::after(format, pixel));
            assert_same(&rig.panel.picture(), &expected);
            rig.host.scan_out(VC0, &Picture::filled(24, 16, Rgb::WHITE)).expect("sent");
            assert!(rig.panel.picture().is_all(Rgb::WHITE));
            assert_eq!(rig.panel.broken_rules(), [], "{config:?}");
            assert_eq!(rig.panel.frames(), 2);
            assert!(rig.host.clock().now() > before);
        }
    }
}

/// What a device hears, as letters: V and v for the start and end of vertical sync, H and h of horizontal sync, b for
/// blanking, P for pixels, e for the end of transmission; a bar ends a transmission.
#[derive(Default)]
struct Letters(Mutex<String>);

impl LinkDevice for Letters {
    fn receive(&self, transmission: &Transmission<'_>) {
        let mut letters = self.0.lock().expect("no panic");
        for piece in Decoder::<DataType>::new(transmission.bytes) {
            let Piece::Packet(decoded) = piece else { panic!("{piece}") };
            letters.push(match decoded.packet.data_type() {
                DataType::V_SYNC_START => 'V',
                DataType::V_SYNC_END => 'v',
                DataType::H_SYNC_START => 'H',
                DataType::H_SYNC_END => 'h',
                DataType::BLANKING_PACKET => 'b',
                DataType::PACKED_PIXEL_STREAM_24 => 'P',
                DataType::END_OF_TRANSMISSION => 'e',
                other => panic!("{other}"),
            });
        }
        letters.push('|');
    }

    fn respond(&self, _: &TurnAround) -> DeviceResponse {
        DeviceResponse::Silence
    }
}

/// The sequences of DSI 1.3, section 8.11.2 to 8.11.4.
#[test]
fn a_frame_has_the_packets_of_its_mode_in_their_order() {
    let config = LinkConfig::video(Lanes::One, PixelFormat::Rgb888).no_end_of_transmission();
    let ended = LinkConfig { end_of_transmission: true, ..config };
    let cases = [
        (config, "Vb|Hb|Hb|HbPb|HbPb|Hb|"),
        (config.sync_pulses(), "Vbhb|Hbhb|vbhb|HbhbPb|HbhbPb|Hbhb|"),
        (config.burst(), "V|H|H|HbP|HbP|H|"),
        (ended.burst(), "Ve|He|He|HbPe|HbPe|He|"),
    ];
    for (config, expected) in cases {
        let blanking = Blanking {
            vertical_sync: 2,
            vertical_back_porch: 1,
            vertical_front_porch: 1,
            ..Blanking::default()
        };
        let host = VirtualHost::new(VirtualClock::new(), HostOptions { blanking, ..HostOptions::default() });
        let letters = Arc::new(Letters::default());
        host.connect(letters.clone()).expect("the first");
        let transport = Direct { host: &host, channel: VC0, speed: Speed::HighSpeed };
        let attachment = Attachment { channel: VC0, name: "panel", config: &config, transport: &transport };
        host.attach(&attachment).expect("can");
        host.scan_out(VC0, &test_picture(4, 2)).expect("sent");
        assert_eq!(*letters.0.lock().expect("no panic"), expected, "{}", config.mode);
    }
}

#[test]
fn video_is_refused_where_nobody_asked_for_it() {
    let rig = Rig::command(4, 4);
    let picture = test_picture(4, 4);
    assert_eq!(rig.host.scan_out(VC0, &picture), Err(ScanOutError::NotVideo(Mode::Command)));
    rig.detach();
    assert_eq!(rig.host.scan_out(VC0, &picture), Err(ScanOutError::NotAttached(VC0)));
    let rig = video(LinkConfig::video(Lanes::Two, PixelFormat::Rgb666Packed), 6, 2);
    let width = ScanOutError::Width { got: 6, group: 4, most: 29124 };
    assert_eq!(rig.host.scan_out(VC0, &test_picture(6, 2)), Err(width));
}

#[test]
fn a_panel_tells_what_is_wrong_with_the_video() {
    let config = LinkConfig::video(Lanes::Two, PixelFormat::Rgb888);
    let cases: [(LinkConfig, Picture, Rule); 3] = [
        (config, test_picture(8, 4), Rule::Video(VideoFault::LineLength { row: 0, expected: 6, got: 8 })),
        (config, test_picture(6, 3), Rule::Video(VideoFault::Lines { expected: 4, got: 3 })),
        (config.sync_pulses(), test_picture(6, 4), Rule::Video(VideoFault::UnexpectedSyncEnd)),
    ];
    for (sent, picture, rule) in cases {
        let rig = Rig::new(PanelOptions::video(6, 4, &config), HostOptions::default());
        rig.attach_with(sent).expect("the host can do everything");
        rig.wake();
        for _ in 0..2 {
            rig.host.scan_out(VC0, &picture).expect("sent");
        }
        assert_eq!(rig.panel.broken_rules().first(), Some(&rule));
    }
    let rig = Rig::new(PanelOptions::video(6, 4, &config), HostOptions::default());
    rig.attach_with(LinkConfig { lanes: Lanes::Four, ..config }).expect("can");
    rig.dcs(&[0x11]);
    assert_eq!(rig.broken(), Rule::Lanes { expected: Lanes::Two, got: Lanes::Four });
    assert!(rig.panel.is_asleep());
}

#[test]
fn a_cable_pulled_within_a_frame_leaves_the_lines_that_came() {
    let rig = video(LinkConfig::video(Lanes::Two, PixelFormat::Rgb888), 8, 8);
    rig.host.scan_out(VC0, &Picture::filled(8, 8, Rgb::new(0, 0, 0xff))).expect("sent");
    // A line without pixels is 4 + (4 + 12 + 2) + 4 bytes and there are 5 before the first with pixels, which are
    // 4 + (4 + 12 + 2) + (4 + 24 + 2) + (4 + 12 + 2) + 4 bytes: three whole lines and a cut one.
    rig.cable.pull_after_bytes(5 * 26 + 3 * 74 + 40);
    rig.host.scan_out(VC0, &Picture::filled(8, 8, Rgb::WHITE)).expect("nobody tells the host");
    assert!(!rig.cable.is_plugged());
    let rows: Vec<_> = rig.panel.picture().rows().map(|row| row[0] == Rgb::WHITE).collect();
    assert_eq!(rows, [true, true, true, false, false, false, false, false]);
    assert_eq!(rig.broken(), Rule::CutPacket { needed: 30, got: 18 });
}

#[test]
fn shut_down_turn_on_and_colour_mode_are_for_video_panels() {
    let rig = video(LinkConfig::video(Lanes::Two, PixelFormat::Rgb888), 8, 8);
    let picture = test_picture(8, 8);
    rig.host.scan_out(VC0, &picture).expect("sent");
    let send = |data_type| rig.send(data_type, &[], 0).expect("sent");
    send(DataType::SHUTDOWN_PERIPHERAL);
    assert!(rig.panel.picture().is_all(Rgb::BLACK));
    send(DataType::TURN_ON_PERIPHERAL);
    send(DataType::COLOR_MODE_ON);
    assert_same(&rig.panel.picture(), &picture.map(Rgb::eight_colours));
    send(DataType::COLOR_MODE_OFF);
    assert_same(&rig.panel.picture(), &picture);
    assert_eq!(rig.panel.broken_rules(), []);
    let command = Rig::awake(8, 8);
    command.send(DataType::SHUTDOWN_PERIPHERAL, &[], 0).expect("sent");
    assert_eq!(command.broken(), Rule::DataType(DataType::SHUTDOWN_PERIPHERAL));
}
