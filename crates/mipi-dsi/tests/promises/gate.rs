//! A packet takes no lock where nobody removes and nobody waits.

use super::support::{slots, TestHost, TestPeripheral, TestSlots, CONFIG, VC0};
use mipi_dsi::bus::{
    adapter::{BusMemory, Ended, Lock, StdGates, StdLock},
    report::WaitFor,
    Bus, Caller, Commands, DeviceInfo, HostInfo, Profile, WaitError,
};
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::sync::Arc;
use std::time::Instant;

/// A lock that counts its sections.
struct Counting {
    lock: StdLock<TestSlots>,
    sections: Arc<AtomicUsize>,
}

impl Lock for Counting {
    type Data = TestSlots;
    type Deadline = Instant;
    type Word = <StdLock<TestSlots> as Lock>::Word;

    fn caller(&self) -> Caller {
        self.lock.caller()
    }

    fn with<R>(&self, section: impl FnOnce(&mut TestSlots) -> (R, Ended)) -> R {
        self.sections.fetch_add(1, SeqCst);
        self.lock.with(section)
    }

    fn wait<R>(
        &self,
        wait: WaitFor,
        deadline: Option<Instant>,
        section: impl FnMut(&mut TestSlots) -> (Option<R>, Ended),
    ) -> Result<R, WaitError> {
        self.sections.fetch_add(1, SeqCst);
        self.lock.wait(wait, deadline, section)
    }
}

#[test]
fn a_packet_takes_no_lock_on_a_host_that_came_back() {
    let sections = Arc::new(AtomicUsize::new(0));
    let lock = Counting { lock: StdLock::new(slots(), None), sections: sections.clone() };
    let bus = Bus::new(Arc::new(BusMemory::from_parts(lock, StdGates::new())));
    for (profile, info) in [
        (Profile::Exclusive, HostInfo::new("first")),
        (Profile::Shared, HostInfo::new("second").shared()),
        (Profile::Serialised, HostInfo::new("third").serialised()),
    ] {
        let controller = TestHost::with_profile(profile);
        let host = bus.register_host(info, controller.clone()).unwrap();
        assert_eq!(host.key().slot, 0, "the test is about the same slot");
        let info = DeviceInfo::new(VC0, "panel").listener(TestPeripheral::new());
        let panel = host.attach_device(info, CONFIG).unwrap();
        let before = sections.load(SeqCst);
        assert_eq!([1, 2, 3].map(|opcode| panel.dcs_write(&[opcode])), [Ok(()); 3]);
        assert_eq!(sections.load(SeqCst), before);
        assert_eq!(controller.counts(), [1, 0, 3]);
        assert!(host.unregister().unwrap().is_some());
    }
}

#[test]
fn each_host_has_a_gate_of_its_own() {
    let sections = Arc::new(AtomicUsize::new(0));
    let lock = Counting { lock: StdLock::new(slots(), None), sections: sections.clone() };
    let bus = Bus::new(Arc::new(BusMemory::from_parts(lock, StdGates::new())));
    let ends = ["first", "second"].map(|name| {
        let controller = TestHost::new();
        let host = bus.register_host(HostInfo::new(name), controller.clone()).unwrap();
        let panel = host.attach_device(DeviceInfo::new(VC0, "panel"), CONFIG).unwrap();
        (controller, host, panel)
    });
    let before = sections.load(SeqCst);
    for (_, _, panel) in &ends {
        panel.dcs_write(&[1]).unwrap();
    }
    assert_eq!(sections.load(SeqCst), before);
    assert!(ends.iter().all(|(controller, ..)| controller.counts() == [1, 0, 1]));
}
