//! The lock for firmware: one core, where an interrupt handler may come in the middle of anything and can't wait.
//!
//! `critical-section`'s std implementation stands for the core's. A handler is a closure that a hook runs as another
//! caller: as on one core, what it interrupted does not go on before it has returned.

#![allow(clippy::unwrap_used)] // a test that can't be set up has failed

mod support;

use mipi_dsi::bus::{
    adapter::{CriticalSectionLock, Ended, Lock},
    report::{Errand, Presence, WaitFor},
    Bus, Caller, Commands, Device, DeviceInfo, FirmwareMemory, Gone, Host, HostError, HostInfo, Link,
    Profile, RemovalKind, Removed, StillRunning, TransferError, WaitError,
};
use mipi_dsi::dcs;
use std::cell::Cell;
use std::sync::atomic::Ordering::SeqCst;
use std::sync::{Arc, Mutex};
use support::{TestHost, TestPeripheral, CONFIG, HOSTS, VC0, VC1};

thread_local! {
    /// Number of the interrupt that is being handled; 0 for none. Each test is a core of its own.
    static INTERRUPT: Cell<usize> = const { Cell::new(0) };
}

fn interrupt<R>(handler: impl FnOnce() -> R) -> R {
    let interrupted = INTERRUPT.replace(INTERRUPT.get() + 1);
    let result = handler();
    INTERRUPT.set(interrupted);
    result
}

type Handle = Arc<FirmwareMemory<Arc<TestHost>, Arc<TestPeripheral>, HOSTS>>;

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
        Self::with_host(HostInfo::new("dsi0"), TestHost::new())
    }

    /// A host that is itself behind one SPI or I2C.
    fn serialised() -> Self {
        Self::with_host(HostInfo::new("dsi0").serialised(), TestHost::with_profile(Profile::Serialised))
    }

    fn with_host(info: HostInfo<'static>, controller: Arc<TestHost>) -> Self {
        let memory = FirmwareMemory::new(|| Caller::from_number(INTERRUPT.get()));
        let (bus, peripheral) = (Bus::new(Arc::new(memory)), TestPeripheral::new());
        let host = Arc::new(bus.register_host(info, controller.clone()).unwrap());
        let device =
            host.register_device(DeviceInfo::new(VC0, "panel").listener(peripheral.clone())).unwrap();
        let link = device.attach(CONFIG).unwrap();
        Self { bus, controller, peripheral, host, device: Arc::new(device), link: Arc::new(link) }
    }

    /// An interrupt comes in the middle of the next transfer.
    fn in_a_transfer(&self, handler: impl Fn() + Send + Sync + 'static) {
        self.controller.on_transfer(move || interrupt(&handler));
        assert_eq!(self.link.write(dcs::Nop), Ok(()));
        self.controller.forget_hooks();
    }
}

fn cannot_wait(error: StillRunning) -> bool {
    error.why == WaitError::CannotWait
}

#[test]
fn without_interrupts_everything_works_as_with_threads() {
    let Scene { bus, controller, peripheral, host, device, link } = Scene::new();
    *controller.response.lock().unwrap() = Ok(vec![1, 2]);
    let mut response = [0; 2];
    assert_eq!(link.dcs_read(0x04, &mut response), Ok(()));
    assert_eq!(response, [1, 2]);
    let nested = link.clone();
    controller.on_transfer(move || {
        let error = nested.detach().expect_err("it would wait for this transfer");
        assert_eq!(error.why, WaitError::WouldDeadlock, "not `CannotWait`: nobody could wait here");
    });
    assert_eq!(link.write(dcs::Nop), Ok(()));
    controller.forget_hooks();
    controller.on_detach(|attachment| attachment.transport.write(dcs::EnterSleepMode).unwrap());
    peripheral.on_leaving(|notice| notice.transport.write(dcs::SetDisplayOff).unwrap());
    assert!(host.unregister().unwrap().is_some());
    assert_eq!((controller.counts(), peripheral.told()), ([1, 1, 5], 1));
    assert_eq!(link.write(dcs::Nop), Err(TransferError::Gone(Gone::HostRemoved)));
    controller.assert_quiet();
    drop((host, device, link));
    assert_eq!(bus.reports().count(), 0);
    controller.forget_hooks();
}

#[test]
fn an_interrupt_that_meets_nothing_does_everything() {
    let Scene { controller, host, device, link, peripheral, .. } = Scene::new();
    interrupt(|| {
        assert_eq!(link.write(dcs::Nop), Ok(()));
        assert_eq!(link.detach(), Ok(Removed::ByThisCall));
        assert_eq!(device.attach(CONFIG).unwrap().write(dcs::Nop), Ok(()));
        assert!(host.unregister().unwrap().is_some());
    });
    assert_eq!((controller.counts(), peripheral.told()), ([2, 2, 2], 1));
    controller.assert_quiet();
}

#[test]
fn an_interrupt_in_a_transfer_does_not_wait_for_it_and_can_be_followed_up() {
    let scene = Scene::new();
    let (link, device, host) = (scene.link.clone(), scene.device.clone(), scene.host.clone());
    scene.in_a_transfer(move || {
        let sent = link.write(dcs::Nop);
        assert!(matches!(sent, Err(TransferError::StillRunning(error)) if cannot_wait(error)));
        assert!(link.detach().is_err_and(cannot_wait));
        assert_eq!(
            link.write(dcs::Nop),
            Err(TransferError::Gone(Gone::Detached)),
            "begun: nothing new starts"
        );
        assert!(device.unregister().is_err_and(cannot_wait));
        assert!(host.unregister().is_err_and(cannot_wait));
    });
    assert_eq!(scene.bus.report(0).unwrap().presence, Presence::Leaving(RemovalKind::Orderly));
    assert_eq!(scene.controller.counts(), [1, 0, 1]);
    assert!(scene.host.unregister().unwrap().is_some());
    assert_eq!(scene.controller.counts(), [1, 1, 1]);
    assert_eq!(scene.device.unregister(), Ok(Removed::Already));
    scene.controller.assert_quiet();
}

#[test]
fn a_deadline_of_this_lock_is_none() {
    let Scene { controller, host, device, link, .. } = Scene::new();
    assert_eq!(link.detach_with(None), Ok(Removed::ByThisCall));
    assert_eq!(device.unregister_with(RemovalKind::Surprise, None), Ok(Removed::ByThisCall));
    assert!(host.unregister_with(RemovalKind::Surprise, None).unwrap().is_some());
    controller.assert_quiet();
}

#[test]
fn what_an_interrupt_drops_in_a_transfer_is_taken_apart_when_the_transfer_ends() {
    let Scene { bus, controller, peripheral, host, device, link } = Scene::new();
    let device = Mutex::new(Arc::into_inner(device));
    let (inside, seen) = (controller.clone(), bus.clone());
    controller.on_transfer(move || {
        interrupt(|| drop(device.lock().unwrap().take()));
        assert_eq!(seen.report(0).unwrap().devices[0].errand, Errand::Unregister);
        assert_eq!(inside.counts(), [1, 0, 1], "not while the transfer runs");
    });
    assert_eq!(link.write(dcs::Nop), Ok(()));
    assert_eq!((controller.counts(), peripheral.told()), ([1, 1, 1], 0));
    controller.forget_hooks();
    assert!(host.register_device(DeviceInfo::new(VC0, "the next")).is_ok(), "the channel is free again");
    drop((link, host));
    assert_eq!(bus.reports().count(), 0);
    controller.assert_quiet();
}

#[test]
fn a_host_that_an_interrupt_drops_in_a_transfer_is_removed_when_the_transfer_ends() {
    let Scene { bus, controller, peripheral, host, device, link } = Scene::new();
    let host = Mutex::new(Arc::into_inner(host));
    controller.on_transfer(move || interrupt(|| drop(host.lock().unwrap().take())));
    assert_eq!(link.write(dcs::Nop), Ok(()));
    assert_eq!((controller.counts(), peripheral.told()), ([1, 1, 1], 1));
    controller.forget_hooks();
    assert_eq!(link.write(dcs::Nop), Err(TransferError::Gone(Gone::HostRemoved)));
    drop((link, device));
    assert_eq!(bus.reports().count(), 0);
    assert_eq!(Arc::strong_count(&controller), 1, "what nobody takes back is dropped");
    controller.assert_quiet();
}

#[test]
fn the_hardware_goes_while_a_transfer_runs() {
    let Scene { controller, peripheral, host, link, device, .. } = Scene::new();
    *controller.response.lock().unwrap() = Err(HostError::Cancelled);
    let (inside, found) = (controller.clone(), host.reference());
    controller.on_transfer(move || {
        assert!(interrupt(|| found.declare_gone()), "the first to say so");
        assert_eq!(inside.cancels.load(SeqCst), 1);
        assert!(!interrupt(|| found.declare_gone()));
    });
    assert_eq!(link.write(dcs::Nop), Err(TransferError::Host(HostError::Cancelled)));
    controller.forget_hooks();
    assert_eq!(link.write(dcs::Nop), Err(TransferError::Gone(Gone::HostRemoved)));
    assert_eq!((controller.counts(), peripheral.told()), ([1, 0, 1], 0), "its owner takes it apart");
    assert!(host.unregister().unwrap().is_some());
    assert_eq!((controller.counts(), peripheral.surprises.load(SeqCst)), ([1, 1, 1], 1));
    assert_eq!(controller.cancels.load(SeqCst), 1);
    controller.assert_quiet();
    drop(device);
}

#[test]
fn a_wait_that_is_over_already_is_answered() {
    let Scene { host, .. } = Scene::new();
    let lock = CriticalSectionLock::new(7, || Caller::MAIN);
    let wait = WaitFor::Link(host.key());
    assert_eq!(lock.wait(wait, None, |data| (Some(*data), Ended::NOTHING)), Ok(7));
    assert_eq!(lock.wait(wait, None, |_| (None::<()>, Ended::NOTHING)), Err(WaitError::CannotWait));
}

#[test]
fn an_orderly_removal_in_an_interrupt_does_not_spend_a_notice_whose_commands_could_not_go_out() {
    let scene = Scene::new();
    let sent = Arc::new(Mutex::new(vec![]));
    {
        let sent = sent.clone();
        scene.peripheral.on_leaving(move |notice| {
            sent.lock().unwrap().push(notice.transport.write(dcs::SetDisplayOff));
        });
    }
    let (host, peripheral) = (scene.host.clone(), scene.peripheral.clone());
    scene.in_a_transfer(move || {
        let error = host.unregister().expect_err("the link is busy");
        assert!(cannot_wait(error) && error.begun);
        assert_eq!(peripheral.told(), 0, "its last commands could not go out");
    });
    assert!(scene.host.unregister().unwrap().is_some());
    assert_eq!((scene.peripheral.told(), &*sent.lock().unwrap()), (1, &vec![Ok(())]));
    scene.peripheral.forget_hooks();
    scene.controller.assert_quiet();
}

#[test]
fn errands_are_not_carried_out_in_an_interrupt() {
    let Scene { bus, controller, peripheral, host, device, link } = Scene::new();
    let device = Mutex::new(Arc::into_inner(device));
    let (inside, of_bus, other) = (controller.clone(), bus.clone(), host.reference());
    controller.on_transfer(move || interrupt(|| drop(device.lock().unwrap().take())));
    assert_eq!(interrupt(|| link.write(dcs::Nop)), Ok(()));
    let errand = |bus: &Bus<Handle>| bus.report(0).unwrap().devices[0].errand;
    assert_eq!((errand(&bus), inside.counts()), (Errand::Unregister, [1, 0, 1]));
    // Nor by what an interrupt calls later, whatever it is.
    interrupt(|| {
        assert_eq!(link.write(dcs::Nop), Err(TransferError::Gone(Gone::Unregistered)));
        assert!(other.register_device(DeviceInfo::new(VC0, "another")).is_err());
        drop(other.register_device(DeviceInfo::new(VC1, "another")).unwrap());
    });
    assert_eq!((errand(&bus), inside.counts()[1]), (Errand::Unregister, 0));
    of_bus.run_errands();
    assert_eq!((errand(&bus), inside.counts()[1], peripheral.told()), (Errand::None, 1, 0));
    controller.forget_hooks();
    drop((link, other, host));
    assert_eq!(bus.reports().count(), 0);
    controller.assert_quiet();
}

#[test]
fn a_detach_of_a_serialised_host_in_an_interrupt_of_its_transfer_has_not_called_the_host() {
    let scene = Scene::serialised();
    let other = scene.host.register_device(DeviceInfo::new(VC1, "bridge")).unwrap();
    let other = Arc::new(other.attach(CONFIG).map(|link| (other, link)).unwrap());
    let (inside, other_device, own) = (scene.controller.clone(), other.clone(), scene.link.clone());
    scene.in_a_transfer(move || {
        // The host is behind one SPI, which the transfer uses: so also the detach of another device has to wait.
        for link in [&own, &other_device.1] {
            let error = link.detach().expect_err("a transfer runs");
            assert!(cannot_wait(error) && matches!(error.waiting_for, WaitFor::Link(_)), "{error:?}");
        }
        assert_eq!(inside.counts(), [2, 0, 1]);
    });
    assert_eq!((other.1.detach(), scene.link.detach()), (Ok(Removed::ByThisCall), Ok(Removed::ByThisCall)));
    assert_eq!(scene.controller.counts(), [2, 2, 1]);
    drop(other);
    assert!(scene.host.unregister().unwrap().is_some());
    scene.controller.assert_quiet();
}

/// An interrupt handler drops the device inside its own packet, which ends in the handler.
#[test]
fn an_interrupt_carries_out_no_errand_of_its_own() {
    let Scene { bus, controller, device, link, host: _host, .. } = Scene::new();
    let device = Mutex::new(Arc::into_inner(device));
    controller.on_transfer(move || drop(device.lock().unwrap().take()));
    interrupt(|| link.write(dcs::Nop).unwrap());
    controller.forget_hooks();
    assert_eq!(
        (bus.report(0).unwrap().devices[0].errand, controller.counts()),
        (Errand::Unregister, [1, 0, 1])
    );
    bus.run_errands();
    assert_eq!((bus.report(0).unwrap().devices[0].errand, controller.counts()), (Errand::None, [1, 1, 1]));
    controller.assert_quiet();
}
