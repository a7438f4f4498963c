//! A handle whose registration has gone says so, and never answers for a successor.

use super::soon;
use super::support::{attach, Attached, Gate, TestBus, TestPeripheral, CONFIG, VC0};
use mipi_dsi::bus::{
    report::{HandleCount, Presence},
    Commands, Gone, RemovalKind, Removed, TransferError,
};
use std::sync::{Arc, Mutex};
use std::thread;

#[test]
fn a_host_that_has_gone_is_not_declared_gone() {
    let Attached { bus, host, device: _device, link: _link, .. } = Attached::new();
    assert!(host.unregister().unwrap().is_some());
    assert!(!host.declare_gone());
    assert_eq!(bus.report(0).unwrap().presence, Presence::Gone);
    assert!(host.unregister().unwrap().is_none());
    let next = Attached::on(bus, "fd922800.dsi");
    assert_eq!(next.host.key().slot, host.key().slot, "its slot can be taken");
}

#[test]
fn a_found_host_is_not_its_successor() {
    let old = Attached::new();
    let found = old.host.reference();
    old.host.unregister().unwrap();
    let new = Attached::on(old.bus.clone(), "fd922800.dsi");
    assert_eq!(new.host.key().slot, found.key().slot, "the test is about the same slot");
    assert!(new.host.reference().is_present());
    assert!(!found.is_present());
}

#[test]
fn handles_of_predecessors_are_counted_apart() {
    let counts = |bus: &TestBus| {
        let report = bus.report(0).unwrap();
        [report.handles, report.devices[0].handles]
    };
    let count = |current, old| HandleCount { current, old };
    let old = Attached::new();
    assert_eq!(counts(&old.bus), [count(1, 0), count(2, 0)]);
    old.device.unregister().unwrap();
    let (device, link) = attach(&old.host.reference(), VC0, &TestPeripheral::new());
    assert_eq!(counts(&old.bus), [count(1, 0), count(2, 2)]);
    old.host.unregister().unwrap();
    let new = Attached::on(old.bus.clone(), "fd922800.dsi");
    assert_eq!(new.host.key().slot, old.host.key().slot, "the test is about the same slot");
    assert_eq!(counts(&old.bus), [count(1, 1), count(2, 4)]);
    drop((old.link, old.device));
    assert_eq!(counts(&old.bus), [count(1, 1), count(2, 2)]);
    drop((link, device, old.host));
    assert_eq!(counts(&old.bus), [count(1, 0), count(2, 0)]);
}

/// Whoever attaches sends on what attach is lent, and not on the link that was there before.
#[test]
fn a_link_is_dead_in_the_next_attach() {
    let Attached { controller, device, link, host: _host, .. } = Attached::new();
    link.detach().unwrap();
    let sent = Arc::new(Mutex::new(vec![]));
    let heard = sent.clone();
    controller.on_attach(move |attachment| {
        heard.lock().unwrap().extend([link.dcs_write(&[1]), attachment.transport.dcs_write(&[2])]);
    });
    let _again = device.attach(CONFIG).unwrap();
    assert_eq!(*sent.lock().unwrap(), [Err(TransferError::Gone(Gone::Detached)), Ok(())]);
    controller.forget_hooks();
}

#[test]
fn an_old_device_does_not_wait_for_the_notice_of_its_successor() {
    let Attached { host, device: old, link: _link, .. } = Attached::new();
    old.unregister().unwrap();
    let peripheral = TestPeripheral::new();
    let (_device, _new_link) = attach(&host.reference(), VC0, &peripheral);
    let (telling, go_on) = (Gate::default(), Gate::default());
    {
        let (telling, go_on) = (telling.clone(), go_on.clone());
        peripheral.on_leaving(move |_| {
            telling.open();
            go_on.pass();
        });
    }
    let remover = thread::spawn(move || host.unregister().unwrap().is_some());
    telling.pass();
    assert_eq!(old.unregister_with(RemovalKind::Orderly, soon()), Ok(Removed::Already));
    go_on.open();
    assert!(remover.join().unwrap());
}
