//! What is refused has changed nothing.

use super::support::{bus, let_others_run, wait_until, Attached, Gate, TestBus, CONFIG, VC1};
use super::{send, soon, transfers_stop_at};
use mipi_dsi::bus::{AttachError, Commands, DeviceInfo, Gone, RemovalKind, Removed, StillRunning, WaitError};
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, Barrier, Mutex};
use std::thread;
use std::time::Instant;

/// A surprise unregister that would wait for itself (another's transaction waits for the attach that it is called from)
/// is refused, and has not asked the host to cancel; a later surprise of the host does.
#[test]
fn a_refused_surprise_unregister_has_cancelled_nothing() {
    let Attached { controller, host, device, link, .. } = Attached::new();
    let second = Arc::new(host.register_device(DeviceInfo::new(VC1, "second")).unwrap());
    let (sending, attaching, second_packet, cancelled) =
        (Gate::default(), Gate::default(), Gate::default(), Gate::default());
    let packets = AtomicUsize::new(0);
    {
        let (sending, attaching, second_packet, cancelled, second) =
            (sending.clone(), attaching.clone(), second_packet.clone(), cancelled.clone(), second.clone());
        controller.on_transfer(move || match packets.fetch_add(1, SeqCst) {
            0 => {
                sending.open();
                attaching.pass();
                let _ = second.unregister();
            }
            _ => {
                second_packet.open();
                cancelled.pass();
            }
        });
    }
    let refusal = Arc::new(Mutex::new(None));
    {
        let (sending, attaching, first, refusal) =
            (sending.clone(), attaching.clone(), device.clone(), refusal.clone());
        controller.on_attach(move |_| {
            sending.pass();
            attaching.open();
            let_others_run();
            let_others_run();
            *refusal.lock().unwrap() = Some(first.unregister_with(RemovalKind::Surprise, None));
        });
    }
    let sender = {
        let link = link.clone();
        thread::spawn(move || {
            link.transaction_of_two();
        })
    };
    sending.pass();
    let attacher = {
        let second = second.clone();
        thread::spawn(move || drop(second.attach(CONFIG)))
    };
    second_packet.pass();
    attacher.join().unwrap();
    let refusal = *refusal.lock().unwrap();
    let refused = Some(Err(WaitError::WouldDeadlock));
    assert_eq!(refusal.map(|result| result.map_err(|StillRunning { why, .. }| why)), refused);
    assert_eq!(refusal.and_then(|result| result.err()).map(|error| error.begun), Some(false));
    assert_eq!(controller.cancels.load(SeqCst), 0, "the refused call has asked the host to cancel");
    {
        let cancelled = cancelled.clone();
        controller.on_cancel(move || cancelled.open());
    }
    let pulled = host.unregister_with(RemovalKind::Surprise, soon());
    assert_eq!(controller.cancels.load(SeqCst), 1);
    assert!(pulled.is_ok_and(|controller| controller.is_some()));
    cancelled.open();
    sender.join().unwrap();
}

trait TwoPackets {
    fn transaction_of_two(&self);
}

impl<T: mipi_dsi::bus::Transport> TwoPackets for T {
    fn transaction_of_two(&self) {
        let _ = self.transaction(&mut |transport| {
            let _ = transport.dcs_write(&[1]);
            let _ = transport.dcs_write(&[2]);
        });
    }
}

/// A call from inside its own transfer is refused, and both ends go on as if it had not been made.
#[test]
fn a_device_whose_unregister_was_refused_sends_on() {
    let Attached { controller, host, device, link, peripheral, .. } = Attached::new();
    let refusals = Arc::new(Mutex::new(vec![]));
    {
        let (host, device, link, refusals) =
            (Arc::downgrade(&host), Arc::downgrade(&device), Arc::downgrade(&link), refusals.clone());
        controller.on_transfer(move || {
            let (Some(host), Some(device), Some(link)) = (host.upgrade(), device.upgrade(), link.upgrade())
            else {
                return;
            };
            refusals.lock().unwrap().extend([
                link.detach().err(),
                device.unregister().err(),
                device.unregister_with(RemovalKind::Surprise, None).err(),
                host.unregister().err(),
                host.unregister_with(RemovalKind::Surprise, None).err(),
            ]);
        });
    }
    link.dcs_write(&[1]).unwrap();
    let refusals = std::mem::take(&mut *refusals.lock().unwrap());
    assert_eq!(refusals.len(), 5);
    for refusal in refusals {
        let refusal = refusal.expect("it would have to wait for its own transfer");
        assert_eq!((refusal.why, refusal.begun), (WaitError::WouldDeadlock, false));
    }
    controller.forget_hooks();
    assert_eq!(link.dcs_write(&[2]), Ok(()));
    assert_eq!((controller.cancels.load(SeqCst), peripheral.told()), (0, 0));
    assert!(host.register_device(DeviceInfo::new(VC1, "still here")).is_ok());
}

/// A removal from inside an attach would wait for that attach.
#[test]
fn a_host_whose_removal_was_refused_in_its_attach_goes_on() {
    let Attached { controller, host, device, link, peripheral, .. } = Attached::new();
    link.detach().unwrap();
    let refusals = Arc::new(Mutex::new(vec![]));
    {
        let (host, refusals) = (host.clone(), refusals.clone());
        controller.on_attach(move |_| {
            let surprise = host.unregister_with(RemovalKind::Surprise, None);
            refusals.lock().unwrap().extend([host.unregister().err(), surprise.err()]);
        });
    }
    let link = device.attach(CONFIG).unwrap();
    controller.forget_hooks();
    for refusal in std::mem::take(&mut *refusals.lock().unwrap()) {
        let refusal = refusal.expect("it would have to wait for the attach that it is called from");
        assert_eq!((refusal.why, refusal.begun), (WaitError::WouldDeadlock, false));
    }
    assert_eq!((link.dcs_write(&[1]), peripheral.told()), (Ok(()), 0));
    assert!(host.register_device(DeviceInfo::new(VC1, "still here")).is_ok());
}

/// A shared host whose device waits for its senders at the end of its unregistration.
#[test]
fn a_device_whose_unregistration_has_begun_is_not_attached() {
    let Attached { controller, device, link, host: _host, .. } = Attached::shared(bus());
    let (sending, go_on) = transfers_stop_at(&controller);
    let sender = send(&link);
    sending.pass();
    let unregistered = device.unregister_with(RemovalKind::Orderly, Some(Instant::now()));
    assert!(unregistered.is_err_and(|error| error.begun));
    assert_eq!(device.attach(CONFIG).map(|_| ()), Err(AttachError::Gone(Gone::Unregistered)));
    go_on.open();
    sender.join().unwrap().unwrap();
    assert_eq!(device.unregister(), Ok(Removed::ByThisCall));
    controller.assert_quiet();
}

#[test]
fn of_three_callbacks_that_remove_each_others_hosts_one_is_refused() {
    let bus = TestBus::with_hosts(3);
    let ends = ["a", "b", "c"].map(|name| Attached::on(bus.clone(), name));
    let all_inside = Arc::new(Barrier::new(3));
    let refusals = Arc::new(Mutex::new(vec![]));
    for index in 0..3 {
        let (host, all_inside, refusals) =
            (ends[(index + 1) % 3].host.clone(), all_inside.clone(), refusals.clone());
        ends[index].controller.on_transfer(move || {
            all_inside.wait();
            let removed = host.unregister_with(RemovalKind::Orderly, soon());
            refusals.lock().unwrap().extend(removed.err());
        });
    }
    let senders = [0, 1, 2].map(|index| send(&ends[index].link));
    for sender in senders {
        assert_eq!(sender.join().unwrap(), Ok(()));
    }
    let why: Vec<_> = refusals.lock().unwrap().iter().map(|error| error.why).collect();
    assert_eq!(why, [WaitError::WouldDeadlock]);
    for end in &ends {
        end.controller.forget_hooks();
        end.host.unregister().unwrap();
        end.controller.assert_quiet();
    }
}

/// From inside a transfer, one waits for another host's.
#[test]
fn a_wait_for_another_hosts_transfer_is_not_taken_for_one_for_ones_own() {
    let bus = bus();
    let [first, second] = ["first", "second"].map(|name| Attached::on(bus.clone(), name));
    let (sending, go_on) = transfers_stop_at(&second.controller);
    let busy = send(&second.link);
    sending.pass();
    let (inside, proceed, sent) = (Gate::default(), Gate::default(), Arc::new(Mutex::new(None)));
    {
        let (inside, proceed, sent) = (inside.clone(), proceed.clone(), sent.clone());
        let link = Mutex::new(Some(second.link.clone()));
        first.controller.on_transfer(move || {
            let Some(link) = link.lock().unwrap().take() else { return };
            inside.open();
            proceed.pass();
            let result = link.dcs_write(&[2]);
            *sent.lock().unwrap() = Some(result);
        });
    }
    let sender = send(&first.link);
    inside.pass();
    // One who waits for it, so that it is in the book.
    let behind = send(&first.link);
    wait_until(|| bus.report(0).unwrap().queue == 1);
    proceed.open();
    wait_until(|| bus.report(1).unwrap().queue == 1 || sent.lock().unwrap().is_some());
    go_on.open();
    for sender in [busy, sender, behind] {
        sender.join().unwrap().unwrap();
    }
    assert_eq!(*sent.lock().unwrap(), Some(Ok(())));
    first.controller.forget_hooks();
}
