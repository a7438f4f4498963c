//! Line 5: removal waits for transfers in flight; a surprise removal asks the host to cancel them; a deadline reports.

use super::support::*;
use mipi_dsi::bus::{
    Commands, Gone, HostError, RemovalKind, Removed, StillRunning, TransferError, WaitError,
};
use mipi_dsi::dcs;
use std::sync::atomic::Ordering::SeqCst;
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

/// A transfer that is held at the gate.
fn hold_a_transfer(attached: &Attached) -> (JoinHandle<Result<(), TransferError>>, Gate) {
    let (sending, go_on) = (Gate::default(), Gate::default());
    {
        let (sending, go_on) = (sending.clone(), go_on.clone());
        attached.controller.on_transfer(move || {
            sending.open();
            go_on.pass();
        });
    }
    let link = attached.link.clone();
    let sender = thread::spawn(move || link.write(dcs::Nop));
    sending.pass();
    (sender, go_on)
}

fn in_20_seconds() -> Option<Instant> {
    Some(Instant::now() + Duration::from_secs(20))
}

#[test]
fn an_orderly_detach_waits_and_does_not_cancel() {
    let attached = Attached::new();
    let (sender, go_on) = hold_a_transfer(&attached);
    let detach = {
        let link = attached.link.clone();
        thread::spawn(move || link.detach())
    };
    let_others_run();
    assert!(!detach.is_finished());
    assert_eq!(attached.controller.counts(), [1, 0, 1]);
    go_on.open();
    assert_eq!(sender.join().unwrap(), Ok(()));
    assert_eq!(detach.join().unwrap(), Ok(Removed::ByThisCall));
    assert_eq!(attached.controller.cancels.load(SeqCst), 0);
    attached.controller.assert_quiet();
}

#[test]
fn a_surprise_removal_of_the_host_cancels_the_transfer_once_and_waits_for_it() {
    let attached = Attached::new();
    let (sender, go_on) = hold_a_transfer(&attached);
    *attached.controller.response.lock().unwrap() = Err(HostError::Cancelled);
    attached.controller.on_cancel(move || go_on.open());
    let controller = attached.host.unregister_with(RemovalKind::Surprise, None).unwrap().unwrap();
    controller.retire();
    assert_eq!(sender.join().unwrap(), Err(TransferError::Host(HostError::Cancelled)));
    assert_eq!(controller.cancels.load(SeqCst), 1);
    controller.assert_quiet();
    controller.forget_hooks();
}

#[test]
fn a_surprise_removal_of_the_device_cancels_the_transfer_once_and_waits_for_it() {
    let attached = Attached::new();
    let (sender, go_on) = hold_a_transfer(&attached);
    attached.controller.on_cancel(move || go_on.open());
    let removed = attached.device.unregister_with(RemovalKind::Surprise, None);
    assert_eq!(removed, Ok(Removed::ByThisCall));
    assert_eq!(sender.join().unwrap(), Ok(()), "what was sent was sent");
    assert_eq!(attached.controller.cancels.load(SeqCst), 1);
    attached.controller.assert_quiet();
    attached.controller.forget_hooks();
}

#[test]
fn an_orderly_removal_becomes_a_surprise_when_the_cable_is_pulled_meanwhile() {
    let attached = Attached::new();
    let (sender, go_on) = hold_a_transfer(&attached);
    let remover = {
        let host = attached.host.clone();
        thread::spawn(move || host.unregister().unwrap().is_some())
    };
    let_others_run();
    assert!(!remover.is_finished());
    attached.controller.on_cancel(move || go_on.open());
    assert!(attached.host.declare_gone());
    assert!(!attached.host.declare_gone(), "said already");
    assert_eq!(sender.join().unwrap(), Ok(()));
    assert!(remover.join().unwrap());
    assert_eq!(attached.controller.cancels.load(SeqCst), 1);
    attached.controller.assert_quiet();
    attached.controller.forget_hooks();
}

#[test]
fn what_was_declared_gone_answers_at_once_and_is_still_to_be_unregistered() {
    let Attached { controller, host, link, bus, peripheral, device: _device, .. } = Attached::new();
    assert!(host.declare_gone());
    assert_eq!(link.write(dcs::Nop), Err(TransferError::Gone(Gone::HostRemoved)));
    assert!(bus.find_host("fd922800.dsi").is_none());
    assert_eq!((peripheral.told(), controller.counts()), (0, [1, 0, 0]));
    assert!(host.unregister().unwrap().is_some());
    assert_eq!((peripheral.told(), controller.counts()), (1, [1, 1, 0]));
    assert_eq!(peripheral.surprises.load(SeqCst), 1);
    controller.assert_quiet();
}

#[test]
fn at_the_deadline_a_removal_says_what_runs_and_can_be_called_again() {
    let attached = Attached::new();
    let (sender, go_on) = hold_a_transfer(&attached);
    let soon = || Some(Instant::now() + Duration::from_millis(20));
    let is_late = |error: StillRunning| error.why == WaitError::DeadlinePassed;

    let detach = attached.link.detach_with(soon());
    assert!(detach.is_err_and(is_late));
    let gone = TransferError::Gone(Gone::Detached);
    assert_eq!(attached.link.write(dcs::Nop), Err(gone), "begun: nothing new starts");
    let unregister = attached.device.unregister_with(RemovalKind::Orderly, soon());
    assert!(unregister.is_err_and(is_late));
    let gone = TransferError::Gone(Gone::Unregistered);
    assert_eq!(attached.link.write(dcs::Nop), Err(gone), "the later of the two answers");
    let remove = attached.host.unregister_with(RemovalKind::Orderly, soon());
    assert!(remove.is_err_and(is_late));
    assert_eq!(attached.controller.counts(), [1, 0, 1]);

    go_on.open();
    assert_eq!(sender.join().unwrap(), Ok(()));
    assert!(attached.host.unregister().unwrap().is_some());
    assert_eq!(attached.controller.counts(), [1, 1, 1]);
    attached.controller.assert_quiet();
}

#[test]
fn a_transaction_is_drained_whole() {
    let attached = Attached::new();
    let (begun, go_on) = (Gate::default(), Gate::default());
    let sender = {
        let (link, begun, go_on) = (attached.link.clone(), begun.clone(), go_on.clone());
        thread::spawn(move || {
            let mut results = vec![];
            mipi_dsi::bus::Transport::transaction(&*link, &mut |transport| {
                results.push(transport.write(dcs::SetDisplayOff));
                begun.open();
                go_on.pass();
                results.push(transport.write(dcs::EnterSleepMode));
            })
            .unwrap();
            results
        })
    };
    begun.pass();
    let unregister = {
        let device = attached.device.clone();
        thread::spawn(move || device.unregister())
    };
    let_others_run();
    assert!(!unregister.is_finished());
    go_on.open();
    assert_eq!(sender.join().unwrap(), [Ok(()), Ok(())]);
    assert_eq!(unregister.join().unwrap(), Ok(Removed::ByThisCall));
    attached.controller.assert_quiet();
}

#[test]
fn a_transaction_keeps_other_peripherals_off_the_link() {
    let attached = Attached::new();
    let (_other_device, other) = attach(&attached.host.reference(), VC1, &TestPeripheral::new());
    let (begun, go_on) = (Gate::default(), Gate::default());
    let sender = {
        let (link, begun, go_on) = (attached.link.clone(), begun.clone(), go_on.clone());
        thread::spawn(move || {
            mipi_dsi::bus::Transport::transaction(&*link, &mut |transport| {
                transport.write(dcs::SetDisplayOff).unwrap();
                begun.open();
                go_on.pass();
                transport.write(dcs::EnterSleepMode).unwrap();
            })
        })
    };
    begun.pass();
    let intruder = thread::spawn(move || other.write(dcs::SetTearOff));
    let_others_run();
    go_on.open();
    sender.join().unwrap().unwrap();
    intruder.join().unwrap().unwrap();
    let opcodes: Vec<u8> = attached.controller.sent.lock().unwrap().iter().map(|(_, sent)| sent[0]).collect();
    assert_eq!(opcodes, [0x28, 0x10, 0x34]);
    attached.controller.assert_lawful();
}

#[test]
fn while_one_cancels_the_cancelled_transfer_does_not_end_and_no_other_starts() {
    let attached = Attached::new();
    let (_other_device, other) = attach(&attached.host.reference(), VC1, &TestPeripheral::new());
    let (sender, go_on) = hold_a_transfer(&attached);
    let (cancelling, end_cancel) = (Gate::default(), Gate::default());
    {
        let (cancelling, end_cancel) = (cancelling.clone(), end_cancel.clone());
        attached.controller.on_cancel(move || {
            cancelling.open();
            end_cancel.pass();
        });
    }
    let device = attached.device.clone();
    let remover = thread::spawn(move || device.unregister_with(RemovalKind::Surprise, None));
    cancelling.pass();
    attached.controller.on_transfer(|| {});
    go_on.open();
    let intruder = thread::spawn(move || other.write(dcs::Nop));
    let_others_run();
    assert_eq!(attached.controller.counts(), [2, 0, 1], "the second transfer waits for the cancel");
    assert!(!sender.is_finished(), "what is cancelled does not end before the cancel has returned");
    end_cancel.open();
    assert_eq!(sender.join().unwrap(), Ok(()));
    assert_eq!(intruder.join().unwrap(), Ok(()));
    assert_eq!(remover.join().unwrap(), Ok(Removed::ByThisCall));
    attached.controller.assert_lawful();
    attached.controller.forget_hooks();
    assert_eq!(Arc::strong_count(&attached.controller), 3, "this test, the slot and its gate");
}

/// A thread of the peripheral's own sends the last command, which gets no response; the notice returns without it.
#[test]
fn a_surprise_of_the_device_reaches_the_remover_who_waits_already() {
    let attached = Attached::new();
    let (sending, go_on) = (Gate::default(), Gate::default());
    {
        let (sending, go_on) = (sending.clone(), go_on.clone());
        attached.controller.on_transfer(move || {
            sending.open();
            go_on.pass();
        });
    }
    attached.controller.on_cancel(move || go_on.open());
    let sender = Arc::new(Mutex::new(None));
    {
        let (link, sender) = (attached.link.clone(), sender.clone());
        attached.peripheral.on_leaving(move |_| {
            let link = link.clone();
            *sender.lock().unwrap() = Some(thread::spawn(move || link.write(dcs::SetDisplayOff)));
            sending.pass();
        });
    }
    let remover = {
        let host = attached.host.clone();
        thread::spawn(move || host.unregister_with(RemovalKind::Orderly, in_20_seconds()).unwrap().is_some())
    };
    wait_until(|| attached.peripheral.told() == 1 && attached.peripheral.telling.load(SeqCst) == 0);
    let_others_run();
    assert!(!remover.is_finished(), "the removal waits for the last command");
    assert_eq!(attached.controller.cancels.load(SeqCst), 0);
    let removed = attached.device.unregister_with(RemovalKind::Surprise, None);
    assert_eq!(removed, Ok(Removed::Already), "the removal of the host did it");
    assert!(remover.join().unwrap());
    let sender = sender.lock().unwrap().take().expect("the notice has begun to send");
    assert_eq!(sender.join().unwrap(), Ok(()));
    assert_eq!(attached.controller.cancels.load(SeqCst), 1);
    attached.controller.assert_quiet();
    attached.controller.forget_hooks();
    attached.peripheral.forget_hooks();
}

/// A thread of the peripheral's own sends the last command, and the notice returns before that has gone out.
#[test]
fn a_last_command_that_outlives_its_notice_is_drained_and_gives_the_link_back() {
    let attached = Attached::new();
    let (_other_device, other) = attach(&attached.host.reference(), VC1, &TestPeripheral::new());
    let (sending, go_on) = (Gate::default(), Gate::default());
    {
        let (sending, go_on) = (sending.clone(), go_on.clone());
        attached.controller.on_transfer(move || {
            sending.open();
            go_on.pass();
        });
    }
    let sender = Arc::new(Mutex::new(None));
    {
        let (link, sender, other) = (attached.link.clone(), sender.clone(), other.clone());
        attached.peripheral.on_leaving(move |_| {
            let (link, other) = (link.clone(), other.clone());
            let first = thread::spawn(move || link.write(dcs::SetDisplayOff));
            sending.pass();
            let second = thread::spawn(move || other.write(dcs::SetDisplayOff));
            *sender.lock().unwrap() = Some([first, second]);
        });
    }
    let remover = {
        let host = attached.host.clone();
        thread::spawn(move || host.unregister_with(RemovalKind::Orderly, in_20_seconds()).map(|_| ()))
    };
    wait_until(|| attached.peripheral.told() == 1 && attached.peripheral.telling.load(SeqCst) == 0);
    let_others_run();
    assert!(!remover.is_finished(), "the removal waits for the last command");
    assert_eq!(attached.controller.counts(), [2, 0, 1], "and so does the next sender");
    go_on.open();
    assert_eq!(remover.join().unwrap(), Ok(()));
    let senders = sender.lock().unwrap().take().expect("the notice has begun to send");
    assert_eq!(senders.map(|sender| sender.join().unwrap()), [Ok(()), Ok(())]);
    attached.controller.assert_quiet();
    attached.controller.forget_hooks();
    attached.peripheral.forget_hooks();
}

/// What the notice is for: that the last commands go out. A transfer that runs is in their way.
#[test]
fn an_orderly_notice_comes_when_its_commands_can_go_out() {
    let attached = Attached::new();
    let (sender, go_on) = hold_a_transfer(&attached);
    attached.peripheral.on_leaving(|notice| assert_eq!(notice.transport.write(dcs::SetDisplayOff), Ok(())));
    let remover = {
        let host = attached.host.clone();
        thread::spawn(move || host.unregister().unwrap().is_some())
    };
    let_others_run();
    assert_eq!((attached.peripheral.told(), attached.controller.counts()), (0, [1, 0, 1]));
    // Nor is it spent on a removal that gives up.
    let soon = Some(Instant::now() + Duration::from_millis(20));
    assert!(attached.host.unregister_with(RemovalKind::Orderly, soon).is_err());
    assert_eq!(attached.peripheral.told(), 0);
    go_on.open();
    assert_eq!(sender.join().unwrap(), Ok(()));
    assert!(remover.join().unwrap());
    assert_eq!((attached.peripheral.told(), attached.controller.counts()), (1, [1, 1, 2]));
    attached.controller.assert_quiet();
    attached.peripheral.forget_hooks();
}

#[test]
fn a_detach_waits_for_the_cancel_of_its_last_transfer() {
    let attached = Attached::new();
    let (sender, go_on) = hold_a_transfer(&attached);
    let (cancelling, end_cancel) = (Gate::default(), Gate::default());
    {
        let (cancelling, end_cancel) = (cancelling.clone(), end_cancel.clone());
        attached.controller.on_cancel(move || {
            go_on.open();
            cancelling.open();
            end_cancel.pass();
        });
    }
    let declare = {
        let host = attached.host.clone();
        thread::spawn(move || host.declare_gone())
    };
    cancelling.pass();
    let unregister = {
        let device = attached.device.clone();
        thread::spawn(move || device.unregister())
    };
    let_others_run();
    assert!(!unregister.is_finished());
    assert_eq!(attached.controller.counts(), [1, 0, 1], "not detached while the cancel runs");
    assert!(!sender.is_finished(), "what is cancelled does not end before the cancel has returned");
    end_cancel.open();
    assert_eq!(sender.join().unwrap(), Ok(()));
    assert!(declare.join().unwrap());
    assert_eq!(unregister.join().unwrap(), Ok(Removed::ByThisCall));
    attached.controller.forget_hooks();
}

/// The host leaves in an orderly way and the peripheral is told; its last command gets no response, as the peripheral has been
/// pulled out meanwhile. Whoever says so ends that command before they wait for the notice.
#[test]
fn a_surprise_of_the_device_ends_the_last_command_of_its_notice() {
    let attached = Attached::new();
    let (sending, go_on) = (Gate::default(), Gate::default());
    {
        let (sending, go_on) = (sending.clone(), go_on.clone());
        attached.controller.on_transfer(move || {
            sending.open();
            go_on.pass();
        });
    }
    attached.controller.on_cancel(move || go_on.open());
    attached.peripheral.on_leaving(move |notice| {
        // Whatever comes of it.
        let _ = notice.transport.write(dcs::SetDisplayOff);
    });
    let remover = {
        let host = attached.host.clone();
        thread::spawn(move || host.unregister().unwrap().is_some())
    };
    sending.pass();
    let removed = attached.device.unregister_with(RemovalKind::Surprise, None);
    assert_eq!(removed, Ok(Removed::Already), "the removal of the host did it");
    assert!(remover.join().unwrap());
    assert_eq!(attached.controller.cancels.load(SeqCst), 1);
    attached.controller.assert_quiet();
    attached.controller.forget_hooks();
    attached.peripheral.forget_hooks();
}
