//! Packets that others have to wait for though their caller has gone, or is none of the host's: who may send them, and
//! when the link is free again.

use super::{abandon, failed, give_up, lent, next, returned, TheBooks, ANN, BEN, VC0, VC1};
use mipi_dsi::bus::machine::{
    Attach, Callback, DeclareGone, Detach, Generation, Next, PerChannel, Profile, Running, UnregisterHost,
    UseLink, UseLinkError,
};
use mipi_dsi::bus::{
    report::{HostKey, WaitFor},
    Gone, RemovalKind, Removed,
};

#[test]
fn a_packet_that_is_left_to_the_hardware_has_the_link_until_that_is_done() {
    let mut books = TheBooks::new();
    let host = books.new_host(0, Profile::Exclusive);
    let (link, other) = (books.attached(host, VC0), books.attached(host, VC1));
    let mut packet = books.sending(link, ANN);
    abandon(&mut packet, &mut books);
    let mut second = Running::new(UseLink::packet(other), BEN);
    assert_eq!(next(&mut second, &mut books), Next::Wait(WaitFor::Link(host)));
    let before = HostKey { generation: Generation::NONE, ..host };
    assert!(!books.hosts[0].hardware_is_done(before), "not of this host");
    assert_eq!(next(&mut second, &mut books), Next::Wait(WaitFor::Link(host)));
    assert!(books.hosts[0].hardware_is_done(host));
    assert!(!books.hosts[0].hardware_is_done(host), "said already");
    assert_eq!(next(&mut second, &mut books), Next::Call(Callback::Transfer(other.device)));
}

#[test]
fn a_packet_of_a_transaction_that_is_left_to_the_hardware_leaves_the_transaction() {
    let mut books = TheBooks::new();
    let host = books.new_host(0, Profile::Exclusive);
    let (link, other) = (books.attached(host, VC0), books.attached(host, VC1));
    let mut transaction = Running::new(UseLink::transaction(link), ANN);
    assert_eq!(next(&mut transaction, &mut books), Next::Call(Callback::Transaction(link.device)));
    let mut packet = books.sending(link, ANN);
    abandon(&mut packet, &mut books);
    let mut second = Running::new(UseLink::packet(other), BEN);
    assert_eq!(next(&mut second, &mut books), Next::Wait(WaitFor::Link(host)));
    assert!(books.hosts[0].hardware_is_done(host));
    assert_eq!(next(&mut second, &mut books), Next::Wait(WaitFor::Link(host)), "nothing comes between");
    let mut last = books.sending(link, ANN);
    assert_eq!(returned(&mut last, &mut books), Next::Done);
    assert_eq!(returned(&mut transaction, &mut books), Next::Done);
    assert_eq!(next(&mut second, &mut books), Next::Call(Callback::Transfer(other.device)));
}

#[test]
fn the_hardwares_end_of_a_packet_waits_for_its_cancel() {
    let mut books = TheBooks::new();
    let host = books.new_host(0, Profile::Exclusive);
    let link = books.attached(host, VC0);
    let mut packet = books.sending(link, ANN);
    abandon(&mut packet, &mut books);
    let mut gone = Running::new(DeclareGone::new(host), BEN);
    assert_eq!(next(&mut gone, &mut books), Next::Call(Callback::Cancel(host, VC0)));
    assert!(books.hosts[0].hardware_is_done(host));
    assert!(books.hosts[0].hold().is_some_and(|hold| hold.sends_to(VC0)), "a cancel is aimed at it");
    assert_eq!(returned(&mut gone, &mut books), Next::Done);
    assert_eq!(books.hosts[0].hold(), None);
}

#[test]
fn a_packet_whose_sender_does_not_wait_for_its_cancel_was_sent() {
    let mut books = TheBooks::new();
    let host = books.new_host(0, Profile::Exclusive);
    let link = books.attached(host, VC0);
    let mut packet = books.sending(link, ANN);
    let mut gone = Running::new(DeclareGone::new(host), BEN);
    assert_eq!(next(&mut gone, &mut books), Next::Call(Callback::Cancel(host, VC0)));
    assert_eq!(returned(&mut packet, &mut books), Next::Wait(WaitFor::Cancel(host)));
    give_up(&mut packet, &mut books);
    assert_eq!(packet.outcome(), Ok(()));
}

/// A host sends from inside its detach, and the future of that packet is dropped.
#[test]
fn a_detach_waits_for_its_last_packet_that_is_left_to_the_hardware() {
    let mut books = TheBooks::new();
    let host = books.new_host(0, Profile::Exclusive);
    let device = books.attached(host, VC0).device;
    let (mut detach, mut packet) = books.sending_in_detach(device);
    abandon(&mut packet, &mut books);
    assert_eq!(returned(&mut detach, &mut books), Next::Wait(WaitFor::Serving(device)));
    assert!(books.hosts[0].hardware_is_done(host));
    assert_eq!(next(&mut detach, &mut books), Next::Done);
    assert_eq!(detach.outcome(), Ok(Removed::ByThisCall));
}

/// A packet that is left to the hardware inside a second attachment's detach: the link of the first has nothing to do with it.
#[test]
fn a_link_waits_for_the_last_packet_of_its_own_attachment_and_of_no_other() {
    let mut books = TheBooks::new();
    let host = books.new_host(0, Profile::Exclusive);
    let old = books.attached(host, VC0);
    let device = old.device;
    let mut detach = Running::new(Detach::device(device), ANN);
    assert_eq!(next(&mut detach, &mut books), Next::Call(Callback::Detach(device)));
    assert_eq!(returned(&mut detach, &mut books), Next::Done);
    let mut attach = Running::new(Attach::new(device), ANN);
    assert_eq!(next(&mut attach, &mut books), Next::Call(Callback::Attach(device)));
    assert_eq!(returned(&mut attach, &mut books), Next::Done);
    let (mut detach, mut packet) = books.sending_in_detach(device);
    abandon(&mut packet, &mut books);
    assert_eq!(returned(&mut detach, &mut books), Next::Wait(WaitFor::Serving(device)));
    let of = |attachment: Option<Generation>| Running::new(Detach::link(device, attachment.unwrap()), BEN);
    let (mut late, mut own) = (of(old.attachment), of(attach.outcome().ok()));
    assert_eq!(next(&mut late, &mut books), Next::Done);
    assert_eq!(late.outcome(), Ok(Removed::Already));
    assert_eq!(next(&mut own, &mut books), Next::Wait(WaitFor::Serving(device)));
    assert!(books.hosts[0].hardware_is_done(host));
    assert_eq!(next(&mut own, &mut books), Next::Done);
    assert_eq!(own.outcome(), Ok(Removed::Already));
}

/// Nor is it cancelled: the host has detached already.
#[test]
fn a_packet_that_is_left_to_the_hardware_inside_a_detach_is_not_cancelled() {
    let mut books = TheBooks::new();
    let host = books.new_host(0, Profile::Exclusive);
    let device = books.attached(host, VC0).device;
    let (mut detach, mut packet) = books.sending_in_detach(device);
    abandon(&mut packet, &mut books);
    let mut gone = Running::new(DeclareGone::new(host), BEN);
    assert_eq!(next(&mut gone, &mut books), Next::Done);
    assert!(gone.outcome());
    assert_eq!(returned(&mut detach, &mut books), Next::Wait(WaitFor::Serving(device)));
    let mut removal = Running::new(UnregisterHost::new(host, RemovalKind::Surprise), BEN);
    assert_eq!(next(&mut removal, &mut books), Next::Call(Callback::Tell(device, RemovalKind::Surprise)));
}

#[test]
fn a_detach_does_not_wait_for_a_packet_that_another_device_has_left() {
    let mut books = TheBooks::new();
    let host = books.new_host(0, Profile::Exclusive);
    let (link, device) = (books.attached(host, VC0), books.attached(host, VC1).device);
    let mut packet = books.sending(link, BEN);
    abandon(&mut packet, &mut books);
    let mut detach = Running::new(Detach::device(device), ANN);
    assert_eq!(next(&mut detach, &mut books), Next::Call(Callback::Detach(device)));
    assert_eq!(returned(&mut detach, &mut books), Next::Done);
    assert_eq!(detach.outcome(), Ok(Removed::ByThisCall));
}

#[test]
fn an_attach_waits_for_the_last_packet_of_its_predecessor() {
    let mut books = TheBooks::new();
    let host = books.new_host(0, Profile::Exclusive);
    let device = books.device(host, VC0);
    let mut refused = Running::new(Attach::new(device), ANN);
    assert_eq!(next(&mut refused, &mut books), Next::Call(Callback::Attach(device)));
    let mut packet = books.sending(lent(device), ANN);
    abandon(&mut packet, &mut books);
    assert_eq!(failed(&mut refused, &mut books), Next::Done);
    let mut attach = Running::new(Attach::new(device), BEN);
    assert_eq!(next(&mut attach, &mut books), Next::Wait(WaitFor::Serving(device)));
    assert!(books.hosts[0].hardware_is_done(host));
    assert_eq!(next(&mut attach, &mut books), Next::Call(Callback::Attach(device)));
}

/// When it looks again, the hardware still sends a packet of the next attach, which has failed.
#[test]
fn a_detach_does_not_wait_for_the_last_packet_of_a_successor() {
    let mut books = TheBooks::new();
    let host = books.new_host(0, Profile::Exclusive);
    let device = books.attached(host, VC0).device;
    let (mut detach, mut packet) = books.sending_in_detach(device);
    abandon(&mut packet, &mut books);
    assert_eq!(returned(&mut detach, &mut books), Next::Wait(WaitFor::Serving(device)));
    assert!(books.hosts[0].hardware_is_done(host));
    let mut attach = Running::new(Attach::new(device), BEN);
    assert_eq!(next(&mut attach, &mut books), Next::Call(Callback::Attach(device)));
    let mut packet = books.sending(lent(device), BEN);
    abandon(&mut packet, &mut books);
    assert_eq!(failed(&mut attach, &mut books), Next::Done);
    assert_eq!(next(&mut detach, &mut books), Next::Done);
    assert_eq!(detach.outcome(), Ok(Removed::ByThisCall));
}

/// One who passed the gate with an old key, and is refused inside.
#[test]
fn the_controller_is_not_taken_out_while_a_late_sender_is_inside_the_gate() {
    let mut books = TheBooks::new();
    let host = books.new_host(0, Profile::Exclusive);
    books.hosts[0].note_inside(Some((BEN, VC0)), PerChannel([0; 4]));
    let mut removal = Running::new(UnregisterHost::new(host, RemovalKind::Orderly), ANN);
    assert_eq!(next(&mut removal, &mut books), Next::Wait(WaitFor::Link(host)));
    let mut late =
        Running::new(UseLink::passed_gate(lent(books.hosts[0].device_key(0, VC0)), Profile::Exclusive), BEN);
    assert_eq!(next(&mut late, &mut books), Next::Done);
    assert_eq!(next(&mut removal, &mut books), Next::Call(Callback::Surrender(host)));
}

#[test]
fn nobody_else_sends_on_the_transport_that_an_attach_is_lent() {
    let mut books = TheBooks::new();
    let host = books.new_host(0, Profile::Exclusive);
    let device = books.device(host, VC0);
    let mut attach = Running::new(Attach::new(device), ANN);
    assert_eq!(next(&mut attach, &mut books), Next::Call(Callback::Attach(device)));
    let mut strange = Running::new(UseLink::packet(lent(device)), BEN);
    assert_eq!(next(&mut strange, &mut books), Next::Done);
    assert_eq!(strange.outcome(), Err(UseLinkError::Gone(Gone::Detached)));
    let mut own = books.sending(lent(device), ANN);
    assert_eq!(returned(&mut own, &mut books), Next::Done);
}
