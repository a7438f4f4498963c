//! Who asks again what is next, before they have done it, gets the same answer.

use super::{next, returned, TheBooks, ANN, BEN, VC0};
use mipi_dsi::bus::machine::{begin, Attach, Callback, Next, Operation, Profile, Running, Turn, UseLink};
use mipi_dsi::bus::report::WaitFor;

#[test]
fn a_callback_that_was_not_made_is_still_next() {
    let mut books = TheBooks::new();
    let host = books.new_host(0, Profile::Exclusive);
    let device = books.device(host, VC0);
    let mut attach = Running::new(Attach::new(device), ANN);
    {
        let running: &mut Running<dyn Operation> = &mut attach;
        let Turn::Call(forgotten) = begin(running, &mut books) else { panic!("it attaches") };
        drop(forgotten);
    }
    assert_eq!(next(&mut attach, &mut books), Next::Call(Callback::Attach(device)));
    assert_eq!(returned(&mut attach, &mut books), Next::Done);
    assert!(attach.outcome().is_ok());
    assert_eq!(next(&mut attach, &mut books), Next::Done, "it has ended");
    assert!(attach.outcome().is_ok());
}

#[test]
fn a_wait_that_was_not_waited_for_is_still_next() {
    let mut books = TheBooks::new();
    let host = books.new_host(0, Profile::Exclusive);
    let link = books.attached(host, VC0);
    let mut first = books.sending(link, BEN);
    let mut second = Running::new(UseLink::packet(link), ANN);
    for _ in 0..2 {
        assert_eq!(next(&mut second, &mut books), Next::Wait(WaitFor::Link(host)));
        assert_eq!(books.hosts[0].queue.len(), 1);
    }
    assert_eq!(returned(&mut first, &mut books), Next::Done);
    assert_eq!(next(&mut second, &mut books), Next::Call(Callback::Transfer(link.device)));
}
