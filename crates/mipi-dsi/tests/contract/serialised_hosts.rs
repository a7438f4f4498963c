//! A host of the serialised profile attaches and detaches nobody while it transfers.
//!
//! The host of these tests is checked: two calls at a time are a violation.

use super::support::*;
use mipi_dsi::bus::{AttachError, Commands, DeviceInfo, RemovalKind, Removed, WaitError};
use mipi_dsi::dcs;
use mipi_dsi::wire::VirtualChannel;
use std::sync::Arc;
use std::thread;

#[test]
fn attach_and_detach_wait_for_the_transfer_of_another_channel() {
    let attached = Attached::serialised(bus());
    let device = Arc::new(attached.host.register_device(DeviceInfo::new(VC1, "other")).unwrap());
    for detach in [false, true] {
        let other = detach.then(|| device.attach(CONFIG).unwrap());
        let before = attached.controller.counts();
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
        let device = device.clone();
        let waiting = thread::spawn(move || match other {
            None => device.attach(CONFIG).map(drop).unwrap(),
            Some(link) => assert_eq!(link.detach(), Ok(Removed::ByThisCall)),
        });
        wait_until(|| attached.bus.report(0).unwrap().queue == 1);
        let_others_run();
        let [attaches, detaches, transfers] = before;
        assert_eq!(attached.controller.counts(), [attaches, detaches, transfers + 1]);
        go_on.open();
        assert_eq!(sender.join().unwrap(), Ok(()));
        waiting.join().unwrap();
        attached.controller.assert_lawful();
    }
    assert_eq!(attached.controller.counts(), [3, 2, 2]);
    attached.controller.forget_hooks();
}

#[test]
fn a_transfer_waits_for_the_attach_and_detach_of_another_channel() {
    let attached = Attached::serialised(bus());
    let device = attached.host.register_device(DeviceInfo::new(VC1, "other")).unwrap();
    let serve = |hold: &dyn Fn(Gate, Gate), call: Box<dyn FnOnce() + Send>| {
        let (inside, go_on) = (Gate::default(), Gate::default());
        hold(inside.clone(), go_on.clone());
        let serving = thread::spawn(call);
        inside.pass();
        let link = attached.link.clone();
        let sender = thread::spawn(move || link.write(dcs::Nop));
        wait_until(|| attached.bus.report(0).unwrap().queue == 1);
        let_others_run();
        assert!(!sender.is_finished());
        go_on.open();
        serving.join().unwrap();
        assert_eq!(sender.join().unwrap(), Ok(()));
    };
    let device = Arc::new(device);
    let link = Arc::new(std::sync::Mutex::new(None));
    let (attaches, kept) = (device.clone(), link.clone());
    serve(
        &|inside, go_on| {
            attached.controller.on_attach(move |attachment| {
                inside.open();
                go_on.pass();
                assert_eq!(
                    attachment.transport.write(dcs::ExitSleepMode),
                    Ok(()),
                    "from inside it is served"
                );
            });
        },
        Box::new(move || *kept.lock().unwrap() = Some(attaches.attach(CONFIG).unwrap())),
    );
    let detaches = link.lock().unwrap().take().unwrap();
    serve(
        &|inside, go_on| {
            attached.controller.on_detach(move |attachment| {
                inside.open();
                go_on.pass();
                assert_eq!(
                    attachment.transport.write(dcs::EnterSleepMode),
                    Ok(()),
                    "from inside it is served"
                );
            });
        },
        Box::new(move || assert_eq!(detaches.detach(), Ok(Removed::ByThisCall))),
    );
    attached.controller.assert_lawful();
    attached.controller.forget_hooks();
}

#[test]
fn of_many_callers_one_is_served_at_a_time() {
    let attached = Attached::serialised(bus());
    attached.controller.on_transfer(thread::yield_now);
    attached.controller.on_attach(|attachment| {
        thread::yield_now();
        attachment.transport.write(dcs::ExitSleepMode).unwrap();
    });
    attached.controller.on_detach(|attachment| {
        thread::yield_now();
        attachment.transport.write(dcs::EnterSleepMode).unwrap();
    });
    let comes_and_goes = |channel| {
        let device = attached.host.register_device(DeviceInfo::new(channel, "comes and goes")).unwrap();
        thread::spawn(move || {
            for _ in 0..50 {
                device.attach(CONFIG).unwrap().write(dcs::Nop).unwrap();
            }
        })
    };
    let mut threads: Vec<_> = [VC1, VirtualChannel::VC2].map(comes_and_goes).into();
    let link = attached.link.clone();
    threads.push(thread::spawn(move || (0..100).for_each(|_| link.write(dcs::Nop).unwrap())));
    threads.into_iter().for_each(|thread| thread.join().unwrap());
    attached.controller.assert_lawful();
    assert!(attached.host.unregister().unwrap().is_some());
    assert_eq!(attached.controller.counts(), [101, 101, 401]);
    attached.controller.assert_quiet();
    attached.controller.forget_hooks();
}

#[test]
fn a_surprise_cancels_the_transfer_that_a_detach_waits_for() {
    let attached = Attached::serialised(bus());
    let (other_device, _other) = attach(&attached.host.reference(), VC1, &TestPeripheral::new());
    let (sending, go_on) = (Gate::default(), Gate::default());
    {
        let (sending, go_on) = (sending.clone(), go_on.clone());
        attached.controller.on_transfer(move || {
            sending.open();
            go_on.pass();
        });
    }
    attached.controller.on_cancel(move || go_on.open());
    let link = attached.link.clone();
    let sender = thread::spawn(move || link.write(dcs::Nop));
    sending.pass();
    let unregister = thread::spawn(move || other_device.unregister());
    wait_until(|| attached.bus.report(0).unwrap().queue == 1);
    assert!(attached.host.unregister_with(RemovalKind::Surprise, None).unwrap().is_some());
    assert_eq!(sender.join().unwrap(), Ok(()));
    assert!(unregister.join().unwrap().is_ok());
    assert_eq!(attached.controller.counts(), [2, 2, 1]);
    attached.controller.assert_quiet();
    attached.controller.forget_hooks();
}

#[test]
fn an_attach_or_detach_from_inside_a_transfer_is_refused_and_changes_nothing() {
    let attached = Attached::serialised(bus());
    let (_other_device, other) = attach(&attached.host.reference(), VC1, &TestPeripheral::new());
    let third = attached.host.register_device(DeviceInfo::new(VirtualChannel::VC2, "third")).unwrap();
    {
        let other = other.clone();
        attached.controller.on_transfer(move || {
            let attach = third.attach(CONFIG).err();
            let would_deadlock =
                |error: mipi_dsi::bus::StillRunning| error.why == WaitError::WouldDeadlock && !error.begun;
            assert!(matches!(attach, Some(AttachError::StillRunning(error)) if would_deadlock(error)));
            assert!(other.detach().is_err_and(would_deadlock));
        });
    }
    assert_eq!(attached.link.write(dcs::Nop), Ok(()));
    assert_eq!(attached.controller.counts(), [2, 0, 1]);
    attached.controller.forget_hooks();
    assert_eq!(other.write(dcs::Nop), Ok(()), "still attached");
    attached.controller.assert_lawful();
}
