//! Who came first is served first, and who waits for something else is not forgotten.

use super::support::{attach, let_others_run, wait_until, Attached, TestPeripheral, VC1};
use super::{ends, send, soon, transfers_stop_at, PATIENCE};
use mipi_dsi::bus::{report::DeviceState, Commands, Gone, RemovalKind, TransferError, Transport, WaitError};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

/// Senders that send back to back overtake one who waits at most once each: they were sending when it came.
#[test]
fn a_sender_is_not_overtaken() {
    for senders in [1, 3] {
        let Attached { controller, host, link, device: _device, .. } = Attached::new();
        let (_other_device, other_link) = attach(&host.reference(), VC1, &TestPeripheral::new());
        controller.on_transfer(|| {
            let begin = Instant::now();
            while begin.elapsed() < Duration::from_micros(50) {
                std::hint::spin_loop();
            }
        });
        let (stop, sent) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicUsize::new(0)));
        let others: Vec<_> = (0..senders)
            .map(|_| {
                let (stop, sent, link) = (stop.clone(), sent.clone(), other_link.clone());
                thread::spawn(move || {
                    while !stop.load(SeqCst) {
                        link.dcs_write(&[2]).unwrap();
                        sent.fetch_add(1, SeqCst);
                    }
                })
            })
            .collect();
        // From the moment that this thread waits, each other sends at most what it had come for before, and the count
        // of one more may be late.
        let most = 2 * senders + 1;
        let worst = || {
            let mut overtaken: Vec<_> = (0..200).map(|_| wait_in_queue(&link, &sent)).collect();
            overtaken.sort_unstable();
            overtaken[overtaken.len() * 9 / 10]
        };
        // On a loaded machine this thread may lose the processor before it waits; it does not do so ten times.
        let worst = (0..10).map(|_| worst()).find(|worst| *worst <= most);
        stop.store(true, SeqCst);
        others.into_iter().for_each(|other| other.join().unwrap());
        assert!(worst.is_some(), "{senders} senders overtook one who waited more than {most} times");
    }
}

/// Sends a packet, and says how many others sent meanwhile.
fn wait_in_queue(link: &super::SharedLink, sent: &AtomicUsize) -> usize {
    let before = sent.load(SeqCst);
    link.dcs_write(&[1]).unwrap();
    sent.load(SeqCst) - before
}

/// The order in which four callers came to a busy link is the order in which they send.
#[test]
fn a_queue_is_served_in_its_order() {
    let Attached { bus, controller, link, host: _host, device: _device, .. } = Attached::new();
    let (sending, go_on) = transfers_stop_at(&controller);
    let first = send(&link);
    sending.pass();
    let waiting: Vec<_> = (2..=5_u8)
        .map(|command| {
            let sender = link.clone();
            let thread = thread::spawn(move || sender.dcs_write(&[command]));
            while bus.report(0).unwrap().queue < command - 1 {
                thread::yield_now();
            }
            thread
        })
        .collect();
    go_on.open();
    first.join().unwrap().unwrap();
    waiting.into_iter().for_each(|sender| sender.join().unwrap().unwrap());
    let sent: Vec<_> = controller.sent.lock().unwrap().iter().map(|(_, payload)| payload[0]).collect();
    assert_eq!(sent, [1, 2, 3, 4, 5]);
}

/// A removal waits no longer for its turn than anybody else.
#[test]
fn a_removal_gets_its_turn_while_another_keeps_sending() {
    let Attached { controller, host, peripheral, device: _device, link: _link, .. } = Attached::new();
    let (_other_device, other_link) = attach(&host.reference(), VC1, &TestPeripheral::new());
    controller.on_transfer(|| thread::sleep(Duration::from_micros(200)));
    let other = thread::spawn(move || while other_link.dcs_write(&[2]).is_ok() {});
    let_others_run();
    let last = Arc::new(Mutex::new(None));
    let heard = last.clone();
    peripheral.on_leaving(move |notice| *heard.lock().unwrap() = Some(notice.transport.dcs_write(&[0x28])));
    assert!(host.unregister_with(RemovalKind::Orderly, soon()).is_ok_and(|controller| controller.is_some()));
    assert_eq!(*last.lock().unwrap(), Some(Ok(())));
    other.join().unwrap();
}

/// The end of one host's transfer wakes those who wait for it, though others wait for something else.
#[test]
fn everybody_is_woken() {
    let first = Attached::new();
    let second = Attached::on(first.bus.clone(), "second");
    let (first_sends, first_goes_on) = transfers_stop_at(&first.controller);
    let (second_sends, second_goes_on) = transfers_stop_at(&second.controller);
    let first_sender = send(&first.link);
    first_sends.pass();
    let second_sender = send(&second.link);
    second_sends.pass();
    let waiting_for_first: Vec<_> = (0..3).map(|_| send(&first.link)).collect();
    let waiting_for_second = send(&second.link);
    while first.bus.report(0).unwrap().queue < 3 || first.bus.report(1).unwrap().queue < 1 {
        thread::yield_now();
    }
    second_goes_on.open();
    second_sender.join().unwrap().unwrap();
    assert!(ends(&waiting_for_second), "who waits for the second host's link was not woken");
    first_goes_on.open();
    first_sender.join().unwrap().unwrap();
    waiting_for_first.into_iter().for_each(|sender| sender.join().unwrap().unwrap());
}

#[test]
fn nothing_of_another_channel_or_inside_a_packet_comes_into_a_transaction() {
    let Attached { controller, host, link, device: _device, .. } = Attached::new();
    let (_other_device, other) = attach(&host.reference(), VC1, &TestPeripheral::new());
    let (is_first, inside) = (AtomicBool::new(true), Arc::new(Mutex::new(None)));
    {
        let (link, inside) = (link.clone(), inside.clone());
        controller.on_transfer(move || {
            if is_first.swap(false, SeqCst) {
                *inside.lock().unwrap() = Some(link.dcs_write(&[2]));
            }
        });
    }
    let mut sent = vec![];
    link.transaction(&mut |transport| sent.extend([other.dcs_write(&[1]), transport.dcs_write(&[3])]))
        .unwrap();
    let would_deadlock = |result: &Result<(), TransferError>| matches!(result, Err(TransferError::StillRunning(error)) if error.why == WaitError::WouldDeadlock);
    assert!(would_deadlock(&sent[0]), "{:?}", sent[0]);
    assert_eq!(sent[1], Ok(()));
    let inside = inside.lock().unwrap().take().expect("a packet was sent");
    assert!(would_deadlock(&inside), "{inside:?}");
    assert_eq!(controller.counts()[2], 1);
    controller.forget_hooks();
}

#[test]
fn who_waits_for_the_link_of_a_device_that_goes_is_answered_at_once() {
    let Attached { bus, controller, host, link, device: _device, .. } = Attached::new();
    let (other_device, other) = attach(&host.reference(), VC1, &TestPeripheral::new());
    let (sending, go_on) = transfers_stop_at(&controller);
    let sender = send(&link);
    sending.pass();
    let begun = Instant::now();
    let waiting = thread::spawn(move || other.until(begun + PATIENCE).dcs_write(&[2]));
    wait_until(|| bus.report(0).unwrap().queue == 1);
    other_device.unregister().unwrap();
    assert_eq!(waiting.join().unwrap(), Err(TransferError::Gone(Gone::Unregistered)));
    assert!(begun.elapsed() < PATIENCE, "it was answered at its deadline");
    go_on.open();
    sender.join().unwrap().unwrap();
}

#[test]
fn who_waits_for_the_link_of_a_host_that_has_gone_is_answered_at_once() {
    let Attached { bus, host, link, device: _device, .. } = Attached::new();
    let (_other_device, other) = attach(&host.reference(), VC1, &TestPeripheral::new());
    let begun = Instant::now();
    // In a transaction, between two packets, there is nothing to cancel.
    link.transaction(&mut |_| {
        let other = other.clone();
        let waiting = thread::spawn(move || other.until(begun + PATIENCE).dcs_write(&[2]));
        wait_until(|| bus.report(0).unwrap().queue == 1);
        assert!(host.declare_gone());
        assert_eq!(waiting.join().unwrap(), Err(TransferError::Gone(Gone::HostRemoved)));
    })
    .unwrap();
    assert!(begun.elapsed() < PATIENCE, "it was answered at its deadline");
}

/// One polls with a short deadline while another waits: neither that nor a third who comes is refused for want of room.
#[test]
fn who_asks_again_and_again_does_not_fill_the_queue() {
    let Attached { bus, controller, link, host: _host, device: _device, .. } = Attached::new();
    let (sending, go_on) = transfers_stop_at(&controller);
    let holder = send(&link);
    sending.pass();
    let waiting = send(&link);
    wait_until(|| bus.report(0).unwrap().queue == 1);
    for _ in 0..64 {
        let refused = link.until(Instant::now()).dcs_write(&[1]);
        let Err(TransferError::StillRunning(refused)) = refused else { panic!("it waited: {refused:?}") };
        assert_eq!(refused.why, WaitError::DeadlinePassed);
        assert_eq!(bus.report(0).unwrap().queue, 1, "who gave up does not wait");
    }
    go_on.open();
    assert_eq!([holder, waiting].map(|sender| sender.join().unwrap()), [Ok(()), Ok(())]);
}

#[test]
fn nothing_new_starts_while_a_device_is_drained() {
    let Attached { bus, controller, link, host: _host, device: _device, .. } = Attached::new();
    let (sending, go_on) = transfers_stop_at(&controller);
    let sender = send(&link);
    sending.pass();
    let detached = link.clone();
    let detach = thread::spawn(move || detached.detach());
    wait_until(|| bus.report(0).unwrap().devices[0].state == DeviceState::Detaching);
    let late = link.until(Instant::now() + PATIENCE).dcs_write(&[2]);
    assert_eq!(late, Err(TransferError::Gone(Gone::Detached)));
    go_on.open();
    sender.join().unwrap().unwrap();
    detach.join().unwrap().unwrap();
    assert_eq!(controller.counts(), [1, 1, 1]);
}
