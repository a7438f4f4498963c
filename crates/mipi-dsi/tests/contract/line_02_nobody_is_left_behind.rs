//! Line 2: when unregistering a host returns, nothing of the controller's is held or called any more; the mirror for
//! a peripheral's unregister.

use super::support::*;
use mipi_dsi::bus::{Commands, DeviceInfo, Removed};
use mipi_dsi::dcs;
use mipi_dsi::wire::VirtualChannel;
use std::sync::atomic::Ordering::SeqCst;
use std::sync::Arc;
use std::thread;

#[test]
fn unregistering_a_host_waits_for_the_transfer_in_flight_and_gives_the_only_handle_back() {
    let Attached { controller, host, link, device, .. } = Attached::new();
    let sending = Gate::default();
    let go_on = Gate::default();
    {
        let (sending, go_on) = (sending.clone(), go_on.clone());
        controller.on_transfer(move || {
            sending.open();
            go_on.pass();
        });
    }
    let sender = {
        let link = link.clone();
        thread::spawn(move || link.write(dcs::ExitSleepMode))
    };
    sending.pass();
    let remover = {
        let controller = controller.clone();
        thread::spawn(move || {
            let given_back = host.unregister().unwrap().expect("the only remover");
            given_back.retire();
            drop(controller);
            Arc::strong_count(&given_back)
        })
    };
    let_others_run();
    assert!(!remover.is_finished(), "the removal did not wait for the transfer");
    go_on.open();
    assert_eq!(sender.join().unwrap(), Ok(()), "running work is not cut");
    // This test's own handle and the one that was given back: the bus holds none.
    assert_eq!(remover.join().unwrap(), 2);
    assert!(link.write(dcs::ExitSleepMode).is_err());
    assert!(device.attach(CONFIG).is_err());
    drop((link, device));
    controller.assert_quiet();
}

#[test]
fn unregistering_a_host_leaves_no_device_registered_or_attached() {
    let Attached { controller, host, peripheral, bus, device: _device, link: _link, .. } = Attached::new();
    let (_device, _link) = attach(&host.reference(), VC1, &peripheral);
    let registered_only = host.register_device(DeviceInfo::new(VirtualChannel::VC2, "idle")).unwrap();
    assert!(host.unregister().unwrap().is_some());
    assert_eq!(controller.counts(), [2, 2, 0]);
    assert!(registered_only.check().is_err());
    controller.assert_quiet();
    assert!(bus.find_host("fd922800.dsi").is_none());
}

#[test]
fn a_peripherals_unregister_waits_for_its_notice_and_none_follows() {
    let Attached { host, peripheral, device, link: _link, .. } = Attached::new();
    let telling = Gate::default();
    let go_on = Gate::default();
    {
        let (telling, go_on) = (telling.clone(), go_on.clone());
        peripheral.on_leaving(move |_| {
            telling.open();
            go_on.pass();
        });
    }
    let remover = thread::spawn(move || host.unregister().unwrap().is_some());
    telling.pass();
    let unregister = {
        let peripheral = peripheral.clone();
        thread::spawn(move || {
            let removed = device.unregister();
            assert_eq!(peripheral.telling.load(SeqCst), 0, "the notice still runs");
            removed
        })
    };
    let_others_run();
    assert!(!unregister.is_finished());
    go_on.open();
    assert!(unregister.join().unwrap().is_ok());
    assert!(remover.join().unwrap());
    assert_eq!(peripheral.told(), 1);
}

#[test]
fn a_peripherals_unregister_waits_for_a_notice_from_inside_which_the_device_was_unregistered() {
    let Attached { host, peripheral, device, link, .. } = Attached::new();
    let unregistered = Gate::default();
    let go_on = Gate::default();
    {
        let (unregistered, go_on, device) = (unregistered.clone(), go_on.clone(), device.clone());
        peripheral.on_leaving(move |_| {
            assert_eq!(device.unregister(), Ok(Removed::ByThisCall));
            unregistered.open();
            go_on.pass();
        });
    }
    let remover = thread::spawn(move || host.unregister().unwrap().is_some());
    unregistered.pass();
    let again = {
        let (device, peripheral) = (device.clone(), peripheral.clone());
        thread::spawn(move || {
            let removed = device.unregister();
            assert_eq!(peripheral.telling.load(SeqCst), 0, "the notice still runs");
            removed
        })
    };
    let_others_run();
    assert!(!again.is_finished());
    go_on.open();
    assert_eq!(again.join().unwrap(), Ok(Removed::Already));
    assert!(remover.join().unwrap());
    peripheral.forget_hooks();
    drop(link);
}

#[test]
fn a_peripherals_unregister_waits_for_its_own_transfer() {
    let Attached { controller, link, device, host, .. } = Attached::new();
    let sending = Gate::default();
    let go_on = Gate::default();
    {
        let (sending, go_on) = (sending.clone(), go_on.clone());
        controller.on_transfer(move || {
            sending.open();
            go_on.pass();
        });
    }
    let sender = thread::spawn(move || link.write(dcs::Nop));
    sending.pass();
    let unregister = thread::spawn(move || device.unregister());
    let_others_run();
    assert!(!unregister.is_finished());
    go_on.open();
    assert_eq!(sender.join().unwrap(), Ok(()));
    assert_eq!(unregister.join().unwrap(), Ok(Removed::ByThisCall));
    drop(host);
    controller.assert_quiet();
}
