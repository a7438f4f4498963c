//! Line 1: every attach is followed by exactly one detach, every registration by exactly one unregistration.

use super::support::*;
use mipi_dsi::bus::{Commands, Removed};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst};
use std::sync::Arc;
use std::thread;

#[test]
fn of_many_removers_one_does_the_work_and_the_others_return_when_it_is_complete() {
    let Attached { controller, host, device, link, .. } = Attached::new();
    let detaching = Gate::default();
    let go_on = Gate::default();
    let complete = Arc::new(AtomicBool::new(false));
    {
        let (detaching, go_on, complete) = (detaching.clone(), go_on.clone(), complete.clone());
        controller.on_detach(move |_| {
            detaching.open();
            go_on.pass();
            complete.store(true, SeqCst);
        });
    }
    let by_this_call = Arc::new(AtomicUsize::new(0));
    let remove = |removal: Box<dyn Fn() -> bool + Send>| {
        let (complete, by_this_call) = (complete.clone(), by_this_call.clone());
        thread::spawn(move || {
            if removal() {
                by_this_call.fetch_add(1, SeqCst);
            }
            assert!(complete.load(SeqCst), "returned before the removal was complete");
        })
    };
    let first = device.clone();
    let mut removers = vec![remove(Box::new(move || first.unregister() == Ok(Removed::ByThisCall)))];
    detaching.pass();
    for _ in 0..3 {
        let device = device.clone();
        removers.push(remove(Box::new(move || device.unregister() == Ok(Removed::ByThisCall))));
    }
    removers.push(remove(Box::new(move || link.detach() == Ok(Removed::ByThisCall))));
    let host_again = host.clone();
    removers.push(remove(Box::new(move || {
        host_again.unregister().unwrap().expect("one remover of the host");
        false
    })));
    let_others_run();
    go_on.open();
    for remover in removers {
        remover.join().unwrap();
    }
    assert_eq!(by_this_call.load(SeqCst), 1);
    assert_eq!(controller.counts(), [1, 1, 0]);
    controller.assert_quiet();
}

#[test]
fn of_two_removers_of_a_host_one_gets_the_controller_back() {
    let Attached { controller, host, device: _device, link: _link, .. } = Attached::new();
    let detaching = Gate::default();
    let go_on = Gate::default();
    {
        let (detaching, go_on) = (detaching.clone(), go_on.clone());
        controller.on_detach(move |_| {
            detaching.open();
            go_on.pass();
        });
    }
    let unregister = |host: Arc<_>| thread::spawn(move || unregister_host(&host).is_some());
    let first = unregister(host.clone());
    detaching.pass();
    let second = unregister(host.clone());
    let_others_run();
    assert!(!second.is_finished());
    go_on.open();
    assert!(first.join().unwrap());
    assert!(!second.join().unwrap());
    assert!(unregister_host(&host).is_none());
    assert_eq!(controller.counts(), [1, 1, 0]);
    controller.assert_quiet();
}

fn unregister_host(host: &mipi_dsi::bus::Host<Handle>) -> Option<Arc<TestHost>> {
    host.unregister().unwrap()
}

#[test]
fn every_order_of_dropping_the_handles_detaches_once() {
    for order in [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]] {
        let Attached { controller, peripheral, host, device, link, bus } = Attached::new();
        let mut handles: [Option<Box<dyn std::any::Any>>; 3] =
            [Some(Box::new(host)), Some(Box::new(device)), Some(Box::new(link))];
        for index in order {
            handles[index] = None;
        }
        assert_eq!(controller.counts(), [1, 1, 0], "{order:?}");
        controller.assert_quiet();
        assert_eq!(bus.reports().count(), 0, "something is still held after {order:?}");
        assert_eq!(Arc::strong_count(&controller), 1);
        assert_eq!(Arc::strong_count(&peripheral), 1);
    }
}

#[test]
fn a_callback_that_unwinds_leaves_nothing_claimed() {
    let Attached { controller, device, link, host: _host, .. } = Attached::new();
    controller.on_detach(|_| panic!("the host's detach panics"));
    let detached = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| link.detach()));
    assert!(detached.is_err(), "the panic goes on to the caller");
    controller.forget_hooks();
    assert_eq!(link.detach(), Ok(Removed::Already));
    assert_eq!(device.unregister(), Ok(Removed::ByThisCall));
}

#[test]
fn a_transfer_that_unwinds_gives_the_link_back() {
    let Attached { controller, host, link, device: _device, .. } = Attached::new();
    controller.on_transfer(|| panic!("the host's transfer panics"));
    let sent = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| link.generic_write(&[])));
    assert!(sent.is_err(), "the panic goes on to the caller");
    controller.forget_hooks();
    assert_eq!(link.detach(), Ok(Removed::ByThisCall));
    assert!(host.unregister().unwrap().is_some());
}
