//! Line 7: an errand waits for a caller who may call back; any call on the host will do, also a late one, or
//! `run_errands`.

use super::support::*;
use mipi_dsi::bus::{
    adapter::{BusMemory, Ended, Lock, StdGates, StdLock},
    report::{DeviceState, Errand, Presence, WaitFor},
    Bus, Caller, Commands, Device, DeviceInfo, Host, HostInfo, Link, WaitError,
};
use mipi_dsi::dcs;
use std::cell::Cell;
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Instant;

thread_local! {
    /// Whether this thread stands for an interrupt handler.
    static IS_INTERRUPT: Cell<bool> = const { Cell::new(false) };
}

/// A lock that knows interrupt handlers.
struct KnowsInterrupts(StdLock<TestSlots>);

impl Lock for KnowsInterrupts {
    type Data = TestSlots;
    type Deadline = Instant;
    type Word = <StdLock<TestSlots> as Lock>::Word;

    fn caller(&self) -> Caller {
        self.0.caller()
    }

    fn may_call_back(&self) -> bool {
        !IS_INTERRUPT.get()
    }

    fn with<R>(&self, section: impl FnOnce(&mut TestSlots) -> (R, Ended)) -> R {
        self.0.with(section)
    }

    fn wait<R>(
        &self,
        wait: WaitFor,
        deadline: Option<Instant>,
        section: impl FnMut(&mut TestSlots) -> (Option<R>, Ended),
    ) -> Result<R, WaitError> {
        self.0.wait(wait, deadline, section)
    }
}

type Memory = Arc<BusMemory<KnowsInterrupts, StdGates<Arc<TestHost>>>>;

/// A device that was dropped inside its own transfer, in an interrupt handler.
struct Scene {
    bus: Bus<Memory>,
    controller: Arc<TestHost>,
    host: Host<Memory>,
    link: Link<Memory>,
}

impl Scene {
    fn new() -> Self {
        let lock = KnowsInterrupts(StdLock::new(slots(), None));
        let bus = Bus::new(Arc::new(BusMemory::from_parts(lock, StdGates::new())));
        let controller = TestHost::new();
        let host = bus.register_host(HostInfo::new("host"), controller.clone()).unwrap();
        let device = host.register_device(DeviceInfo::new(VC0, "panel")).unwrap();
        let link = device.attach(CONFIG).unwrap();
        let device: Mutex<Option<Device<Memory>>> = Mutex::new(Some(device));
        controller.on_transfer(move || drop(device.lock().unwrap().take()));
        in_an_interrupt(|| link.write(dcs::Nop).unwrap());
        controller.forget_hooks();
        Self { bus, controller, host, link }
    }

    fn device(&self) -> (DeviceState, Errand) {
        let device = self.bus.report(0).unwrap().devices[0];
        (device.state, device.errand)
    }

    #[track_caller]
    fn assert_left(&self) {
        assert_eq!(
            (self.device(), self.controller.counts()[1]),
            ((DeviceState::Attached, Errand::Unregister), 0)
        );
    }

    #[track_caller]
    fn assert_done(&self) {
        assert_eq!((self.device(), self.controller.counts()[1]), ((DeviceState::Gone, Errand::None), 1));
        self.controller.assert_quiet();
    }
}

fn in_an_interrupt<R: Send>(work: impl FnOnce() -> R + Send) -> R {
    thread::scope(|scope| {
        let handler = scope.spawn(|| {
            IS_INTERRUPT.set(true);
            work()
        });
        handler.join().unwrap()
    })
}

#[test]
fn an_interrupt_leaves_it_whatever_it_calls() {
    let scene = Scene::new();
    scene.assert_left();
    in_an_interrupt(|| {
        let _ = scene.link.write(dcs::Nop);
        let _ = scene.host.register_device(DeviceInfo::new(VC1, "other"));
        scene.bus.run_errands();
    });
    scene.assert_left();
}

#[test]
fn whoever_has_nothing_else_to_call_runs_errands() {
    let scene = Scene::new();
    scene.assert_left();
    scene.bus.run_errands();
    scene.assert_done();
    scene.bus.run_errands();
    scene.assert_done();
}

#[test]
fn any_call_on_the_host_carries_it_out() {
    type Call = fn(&Scene);
    let calls: [(&str, Call); 4] = [
        ("a command", |scene| assert!(scene.link.write(dcs::Nop).is_ok())),
        ("a detach", |scene| assert!(scene.link.detach().is_ok())),
        ("a registration", |scene| {
            // Kept: the drop of the handle would be another call.
            std::mem::forget(scene.host.register_device(DeviceInfo::new(VC1, "other")).unwrap());
        }),
        ("a dropped handle", |scene| drop(scene.host.attach_device(DeviceInfo::new(VC1, "other"), CONFIG))),
    ];
    for (name, call) in calls {
        let scene = Scene::new();
        scene.assert_left();
        call(&scene);
        assert_eq!(scene.device(), (DeviceState::Gone, Errand::None), "{name}");
        scene.controller.assert_quiet();
    }
}

/// A device that was dropped in an interrupt handler as that of a [`Scene`], and a link and a device that are dead.
fn scene_with_a_dead_link() -> Scene {
    let scene = Scene::new();
    let other = scene.host.attach_device(DeviceInfo::new(VC1, "other"), CONFIG).unwrap();
    assert_eq!(scene.device(), (DeviceState::Gone, Errand::None));
    let (device, link) = other.into_parts();
    let device = Mutex::new(Some(device));
    scene.controller.on_transfer(move || drop(device.lock().unwrap().take()));
    in_an_interrupt(|| link.write(dcs::Nop).unwrap());
    scene.controller.forget_hooks();
    assert_eq!(scene.bus.report(0).unwrap().devices[1].errand, Errand::Unregister);
    // Its drop would be another call.
    std::mem::forget(link);
    scene
}

#[test]
fn a_late_command_carries_it_out() {
    let scene = scene_with_a_dead_link();
    assert!(scene.link.write(dcs::Nop).is_err(), "its device has gone");
    assert_eq!(scene.bus.report(0).unwrap().devices[1].state, DeviceState::Gone);
    scene.controller.assert_quiet();
}

#[test]
fn a_dead_handle_that_is_dropped_carries_it_out() {
    let Scene { bus, controller, link, host: _host } = scene_with_a_dead_link();
    drop(link);
    assert_eq!(bus.report(0).unwrap().devices[1].state, DeviceState::Gone);
    controller.assert_quiet();
}

#[test]
fn a_command_carries_out_the_removal_of_a_host() {
    let lock = KnowsInterrupts(StdLock::new(slots(), None));
    let bus = Bus::new(Arc::new(BusMemory::from_parts(lock, StdGates::new())));
    let controller = TestHost::new();
    let host = bus.register_host(HostInfo::new("host"), controller.clone()).unwrap();
    let panel = host.attach_device(DeviceInfo::new(VC0, "panel"), CONFIG).unwrap();
    let host = Mutex::new(Some(host));
    controller.on_transfer(move || drop(host.lock().unwrap().take()));
    in_an_interrupt(|| panel.write(dcs::Nop).unwrap());
    controller.forget_hooks();
    let report = bus.report(0).unwrap();
    assert!(report.errand && report.presence == Presence::Present);
    panel.write(dcs::Nop).unwrap();
    assert_eq!(bus.report(0).unwrap().presence, Presence::Gone);
    controller.assert_quiet();
}
