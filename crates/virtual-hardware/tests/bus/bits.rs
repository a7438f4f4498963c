//! Wrong bits in both directions: put right where the header's code can, and otherwise a typed error.

use crate::rig::{First, ID, READ_ID, Rig, acknowledging, host_error, reported};
use mipi_dsi::bus::{Commands, HostError, ReadError, Transport};
use mipi_dsi::wire::{DataType, ErrorReport, PeripheralError};
use virtual_hardware::HostOptions;
use virtual_hardware::link::ResponseFault;

/// A command of the manufacturer in a long packet: the panel keeps what it has understood of those.
const LONG: [u8; 5] = [0xb6, 1, 2, 3, 4];
/// Its header, payload, and checksum in bits.
const HEADER: usize = 32;
const PACKET: usize = HEADER + 8 * (LONG.len() + 2);

/// Wrong in two bits, and in no three.
fn two_bits() -> impl Iterator<Item = [usize; 2]> {
    (0..HEADER).flat_map(|one| (0..one).map(move |other| [one, other]))
}

#[test]
fn one_wrong_header_bit_of_a_write_is_put_right_and_no_error() {
    let rig = Rig::awake(acknowledging());
    for bit in 0..HEADER {
        let before = rig.end().panel.manufacturer_writes().len();
        rig.end().wire.flip_bits(&[bit]);
        assert_eq!(rig.end().link().dcs_write(&LONG), Ok(()), "bit {bit}");
        assert_eq!(rig.end().panel.manufacturer_writes().len(), before + 1, "bit {bit}");
        assert_eq!(rig.controller.last_report(), ErrorReport::NONE.with(PeripheralError::EccSingleBit));
    }
    rig.assert_works(0);
    rig.take_down(First::Host);
}

#[test]
fn two_wrong_header_bits_of_a_write_are_reported_and_it_is_not_carried_out() {
    let rig = Rig::awake(acknowledging());
    let end = rig.end();
    for bits in two_bits() {
        end.wire.flip_bits(&bits);
        let sent = end.link().dcs_write(&LONG);
        assert_eq!(sent, Err(reported(&[PeripheralError::EccMultiBit])), "{bits:?}");
    }
    assert_eq!(end.panel.manufacturer_writes(), []);
    rig.assert_works(0);
    rig.take_down(First::Peripheral);
}

#[test]
fn a_wrong_payload_or_checksum_bit_of_a_write_is_reported_and_it_is_not_carried_out() {
    let rig = Rig::awake(acknowledging());
    let end = rig.end();
    for bit in HEADER..PACKET {
        end.wire.flip_bits(&[bit]);
        assert_eq!(end.link().dcs_write(&LONG), Err(reported(&[PeripheralError::Checksum])), "bit {bit}");
    }
    assert_eq!(end.panel.manufacturer_writes(), []);
    rig.assert_works(0);
    rig.take_down(First::Host);
}

#[test]
fn a_host_that_does_not_ask_learns_of_a_damaged_write_with_its_next_read() {
    let damages: [(&[usize], PeripheralError); 2] =
        [(&[3, 17], PeripheralError::EccMultiBit), (&[HEADER + 3], PeripheralError::Checksum)];
    let rig = Rig::awake(HostOptions::default());
    let end = rig.end();
    for (bits, error) in damages {
        end.wire.flip_bits(bits);
        assert_eq!(end.link().dcs_write(&LONG), Ok(()), "nobody could tell");
        assert_eq!(end.read_id(), Err(ReadError::Transfer(reported(&[error]))));
        assert_eq!(end.read_id(), Ok(ID), "it is said once");
    }
    assert_eq!(end.panel.manufacturer_writes(), []);
    rig.assert_works(0);
    rig.take_down(First::Peripheral);
}

#[test]
fn wrong_bits_of_a_reads_own_packets_are_put_right_or_reported() {
    let rig = Rig::awake(HostOptions::default());
    let end = rig.end();
    // The first transmission of a read sets the size of its response, the second asks.
    for transmission in [0, 1] {
        for bit in 0..HEADER {
            end.wire.flip_bits_after(transmission, &[bit]);
            assert_eq!(end.read_id(), Ok(ID), "bit {bit} of transmission {transmission}");
        }
        for bits in two_bits() {
            end.wire.flip_bits_after(transmission, &bits);
            let error = ReadError::Transfer(reported(&[PeripheralError::EccMultiBit]));
            assert_eq!(end.read_id(), Err(error), "bits {bits:?} of transmission {transmission}");
        }
    }
    rig.assert_works(0);
    rig.take_down(First::Host);
}

#[test]
fn wrong_bits_of_a_response_are_put_right_or_an_error_of_their_own() {
    let rig = Rig::awake(HostOptions::default());
    let end = rig.end();
    let put_right = rig.controller.corrected_responses();
    for bit in 0..HEADER {
        end.wire.next_response(ResponseFault::FlipBit(bit));
        assert_eq!(end.read_id(), Ok(ID), "bit {bit}");
    }
    assert_eq!(rig.controller.corrected_responses(), put_right + HEADER);
    for [one, other] in two_bits() {
        end.wire.next_response(ResponseFault::FlipTwoBits(one, other));
        let error = ReadError::Transfer(host_error(HostError::ResponseEcc));
        assert_eq!(end.read_id(), Err(error), "bits {one} and {other}");
    }
    for bit in HEADER..HEADER + 8 * (ID.len() + 2) {
        end.wire.next_response(ResponseFault::FlipBit(bit));
        let error = ReadError::Transfer(host_error(HostError::ResponseChecksum));
        assert_eq!(end.read_id(), Err(error), "bit {bit}");
    }
    rig.assert_works(0);
    rig.take_down(First::Peripheral);
}

#[test]
fn wrong_bits_of_a_report_are_put_right_or_an_error_of_their_own() {
    let rig = Rig::awake(acknowledging());
    let end = rig.end();
    for bit in 0..HEADER {
        end.wire.flip_bits(&[HEADER]);
        end.wire.next_response(ResponseFault::FlipBit(bit));
        assert_eq!(end.link().dcs_write(&LONG), Err(reported(&[PeripheralError::Checksum])), "bit {bit}");
    }
    end.wire.flip_bits(&[HEADER]);
    end.wire.next_response(ResponseFault::FlipTwoBits(1, 9));
    assert_eq!(end.link().dcs_write(&LONG), Err(host_error(HostError::ResponseEcc)));
    rig.assert_works(0);
    rig.take_down(First::Host);
}

#[test]
fn a_generic_write_and_a_generic_read_are_treated_alike() {
    let panel = virtual_hardware::PanelOptions {
        generic_responses: vec![(vec![0xa1, 2], vec![5, 6, 7, 8])],
        ..crate::rig::panel()
    };
    let rig = Rig::new(vec![panel], HostOptions::default());
    rig.assert_works(0);
    let end = rig.end();
    let read = || {
        let mut response = [0xa5; 4];
        end.link().generic_read(&[0xa1, 2], &mut response).map(|()| response)
    };
    assert_eq!(read(), Ok([5, 6, 7, 8]));
    end.wire.flip_bits(&[HEADER + 1]);
    assert_eq!(end.link().generic_write(&LONG), Ok(()));
    assert_eq!(read(), Err(ReadError::Transfer(reported(&[PeripheralError::Checksum]))));
    end.wire.next_response(ResponseFault::FlipBit(HEADER));
    assert_eq!(read(), Err(ReadError::Transfer(host_error(HostError::ResponseChecksum))));
    end.wire.next_response(ResponseFault::FlipBit(7));
    assert_eq!(read(), Ok([5, 6, 7, 8]));
    assert_eq!(end.panel.manufacturer_writes(), []);
    rig.assert_works(0);
    rig.take_down(First::Peripheral);
}

#[test]
fn a_packet_of_a_transaction_that_is_damaged_fails_alone() {
    let rig = Rig::awake(acknowledging());
    let end = rig.end();
    for damaged in 0..4 {
        end.wire.flip_bits_after(damaged, &[0, 9]);
        let mut sent = Vec::new();
        let transaction = end.link().transaction(&mut |link| {
            sent = (0..4).map(|_| link.transfer(DataType::DCS_LONG_WRITE, (&LONG).into(), &mut [])).collect();
        });
        assert_eq!(transaction, Ok(()));
        for (index, sent) in sent.into_iter().enumerate() {
            let error = Err(reported(&[PeripheralError::EccMultiBit]));
            assert_eq!(sent, if index == damaged { error } else { Ok(0) }, "packet {index} of 4");
        }
    }
    let mut one = [0xa5; 3];
    assert_eq!(
        end.link().transfer(DataType::DCS_READ, (&[READ_ID]).into(), &mut one),
        Ok(3),
        "the size stays set"
    );
    rig.assert_works(0);
    rig.take_down(First::Host);
}
