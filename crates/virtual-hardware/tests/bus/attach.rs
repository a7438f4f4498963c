//! A host whose attach fails, sends, or takes long.

use crate::rig::{First, Rig, VC0, acknowledging, ends, let_others_run, panel, sensing};
use core::time::Duration;
use mipi_dsi::bus::{
    AttachError, Capabilities, Commands, Gone, HostAttachError, HostError, Lanes, RemovalKind, Side,
    TransferError, UnsupportedFeature, WaitError, report::DeviceState,
};
use std::thread;
use std::time::Instant;
use virtual_hardware::host::Gates;
use virtual_hardware::link::ResponseFault;
use virtual_hardware::{Gate, HostOptions};

/// A registered device that is not attached.
fn registered(options: HostOptions) -> Rig {
    let mut rig = Rig::hosted(vec![panel()], options, |_, cable| cable);
    rig.register(0);
    rig
}

fn try_attach(rig: &Rig) -> Result<(), AttachError> {
    rig.end().device().attach(rig.end().config()).map(drop)
}

#[track_caller]
fn assert_nothing_is_left_of_it(rig: &Rig) {
    let counts = rig.controller.counts();
    assert_eq!((counts.attached, counts.detach), (0, 0), "what was refused is not detached");
    assert_eq!((rig.controller.attached(), rig.controller.config(VC0)), (vec![], None));
    let report = rig.bus.report(0).expect("a slot");
    assert_eq!(report.devices[0].state, DeviceState::Registered);
    assert!(report.devices[0].config.is_none() && report.link.is_none());
}

fn works_in_the_end(mut rig: Rig, first: First) {
    rig.attach(0);
    rig.assert_works(0);
    rig.take_down(first);
}

#[test]
fn each_refusal_is_passed_on_and_leaves_nothing() {
    let refusals = [
        HostAttachError::NotReady,
        HostAttachError::NoCapacity,
        HostAttachError::Unsupported,
        HostAttachError::Transfer(HostError::Timeout),
        HostAttachError::Transfer(HostError::Contention),
        HostAttachError::Hardware(-5),
    ];
    let rig = registered(HostOptions::default());
    for (attempt, refusal) in refusals.into_iter().enumerate() {
        rig.controller.refuse_attach(Some(refusal));
        assert_eq!(try_attach(&rig), Err(AttachError::Refused(refusal)));
        assert_eq!(rig.controller.counts().attach, attempt + 1);
        assert_nothing_is_left_of_it(&rig);
    }
    rig.controller.refuse_attach(None);
    works_in_the_end(rig, First::Host);
}

#[test]
fn a_refusal_ends_with_a_removal_as_well() {
    for first in [First::Host, First::Peripheral] {
        let rig = registered(HostOptions::default());
        rig.controller.refuse_attach(Some(HostAttachError::NotReady));
        assert_eq!(try_attach(&rig), Err(AttachError::Refused(HostAttachError::NotReady)));
        rig.take_down(first);
    }
}

#[test]
fn what_an_end_can_not_do_is_refused_before_the_host_is_called() {
    let capabilities = Capabilities::all(Lanes::Two);
    let rig = registered(HostOptions { capabilities, ..HostOptions::default() });
    let feature = UnsupportedFeature::Lanes { most: Lanes::Two, asked: Lanes::Four };
    let lanes = AttachError::Unsupported { side: Side::Host, feature };
    assert_eq!(try_attach(&rig), Err(lanes));
    assert_eq!(rig.controller.counts().attach, 0);
    assert_nothing_is_left_of_it(&rig);
    rig.take_down(First::Peripheral);
}

#[test]
fn an_attach_that_sends_fails_with_the_fault_that_it_met_and_works_after_the_repair() {
    type Fault = fn(&Rig);
    let faults: [(HostOptions, Fault, HostError); 5] = [
        (acknowledging(), |rig| rig.end().cable.pull(), HostError::Timeout),
        (sensing(), |rig| rig.end().cable.pull(), HostError::NoPeripheral),
        (acknowledging(), |rig| rig.end().panel.set_powered(false), HostError::Timeout),
        (
            acknowledging(),
            |rig| rig.end().wire.next_response(ResponseFault::Contention),
            HostError::Contention,
        ),
        (acknowledging(), |rig| rig.end().cable.pull_after_packets(2), HostError::Timeout),
    ];
    for (options, fault, error) in faults {
        let attach_commands = vec![vec![0x00], vec![0x51, 0x10], vec![0x00]];
        let rig = registered(HostOptions { attach_commands, ..options });
        fault(&rig);
        assert_eq!(try_attach(&rig), Err(AttachError::Refused(HostAttachError::Transfer(error))));
        assert_nothing_is_left_of_it(&rig);
        let failed = rig.controller.lent_transfers();
        assert_eq!(failed.last(), Some(&Err(TransferError::Host(error))), "it stops where it fails");
        rig.end().repair();
        assert_eq!(try_attach(&rig), Ok(()));
        assert_eq!(rig.controller.lent_transfers()[failed.len()..], [Ok(0); 3]);
        works_in_the_end(rig, First::Host);
    }
}

/// A device whose attach stands at a gate.
fn slow(commands: &[&[u8]]) -> (Rig, Gate) {
    let gate = Gate::closed();
    let gates = Gates { attach: Some(gate.clone()), ..Gates::default() };
    let attach_commands = commands.iter().map(|command| command.to_vec()).collect();
    let attach_time = Duration::from_millis(40);
    (registered(HostOptions { gates, attach_commands, attach_time, ..HostOptions::default() }), gate)
}

#[test]
fn an_attach_that_meets_the_hosts_removal_completes_and_is_undone_or_fails_with_gone() {
    for removal in [RemovalKind::Orderly, RemovalKind::Surprise] {
        ends(move || {
            let (rig, gate) = slow(&[&[0x00]]);
            thread::scope(|scope| {
                let attacher = scope.spawn(|| {
                    let link = rig.end().device().attach(rig.end().config());
                    link.map(|link| link.dcs_write(&[0x00]))
                });
                gate.wait_until_reached(1);
                let remover =
                    scope.spawn(|| rig.host().unregister_with(removal, None).map(|it| it.is_some()));
                let_others_run();
                assert!(!remover.is_finished(), "the callback runs");
                gate.open();
                let gone = TransferError::Gone(Gone::HostRemoved);
                match attacher.join().expect("no panic") {
                    Ok(sent) => assert!(sent == Err(gone) || sent == Ok(())),
                    Err(AttachError::Gone(Gone::HostRemoved)) => {}
                    // The removal cut its transport off, which is why it failed.
                    Err(AttachError::Refused(HostAttachError::NotReady))
                        if removal == RemovalKind::Surprise => {}
                    Err(error) => panic!("{error}"),
                }
                assert_eq!(remover.join().expect("no panic"), Ok(true));
            });
            rig.controller.retired();
            let counts = rig.controller.counts();
            assert_eq!((counts.attach, counts.attached), (1, counts.detach));
            assert!(rig.end().told.notices().len() == 1, "told once");
            assert_eq!(try_attach(&rig), Err(AttachError::Gone(Gone::HostRemoved)));
            rig.take_down(First::Host);
        });
    }
}

#[test]
fn a_removal_with_a_deadline_does_not_wait_for_a_slow_attach_for_ever() {
    ends(|| {
        let (mut rig, gate) = slow(&[]);
        thread::scope(|scope| {
            let attacher = scope.spawn(|| rig.end().device().attach(rig.end().config()));
            gate.wait_until_reached(1);
            let deadline = Some(Instant::now() + Duration::from_millis(10));
            let late = rig.host().unregister_with(RemovalKind::Orderly, deadline).expect_err("it runs");
            assert_eq!(late.why, WaitError::DeadlinePassed);
            gate.open();
            drop(attacher.join().expect("no panic"));
        });
        let before = rig.controller.clock().now();
        rig.remove_host();
        assert!(before.as_nanos() >= 40_000_000, "attach took its virtual time");
        drop((rig.ends[0].link.take(), rig.ends[0].device.take()));
        rig.register_host();
        rig.register(0);
        works_in_the_end(rig, First::Peripheral);
    });
}

#[test]
fn of_two_attaches_at_once_one_is_told_that_the_other_has_it() {
    ends(|| {
        let (rig, gate) = slow(&[]);
        thread::scope(|scope| {
            let attach = || rig.end().device().attach(rig.end().config());
            let first = scope.spawn(attach);
            gate.wait_until_reached(1);
            let second = scope.spawn(attach);
            let_others_run();
            gate.open();
            // Both are kept until both are there, so that no drop lets the second in.
            let both = [first.join().expect("no panic"), second.join().expect("no panic")];
            let refused = |link: &Result<_, AttachError>| matches!(link, Err(AttachError::AlreadyAttached));
            assert_eq!(both.iter().filter(|link| refused(link)).count(), 1);
            assert_eq!(both.iter().filter(|link| link.is_ok()).count(), 1);
        });
        assert_eq!((rig.controller.counts().attach, rig.controller.counts().detach), (1, 1));
        works_in_the_end(rig, First::Host);
    });
}
