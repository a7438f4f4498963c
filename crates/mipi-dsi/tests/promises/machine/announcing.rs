//! A device whose driver announces it: it is there when that has succeeded, and withdrawn before it goes.

use super::{failed, give_up, next, returned, TheBooks, ANN, BEN, CLEO, VC0};
use mipi_dsi::bus::machine::{
    Attach, Callback, Errands, LinkKey, Next, Profile, RegisterDevice, RegisterDeviceOutcome, Running,
    UnregisterDevice, UnregisterHost,
};
use mipi_dsi::bus::{
    report::{DeviceKey, Errand, HostKey, WaitFor},
    RemovalKind, Removed, Side, StillRunning, WaitError,
};

/// Ann announces a device on a new host.
fn announcing(books: &mut TheBooks) -> (HostKey, DeviceKey, Running<RegisterDevice>) {
    let host = books.new_host(0, Profile::Exclusive);
    let mut register = Running::new(RegisterDevice::new(host, VC0, true), ANN);
    let Next::Call(Callback::Announce(device)) = next(&mut register, books) else {
        panic!("it is announced")
    };
    (host, device, register)
}

#[test]
fn a_device_whose_announcement_fails_is_not_registered() {
    let mut books = TheBooks::new();
    let (host, device, mut register) = announcing(&mut books);
    assert_eq!(failed(&mut register, &mut books), Next::Call(Callback::Forget(device)));
    assert_eq!(returned(&mut register, &mut books), Next::Done);
    assert_eq!(register.outcome(), Err(RegisterDeviceOutcome::NotAnnounced));
    assert!(!books.has_registered(device));
    assert!(books.hosts[0].register_device(host, VC0, None).is_ok(), "its channel is free");
}

#[test]
fn an_announced_device_is_withdrawn_once_before_it_is_detached() {
    let mut books = TheBooks::new();
    let (_, device, mut register) = announcing(&mut books);
    assert_eq!(returned(&mut register, &mut books), Next::Done);
    assert_eq!(register.outcome(), Ok(device));
    let mut attach = Running::new(Attach::new(device), ANN);
    assert_eq!(next(&mut attach, &mut books), Next::Call(Callback::Attach(device)));
    assert_eq!(returned(&mut attach, &mut books), Next::Done);
    let mut unregister =
        Running::new(UnregisterDevice::new(device, Side::Peripheral, RemovalKind::Orderly), ANN);
    let callbacks = [
        next(&mut unregister, &mut books),
        returned(&mut unregister, &mut books),
        returned(&mut unregister, &mut books),
        returned(&mut unregister, &mut books),
    ];
    let [withdraw, detach, forget] =
        [Callback::Withdraw(device), Callback::Detach(device), Callback::Forget(device)].map(Next::Call);
    assert_eq!(callbacks, [withdraw, detach, forget, Next::Done]);
    assert_eq!(unregister.outcome(), Ok(Removed::ByThisCall));
}

#[test]
fn a_removal_waits_for_an_announcement() {
    let mut books = TheBooks::new();
    let (host, device, mut register) = announcing(&mut books);
    let mut removal = Running::new(UnregisterHost::new(host, RemovalKind::Orderly), BEN);
    assert_eq!(next(&mut removal, &mut books), Next::Wait(WaitFor::Registration(device)));
    assert_eq!(returned(&mut register, &mut books), Next::Done);
    let tell = Callback::Tell(device, RemovalKind::Orderly);
    assert_eq!(next(&mut removal, &mut books), Next::Call(tell));
}

/// Both would wait for the announcement that they are called from.
#[test]
fn the_announcers_own_removals_are_refused_and_change_nothing() {
    let mut books = TheBooks::new();
    let (host, device, _register) = announcing(&mut books);
    let before = books.hosts[0].clone();
    let surprise = RemovalKind::Surprise;
    let mut of_device = Running::new(UnregisterDevice::new(device, Side::Peripheral, surprise), ANN);
    let mut of_host = Running::new(UnregisterHost::new(host, surprise), ANN);
    assert_eq!(next(&mut of_device, &mut books), Next::Done);
    assert_eq!(next(&mut of_host, &mut books), Next::Done);
    let waiting_for = WaitFor::Registration(device);
    let refused = Err(StillRunning { waiting_for, why: WaitError::WouldDeadlock, begun: false });
    assert_eq!((of_device.outcome(), of_host.outcome()), (refused, refused));
    assert_eq!(books.hosts[0], before);
}

#[test]
fn what_cannot_be_undone_at_once_is_left_as_an_errand() {
    let mut books = TheBooks::new();
    let (_, device, mut register) = announcing(&mut books);
    // A driver finds the device as soon as it is announced.
    let mut attach = Running::new(Attach::new(device), CLEO);
    assert_eq!(next(&mut attach, &mut books), Next::Call(Callback::Attach(device)));
    assert_eq!(returned(&mut attach, &mut books), Next::Done);
    let link = LinkKey { device, attachment: attach.outcome().ok() };
    let mut packet = books.sending(link, CLEO);
    assert_eq!(failed(&mut register, &mut books), Next::Wait(WaitFor::Link(device.host)));
    give_up(&mut register, &mut books);
    assert_eq!(register.outcome(), Err(RegisterDeviceOutcome::NotAnnounced));
    let left = books.hosts[0].registration(device).map(|registration| registration.errand);
    assert_eq!(left, Ok(Errand::Unregister));
    assert_eq!(returned(&mut packet, &mut books), Next::Done);
    let mut errands = Running::new(Errands::new(0), CLEO);
    assert_eq!(next(&mut errands, &mut books), Next::Call(Callback::Detach(device)));
}
