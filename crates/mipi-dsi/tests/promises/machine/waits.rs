//! Who waits is noted as long as they wait, and whoever waits behind them goes on when they no longer do.

use super::{give_up, next, returned, unwind, TheBooks, ANN, BEN, CLEO, VC0, VC1};
use mipi_dsi::bus::machine::{
    Attach, AttachOutcome, Books, Callback, DeclareGone, Detach, Generation, Next, Profile, Running,
    UnregisterDevice, UnregisterHost, UseLink, UseLinkError,
};
use mipi_dsi::bus::{
    report::{HostKey, WaitFor},
    RemovalKind, Removed, Side, StillRunning, WaitError,
};

#[test]
fn who_waits_no_longer_is_not_noted() {
    let mut books = TheBooks::new();
    let host = books.new_host(0, Profile::Exclusive);
    let (link, wait) = (books.attached(host, VC0), WaitFor::Link(host));
    let mut first = books.sending(link, BEN);
    let (mut patient, mut impatient) =
        (Running::new(UseLink::packet(link), ANN), Running::new(UseLink::packet(link), CLEO));
    for waiting in [&mut patient, &mut impatient] {
        assert_eq!(next(waiting, &mut books), Next::Wait(wait));
        assert_eq!(books.waits_for(waiting.caller()), Some(wait));
    }
    give_up(&mut impatient, &mut books);
    assert_eq!((books.waits_for(CLEO), books.waits_for(ANN)), (None, Some(wait)));
    assert_eq!(returned(&mut first, &mut books), Next::Done);
    assert_eq!(next(&mut patient, &mut books), Next::Call(Callback::Transfer(link.device)));
    assert_eq!(books.waits_for(ANN), None);
}

#[test]
fn who_cannot_be_noted_does_not_wait() {
    let mut books = TheBooks::new();
    let host = books.new_host(0, Profile::Exclusive);
    let link = books.attached(host, VC0);
    let _first = books.sending(link, BEN);
    books.room = 0;
    let mut second = Running::new(UseLink::packet(link), ANN);
    assert_eq!(next(&mut second, &mut books), Next::Done);
    let refused = StillRunning { waiting_for: WaitFor::Link(host), why: WaitError::CannotWait, begun: false };
    assert_eq!(second.outcome(), Err(UseLinkError::StillRunning(refused)));
    assert!(books.hosts[0].queue.is_empty());
}

/// The link is free, and the first in the queue gives up before they have looked.
#[test]
fn the_next_in_the_queue_is_woken_when_the_first_no_longer_waits() {
    let mut books = TheBooks::new();
    let host = books.new_host(0, Profile::Exclusive);
    let link = books.attached(host, VC0);
    let mut sending = books.sending(link, BEN);
    let (mut first, mut second) =
        (Running::new(UseLink::packet(link), ANN), Running::new(UseLink::packet(link), CLEO));
    for waiting in [&mut first, &mut second] {
        assert_eq!(next(waiting, &mut books), Next::Wait(WaitFor::Link(host)));
    }
    assert_eq!(returned(&mut sending, &mut books), Next::Done);
    assert_eq!(next(&mut second, &mut books), Next::Wait(WaitFor::Link(host)), "it is the first one's turn");
    books.hosts[0].take_ended();
    give_up(&mut first, &mut books);
    assert!(books.hosts[0].take_ended().contains(WaitFor::Link(host).event()));
    assert_eq!(next(&mut second, &mut books), Next::Call(Callback::Transfer(link.device)));
}

/// Even if their transfer unwinds, nobody waits behind them.
#[test]
fn who_has_got_the_link_is_no_longer_in_the_queue() {
    let mut books = TheBooks::new();
    let host = books.new_host(0, Profile::Exclusive);
    let link = books.attached(host, VC0);
    let mut sending = books.sending(link, BEN);
    let (mut second, mut third) =
        (Running::new(UseLink::packet(link), ANN), Running::new(UseLink::packet(link), CLEO));
    for waiting in [&mut second, &mut third] {
        assert_eq!(next(waiting, &mut books), Next::Wait(WaitFor::Link(host)));
    }
    assert_eq!(returned(&mut sending, &mut books), Next::Done);
    assert_eq!(next(&mut second, &mut books), Next::Call(Callback::Transfer(link.device)));
    assert_eq!(books.hosts[0].queue.len(), 1);
    unwind(&mut second, &mut books);
    assert_eq!(next(&mut third, &mut books), Next::Call(Callback::Transfer(link.device)));
}

/// Ben's packet ends when Cleo's cancel has returned, and Cleo waits for Ann.
#[test]
fn a_wait_for_a_canceller_who_waits_for_the_caller_is_refused() {
    let mut books = TheBooks::new();
    let (host, other) = (books.new_host(0, Profile::Exclusive), books.new_host(1, Profile::Exclusive));
    let (bens, anns) = (books.attached(host, VC0), books.attached(other, VC1));
    let (_bens, _anns) = (books.sending(bens, BEN), books.sending(anns, ANN));
    let mut gone = Running::new(DeclareGone::new(host), CLEO);
    assert_eq!(next(&mut gone, &mut books), Next::Call(Callback::Cancel(host, VC0)));
    let mut nested = Running::new(UseLink::packet(anns), CLEO);
    assert_eq!(next(&mut nested, &mut books), Next::Wait(WaitFor::Link(other)));
    let mut removal = Running::new(UnregisterHost::new(host, RemovalKind::Orderly), ANN);
    assert_eq!(next(&mut removal, &mut books), Next::Done);
    let refused =
        StillRunning { waiting_for: WaitFor::Link(host), why: WaitError::WouldDeadlock, begun: false };
    assert_eq!(removal.outcome(), Err(refused));
}

/// As before, but Ben has left his packet to Cleo.
#[test]
fn a_wait_for_a_canceller_to_whom_the_packet_is_left_and_who_waits_for_the_caller_is_refused() {
    let mut books = TheBooks::new();
    let (host, other) = (books.new_host(0, Profile::Exclusive), books.new_host(1, Profile::Exclusive));
    let (bens, anns) = (books.attached(host, VC0), books.attached(other, VC1));
    let (mut packet, _anns) = (books.sending(bens, BEN), books.sending(anns, ANN));
    let mut gone = Running::new(DeclareGone::new(host), CLEO);
    assert_eq!(next(&mut gone, &mut books), Next::Call(Callback::Cancel(host, VC0)));
    assert_eq!(returned(&mut packet, &mut books), Next::Wait(WaitFor::Cancel(host)));
    give_up(&mut packet, &mut books);
    let mut nested = Running::new(UseLink::packet(anns), CLEO);
    assert_eq!(next(&mut nested, &mut books), Next::Wait(WaitFor::Link(other)));
    let mut detach = Running::new(Detach::device(bens.device), ANN);
    assert_eq!(next(&mut detach, &mut books), Next::Done);
    let (waiting_for, why) = (WaitFor::Link(host), WaitError::WouldDeadlock);
    assert_eq!(detach.outcome(), Err(StillRunning { waiting_for, why, begun: false }));
}

/// Cleo waited to detach until Ben's packet inside Ann's notice was over, and has not looked since.
#[test]
fn a_wait_for_one_whose_own_wait_is_over_is_not_refused() {
    let mut books = TheBooks::new();
    let host = books.new_host(0, Profile::Exclusive);
    let link = books.attached(host, VC0);
    let detach = || Detach::link(link.device, link.attachment.expect("it is attached"));
    let _removal = books.telling(link.device, ANN);
    let mut packet = books.sending(link, BEN);
    let mut cleos = Running::new(detach(), CLEO);
    assert_eq!(next(&mut cleos, &mut books), Next::Wait(WaitFor::Link(host)));
    let mut anns = Running::new(detach(), ANN);
    assert_eq!(next(&mut anns, &mut books), Next::Wait(WaitFor::Serving(link.device)), "Ben goes on");
    assert_eq!(returned(&mut packet, &mut books), Next::Done);
    assert_eq!(next(&mut anns, &mut books), Next::Wait(WaitFor::Serving(link.device)));
    assert_eq!(next(&mut cleos, &mut books), Next::Call(Callback::Detach(link.device)));
    assert_eq!(returned(&mut cleos, &mut books), Next::Done);
    assert_eq!(next(&mut anns, &mut books), Next::Done);
    assert_eq!(anns.outcome(), Ok(Removed::Already));
}

/// Ann waits for the link, to tell a peripheral, and then for the peripheral, which waits for the link to be detached.
#[test]
fn who_waits_for_something_else_by_now_is_in_nobodys_way_in_the_queue() {
    let mut books = TheBooks::new();
    let host = books.new_host(0, Profile::Serialised);
    let (told, other) = (books.attached(host, VC0), books.attached(host, VC1));
    let mut packet = books.sending(other, BEN);
    let mut removal = Running::new(UnregisterHost::new(host, RemovalKind::Orderly), ANN);
    assert_eq!(next(&mut removal, &mut books), Next::Wait(WaitFor::Link(host)));
    let operation = UnregisterDevice::new(told.device, Side::Peripheral, RemovalKind::Orderly);
    let mut unregister = Running::new(operation, CLEO);
    assert_eq!(next(&mut unregister, &mut books), Next::Wait(WaitFor::Link(host)));
    assert_eq!(next(&mut removal, &mut books), Next::Wait(WaitFor::Registration(told.device)));
    assert_eq!(returned(&mut packet, &mut books), Next::Done);
    assert_eq!(next(&mut unregister, &mut books), Next::Call(Callback::Detach(told.device)));
}

/// A search turns the queue so that its first place is 0, and everybody's ticket with it.
#[test]
fn who_waits_in_a_queue_that_was_turned_keeps_their_place() {
    let mut books = TheBooks::new();
    let host = books.new_host(0, Profile::Exclusive);
    let link = books.attached(host, VC0);
    let mut sending = books.sending(link, BEN);
    let mut waiting = [ANN, CLEO].map(|caller| Running::new(UseLink::packet(link), caller));
    for waiting in &mut waiting {
        assert_eq!(next(waiting, &mut books), Next::Wait(WaitFor::Link(host)));
    }
    let [first, second] = &mut waiting;
    give_up(first, &mut books);
    let by = books.hosts[0].queue.turn();
    assert_eq!(by, 1);
    second.turn(by);
    assert_eq!(returned(&mut sending, &mut books), Next::Done);
    assert_eq!(next(second, &mut books), Next::Call(Callback::Transfer(link.device)));
}

/// The link is their own, on a host whose attach and detach take it.
#[test]
fn who_has_nothing_to_wait_for_is_answered_inside_a_transfer() {
    let mut books = TheBooks::new();
    let host = books.new_host(0, Profile::Serialised);
    let link = books.attached(host, VC0);
    let _sending = books.sending(link, ANN);
    let mut attach = Running::new(Attach::new(link.device), ANN);
    assert_eq!(next(&mut attach, &mut books), Next::Done);
    assert_eq!(attach.outcome(), Err(AttachOutcome::AlreadyAttached));
    let mut detach = Running::new(Detach::link(link.device, Generation::NONE), ANN);
    assert_eq!(next(&mut detach, &mut books), Next::Done);
    assert_eq!(detach.outcome(), Ok(Removed::Already), "of an attachment that has ended");
    let old = HostKey { generation: Generation::NONE, ..host };
    let mut removal = Running::new(UnregisterHost::new(old, RemovalKind::Orderly), ANN);
    assert_eq!(next(&mut removal, &mut books), Next::Done);
    assert_eq!(removal.outcome(), Ok(Removed::Already), "of a host that has gone");
}
