//! Line 4: a peripheral whose device was removed by the other side is told exactly once, and may do anything then.

use super::support::*;
use mipi_dsi::bus::{Commands, Gone, RemovalKind, Removed, TransferError};
use mipi_dsi::dcs;
use std::sync::atomic::Ordering::SeqCst;

#[test]
fn an_orderly_removal_tells_before_it_detaches_and_the_last_commands_arrive() {
    let Attached { controller, peripheral, host, link, bus, device: _device, .. } = Attached::new();
    {
        let controller = controller.clone();
        let link = link.clone();
        peripheral.on_leaving(move |notice| {
            assert_eq!(notice.removal, RemovalKind::Orderly);
            assert_eq!(controller.counts(), [1, 0, 0], "told before the detach");
            // No lock is held: looking at the bus would hang.
            assert_eq!(bus.reports().count(), 1);
            assert_eq!(notice.transport.write(dcs::SetDisplayOff), Ok(()));
            assert_eq!(link.write(dcs::EnterSleepMode), Ok(()));
        });
    }
    assert!(host.unregister().unwrap().is_some());
    assert_eq!(peripheral.told(), 1);
    assert_eq!(controller.counts(), [1, 1, 2]);
    assert_eq!(*controller.sent.lock().unwrap(), [(0x05, vec![0x28]), (0x05, vec![0x10])]);
    controller.assert_quiet();
    peripheral.forget_hooks();
}

#[test]
fn in_a_surprise_removal_transfers_fail_at_once() {
    let Attached { controller, peripheral, host, link, device: _device, .. } = Attached::new();
    peripheral.on_leaving(move |notice| {
        assert_eq!(notice.removal, RemovalKind::Surprise);
        let gone = Err(TransferError::Gone(Gone::HostRemoved));
        assert_eq!(notice.transport.write(dcs::SetDisplayOff), gone);
        assert_eq!(link.write(dcs::EnterSleepMode), gone);
    });
    assert!(host.unregister_with(RemovalKind::Surprise, None).unwrap().is_some());
    assert_eq!((peripheral.told(), peripheral.surprises.load(SeqCst)), (1, 1));
    assert_eq!(controller.counts(), [1, 1, 0], "detached all the same");
    controller.assert_quiet();
    peripheral.forget_hooks();
}

#[test]
fn it_may_detach_and_unregister_from_inside() {
    let Attached { controller, peripheral, host, device, link, .. } = Attached::new();
    {
        let (device, link) = (device.clone(), link.clone());
        peripheral.on_leaving(move |_| {
            assert_eq!(link.detach(), Ok(Removed::ByThisCall));
            assert_eq!(device.unregister(), Ok(Removed::ByThisCall));
            assert_eq!(device.unregister(), Ok(Removed::Already));
        });
    }
    assert!(host.unregister().unwrap().is_some());
    assert_eq!((peripheral.told(), controller.counts()), (1, [1, 1, 0]));
    controller.assert_quiet();
    peripheral.forget_hooks();
}

#[test]
fn it_may_drop_its_handles_from_inside() {
    let Attached { controller, peripheral, host, device, link, bus } = Attached::new();
    let handles = std::sync::Mutex::new(Some((device, link)));
    peripheral.on_leaving(move |_| drop(handles.lock().unwrap().take()));
    assert!(host.unregister().unwrap().is_some());
    assert_eq!((peripheral.told(), controller.counts()), (1, [1, 1, 0]));
    controller.assert_quiet();
    peripheral.forget_hooks();
    drop(host);
    assert_eq!(bus.reports().count(), 0);
}

#[test]
fn one_that_left_by_itself_is_not_told() {
    let Attached { peripheral, host, device, link: _link, .. } = Attached::new();
    assert_eq!(device.unregister(), Ok(Removed::ByThisCall));
    host.unregister().unwrap();
    assert_eq!(peripheral.told(), 0);
}

#[test]
fn it_is_told_once_though_the_removal_has_to_be_called_again() {
    let Attached { controller, peripheral, host, link, device: _device, .. } = Attached::new();
    let (sending, go_on) = (Gate::default(), Gate::default());
    {
        let (sending, go_on) = (sending.clone(), go_on.clone());
        controller.on_transfer(move || {
            sending.open();
            go_on.pass();
        });
    }
    let sender = std::thread::spawn(move || link.write(dcs::Nop));
    sending.pass();
    let soon = std::time::Instant::now() + std::time::Duration::from_millis(20);
    assert!(host.unregister_with(RemovalKind::Orderly, Some(soon)).is_err());
    go_on.open();
    sender.join().unwrap().unwrap();
    assert!(host.unregister().unwrap().is_some());
    assert_eq!(peripheral.told(), 1);
    controller.assert_quiet();
}
