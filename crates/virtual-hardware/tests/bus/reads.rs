//! The maximum return packet size: a panel gives one byte until it is told of more, so that a read which leaves that to
//! others is short now and then.

use crate::rig::{First, ID, READ_ID, Rig, acknowledging, ends, panel};
use core::time::Duration;
use mipi_dsi::bus::{Commands, HostError, Payload, ReadError, TransferError, Transport};
use mipi_dsi::dcs;
use mipi_dsi::wire::{DataType, PeripheralError};
use std::thread;
use virtual_hardware::{HostOptions, PanelOptions, Rule};

const DESCRIPTOR: [u8; 12] = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 0xff];

fn rig() -> Rig {
    let rig =
        Rig::new(vec![PanelOptions { descriptor: DESCRIPTOR.to_vec(), ..panel() }], HostOptions::default());
    rig.assert_works(0);
    rig
}

/// A read that says nothing of its size.
fn bare_read(rig: &Rig, opcode: u8) -> Result<usize, TransferError> {
    rig.end().link().transfer(DataType::DCS_READ, (&[opcode]).into(), &mut [0xa5; 16])
}

#[test]
fn a_bare_read_is_as_short_as_the_size_that_was_set_last() {
    let rig = Rig::command(HostOptions::default());
    assert_eq!(bare_read(&rig, READ_ID), Ok(1), "the default of DSI");
    assert_eq!(rig.end().read_id(), Ok(ID));
    assert_eq!(bare_read(&rig, READ_ID), Ok(3), "which the read has set");
    assert_eq!(rig.end().link().read(dcs::GetPowerMode).map(|_| ()), Ok(()));
    assert_eq!(bare_read(&rig, READ_ID), Ok(1), "and set again");
    rig.assert_works(0);
    rig.take_down(First::Host);
}

#[test]
fn each_read_sets_the_size_that_it_has_room_for() {
    let rig = rig();
    for len in [1, 12, 2, 5, 12, 3, 1, 7] {
        let mut response = vec![0xa5; len];
        assert_eq!(rig.end().link().dcs_read(0xa1, &mut response), Ok(()), "{len} bytes");
        assert_eq!(response, DESCRIPTOR[..len]);
        assert_eq!(bare_read(&rig, 0xa1), Ok(len));
    }
    rig.take_down(First::Peripheral);
}

#[test]
fn a_read_of_nothing_sends_nothing() {
    let rig = rig();
    let before = rig.controller.counts().transfer;
    // What is said of it is the bus's business; the panel must not hear of it.
    let _ = rig.end().link().dcs_read(READ_ID, &mut []);
    let _ = rig.end().link().generic_read(&[], &mut []);
    assert_eq!(rig.controller.counts().transfer, before);
    let most = usize::from(u16::MAX);
    let too_long = ReadError::TooLong { asked: most + 1, most };
    assert_eq!(rig.end().link().dcs_read(READ_ID, &mut vec![0; most + 1]), Err(too_long));
    assert_eq!(rig.controller.counts().transfer, before);
    assert_eq!(rig.end().panel.broken_rules(), [], "no responses of 0 bytes are asked for");
    rig.take_down(First::Host);
}

#[test]
fn a_size_of_more_than_a_byte_arrives_whole() {
    let large = PanelOptions { display_id: ID, ..PanelOptions::command(24, 16) };
    let rig = Rig::new(vec![large], HostOptions::default());
    rig.assert_works(0);
    let mut memory = vec![0; 24 * 16 * 3];
    assert_eq!(rig.end().link().dcs_read(0x2e, &mut memory), Ok(()));
    let seen = rig.end().panel.memory();
    let expected: Vec<u8> = seen.pixels().iter().flat_map(|pixel| [pixel.r, pixel.g, pixel.b]).collect();
    assert_eq!(memory, expected);
    rig.take_down(First::Peripheral);
}

#[test]
fn two_threads_that_read_different_sizes_never_get_a_short_response() {
    ends(|| {
        let rig = rig();
        thread::scope(|scope| {
            for len in [1, 12, 3, 7] {
                let rig = &rig;
                scope.spawn(move || {
                    for _ in 0..300 {
                        let mut response = vec![0xa5; len];
                        assert_eq!(rig.end().link().dcs_read(0xa1, &mut response), Ok(()));
                        assert_eq!(response, DESCRIPTOR[..len]);
                    }
                });
            }
        });
        rig.assert_works(0);
        rig.take_down(First::Host);
    });
}

/// A transport whose owner dawdles after each packet, so that others get to the link wherever they may.
struct Dawdling<'a, T: ?Sized>(&'a T);

impl<T: Transport + ?Sized> Transport for Dawdling<'_, T> {
    fn transfer(
        &self,
        data_type: DataType,
        payload: Payload<'_>,
        response: &mut [u8],
    ) -> Result<usize, TransferError> {
        let sent = self.0.transfer(data_type, payload, response);
        thread::sleep(Duration::from_millis(1));
        sent
    }

    fn transaction(&self, body: &mut dyn FnMut(&dyn Transport)) -> Result<(), TransferError> {
        self.0.transaction(&mut |link| body(&Dawdling(link)))
    }
}

#[test]
fn nor_do_they_if_they_dawdle_between_the_size_and_the_read() {
    ends(|| {
        let rig = rig();
        thread::scope(|scope| {
            for len in [1, 12] {
                let rig = &rig;
                scope.spawn(move || {
                    let link = Dawdling(rig.end().link());
                    for _ in 0..30 {
                        let mut response = vec![0xa5; len];
                        assert_eq!(link.dcs_read(0xa1, &mut response), Ok(()));
                        assert_eq!(response, DESCRIPTOR[..len]);
                    }
                });
            }
        });
        rig.take_down(First::Peripheral);
    });
}

#[test]
fn without_a_transaction_they_do_get_one() {
    // The packets of two readers in the worst order, so that it is known what the tests above would see.
    let rig = rig();
    let link = rig.end().link();
    let size = |len: u16| {
        let sent =
            link.transfer(DataType::SET_MAXIMUM_RETURN_PACKET_SIZE, (&len.to_le_bytes()).into(), &mut []);
        assert_eq!(sent, Ok(0));
    };
    size(12);
    size(1);
    assert_eq!(bare_read(&rig, 0xa1), Ok(1), "of 12");
    rig.take_down(First::Peripheral);
}

#[test]
fn a_size_that_was_lost_or_refused_fails_the_read_and_gives_nothing_short() {
    let two_bits = [1, 9];
    for options in [HostOptions::default(), acknowledging()] {
        let rig = Rig::command(options);
        let end = rig.end();
        end.wire.flip_bits(&two_bits);
        let reported = HostError::Reported([PeripheralError::EccMultiBit].into_iter().collect());
        assert_eq!(end.read_id(), Err(ReadError::Transfer(TransferError::Host(reported))));
        assert_eq!(bare_read(&rig, READ_ID), Ok(1), "the panel has not heard of it");
        let sent = end.link().transfer(DataType::SET_MAXIMUM_RETURN_PACKET_SIZE, (&[0, 0]).into(), &mut []);
        assert_eq!(sent, Ok(0));
        assert_eq!(end.panel.broken_rules(), [Rule::NoReturnSize]);
        rig.assert_works(0);
        rig.take_down(First::Host);
    }
}
