//! Line 7: an errand is carried out also if what was in the way ends between the refusal and the leaving of the errand.

use super::support::*;
use mipi_dsi::bus::{
    Bus, Caller, Commands, DeviceState, Errand, Gone, Lock, StdLock, TransferError, Unwaited,
};
use mipi_dsi::dcs;
use std::cell::RefCell;
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Instant;

type Due = Option<(u32, Box<dyn FnOnce()>)>;

thread_local! {
    /// What this thread does before one of its next rounds of the lock, and before which.
    static DUE: RefCell<Due> = const { RefCell::new(None) };
}

/// A lock that lets a test in between two rounds.
struct Interrupted(StdLock<TestRegistry>);

impl Lock for Interrupted {
    type Data = TestRegistry;
    type Deadline = Instant;

    fn caller(&self) -> Caller {
        self.0.caller()
    }

    fn with<R>(&self, work: impl FnOnce(&mut TestRegistry) -> R) -> R {
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
        if let Some((_, act)) = due {
            act();
        }
        self.0.with(work)
    }

    fn wait<R>(
        &self,
        deadline: Option<Instant>,
        ready: impl FnMut(&mut TestRegistry) -> Option<R>,
    ) -> Result<R, Unwaited> {
        self.0.wait(deadline, ready)
    }
}

#[test]
fn what_was_in_the_way_ends_between_the_refusal_and_the_errand() {
    let bus = Bus::new(Arc::new(Interrupted(StdLock::new(registry()))));
    let (controller_a, controller_b) = (TestHost::new(), TestHost::new());
    let host_a = Arc::new(bus.register_host("a", controller_a.clone()).unwrap());
    let host_b = bus.register_host("b", controller_b.clone()).unwrap();
    let device_a = host_a.register_device(VC0, "a").unwrap();
    let device_b = host_b.register_device(VC0, "b").unwrap();
    let (link_a, link_b) =
        (Arc::new(device_a.attach(CONFIG).unwrap()), Arc::new(device_b.attach(CONFIG).unwrap()));

    // A transfer on b waits for the link of a; one on a drops the device of b: refused, as each waits for the other.
    let (inside_a, inside_b) = (Gate::default(), Gate::default());
    {
        let (link_a, inside_b) = (link_a.clone(), inside_b.clone());
        controller_b.on_transfer(move || {
            inside_b.open();
            assert_eq!(link_a.write(dcs::Nop), Err(TransferError::Gone(Gone::HostRemoved)));
        });
    }
    let device_b = Mutex::new(Some(device_b));
    let sender_b: Arc<Mutex<Option<thread::JoinHandle<()>>>> = Arc::default();
    {
        let (inside_a, inside_b, sender_b, host_a) =
            (inside_a.clone(), inside_b.clone(), sender_b.clone(), host_a.clone());
        controller_a.on_transfer(move || {
            inside_a.open();
            inside_b.pass();
            let_others_run();
            let (sender_b, host_a) = (sender_b.clone(), host_a.clone());
            // The rounds of the drop: unregister (refused), leave the errand. Before the second one,
            // host a is declared gone, so that the transfer on b ends.
            let act = move || {
                thread::spawn(move || host_a.declare_gone()).join().unwrap();
                sender_b.lock().unwrap().take().unwrap().join().unwrap();
            };
            DUE.with(|due| *due.borrow_mut() = Some((1, Box::new(act))));
            drop(device_b.lock().unwrap().take());
            assert!(DUE.with(|due| due.borrow().is_none()), "the test came in between");
        });
    }
    let sender_a = thread::spawn(move || link_a.write(dcs::Nop));
    inside_a.pass();
    *sender_b.lock().unwrap() = Some(thread::spawn(move || link_b.write(dcs::Nop).unwrap()));
    sender_a.join().unwrap().unwrap();
    controller_a.forget_hooks();
    controller_b.forget_hooks();
    let report = bus.report(1).unwrap().devices[0];
    assert_eq!((report.state, report.errand), (DeviceState::Gone, Errand::None));
}
