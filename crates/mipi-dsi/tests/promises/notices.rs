//! An orderly removal does not spend the notice: the peripheral is told when its last commands can go out.

use super::support::{
    attach, let_others_run, wait_until, Attached, Gate, TestBus, TestPeripheral, CONFIG, VC0, VC1,
};
use super::{transfers_stop_at, PATIENCE};
use mipi_dsi::bus::{
    report::Presence, Attachment, Bus, Caller, Commands, DeviceInfo, FirmwareMemory, Gone, Host,
    HostAttachError, HostController, HostError, HostInfo, Message, Notice, RemovalKind, Removed,
    TransferError, Transport,
};
use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::sync::atomic::Ordering::SeqCst;
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Instant;

/// A deadline passes while another's packet is on the wire; the second call tells the peripheral, whose last command
/// arrives.
#[test]
fn a_deadline_that_passes_does_not_spend_the_notice() {
    let Attached { controller, host, link, peripheral, device: _device, .. } = Attached::new();
    peripheral.on_leaving(|notice| notice.transport.dcs_write(&[0x28]).unwrap());
    let (sending, go_on) = transfers_stop_at(&controller);
    let sender = super::send(&link);
    sending.pass();
    let removed = host.unregister_with(RemovalKind::Orderly, Some(Instant::now()));
    assert!(removed.is_err_and(|error| error.begun));
    assert_eq!(peripheral.told(), 0);
    go_on.open();
    sender.join().unwrap().unwrap();
    assert!(host.unregister().is_ok_and(|controller| controller.is_some()));
    assert_eq!(peripheral.told(), 1);
    let sent: Vec<_> = controller.sent.lock().unwrap().iter().map(|(_, payload)| payload[0]).collect();
    assert_eq!(sent, [1, 0x28]);
}

/// A peripheral with two links, whose thread sends on the second and from inside of that on the first, where the notice
/// begins meanwhile. The listener waits for that thread, which has been woken and has not looked yet: the notice lets it
/// send, so neither waits for ever.
#[test]
fn a_listener_waits_for_a_thread_that_its_notice_lets_send() {
    for _ in 0..30 {
        let bus = TestBus::with_hosts(2);
        let (first, second) = (Attached::on(bus.clone(), "first"), Attached::on(bus.clone(), "second"));
        let (sending, go_on) = transfers_stop_at(&first.controller);
        let sender = super::send(&first.link);
        sending.pass();
        let last_command = Arc::new(Mutex::new(None));
        first.peripheral.on_leaving({
            let (link, last_command) = (second.link.clone(), last_command.clone());
            move |_| *last_command.lock().unwrap() = Some(link.dcs_write(&[0x28]))
        });
        let (in_transaction, told_next) = (Gate::default(), Gate::default());
        let thread = thread::spawn({
            let (in_transaction, told_next) = (in_transaction.clone(), told_next.clone());
            let (first, second) = (first.link.clone(), second.link.clone());
            move || {
                second.transaction(&mut |_| {
                    in_transaction.open();
                    told_next.pass();
                    let _ = first.dcs_write(&[1]);
                })
            }
        });
        in_transaction.pass();
        let owner = first.host.clone();
        let remover = thread::spawn(move || owner.unregister().map(|_| ()));
        let queue = || bus.report(first.host.key().slot).unwrap().queue;
        wait_until(|| queue() == 1);
        told_next.open();
        wait_until(|| queue() == 2);
        go_on.open();
        sender.join().unwrap().unwrap();
        thread.join().unwrap().unwrap();
        assert_eq!(remover.join().unwrap(), Ok(()));
        assert_eq!(last_command.lock().unwrap().take(), Some(Ok(())));
    }
}

/// While the link is reserved for the notice, the peripheral's own thread can send the last command too.
#[test]
fn another_thread_of_the_peripheral_sends_the_last_command() {
    let Attached { controller, host, link, peripheral, device: _device, .. } = Attached::new();
    let link = Arc::downgrade(&link);
    peripheral.on_leaving(move |notice| {
        assert_eq!(notice.removal, RemovalKind::Orderly);
        let link = link.upgrade().unwrap();
        thread::spawn(move || link.dcs_write(&[0x28])).join().unwrap().unwrap();
        notice.transport.dcs_write(&[0x10]).unwrap();
    });
    assert!(host.unregister().is_ok_and(|controller| controller.is_some()));
    let sent: Vec<_> = controller.sent.lock().unwrap().iter().map(|(_, payload)| payload[0]).collect();
    assert_eq!(sent, [0x28, 0x10]);
}

/// A command that came to the link just before the notice goes out during it: the notice may wait for its thread.
#[test]
fn a_command_that_waits_when_the_notice_begins_goes_out_in_it() {
    let Attached { bus, controller, host, link, peripheral, device: _device, .. } = Attached::new();
    let (sending, go_on) = transfers_stop_at(&controller);
    let first = super::send(&link);
    sending.pass();
    let second = Arc::new(Mutex::new(None::<thread::JoinHandle<_>>));
    let (waited_for, is_over) = (second.clone(), Arc::new(Mutex::new(None)));
    let seen = is_over.clone();
    peripheral.on_leaving(move |_| {
        *seen.lock().unwrap() = Some(super::ends(waited_for.lock().unwrap().as_ref().unwrap()));
    });
    let remover = thread::spawn(move || host.unregister().is_ok_and(|controller| controller.is_some()));
    let wait_for_queue = |length| {
        while bus.report(0).unwrap().queue < length {
            thread::yield_now();
        }
    };
    wait_for_queue(1);
    *second.lock().unwrap() = Some(super::send(&link));
    wait_for_queue(2);
    go_on.open();
    first.join().unwrap().unwrap();
    assert!(remover.join().unwrap());
    assert_eq!(*is_over.lock().unwrap(), Some(true), "the notice waited for it in vain");
    assert_eq!(second.lock().unwrap().take().unwrap().join().unwrap(), Ok(()));
}

thread_local! {
    /// Number of the interrupt that is being handled; 0 for none.
    static INTERRUPT: Cell<usize> = const { Cell::new(0) };
}

type Listener = Rc<dyn Fn(&Notice<'_>)>;
type Memory = FirmwareMemory<Rc<Interrupted>, Listener, 1>;

/// A host in whose memory write an interrupt comes that drops the host.
#[derive(Default)]
struct Interrupted {
    sent: RefCell<Vec<u8>>,
    dropped_by_interrupt: RefCell<Option<Host<Rc<Memory>>>>,
}

impl HostController for Interrupted {
    fn attach(&self, _: &Attachment<'_>) -> Result<(), HostAttachError> {
        Ok(())
    }

    fn detach(&self, _: &Attachment<'_>) {}

    fn transfer(&self, message: &Message<'_>, _: &mut [u8]) -> Result<usize, HostError> {
        self.sent.borrow_mut().extend(message.payload().bytes());
        let dropped = self.dropped_by_interrupt.borrow_mut().take();
        INTERRUPT.set(1);
        drop(dropped);
        INTERRUPT.set(0);
        Ok(0)
    }
}

/// The code that the interrupt came to carries the removal out, when its packet is done: in its own context, and with
/// the last command.
#[test]
fn an_orderly_removal_in_an_interrupt_does_not_spend_the_notice() {
    let memory = Rc::new(Memory::new(|| Caller::from_number(INTERRUPT.get())));
    let bus = Bus::new(memory);
    let controller = Rc::new(Interrupted::default());
    let host = bus.register_host(HostInfo::new("host"), controller.clone()).unwrap();
    let told = Arc::new(Mutex::new(vec![]));
    let heard = told.clone();
    let listener: Listener = Rc::new(move |notice: &Notice<'_>| {
        let context = INTERRUPT.get();
        heard.lock().unwrap().push((context, notice.transport.dcs_write(&[0x28])));
    });
    let panel = host.attach_device(DeviceInfo::new(VC0, "panel").listener(listener), CONFIG).unwrap();
    *controller.dropped_by_interrupt.borrow_mut() = Some(host);
    panel.dcs_write(&[0x2c]).unwrap();
    assert_eq!(*told.lock().unwrap(), [(0, Ok(()))]);
    assert_eq!(*controller.sent.borrow(), [0x2c, 0x28]);
    assert_eq!(bus.report(0).unwrap().presence, Presence::Gone);
}

#[test]
fn who_is_unregistering_is_not_told() {
    let Attached { bus, controller, host, device, peripheral, link: _link } = Attached::new();
    let (detaching, go_on) = (Gate::default(), Gate::default());
    {
        let (detaching, go_on) = (detaching.clone(), go_on.clone());
        controller.on_detach(move |_| {
            detaching.open();
            go_on.pass();
        });
    }
    let unregister = thread::spawn(move || device.unregister());
    detaching.pass();
    let remover = thread::spawn(move || host.unregister().unwrap().is_some());
    wait_until(|| bus.report(0).unwrap().remover.is_some());
    go_on.open();
    assert_eq!(unregister.join().unwrap(), Ok(Removed::ByThisCall));
    assert!(remover.join().unwrap());
    assert_eq!(peripheral.told(), 0);
    controller.assert_quiet();
}

/// A remover who gave up comes back when the link is quiet, and not later than that.
#[test]
fn nothing_new_starts_on_a_host_whose_remover_has_given_up() {
    let Attached { controller, host, link, device: _device, .. } = Attached::new();
    let (_other_device, other) = attach(&host.reference(), VC1, &TestPeripheral::new());
    let (sending, go_on) = transfers_stop_at(&controller);
    let sender = super::send(&link);
    sending.pass();
    let removed = host.unregister_with(RemovalKind::Orderly, Some(Instant::now()));
    assert!(removed.is_err_and(|error| error.begun));
    let late = other.until(Instant::now() + PATIENCE).dcs_write(&[2]);
    assert_eq!(late, Err(TransferError::Gone(Gone::HostRemoved)));
    go_on.open();
    sender.join().unwrap().unwrap();
    assert!(host.unregister().unwrap().is_some());
    controller.assert_quiet();
}

/// It was unregistered from inside the notice, which goes on.
#[test]
fn a_device_that_is_dropped_waits_for_its_notice() {
    let Attached { host, device, peripheral, link, .. } = Attached::new();
    let (unregistered, go_on) = (Gate::default(), Gate::default());
    {
        let (inside, unregistered, go_on) = (Arc::downgrade(&device), unregistered.clone(), go_on.clone());
        peripheral.on_leaving(move |_| {
            assert_eq!(inside.upgrade().unwrap().unregister(), Ok(Removed::ByThisCall));
            unregistered.open();
            go_on.pass();
        });
    }
    let remover = thread::spawn(move || host.unregister().unwrap().is_some());
    unregistered.pass();
    drop(link);
    let told = peripheral.clone();
    let dropped = thread::spawn(move || {
        drop(device);
        told.telling.load(SeqCst)
    });
    let_others_run();
    go_on.open();
    assert_eq!(dropped.join().unwrap(), 0, "the notice still ran");
    assert!(remover.join().unwrap());
}
