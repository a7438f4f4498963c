//! A host that takes long, met by removal from another thread: orderly, by surprise, with a deadline, of the host, the
//! device and the link.

use crate::rig::{First, Handle, ID, READ_ID, Rig, VC0, ends, let_others_run};
use mipi_dsi::bus::{
    Commands, Gone, Host, HostError, ReadError, RemovalKind, Removed, StillRunning, TransferError, Transport,
    WaitError, adapter::Deadline, report::WaitFor,
};
use std::sync::atomic::Ordering;
use std::thread;
use std::time::{Duration, Instant};
use virtual_hardware::host::Gates;
use virtual_hardware::{Gate, HostOptions};

const GONE: TransferError = TransferError::Gone(Gone::HostRemoved);
const CANCELLED: TransferError = TransferError::Host(HostError::Cancelled);
const LEVEL: [u8; 2] = [0x51, 0xee];

/// An awake panel on a host whose next transfer stands at the gate.
fn slow() -> (Rig, Gate) {
    let gate = Gate::closed();
    gate.open();
    let gates = Gates { transfer: Some(gate.clone()), ..Gates::default() };
    let rig = Rig::awake(HostOptions { gates, ..HostOptions::default() });
    gate.close();
    (rig, gate)
}

/// Waits until the `nth` transfer from `before` on stands at the gate.
fn wait_for(gate: &Gate, before: usize, nth: usize) {
    gate.wait_until_reached(before + nth);
}

fn soon() -> Option<Deadline<Handle>> {
    Some(Instant::now() + Duration::from_millis(10))
}

fn unregister(host: &Host<Handle>, removal: RemovalKind) -> Result<bool, StillRunning> {
    host.unregister_with(removal, None).map(|controller| controller.is_some())
}

/// After a removal of either side: both come back, and all is as before.
fn comes_back(mut rig: Rig, gate: &Gate) {
    gate.open();
    rig.remove_host();
    let end = &mut rig.ends[0];
    drop((end.link.take(), end.device.take()));
    end.repair();
    assert_eq!(rig.bus.reports().count(), 0);
    rig.register_host();
    rig.register(0);
    rig.attach(0);
    rig.assert_works(0);
    rig.take_down(First::Peripheral);
}

#[test]
fn an_orderly_removal_of_the_host_waits_for_the_transfer_and_its_command_is_heard() {
    ends(|| {
        let (rig, gate) = slow();
        let before = rig.controller.counts().transfer;
        thread::scope(|scope| {
            let sender = scope.spawn(|| rig.end().link().dcs_write(&LEVEL));
            wait_for(&gate, before, 1);
            let remover = scope.spawn(|| unregister(rig.host(), RemovalKind::Orderly));
            let_others_run();
            assert!(!remover.is_finished() && !sender.is_finished());
            assert_eq!((rig.controller.attached(), rig.controller.counts().detach), (vec![VC0], 0));
            gate.open();
            assert_eq!(sender.join().expect("no panic"), Ok(()));
            assert_eq!(remover.join().expect("no panic"), Ok(true));
        });
        rig.controller.retired();
        assert_eq!(rig.end().panel.brightness(), LEVEL[1..]);
        assert!(rig.end().panel.is_asleep(), "its last words were heard");
        assert_eq!(rig.end().told.notices(), [(RemovalKind::Orderly, vec![Ok(()); 2])]);
        assert_eq!(rig.end().link().dcs_write(&LEVEL), Err(GONE));
        assert_eq!(rig.end().read_id(), Err(ReadError::Transfer(GONE)));
        assert_eq!(rig.controller.counts().cancel, 0);
        comes_back(rig, &gate);
    });
}

#[test]
fn a_surprise_removal_of_the_host_calls_the_transfer_back_and_nothing_is_heard() {
    ends(|| {
        let (rig, gate) = slow();
        let (before, heard) = (rig.controller.counts().transfer, rig.end().panel.commands());
        thread::scope(|scope| {
            let sender = scope.spawn(|| rig.end().link().dcs_write(&LEVEL));
            wait_for(&gate, before, 1);
            rig.end().cable.pull();
            assert_eq!(unregister(rig.host(), RemovalKind::Surprise), Ok(true), "with the gate shut");
            rig.controller.retired();
            assert_eq!(sender.join().expect("no panic"), Err(CANCELLED));
        });
        assert_eq!(rig.end().panel.commands(), heard);
        assert_eq!(rig.end().told.notices(), [(RemovalKind::Surprise, vec![Err(GONE); 2])]);
        assert_eq!(rig.controller.counts().cancel, 1);
        comes_back(rig, &gate);
    });
}

#[test]
fn at_its_deadline_a_removal_says_what_runs_and_a_surprise_ends_it() {
    for second in [RemovalKind::Orderly, RemovalKind::Surprise] {
        ends(move || {
            let (rig, gate) = slow();
            rig.end().told.is_silent.store(true, Ordering::Release);
            let before = rig.controller.counts().transfer;
            let (waiting_for, why) = (WaitFor::Link(rig.host().key()), WaitError::DeadlinePassed);
            let late = StillRunning { waiting_for, why, begun: true };
            thread::scope(|scope| {
                let sender = scope.spawn(|| rig.end().link().dcs_write(&LEVEL));
                wait_for(&gate, before, 1);
                for _ in 0..2 {
                    let removed = rig.host().unregister_with(RemovalKind::Orderly, soon());
                    assert_eq!(removed.map(|_| ()), Err(late));
                }
                assert_eq!(rig.end().link().dcs_write(&LEVEL), Err(GONE), "nothing new starts");
                assert_eq!(rig.controller.counts().transfer, before + 1);
                if second == RemovalKind::Orderly {
                    gate.open();
                }
                assert_eq!(unregister(rig.host(), second), Ok(true));
                rig.controller.retired();
                let sent = sender.join().expect("no panic");
                assert_eq!(sent, if second == RemovalKind::Orderly { Ok(()) } else { Err(CANCELLED) });
            });
            assert_eq!(rig.end().told.notices().len(), 1, "told once");
            comes_back(rig, &gate);
        });
    }
}

#[test]
fn a_deadline_holds_although_the_peripheral_has_last_commands() {
    ends(|| {
        let (rig, gate) = slow();
        let before = rig.controller.counts().transfer;
        let in_time = thread::scope(|scope| {
            let sender = scope.spawn(|| rig.end().link().dcs_write(&LEVEL));
            wait_for(&gate, before, 1);
            let remover = scope.spawn(|| rig.host().unregister_with(RemovalKind::Orderly, soon()).map(drop));
            let limit = Instant::now() + Duration::from_secs(1);
            while !remover.is_finished() && Instant::now() < limit {
                let_others_run();
            }
            let in_time = remover.is_finished();
            // The way out of it, also if the deadline was not kept.
            rig.host().declare_gone();
            assert_eq!(sender.join().expect("no panic"), Err(CANCELLED));
            let _ = remover.join().expect("no panic");
            in_time
        });
        comes_back(rig, &gate);
        assert!(in_time, "still waits a second after its deadline of 10 ms");
    });
}

#[test]
fn the_device_is_unregistered_orderly_by_surprise_and_with_a_deadline() {
    let gone = TransferError::Gone(Gone::Unregistered);
    for (removal, deadline) in
        [(RemovalKind::Orderly, false), (RemovalKind::Surprise, false), (RemovalKind::Orderly, true)]
    {
        ends(move || {
            let (rig, gate) = slow();
            let before = rig.controller.counts().transfer;
            thread::scope(|scope| {
                let (rig, device) = (&rig, rig.end().device());
                let sender = scope.spawn(|| rig.end().link().dcs_write(&LEVEL));
                wait_for(&gate, before, 1);
                if deadline {
                    let late = device.unregister_with(removal, soon()).expect_err("the gate is shut");
                    assert_eq!(late.why, WaitError::DeadlinePassed);
                    assert_eq!(rig.end().link().dcs_write(&LEVEL), Err(gone), "nothing new starts");
                }
                let remover = scope.spawn(move || device.unregister_with(removal, None));
                if removal == RemovalKind::Orderly {
                    let_others_run();
                    assert!(!remover.is_finished());
                    gate.open();
                }
                assert_eq!(remover.join().expect("no panic"), Ok(Removed::ByThisCall));
                let sent = sender.join().expect("no panic");
                assert_eq!(sent, if removal == RemovalKind::Orderly { Ok(()) } else { Err(CANCELLED) });
            });
            let heard = rig.end().panel.brightness() == LEVEL[1..];
            assert_eq!(heard, removal == RemovalKind::Orderly);
            assert_eq!(rig.end().link().dcs_write(&LEVEL), Err(gone));
            assert_eq!(rig.end().told.notices(), [], "who goes himself is not told");
            assert_eq!((rig.controller.counts().detach, rig.controller.attached()), (1, vec![]));
            comes_back(rig, &gate);
        });
    }
}

#[test]
fn the_link_is_detached_with_a_deadline_and_attached_again() {
    ends(|| {
        let (mut rig, gate) = slow();
        let before = rig.controller.counts().transfer;
        thread::scope(|scope| {
            let (rig, link) = (&rig, rig.end().link());
            let sender = scope.spawn(|| rig.end().link().dcs_write(&LEVEL));
            wait_for(&gate, before, 1);
            let late = link.detach_with(soon()).expect_err("the gate is shut");
            assert_eq!(late.why, WaitError::DeadlinePassed);
            assert_eq!(link.dcs_write(&LEVEL), Err(TransferError::Gone(Gone::Detached)));
            let detacher = scope.spawn(move || link.detach());
            let_others_run();
            assert!(!detacher.is_finished());
            gate.open();
            assert_eq!(detacher.join().expect("no panic"), Ok(Removed::ByThisCall));
            assert_eq!(sender.join().expect("no panic"), Ok(()));
        });
        assert_eq!(rig.end().link().detach(), Ok(Removed::Already));
        let old = rig.ends[0].link.take();
        rig.attach(0);
        assert_eq!(old.map(|old| old.dcs_write(&LEVEL)), Some(Err(TransferError::Gone(Gone::Detached))));
        rig.assert_works(0);
        rig.take_down(First::Host);
    });
}

#[test]
fn a_read_in_its_second_packet_is_drained_whole_or_cancelled() {
    for removal in [RemovalKind::Orderly, RemovalKind::Surprise] {
        ends(move || {
            let (rig, gate) = slow();
            let before = rig.controller.counts().transfer;
            gate.let_one_through();
            thread::scope(|scope| {
                let reader = scope.spawn(|| rig.end().read_id());
                wait_for(&gate, before, 2);
                let remover = scope.spawn(|| unregister(rig.host(), removal));
                if removal == RemovalKind::Orderly {
                    let_others_run();
                    assert!(!remover.is_finished());
                    gate.open();
                }
                let expected = match removal {
                    RemovalKind::Orderly => Ok(ID),
                    RemovalKind::Surprise => Err(ReadError::Transfer(CANCELLED)),
                };
                assert_eq!(reader.join().expect("no panic"), expected);
                assert_eq!(remover.join().expect("no panic"), Ok(true));
                rig.controller.retired();
            });
            comes_back(rig, &gate);
        });
    }
}

#[test]
fn of_a_transaction_met_by_a_removal_each_packet_says_what_became_of_it() {
    for removal in [RemovalKind::Orderly, RemovalKind::Surprise] {
        for held in 1..=4 {
            ends(move || {
                let (rig, gate) = slow();
                let before = rig.controller.counts().transfer;
                (1..held).for_each(|_| gate.let_one_through());
                let mut sent = Vec::new();
                thread::scope(|scope| {
                    let sender = scope.spawn(|| {
                        let transaction = rig.end().link().transaction(&mut |link| {
                            sent = (0..4).map(|_| link.dcs_write(&LEVEL)).collect();
                        });
                        assert_eq!(transaction, Ok(()));
                    });
                    wait_for(&gate, before, held);
                    let remover = scope.spawn(|| unregister(rig.host(), removal));
                    if removal == RemovalKind::Orderly {
                        let_others_run();
                        assert!(!remover.is_finished());
                        gate.open();
                    }
                    sender.join().expect("no panic");
                    assert_eq!(remover.join().expect("no panic"), Ok(true));
                    rig.controller.retired();
                });
                let expected: Vec<_> = (1..=4)
                    .map(|packet| match removal {
                        RemovalKind::Surprise if packet == held => Err(CANCELLED),
                        RemovalKind::Surprise if packet > held => Err(GONE),
                        _ => Ok(()),
                    })
                    .collect();
                assert_eq!(sent, expected, "{removal}, packet {held} held");
                comes_back(rig, &gate);
            });
        }
    }
}

#[test]
fn what_is_declared_gone_fails_at_once_and_is_unregistered_by_its_owner() {
    ends(|| {
        let (rig, gate) = slow();
        let before = rig.controller.counts().transfer;
        thread::scope(|scope| {
            let sender = scope.spawn(|| rig.end().link().dcs_write(&LEVEL));
            wait_for(&gate, before, 1);
            rig.end().cable.pull();
            assert!(rig.host().declare_gone());
            assert_eq!(sender.join().expect("no panic"), Err(CANCELLED));
        });
        let mut id = [0; 3];
        assert_eq!(rig.end().link().dcs_read(READ_ID, &mut id), Err(ReadError::Transfer(GONE)));
        assert_eq!(rig.controller.counts().detach, 0, "its owner still has it");
        assert!(rig.bus.find_host("fd922800.dsi").is_none());
        assert_eq!(unregister(rig.host(), RemovalKind::Orderly), Ok(true));
        rig.controller.retired();
        assert_eq!(rig.end().told.notices(), [(RemovalKind::Surprise, vec![Err(GONE); 2])]);
        comes_back(rig, &gate);
    });
}

#[test]
fn a_response_that_never_comes_ends_in_virtual_time_and_the_removal_goes_on() {
    for removal in [RemovalKind::Orderly, RemovalKind::Surprise] {
        ends(move || {
            let (rig, gate) = slow();
            rig.end().panel.set_powered(false);
            let before = rig.controller.counts().transfer;
            thread::scope(|scope| {
                let reader = scope.spawn(|| rig.end().read_id());
                wait_for(&gate, before, 1);
                let remover = scope.spawn(|| unregister(rig.host(), removal));
                if removal == RemovalKind::Orderly {
                    gate.open();
                }
                let read = reader.join().expect("no panic");
                let error = if removal == RemovalKind::Orderly {
                    TransferError::Host(HostError::Timeout)
                } else {
                    CANCELLED
                };
                assert_eq!(read, Err(ReadError::Transfer(error)));
                assert_eq!(remover.join().expect("no panic"), Ok(true));
                rig.controller.retired();
            });
            comes_back(rig, &gate);
        });
    }
}
