//! A cancel reaches nothing but what it is aimed at.

use super::support::{
    attach, wait_until, Attached, Gate, Handle, TestHost, TestPeripheral, CONFIG, VC0, VC1,
};
use super::{cancels_stop_at, ends, send, soon, transfers_stop_at};
use mipi_dsi::bus::{
    report::DeviceState, Attachment, Commands, DeviceInfo, Gone, HostAttachError, HostController, HostError,
    HostInfo, HostRef, Message, RemovalKind, Removed, StdBus, TransferError, Transport,
};
use mipi_dsi::wire::VirtualChannel;
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Instant;

/// What a host sends from inside its attach or detach its own time limits end. Whoever says meanwhile that all has gone does
/// not cancel it: the bus may get to the callback only when detach has returned, and the host has powered its block down.
#[test]
fn what_a_host_sends_from_inside_attach_and_detach_is_not_cancelled() {
    let Attached { bus, controller, host, device, link, .. } = Attached::new();
    let gone = host.reference();
    let sent: Arc<Mutex<Vec<Result<(), TransferError>>>> = Arc::default();
    let sends_twice = || {
        let sent = sent.clone();
        move |attachment: &Attachment<'_>| {
            sent.lock().unwrap().extend([0x28, 0x10].map(|byte| attachment.transport.dcs_write(&[byte])));
        }
    };
    let says_it = |gone: &HostRef<Handle>| {
        let gone = gone.clone();
        move || {
            let gone = gone.clone();
            assert!(thread::spawn(move || gone.declare_gone()).join().unwrap());
        }
    };
    let first_only = [Ok(()), Err(TransferError::Gone(Gone::HostRemoved))];
    controller.on_detach(sends_twice());
    controller.on_transfer(says_it(&gone));
    assert_eq!(link.detach_with(Some(Instant::now())), Ok(Removed::ByThisCall));
    assert_eq!((&sent.lock().unwrap()[..], controller.cancels.load(SeqCst)), (&first_only[..], 0));
    controller.assert_quiet();
    drop((link, device));
    assert!(host.unregister_with(RemovalKind::Surprise, soon()).is_ok_and(|controller| controller.is_some()));

    let controller = TestHost::new();
    let host = bus.register_host(HostInfo::new("back"), controller.clone()).unwrap();
    let device = host.register_device(DeviceInfo::new(VC0, "panel")).unwrap();
    sent.lock().unwrap().clear();
    controller.on_attach(sends_twice());
    controller.on_transfer(says_it(&host.reference()));
    let link = device.attach(CONFIG).unwrap();
    assert_eq!((&sent.lock().unwrap()[..], controller.cancels.load(SeqCst)), (&first_only[..], 0));
    controller.forget_hooks();
    assert_eq!(link.detach(), Ok(Removed::ByThisCall));
    controller.assert_quiet();
}

/// A host as its trait documents it: a cancel that comes late is kept until the next attach.
struct Latch {
    wanted: AtomicBool,
    is_first: AtomicBool,
    sending: Gate,
    go_on: Gate,
    cancelling: Gate,
    end_cancel: Gate,
}

impl HostController for Latch {
    fn attach(&self, _: &Attachment<'_>) -> Result<(), HostAttachError> {
        self.wanted.store(false, SeqCst);
        Ok(())
    }

    fn detach(&self, _: &Attachment<'_>) {}

    fn transfer(&self, _: &Message<'_>, _: &mut [u8]) -> Result<usize, HostError> {
        if self.is_first.swap(false, SeqCst) {
            self.sending.open();
            self.go_on.pass();
        }
        if self.wanted.load(SeqCst) {
            return Err(HostError::Cancelled);
        }
        Ok(0)
    }

    fn cancel(&self, _: VirtualChannel) {
        self.cancelling.open();
        self.end_cancel.pass();
        self.wanted.store(true, SeqCst);
    }
}

/// An orderly unregister waits for a packet that a surprise one cancels: who comes after both is not cancelled.
#[test]
fn a_successor_is_not_cancelled() {
    let latch = Arc::new(Latch {
        wanted: AtomicBool::new(false),
        is_first: AtomicBool::new(true),
        sending: Gate::default(),
        go_on: Gate::default(),
        cancelling: Gate::default(),
        end_cancel: Gate::default(),
    });
    let bus = StdBus::<Arc<Latch>, Arc<TestPeripheral>>::with_hosts(1);
    let host = bus.register_host(HostInfo::new("host"), latch.clone()).unwrap();
    let device = Arc::new(host.register_device(DeviceInfo::new(VC0, "old")).unwrap());
    // The link stays: dropping it would wait for the cancel.
    let link = Arc::new(device.attach(CONFIG).unwrap());
    let impatient = link.clone();
    let sender = thread::spawn(move || impatient.until(Instant::now()).dcs_write(&[0x28]));
    latch.sending.pass();
    let orderly = device.clone();
    let driver = thread::spawn(move || orderly.unregister());
    let pulled = device.clone();
    let plug = thread::spawn(move || pulled.unregister_with(RemovalKind::Surprise, None));
    latch.cancelling.pass();
    latch.go_on.open();
    assert_eq!(sender.join().unwrap(), Ok(()));
    assert!(!ends(&driver), "the device is unregistered while a cancel of its transfer runs");
    latch.end_cancel.open();
    driver.join().unwrap().unwrap();
    plug.join().unwrap().unwrap();
    let successor = host.attach_device(DeviceInfo::new(VC0, "new"), CONFIG).unwrap();
    assert_eq!(successor.dcs_write(&[0x29]), Ok(()));
}

/// Who can't wait for the end of a cancel leaves the link to the canceller, and nobody takes it before.
#[test]
fn who_cannot_wait_leaves_the_link_to_the_canceller() {
    let Attached { controller, host, device, link, .. } = Attached::new();
    let (other_device, other_link) = attach(&host.reference(), VC1, &TestPeripheral::new());
    let (sending, go_on) = transfers_stop_at(&controller);
    let (cancelling, end_cancel) = cancels_stop_at(&controller);
    let impatient = link.clone();
    let sender = thread::spawn(move || impatient.until(Instant::now()).dcs_write(&[1]));
    sending.pass();
    let removed = device.clone();
    let surprise = thread::spawn(move || removed.unregister_with(RemovalKind::Surprise, None));
    cancelling.pass();
    go_on.open();
    assert_eq!(sender.join().unwrap(), Ok(()), "its packet has been sent");
    let other = send(&other_link);
    assert!(!ends(&other), "another packet was sent while the cancel runs");
    end_cancel.open();
    assert_eq!(other.join().unwrap(), Ok(()));
    surprise.join().unwrap().unwrap();
    controller.assert_lawful();
    drop(other_device);
}

#[test]
fn the_surprise_of_one_device_cancels_no_transfer_of_another() {
    let Attached { controller, host, link, device: _device, .. } = Attached::new();
    let (other_device, _other_link) = attach(&host.reference(), VC1, &TestPeripheral::new());
    let (sending, go_on) = transfers_stop_at(&controller);
    let sender = send(&link);
    sending.pass();
    assert_eq!(other_device.unregister_with(RemovalKind::Surprise, soon()), Ok(Removed::ByThisCall));
    assert_eq!(controller.cancels.load(SeqCst), 0);
    go_on.open();
    sender.join().unwrap().unwrap();
}

/// The last command of a notice hangs, as the hardware has gone meanwhile: who says so is not the one who removes.
#[test]
fn a_second_remover_cancels_the_last_command_of_the_first_ones_notice() {
    let Attached { controller, host, peripheral, device: _device, link: _link, .. } = Attached::new();
    let (sending, go_on) = transfers_stop_at(&controller);
    controller.on_cancel(move || go_on.open());
    peripheral.on_leaving(|notice| {
        let _ = notice.transport.dcs_write(&[0x28]);
    });
    let owner = host.clone();
    let first = thread::spawn(move || owner.unregister().map(|controller| controller.is_some()));
    sending.pass();
    let second = host.unregister_with(RemovalKind::Surprise, soon()).map(|controller| controller.is_some());
    assert_eq!(controller.cancels.load(SeqCst), 1);
    assert!(second.is_ok(), "{second:?}");
    assert!(first.join().unwrap().is_ok());
}

#[test]
fn a_transfer_is_asked_to_end_once() {
    let Attached { controller, host, device, link, .. } = Attached::new();
    let (sending, go_on) = transfers_stop_at(&controller);
    let (cancelling, end_cancel) = cancels_stop_at(&controller);
    let sender = send(&link);
    sending.pass();
    let gone = host.reference();
    let plug = thread::spawn(move || gone.declare_gone());
    cancelling.pass();
    let surprise = |asked| {
        let now = Some(Instant::now());
        assert!(device.unregister_with(RemovalKind::Surprise, now).is_err());
        assert!(host.unregister_with(RemovalKind::Surprise, now).is_err());
        assert_eq!(controller.cancels.load(SeqCst), 1, "{asked}");
    };
    surprise("one who comes while it is asked does not ask again");
    end_cancel.open();
    assert!(plug.join().unwrap());
    surprise("nor one who comes when it was asked");
    go_on.open();
    sender.join().unwrap().unwrap();
    assert!(host.unregister_with(RemovalKind::Surprise, soon()).is_ok_and(|controller| controller.is_some()));
    controller.assert_quiet();
}

#[test]
fn between_the_packets_of_a_transaction_there_is_nothing_to_cancel_and_no_more_come() {
    let Attached { controller, device, link, host: _host, .. } = Attached::new();
    let (between, go_on) = (Gate::default(), Gate::default());
    let sender = {
        let (between, go_on) = (between.clone(), go_on.clone());
        thread::spawn(move || {
            let mut sent = vec![];
            link.transaction(&mut |transport| {
                sent.push(transport.dcs_write(&[1]));
                between.open();
                go_on.pass();
                sent.push(transport.dcs_write(&[2]));
            })
            .unwrap();
            sent
        })
    };
    between.pass();
    let surprise = device.unregister_with(RemovalKind::Surprise, Some(Instant::now()));
    assert!(surprise.is_err_and(|error| error.begun), "it waits for the end of the transaction");
    assert_eq!(controller.cancels.load(SeqCst), 0);
    go_on.open();
    assert_eq!(sender.join().unwrap(), [Ok(()), Err(TransferError::Gone(Gone::Unregistered))]);
    assert_eq!(device.unregister_with(RemovalKind::Surprise, soon()), Ok(Removed::ByThisCall));
    assert_eq!((controller.cancels.load(SeqCst), controller.counts()), (0, [1, 1, 1]));
    controller.assert_quiet();
}

/// The sender can't ask the host to end the transfer that they are in: one who waits for it does.
#[test]
fn one_who_waits_cancels_the_transfer_whose_sender_says_that_all_has_gone() {
    let Attached { bus, controller, host, link, device: _device, .. } = Attached::new();
    let (sending, pulled, go_on) = (Gate::default(), Gate::default(), Gate::default());
    let gone = host.reference();
    {
        let (sending, pulled, go_on) = (sending.clone(), pulled.clone(), go_on.clone());
        controller.on_transfer(move || {
            sending.open();
            pulled.pass();
            assert!(gone.declare_gone());
            go_on.pass();
        });
    }
    let canceller = Arc::new(Mutex::new(None));
    let seen = canceller.clone();
    controller.on_cancel(move || {
        *seen.lock().unwrap() = Some(thread::current().id());
        go_on.open();
    });
    let sender = send(&link);
    sending.pass();
    let detach = thread::spawn(move || link.detach_with(soon()));
    wait_until(|| bus.report(0).unwrap().devices[0].state == DeviceState::Detaching);
    let waiting = detach.thread().id();
    pulled.open();
    sender.join().unwrap().unwrap();
    assert_eq!(detach.join().unwrap(), Ok(Removed::ByThisCall));
    assert_eq!(*canceller.lock().unwrap(), Some(waiting));
    controller.forget_hooks();
    controller.assert_quiet();
}

/// A peripheral may wait, in its notice, for a thread of its own whose transfer ends only when it is cancelled.
#[test]
fn a_surprise_removal_cancels_before_it_tells() {
    let Attached { controller, host, link, peripheral, device: _device, .. } = Attached::new();
    let (sending, go_on) = transfers_stop_at(&controller);
    controller.on_cancel(move || go_on.open());
    let sender = Mutex::new(Some(send(&link)));
    sending.pass();
    peripheral.on_leaving(move |_| {
        sender.lock().unwrap().take().expect("told once").join().unwrap().unwrap();
    });
    let removed = host.unregister_with(RemovalKind::Surprise, soon());
    assert!(removed.is_ok_and(|controller| controller.is_some()));
    assert_eq!((controller.cancels.load(SeqCst), peripheral.told()), (1, 1));
    controller.forget_hooks();
    controller.assert_quiet();
}
