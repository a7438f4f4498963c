//! Interrupts at every point where the lock is not held, three deep, each doing anything: on one core, with the lock that
//! cannot wait.
//!
//! A random generator decides where one comes and what it does. After each operation of the code below all interrupts
//! nothing runs and nothing is left but errands, which can all be carried out; at the end of a run nothing is held.
//!
//! It runs with any features that have a profile: with few of them, it is the test that the bus keeps its promises without the
//! others.

#![cfg(any(feature = "exclusive", feature = "serialised", feature = "shared"))]
#![allow(clippy::unwrap_used)] // a test that can't be set up has failed

use mipi_dsi::bus::{
    adapter::{AtomicWord, BusMemory, CriticalSectionLock, Ended, FixedSlots, Gate, Lock},
    report::{Errand, WaitFor},
    Attachment, Bus, Caller, Commands, Device, DeviceInfo, DeviceListener, Host, HostAttachError,
    HostController, HostError, HostInfo, HostRef, Lanes, Link, LinkConfig, Message, Notice, PixelFormat,
    RemovalKind, StillRunning, TransferError, Transport, WaitError,
};
use mipi_dsi::bus::{Profile, RegisterHostError};
use mipi_dsi::dcs;
use mipi_dsi::testing::CheckedHost;
use mipi_dsi::wire::VirtualChannel;
use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::convert::Infallible;
use std::rc::Rc;
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::sync::Arc;
use std::time::{Duration, Instant};

const HOSTS: usize = 2;
/// Operations of one run, those of interrupts and callbacks not counted.
const OPERATIONS: usize = 60;
/// Interrupts that interrupt each other.
const MAX_INTERRUPTS: usize = 3;
/// Operations inside each other's callbacks and interrupts.
const DEEPEST: usize = 6;
/// For how long new runs are begun. `INTERRUPT_SECONDS` sets another time.
const BUDGET: Duration = Duration::from_secs(4);

/// The profiles that there are, the shared one only in place of the others.
const PROFILES: &[Profile] = &[
    #[cfg(feature = "exclusive")]
    Profile::Exclusive,
    #[cfg(feature = "exclusive")]
    Profile::Exclusive,
    #[cfg(feature = "serialised")]
    Profile::Serialised,
    #[cfg(not(any(feature = "exclusive", feature = "serialised")))]
    Profile::Shared,
];

const CONFIG: LinkConfig = LinkConfig::command(Lanes::One, PixelFormat::Rgb565);

type Slots = FixedSlots<Arc<Checked>, Arc<Listener>, &'static str, HOSTS>;
type Handle = Rc<BusMemory<Interruptible, [Gate<Arc<Checked>, AtomicWord>; HOSTS]>>;

/// One core, and what runs on it. Each test thread is one.
#[derive(Default)]
struct Core {
    bus: RefCell<Option<Bus<Handle>>>,
    things: RefCell<Things>,
    /// How many interrupts are being handled.
    interrupts: Cell<usize>,
    /// Operations inside each other.
    depth: Cell<usize>,
    /// Interrupts come, one at each `rate`-th point.
    rate: Cell<Option<usize>>,
    random: Cell<u64>,
    seen: RefCell<BTreeMap<&'static str, usize>>,
}

thread_local! {
    /// Never dropped: what a failed test holds would go on to use it.
    static CORE: &'static Core = Box::leak(Box::default());
}

/// What the code on this core holds. Each is shared with those who use it at the moment.
#[derive(Default)]
struct Things {
    controllers: Vec<Arc<Checked>>,
    hosts: Vec<Rc<(Host<Handle>, Arc<Checked>)>>,
    found: Vec<Rc<HostRef<Handle>>>,
    devices: Vec<Rc<Device<Handle>>>,
    links: Vec<Rc<Link<Handle>>>,
}

fn random(below: usize) -> usize {
    CORE.with(|core| {
        let mut state = core.random.get();
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        core.random.set(state);
        (state >> 11) as usize % below
    })
}

fn see(what: &'static str) {
    CORE.with(|core| *core.seen.borrow_mut().entry(what).or_default() += 1);
}

fn refused(error: StillRunning) {
    see(match error.why {
        WaitError::CannotWait => "refused: cannot wait",
        WaitError::WouldDeadlock => "refused: would deadlock",
        other => panic!("{other:?} with this lock"),
    });
}

/// A point where an interrupt may come.
fn interruptible() {
    let (rate, interrupts, depth) =
        CORE.with(|core| (core.rate.get(), core.interrupts.get(), core.depth.get()));
    let Some(rate) = rate.filter(|_| !std::thread::panicking()) else { return };
    if interrupts < MAX_INTERRUPTS && depth < DEEPEST && random(rate) == 0 {
        see("interrupts");
        CORE.with(|core| core.interrupts.set(interrupts + 1));
        operate();
        CORE.with(|core| core.interrupts.set(interrupts));
    }
}

/// Something that a callback does, or not, and an interrupt in the middle of it.
fn callback(transport: Option<&dyn Transport>) {
    interruptible();
    let (is_on, depth) = CORE.with(|core| (core.rate.get().is_some(), core.depth.get()));
    if is_on && depth < DEEPEST && random(3) == 0 {
        operate();
    }
    if let (Some(transport), 0) = (transport, random(2)) {
        let _ = transport.write(dcs::Nop);
    }
    interruptible();
}

/// The lock for firmware, with interrupts before and after each of its sections.
struct Interruptible(CriticalSectionLock<Slots>);

impl Lock for Interruptible {
    type Data = Slots;
    type Deadline = Infallible;
    type Word = AtomicWord;

    fn caller(&self) -> Caller {
        self.0.caller()
    }

    fn may_call_back(&self) -> bool {
        self.0.may_call_back()
    }

    fn with<R>(&self, section: impl FnOnce(&mut Slots) -> (R, Ended)) -> R {
        interruptible();
        let result = self.0.with(section);
        interruptible();
        result
    }

    fn wait<R>(
        &self,
        wait: WaitFor,
        deadline: Option<Infallible>,
        section: impl FnMut(&mut Slots) -> (Option<R>, Ended),
    ) -> Result<R, WaitError> {
        interruptible();
        let result = self.0.wait(wait, deadline, section);
        interruptible();
        result
    }
}

fn caller() -> Caller {
    CORE.with(|core| Caller::from_number(core.interrupts.get()))
}

/// A host whose calls are checked.
type Checked = CheckedHost<Controller>;

struct Controller;

impl HostController for Controller {
    fn attach(&self, attachment: &Attachment<'_>) -> Result<(), HostAttachError> {
        see("attach");
        callback(Some(attachment.transport));
        if random(5) == 0 {
            Err(HostAttachError::NotReady)
        } else {
            Ok(())
        }
    }

    fn detach(&self, attachment: &Attachment<'_>) {
        see("detach");
        callback(Some(attachment.transport));
    }

    fn transfer(&self, _: &Message<'_>, _: &mut [u8]) -> Result<usize, HostError> {
        see("transfer");
        callback(None);
        Ok(0)
    }

    fn cancel(&self, _: VirtualChannel) {
        see("cancel");
        callback(None);
    }
}

#[derive(Default)]
struct Listener {
    was_told: AtomicBool,
}

impl DeviceListener for Listener {
    fn host_leaving(&self, notice: &Notice<'_>) {
        see("notice");
        assert!(!self.was_told.swap(true, SeqCst), "told twice");
        callback(Some(notice.transport));
    }
}

/// One of the things of a kind, which is dropped afterwards now and then.
fn pick<T>(of: impl FnOnce(&mut Things) -> &mut Vec<Rc<T>>) -> Option<Rc<T>> {
    CORE.with(|core| {
        let mut things = core.things.borrow_mut();
        let things = of(&mut things);
        let index = (!things.is_empty()).then(|| random(things.len()))?;
        Some(if random(3) == 0 { things.swap_remove(index) } else { things[index].clone() })
    })
}

fn keep(keep: impl FnOnce(&mut Things)) {
    CORE.with(|core| keep(&mut core.things.borrow_mut()));
}

/// One operation of any kind on anything.
fn operate() {
    CORE.with(|core| core.depth.set(core.depth.get() + 1));
    let bus = CORE.with(|core| core.bus.borrow().clone()).expect("there is a bus");
    let removal = removal();
    match random(12) {
        0 => register_host(&bus),
        1 => {
            if let Some(found) = bus.find_host(["a", "b"][random(2)]) {
                keep(|things| things.found.push(Rc::new(found)));
            }
        }
        2 | 3 => {
            if let Some(found) = pick(|things| &mut things.found) {
                let channel = VirtualChannel::ALL[random(2)];
                let info = DeviceInfo::new(channel, "panel").listener(Arc::default());
                if let Ok(device) = found.register_device(info) {
                    keep(|things| things.devices.push(Rc::new(device)));
                }
            }
        }
        4 | 5 => {
            if let Some(device) = pick(|things| &mut things.devices) {
                if let Ok(link) = device.attach(CONFIG) {
                    keep(|things| things.links.push(Rc::new(link)));
                }
            }
        }
        6 | 7 => {
            if let Some(link) = pick(|things| &mut things.links) {
                if let Err(TransferError::StillRunning(error)) = link.write(dcs::Nop) {
                    refused(error);
                }
            }
        }
        8 => {
            if let Some(link) = pick(|things| &mut things.links) {
                let _ = link.transaction(&mut |transport| {
                    let _ = transport.write(dcs::Nop);
                    callback(Some(transport));
                });
            }
        }
        9 => {
            if let Some(link) = pick(|things| &mut things.links) {
                link.detach().map_or_else(refused, drop);
            }
        }
        10 => {
            if let Some(device) = pick(|things| &mut things.devices) {
                device.unregister_with(removal, None).map_or_else(refused, drop);
            }
        }
        _ => {
            if let Some(host) = pick(|things| &mut things.hosts) {
                unregister_host(&host.0, removal);
            }
        }
    }
    CORE.with(|core| core.depth.set(core.depth.get() - 1));
}

fn removal() -> RemovalKind {
    #[cfg(feature = "surprise")]
    if random(2) != 0 {
        return RemovalKind::Surprise;
    }
    RemovalKind::Orderly
}

fn register_host(bus: &Bus<Handle>) {
    let profile = PROFILES[random(PROFILES.len())];
    let controller = Arc::new(CheckedHost::with_callers(Controller, profile, caller));
    keep(|things| things.controllers.push(controller.clone()));
    let info = HostInfo::with_profile(["a", "b"][random(2)], profile);
    match bus.register_host(info, controller.clone()) {
        Ok(host) => keep(|things| things.hosts.push(Rc::new((host, controller)))),
        Err(RegisterHostError::NoSlot { slots: HOSTS } | RegisterHostError::NameTaken) => {}
        Err(other) => panic!("{other}"),
    }
}

fn unregister_host(host: &Host<Handle>, removal: RemovalKind) {
    #[cfg(feature = "surprise")]
    if random(4) == 0 {
        host.declare_gone();
        return;
    }
    match host.unregister_with(removal, None) {
        Ok(None) => {}
        Ok(Some(controller)) => {
            see("a controller is given back");
            controller.host_unregistered();
            // The list of all, the pair with its host, and this one.
            assert!(Arc::strong_count(&controller) <= 3, "the bus has kept a handle");
        }
        Err(error) => refused(error),
    }
}

/// Nothing runs, and nothing is left to do when what the last interrupts left has been carried out.
fn look(bus: &Bus<Handle>) {
    bus.run_errands();
    for report in bus.reports() {
        let idle =
            report.devices.iter().all(|device| device.errand == Errand::None && device.caller.is_none());
        let is_idle = idle && !report.errand && report.link.is_none() && report.remover.is_none();
        assert!(is_idle && report.queue == 0, "nothing runs, and the bus says {report:#?}");
    }
}

fn run(seed: u64, rate: usize) {
    let lock = Interruptible(CriticalSectionLock::new(FixedSlots::EMPTY, caller));
    let bus = Bus::new(Rc::new(BusMemory::from_parts(lock, [const { Gate::EMPTY }; HOSTS])));
    CORE.with(|core| {
        core.random.set(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1);
        core.bus.replace(Some(bus.clone()));
    });
    for _ in 0..OPERATIONS {
        CORE.with(|core| core.rate.set(Some(rate)));
        operate();
        CORE.with(|core| core.rate.set(None));
        look(&bus);
    }
    let Things { controllers, hosts, found, devices, links } = CORE.with(|core| core.things.take());
    drop((links, devices, found, hosts));
    CORE.with(|core| core.bus.take());
    assert_eq!(bus.reports().count(), 0, "something is still held");
    for controller in controllers {
        controller.checker().assert_idle();
        assert_eq!(Arc::strong_count(&controller), 1, "the controller is leaked");
    }
}

#[test]
fn whatever_interrupts_whatever() {
    let seconds = std::env::var("INTERRUPT_SECONDS").ok().and_then(|seconds| seconds.parse().ok());
    let budget = seconds.map_or(BUDGET, Duration::from_secs);
    let begun = Instant::now();
    let mut runs = 0;
    while runs == 0 || begun.elapsed() < budget {
        runs += 1;
        for rate in [4, 12, 40] {
            println!("seed {runs}, rate {rate}");
            run(runs, rate);
        }
    }
    let seen = CORE.with(|core| core.seen.take());
    println!("{runs} seeds: {seen:#?}");
    for what in [
        #[cfg(all(feature = "surprise", any(feature = "exclusive", feature = "serialised")))]
        "cancel",
        "notice",
        "refused: cannot wait",
        #[cfg(feature = "waits")]
        "refused: would deadlock",
        "a controller is given back",
    ] {
        assert!(runs < 100 || seen.contains_key(what), "no run came to this: {what}");
    }
}
