//! Errands, step by step: examples of what the search in `interleavings` finds.
//!
//! Through the handles neither comes about: a link that is being sent on is borrowed, so it is not dropped then, and
//! nobody but its link detaches a device that stays registered. A driver that calls the operations itself, or a C
//! interface without borrows, comes to both.

use super::books::TheBooks;
use super::notices::{next, returned};
use mipi_dsi::bus::machine::{
    Attach, AttachOutcome, Callback, Detach, Errands, Generation, LinkKey, Next, Operation, Profile,
    RegisterDevice, Running, Serving, UnregisterDevice, UseLink,
};
use mipi_dsi::bus::{
    report::{DeviceKey, WaitFor},
    Caller, Gone, RemovalKind, Removed, Side, StillRunning, WaitError,
};
use mipi_dsi::wire::VirtualChannel;

const ONE: Caller = Caller::from_number(0);
const OTHER: Caller = Caller::from_number(1);

fn attached() -> (TheBooks, DeviceKey, Generation) {
    let mut books = TheBooks::new();
    let host = books.hosts[0].begin_host(0, Profile::Exclusive).expect("the slot is vacant");
    books.hosts[0].finish_host(true);
    let mut register = Running::new(RegisterDevice::new(host, VirtualChannel::VC0, false), ONE);
    assert_eq!(next(&mut register, &mut books), Next::Done);
    let device = register.outcome().expect("the channel is free");
    let attachment = attach(&mut books, device);
    (books, device, attachment)
}

fn attach(books: &mut TheBooks, device: DeviceKey) -> Generation {
    let mut attach = Running::new(Attach::new(device), ONE);
    assert_eq!(next(&mut attach, books), Next::Call(Callback::Attach(device)));
    assert_eq!(returned(&mut attach, books), Next::Done);
    attach.outcome().expect("the host has not refused")
}

fn would_deadlock(waiting_for: WaitFor) -> StillRunning {
    StillRunning { waiting_for, why: WaitError::WouldDeadlock, begun: false }
}

fn unregister(device: DeviceKey) -> Running<UnregisterDevice> {
    Running::new(UnregisterDevice::new(device, Side::Peripheral, RemovalKind::Orderly), ONE)
}

#[test]
fn one_that_is_left_while_an_errand_is_carried_out_is_carried_out_too() {
    let (mut books, device, attachment) = attached();
    // Inside a transfer, the link is dropped.
    let key = LinkKey { device, attachment: Some(attachment) };
    let mut transfer = Running::new(UseLink::packet(key), ONE);
    assert_eq!(next(&mut transfer, &mut books), Next::Call(Callback::Transfer(device)));
    let mut detach = Running::new(Detach::link(device, attachment), ONE);
    assert_eq!(next(&mut detach, &mut books), Next::Done);
    assert_eq!(detach.outcome(), Err(would_deadlock(WaitFor::Link(device.host))));
    books.hosts[0].leave_detach_errand(device, attachment);
    assert_eq!(returned(&mut transfer, &mut books), Next::Done);
    // Whoever ended the transfer detaches it; inside the detach, the device is dropped.
    let mut errands = Running::new(Errands::new(0), ONE);
    assert_eq!(next(&mut errands, &mut books), Next::Call(Callback::Detach(device)));
    let mut dropped = unregister(device);
    assert_eq!(next(&mut dropped, &mut books), Next::Done);
    assert_eq!(dropped.outcome(), Err(would_deadlock(WaitFor::Serving(device))));
    books.hosts[0].leave_unregister_errand(device);
    assert_eq!(returned(&mut errands, &mut books), Next::Call(Callback::Forget(device)));
}

#[test]
fn one_of_a_link_ends_no_other_attachment() {
    let (mut books, device, first) = attached();
    // Another caller detaches it; the link is dropped meanwhile, under a lock that cannot wait.
    let mut detach = Running::new(Detach::device(device), OTHER);
    assert_eq!(next(&mut detach, &mut books), Next::Call(Callback::Detach(device)));
    let mut dropped = Running::new(Detach::link(device, first), ONE);
    assert_eq!(next(&mut dropped, &mut books), Next::Wait(WaitFor::Serving(device)));
    (&mut dropped as &mut Running<dyn Operation>).give_up(&mut books, WaitError::CannotWait);
    // The other core goes on before the errand is left.
    assert_eq!(returned(&mut detach, &mut books), Next::Done);
    assert_eq!(detach.outcome(), Ok(Removed::ByThisCall));
    let second = attach(&mut books, device);
    books.hosts[0].leave_detach_errand(device, first);
    assert_eq!(next(&mut Running::new(Errands::new(0), ONE), &mut books), Next::Done);
    let serving = books.hosts[0].registration(device).map(|registration| registration.serving);
    assert_eq!(serving, Ok(Serving::Attached(second)));
}

#[test]
fn a_device_that_is_left_to_be_unregistered_is_not_attached() {
    let (mut books, device, _) = attached();
    let mut detach = Running::new(Detach::device(device), ONE);
    assert_eq!(next(&mut detach, &mut books), Next::Call(Callback::Detach(device)));
    books.hosts[0].leave_unregister_errand(device);
    assert_eq!(returned(&mut detach, &mut books), Next::Done);
    let mut attach = Running::new(Attach::new(device), OTHER);
    assert_eq!(next(&mut attach, &mut books), Next::Done);
    assert_eq!(attach.outcome(), Err(AttachOutcome::Gone(Gone::Unregistered)));
}

#[test]
fn the_larger_of_two_errands_stays() {
    for detach_first in [true, false] {
        let (mut books, device, attachment) = attached();
        let book = &mut books.hosts[0];
        if detach_first {
            book.leave_detach_errand(device, attachment);
        }
        book.leave_unregister_errand(device);
        if !detach_first {
            book.leave_detach_errand(device, attachment);
        }
        let mut run = Running::new(Errands::new(0), ONE);
        assert_eq!(next(&mut run, &mut books), Next::Call(Callback::Detach(device)));
        assert_eq!(returned(&mut run, &mut books), Next::Call(Callback::Forget(device)));
    }
}
