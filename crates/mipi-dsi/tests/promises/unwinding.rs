//! A callback that unwinds gives up what it had claimed, runs errands, and counts its handles.

use super::support::{attach, bus, Attached, Gate, TestPeripheral, CONFIG, VC0, VC1};
use super::{send, soon, transfers_stop_at, unwinds};
use mipi_dsi::bus::{
    report::{DeviceState, Errand, Presence},
    AttachError, Commands, DeviceInfo, Gone, RemovalKind, Removed, TransferError,
};
use mipi_dsi::wire::VirtualChannel;
use std::sync::Mutex;
use std::thread;

#[test]
fn the_removal_goes_on_after_a_notice_that_panicked() {
    let Attached { host, peripheral, device: _device, link: _link, .. } = Attached::new();
    peripheral.on_leaving(|_| panic!("in the notice"));
    assert!(unwinds(|| host.unregister()));
    let again = host.unregister_with(RemovalKind::Orderly, soon());
    assert!(again.is_ok_and(|controller| controller.is_some()));
    assert_eq!(peripheral.told(), 1);
}

#[test]
fn the_unregistration_goes_on_after_a_detach_that_panicked() {
    let Attached { controller, device, host: _host, link: _link, .. } = Attached::new();
    controller.on_detach(|_| panic!("in detach"));
    assert!(unwinds(|| device.unregister()));
    assert_eq!(device.unregister_with(RemovalKind::Orderly, soon()), Ok(Removed::ByThisCall));
    controller.forget_hooks();
}

#[test]
fn the_removal_goes_on_after_a_cancel_that_panicked() {
    let Attached { controller, host, link, device: _device, .. } = Attached::new();
    let (sending, go_on) = transfers_stop_at(&controller);
    controller.on_cancel(|| panic!("in cancel"));
    let sender = send(&link);
    sending.pass();
    let owner = host.clone();
    let remover = thread::spawn(move || owner.unregister_with(RemovalKind::Surprise, None).map(|_| ()));
    assert!(remover.join().is_err());
    go_on.open();
    let _ = sender.join().unwrap();
    let again = host.unregister_with(RemovalKind::Orderly, soon());
    assert!(again.is_ok_and(|controller| controller.is_some()));
}

/// A device is unregistered by surprise while it sends, and the cancel of its packet panics.
fn cancel_panicked() -> Attached {
    let attached = Attached::new();
    let Attached { controller, device, link, .. } = &attached;
    let (sending, go_on) = transfers_stop_at(controller);
    controller.on_cancel(|| panic!("in cancel"));
    let sender = send(link);
    sending.pass();
    assert!(unwinds(|| device.unregister_with(RemovalKind::Surprise, None)));
    go_on.open();
    sender.join().unwrap().unwrap();
    controller.forget_hooks();
    attached
}

/// Its peripheral has said that it has gone: there is nothing to attach.
#[test]
fn what_has_gone_by_surprise_is_not_attached_after_a_cancel_that_panicked() {
    let Attached { device, link, host: _host, .. } = cancel_panicked();
    link.detach().unwrap();
    let refused = device.attach(CONFIG).err();
    assert_eq!(refused, Some(AttachError::Gone(Gone::Unregistered)));
    assert_eq!(device.unregister_with(RemovalKind::Orderly, soon()), Ok(Removed::ByThisCall));
}

/// Three links are dropped, and each time detach panics: nobody holds anything afterwards.
#[test]
fn handles_are_counted_when_a_detach_panics_in_a_drop() {
    let Attached { bus, controller, host, device, link, .. } = Attached::new();
    drop(link);
    controller.on_detach(|_| panic!("in detach"));
    for _ in 0..3 {
        let link = device.attach(CONFIG).unwrap();
        assert!(unwinds(|| drop(link)));
    }
    assert_eq!(bus.report(0).unwrap().devices[0].handles.current, 1);
    controller.forget_hooks();
    drop((device, host));
    assert_eq!(bus.reports().count(), 0);
}

/// A device is dropped inside a transfer that then panics: the errand is carried out all the same.
#[test]
fn errands_are_carried_out_when_a_transfer_panics() {
    let Attached { bus, controller, host, device, link, .. } = Attached::new();
    let kept = Mutex::new(Some(device));
    controller.on_transfer(move || {
        drop(kept.lock().unwrap().take());
        panic!("in transfer");
    });
    assert!(unwinds(|| link.dcs_write(&[1])));
    assert_eq!(bus.report(0).unwrap().devices[0].state, DeviceState::Gone);
    controller.forget_hooks();
    drop((link, host));
}

/// The cancel was asked for as the hardware has gone; that it panicked changes nothing of that.
#[test]
fn a_device_that_has_gone_answers_though_the_cancel_of_its_removal_panicked() {
    let Attached { device, link, host: _host, .. } = cancel_panicked();
    assert_eq!(
        [1, 2].map(|opcode| link.dcs_write(&[opcode])),
        [Err(TransferError::Gone(Gone::Unregistered)); 2]
    );
    assert_eq!(device.unregister(), Ok(Removed::ByThisCall));
}

/// A device is dropped where its host is in an attach of another, and can't be detached before that has ended.
#[test]
fn errands_are_carried_out_when_an_attach_panics() {
    let Attached { bus, controller, host, device: _device, link: _link, .. } = Attached::serialised(bus());
    let (dropped, _other_link) = attach(&host.reference(), VC1, &TestPeripheral::new());
    let third = host.register_device(DeviceInfo::new(VirtualChannel::VC2, "third")).unwrap();
    let dropped = Mutex::new(Some(dropped));
    let (seen, inside) = (std::sync::Arc::new(Mutex::new(None)), bus.clone());
    let before = seen.clone();
    controller.on_attach(move |_| {
        drop(dropped.lock().unwrap().take());
        *before.lock().unwrap() = Some(inside.report(0).unwrap().devices[1].errand);
        panic!("in attach");
    });
    assert!(unwinds(|| third.attach(CONFIG)));
    assert_eq!(*seen.lock().unwrap(), Some(Errand::Unregister));
    assert_eq!(bus.report(0).unwrap().devices[1].state, DeviceState::Gone);
    controller.forget_hooks();
}

/// Nobody would have a link to it.
#[test]
fn nothing_is_attached_when_an_errand_after_its_attach_panics() {
    let Attached { bus, controller, host, device, link, .. } = Attached::serialised(bus());
    let other = host.register_device(DeviceInfo::new(VC1, "other")).unwrap();
    // That has to wait for the end of the attach.
    let dropped = Mutex::new(Some((device, link)));
    controller.on_attach(move |_| drop(dropped.lock().unwrap().take()));
    controller.on_detach(|attachment| assert_ne!(attachment.channel, VC0, "in the errand"));
    assert!(unwinds(|| other.attach(CONFIG)));
    controller.forget_hooks();
    let report = bus.report(host.key().slot).unwrap().devices[VC1.index()];
    assert_eq!((report.state, report.handles.current), (DeviceState::Registered, 1));
    assert!(other.attach(CONFIG).is_ok());
    controller.assert_quiet();
}

/// Nobody has a handle any more to go on with, so what the drop did not come to is an errand.
#[test]
fn what_a_drop_did_not_come_to_as_a_callback_panicked_is_an_errand() {
    let Attached { bus, controller, peripheral, host, device, link } = Attached::new();
    controller.on_detach(|_| panic!("in detach"));
    let device = std::sync::Arc::into_inner(device);
    assert!(unwinds(|| drop(device)));
    controller.forget_hooks();
    assert_eq!(bus.report(0).unwrap().devices[0].errand, Errand::Unregister);
    bus.run_errands();
    assert_eq!(bus.report(0).unwrap().devices[0].state, DeviceState::Gone);
    let _kept = (attach(&host.reference(), VC1, &peripheral), link);
    peripheral.on_leaving(|_| panic!("in the notice"));
    let host = std::sync::Arc::into_inner(host);
    assert!(unwinds(|| drop(host)));
    peripheral.forget_hooks();
    assert!(bus.report(0).unwrap().errand);
    bus.run_errands();
    assert_eq!(bus.report(0).unwrap().presence, Presence::Gone);
    controller.assert_quiet();
}

#[test]
fn a_link_whose_cancel_panicked_in_its_drop_is_detached_as_an_errand() {
    let Attached { bus, controller, host, device, link, .. } = Attached::new();
    let (sending, go_on) = (Gate::default(), Gate::default());
    let (enter, leave, reference) = (sending.clone(), go_on.clone(), host.reference());
    // Who sends says that the hardware has gone, and cancels nothing of their own.
    controller.on_transfer(move || {
        reference.declare_gone();
        enter.open();
        leave.pass();
    });
    let sender = thread::spawn({
        let device = device.clone();
        move || device.sender().dcs_write(&[1])
    });
    sending.pass();
    controller.on_cancel(|| panic!("in cancel"));
    let link = std::sync::Arc::into_inner(link);
    assert!(unwinds(|| drop(link)));
    assert!(matches!(bus.report(0).unwrap().devices[0].errand, Errand::Detach));
    go_on.open();
    sender.join().unwrap().unwrap();
    assert_eq!(bus.report(0).unwrap().devices[0].state, DeviceState::Registered);
    controller.forget_hooks();
    controller.assert_quiet();
}
