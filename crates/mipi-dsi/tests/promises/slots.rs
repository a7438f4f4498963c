//! A slot is one host's at a time, and a name too.

use super::support::{Attached, TestBus, TestHost, TestPeripheral};
use mipi_dsi::bus::{
    adapter::{
        AtomicWord, BusMemory, Ended, Events, FixedSlots, Gate, Lock, Memory, Name, Slots, StdLock, StdSlots,
    },
    machine::Generation,
    report::{HostKey, WaitFor},
    Bus, Caller, HostInfo, Node, RegisterHostError, WaitError,
};
use std::sync::{Arc, Mutex};
use std::time::Instant;

#[test]
fn slots_that_came_back_are_given_out_once_each() {
    let bus = TestBus::with_hosts(2);
    for _ in 0..3 {
        let (first, second) = (Attached::on(bus.clone(), "first"), Attached::on(bus.clone(), "second"));
        assert_ne!(first.host.key().slot, second.host.key().slot);
        drop(first);
        second.host.unregister().unwrap();
        // Late calls on the slot that came back last do not give it back again.
        second.device.unregister().unwrap();
        second.link.detach().unwrap();
    }
    assert_eq!(bus.reports().count(), 0);
}

#[test]
fn a_name_that_is_taken_is_refused_as_that_though_no_slot_is_left() {
    let bus = TestBus::with_hosts(1);
    let _host = bus.register_host(HostInfo::new("host"), TestHost::new()).unwrap();
    let again = bus.register_host(HostInfo::new("host"), TestHost::new());
    assert_eq!(again.err(), Some(RegisterHostError::NameTaken));
}

const MANY: usize = 20;

type ManySlots = FixedSlots<Arc<TestHost>, Arc<TestPeripheral>, Name, MANY, 4>;
type ManyGates = [Gate<Arc<TestHost>, AtomicWord>; MANY];
type ManyHosts = Bus<Arc<BusMemory<StdLock<ManySlots>, ManyGates>>>;

/// More slots than are looked at in one section of the lock.
fn many_hosts() -> ManyHosts {
    let lock = StdLock::new(ManySlots::EMPTY, None);
    Bus::new(Arc::new(BusMemory::from_parts(lock, [const { Gate::EMPTY }; MANY])))
}

#[test]
fn a_host_in_the_last_of_many_slots_is_found() {
    let bus = many_hosts();
    let controller = TestHost::new();
    let hosts: Vec<_> = (0..MANY)
        .map(|number| {
            let name = number.to_string();
            bus.register_host(HostInfo::new(&name).node(Node(number)), controller.clone()).unwrap()
        })
        .collect();
    for (number, host) in hosts.iter().enumerate() {
        assert_eq!(bus.find_host(&number.to_string()).map(|found| found.key()), Some(host.key()));
        assert_eq!(bus.find_host_by_node(Node(number)).map(|found| found.key()), Some(host.key()));
    }
    assert!(bus.find_host("another").is_none());
}

#[test]
fn a_name_that_a_host_in_the_last_of_many_slots_has_is_taken() {
    let bus = many_hosts();
    let (controller, second) = (TestHost::new(), TestHost::new());
    let hosts: Vec<_> = (0..MANY - 1)
        .map(|number| bus.register_host(HostInfo::new(&number.to_string()), controller.clone()).unwrap())
        .collect();
    let last = (MANY - 2).to_string();
    for _ in 0..3 {
        let again = bus.register_host(HostInfo::new(&last), second.clone());
        assert_eq!(again.err(), Some(RegisterHostError::NameTaken));
        assert_eq!(Arc::strong_count(&second), 1, "nothing of the second is kept");
    }
    assert!(bus.register_host(HostInfo::new("another"), second).is_ok(), "no slot was lost");
    drop(hosts);
    assert_eq!(bus.reports().count(), 0);
}

type Interrupt = Box<dyn FnOnce() + Send>;

/// Another caller comes once, just before one of the next sections.
struct InterruptedLock {
    lock: StdLock<ManySlots>,
    next: Mutex<Option<(usize, Interrupt)>>,
}

impl Lock for InterruptedLock {
    type Data = ManySlots;
    type Deadline = Instant;
    type Word = AtomicWord;

    fn caller(&self) -> Caller {
        self.lock.caller()
    }

    fn with<R>(&self, section: impl FnOnce(&mut ManySlots) -> (R, Ended)) -> R {
        let next = self.next.lock().unwrap().take();
        match next {
            Some((0, interrupt)) => interrupt(),
            Some((sections, interrupt)) => *self.next.lock().unwrap() = Some((sections - 1, interrupt)),
            None => {}
        }
        self.lock.with(section)
    }

    fn wait<R>(
        &self,
        wait: WaitFor,
        deadline: Option<Instant>,
        section: impl FnMut(&mut ManySlots) -> (Option<R>, Ended),
    ) -> Result<R, WaitError> {
        self.lock.wait(wait, deadline, section)
    }
}

/// The one in the lower slot begins at any moment of the other's registration: also when that has looked at all slots
/// already, and is not registered yet.
#[test]
fn of_two_that_register_a_name_at_the_same_time_one_gets_it() {
    for sections in 0..6 {
        let lock = InterruptedLock { lock: StdLock::new(ManySlots::EMPTY, None), next: Mutex::default() };
        let memory = Arc::new(BusMemory::from_parts(lock, [const { Gate::EMPTY }; MANY]));
        let bus = Bus::new(memory.clone());
        let mut hosts: Vec<_> = (0..9)
            .map(|number| bus.register_host(HostInfo::new(&number.to_string()), TestHost::new()).unwrap())
            .collect();
        let (low, second) = (hosts.remove(3), Arc::new(Mutex::new(None)));
        let interrupt = {
            let (bus, second) = (bus.clone(), second.clone());
            move || {
                drop(low);
                *second.lock().unwrap() = Some(bus.register_host(HostInfo::new("name"), TestHost::new()));
            }
        };
        *memory.lock().next.lock().unwrap() = Some((sections, Box::new(interrupt)));
        let controller = TestHost::new();
        let first = bus.register_host(HostInfo::new("name"), controller.clone());
        let second = second.lock().unwrap().take().unwrap();
        let refused = [first.as_ref().err(), second.as_ref().err()];
        assert_eq!(refused.iter().flatten().count(), 1, "before section {sections}: {refused:?}");
        assert_eq!(refused[0].or(refused[1]), Some(&RegisterHostError::NameTaken));
        assert_eq!(
            Arc::strong_count(&controller),
            if first.is_ok() { 3 } else { 1 },
            "in the slot and the test"
        );
        let found = bus.find_host("name").map(|found| found.key());
        assert_eq!(found, first.ok().or(second.ok()).map(|host| host.key()));
    }
}

/// Two controllers of one device tree node: whichever leaves, the other is found by it.
#[test]
fn a_host_is_found_by_its_node_when_another_of_that_node_has_left() {
    for leaves_first in [false, true] {
        let bus = TestBus::with_hosts(2);
        let [first, second] = ["left", "right"]
            .map(|name| bus.register_host(HostInfo::new(name).node(Node(7)), TestHost::new()).unwrap());
        assert_eq!(bus.find_host_by_node(Node(7)).map(|found| found.key()), Some(first.key()));
        let (leaving, staying) = if leaves_first { (first, second) } else { (second, first) };
        drop(leaving);
        assert_eq!(bus.find_host_by_node(Node(7)).map(|found| found.key()), Some(staying.key()));
        drop(staying);
        assert!(bus.find_host_by_node(Node(7)).is_none());
    }
}

/// The one who ends something may have to wait for it again, and that wait counts.
#[test]
fn a_wait_for_what_has_ended_is_forgotten_unless_it_is_that_of_whoever_ended_it() {
    fn forgets(mut slots: impl Slots) {
        let [ann, ben, cleo, dan] = [1, 2, 3, 4].map(Caller::from_number);
        let host = |slot| HostKey { slot, generation: Generation::NONE };
        let notes = [
            (ann, WaitFor::Link(host(0))),
            (ben, WaitFor::Link(host(0))),
            (cleo, WaitFor::Link(host(1))),
            (dan, WaitFor::Cancel(host(0))),
        ];
        assert!(notes.iter().all(|(caller, wait)| slots.note_wait(*caller, Some(*wait))));
        let mut events = Events::NONE;
        events.insert(WaitFor::Link(host(0)).event());
        slots.end_waits(Ended { slot: 0, events }, ben);
        let left: Vec<_> = notes.iter().filter(|(caller, _)| slots.waits_for(*caller).is_some()).collect();
        assert_eq!(left, [&notes[1], &notes[2], &notes[3]]);
    }
    forgets(ManySlots::EMPTY);
    forgets(StdSlots::<Arc<TestHost>, Arc<TestPeripheral>>::new(1));
}

/// Another comes between the end of a wait and the look of whoever waited: they don't get that one's room, who may have to
/// wait on and came first.
#[test]
fn who_looks_again_has_room_to_wait_on() {
    let mut slots = FixedSlots::<Arc<TestHost>, Arc<TestPeripheral>, Name, 1, 1>::EMPTY;
    let [ann, ben, cleo] = [1, 2, 3].map(Caller::from_number);
    let wait = WaitFor::Link(HostKey { slot: 0, generation: Generation::NONE });
    assert!(slots.note_wait(ann, Some(wait)));
    let mut events = Events::NONE;
    events.insert(wait.event());
    slots.end_waits(Ended { slot: 0, events }, cleo);
    assert_eq!(slots.waits_for(ann), None);
    assert!(!slots.note_wait(ben, Some(wait)), "there is room for one who waits");
    assert!(slots.note_wait(ann, Some(wait)) && slots.note_wait(ann, None));
    assert!(slots.note_wait(ben, Some(wait)));
}
