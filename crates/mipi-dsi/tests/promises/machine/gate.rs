//! The gate stays closed as long as anybody has to be asked at the book.

use super::{next, returned, TheBooks, ANN, BEN, VC0};
use mipi_dsi::bus::machine::{Callback, Next, PerChannel, Profile, Running, UnregisterDevice, UseLink};
use mipi_dsi::bus::{RemovalKind, Side};

/// The link is free, and the one whose turn it is has not looked yet.
#[test]
fn nobody_overtakes_the_queue_through_the_gate() {
    let mut books = TheBooks::new();
    let host = books.new_host(0, Profile::Exclusive);
    let link = books.attached(host, VC0);
    let mut first = books.sending(link, BEN);
    let mut second = Running::new(UseLink::packet(link), ANN);
    assert!(matches!(next(&mut second, &mut books), Next::Wait(_)));
    assert_eq!(returned(&mut first, &mut books), Next::Done);
    assert!(!books.hosts[0].gate_may_open());
    assert_eq!(next(&mut second, &mut books), Next::Call(Callback::Transfer(link.device)));
    assert_eq!(returned(&mut second, &mut books), Next::Done);
    assert!(books.hosts[0].gate_may_open());
}

/// Its senders were waited for, and what is kept of the peripheral's is being dropped.
#[test]
fn nobody_sends_through_the_gate_to_a_device_that_goes() {
    let mut books = TheBooks::new();
    let host = books.new_host(0, Profile::Shared);
    let device = books.attached(host, VC0).device;
    assert!(books.hosts[0].gate_may_open());
    let operation = UnregisterDevice::new(device, Side::Peripheral, RemovalKind::Orderly);
    let mut unregister = Running::new(operation, ANN);
    assert_eq!(next(&mut unregister, &mut books), Next::Call(Callback::Detach(device)));
    assert_eq!(returned(&mut unregister, &mut books), Next::Call(Callback::Forget(device)));
    assert!(!books.hosts[0].gate_may_open());
}

/// A gate that is closed while the book knows senders already.
#[test]
fn senders_whom_the_gate_knows_come_to_those_whom_the_book_knows() {
    let mut books = TheBooks::new();
    let host = books.new_host(0, Profile::Shared);
    let link = books.attached(host, VC0);
    let mut known = books.sending(link, ANN);
    books.hosts[0].note_inside(None, PerChannel([2, 0, 0, 0]));
    assert_eq!(books.hosts[0].devices[VC0].senders, 3);
    assert_eq!(returned(&mut known, &mut books), Next::Done);
    assert_eq!(books.hosts[0].devices[VC0].senders, 2);
}
