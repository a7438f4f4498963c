//! The shell under shuttle: whole scenarios, with every thread switch that its schedulers choose.
//!
//! Host removal meets attach, detach, transfer, nested transfer, lookup, unregister and another removal, from threads
//! and from inside callbacks. After each run: the host saw only lawful sequences, every attach was undone once, nothing
//! is called after the handle was given back, nobody is left in the book and nothing is leaked.
//!
//! Random schedules and PCT (which finds bugs of a given depth with a known probability) look at [`SCHEDULES`] each;
//! the depth-first search of small scenarios looks at all of them, up to a bound that it is asserted not to reach.

#![allow(clippy::unwrap_used)] // a test that can't be set up has failed

#[path = "support/std_lock_on_shuttle.rs"]
mod std_lock_on_shuttle;
mod support;

use mipi_dsi::bus::{
    adapter::{BusMemory, Gate},
    Bus, Commands, Device, DeviceInfo, Gone, Host, HostError, HostInfo, Link, Profile, RemovalKind, Removed,
    TransferError, Transport, WaitError,
};
use mipi_dsi::dcs;
use shuttle::scheduler::{DfsScheduler, PctScheduler, RandomScheduler};
use shuttle::sync::{Condvar, Mutex};
use shuttle::{thread, Config, Runner};
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::sync::Arc;
use std::time::Duration;
use std_lock_on_shuttle::{this_thread, AtomicWord, Instant, StdLock};
use support::{slots, TestHost, TestPeripheral, TestSlots, CONFIG, HOSTS, VC0, VC1};

/// Schedules of each scenario and scheduler. `SHUTTLE_SCHEDULES` sets another number.
const SCHEDULES: usize = 2_000;

type Handle = Arc<BusMemory<StdLock<TestSlots>, [Gate<Arc<TestHost>, AtomicWord>; HOSTS]>>;

/// What a scenario begins with: a host with one attached device.
#[derive(Clone)]
struct Scene {
    bus: Bus<Handle>,
    controller: Arc<TestHost>,
    peripheral: Arc<TestPeripheral>,
    host: Arc<Host<Handle>>,
    device: Arc<Device<Handle>>,
    link: Arc<Link<Handle>>,
}

impl Scene {
    fn new() -> Self {
        Self::on(&bus(), "host")
    }

    fn on(bus: &Bus<Handle>, name: &str) -> Self {
        Self::with_host(bus, HostInfo::new(name), TestHost::with_callers(this_thread))
    }

    fn shared() -> Self {
        let controller = TestHost::with_profile(Profile::Shared);
        Self::with_host(&bus(), HostInfo::new("host").shared(), controller)
    }

    fn serialised() -> Self {
        let controller = TestHost::with_profile(Profile::Serialised);
        Self::with_host(&bus(), HostInfo::new("host").serialised(), controller)
    }

    fn with_host(bus: &Bus<Handle>, info: HostInfo<'_>, controller: Arc<TestHost>) -> Self {
        let peripheral = TestPeripheral::new();
        // Every callback gives the others a chance to run in its middle.
        controller.on_attach(|_| thread::yield_now());
        controller.on_detach(|_| thread::yield_now());
        controller.on_transfer(thread::yield_now);
        controller.on_cancel(thread::yield_now);
        peripheral.on_leaving(|_| thread::yield_now());
        let host = bus.register_host(info, controller.clone()).unwrap();
        let info = DeviceInfo::new(VC0, "panel").listener(peripheral.clone());
        let device = host.register_device(info).unwrap();
        let link = device.attach(CONFIG).unwrap();
        let (host, device, link) = (Arc::new(host), Arc::new(device), Arc::new(link));
        Self { bus: bus.clone(), controller, peripheral, host, device, link }
    }

    /// Removes the host from another thread; from its end on, any call of the host is a violation.
    fn remover(&self, removal: RemovalKind) -> thread::JoinHandle<bool> {
        let host = self.host.clone();
        thread::spawn(move || match host.unregister_with(removal, None) {
            Ok(controller) => {
                if let Some(controller) = &controller {
                    controller.retire();
                }
                controller.is_some()
            }
            Err(error) => panic!("a removal from a thread of its own is never refused: {error}"),
        })
    }

    /// From now on a transfer ends only when the host is asked to cancel it, or when that is said.
    fn transfers_end_when_cancelled(&self) -> Cancelled {
        let cancelled = Cancelled(Arc::new((Mutex::new(false), Condvar::new())));
        let (in_transfer, in_cancel) = (cancelled.clone(), cancelled.clone());
        self.controller.on_transfer(move || {
            let (said, changed) = &*in_transfer.0;
            drop(changed.wait_while(said.lock().unwrap(), |said| !*said).unwrap());
        });
        self.controller.on_cancel(move || in_cancel.say());
        cancelled
    }

    /// The end of every run.
    fn leave_nothing(self) {
        let bus = self.bus.clone();
        self.take_apart();
        assert_eq!(bus.reports().count(), 0, "something is still held");
    }

    fn take_apart(self) {
        let Self { controller, peripheral, host, device, link, .. } = self;
        controller.forget_hooks();
        peripheral.forget_hooks();
        drop((link, device));
        host.unregister().unwrap();
        drop(host);
        controller.assert_quiet();
        let [attaches, detaches, _] = controller.counts();
        assert_eq!(attaches, detaches);
        assert!(peripheral.told() <= 1, "told {} times", peripheral.told());
        assert_eq!(Arc::strong_count(&controller), 1, "the controller is leaked");
        assert_eq!(Arc::strong_count(&peripheral), 1, "the notice is leaked");
    }
}

/// Whether the host was asked to cancel its transfer.
#[derive(Clone)]
struct Cancelled(Arc<(Mutex<bool>, Condvar)>);

impl Cancelled {
    fn say(&self) {
        *self.0 .0.lock().unwrap() = true;
        self.0 .1.notify_all();
    }
}

fn bus() -> Bus<Handle> {
    let lock = StdLock::new(slots(), None);
    Bus::new(Arc::new(BusMemory::from_parts(lock, [const { Gate::EMPTY }; HOSTS])))
}

/// Runs a scenario under the random and the PCT scheduler.
fn explore(scenario: impl Fn() + Send + Sync + Clone + 'static) {
    let schedules =
        std::env::var("SHUTTLE_SCHEDULES").ok().and_then(|number| number.parse().ok()).unwrap_or(SCHEDULES);
    Runner::new(RandomScheduler::new(schedules), Config::default()).run(scenario.clone());
    Runner::new(PctScheduler::new(3, schedules), Config::default()).run(scenario);
}

/// A deadline that passes while somebody waits, or does not.
fn in_a_while() -> Option<Instant> {
    Instant::now().checked_add(Duration::from_millis(1))
}

fn is_late(error: TransferError) -> bool {
    matches!(error, TransferError::Gone(Gone::HostRemoved))
}

#[test]
fn removal_against_attach() {
    explore(|| {
        let scene = Scene::new();
        scene.link.detach().unwrap();
        let device = scene.device.clone();
        let attach = thread::spawn(move || device.attach(CONFIG).map(drop));
        assert!(scene.remover(RemovalKind::Orderly).join().unwrap());
        // Both outcomes are fine; that there is no third is checked at the end.
        let _ = attach.join().unwrap();
        assert_eq!(scene.peripheral.told(), 1);
        scene.leave_nothing();
    });
}

#[test]
fn removal_against_detach_and_unregister() {
    explore(|| {
        let scene = Scene::new();
        let remover = scene.remover(RemovalKind::Orderly);
        let link = scene.link.clone();
        let detach = thread::spawn(move || link.detach());
        let device = scene.device.clone();
        let unregister = thread::spawn(move || device.unregister());
        assert!(remover.join().unwrap());
        assert!(detach.join().unwrap().is_ok());
        let unregistered = unregister.join().unwrap().unwrap();
        if unregistered == Removed::Already {
            assert_eq!(scene.peripheral.told(), 1);
        }
        assert_eq!(scene.controller.counts()[1], 1);
        scene.leave_nothing();
    });
}

#[test]
fn removal_against_transfers() {
    for removal in [RemovalKind::Orderly, RemovalKind::Surprise] {
        explore(move || {
            let scene = Scene::new();
            let senders = [(); 2].map(|()| {
                let link = scene.link.clone();
                thread::spawn(move || [link.write(dcs::Nop), link.write(dcs::Nop)])
            });
            assert!(scene.remover(removal).join().unwrap());
            for sender in senders {
                let results = sender.join().unwrap();
                assert!(results.iter().all(|result| result.map_or_else(is_late, |()| true)), "{results:?}");
                assert!(results[1].is_err() || results[0].is_ok(), "came back to life: {results:?}");
            }
            scene.leave_nothing();
        });
    }
}

#[test]
fn removal_against_a_transfer_that_ends_only_when_cancelled() {
    explore(|| {
        let scene = Scene::new();
        let _cancelled = scene.transfers_end_when_cancelled();
        *scene.controller.response.lock().unwrap() = Err(HostError::Cancelled);
        let link = scene.link.clone();
        let sender = thread::spawn(move || link.write(dcs::Nop));
        let orderly = scene.remover(RemovalKind::Orderly);
        let reference = scene.host.reference();
        let plug = thread::spawn(move || reference.declare_gone());
        let _ = plug.join().unwrap();
        assert!(orderly.join().unwrap());
        let result = sender.join().unwrap();
        assert!(result == Err(TransferError::Host(HostError::Cancelled)) || result.is_err_and(is_late));
        assert!(scene.controller.cancels.load(SeqCst) <= 1);
        scene.leave_nothing();
    });
}

#[test]
fn a_surprise_of_the_device_reaches_the_removal_of_its_host_that_waits_already() {
    // The one who says so waits for another thing than before they said it: that has to wake the others.
    explore(|| {
        let scene = Scene::new();
        let cancelled = scene.transfers_end_when_cancelled();
        let link = scene.link.clone();
        let sender = thread::spawn(move || link.write(dcs::Nop));
        let orderly = scene.remover(RemovalKind::Orderly);
        let device = scene.device.clone();
        let surprise = thread::spawn(move || device.unregister_with(RemovalKind::Surprise, None).unwrap());
        // If the sender was late they were refused; if the device had gone already, nobody is left to cancel them.
        let removed = surprise.join().unwrap();
        if removed == Removed::Already {
            cancelled.say();
        }
        assert!(orderly.join().unwrap());
        let _ = sender.join().unwrap();
        scene.leave_nothing();
    });
}

#[test]
fn removal_against_a_transaction_of_another_channel() {
    explore(|| {
        let scene = Scene::new();
        let second = TestPeripheral::new();
        let info = DeviceInfo::new(VC1, "second").listener(second.clone());
        let device = scene.host.register_device(info).unwrap();
        let other = device.attach(CONFIG).unwrap();
        let sender = thread::spawn(move || {
            let mut results = vec![];
            let had = other.transaction(&mut |transport| {
                results.push(transport.write(dcs::SetDisplayOff));
                results.push(transport.write(dcs::EnterSleepMode));
            });
            drop((other, device));
            (had, results)
        });
        let link = scene.link.clone();
        let packets = thread::spawn(move || link.write(dcs::Nop));
        assert!(scene.remover(RemovalKind::Orderly).join().unwrap());
        let _ = packets.join().unwrap();
        let (had, results) = sender.join().unwrap();
        // Orderly: a transaction that was begun is not cut.
        match had {
            Ok(()) => assert!(results.iter().all(Result::is_ok), "{results:?}"),
            Err(error) => assert!(is_late(error) && results.is_empty()),
        }
        scene.leave_nothing();
    });
}

#[test]
fn removal_against_lookup_and_register() {
    explore(|| {
        let scene = Scene::new();
        let bus = scene.bus.clone();
        let prober = thread::spawn(move || {
            let Some(host) = bus.find_host("host") else { return false };
            let Ok(device) = host.register_device(DeviceInfo::new(VC1, "bridge")) else { return false };
            let Ok(link) = device.attach(CONFIG) else { return false };
            let sent = link.write(dcs::Nop);
            assert!(sent.map_or_else(is_late, |()| true));
            true
        });
        assert!(scene.remover(RemovalKind::Orderly).join().unwrap());
        let _ = prober.join().unwrap();
        scene.leave_nothing();
    });
}

#[test]
fn two_removals_of_the_host_and_two_of_the_device() {
    explore(|| {
        let scene = Scene::new();
        let hosts = [scene.remover(RemovalKind::Orderly), scene.remover(RemovalKind::Surprise)];
        let devices = [(); 2].map(|()| {
            let device = scene.device.clone();
            thread::spawn(move || device.unregister().unwrap())
        });
        let winners = hosts.map(|remover| usize::from(remover.join().unwrap()));
        assert_eq!(winners[0] + winners[1], 1, "one gets the controller back");
        let removed = devices.map(|remover| remover.join().unwrap());
        assert!(removed.iter().filter(|removed| **removed == Removed::ByThisCall).count() <= 1);
        scene.leave_nothing();
    });
}

#[test]
fn removal_with_deadlines_that_pass() {
    explore(|| {
        let scene = Scene::new();
        let link = scene.link.clone();
        let sender = thread::spawn(move || link.write(dcs::Nop));
        let host = scene.host.clone();
        let hasty = thread::spawn(move || match host.unregister_with(RemovalKind::Orderly, in_a_while()) {
            Ok(controller) => controller.is_some(),
            Err(error) => {
                assert_eq!(error.why, WaitError::DeadlinePassed);
                false
            }
        });
        let device = scene.device.clone();
        let hasty_device =
            thread::spawn(move || device.unregister_with(RemovalKind::Orderly, in_a_while()).is_ok());
        let patient = scene.remover(RemovalKind::Orderly);
        let winners = [hasty.join().unwrap(), patient.join().unwrap()];
        assert!(winners[0] != winners[1], "{winners:?}");
        let _ = (hasty_device.join().unwrap(), sender.join().unwrap());
        assert_eq!(scene.controller.counts()[1], 1);
        scene.leave_nothing();
    });
}

#[test]
fn nested_transfers_in_detach_and_notice_against_transfers() {
    explore(|| {
        let scene = Scene::new();
        scene.controller.on_detach(|attachment| {
            thread::yield_now();
            attachment.transport.write(dcs::EnterSleepMode).expect("the host sends from its own detach");
        });
        {
            let link = scene.link.clone();
            scene.peripheral.on_leaving(move |notice| {
                notice.transport.write(dcs::SetDisplayOff).expect("last commands");
                link.write(dcs::SetDisplayOff).expect("last commands over the peripheral's own link");
            });
        }
        let link = scene.link.clone();
        let sender = thread::spawn(move || link.write(dcs::Nop));
        assert!(scene.remover(RemovalKind::Orderly).join().unwrap());
        let _ = sender.join().unwrap();
        assert!(scene.controller.counts()[2] >= 3);
        scene.leave_nothing();
    });
}

#[test]
fn transactions_of_two_threads_of_a_peripheral_around_its_notice() {
    explore(|| {
        let scene = Scene::new();
        let in_transaction = Arc::new(AtomicUsize::new(0));
        let alone = |in_transaction: &AtomicUsize, transport: &dyn Transport| {
            assert_eq!(in_transaction.fetch_add(1, SeqCst), 0, "another transaction comes between");
            let sent = [transport.write(dcs::SetDisplayOff), transport.write(dcs::EnterSleepMode)];
            in_transaction.fetch_sub(1, SeqCst);
            assert!(sent.iter().all(Result::is_ok), "a transaction that was begun is not cut: {sent:?}");
        };
        {
            let in_transaction = in_transaction.clone();
            scene.peripheral.on_leaving(move |notice| {
                let had = notice.transport.transaction(&mut |transport| alone(&in_transaction, transport));
                assert_eq!(had, Ok(()), "last commands");
            });
        }
        let link = scene.link.clone();
        let sender =
            thread::spawn(move || link.transaction(&mut |transport| alone(&in_transaction, transport)));
        assert!(scene.remover(RemovalKind::Orderly).join().unwrap());
        assert!(sender.join().unwrap().map_or_else(is_late, |()| true));
        scene.leave_nothing();
    });
}

#[test]
fn a_shared_host_is_removed_while_several_send() {
    explore(|| {
        let scene = Scene::shared();
        let senders = [(); 2].map(|()| {
            let link = scene.link.clone();
            thread::spawn(move || [link.write(dcs::Nop), link.write(dcs::Nop)])
        });
        assert!(scene.remover(RemovalKind::Orderly).join().unwrap());
        for sender in senders {
            let results = sender.join().unwrap();
            assert!(results.iter().all(|result| result.map_or_else(is_late, |()| true)), "{results:?}");
        }
        scene.leave_nothing();
    });
}

#[test]
fn a_serialised_host_is_removed_while_another_device_attaches_and_one_sends() {
    explore(|| {
        let scene = Scene::serialised();
        let other = scene.host.register_device(DeviceInfo::new(VC1, "other")).unwrap();
        let attach = thread::spawn(move || other.attach(CONFIG).map(drop));
        let link = scene.link.clone();
        let sender = thread::spawn(move || link.write(dcs::Nop));
        assert!(scene.remover(RemovalKind::Orderly).join().unwrap());
        let _ = attach.join().unwrap();
        assert!(sender.join().unwrap().map_or_else(is_late, |()| true));
        scene.leave_nothing();
    });
}

#[test]
fn a_notice_that_unregisters_against_an_unregister_from_outside() {
    explore(|| {
        let scene = Scene::new();
        {
            let (device, link) = (scene.device.clone(), scene.link.clone());
            scene.peripheral.on_leaving(move |_| {
                link.detach().expect("from a notice everything is allowed");
                device.unregister().expect("from a notice everything is allowed");
            });
        }
        let device = scene.device.clone();
        let peripheral = scene.peripheral.clone();
        let outside = thread::spawn(move || {
            device.unregister().expect("from a thread of its own nothing is refused");
            assert_eq!(peripheral.telling.load(SeqCst), 0, "a notice runs after unregister has returned");
        });
        assert!(scene.remover(RemovalKind::Orderly).join().unwrap());
        outside.join().unwrap();
        assert_eq!(scene.controller.counts()[1], 1);
        scene.leave_nothing();
    });
}

#[test]
fn drops_inside_a_transfer_against_a_removal() {
    explore(|| {
        let scene = Scene::new();
        let Scene { bus, controller, peripheral, host, device, link } = scene;
        let dropped = Mutex::new(Arc::into_inner(device));
        controller.on_transfer(move || {
            thread::yield_now();
            drop(dropped.lock().unwrap().take());
        });
        let remover = {
            let host = host.clone();
            thread::spawn(move || host.unregister().unwrap().is_some())
        };
        let sent = link.write(dcs::Nop);
        assert!(sent.map_or_else(is_late, |()| true));
        assert!(remover.join().unwrap());
        controller.forget_hooks();
        peripheral.forget_hooks();
        drop((link, host));
        controller.assert_quiet();
        assert_eq!(controller.counts()[1], 1);
        assert_eq!(bus.reports().count(), 0);
        assert_eq!(Arc::strong_count(&controller), 1);
    });
}

#[test]
fn a_host_dropped_inside_its_transfer_against_unregister() {
    explore(|| {
        let scene = Scene::new();
        let Scene { bus, controller, peripheral, host, device, link } = scene;
        let dropped = Mutex::new(Arc::into_inner(host));
        controller.on_transfer(move || {
            thread::yield_now();
            drop(dropped.lock().unwrap().take());
        });
        let unregister = {
            let device = device.clone();
            thread::spawn(move || device.unregister().unwrap())
        };
        let sent = link.write(dcs::Nop);
        let _ = unregister.join().unwrap();
        controller.forget_hooks();
        peripheral.forget_hooks();
        drop((link, device));
        if sent.is_ok() {
            assert_eq!(bus.reports().count(), 0, "the transfer dropped the host, and somebody removed it");
        }
        controller.assert_quiet();
        assert_eq!(controller.counts()[..2], [1, 1]);
    });
}

#[test]
fn two_callbacks_that_remove_each_others_host() {
    explore(|| {
        let a = Scene::new();
        let b = Scene::on(&a.bus, "other");
        let refused = Arc::new(AtomicUsize::new(0));
        for (mine, other) in [(&a, &b), (&b, &a)] {
            let (host, refused) = (other.host.clone(), refused.clone());
            mine.controller.on_transfer(move || {
                thread::yield_now();
                if let Err(error) = host.unregister() {
                    assert_eq!(error.why, WaitError::WouldDeadlock);
                    refused.fetch_add(1, SeqCst);
                }
            });
        }
        let senders = [&a, &b].map(|scene| {
            let link = scene.link.clone();
            thread::spawn(move || link.write(dcs::Nop))
        });
        for sender in senders {
            let sent = sender.join().unwrap();
            assert!(sent.map_or_else(is_late, |()| true));
        }
        assert!(refused.load(SeqCst) <= 1, "only the one who would close the cycle is refused");
        // Each host's hook holds the other.
        a.controller.forget_hooks();
        b.controller.forget_hooks();
        a.take_apart();
        b.leave_nothing();
    });
}

/// Looks at all schedules of two threads on a fresh scene whose callbacks are short.
fn all_schedules<A: Send + 'static, B: Send + 'static>(
    one: fn(&Link<Handle>) -> A,
    other: fn(&Link<Handle>) -> B,
    check: fn(A, B, &Scene),
) {
    const BOUND: usize = 1_000_000;
    let scheduler = DfsScheduler::new(Some(BOUND), false);
    let schedules = Runner::new(scheduler, Config::default()).run(move || {
        let scene = Scene::new();
        scene.controller.forget_hooks();
        scene.peripheral.forget_hooks();
        let link = scene.link.clone();
        let thread = thread::spawn(move || one(&link));
        let second = other(&scene.link);
        check(thread.join().unwrap(), second, &scene);
        scene.leave_nothing();
    });
    assert!(schedules < BOUND, "the search was cut off");
    println!("{schedules} schedules");
}

#[test]
fn all_schedules_of_two_detaches() {
    all_schedules(
        |link| link.detach().unwrap(),
        |link| link.detach().unwrap(),
        |one, other, scene| {
            assert_ne!(one, other, "one does the work, the other finds it done");
            assert_eq!(scene.controller.counts(), [1, 1, 0]);
        },
    );
}

#[test]
fn all_schedules_of_a_transfer_and_a_detach() {
    all_schedules(
        |link| link.write(dcs::Nop),
        |link| link.detach().unwrap(),
        |sent, removed, scene| {
            assert_eq!(removed, Removed::ByThisCall);
            assert!(sent.is_ok() || sent == Err(TransferError::Gone(Gone::Detached)));
            assert_eq!(scene.controller.counts(), [1, 1, usize::from(sent.is_ok())]);
        },
    );
}
