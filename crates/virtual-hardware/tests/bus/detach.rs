//! A host whose detach takes long, and one that shuts its panel down from there.

use crate::rig::{First, Rig, VC0, acknowledging, ends, let_others_run, sensing};
use core::time::Duration;
use mipi_dsi::bus::{
    Commands, Gone, HostError, RemovalKind, Removed, TransferError, WaitError, report::WaitFor,
};
use std::thread;
use std::time::Instant;
use virtual_hardware::host::Gates;
use virtual_hardware::link::ResponseFault;
use virtual_hardware::{Gate, HostOptions};

const GONE: TransferError = TransferError::Gone(Gone::HostRemoved);

fn host_error(error: HostError) -> Result<usize, TransferError> {
    Err(TransferError::Host(error))
}

/// Commands of the panel since `since`, as opcodes.
fn heard(rig: &Rig, since: usize) -> Vec<u8> {
    rig.end().panel.commands()[since..].iter().map(|(_, opcode)| opcode.get()).collect()
}

#[test]
fn a_detach_that_shuts_the_panel_down_is_heard_whoever_goes_first() {
    type Removing = fn(&mut Rig);
    let cases: [(Removing, &[u8]); 4] = [
        (|rig| drop(rig.ends[0].link.take()), &[0x28, 0x10]),
        (|rig| drop(rig.ends[0].device.take()), &[0x28, 0x10]),
        // The peripheral says the same before, and a sleeping panel needs no more time than 5 ms for each.
        (Rig::remove_host, &[0x28, 0x10, 0x28, 0x10]),
        (
            |rig| {
                let link = rig.end().link();
                link.detach().expect("nothing runs");
                link.detach().expect("nothing runs");
            },
            &[0x28, 0x10],
        ),
    ];
    for (remove, expected) in cases {
        let options = HostOptions { transfer_time: Duration::from_millis(6), ..HostOptions::default() };
        let mut rig = Rig::awake(options.shutting_panels_down());
        rig.wait(120);
        let before = rig.end().panel.commands().len();
        remove(&mut rig);
        assert_eq!(heard(&rig, before), expected);
        assert!(rig.end().panel.is_asleep() && !rig.end().panel.is_display_on());
        assert_eq!(rig.controller.lent_transfers(), [Ok(0), Ok(0)]);
        assert_eq!(rig.end().panel.broken_rules(), []);
        rig.take_down(First::Peripheral);
    }
}

#[test]
fn a_detach_that_can_not_shut_the_panel_down_is_a_detach_all_the_same() {
    type Fault = fn(&Rig);
    let cases: [(HostOptions, Fault, Result<usize, TransferError>); 5] = [
        (HostOptions::default(), |rig| rig.end().cable.pull(), Ok(0)),
        (acknowledging(), |rig| rig.end().cable.pull(), host_error(HostError::Timeout)),
        (sensing(), |rig| rig.end().cable.pull(), host_error(HostError::NoPeripheral)),
        (acknowledging(), |rig| rig.end().panel.set_powered(false), host_error(HostError::Timeout)),
        (
            acknowledging(),
            |rig| rig.end().wire.every_response(Some(ResponseFault::Contention)),
            host_error(HostError::Contention),
        ),
    ];
    for (options, fault, sent) in cases {
        let mut rig = Rig::awake(options.shutting_panels_down());
        fault(&rig);
        assert_eq!(rig.end().link().detach(), Ok(Removed::ByThisCall));
        let expected = if sent.is_ok() { vec![sent; 2] } else { vec![sent] };
        assert_eq!(rig.controller.lent_transfers(), expected, "it stops at the first that fails");
        assert_eq!((rig.controller.counts().detach, rig.controller.attached()), (1, vec![]));
        rig.end().repair();
        drop(rig.ends[0].link.take());
        rig.attach(0);
        rig.assert_works(0);
        rig.take_down(First::Host);
    }
}

#[test]
fn by_surprise_the_detach_is_called_and_its_commands_are_not_sent() {
    let mut rig = Rig::awake(HostOptions::default().shutting_panels_down());
    let before = rig.end().panel.commands().len();
    let transfers = rig.controller.counts().transfer;
    assert!(rig.host().unregister_with(RemovalKind::Surprise, None).expect("nothing runs").is_some());
    rig.controller.retired();
    assert_eq!(rig.controller.lent_transfers(), [Err(GONE)]);
    assert_eq!((heard(&rig, before), rig.controller.counts().transfer), (vec![], transfers));
    assert_eq!(rig.controller.counts().detach, 1);
    rig.remove_host();
    rig.take_down(First::Host);
}

/// An awake panel on a host whose detach stands at a gate.
fn slow() -> (Rig, Gate) {
    let gate = Gate::closed();
    let gates = Gates { detach: Some(gate.clone()), ..Gates::default() };
    let detach_time = Duration::from_millis(700);
    (Rig::awake(HostOptions { gates, detach_time, ..HostOptions::default() }), gate)
}

#[test]
fn who_comes_while_a_slow_detach_runs_waits_for_it_and_it_is_the_only_one() {
    ends(|| {
        let (rig, gate) = slow();
        let began = rig.controller.clock().now();
        thread::scope(|scope| {
            let detacher = scope.spawn(|| rig.end().link().detach());
            gate.wait_until_reached(1);
            assert_eq!(rig.end().link().dcs_write(&[0x00]), Err(TransferError::Gone(Gone::Detached)));
            let again = scope.spawn(|| rig.end().link().detach());
            let unregister = scope.spawn(|| rig.end().device().unregister());
            let remover = scope.spawn(|| rig.host().unregister().map(|controller| controller.is_some()));
            let_others_run();
            assert!(!again.is_finished() && !unregister.is_finished() && !remover.is_finished());
            gate.open();
            assert_eq!(detacher.join().expect("no panic"), Ok(Removed::ByThisCall));
            assert_eq!(again.join().expect("no panic"), Ok(Removed::Already));
            assert!(unregister.join().expect("no panic").is_ok());
            assert_eq!(remover.join().expect("no panic"), Ok(true));
        });
        rig.controller.retired();
        assert_eq!(rig.controller.counts().detach, 1);
        let took = rig.controller.clock().now().since(began);
        assert!(took >= Duration::from_millis(700), "the virtual time of one detach: {took:?}");
        rig.take_down(First::Peripheral);
    });
}

#[test]
fn a_deadline_within_a_slow_detach_says_so_and_the_removal_is_called_again() {
    ends(|| {
        let (rig, gate) = slow();
        let device = rig.end().device().key();
        let soon = || Some(Instant::now() + Duration::from_millis(10));
        thread::scope(|scope| {
            let detacher = scope.spawn(|| rig.end().link().detach());
            gate.wait_until_reached(1);
            let late = [
                rig.end().link().detach_with(soon()).map(drop),
                rig.end().device().unregister_with(RemovalKind::Orderly, soon()).map(drop),
                rig.host().unregister_with(RemovalKind::Orderly, soon()).map(drop),
            ];
            for late in late {
                let late = late.expect_err("the gate is shut");
                assert_eq!(late.why, WaitError::DeadlinePassed);
                let waits = [WaitFor::Serving(device), WaitFor::Registration(device)];
                assert!(waits.contains(&late.waiting_for), "{late}");
            }
            assert_eq!(rig.bus.reports().count(), 1, "still visible");
            gate.open();
            assert_eq!(detacher.join().expect("no panic"), Ok(Removed::ByThisCall));
        });
        assert!(rig.host().unregister().expect("nothing runs").is_some());
        rig.controller.retired();
        assert_eq!(rig.controller.counts().detach, 1);
        rig.take_down(First::Host);
    });
}

#[test]
fn the_devices_successor_attaches_after_a_slow_detach_and_not_before() {
    ends(|| {
        let (mut rig, gate) = slow();
        let old = rig.ends[0].link.take().expect("attached");
        thread::scope(|scope| {
            let old = &old;
            scope.spawn(move || old.detach());
            gate.wait_until_reached(1);
            let rig = &rig;
            let attacher = scope.spawn(move || {
                let link = rig.end().device().attach(rig.end().config());
                link.map(|link| link.dcs_write(&[0x51, 0x77]))
            });
            let_others_run();
            assert_eq!(rig.controller.counts().attach, 1, "the detach comes first");
            gate.open();
            assert_eq!(attacher.join().expect("no panic"), Ok(Ok(())));
        });
        drop(old);
        assert_eq!(rig.controller.counts().detach, 2);
        rig.attach(0);
        assert_eq!(rig.controller.attached(), [VC0]);
        rig.assert_works(0);
        rig.take_down(First::Peripheral);
    });
}
