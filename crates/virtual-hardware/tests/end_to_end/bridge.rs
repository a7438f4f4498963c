//! A bridge: set up over I2C, fed over DSI, seen on its screen.

use crate::rig::{Direct, VC0, assert_same};
use embedded_hal::i2c::I2c;
use mipi_dsi::bus::{Attachment, Commands, HostController, Lanes, LinkConfig, PixelFormat, Speed};
use mipi_dsi::wire::{DataType, VirtualChannel};
use std::sync::Arc;
use virtual_hardware::bridge::{BridgeBreach, Screen, registers};
use virtual_hardware::i2c::I2cError;
use virtual_hardware::{
    Bridge, BridgeOptions, Cable, Faults, HostOptions, I2cBus, VideoFault, VirtualClock, VirtualHost, pixels,
    test_picture,
};

const ADDRESS: u8 = 0x2c;
const CONFIG: LinkConfig = LinkConfig::video(Lanes::Two, PixelFormat::Rgb888);

type Wire = Faults<Arc<Bridge>>;

struct Board {
    i2c: I2cBus,
    bridge: Arc<Bridge>,
    cable: Arc<Cable<Arc<Wire>>>,
    wire: Arc<Wire>,
    host: VirtualHost,
}

fn board(options: BridgeOptions, config: LinkConfig) -> Board {
    let (i2c, host) = (I2cBus::new(), VirtualHost::new(VirtualClock::new(), HostOptions::default()));
    let bridge = Arc::new(Bridge::new(options, Arc::new(Screen::new(8, 6))));
    i2c.add_target(ADDRESS, bridge.clone()).expect("free");
    let wire = Arc::new(Faults::new(bridge.clone()));
    let cable = Arc::new(Cable::new(wire.clone()));
    host.connect(cable.clone()).expect("the first");
    let transport = Direct { host: &host, channel: VC0, speed: Speed::HighSpeed };
    host.attach(&Attachment { channel: VC0, name: "bridge", config: &config, transport: &transport })
        .expect("can");
    Board { i2c, bridge, cable, wire, host }
}

impl Board {
    /// What a bridge driver does before it enables.
    fn set_up(&mut self, lanes: u8, format: u8, mode: u8) {
        self.i2c.write(ADDRESS, &[registers::LANES, lanes - 1]).expect("acknowledged");
        self.i2c.write(ADDRESS, &[registers::FORMAT, format, mode]).expect("acknowledged");
        self.i2c.write(ADDRESS, &[registers::WIDTH, 8, 0, 6, 0]).expect("acknowledged");
        self.i2c.write(ADDRESS, &[registers::ENABLE, 1]).expect("acknowledged");
    }

    fn read(&mut self, register: u8) -> u8 {
        let mut value = [0];
        self.i2c.write_read(ADDRESS, &[register], &mut value).expect("acknowledged");
        value[0]
    }
}

#[test]
fn a_picture_goes_through_in_every_format_and_mode() {
    let formats = [PixelFormat::Rgb888, PixelFormat::Rgb666, PixelFormat::Rgb666Packed, PixelFormat::Rgb565];
    for (number, format) in (0..).zip(formats) {
        for (mode, config) in [(0, CONFIG), (1, CONFIG.sync_pulses()), (2, CONFIG.burst())] {
            let mut board = board(BridgeOptions::default(), LinkConfig { format, ..config });
            let mut id = [0; 3];
            board.i2c.write_read(ADDRESS, &[registers::CHIP_ID], &mut id).expect("acknowledged");
            assert_eq!(id, [0xd5, 0x1b, 1]);
            board.set_up(2, number, mode);
            assert_eq!(board.read(registers::STATUS), 0);
            board.host.scan_out(VC0, &test_picture(8, 6)).expect("sent");
            let expected = test_picture(8, 6).map(|pixel| pixels::after(format, pixel));
            assert_same(&board.bridge.screen().picture(), &expected);
            assert_eq!(board.read(registers::STATUS), registers::STATUS_VIDEO);
            assert_eq!((board.read(registers::ERRORS), board.bridge.breaches()), (0, vec![]));
            board.i2c.write(ADDRESS, &[registers::ENABLE, 0]).expect("acknowledged");
            assert!(!board.bridge.screen().is_lit());
            assert_eq!(board.read(registers::STATUS), 0);
        }
    }
}

#[test]
fn what_the_driver_gets_wrong_is_not_acknowledged() {
    let mut board = board(BridgeOptions::default(), CONFIG);
    let refused = |accepted| Err(I2cError::NotAcknowledged { address: ADDRESS, accepted });
    let size = BridgeBreach::Size { set: (0, 0), screen: (8, 6) };
    assert_eq!(board.i2c.write(ADDRESS, &[registers::ENABLE, 1]), refused(1));
    assert_eq!(board.i2c.write(ADDRESS, &[0x77, 1]), refused(1));
    assert_eq!(board.i2c.write(ADDRESS, &[registers::REVISION, 1]), refused(1));
    assert_eq!(board.i2c.write(ADDRESS, &[registers::LANES, 4]), refused(1));
    assert_eq!(board.i2c.write(ADDRESS, &[registers::FORMAT, 0, 3]), refused(2));
    board.set_up(2, 0, 0);
    assert_eq!(board.i2c.write(ADDRESS, &[registers::LANES, 0]), refused(1));
    let breaches = [
        size,
        BridgeBreach::NoRegister(0x77),
        BridgeBreach::ReadOnly(registers::REVISION),
        BridgeBreach::Value { register: registers::LANES, got: 4 },
        BridgeBreach::Value { register: registers::VIDEO_MODE, got: 3 },
        BridgeBreach::Enabled(registers::LANES),
    ];
    assert_eq!(board.bridge.breaches(), breaches);
    board.bridge.set_powered(false);
    assert_eq!(board.i2c.write(ADDRESS, &[registers::LANES, 0]), refused(0));
    board.i2c.remove_target(ADDRESS);
    assert_eq!(board.i2c.write(ADDRESS, &[registers::LANES, 0]), Err(I2cError::NoTarget(ADDRESS)));
}

#[test]
fn faults_of_the_link_are_in_the_error_register() {
    type Fault = fn(&Board);
    let cases: [(Fault, u8); 6] = [
        (|board| board.wire.flip_bits(&[5]), registers::ERROR_ECC_SINGLE),
        (|board| board.wire.flip_bits(&[5, 20]), registers::ERROR_ECC_MULTI),
        // The blanking packet behind vertical sync start.
        (|board| board.wire.flip_bits(&[8 * 10]), registers::ERROR_CHECKSUM),
        (|board| board.cable.pull_after_bytes(9), registers::ERROR_TRANSMISSION),
        (
            |board| {
                let transport = Direct { host: &board.host, channel: VC0, speed: Speed::HighSpeed };
                transport.dcs_write(&[0x11]).expect("sent");
            },
            registers::ERROR_PACKET,
        ),
        (|board| board.host.scan_out(VC0, &test_picture(7, 6)).expect("sent"), registers::ERROR_VIDEO),
    ];
    for (fault, bit) in cases {
        let mut board = board(BridgeOptions::default(), CONFIG);
        board.set_up(2, 0, 0);
        fault(&board);
        board.host.scan_out(VC0, &test_picture(8, 6)).expect("sent");
        let errors = board.read(registers::ERRORS);
        assert_eq!(errors & bit, bit, "{errors:#04x}");
        assert_eq!(errors & !bit & !registers::ERROR_VIDEO, 0, "{errors:#04x}");
        board.i2c.write(ADDRESS, &[registers::ERRORS, errors]).expect("acknowledged");
        assert_eq!(board.read(registers::ERRORS), 0);
    }
}

#[test]
fn other_lanes_and_other_settings_show_nothing() {
    let mut wrong_lanes = board(BridgeOptions::default(), CONFIG);
    wrong_lanes.set_up(4, 0, 0);
    wrong_lanes.host.scan_out(VC0, &test_picture(8, 6)).expect("sent");
    assert_eq!(wrong_lanes.read(registers::ERRORS), registers::ERROR_TRANSMISSION);
    assert_eq!(wrong_lanes.bridge.frames(), 0);

    let mut wrong_format = board(BridgeOptions::default(), CONFIG);
    wrong_format.set_up(2, 3, 0);
    wrong_format.host.scan_out(VC0, &test_picture(8, 6)).expect("sent");
    assert_eq!(wrong_format.read(registers::ERRORS), registers::ERROR_VIDEO);
    let fault = wrong_format.bridge.breaches()[0];
    assert!(matches!(fault, BridgeBreach::Video(VideoFault::Format { .. })), "{fault}");

    let off = board(BridgeOptions::default(), CONFIG);
    off.host.scan_out(VC0, &test_picture(8, 6)).expect("sent");
    assert!(off.bridge.breaches().iter().all(|breach| *breach == BridgeBreach::NotEnabled));
    assert!(!off.bridge.breaches().is_empty());
}

#[test]
fn a_bridge_takes_commands_only_where_it_is_one_that_does() {
    for takes_commands in [false, true] {
        let mut board = board(BridgeOptions { takes_commands, ..BridgeOptions::default() }, CONFIG);
        board.set_up(2, 0, 0);
        let transport = Direct { host: &board.host, channel: VC0, speed: Speed::LowPower };
        transport.generic_write(&[1, 2, 3]).expect("sent");
        let packet = BridgeBreach::Packet(DataType::GENERIC_LONG_WRITE);
        let (writes, breaches) =
            if takes_commands { (vec![vec![1, 2, 3]], vec![]) } else { (vec![], vec![packet]) };
        assert_eq!((board.bridge.dsi_writes(), board.bridge.breaches()), (writes, breaches));
    }
}

#[test]
fn a_bridge_does_not_take_what_goes_to_another_channel() {
    let mut board = board(BridgeOptions { takes_commands: true, ..BridgeOptions::default() }, CONFIG);
    board.set_up(2, 0, 0);
    let transport = Direct { host: &board.host, channel: VirtualChannel::VC2, speed: Speed::LowPower };
    transport.generic_write(&[1, 2, 3]).expect("sent");
    assert_eq!((board.bridge.dsi_writes(), board.bridge.breaches()), (vec![], vec![]));
}
