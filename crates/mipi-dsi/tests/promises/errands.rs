//! What was left to do is done by whoever calls next.

use super::support::{attach, bus, Attached, TestBus, TestPeripheral, CONFIG, VC0, VC1};
use super::{cancels_stop_at, ends, send, transfers_stop_at, SharedDevice, SharedLink};
use mipi_dsi::bus::{
    report::{DeviceState, Errand, Presence},
    Commands, DeviceInfo, Lanes, LinkConfig, PixelFormat,
};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Instant;

fn presence(bus: &TestBus) -> Presence {
    bus.report(0).unwrap().presence
}

/// The owner drops the host inside its transfer while a hot-plug interrupt is in cancel, which ends last.
#[test]
fn a_dropped_host_goes_when_the_cancel_of_declare_gone_ends_last() {
    let Attached { bus, controller, host, device, link, peripheral } = Attached::new();
    let reference = host.reference();
    let host = Mutex::new(Some(host));
    let (sending, go_on) = transfers_stop_at(&controller);
    let (enter, leave) = (sending.clone(), go_on.clone());
    controller.on_transfer(move || {
        enter.open();
        leave.pass();
        drop(host.lock().unwrap().take());
    });
    let (cancelling, end_cancel) = cancels_stop_at(&controller);
    // It does not wait for the cancel, and so ends first.
    let impatient = link.clone();
    let sender = thread::spawn(move || impatient.until(Instant::now()).dcs_write(&[1]));
    sending.pass();
    let plug = thread::spawn(move || reference.declare_gone());
    cancelling.pass();
    go_on.open();
    assert_eq!(sender.join().unwrap(), Ok(()));
    assert!(matches!(presence(&bus), Presence::Leaving(_)));
    end_cancel.open();
    assert!(plug.join().unwrap());
    assert_eq!((presence(&bus), peripheral.told()), (Presence::Gone, 1));
    assert!(!bus.report(0).unwrap().errand, "it has been done");
    controller.forget_hooks();
    assert_eq!(Arc::strong_count(&controller), 1, "the bus still holds the controller");
    drop((device, link));
    assert_eq!(bus.reports().count(), 0);
}

/// A device is dropped in its own transfer, which another can't end yet; a command of a device that has gone, on the same
/// host, does what was left.
#[test]
fn a_late_command_on_a_dead_handle_carries_an_errand_out() {
    let Attached { bus, controller, host, device, link, .. } = Attached::new();
    let (late_device, late_link) = attach(&host.reference(), VC1, &TestPeripheral::new());
    late_device.unregister().unwrap();
    let kept: Arc<Mutex<Option<(SharedDevice, SharedLink)>>> = Arc::new(Mutex::new(None));
    let owned = kept.clone();
    let state = |bus: &TestBus| bus.report(0).unwrap().devices[0].state;
    // Errands are not carried out while the transfer runs: the channel is busy.
    let (watched, bus_inside) = (Arc::new(Mutex::new(vec![])), bus.clone());
    let seen = watched.clone();
    controller.on_transfer(move || {
        drop(owned.lock().unwrap().take());
        seen.lock()
            .unwrap()
            .push((bus_inside.report(0).unwrap().devices[0].state, late_link.dcs_write(&[1])));
    });
    let last = link.clone();
    *kept.lock().unwrap() = Some((device, link));
    last.dcs_write(&[1]).unwrap();
    let [(while_sending, late)] = &watched.lock().unwrap()[..] else { panic!("one transfer") };
    assert!(*while_sending != DeviceState::Gone && late.is_err());
    assert_eq!(state(&bus), DeviceState::Gone, "whoever ended the transfer carried the errand out");
    drop((last, late_device));
    controller.forget_hooks();
    drop(host);
    controller.assert_quiet();
}

/// Errands of a host on which nobody calls any more are carried out by a call that does just that.
#[test]
fn run_errands_does_what_nobody_else_would() {
    let Attached { bus, controller, host, device, link, .. } = Attached::new();
    let (sending, go_on) = transfers_stop_at(&controller);
    let sender = send(&link);
    sending.pass();
    // The link is busy for longer than this drop may wait.
    let impatient = super::support::bus_with_limit(std::time::Duration::from_millis(1));
    drop(impatient);
    let dropped = thread::spawn(move || drop(host));
    assert!(!ends(&dropped), "an orderly removal waits for the transfer");
    go_on.open();
    sender.join().unwrap().unwrap();
    dropped.join().unwrap();
    bus.run_errands();
    assert_eq!(presence(&bus), Presence::Gone);
    drop((device, link));
    controller.assert_quiet();
}

#[test]
fn a_link_that_was_dropped_in_its_transfer_leaves_no_errand_behind() {
    let Attached { bus, controller, host, device, link, peripheral } = Attached::new();
    let link = Mutex::new(Arc::into_inner(link));
    controller.on_transfer(move || drop(link.lock().unwrap().take()));
    let seen = Arc::new(Mutex::new(None));
    let after = seen.clone();
    peripheral.on_leaving(move |notice| {
        notice.transport.dcs_write(&[0x28]).unwrap();
        let device = bus.report(0).unwrap().devices[0];
        *after.lock().unwrap() = Some((device.state, device.errand));
    });
    assert!(host.unregister().unwrap().is_some());
    assert_eq!(*seen.lock().unwrap(), Some((DeviceState::Registered, Errand::None)));
    controller.forget_hooks();
    peripheral.forget_hooks();
    drop(device);
}

/// On a serialised host, where a detach inside of another's attach would wait for that.
#[test]
fn a_detach_that_is_left_to_an_attach_has_its_own_configuration() {
    let Attached { controller, host, link, device: _device, .. } = Attached::serialised(bus());
    let second = host.register_device(DeviceInfo::new(VC1, "second")).unwrap();
    let link = Mutex::new(Some(link));
    controller.on_attach(move |_| drop(link.lock().unwrap().take()));
    let seen = Arc::new(Mutex::new(vec![]));
    let detached = seen.clone();
    controller.on_detach(move |attachment| {
        detached.lock().unwrap().push((attachment.channel, *attachment.config));
    });
    let _second_link = second.attach(LinkConfig::command(Lanes::One, PixelFormat::Rgb565)).unwrap();
    let seen = seen.lock().unwrap().clone();
    assert_eq!(seen, [(VC0, CONFIG)]);
}
