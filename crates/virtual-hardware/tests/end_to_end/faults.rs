//! Faults on the wire: each becomes its own error, at the host or in the panel's report.

use crate::rig::Rig;
use core::time::Duration;
use mipi_dsi::bus::{HostController, HostError, Message, Speed};
use mipi_dsi::wire::{DataType, ErrorReport, PeripheralError, ResponseType};
use std::sync::{Arc, Mutex};
use virtual_hardware::host::ACKNOWLEDGE_TRIGGER;
use virtual_hardware::link::{LinkDevice, Record, ResponseFault};
use virtual_hardware::{
    DcsPanel, DeviceResponse, HostOptions, PanelOptions, Rule, Tap, TurnAround, VirtualClock, VirtualHost,
};

const EOTP_BITS: usize = 32;

fn reported(errors: &[PeripheralError]) -> Result<Vec<u8>, HostError> {
    Err(HostError::Reported(errors.iter().copied().collect::<ErrorReport>()))
}

#[test]
fn one_wrong_header_bit_is_put_right_and_reported_beside_the_response() {
    for bit in 0..32 {
        let rig = Rig::awake(4, 4);
        rig.wire.flip_bits(&[bit]);
        rig.dcs(&[0x21]);
        assert_eq!(rig.send(DataType::DCS_READ, &[0x0d], 1), Ok(vec![0x20]), "bit {bit}: carried out");
        assert_eq!(rig.host.last_report(), ErrorReport::NONE.with(PeripheralError::EccSingleBit));
        assert_eq!(rig.read(0x05, 1), Ok(vec![1]), "and counted");
        assert_eq!(rig.read(0x05, 1), Ok(vec![0]));
    }
}

#[test]
fn two_wrong_header_bits_lose_the_transmission() {
    let rig = Rig::awake(4, 4);
    rig.wire.flip_bits(&[0, 9]);
    rig.dcs(&[0x21]);
    assert_eq!(rig.send(DataType::DCS_READ, &[0x0d], 1), reported(&[PeripheralError::EccMultiBit]));
    assert_eq!(rig.send(DataType::DCS_READ, &[0x0d], 1), Ok(vec![0x00]), "not carried out");
}

#[test]
fn a_wrong_payload_bit_loses_the_packet() {
    let rig = Rig::awake(4, 4);
    rig.wire.flip_bits(&[EOTP_BITS + 3]);
    rig.dcs(&[0x2a, 0, 1, 0, 2]);
    assert_eq!(rig.send(DataType::DCS_READ, &[0x0d], 1), reported(&[PeripheralError::Checksum]));
    // The window is still the whole memory: 16 pixels fit.
    rig.dcs(&[&[0x2c][..], &[0; 48]].concat());
    assert_eq!(rig.panel.broken_rules(), []);
}

#[test]
fn errors_gather_until_they_are_reported_once() {
    let rig = Rig::awake(4, 4);
    rig.wire.flip_bits(&[3]);
    rig.dcs(&[0x00]);
    rig.wire.flip_bits(&[EOTP_BITS]);
    rig.dcs(&[0x2a, 0, 1, 0, 2]);
    rig.panel.add_error(PeripheralError::ContentionDetected);
    let all = [PeripheralError::EccSingleBit, PeripheralError::Checksum, PeripheralError::ContentionDetected];
    assert_eq!(rig.send(DataType::DCS_READ, &[0x0d], 1), reported(&all));
    assert_eq!(rig.send(DataType::DCS_READ, &[0x0d], 1), Ok(vec![0x00]));
}

#[test]
fn after_an_error_that_was_not_put_right_there_is_a_report_and_no_response() {
    let rig = Rig::awake(4, 4);
    let at = rig.host.clock().now();
    let turn = TurnAround { channel: crate::rig::VC0, at };
    let read = [0x06, 0x0a, 0x00, mipi_dsi::wire::ecc([0x06, 0x0a, 0x00])];
    for (error, packets) in [(PeripheralError::EccSingleBit, 2), (PeripheralError::Checksum, 1)] {
        rig.panel.add_error(error);
        rig.raw(&read, Speed::LowPower);
        let DeviceResponse::Packets(bytes) = rig.panel.respond(&turn) else { panic!("packets") };
        assert_eq!(bytes.len(), 4 * packets, "{error}");
    }
    rig.raw(&read, Speed::LowPower);
    assert!(matches!(rig.panel.respond(&turn), DeviceResponse::Packets(bytes) if bytes.len() == 4));
    assert_eq!(rig.panel.respond(&turn), DeviceResponse::Acknowledge, "it was read");
}

#[test]
fn each_fault_of_a_response_is_an_error_of_its_own() {
    let cases = [
        (ResponseFault::Lost, Err(HostError::Timeout)),
        (ResponseFault::Contention, Err(HostError::Contention)),
        (ResponseFault::CutTo(5), Err(HostError::Timeout)),
        (ResponseFault::CutTo(2), Err(HostError::Timeout)),
        (ResponseFault::FlipBit(40), Err(HostError::ResponseChecksum)),
        (ResponseFault::FlipBit(17), Ok(vec![0x00, 0x80, 0x00])),
    ];
    for (fault, expected) in cases {
        let rig = Rig::awake(4, 4);
        rig.wire.next_response(fault);
        let before = rig.host.clock().now();
        assert_eq!(rig.read(0x04, 3), expected, "{fault:?}");
        let waited = rig.host.clock().now().since(before) >= Duration::from_millis(20);
        assert_eq!(waited, expected == Err(HostError::Timeout), "{fault:?}");
        assert_eq!(rig.host.corrected_responses(), usize::from(fault == ResponseFault::FlipBit(17)));
        assert_eq!(rig.read(0x04, 3), Ok(vec![0x00, 0x80, 0x00]), "the next one is all right");
    }
}

/// A device that responds as no device should.
struct Says(Vec<u8>);

impl LinkDevice for Says {
    fn receive(&self, _: &virtual_hardware::Transmission<'_>) {}

    fn respond(&self, _: &TurnAround) -> DeviceResponse {
        DeviceResponse::Packets(self.0.clone())
    }
}

fn ask(device: Arc<dyn LinkDevice>) -> Result<usize, HostError> {
    let host = VirtualHost::new(VirtualClock::new(), HostOptions::default());
    host.connect(device).expect("the first");
    let message = Message::new(crate::rig::VC0, DataType::DCS_READ, &[0x0a], Speed::LowPower);
    host.transfer(&message.expect("fits"), &mut [0; 4])
}

#[test]
fn responses_to_something_else_are_named() {
    let short = |code: u8| [code, 1, 0, mipi_dsi::wire::ecc([code, 1, 0])].to_vec();
    let generic = ResponseType::GENERIC_SHORT_READ_1.get();
    assert_eq!(ask(Arc::new(Says(short(generic)))), Err(HostError::UnexpectedResponse(generic)));
    assert_eq!(ask(Arc::new(Says(short(0x05)))), Err(HostError::UnexpectedResponse(0x05)));
    let mut damaged = short(0x21);
    damaged[0] ^= 0x03;
    assert_eq!(ask(Arc::new(Says(damaged))), Err(HostError::ResponseEcc));
    let rig = Rig::awake(4, 4);
    rig.read(0x60, 1).expect_err("there is nothing to response");
    let trigger = rig.send(DataType::DCS_READ, &[0x60], 1);
    assert_eq!(trigger, Err(HostError::UnexpectedResponse(ACKNOWLEDGE_TRIGGER)));
}

#[test]
fn two_that_respond_at_once_are_contention() {
    let host = VirtualHost::new(VirtualClock::new(), HostOptions::default());
    for _ in 0..2 {
        host.connect(Arc::new(DcsPanel::new(PanelOptions::command(4, 4)))).expect("room");
    }
    let message = Message::new(crate::rig::VC0, DataType::DCS_READ, &[0x0a], Speed::LowPower);
    let response = host.transfer(&message.expect("fits"), &mut [0; 1]);
    assert_eq!(response, Err(HostError::Contention));
}

#[test]
fn a_pulled_cable_is_noticed_by_who_listens() {
    let rig = Rig::awake(4, 4);
    rig.cable.pull();
    rig.dcs(&[0x21]);
    assert_eq!(rig.read(0x0a, 1), Err(HostError::Timeout));
    rig.cable.plug();
    assert_eq!(rig.read(0x0d, 1), Ok(vec![0x00]), "the panel has not heard of it");

    let options = HostOptions { acknowledge_writes: true, ..HostOptions::default() };
    let rig = Rig::new(PanelOptions::command(4, 4), options);
    rig.attach().expect("can");
    assert_eq!(rig.send(DataType::DCS_SHORT_WRITE_0, &[0x00], 0), Ok(vec![]));
    rig.wire.flip_bits(&[0, 9]);
    let report = reported(&[PeripheralError::EccMultiBit]);
    assert_eq!(rig.send(DataType::DCS_SHORT_WRITE_0, &[0x00], 0), report);
    rig.cable.pull();
    assert_eq!(rig.send(DataType::DCS_SHORT_WRITE_0, &[0x00], 0), Err(HostError::Timeout));

    let options = HostOptions { senses_lines: true, ..HostOptions::default() };
    let rig = Rig::new(PanelOptions::command(4, 4), options);
    rig.attach().expect("can");
    rig.cable.pull();
    assert_eq!(rig.send(DataType::DCS_SHORT_WRITE_0, &[0x00], 0), Err(HostError::NoPeripheral));
    rig.cable.plug();
    rig.panel.set_powered(false);
    assert_eq!(rig.send(DataType::DCS_SHORT_WRITE_0, &[0x00], 0), Err(HostError::NoPeripheral));
}

#[test]
fn a_cable_pulled_within_a_packet_leaves_a_cut_one() {
    let rig = Rig::awake(4, 4);
    rig.cable.pull_after_bytes(7);
    rig.dcs(&[0x2a, 0, 1, 0, 2]);
    assert_eq!(rig.broken(), Rule::CutPacket { needed: 11, got: 7 });
    rig.cable.plug();
    let report = reported(&[PeripheralError::InvalidTransmissionLength]);
    assert_eq!(rig.send(DataType::DCS_READ, &[0x0a], 1), report);
}

#[test]
fn a_tap_sees_a_session_as_it_was() {
    let panel = Arc::new(DcsPanel::new(PanelOptions::command(4, 4)));
    let trace = Arc::new(Mutex::new(Vec::new()));
    let kept = trace.clone();
    let listener = move |record: &Record<'_>| kept.lock().expect("no panic").push(record.to_string());
    let host = VirtualHost::new(VirtualClock::new(), HostOptions::default());
    host.connect(Arc::new(Tap::new(panel, Arc::new(listener)))).expect("the first");
    let message = Message::new(crate::rig::VC0, DataType::DCS_READ, &[0x0a], Speed::LowPower);
    let mut response = [0; 1];
    host.transfer(&message.expect("fits"), &mut response).expect("a response");
    assert_eq!(response, [0x08]);
    let trace = trace.lock().expect("no panic");
    // Four bytes at 10 Mbit/s.
    let expected = ["3.2µs: LP > VC0 DCS read", "3.2µs: LP < VC0 DCS short read response, 1 byte"];
    assert_eq!(*trace, expected);
}
