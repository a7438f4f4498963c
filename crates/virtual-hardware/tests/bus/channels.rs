//! Four peripherals on one link, and threads that send to them: what is one transaction stays together on the wire.

use crate::rig::{First, ID, READ_ID, Rig, VC0, ends, panel};
use mipi_dsi::bus::{Commands, Lanes, LinkConfig, PixelFormat, Transport};
use mipi_dsi::wire::{DataType, VirtualChannel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use virtual_hardware::link::{Content, Record};
use virtual_hardware::{HostOptions, LinkDevice, PanelOptions, Tap, test_picture};

/// What passed on the link: a packet's channel, its data type, and its bytes; or a response's.
type Trace = Arc<Mutex<Vec<(VirtualChannel, u8, Vec<u8>)>>>;

/// The end of transmission is on channel 0 whosever packet it ends.
const END: u8 = DataType::END_OF_TRANSMISSION.get();

/// Panels on the link, and a trace of it that begins now.
fn traced(panels: Vec<PanelOptions>, options: HostOptions) -> (Rig, Trace) {
    let trace = Trace::default();
    let all = panels.len();
    let mut rig = Rig::hosted(panels, options, |index, cable| {
        let kept = trace.clone();
        let keep = move |record: &Record<'_>| {
            let bytes = match record.content {
                // All panels hear what is sent; one of them tells.
                Content::Sent { bytes, .. } if index == 0 => bytes,
                Content::Received { bytes } => bytes,
                _ => return,
            };
            let channel = VirtualChannel::new(bytes[0] >> 6).expect("two bits");
            let mut trace = kept.lock().unwrap_or_else(PoisonError::into_inner);
            trace.push((channel, bytes[0] & 0x3f, bytes.to_vec()));
        };
        Arc::new(Tap::new(cable, Arc::new(keep))) as Arc<dyn LinkDevice>
    });
    for end in 0..all {
        rig.register(end);
        rig.attach(end);
    }
    trace.lock().unwrap_or_else(PoisonError::into_inner).clear();
    (rig, trace)
}

fn four() -> Vec<PanelOptions> {
    VirtualChannel::ALL.map(|channel| PanelOptions { channel, ..panel() }).to_vec()
}

/// The first and the last command of a transaction, with the number of its sender and its own.
const BEGIN: u8 = 0xc1;
const DONE: u8 = 0xc2;

#[test]
fn nobodys_packets_come_between_those_of_a_transaction() {
    ends(|| {
        const EACH: u8 = 40;
        let options = HostOptions { acknowledge_writes: true, ..HostOptions::default() };
        let (rig, trace) = traced(four(), options);
        thread::scope(|scope| {
            // Two threads on each channel: what is another's of the same peripheral stays out as well.
            for thread in 0..8u8 {
                let link = rig.ends[usize::from(thread / 2)].link();
                scope.spawn(move || {
                    for number in 0..EACH {
                        let body = &mut |link: &dyn Transport| {
                            link.dcs_write(&[BEGIN, thread, number]).expect("sent");
                            thread::yield_now();
                            let mut id = [0; 3];
                            link.dcs_read(READ_ID, &mut id).expect("read");
                            assert_eq!(id, ID);
                            link.transaction(&mut |link| link.dcs_write(&[0x51, thread]).expect("sent"))
                                .expect("a transaction within its own");
                            link.dcs_write(&[DONE, thread, number]).expect("sent");
                        };
                        link.transaction(body).expect("the link in turn");
                        // And single packets, which may come between transactions only.
                        link.dcs_write(&[0x51, 0xff]).expect("sent");
                    }
                });
            }
        });
        let trace = trace.lock().unwrap_or_else(PoisonError::into_inner);
        let mut transactions = 0;
        let mut packets = trace.iter().filter(|(_, data_type, _)| *data_type != END);
        while let Some((channel, _, bytes)) = packets.next() {
            if bytes.get(4) != Some(&BEGIN) {
                assert_eq!(bytes.get(1..3), Some(&[0x51, 0xff][..]), "a single packet");
                continue;
            }
            transactions += 1;
            assert_eq!(usize::from(bytes[5] / 2), channel.index());
            let rest: Vec<_> = packets.by_ref().take(5).collect();
            assert!(rest.iter().all(|(other, ..)| other == channel), "all of {channel}: {rest:x?}");
            let [size, read, response, level, done] = rest[..] else { panic!("cut: {rest:x?}") };
            assert_eq!(size.2[..3], [0x37 | channel.get() << 6, 3, 0]);
            assert_eq!(read.2[1], READ_ID);
            assert_eq!(response.2[4..7], ID);
            assert_eq!(level.2[1..3], [0x51, bytes[5]]);
            assert_eq!(done.2[4..7], [DONE, bytes[5], bytes[6]]);
        }
        assert_eq!(transactions, 8 * usize::from(EACH));
        drop(trace);
        for end in 0..4 {
            rig.assert_works(end);
        }
        rig.take_down(First::Host);
    });
}

#[test]
fn a_fault_of_one_peripheral_is_no_error_of_another() {
    let (mut rig, _) = traced(four(), HostOptions::default());
    for faulty in 0..4 {
        for end in 0..4 {
            rig.assert_works(end);
        }
        rig.ends[faulty].wire.flip_bits(&[1, 9]);
        assert_eq!(rig.ends[faulty].link().dcs_write(&[0x51, 9]), Ok(()));
        let others: Vec<_> = (0..4).filter(|end| *end != faulty).collect();
        for end in &others {
            assert_eq!(rig.ends[*end].read_id(), Ok(ID), "the report is not theirs");
        }
        assert!(rig.ends[faulty].read_id().is_err(), "it is this one's");
        rig.ends[faulty].cable.pull();
        for end in &others {
            assert_eq!(rig.ends[*end].read_id(), Ok(ID));
        }
        rig.ends[faulty].repair();
        // It goes, and the others stay.
        let end = &mut rig.ends[faulty];
        drop((end.link.take(), end.device.take()));
        for end in &others {
            rig.assert_works(*end);
        }
        rig.register(faulty);
        rig.attach(faulty);
    }
    let told = rig.take_down(First::Host);
    assert!(told.iter().all(|notices| notices.len() == 1), "each is told of its host's removal");
}

#[test]
fn two_peripherals_that_respond_on_one_channel_are_contention_until_one_is_cut_off() {
    let both = vec![panel(), panel()];
    let mut rig = Rig::hosted(both, HostOptions::default(), |_, cable| cable);
    rig.register(0);
    rig.attach(0);
    let contention = mipi_dsi::bus::TransferError::Host(mipi_dsi::bus::HostError::Contention);
    assert_eq!(rig.end().read_id(), Err(contention.into()));
    assert_eq!(rig.end().link().dcs_write(&[0x00]), Ok(()));
    rig.ends[1].cable.pull();
    rig.assert_works(0);
    rig.take_down(First::Peripheral);
}

#[test]
fn video_goes_on_between_the_commands_of_another_channel() {
    ends(|| {
        let video = LinkConfig::video(Lanes::Four, PixelFormat::Rgb888).burst();
        let screen = PanelOptions { display_id: ID, ..PanelOptions::video(8, 4, &video) };
        let other = PanelOptions { channel: VirtualChannel::VC1, ..panel() };
        let (rig, _) = traced(vec![screen, other], HostOptions::default());
        rig.assert_works(0);
        let before = rig.end().panel.frames();
        thread::scope(|scope| {
            scope.spawn(|| {
                for _ in 0..50 {
                    rig.controller.scan_out(VC0, &test_picture(8, 4)).expect("attached");
                }
            });
            scope.spawn(|| (0..200).for_each(|_| assert_eq!(rig.ends[1].read_id(), Ok(ID))));
        });
        assert_eq!(rig.end().panel.frames() - before, 50);
        assert_eq!(rig.end().panel.broken_rules(), []);
        rig.assert_works(1);
        rig.take_down(First::Host);
    });
}
