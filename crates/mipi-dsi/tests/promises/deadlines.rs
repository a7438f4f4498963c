//! Every wait can be bounded.

use super::support::{
    attach, bus_with_limit, let_others_run, slots, wait_until, Attached, Gate, TestHost, TestPeripheral,
    TestSlots, CONFIG, VC0, VC1,
};
use super::{send, transfers_stop_at};
use mipi_dsi::bus::{
    adapter::{BusMemory, Ended, Lock, StdGates, StdLock},
    report::WaitFor,
    AttachError, Bus, Caller, Commands, DeviceInfo, HostInfo, RemovalKind, StillRunning, TransferError,
    Transport, WaitError,
};
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

const LIMIT: Duration = Duration::from_millis(100);
/// Far above the limit, and far below what a stuck host takes.
const SLOW: Duration = Duration::from_secs(5);

#[track_caller]
fn in_time<R>(work: impl FnOnce() -> R) -> R {
    let begin = Instant::now();
    let result = work();
    assert!(begin.elapsed() < SLOW, "it waited {:?}", begin.elapsed());
    result
}

/// The deadline of a removal also bounds what its notice sends.
#[test]
fn the_deadline_bounds_the_last_command_of_a_notice() {
    let Attached { controller, host, peripheral, device: _device, link: _link, .. } = Attached::new();
    let (_other_device, other_link) = attach(&host.reference(), VC1, &TestPeripheral::new());
    let (sending, go_on) = transfers_stop_at(&controller);
    peripheral.on_leaving(|notice| {
        let _ = notice.transport.dcs_write(&[0x28]);
    });
    let other = send(&other_link);
    sending.pass();
    let removed = in_time(|| host.unregister_with(RemovalKind::Orderly, Instant::now().checked_add(LIMIT)));
    let error = removed.map(|_| ()).unwrap_err();
    assert_eq!((error.why, error.begun), (WaitError::DeadlinePassed, true));
    go_on.open();
    other.join().unwrap().unwrap();
}

/// A host that never returns from a transfer hangs nobody whose bus has a limit, drops included.
#[test]
fn a_stuck_host_hangs_nobody_who_asked_for_a_limit() {
    let Attached { bus, controller, host, device, link, .. } = Attached::on(bus_with_limit(LIMIT), "stuck");
    let (other_device, other_link) = attach(&host.reference(), VC1, &TestPeripheral::new());
    let (sending, go_on) = transfers_stop_at(&controller);
    let stuck = send(&link);
    sending.pass();
    let passed = |error: StillRunning| error.why == WaitError::DeadlinePassed;
    let sent = in_time(|| other_link.dcs_write(&[1]));
    assert!(matches!(sent, Err(TransferError::StillRunning(error)) if passed(error)), "{sent:?}");
    let read = in_time(|| other_link.dcs_read(0x0a, &mut [0]));
    assert!(read.is_err_and(|error| bus.show(&error).to_string().contains("stuck")));
    assert!(in_time(|| link.detach()).is_err_and(passed));
    assert!(in_time(|| device.unregister()).is_err_and(passed));
    assert!(in_time(|| host.unregister().map(|_| ())).is_err_and(passed));
    in_time(|| drop((link, device, other_link, other_device, host)));
    go_on.open();
    stuck.join().unwrap().unwrap();
    // What the drops have left is carried out by the next caller.
    bus.run_errands();
    assert_eq!(bus.reports().count(), 0);
    controller.assert_quiet();
}

/// An attach waits for another's attach of the same device no longer than it was told.
#[test]
fn an_attach_that_waits_for_another_can_be_bounded() {
    let Attached { controller, host, device: _device, link: _link, .. } = Attached::new();
    let device = Arc::new(host.register_device(DeviceInfo::new(VC1, "second")).unwrap());
    let (attaching, go_on) = (Gate::default(), Gate::default());
    {
        let (attaching, go_on) = (attaching.clone(), go_on.clone());
        controller.on_attach(move |_| {
            attaching.open();
            go_on.pass();
        });
    }
    let first = device.clone();
    let first = thread::spawn(move || first.attach(CONFIG).map(|_| ()));
    attaching.pass();
    let second = in_time(|| device.attach_with(CONFIG, Instant::now().checked_add(LIMIT)).map(|_| ()));
    assert!(matches!(
        second,
        Err(AttachError::StillRunning(StillRunning { why: WaitError::DeadlinePassed, begun: false, .. }))
    ));
    go_on.open();
    first.join().unwrap().unwrap();
}

/// A packet for which one waits no longer than a moment.
#[test]
fn a_transfer_that_waits_for_another_can_be_bounded() {
    let Attached { controller, link, host: _host, device: _device, .. } = Attached::new();
    let (sending, go_on) = transfers_stop_at(&controller);
    let first = send(&link);
    sending.pass();
    let until = Instant::now() + LIMIT;
    let second = in_time(|| link.until(until).dcs_write(&[2]));
    assert!(matches!(second, Err(TransferError::StillRunning(_))), "{second:?}");
    go_on.open();
    first.join().unwrap().unwrap();
    let sent: Vec<_> = controller.sent.lock().unwrap().iter().map(|(_, payload)| payload[0]).collect();
    assert_eq!(sent, [1], "what was given up is not sent later");
    assert_eq!(link.device_key().channel, VC0);
}

/// What callbacks send waits no longer than the operation around them.
#[test]
fn the_deadline_of_an_operation_bounds_what_its_callbacks_send() {
    let past = |result: &Result<(), TransferError>| matches!(result, Err(TransferError::StillRunning(error)) if error.why == WaitError::DeadlinePassed);
    let sent = Arc::new(Mutex::new(None));
    // A host, from inside its attach, while another's packet has the link.
    let Attached { controller, host, link, device: _device, .. } = Attached::new();
    let (sending, go_on) = transfers_stop_at(&controller);
    let sender = send(&link);
    sending.pass();
    let heard = sent.clone();
    controller.on_attach(move |attachment| {
        *heard.lock().unwrap() = Some(attachment.transport.dcs_write(&[2]));
    });
    let second = host.register_device(DeviceInfo::new(VC1, "second")).unwrap();
    let attached = in_time(|| second.attach_with(CONFIG, Instant::now().checked_add(LIMIT)));
    assert!(attached.is_ok(), "the host has not refused");
    assert!(sent.lock().unwrap().take().as_ref().is_some_and(past));
    go_on.open();
    sender.join().unwrap().unwrap();

    // A peripheral, from inside its notice, while the last packet of a thread of its own has the link.
    let Attached { controller, host, link, peripheral, device: _device, .. } = Attached::new();
    let (sending, go_on) = transfers_stop_at(&controller);
    let (heard, sender) = (sent.clone(), Arc::new(Mutex::new(None)));
    let thread = sender.clone();
    peripheral.on_leaving(move |notice| {
        *thread.lock().unwrap() = Some(send(&link));
        sending.pass();
        *heard.lock().unwrap() = Some(notice.transport.dcs_write(&[2]));
    });
    let removed = in_time(|| host.unregister_with(RemovalKind::Orderly, Instant::now().checked_add(LIMIT)));
    assert!(removed.is_err(), "the last packet has not ended");
    assert!(sent.lock().unwrap().take().as_ref().is_some_and(past));
    go_on.open();
    sender.lock().unwrap().take().unwrap().join().unwrap().unwrap();
    assert!(host.unregister().is_ok_and(|controller| controller.is_some()));
    peripheral.forget_hooks();
}

/// One removes and gives up; another, who waited for the first, does it when the transfer in the way has ended.
fn the_second_goes_on(remove: fn(&Attached, Option<Instant>) -> Result<(), StillRunning>) {
    let attached = Arc::new(Attached::new());
    let (sending, go_on) = transfers_stop_at(&attached.controller);
    let sender = send(&attached.link);
    sending.pass();
    let begun = Instant::now();
    let [first, second] = [begun + LIMIT, begun + 4 * SLOW].map(|deadline| {
        let attached = attached.clone();
        let remover = thread::spawn(move || remove(&attached, Some(deadline)));
        let_others_run();
        remover
    });
    assert!(first.join().unwrap().is_err());
    // The second looks, and waits for the transfer.
    let_others_run();
    go_on.open();
    sender.join().unwrap().unwrap();
    assert_eq!(second.join().unwrap(), Ok(()));
    assert!(begun.elapsed() < 2 * SLOW, "it went on at its deadline");
}

#[test]
fn who_waits_for_one_who_gives_up_an_unregistration_goes_on() {
    the_second_goes_on(|attached, deadline| {
        attached.device.unregister_with(RemovalKind::Orderly, deadline).map(|_| ())
    });
}

#[test]
fn who_waits_for_one_who_gives_up_a_removal_goes_on() {
    the_second_goes_on(|attached, deadline| {
        attached.host.unregister_with(RemovalKind::Orderly, deadline).map(|_| ())
    });
}

/// A transaction is in the way of a first remover; a second, who says that the hardware has gone, waits for the first.
#[test]
fn who_said_that_all_has_gone_and_gives_up_has_begun_something() {
    let Attached { bus, controller, host, link, device: _device, .. } = Attached::new();
    let (between, go_on) = (Gate::default(), Gate::default());
    let sender = {
        let (between, go_on) = (between.clone(), go_on.clone());
        thread::spawn(move || {
            link.transaction(&mut |_| {
                between.open();
                go_on.pass();
            })
        })
    };
    between.pass();
    let owner = host.clone();
    let first = thread::spawn(move || owner.unregister().map(|controller| controller.is_some()));
    wait_until(|| bus.report(0).unwrap().remover.is_some());
    let second = host.unregister_with(RemovalKind::Surprise, Some(Instant::now())).map(|_| ());
    assert!(second.is_err_and(|error| error.begun));
    go_on.open();
    sender.join().unwrap().unwrap();
    assert_eq!(first.join().unwrap(), Ok(true));
    controller.assert_quiet();
}

/// The peripheral is being told that its host goes when one of its threads says that the device has gone.
#[test]
fn who_said_that_a_device_has_gone_and_gives_up_has_begun_something() {
    let Attached { controller, host, peripheral, device, link: _link, .. } = Attached::new();
    let (telling, go_on) = (Gate::default(), Gate::default());
    {
        let (telling, go_on) = (telling.clone(), go_on.clone());
        peripheral.on_leaving(move |_| {
            telling.open();
            go_on.pass();
        });
    }
    let removal = thread::spawn(move || host.unregister().map(|controller| controller.is_some()));
    telling.pass();
    let surprise = device.unregister_with(RemovalKind::Surprise, Some(Instant::now()));
    assert!(surprise.is_err_and(|error| error.begun), "{surprise:?}");
    go_on.open();
    assert_eq!(removal.join().unwrap(), Ok(true));
    controller.assert_quiet();
}

/// A lock that notes until when its callers wait, and whose limit is another moment whenever it is asked.
struct Noting {
    lock: StdLock<TestSlots>,
    deadlines: Arc<Mutex<Vec<Option<Instant>>>>,
}

impl Lock for Noting {
    type Data = TestSlots;
    type Deadline = Instant;
    type Word = <StdLock<TestSlots> as Lock>::Word;

    fn caller(&self) -> Caller {
        self.lock.caller()
    }

    fn limit(&self) -> Option<Instant> {
        self.lock.limit()
    }

    fn with<R>(&self, section: impl FnOnce(&mut TestSlots) -> (R, Ended)) -> R {
        self.lock.with(section)
    }

    fn wait<R>(
        &self,
        wait: WaitFor,
        deadline: Option<Instant>,
        section: impl FnMut(&mut TestSlots) -> (Option<R>, Ended),
    ) -> Result<R, WaitError> {
        self.deadlines.lock().unwrap().push(deadline);
        self.lock.wait(wait, deadline, section)
    }
}

/// A removal waits for a packet before it tells, and for the last packet of a thread of the peripheral's after that.
#[test]
fn the_limit_of_a_bus_bounds_a_call_and_not_each_of_its_waits() {
    let deadlines = Arc::new(Mutex::new(vec![]));
    let lock = Noting { lock: StdLock::new(slots(), Some(4 * SLOW)), deadlines: deadlines.clone() };
    let bus = Bus::new(Arc::new(BusMemory::from_parts(lock, StdGates::new())));
    let controller = TestHost::new();
    let host = bus.register_host(HostInfo::new("host"), controller.clone()).unwrap();
    let peripheral = TestPeripheral::new();
    let info = DeviceInfo::new(VC0, "panel").listener(peripheral.clone());
    let panel = Arc::new(host.attach_device(info, CONFIG).unwrap());
    let gates = Arc::new([(); 2].map(|()| (Gate::default(), Gate::default())));
    {
        let (gates, packets) = (gates.clone(), AtomicUsize::new(0));
        controller.on_transfer(move || {
            let (sending, go_on) = &gates[packets.fetch_add(1, SeqCst)];
            sending.open();
            go_on.pass();
        });
    }
    let send = |opcode| {
        let panel = panel.clone();
        move || thread::spawn(move || panel.dcs_write(&[opcode]))
    };
    let (first, last) = (send(1)(), send(2));
    gates[0].0.pass();
    {
        let (gates, last) = (gates.clone(), Mutex::new(Some(last)));
        peripheral.on_leaving(move |_| {
            let last = last.lock().unwrap().take().expect("told once");
            drop(last());
            gates[1].0.pass();
        });
    }
    let remover = thread::spawn(move || host.unregister().map(|controller| controller.is_some()));
    for (count, (_, go_on)) in gates.iter().enumerate() {
        wait_until(|| deadlines.lock().unwrap().len() > count);
        go_on.open();
    }
    assert_eq!(remover.join().unwrap(), Ok(true));
    first.join().unwrap().unwrap();
    let deadlines = deadlines.lock().unwrap();
    assert!(
        deadlines[0].is_some() && deadlines.iter().all(|deadline| *deadline == deadlines[0]),
        "{deadlines:?}"
    );
    peripheral.forget_hooks();
    controller.forget_hooks();
}
