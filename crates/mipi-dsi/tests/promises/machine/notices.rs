//! A notice has the link to its end, for the last commands.

use super::{abandon, next, returned, TheBooks, ANN, BEN, CLEO, VC0, VC1};
use mipi_dsi::bus::machine::{
    Callback, Detach, Next, Profile, Running, UnregisterDevice, UnregisterHost, UseLink, MAX_QUEUED,
};
use mipi_dsi::bus::{report::WaitFor, Caller, RemovalKind, Side, StillRunning, WaitError};

/// Another thread of the peripheral's has had the link for a transaction, inside the notice.
#[test]
fn the_link_is_the_notices_again_after_a_transaction_in_it() {
    let mut books = TheBooks::new();
    let host = books.new_host(0, Profile::Exclusive);
    let (told, other) = (books.attached(host, VC0), books.attached(host, VC1));
    let _removal = books.telling(told.device, ANN);
    let mut transaction = Running::new(UseLink::transaction(told), BEN);
    assert_eq!(next(&mut transaction, &mut books), Next::Call(Callback::Transaction(told.device)));
    assert_eq!(returned(&mut transaction, &mut books), Next::Done);
    let mut strange = Running::new(UseLink::packet(other), CLEO);
    assert_eq!(next(&mut strange, &mut books), Next::Wait(WaitFor::Link(host)));
    let mut last = books.sending(told, ANN);
    assert_eq!(returned(&mut last, &mut books), Next::Done);
}

/// Ben, in a notice of a serialised host, waits for the packet on another host from whose transfer Ann detaches or
/// unregisters a device that is not the one told: she would wait for the notice, and is refused before anything changes.
#[test]
fn who_would_wait_for_ever_for_a_notice_changes_nothing() {
    for unregisters in [false, true] {
        let mut books = TheBooks::new();
        let (host, second) = (books.new_host(0, Profile::Serialised), books.new_host(1, Profile::Exclusive));
        let (told, other) = (books.attached(host, VC0), books.attached(host, VC1));
        let anns = books.attached(second, VC0);
        let _anns_packet = books.sending(anns, ANN);
        let _removal = books.telling(told.device, BEN);
        let mut bens = Running::new(UseLink::packet(anns), BEN);
        assert_eq!(next(&mut bens, &mut books), Next::Wait(WaitFor::Link(second)));
        let before = books.hosts[0].clone();
        let outcome = if unregisters {
            let operation = UnregisterDevice::new(other.device, Side::Peripheral, RemovalKind::Orderly);
            let mut unregister = Running::new(operation, ANN);
            assert_eq!(next(&mut unregister, &mut books), Next::Done);
            unregister.outcome()
        } else {
            let mut detach = Running::new(Detach::device(other.device), ANN);
            assert_eq!(next(&mut detach, &mut books), Next::Done);
            detach.outcome()
        };
        let (waiting_for, why) = (WaitFor::Link(host), WaitError::WouldDeadlock);
        assert_eq!(outcome, Err(StillRunning { waiting_for, why, begun: false }));
        assert_eq!(books.hosts[0], before);
    }
}

/// Two threads of the peripheral send last commands, and the queue is full of those who send to another.
#[test]
fn who_may_send_in_a_notice_waits_for_its_packet_and_not_in_the_queue() {
    let mut books = TheBooks::new();
    let host = books.new_host(0, Profile::Exclusive);
    let (told, other) = (books.attached(host, VC0), books.attached(host, VC1));
    let _removal = books.telling(told.device, ANN);
    books.room = usize::from(MAX_QUEUED) + 1;
    for number in 0..MAX_QUEUED {
        let mut strange =
            Running::new(UseLink::packet(other), Caller::from_number(100 + usize::from(number)));
        assert_eq!(next(&mut strange, &mut books), Next::Wait(WaitFor::Link(host)));
    }
    let mut last = books.sending(told, BEN);
    let mut very_last = Running::new(UseLink::packet(told), CLEO);
    assert_eq!(next(&mut very_last, &mut books), Next::Wait(WaitFor::Link(host)));
    assert_eq!(returned(&mut last, &mut books), Next::Done);
    assert_eq!(next(&mut very_last, &mut books), Next::Call(Callback::Transfer(told.device)));
}

/// Ann is in a transfer on the second host, and Ben waits for that in the notice that he gives on the first.
#[test]
fn a_surprise_unregister_that_would_wait_for_itself_through_a_notice_changes_nothing() {
    let mut books = TheBooks::new();
    let (host, second) = (books.new_host(0, Profile::Exclusive), books.new_host(1, Profile::Exclusive));
    let (told, anns) = (books.attached(host, VC0), books.attached(second, VC0));
    let _anns = books.sending(anns, ANN);
    let _removal = books.telling(told.device, BEN);
    let mut nested = Running::new(UseLink::packet(anns), BEN);
    assert_eq!(next(&mut nested, &mut books), Next::Wait(WaitFor::Link(second)));
    let before = books.hosts[0].clone();
    let operation = UnregisterDevice::new(told.device, Side::Peripheral, RemovalKind::Surprise);
    let mut unregister = Running::new(operation, ANN);
    assert_eq!(next(&mut unregister, &mut books), Next::Done);
    let waiting_for = WaitFor::Notice(told.device);
    let refused = StillRunning { waiting_for, why: WaitError::WouldDeadlock, begun: false };
    assert_eq!(unregister.outcome(), Err(refused));
    assert_eq!(books.hosts[0], before);
}

/// The future of the first removal is dropped while the peripheral is told.
#[test]
fn the_removal_goes_on_after_a_notice_whose_teller_has_gone_away() {
    let mut books = TheBooks::new();
    let host = books.new_host(0, Profile::Exclusive);
    let told = books.attached(host, VC0).device;
    let removal = || UnregisterHost::new(host, RemovalKind::Orderly);
    let (mut first, mut second) = (Running::new(removal(), ANN), Running::new(removal(), BEN));
    let tell = Callback::Tell(told, RemovalKind::Orderly);
    assert_eq!(next(&mut first, &mut books), Next::Call(tell));
    abandon(&mut first, &mut books);
    assert_eq!(next(&mut second, &mut books), Next::Call(Callback::Detach(told)));
}

/// The notice has the link, which the detach takes over.
#[test]
fn a_peripheral_of_a_serialised_host_detaches_in_its_notice() {
    let mut books = TheBooks::new();
    let host = books.new_host(0, Profile::Serialised);
    let told = books.attached(host, VC0);
    let _removal = books.telling(told.device, ANN);
    let attachment = told.attachment.expect("it is attached");
    let mut detach = Running::new(Detach::link(told.device, attachment), ANN);
    assert_eq!(next(&mut detach, &mut books), Next::Call(Callback::Detach(told.device)));
}
