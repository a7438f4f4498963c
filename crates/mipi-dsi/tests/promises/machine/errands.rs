//! An errand never waits, disturbs nobody, and is of nobody but whom it was left for.

use super::{abandon, give_up, next, returned, unwind, TheBooks, ANN, BEN, CLEO, VC0};
use mipi_dsi::bus::machine::{
    Attach, Callback, Detach, Errands, Life, Next, Profile, Running, Serving, UnregisterHost,
};
use mipi_dsi::bus::{report::WaitFor, RemovalKind};

#[test]
fn an_errand_leaves_a_device_alone_that_another_attaches() {
    let mut books = TheBooks::new();
    let host = books.new_host(0, Profile::Exclusive);
    let device = books.device(host, VC0);
    let mut attach = Running::new(Attach::new(device), CLEO);
    assert_eq!(next(&mut attach, &mut books), Next::Call(Callback::Attach(device)));
    books.hosts[0].leave_unregister_errand(device);
    assert_eq!(next(&mut Running::new(Errands::new(0), ANN), &mut books), Next::Done);
    let registration = books.hosts[0].registration(device).unwrap();
    assert_eq!((registration.life, registration.serving), (Life::Registered, Serving::Attaching(CLEO)));
}

#[test]
fn an_errand_that_would_have_to_wait_leaves_its_claim_to_the_next() {
    let mut books = TheBooks::new();
    let host = books.new_host(0, Profile::Exclusive);
    let link = books.attached(host, VC0);
    let device = link.device;
    let mut packet = books.sending(link, BEN);
    books.hosts[0].leave_unregister_errand(device);
    assert_eq!(next(&mut Running::new(Errands::new(0), ANN), &mut books), Next::Done);
    // Nobody works at it, and what was begun stays begun: nothing new starts.
    let registration = books.hosts[0].registration(device).unwrap();
    assert_eq!(registration.life, Life::Unregistering(None));
    assert!(matches!(registration.serving, Serving::Draining { by: None, .. }));
    assert_eq!(returned(&mut packet, &mut books), Next::Done);
    let mut errands = Running::new(Errands::new(0), BEN);
    assert_eq!(next(&mut errands, &mut books), Next::Call(Callback::Detach(device)));
    assert_eq!(returned(&mut errands, &mut books), Next::Call(Callback::Forget(device)));
    assert_eq!(returned(&mut errands, &mut books), Next::Done);
}

#[test]
fn an_errand_whose_callback_unwinds_is_left_to_the_next() {
    let mut books = TheBooks::new();
    let host = books.new_host(0, Profile::Exclusive);
    let device = books.attached(host, VC0).device;
    books.hosts[0].leave_unregister_errand(device);
    let mut errands = Running::new(Errands::new(0), ANN);
    assert_eq!(next(&mut errands, &mut books), Next::Call(Callback::Detach(device)));
    unwind(&mut errands, &mut books);
    let mut errands = Running::new(Errands::new(0), BEN);
    assert_eq!(next(&mut errands, &mut books), Next::Call(Callback::Forget(device)));
}

#[test]
fn a_link_whose_attachment_has_ended_leaves_no_errand() {
    let mut books = TheBooks::new();
    let host = books.new_host(0, Profile::Exclusive);
    let link = books.attached(host, VC0);
    let (device, attachment) = (link.device, link.attachment.unwrap());
    let mut detach = Running::new(Detach::link(device, attachment), ANN);
    assert_eq!(next(&mut detach, &mut books), Next::Call(Callback::Detach(device)));
    assert_eq!(returned(&mut detach, &mut books), Next::Done);
    books.hosts[0].leave_detach_errand(device, attachment);
    assert!(!books.hosts[0].has_errands());
}

/// The hardware still sends its last packet, of a future that was dropped inside its detach; when that is over, the device is
/// idle without anybody's help, and an errand would mean its next attachment.
#[test]
fn a_link_whose_attachment_ends_by_itself_leaves_no_errand() {
    let mut books = TheBooks::new();
    let host = books.new_host(0, Profile::Exclusive);
    let link = books.attached(host, VC0);
    let (device, attachment) = (link.device, link.attachment.unwrap());
    let (mut detach, mut packet) = books.sending_in_detach(device);
    abandon(&mut packet, &mut books);
    assert_eq!(returned(&mut detach, &mut books), Next::Wait(WaitFor::Serving(device)));
    give_up(&mut detach, &mut books);
    books.hosts[0].leave_detach_errand(device, attachment);
    assert!(!books.hosts[0].has_errands());
    assert!(books.hosts[0].hardware_is_done(host));
    assert_eq!(
        books.hosts[0].registration(device).map(|registration| registration.serving),
        Ok(Serving::Idle)
    );
}

#[test]
fn a_dropped_host_leaves_no_errand_for_its_successor() {
    let mut books = TheBooks::new();
    let old = books.new_host(0, Profile::Exclusive);
    let mut removal = Running::new(UnregisterHost::new(old, RemovalKind::Orderly), ANN);
    assert_eq!(next(&mut removal, &mut books), Next::Call(Callback::Surrender(old)));
    assert_eq!(returned(&mut removal, &mut books), Next::Done);
    let new = books.new_host(0, Profile::Exclusive);
    books.hosts[0].leave_host_errand(old);
    assert!(!books.hosts[0].has_errands());
    books.hosts[0].leave_host_errand(new);
    assert!(books.hosts[0].has_errands());
}
