//! Errands, step by step: examples of what the search in `interleavings` finds.
//!
//! Through the handles neither comes about: a link that is being sent on is borrowed, so it is not dropped then, and
//! nobody but its link detaches a device that stays registered. A driver that calls the operations itself, or a C
//! interface without borrows, comes to both.

use mipi_dsi::bus::operation::{
    register, Attach, AttachRefusal, Call, Detach, Errands, Next, Purpose, Running, UnregisterDevice, UseLink,
};
use mipi_dsi::bus::{
    Caller, Errand, Generation, Gone, HostBook, Lease, LinkKey, Removal, Removed, Serving, Side,
};
use mipi_dsi::wire::VirtualChannel;

const ONE: Caller = Caller(1);
const OTHER: Caller = Caller(2);

fn attached() -> ([HostBook; 1], Lease, Generation) {
    let mut books = [HostBook::NEW];
    let host = register::register_host(&mut books, 0).expect("the slot is vacant");
    let lease =
        register::register_device(&mut books, host, VirtualChannel::VC0).expect("the channel is free");
    let attachment = attach(&mut books, lease);
    (books, lease, attachment)
}

fn attach(books: &mut [HostBook; 1], lease: Lease) -> Generation {
    let mut attach = Running::new(Attach::new(lease), ONE);
    assert_eq!(attach.next(books), Next::Call(Call::Attach(lease)));
    attach.returned(books, true);
    match attach.next(books) {
        Next::Done(Ok(attachment)) => attachment,
        other => panic!("{other:?}"),
    }
}

#[test]
fn one_that_is_left_while_an_errand_is_carried_out_is_carried_out_too() {
    let (mut books, lease, attachment) = attached();
    // Inside a transfer, the link is dropped.
    let key = LinkKey { lease, attachment: Some(attachment) };
    let mut transfer = Running::new(UseLink::new(key, Purpose::Packet), ONE);
    assert_eq!(transfer.next(&mut books), Next::Call(Call::Transfer(lease)));
    let mut detach = Running::new(Detach::link(lease, attachment), ONE);
    assert!(matches!(detach.next(&mut books), Next::Done(Err(_))));
    register::leave_errand(&mut books, lease, Errand::Detach(attachment));
    transfer.returned(&mut books, true);
    // Whoever ended the transfer detaches it; inside the detach, the device is dropped.
    let mut errands = Running::new(Errands::new(0), ONE);
    assert_eq!(errands.next(&mut books), Next::Call(Call::Detach(lease)));
    let mut unregister = Running::new(UnregisterDevice::new(lease, Side::Peripheral, Removal::Orderly), ONE);
    assert!(matches!(unregister.next(&mut books), Next::Done(Err(_))));
    register::leave_errand(&mut books, lease, Errand::Unregister);
    errands.returned(&mut books, true);
    assert_eq!(errands.next(&mut books), Next::Call(Call::Forget(lease)));
}

#[test]
fn one_of_a_link_ends_no_other_attachment() {
    let (mut books, lease, first) = attached();
    // Another caller detaches it; the link is dropped meanwhile, under a lock that cannot wait.
    let mut detach = Running::new(Detach::device(lease), OTHER);
    assert_eq!(detach.next(&mut books), Next::Call(Call::Detach(lease)));
    let mut dropped = Running::new(Detach::link(lease, first), ONE);
    assert!(matches!(dropped.next(&mut books), Next::Wait(_)));
    dropped.give_up(&mut books);
    // The other core goes on before the errand is left.
    detach.returned(&mut books, true);
    assert_eq!(detach.next(&mut books), Next::Done(Ok(Removed::ByThisCall)));
    let second = attach(&mut books, lease);
    register::leave_errand(&mut books, lease, Errand::Detach(first));
    assert_eq!(Running::new(Errands::new(0), ONE).next(&mut books), Next::Done(()));
    assert_eq!(
        books[0].registration(lease).map(|device| device.serving.clone()),
        Ok(Serving::Attached(second))
    );
}

#[test]
fn a_device_that_is_left_to_be_unregistered_is_not_attached() {
    let (mut books, lease, _) = attached();
    let mut detach = Running::new(Detach::device(lease), ONE);
    assert_eq!(detach.next(&mut books), Next::Call(Call::Detach(lease)));
    register::leave_errand(&mut books, lease, Errand::Unregister);
    detach.returned(&mut books, true);
    let mut attach = Running::new(Attach::new(lease), OTHER);
    let gone = AttachRefusal::Gone(Gone::Unregistered);
    assert_eq!(attach.next(&mut books), Next::Done(Err(gone)));
}

#[test]
fn the_larger_of_two_errands_stays() {
    for detach_first in [true, false] {
        let (mut books, lease, attachment) = attached();
        let errands = [Errand::Unregister, Errand::Detach(attachment)];
        for index in if detach_first { [1, 0] } else { [0, 1] } {
            register::leave_errand(&mut books, lease, errands[index]);
        }
        let mut run = Running::new(Errands::new(0), ONE);
        assert_eq!(run.next(&mut books), Next::Call(Call::Detach(lease)));
        run.returned(&mut books, true);
        assert_eq!(run.next(&mut books), Next::Call(Call::Forget(lease)));
    }
}
