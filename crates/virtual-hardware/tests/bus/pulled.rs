//! A cable that comes out in the middle: of a packet, a read, a transaction, a sequence, a frame, behind every byte.

use crate::rig::{End, First, ID, Rig, acknowledging, panel, reported, sensing};
use core::time::Duration;
use mipi_dsi::bus::{
    Commands, HostError, Lanes, LinkConfig, PixelFormat, ReadError, RemovalKind, TransferError, Transport,
};
use mipi_dsi::dcs::sequence::{Cause, SequenceLink, Step, play};
use mipi_dsi::wire::PeripheralError;
use virtual_hardware::host::ScanOutError;
use virtual_hardware::{HostOptions, PanelOptions, Rule, VideoFault, VirtualClock, test_picture};

const TIMEOUT: TransferError = TransferError::Host(HostError::Timeout);
const NOBODY: TransferError = TransferError::Host(HostError::NoPeripheral);
/// Behind each packet at high speed comes an EoTp.
const END: usize = 4;
/// The bytes of a short packet with its EoTp.
const SHORT: usize = 4 + END;
const LONG: [u8; 5] = [0xb6, 1, 2, 3, 4];
/// The bytes of a long packet without it.
const PACKET: usize = 4 + LONG.len() + 2;

/// Pulls the cable behind every byte of what `operation` sends, from none to one more than all of them.
fn behind_each_byte(options: HostOptions, all: usize, first: First, operation: impl Fn(&Rig, usize)) {
    let rig = Rig::awake(options);
    for bytes in 0..=all + 1 {
        rig.end().cable.pull_after_bytes(bytes);
        operation(&rig, bytes);
        assert_eq!(rig.end().cable.is_plugged(), bytes > all, "{bytes} of {all} bytes");
        rig.end().repair();
        rig.assert_works(0);
    }
    rig.take_down(first);
}

#[test]
fn in_a_write_that_nobody_asks_about() {
    behind_each_byte(HostOptions::default(), PACKET + END, First::Host, |rig, bytes| {
        let before = rig.end().panel.manufacturer_writes().len();
        assert_eq!(rig.end().link().dcs_write(&LONG), Ok(()), "nobody could tell");
        let carried_out = rig.end().panel.manufacturer_writes().len() - before;
        assert_eq!(carried_out, usize::from(bytes >= PACKET), "{bytes} bytes");
    });
}

#[test]
fn what_came_cut_is_reported_once_the_cable_is_back() {
    let rig = Rig::awake(HostOptions::default());
    let end = rig.end();
    for bytes in 0..=PACKET + END {
        end.cable.pull_after_bytes(bytes);
        assert_eq!(end.link().dcs_write(&LONG), Ok(()));
        end.repair();
        let error = match bytes {
            0 => None,
            PACKET => Some(PeripheralError::ProtocolViolation),
            _ if bytes == PACKET + END => None,
            _ => Some(PeripheralError::InvalidTransmissionLength),
        };
        let expected = error.map_or(Ok(ID), |error| Err(ReadError::Transfer(reported(&[error]))));
        assert_eq!(end.read_id(), expected, "{bytes} bytes");
        rig.assert_works(0);
    }
    rig.take_down(First::Host);
}

#[test]
fn in_a_write_that_is_acknowledged() {
    let all = PACKET + END;
    behind_each_byte(acknowledging(), all, First::Peripheral, |rig, bytes| {
        let expected = if bytes > all { Ok(()) } else { Err(TIMEOUT) };
        assert_eq!(rig.end().link().dcs_write(&LONG), expected, "{bytes} bytes");
    });
}

#[test]
fn before_a_write_of_a_host_that_measures_its_lines() {
    behind_each_byte(sensing(), PACKET + END, First::Host, |rig, bytes| {
        let expected = if bytes == 0 { Err(NOBODY) } else { Ok(()) };
        assert_eq!(rig.end().link().dcs_write(&LONG), expected, "{bytes} bytes");
        let gone = bytes <= PACKET + END;
        // The second is measured before it is sent, and so are all others.
        if gone {
            assert_eq!(rig.end().link().dcs_write(&LONG), Err(NOBODY), "{bytes} bytes");
        }
    });
}

#[test]
fn in_each_part_of_a_read() {
    let response = 4 + ID.len() + 2;
    let all = 2 * SHORT + response;
    type After = fn(usize) -> TransferError;
    let hosts: [(HostOptions, After); 3] = [
        (HostOptions::default(), |_| TIMEOUT),
        (acknowledging(), |_| TIMEOUT),
        (sensing(), |bytes| if bytes <= SHORT { NOBODY } else { TIMEOUT }),
    ];
    for (options, error) in hosts {
        behind_each_byte(options, all, First::Peripheral, |rig, bytes| {
            let expected = if bytes < all { Err(ReadError::Transfer(error(bytes))) } else { Ok(ID) };
            assert_eq!(rig.end().read_id(), expected, "{bytes} bytes");
        });
    }
}

#[test]
fn in_a_transaction_of_which_the_rest_fails() {
    let each = PACKET + END;
    for options in [acknowledging(), sensing()] {
        let asks = options.acknowledge_writes;
        behind_each_byte(options, 4 * each, First::Host, |rig, bytes| {
            let mut sent = Vec::new();
            let transaction = rig.end().link().transaction(&mut |link| {
                sent = (0..4).map(|_| link.dcs_write(&LONG)).collect();
            });
            assert_eq!(transaction, Ok(()));
            for (index, sent) in sent.into_iter().enumerate() {
                let (begins, ends) = (index * each, (index + 1) * each);
                let expected = match asks {
                    true if bytes <= ends => Err(TIMEOUT),
                    false if bytes <= begins => Err(NOBODY),
                    _ => Ok(()),
                };
                assert_eq!(sent, expected, "packet {index} of 4, {bytes} bytes");
            }
        });
    }
}

struct Player<'a> {
    transport: &'a dyn Transport,
    clock: &'a VirtualClock,
}

impl SequenceLink for Player<'_> {
    type Error = ReadError;

    fn write_dcs(&mut self, payload: &[u8]) -> Result<(), ReadError> {
        Ok(self.transport.dcs_write(payload)?)
    }

    fn write_generic(&mut self, payload: &[u8]) -> Result<(), ReadError> {
        Ok(self.transport.generic_write(payload)?)
    }

    fn read_dcs(&mut self, opcode: u8, response: &mut [u8]) -> Result<usize, ReadError> {
        self.transport.dcs_read(opcode, response).map(|()| response.len())
    }

    fn delay_us(&mut self, microseconds: u32) {
        self.clock.sleep(Duration::from_micros(microseconds.into()));
    }
}

const INIT: [Step<'_>; 7] = [
    Step::SelectPage { page: 1, select: &[0xff, 0x98, 0x81, 0x01] },
    Step::Generic(&[0xb0, 0x05]),
    Step::Dcs(&[0xb2, 1, 2, 3]),
    Step::Dcs(&[0x11]),
    Step::DelayMs(120),
    Step::Check { opcode: 0x0a, expected: &[0x18], mask: &[0x18] },
    Step::Dcs(&[0x29]),
];

/// The bytes of a step on the link, both directions.
fn bytes_of(step: &Step<'_>) -> usize {
    match step {
        Step::Dcs(payload) | Step::Generic(payload) | Step::SelectPage { select: payload, .. } => {
            if payload.len() > 2 { 4 + payload.len() + 2 + END } else { SHORT }
        }
        Step::Check { .. } => 2 * SHORT + 4,
        Step::DelayMs(_) | Step::DelayUs(_) => 0,
    }
}

fn init(end: &End, clock: &VirtualClock) -> Result<(), (usize, Cause<ReadError>)> {
    let mut result = Ok(());
    end.link()
        .transaction(&mut |transport| {
            result = play(&INIT, &mut Player { transport, clock }).map_err(|error| {
                assert_eq!(INIT[error.index], error.step);
                (error.index, error.cause)
            });
        })
        .expect("the link is free");
    result
}

#[test]
fn in_an_init_sequence_whose_failed_step_is_named() {
    let all: usize = INIT.iter().map(bytes_of).sum();
    let order = [&[0xff, 0x98, 0x81, 0x01][..], &[0xb0, 0x05], &[0xb2, 1, 2, 3]].map(<[u8]>::to_vec);
    for bytes in 0..=all {
        let rig = Rig::new(vec![PanelOptions { init: order.to_vec(), ..panel() }], acknowledging());
        rig.end().cable.pull_after_bytes(bytes);
        // The first step that has not all of its bytes, and of a write the acknowledge behind them.
        let mut ends = 0;
        let failed = INIT.iter().position(|step| {
            ends += bytes_of(step);
            let responses_are_bytes = matches!(step, Step::Check { .. });
            bytes_of(step) > 0 && (bytes < ends || bytes == ends && !responses_are_bytes)
        });
        let expected = failed.map(|index| (index, Cause::Link(ReadError::Transfer(TIMEOUT))));
        assert_eq!(init(rig.end(), rig.controller.clock()).err(), expected, "{bytes} of {all} bytes");
        assert_eq!(rig.end().panel.is_display_on(), bytes >= all - END, "{bytes} of {all} bytes");
        // A panel that was cut off begins anew, as after its reset.
        rig.end().repair();
        rig.end().panel.set_powered(false);
        rig.end().panel.set_powered(true);
        rig.end().panel.clear_breaches();
        assert_eq!(init(rig.end(), rig.controller.clock()), Ok(()));
        assert_eq!(rig.end().panel.broken_rules(), []);
        assert!(rig.end().panel.is_display_on());
        rig.assert_works(0);
        rig.take_down(First::Host);
    }
}

#[test]
fn in_a_video_frame() {
    let video = LinkConfig::video(Lanes::Four, PixelFormat::Rgb888);
    for config in [video.burst(), video.sync_pulses(), video] {
        for options in [HostOptions::default(), sensing()] {
            in_a_frame_of(&config, options);
        }
    }
}

fn in_a_frame_of(config: &LinkConfig, options: HostOptions) {
    let senses = options.senses_lines;
    let panel = PanelOptions { display_id: ID, ..PanelOptions::video(8, 4, config) };
    let channel = panel.channel;
    let rig = Rig::new(vec![panel], options);
    rig.assert_works(0);
    let (end, picture) = (rig.end(), test_picture(8, 4));
    let scan_out = || rig.controller.scan_out(channel, &picture);
    let mut complete = Vec::new();
    for bytes in 0.. {
        let before = end.panel.frames();
        end.cable.pull_after_bytes(bytes);
        let sent = scan_out();
        complete.push(end.panel.frames() - before);
        if end.cable.is_plugged() {
            assert_eq!(sent, Ok(()), "with {bytes} bytes all has come");
            break;
        }
        // Each line is measured: a host that does so learns of it with the next, if there is one.
        let nobody = Err(ScanOutError::Host(HostError::NoPeripheral));
        let is_cut = complete.last() == Some(&0);
        let expected = if senses && is_cut { sent == nobody } else { sent == Ok(()) || senses };
        assert!(expected, "{bytes} bytes: {sent:?}");
        assert_eq!(end.link().dcs_write(&[0x51, 1]), if senses { Err(NOBODY) } else { Ok(()) });
        end.repair();
        scan_out().expect("a whole frame, which ends the one that was cut");
        assert_eq!(end.panel.picture().first_difference(&picture), None);
    }
    assert!(complete.is_sorted() && complete.len() > 4 * 3 * 8, "the longer it is in, the more comes");
    assert_eq!((complete.first(), complete.last()), (Some(&0), Some(&1)));
    let last_pixel = complete.iter().filter(|frames| **frames == 0).count();
    assert!(last_pixel + 4 < complete.len(), "a front porch comes behind the last pixel");

    end.panel.clear_breaches();
    end.cable.pull_after_bytes(last_pixel - 3 * 8 - 2);
    let _ = scan_out();
    end.cable.plug();
    scan_out().expect("whole");
    let lines = Rule::Video(VideoFault::Lines { expected: 4, got: 3 });
    assert!(end.panel.broken_rules().contains(&lines), "{:?}", end.panel.broken_rules());
    rig.assert_works(0);
    rig.take_down(First::Host);
}

#[test]
fn never_put_back_everything_can_still_be_taken_down() {
    for first in [First::Host, First::Peripheral] {
        let hosts =
            [(HostOptions::default(), Ok(())), (acknowledging(), Err(TIMEOUT)), (sensing(), Err(NOBODY))];
        for (options, sent) in hosts {
            let rig = Rig::awake(options.shutting_panels_down());
            rig.end().cable.pull();
            let notices = rig.take_down(first);
            let last_words = (RemovalKind::Orderly, vec![sent; 2]);
            let told = if first == First::Host { vec![last_words] } else { vec![] };
            assert_eq!(notices, [told]);
        }
    }
}
