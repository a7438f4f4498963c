//! A notice has the link to its end, for the last commands.

use super::{next, returned, TheBooks, ANN, BEN, CLEO, VC0, VC1};
use mipi_dsi::bus::machine::{Callback, Next, Profile, Running, UnregisterHost, UseLink};
use mipi_dsi::bus::report::WaitFor;
use mipi_dsi::bus::RemovalKind;

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
