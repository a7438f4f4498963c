//! Whatever arrives, hardware neither panics nor forgets itself.

use crate::rig::{Rig, VC0};
use mipi_dsi::bus::{HostController, Lanes, LinkConfig, Message, PixelFormat, Speed};
use mipi_dsi::wire::{DataType, Packet, SlicedCrc, VirtualChannel};
use proptest::prelude::*;
use std::sync::Arc;
use virtual_hardware::bridge::Screen;
use virtual_hardware::clock::Instant;
use virtual_hardware::i2c::I2cTarget;
use virtual_hardware::{
    Bridge, BridgeOptions, DcsPanel, DeviceResponse, HostOptions, LinkDevice, PanelOptions, Transmission,
    TurnAround,
};

fn panels() -> [DcsPanel; 2] {
    let video = LinkConfig::video(Lanes::One, PixelFormat::Rgb666Packed).sync_pulses();
    let command = PanelOptions { lanes: Lanes::One, ..PanelOptions::command(7, 5) };
    [DcsPanel::new(command), DcsPanel::new(PanelOptions::video(8, 5, &video))]
}

fn hear(device: &dyn LinkDevice, bytes: &[u8], speed: Speed, millis: u64) -> DeviceResponse {
    let at = Instant::from_nanos(millis * 1_000_000);
    device.receive(&Transmission { bytes, speed, lanes: Lanes::One, at });
    device.respond(&TurnAround { channel: VC0, at })
}

/// A packet that is right in form, with any content.
fn packet() -> impl Strategy<Value = Vec<u8>> {
    (0u8..4, 0u8..0x40, any::<u8>(), proptest::collection::vec(any::<u8>(), 0..40)).prop_map(
        |(channel, code, opcode, mut payload)| {
            let data_type = DataType::new(code).expect("six bits");
            payload.insert(0, opcode);
            if data_type.is_short() {
                payload.truncate(2);
            }
            let channel = VirtualChannel::new(channel / 3).expect("mostly channel 0");
            let packet = Packet::new(channel, data_type, &payload).expect("fits");
            let mut bytes = vec![0; packet.encoded_len()];
            packet.emit(&mut bytes, &SlicedCrc).expect("room");
            bytes
        },
    )
}

proptest! {
    #[test]
    fn random_bytes_are_survived(
        transmissions in proptest::collection::vec(
            (proptest::collection::vec(any::<u8>(), 0..80), any::<bool>()), 0..8,
        ),
    ) {
        for panel in panels() {
            for (millis, (bytes, high)) in (0..).zip(&transmissions) {
                let speed = if *high { Speed::HighSpeed } else { Speed::LowPower };
                let response = hear(&panel, bytes, speed, millis * 50);
                prop_assert!(matches!(response, DeviceResponse::Acknowledge | DeviceResponse::Packets(_)));
                prop_assert_eq!(panel.picture().pixels().len(), panel.memory().pixels().len());
                prop_assert!(panel.pending_errors().is_empty());
            }
        }
    }

    #[test]
    fn random_packets_are_survived(packets in proptest::collection::vec(packet(), 0..40)) {
        for panel in panels() {
            hear(&panel, &[0x05, 0x11, 0x00, 0x36], Speed::LowPower, 0);
            hear(&panel, &[0x05, 0x29, 0x00, 0x1c], Speed::LowPower, 200);
            prop_assert!(panel.is_display_on());
            for (millis, bytes) in (0..).zip(&packets) {
                hear(&panel, bytes, Speed::LowPower, 400 + millis * 130);
                prop_assert_eq!(panel.picture().pixels().len(), panel.memory().pixels().len());
            }
        }
    }

    #[test]
    fn random_registers_and_packets_are_survived(
        writes in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..6), 0..20),
        packets in proptest::collection::vec(packet(), 0..20),
    ) {
        let screen = Arc::new(Screen::new(4, 2));
        let bridge = Bridge::new(BridgeOptions::default(), screen.clone());
        for (bytes, packet) in writes.iter().zip(&packets) {
            prop_assert!(I2cTarget::write(&bridge, bytes) <= bytes.len());
            prop_assert_eq!(hear(&bridge, packet, Speed::LowPower, 0), DeviceResponse::Silence);
        }
        prop_assert_eq!(screen.is_lit(), bridge.is_enabled());
    }

    #[test]
    fn a_noisy_wire_gives_errors_or_what_was_sent(
        seed in any::<u64>(),
        which in 0usize..6,
        noise in 0u32..1 << 26,
    ) {
        // Reads that change nothing, so that each has one right response.
        let opcode = [0x04, 0x09, 0x0a, 0x0c, 0x2e, 0xdb][which];
        let rig = Rig::awake(4, 4);
        let message = Message::new(VC0, DataType::DCS_READ, std::slice::from_ref(&opcode), Speed::LowPower);
        let message = message.expect("fits");
        let mut expected = [0; 8];
        let length = rig.host.transfer(&message, &mut expected);
        prop_assert!(length.is_ok());
        rig.wire.noise(noise, seed);
        for _ in 0..20 {
            let mut response = [0; 8];
            let got = rig.host.transfer(&message, &mut response);
            // Three wrong bits of a header may look like one; two never pass.
            if got.is_ok() && rig.wire.flipped() < 3 {
                prop_assert_eq!((got, response), (length, expected));
            }
        }
    }

    #[test]
    fn hosts_survive_any_response(bytes in proptest::collection::vec(any::<u8>(), 0..40), room in 0usize..20) {
        struct Says(Vec<u8>);
        impl LinkDevice for Says {
            fn receive(&self, _: &Transmission<'_>) {}
            fn respond(&self, _: &TurnAround) -> DeviceResponse {
                DeviceResponse::Packets(self.0.clone())
            }
        }
        let clock = virtual_hardware::VirtualClock::new();
        let host = virtual_hardware::VirtualHost::new(clock, HostOptions::default());
        host.connect(Arc::new(Says(bytes))).expect("the first");
        let message = Message::new(VC0, DataType::GENERIC_READ_0, &[], Speed::LowPower).expect("fits");
        let mut response = vec![0; room];
        if let Ok(len) = host.transfer(&message, &mut response) {
            prop_assert!(len <= room);
        }
    }
}
