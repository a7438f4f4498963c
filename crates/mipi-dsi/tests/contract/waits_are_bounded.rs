//! A host that never returns hangs nobody else: the limit of the bus bounds every wait, and a deadline one sender's.

use super::support::*;
use mipi_dsi::bus::{
    report::{DeviceState, Errand, WaitFor},
    AttachError, Commands, DeviceInfo, Removed, Speed, StillRunning, TransferError, Transport, WaitError,
};
use mipi_dsi::dcs;
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

const LIMIT: Duration = Duration::from_millis(30);

/// Far more than any of the limits, and far less than a gate's patience.
#[track_caller]
fn soon<R>(work: impl FnOnce() -> R) -> R {
    let begun = Instant::now();
    let result = work();
    assert!(begun.elapsed() < Duration::from_secs(10), "the limit did not end the wait");
    result
}

fn late(waiting_for: WaitFor, begun: bool) -> StillRunning {
    StillRunning { waiting_for, why: WaitError::DeadlinePassed, begun }
}

/// A transfer in which the host is stuck until the gate is opened.
fn stuck(attached: &Attached) -> (JoinHandle<Result<(), TransferError>>, Gate) {
    let (sending, go_on) = (Gate::default(), Gate::default());
    {
        let (sending, go_on) = (sending.clone(), go_on.clone());
        attached.controller.on_transfer(move || {
            sending.open();
            go_on.pass();
        });
    }
    let link = attached.link.clone();
    let sender = thread::spawn(move || link.write(dcs::Nop));
    sending.pass();
    (sender, go_on)
}

#[test]
fn a_stuck_transfer_hangs_no_other_transfer_and_no_removal() {
    let attached = Attached::on(bus_with_limit(LIMIT), "fd922800.dsi");
    let (_other_device, other) = attach(&attached.host.reference(), VC1, &TestPeripheral::new());
    let (sender, go_on) = stuck(&attached);
    let link = WaitFor::Link(attached.host.key());
    let begun = Instant::now();
    assert_eq!(soon(|| other.write(dcs::Nop)), Err(TransferError::StillRunning(late(link, false))));
    assert!(begun.elapsed() >= LIMIT, "it waits as long as it may");
    let transaction = soon(|| other.transaction(&mut |_| unreachable!("the link was not had")));
    assert_eq!(transaction, Err(TransferError::StillRunning(late(link, false))));
    assert_eq!(soon(|| attached.link.detach()), Err(late(link, true)));
    assert_eq!(soon(|| attached.device.unregister()), Err(late(link, true)));
    assert_eq!(soon(|| attached.host.unregister()).err(), Some(late(link, true)));
    assert_eq!(attached.controller.counts(), [2, 0, 1]);
    go_on.open();
    assert_eq!(sender.join().unwrap(), Ok(()));
    assert!(attached.host.unregister().unwrap().is_some());
    assert_eq!(attached.controller.counts(), [2, 2, 1]);
    attached.controller.assert_quiet();
    attached.controller.forget_hooks();
}

#[test]
fn a_stuck_attach_hangs_no_other_attach_and_no_removal() {
    let bus = bus_with_limit(LIMIT);
    let attached = Attached::on(bus, "fd922800.dsi");
    let device = Arc::new(attached.host.register_device(DeviceInfo::new(VC1, "stuck")).unwrap());
    let (attaching, go_on) = (Gate::default(), Gate::default());
    {
        let (attaching, go_on) = (attaching.clone(), go_on.clone());
        attached.controller.on_attach(move |_| {
            attaching.open();
            go_on.pass();
        });
    }
    let attach = {
        let device = device.clone();
        thread::spawn(move || device.attach(CONFIG))
    };
    attaching.pass();
    let serving = WaitFor::Serving(device.key());
    let again = soon(|| device.attach(CONFIG)).err();
    assert_eq!(again, Some(AttachError::StillRunning(late(serving, false))));
    assert_eq!(soon(|| device.unregister()), Err(late(serving, true)));
    assert_eq!(attached.link.write(dcs::Nop), Ok(()), "the other channel has nothing to wait for");
    assert!(soon(|| attached.host.unregister()).is_err_and(|error| error.why == WaitError::DeadlinePassed));
    go_on.open();
    let link = attach.join().unwrap().expect("an attach that has begun completes");
    assert!(attached.host.unregister().unwrap().is_some());
    drop((link, device));
    attached.controller.assert_quiet();
    attached.controller.forget_hooks();
}

#[test]
fn a_stuck_detach_hangs_no_attach_and_no_second_detach() {
    let attached = Attached::on(bus_with_limit(LIMIT), "fd922800.dsi");
    let (detaching, go_on) = (Gate::default(), Gate::default());
    {
        let (detaching, go_on) = (detaching.clone(), go_on.clone());
        attached.controller.on_detach(move |_| {
            detaching.open();
            go_on.pass();
        });
    }
    let detach = {
        let link = attached.link.clone();
        thread::spawn(move || link.detach())
    };
    detaching.pass();
    let serving = WaitFor::Serving(attached.device.key());
    assert_eq!(soon(|| attached.link.detach()), Err(late(serving, false)));
    let attach = soon(|| attached.device.attach(CONFIG)).err();
    assert_eq!(attach, Some(AttachError::StillRunning(late(serving, false))));
    go_on.open();
    assert_eq!(detach.join().unwrap(), Ok(Removed::ByThisCall));
    attached.controller.assert_quiet();
    attached.controller.forget_hooks();
}

#[test]
fn handles_are_dropped_though_the_host_is_stuck_and_the_sender_does_the_rest() {
    let attached = Attached::on(bus_with_limit(LIMIT), "fd922800.dsi");
    let (sender, go_on) = stuck(&attached);
    let Attached { bus, controller, peripheral, host, device, link } = attached;
    // The sender has the other handle of the link.
    drop(link);
    soon(|| drop(device));
    assert_eq!(bus.report(0).unwrap().devices[0].errand, Errand::Unregister);
    soon(|| drop(host));
    let report = bus.report(0).unwrap();
    assert!(report.errand, "the host is to be removed");
    assert_eq!((report.devices[0].state, controller.counts()), (DeviceState::Detaching, [1, 0, 1]));
    go_on.open();
    assert_eq!(sender.join().unwrap(), Ok(()));
    controller.forget_hooks();
    // Its own unregistration had given up when the host left, so it was told.
    assert_eq!((controller.counts(), peripheral.told()), ([1, 1, 1], 1));
    assert_eq!(bus.reports().count(), 0);
    assert_eq!((Arc::strong_count(&controller), Arc::strong_count(&peripheral)), (1, 1));
    controller.assert_quiet();
}

#[test]
fn a_link_dropped_at_the_limit_is_detached_when_the_transfer_ends() {
    let attached = Attached::on(bus_with_limit(LIMIT), "fd922800.dsi");
    let (other_device, other) = attach(&attached.host.reference(), VC1, &TestPeripheral::new());
    // The transfer goes over a lent transport, so that the link's only handle is this test's.
    let (sending, go_on) = (Gate::default(), Gate::default());
    {
        let (sending, go_on) = (sending.clone(), go_on.clone());
        attached.controller.on_transfer(move || {
            sending.open();
            go_on.pass();
        });
    }
    let link = Arc::into_inner(other).expect("the only handle");
    thread::scope(|scope| {
        let sender = scope.spawn(|| link.write(dcs::Nop));
        sending.pass();
        assert!(soon(|| link.detach()).is_err());
        go_on.open();
        assert_eq!(sender.join().unwrap(), Ok(()));
    });
    soon(|| drop(link));
    assert_eq!(attached.controller.counts(), [2, 1, 1]);
    assert_eq!(other_device.check(), Ok(()));
    attached.controller.forget_hooks();
}

#[test]
fn a_serialised_attach_waits_for_the_link_no_longer_than_the_limit() {
    let attached = Attached::serialised(bus_with_limit(LIMIT));
    let device = attached.host.register_device(DeviceInfo::new(VC1, "other")).unwrap();
    let (sender, go_on) = stuck(&attached);
    let link = WaitFor::Link(attached.host.key());
    let attach = soon(|| device.attach(CONFIG)).err();
    assert_eq!(attach, Some(AttachError::StillRunning(late(link, false))));
    go_on.open();
    assert_eq!(sender.join().unwrap(), Ok(()));
    let link = device.attach(CONFIG).expect("nothing is left of the attempt");
    drop((link, device));
    attached.controller.assert_lawful();
    attached.controller.forget_hooks();
}

#[test]
fn a_sender_waits_no_longer_than_their_deadline() {
    let attached = Attached::new();
    let (_other_device, other) = attach(&attached.host.reference(), VC1, &TestPeripheral::new());
    let (sender, go_on) = stuck(&attached);
    let link = WaitFor::Link(attached.host.key());
    let refused = Err(TransferError::StillRunning(late(link, false)));
    assert_eq!(soon(|| other.until(Instant::now() + LIMIT).write(dcs::Nop)), refused);
    let sent = soon(|| other.until(Instant::now() + LIMIT).transaction(&mut |_| unreachable!("no link")));
    assert_eq!(sent, refused);
    assert_eq!(soon(|| other.at(Speed::LowPower).until(Instant::now()).write(dcs::Nop)), refused);
    assert_eq!(soon(|| other.until(Instant::now()).at(Speed::LowPower).write(dcs::Nop)), refused);
    assert_eq!(attached.controller.counts(), [2, 0, 1], "the host was not called");
    go_on.open();
    assert_eq!(sender.join().unwrap(), Ok(()));

    // A deadline is for waiting: one who need not wait has none, and what has begun is not cut.
    attached.controller.forget_hooks();
    attached.controller.on_transfer(|| thread::sleep(LIMIT));
    let passed = Instant::now();
    assert_eq!(other.until(passed).write(dcs::Nop), Ok(()));
    assert_eq!(other.at(Speed::LowPower).until(passed).write(dcs::Nop), Ok(()));
    let speeds = attached.controller.speeds.lock().unwrap().clone();
    assert_eq!(speeds[1..], [Speed::HighSpeed, Speed::LowPower]);
    attached.controller.assert_lawful();
    attached.controller.forget_hooks();
}

#[test]
fn a_deadline_of_a_senders_own_goes_before_the_limit_of_the_bus() {
    let attached = Attached::on(bus_with_limit(Duration::from_millis(1)), "fd922800.dsi");
    let (_other_device, other) = attach(&attached.host.reference(), VC1, &TestPeripheral::new());
    let (sender, go_on) = stuck(&attached);
    let waiting =
        thread::spawn(move || other.until(Instant::now() + Duration::from_secs(20)).write(dcs::Nop));
    wait_until(|| attached.bus.report(0).unwrap().queue == 1);
    let_others_run();
    assert!(!waiting.is_finished());
    go_on.open();
    assert_eq!((sender.join().unwrap(), waiting.join().unwrap()), (Ok(()), Ok(())));
    attached.controller.forget_hooks();
}
