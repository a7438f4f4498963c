//! Notices, step by step: examples of what the search in `interleavings` found.

use super::books::TheBooks;
use mipi_dsi::bus::machine::{
    Attach, Callback, Detach, LinkKey, LinkState, Next, Operation, Profile, RegisterDevice, Running,
    UnregisterDevice, UnregisterHost, UseLink,
};
use mipi_dsi::bus::{
    report::{DeviceKey, HostKey, WaitFor},
    Caller, RemovalKind, Removed, Side,
};
use mipi_dsi::wire::VirtualChannel;

const TELLER: Caller = Caller::from_number(0);
const SENDER: Caller = Caller::from_number(1);
const ANOTHER: Caller = Caller::from_number(2);

/// A host whose removal tells the peripheral of its only device, which is attached.
struct Scene {
    books: TheBooks,
    host: HostKey,
    device: DeviceKey,
    link: LinkKey,
    removal: Running<UnregisterHost>,
}

/// What is next.
pub(crate) fn next(running: &mut Running<dyn Operation + 'static>, books: &mut TheBooks) -> Next {
    running.next(books)
}

/// What is next, now that the callback has returned.
pub(crate) fn returned(running: &mut Running<dyn Operation + 'static>, books: &mut TheBooks) -> Next {
    running.returned(books, true);
    running.next(books)
}

impl Scene {
    fn new() -> Self {
        let mut books = TheBooks::new();
        let host = books.hosts[0].begin_host(0, Profile::Exclusive).expect("the slot is vacant");
        books.hosts[0].finish_host(true);
        let mut register = Running::new(RegisterDevice::new(host, VirtualChannel::VC0, false), TELLER);
        assert_eq!(next(&mut register, &mut books), Next::Done);
        let device = register.outcome().expect("the channel is free");
        let mut attach = Running::new(Attach::new(device), TELLER);
        assert_eq!(next(&mut attach, &mut books), Next::Call(Callback::Attach(device)));
        assert_eq!(returned(&mut attach, &mut books), Next::Done);
        let attachment = attach.outcome().expect("the host has not refused");
        let mut removal = Running::new(UnregisterHost::new(host, RemovalKind::Orderly), TELLER);
        let tell = Callback::Tell(device, RemovalKind::Orderly);
        assert_eq!(next(&mut removal, &mut books), Next::Call(tell));
        let link = LinkKey { device, attachment: Some(attachment) };
        Self { books, host, device, link, removal }
    }

    /// During the notice another thread of the peripheral's sends.
    fn packet(&mut self) -> Running<UseLink> {
        let mut packet = Running::new(UseLink::packet(self.link), SENDER);
        let transfer = Callback::Transfer(self.device);
        assert_eq!(next(&mut packet, &mut self.books), Next::Call(transfer));
        packet
    }
}

#[test]
fn a_packet_that_outlives_its_notice_frees_the_link_when_it_ends() {
    let mut scene = Scene::new();
    let mut packet = scene.packet();
    let wait = Next::Wait(WaitFor::Link(scene.host));
    assert_eq!(returned(&mut scene.removal, &mut scene.books), wait);
    assert_eq!(returned(&mut packet, &mut scene.books), Next::Done);
    assert_eq!(scene.books.hosts[0].link, LinkState::Free);
    for callback in
        [Callback::Detach(scene.device), Callback::Forget(scene.device), Callback::Surrender(scene.host)]
    {
        let asked = if callback == Callback::Detach(scene.device) {
            next(&mut scene.removal, &mut scene.books)
        } else {
            returned(&mut scene.removal, &mut scene.books)
        };
        assert_eq!(asked, Next::Call(callback));
    }
    assert_eq!(returned(&mut scene.removal, &mut scene.books), Next::Done);
    assert!(scene.books.hosts[0].is_quiet());
}

#[test]
fn so_does_one_whose_caller_goes_away_and_one_that_is_being_cancelled() {
    let mut scene = Scene::new();
    let mut packet = scene.packet();
    let _ = returned(&mut scene.removal, &mut scene.books);
    (&mut packet as &mut Running<dyn Operation>).abandoned(&mut scene.books);
    assert!(scene.books.hosts[0].hardware_is_done(scene.host));
    assert_eq!(scene.books.hosts[0].link, LinkState::Free);

    let mut scene = Scene::new();
    let mut packet = scene.packet();
    let _ = returned(&mut scene.removal, &mut scene.books);
    let surprise = UnregisterHost::new(scene.host, RemovalKind::Surprise);
    let mut surprise = Running::new(surprise, ANOTHER);
    let cancel = Callback::Cancel(scene.host, VirtualChannel::VC0);
    assert_eq!(next(&mut surprise, &mut scene.books), Next::Call(cancel));
    (&mut packet as &mut Running<dyn Operation>).unwound(&mut scene.books);
    assert_ne!(scene.books.hosts[0].link, LinkState::Free, "the cancel is aimed at it");
    let _ = returned(&mut surprise, &mut scene.books);
    assert_eq!(scene.books.hosts[0].link, LinkState::Free);
}

#[test]
fn a_wait_that_is_over_but_not_looked_at_hangs_nobody() {
    let mut scene = Scene::new();
    let mut packet = scene.packet();
    // Inside its notice the peripheral detaches, and waits for the packet; when it has ended, the link is with the
    // notice alone, so that the teller is noted to wait for themselves until they look again.
    let attachment = scene.link.attachment.expect("it was attached");
    let mut detach = Running::new(Detach::link(scene.device, attachment), TELLER);
    assert_eq!(next(&mut detach, &mut scene.books), Next::Wait(WaitFor::Link(scene.host)));
    assert_eq!(returned(&mut packet, &mut scene.books), Next::Done);
    let unregister = UnregisterDevice::new(scene.device, Side::Peripheral, RemovalKind::Orderly);
    let mut unregister = Running::new(unregister, ANOTHER);
    let notice = Next::Wait(WaitFor::Notice(scene.device));
    assert_eq!(next(&mut unregister, &mut scene.books), notice);
    assert_eq!(next(&mut detach, &mut scene.books), Next::Call(Callback::Detach(scene.device)));
    assert_eq!(returned(&mut detach, &mut scene.books), Next::Done);
    assert_eq!(detach.outcome(), Ok(Removed::ByThisCall));
}

/// A transaction of another thread of the peripheral's during the notice.
fn transaction(scene: &mut Scene) -> Running<UseLink> {
    let mut transaction = Running::new(UseLink::transaction(scene.link), SENDER);
    let body = Callback::Transaction(scene.device);
    assert_eq!(next(&mut transaction, &mut scene.books), Next::Call(body));
    transaction
}

#[test]
fn in_a_notice_too_nobody_comes_between_the_packets_of_a_transaction() {
    let mut scene = Scene::new();
    let mut transaction = transaction(&mut scene);
    let mut packet = Running::new(UseLink::packet(scene.link), TELLER);
    let wait = Next::Wait(WaitFor::Link(scene.host));
    assert_eq!(next(&mut packet, &mut scene.books), wait);
    assert_eq!(returned(&mut transaction, &mut scene.books), Next::Done);
    // Now the link is the notice's again.
    let transfer = Callback::Transfer(scene.device);
    assert_eq!(next(&mut packet, &mut scene.books), Next::Call(transfer));
    assert_eq!(returned(&mut packet, &mut scene.books), Next::Done);
    assert_eq!(returned(&mut scene.removal, &mut scene.books), Next::Call(Callback::Detach(scene.device)));
    assert_eq!(scene.books.hosts[0].link, LinkState::Free);
}

#[test]
fn a_removal_waits_for_a_transaction_that_was_begun_in_a_notice() {
    let mut scene = Scene::new();
    let mut transaction = transaction(&mut scene);
    let wait = Next::Wait(WaitFor::Link(scene.host));
    assert_eq!(returned(&mut scene.removal, &mut scene.books), wait);
    assert_eq!(returned(&mut transaction, &mut scene.books), Next::Done);
    assert_eq!(scene.books.hosts[0].link, LinkState::Free);
    assert_eq!(next(&mut scene.removal, &mut scene.books), Next::Call(Callback::Detach(scene.device)));
}
