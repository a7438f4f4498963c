//! Line 7: an errand is carried out also if what was in the way ends between the refusal and the leaving of the errand.

use super::support::*;
use mipi_dsi::bus::machine::{Books, HostBook};
use mipi_dsi::bus::{
    adapter::{BusMemory, Ended, Lock, StdGates, StdLock},
    report::{DeviceState, Errand, Presence, WaitFor},
    Bus, Caller, Commands, Device, DeviceInfo, Gone, Host, HostInfo, Link, Profile, TransferError, WaitError,
};
use mipi_dsi::dcs;
use std::any::Any;
use std::cell::{Cell, RefCell};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Instant;

type Due = Option<(u32, Box<dyn FnOnce()>)>;

thread_local! {
    /// What this thread does before one of its next rounds of the lock, and before which.
    static DUE: RefCell<Due> = const { RefCell::new(None) };
    /// Whether that round left an errand on host b.
    static LEFT: Cell<bool> = const { Cell::new(false) };
    /// Whether this thread stands for an interrupt handler.
    static IS_INTERRUPT: Cell<bool> = const { Cell::new(false) };
}

/// A lock that lets a test in between two rounds.
struct Interrupted(StdLock<TestSlots>);

impl Lock for Interrupted {
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
        let due = DUE.with(|due| {
            let mut due = due.borrow_mut();
            match &mut *due {
                Some((0, _)) => due.take(),
                Some((rounds, _)) => {
                    *rounds -= 1;
                    None
                }
                None => None,
            }
        });
        let Some((_, act)) = due else { return self.0.with(section) };
        act();
        self.0.with(|slots| {
            let result = section(slots);
            LEFT.set(slots.host(1).is_some_and(HostBook::has_errands));
            result
        })
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

type Memory = Arc<BusMemory<Interrupted, StdGates<Arc<TestHost>>>>;

/// A handle of a host, a device or a link.
type AnyHandle = Box<dyn Any + Send>;

/// Chooses, of the handles of host b, the one to drop inside the transfer; the others are kept.
type Choose = fn(Host<Memory>, Device<Memory>, Link<Memory>) -> (AnyHandle, [AnyHandle; 2]);

/// The bus, what was not dropped, and the handles of whoever sent on host b.
type Dropped = (Bus<Memory>, [AnyHandle; 2], (Link<Memory>, Device<Memory>));

/// A transfer on host b, which is serialised, waits for the link of host a; one on a drops a handle of b, for which it
/// would have to wait for that transfer. Before the errand is left, host a is declared gone, so that the transfer ends.
///
/// `rounds_before` are those of the drop before the errand is left; it is dropped by an interrupt handler if
/// `in_interrupt` says so. Gives the bus, what was not dropped, and the handles of whoever sent on host b.
fn dropped_inside_a_transfer(rounds_before: u32, in_interrupt: bool, choose: Choose) -> Dropped {
    let lock = Interrupted(StdLock::new(slots(), None));
    let bus = Bus::new(Arc::new(BusMemory::from_parts(lock, StdGates::new())));
    let (controller_a, controller_b) = (TestHost::new(), TestHost::with_profile(Profile::Serialised));
    let host_a = Arc::new(bus.register_host(HostInfo::new("a"), controller_a.clone()).unwrap());
    let host_b = bus.register_host(HostInfo::new("b").serialised(), controller_b.clone()).unwrap();
    let device_a = host_a.register_device(DeviceInfo::new(VC0, "a")).unwrap();
    let link_a = Arc::new(device_a.attach(CONFIG).unwrap());
    let device_b = host_b.register_device(DeviceInfo::new(VC0, "b")).unwrap();
    let link_b = device_b.attach(CONFIG).unwrap();
    let sender_device = host_b.register_device(DeviceInfo::new(VC1, "sender")).unwrap();
    let sender_link = sender_device.attach(CONFIG).unwrap();

    let (inside_a, inside_b) = (Gate::default(), Gate::default());
    {
        let (link_a, inside_b) = (link_a.clone(), inside_b.clone());
        controller_b.on_transfer(move || {
            inside_b.open();
            assert_eq!(link_a.write(dcs::Nop), Err(TransferError::Gone(Gone::HostRemoved)));
        });
    }
    let (dropped, kept) = choose(host_b, device_b, link_b);
    let dropped = Mutex::new(Some(dropped));
    let sender_b: Arc<Mutex<Option<thread::JoinHandle<()>>>> = Arc::default();
    {
        let (inside_a, inside_b, sender_b, host_a) =
            (inside_a.clone(), inside_b.clone(), sender_b.clone(), host_a.clone());
        let waits_for_a = bus.clone();
        controller_a.on_transfer(move || {
            inside_a.open();
            inside_b.pass();
            wait_until(|| waits_for_a.report(0).unwrap().queue == 1);
            let (sender_b, host_a) = (sender_b.clone(), host_a.clone());
            // After the rounds of the drop in which it is refused, and before the one that leaves the errand.
            let act = move || {
                thread::spawn(move || host_a.declare_gone()).join().unwrap();
                sender_b.lock().unwrap().take().unwrap().join().unwrap();
            };
            DUE.with(|due| *due.borrow_mut() = Some((rounds_before, Box::new(act))));
            IS_INTERRUPT.set(in_interrupt);
            drop(dropped.lock().unwrap().take());
            IS_INTERRUPT.set(false);
            assert!(LEFT.take(), "the test came in between");
        });
    }
    let sender_a = thread::spawn(move || link_a.write(dcs::Nop));
    inside_a.pass();
    // Its handles are kept, so that nobody else calls on host b any more.
    let sent = Arc::new(Mutex::new(None));
    let keeps = sent.clone();
    // Locked before the sender starts: by then the drop may come, which waits for this.
    let mut sender = sender_b.lock().unwrap();
    *sender = Some(thread::spawn(move || {
        sender_link.write(dcs::Nop).unwrap();
        *keeps.lock().unwrap() = Some((sender_link, sender_device));
    }));
    drop(sender);
    sender_a.join().unwrap().unwrap();
    controller_a.forget_hooks();
    controller_b.forget_hooks();
    let sender = sent.lock().unwrap().take().expect("the transfer on b has ended");
    (bus, kept, sender)
}

#[test]
fn what_was_in_the_way_of_a_dropped_device_ends_before_its_errand_is_left() {
    let (bus, _kept, _sender) = dropped_inside_a_transfer(2, false, |host, device, link| {
        (Box::new(device), [Box::new(link), Box::new(host)])
    });
    let report = bus.report(1).unwrap().devices[0];
    assert_eq!((report.state, report.errand), (DeviceState::Gone, Errand::None));
}

#[test]
fn what_was_in_the_way_of_a_dropped_link_ends_before_its_errand_is_left() {
    let (bus, _kept, _sender) = dropped_inside_a_transfer(2, false, |host, device, link| {
        (Box::new(link), [Box::new(device), Box::new(host)])
    });
    let report = bus.report(1).unwrap().devices[0];
    assert_eq!((report.state, report.errand), (DeviceState::Registered, Errand::None));
}

#[test]
fn what_was_in_the_way_of_a_dropped_host_ends_before_its_errand_is_left() {
    let (bus, _kept, _sender) = dropped_inside_a_transfer(1, false, |host, device, link| {
        (Box::new(host), [Box::new(link), Box::new(device)])
    });
    assert_eq!(bus.report(1).unwrap().presence, Presence::Gone);
}

/// The transfer that was in the way has opened the gate when it ended.
#[test]
fn what_an_interrupt_leaves_behind_an_open_gate_is_seen_by_the_next_packet() {
    let (bus, _kept, (link, _device)) = dropped_inside_a_transfer(2, true, |host, device, link| {
        (Box::new(device), [Box::new(link), Box::new(host)])
    });
    let report = || bus.report(1).unwrap().devices[0];
    assert_eq!((report().state, report().errand), (DeviceState::Attached, Errand::Unregister));
    link.write(dcs::Nop).unwrap();
    assert_eq!((report().state, report().errand), (DeviceState::Gone, Errand::None));
}
