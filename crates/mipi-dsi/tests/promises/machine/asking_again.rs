//! Who asks again what is next, before they have done it, gets the same answer.

use super::{abandon, give_up, next, returned, unwind, AnyRunning, TheBooks, ANN, BEN, VC0};
use mipi_dsi::bus::machine::{
    begin, Attach, Callback, LinkKey, Next, Operation, Profile, Running, Turn, UseLink,
};
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

/// Whatever its driver says of an operation that has ended, it has ended as it did.
#[test]
fn what_is_said_after_the_end_counts_for_nothing() {
    let mut books = TheBooks::new();
    let host = books.new_host(0, Profile::Exclusive);
    let device = books.device(host, VC0);
    let mut attach = Running::new(Attach::new(device), ANN);
    assert_eq!(next(&mut attach, &mut books), Next::Call(Callback::Attach(device)));
    assert_eq!(returned(&mut attach, &mut books), Next::Done);
    let link = LinkKey { device, attachment: attach.outcome().ok() };
    let _sending = books.sending(link, BEN);
    let mut late = Running::new(UseLink::packet(link), ANN);
    assert_eq!(next(&mut late, &mut books), Next::Wait(WaitFor::Link(host)));
    give_up(&mut late, &mut books);
    let before = (attach.clone(), late.clone(), books.hosts[0].clone());
    let return_again = |running: &mut AnyRunning, books: &mut TheBooks| running.returned(books, true);
    let told: [fn(&mut AnyRunning, &mut TheBooks); 4] = [return_again, give_up, unwind, abandon];
    for tell in told {
        tell(&mut attach, &mut books);
        tell(&mut late, &mut books);
        assert_eq!((&attach, &late, &books.hosts[0]), (&before.0, &before.1, &before.2));
    }
}
