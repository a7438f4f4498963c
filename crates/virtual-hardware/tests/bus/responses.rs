//! Responses that do not come, come from both ends, or are not what was asked for; and which command a report is about.

use crate::rig::{First, ID, READ_ID, Rig, acknowledging, host_error, reported};
use core::time::Duration;
use mipi_dsi::bus::{Commands, HostError, ReadError, TransferError, Transport};
use mipi_dsi::wire::{DataType, ErrorReport, PeripheralError, ResponseType, ecc};
use std::sync::Arc;
use virtual_hardware::host::ACKNOWLEDGE_TRIGGER;
use virtual_hardware::link::ResponseFault;
use virtual_hardware::{DeviceResponse, HostOptions, LinkDevice, Rule, Transmission, TurnAround};

const TIMEOUT: TransferError = TransferError::Host(HostError::Timeout);

#[test]
fn a_lost_response_is_a_timeout_that_takes_the_hosts_time() {
    let limit = Duration::from_millis(35);
    for options in [HostOptions::default(), acknowledging()] {
        let rig = Rig::awake(HostOptions { response_timeout: limit, ..options });
        let end = rig.end();
        for _ in 0..3 {
            end.wire.every_response(Some(ResponseFault::Lost));
            let before = rig.controller.clock().now();
            assert_eq!(end.read_id(), Err(ReadError::Transfer(TIMEOUT)));
            let took = rig.controller.clock().now().since(before);
            assert!(took >= limit && took < 2 * limit, "{took:?}: one wait, not one for each packet");
            end.wire.every_response(None);
            assert_eq!(end.read_id(), Ok(ID));
        }
        rig.assert_works(0);
        rig.take_down(First::Host);
    }
}

#[test]
fn a_lost_acknowledge_is_a_timeout_although_the_command_was_carried_out() {
    let rig = Rig::awake(acknowledging());
    rig.end().wire.next_response(ResponseFault::Lost);
    assert_eq!(rig.end().link().dcs_write(&[0x51, 0x33]), Err(TIMEOUT));
    assert_eq!(rig.end().panel.brightness(), [0x33]);
    rig.assert_works(0);
    rig.take_down(First::Peripheral);
}

#[test]
fn a_response_cut_short_anywhere_is_a_timeout() {
    let rig = Rig::awake(HostOptions::default());
    for len in 0..4 + ID.len() + 2 {
        rig.end().wire.next_response(ResponseFault::CutTo(len));
        assert_eq!(rig.end().read_id(), Err(ReadError::Transfer(TIMEOUT)), "{len} bytes");
    }
    rig.assert_works(0);
    rig.take_down(First::Host);
}

#[test]
fn contention_is_told_of_reads_and_of_acknowledged_writes() {
    let contention = host_error(HostError::Contention);
    let rig = Rig::awake(HostOptions::default());
    rig.end().wire.next_response(ResponseFault::Contention);
    assert_eq!(rig.end().link().dcs_write(&[0x51, 1]), Ok(()), "nobody turns the bus around");
    assert_eq!(rig.end().read_id(), Err(ReadError::Transfer(contention)));
    rig.assert_works(0);
    rig.take_down(First::Peripheral);

    let rig = Rig::awake(acknowledging());
    rig.end().wire.next_response(ResponseFault::Contention);
    assert_eq!(rig.end().link().dcs_write(&[0x51, 1]), Err(contention));
    rig.end().wire.spare_response();
    rig.end().wire.next_response(ResponseFault::Contention);
    assert_eq!(rig.end().read_id(), Err(ReadError::Transfer(contention)), "in its second packet");
    rig.assert_works(0);
    rig.take_down(First::Host);
}

#[test]
fn a_read_that_the_panel_has_nothing_for_is_an_unexpected_response() {
    let rig = Rig::awake(HostOptions::default());
    let mut response = [0; 2];
    let read = rig.end().link().dcs_read(0x60, &mut response);
    let unexpected = host_error(HostError::UnexpectedResponse(ACKNOWLEDGE_TRIGGER));
    assert_eq!(read, Err(ReadError::Transfer(unexpected)));
    let read = rig.end().link().generic_read(&[9], &mut response);
    assert_eq!(read, Err(ReadError::Transfer(unexpected)));
    rig.assert_works(0);
    rig.take_down(First::Peripheral);
}

/// A panel whose responses name another channel.
struct Liar(Arc<dyn LinkDevice>);

impl LinkDevice for Liar {
    fn receive(&self, transmission: &Transmission<'_>) {
        self.0.receive(transmission);
    }

    fn respond(&self, turn: &TurnAround) -> DeviceResponse {
        match self.0.respond(turn) {
            DeviceResponse::Packets(mut bytes) => {
                bytes[0] |= 0x40;
                bytes[3] = ecc([bytes[0], bytes[1], bytes[2]]);
                DeviceResponse::Packets(bytes)
            }
            other => other,
        }
    }
}

#[test]
fn a_response_of_another_channel_is_unexpected() {
    let liar = |_, cable| Arc::new(Liar(cable)) as Arc<dyn LinkDevice>;
    let mut rig = Rig::hosted(vec![crate::rig::panel()], HostOptions::default(), liar);
    rig.register(0);
    rig.attach(0);
    let long_response = ResponseType::DCS_LONG_READ.get();
    let unexpected = host_error(HostError::UnexpectedResponse(long_response));
    assert_eq!(rig.end().read_id(), Err(ReadError::Transfer(unexpected)));
    assert_eq!(rig.end().link().dcs_write(&[0x51, 1]), Ok(()));
    rig.take_down(First::Host);
}

#[test]
fn a_response_shorter_than_asked_for_is_short_and_not_passed_on() {
    let rig = Rig::awake(HostOptions::default());
    let mut response = [0; 8];
    let read = rig.end().link().dcs_read(READ_ID, &mut response);
    assert_eq!(read, Err(ReadError::Short { expected: 8, got: 3 }));
    rig.assert_works(0);
    rig.take_down(First::Host);
}

#[test]
fn a_report_belongs_to_the_command_that_it_follows_and_to_no_other() {
    let rig = Rig::awake(acknowledging());
    let end = rig.end();
    let errors =
        [PeripheralError::Checksum, PeripheralError::EccMultiBit, PeripheralError::ContentionDetected];
    for hit in 0..12 {
        let error = errors[hit % 3];
        let sent: Vec<_> = (0..12)
            .map(|index| {
                match (index == hit, error) {
                    (true, PeripheralError::Checksum) => end.wire.flip_bits(&[40]),
                    (true, PeripheralError::EccMultiBit) => end.wire.flip_bits(&[5, 30]),
                    (true, error) => end.panel.add_error(error),
                    (false, _) => {}
                }
                end.link().dcs_write(&[0xb7, 1, 2])
            })
            .collect();
        for (index, sent) in sent.into_iter().enumerate() {
            assert_eq!(sent, if index == hit { Err(reported(&[error])) } else { Ok(()) }, "write {index}");
        }
    }
    rig.assert_works(0);
    rig.take_down(First::Peripheral);
}

#[test]
fn reports_gather_where_nobody_asks_and_come_with_the_read() {
    let rig = Rig::awake(HostOptions::default());
    let end = rig.end();
    end.wire.flip_bits(&[40]);
    end.wire.flip_bits_after(1, &[5, 30]);
    end.wire.flip_bits_after(2, &[7]);
    for _ in 0..3 {
        assert_eq!(end.link().dcs_write(&[0xb7, 1, 2]), Ok(()));
    }
    let all = [PeripheralError::EccSingleBit, PeripheralError::EccMultiBit, PeripheralError::Checksum];
    assert_eq!(end.read_id(), Err(ReadError::Transfer(reported(&all))));
    assert_eq!(end.read_id(), Ok(ID));
    end.wire.flip_bits(&[7]);
    assert_eq!(end.link().dcs_write(&[0xb7, 1, 2]), Ok(()));
    assert_eq!(end.read_id(), Ok(ID), "what was put right does not keep the response back");
    assert_eq!(rig.controller.last_report(), ErrorReport::NONE.with(PeripheralError::EccSingleBit));
    rig.assert_works(0);
    rig.take_down(First::Host);
}

#[test]
fn a_breach_that_the_panel_reports_is_an_error_of_that_command() {
    let panel = virtual_hardware::PanelOptions { reports_breaches: true, ..crate::rig::panel() };
    let rig = Rig::new(vec![panel], acknowledging());
    rig.assert_works(0);
    let link = rig.end().link();
    assert_eq!(link.dcs_write(&[0x51, 1]), Ok(()));
    assert_eq!(link.dcs_write(&[0x2a, 0, 0, 0, 200]), Err(reported(&[PeripheralError::ProtocolViolation])));
    assert_eq!(link.dcs_write(&[0x51, 2]), Ok(()));
    assert!(matches!(rig.end().panel.broken_rules()[..], [Rule::Outside { last: 200, .. }]));
    rig.end().panel.clear_breaches();
    assert_eq!(
        link.transfer(DataType::END_OF_TRANSMISSION, (&[0x0f, 0x0f]).into(), &mut []),
        Err(reported(&[PeripheralError::ProtocolViolation])),
        "a second one behind the first"
    );
    rig.assert_works(0);
    rig.take_down(First::Peripheral);
}
