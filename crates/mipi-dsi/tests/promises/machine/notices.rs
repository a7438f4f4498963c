//! A notice has the link to its end, for the last commands.

use super::{next, returned, TheBooks, ANN, BEN, CLEO, VC0, VC1};
use mipi_dsi::bus::machine::{
    Callback, Detach, Next, Profile, Running, UnregisterDevice, UnregisterHost, UseLink,
};
use mipi_dsi::bus::report::WaitFor;
use mipi_dsi::bus::{RemovalKind, Side, StillRunning, WaitError};

/// Another thread of the peripheral's has had the link for a transaction, inside the notice.
#[test]
fn the_link_is_the_notices_again_after_a_transaction_in_it() {
    let mut books = TheBooks::new();
    let host = books.new_host(0, Profile::Exclusive);
    let (told, other) = (books.attached(host, VC0), books.attached(host, VC1));
    let mut removal = Running::new(UnregisterHost::new(host, RemovalKind::Orderly), ANN);
    let tell = Callback::Tell(told.device, RemovalKind::Orderly);
    assert_eq!(next(&mut removal, &mut books), Next::Call(tell));
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
        let mut removal = Running::new(UnregisterHost::new(host, RemovalKind::Orderly), BEN);
        let tell = Callback::Tell(told.device, RemovalKind::Orderly);
        assert_eq!(next(&mut removal, &mut books), Next::Call(tell));
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
