//! Line 7: no lock is held across a callback; a wait that would never end is refused; a drop there leaves an errand.

use super::support::*;
use mipi_dsi::bus::{
    report::{DeviceState, Errand},
    AttachError, Commands, DeviceInfo, HostInfo, RemovalKind, Removed, StillRunning, TransferError,
    WaitError,
};
use mipi_dsi::dcs;
use std::sync::{Arc, Barrier, Mutex};
use std::thread;

fn would_deadlock(error: StillRunning) -> bool {
    error.why == WaitError::WouldDeadlock
}

#[test]
fn a_host_transfers_from_inside_its_attach_and_detach() {
    let bus = bus();
    let controller = TestHost::new();
    controller.on_attach(|attachment| {
        let mut id = [0; 2];
        assert_eq!(attachment.transport.dcs_read(0x04, &mut id), Ok(()));
        assert_eq!(id, [0x12, 0x34]);
    });
    controller.on_detach(|attachment| attachment.transport.write(dcs::EnterSleepMode).unwrap());
    *controller.response.lock().unwrap() = Ok(vec![0x12, 0x34]);
    let host = bus.register_host(HostInfo::new("host"), controller.clone()).unwrap();
    let device = host.register_device(DeviceInfo::new(VC0, "panel")).unwrap();
    drop(device.attach(CONFIG).unwrap());
    // Set Maximum Return Packet Size, the read, and the sleep.
    assert_eq!(controller.counts(), [1, 1, 3]);
    assert!(host.unregister().unwrap().is_some());
    controller.assert_quiet();
}

#[test]
fn the_peripheral_transfers_over_its_own_link_from_inside_the_hosts_detach() {
    let Attached { controller, host, link, device: _device, .. } = Attached::new();
    {
        let link = link.clone();
        controller.on_detach(move |_| assert_eq!(link.write(dcs::EnterSleepMode), Ok(())));
    }
    assert!(host.unregister().unwrap().is_some());
    assert_eq!(controller.counts(), [1, 1, 1]);
    controller.assert_quiet();
    controller.forget_hooks();
}

#[test]
fn during_a_detach_only_the_one_who_detaches_transfers() {
    let Attached { controller, link, host: _host, device: _device, .. } = Attached::new();
    {
        let link = link.clone();
        controller.on_detach(move |_| {
            let link = link.clone();
            let other = thread::spawn(move || link.write(dcs::Nop));
            assert!(matches!(other.join().unwrap(), Err(TransferError::Gone(_))));
        });
    }
    assert_eq!(link.detach(), Ok(Removed::ByThisCall));
    assert_eq!(controller.counts(), [1, 1, 0]);
    controller.forget_hooks();
}

#[test]
fn unregistering_a_host_from_inside_its_callbacks_is_refused_and_changes_nothing() {
    let Attached { controller, host, device, link, peripheral, .. } = Attached::new();
    let refusals = Arc::new(Mutex::new(vec![]));
    let try_it = {
        let (host, refusals) = (host.clone(), refusals.clone());
        move |place: &'static str| {
            let error = host.unregister().expect_err("the removal would wait for this callback");
            assert!(would_deadlock(error));
            refusals.lock().unwrap().push((place, host.reference().is_present()));
        }
    };
    let in_transfer = try_it.clone();
    controller.on_transfer(move || in_transfer("transfer"));
    let in_detach = try_it.clone();
    controller.on_detach(move |_| in_detach("detach"));
    let in_attach = try_it.clone();
    controller.on_attach(move |_| in_attach("attach"));
    let in_notice = try_it.clone();
    peripheral.on_leaving(move |_| in_notice("notice"));

    link.write(dcs::Nop).unwrap();
    link.detach().unwrap();
    let link = device.attach(CONFIG).unwrap();
    controller.forget_hooks();
    assert!(host.unregister().unwrap().is_some());
    let tried = refusals.lock().unwrap().clone();
    // In the notice the host is leaving already, by the removal that is told of.
    assert_eq!(tried, [("transfer", true), ("detach", true), ("attach", true), ("notice", false)]);
    controller.assert_quiet();
    peripheral.forget_hooks();
    drop(link);
}

#[test]
fn the_devices_own_calls_from_inside_its_callbacks_are_refused_and_change_nothing() {
    let Attached { controller, device, link, host: _host, .. } = Attached::new();
    {
        let (device, link) = (device.clone(), link.clone());
        controller.on_transfer(move || {
            assert!(device.unregister().is_err_and(would_deadlock));
            assert!(link.detach().is_err_and(would_deadlock));
            let nested = link.write(dcs::Nop);
            assert!(matches!(nested, Err(TransferError::StillRunning(error)) if would_deadlock(error)));
        });
    }
    assert_eq!(link.write(dcs::Nop), Ok(()));
    assert_eq!(link.write(dcs::Nop), Ok(()), "still attached");
    controller.forget_hooks();
    {
        let (device, link) = (device.clone(), link.clone());
        controller.on_detach(move |_| {
            assert!(device.unregister().is_err_and(would_deadlock));
            assert!(link.detach().is_err_and(would_deadlock));
            let attach = device.attach(CONFIG);
            assert!(matches!(attach, Err(AttachError::StillRunning(error)) if would_deadlock(error)));
        });
    }
    assert_eq!(link.detach(), Ok(Removed::ByThisCall));
    assert_eq!(device.unregister(), Ok(Removed::ByThisCall));
    controller.assert_quiet();
    controller.forget_hooks();
}

#[test]
fn of_two_callbacks_that_remove_each_others_host_one_is_refused() {
    let bus = bus();
    let a = Attached::on(bus.clone(), "a");
    let b = Attached::on(bus, "b");
    let both_inside = Arc::new(Barrier::new(2));
    let refused = Arc::new(Mutex::new(0));
    let remove_other = |mine: &Attached, other: &Attached| {
        let (host, both_inside, refused) = (other.host.clone(), both_inside.clone(), refused.clone());
        mine.controller.on_transfer(move || {
            both_inside.wait();
            match host.unregister() {
                Ok(controller) => assert!(controller.is_some()),
                Err(error) => {
                    assert!(would_deadlock(error));
                    *refused.lock().unwrap() += 1;
                }
            }
        });
    };
    remove_other(&a, &b);
    remove_other(&b, &a);
    let senders = [a.link.clone(), b.link.clone()].map(|link| thread::spawn(move || link.write(dcs::Nop)));
    for sender in senders {
        assert_eq!(sender.join().unwrap(), Ok(()));
    }
    assert_eq!(*refused.lock().unwrap(), 1);
    for end in [&a, &b] {
        end.controller.forget_hooks();
        end.host.unregister().unwrap();
        end.controller.assert_quiet();
    }
}

#[test]
fn a_link_dropped_inside_a_transfer_is_detached_when_the_transfer_ends() {
    let Attached { controller, link, device, host, peripheral, .. } = Attached::new();
    let link = Mutex::new(Arc::into_inner(link));
    {
        let inside = controller.clone();
        controller.on_transfer(move || {
            drop(link.lock().unwrap().take());
            assert_eq!(inside.counts()[1], 0, "not while the transfer runs");
        });
    }
    {
        let inside = controller.clone();
        peripheral.on_leaving(move |notice| {
            assert_eq!(notice.transport.write(dcs::SetDisplayOff), Ok(()));
            assert_eq!(inside.counts()[1], 1, "the transfer has ended");
            assert_eq!(device.check(), Ok(()), "detached, not unregistered");
        });
    }
    assert!(host.unregister().unwrap().is_some());
    assert_eq!(controller.counts(), [1, 1, 1]);
    controller.assert_quiet();
    controller.forget_hooks();
    peripheral.forget_hooks();
}

#[test]
fn a_device_dropped_inside_its_own_transfer_is_unregistered_when_the_transfer_ends() {
    let Attached { controller, link, device, bus, host, .. } = Attached::new();
    let device = Mutex::new(Arc::into_inner(device));
    {
        let inside = controller.clone();
        controller.on_transfer(move || {
            drop(device.lock().unwrap().take());
            assert_eq!(inside.counts(), [1, 0, 1], "not while the transfer runs");
        });
    }
    assert_eq!(link.write(dcs::Nop), Ok(()));
    assert_eq!(controller.counts(), [1, 1, 1]);
    assert!(host.register_device(DeviceInfo::new(VC0, "the next")).is_ok(), "the channel is free again");
    controller.forget_hooks();
    drop((link, host));
    assert_eq!(bus.reports().count(), 0);
    controller.assert_quiet();
}

#[test]
fn a_host_dropped_inside_its_own_callback_is_removed_when_the_callback_ends() {
    let Attached { controller, link, device, bus, host, peripheral } = Attached::new();
    let host = Mutex::new(Arc::into_inner(host));
    controller.on_transfer(move || drop(host.lock().unwrap().take()));
    assert_eq!(link.write(dcs::Nop), Ok(()));
    assert_eq!((controller.counts(), peripheral.told()), ([1, 1, 1], 1));
    controller.forget_hooks();
    drop((link, device));
    assert_eq!(bus.reports().count(), 0);
    assert_eq!(Arc::strong_count(&controller), 1, "what nobody takes back is dropped");
    controller.assert_quiet();
}

#[test]
fn an_errand_waits_for_the_call_of_another_thread_to_end() {
    let Attached { controller, link, device, host, .. } = Attached::new();
    let (sending, go_on) = (Gate::default(), Gate::default());
    let (other_device, other) = attach(&host.reference(), VC1, &TestPeripheral::new());
    {
        let (sending, go_on) = (sending.clone(), go_on.clone());
        controller.on_transfer(move || {
            sending.open();
            go_on.pass();
        });
    }
    let sender = thread::spawn(move || other.write(dcs::Nop));
    sending.pass();
    // Inside a detach of channel 0, the other channel's device is dropped while its transfer runs elsewhere. That wait
    // would end, so it is waited out.
    let dropped = Arc::new(Mutex::new(Arc::into_inner(other_device)));
    {
        let (dropped, go_on) = (dropped.clone(), go_on.clone());
        controller.on_detach(move |attachment| {
            if attachment.channel == VC0 {
                go_on.open();
                drop(dropped.lock().unwrap().take());
            }
        });
    }
    assert_eq!(link.detach(), Ok(Removed::ByThisCall));
    sender.join().unwrap().unwrap();
    assert_eq!(controller.counts(), [2, 2, 1]);
    drop((device, host));
    controller.forget_hooks();
    controller.assert_quiet();
}

#[test]
fn a_surprise_unregister_that_is_refused_changes_nothing_either() {
    let Attached { controller, device, link, host: _host, .. } = Attached::new();
    {
        let device = device.clone();
        controller.on_transfer(move || {
            assert!(device.unregister_with(RemovalKind::Surprise, None).is_err_and(would_deadlock));
        });
    }
    assert_eq!(link.write(dcs::Nop), Ok(()));
    controller.forget_hooks();
    assert_eq!(device.check(), Ok(()));
    assert_eq!(link.write(dcs::Nop), Ok(()), "still attached");
}

#[test]
fn a_callback_that_drops_a_device_and_unwinds_leaves_no_errand_behind() {
    let Attached { controller, link, device, bus, host: _host, .. } = Attached::new();
    let device = Mutex::new(Arc::into_inner(device));
    controller.on_transfer(move || {
        let _dropped = device.lock().unwrap().take();
        panic!("the transfer panics");
    });
    let sent = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| link.write(dcs::Nop)));
    assert!(sent.is_err());
    let report = bus.report(0).unwrap().devices[0];
    assert_eq!((report.state, report.errand), (DeviceState::Gone, Errand::None));
    controller.forget_hooks();
}
