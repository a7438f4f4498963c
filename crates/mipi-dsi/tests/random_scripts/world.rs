//! Runs a script on the bus itself, over a lock that shows a callback under it as a double borrow, and that has
//! nobody to wait for.

use super::event::{Answer, Callback, Event, SlotSeen};
use super::script::{Inside, Operation, Step};
use mipi_dsi::bus::{
    adapter::{AtomicWord, BusMemory, Ended, FixedSlots, Gate, Lock, Name},
    report::WaitFor,
    AttachError, Attachment, Bus, Caller, Capabilities, Device, DeviceInfo, DeviceListener, Host,
    HostAttachError, HostController, HostError, HostInfo, HostRef, Lanes, Link, LinkConfig, Message, Notice,
    PixelFormat, RegisterDeviceError, RegisterHostError, StillRunning, TransferError, Transport, WaitError,
};
use mipi_dsi::wire::{DataType, VirtualChannel};
use std::cell::RefCell;
use std::collections::VecDeque;
use std::rc::{Rc, Weak};

type Data = FixedSlots<Rc<ScriptedHost>, Rc<ScriptedPeripheral>, Name, 2, 1>;
type Handle = Rc<BusMemory<OneThread, [Gate<Rc<ScriptedHost>, AtomicWord>; 2]>>;

struct OneThread(RefCell<Data>);

impl Lock for OneThread {
    type Data = Data;
    type Deadline = ();
    type Word = AtomicWord;

    fn caller(&self) -> Caller {
        Caller::MAIN
    }

    fn with<R>(&self, section: impl FnOnce(&mut Data) -> (R, Ended)) -> R {
        section(&mut self.0.borrow_mut()).0
    }

    fn wait<R>(
        &self,
        wait: WaitFor,
        _: Option<()>,
        _: impl FnMut(&mut Data) -> (Option<R>, Ended),
    ) -> Result<R, WaitError> {
        panic!("entered a wait that nobody would end: {wait}")
    }
}

/// Handles of one kind, in the order in which they were made; `None` when the script has dropped one.
type Pool<T> = RefCell<Vec<Option<Rc<T>>>>;

fn choose<T>(pool: &Pool<T>, which: usize) -> Option<usize> {
    let pool = pool.borrow();
    let alive: Vec<usize> = (0..pool.len()).filter(|index| pool[*index].is_some()).collect();
    alive.get(which.checked_rem(alive.len())?).copied()
}

fn chosen<T>(pool: &Pool<T>, which: usize) -> Option<Rc<T>> {
    choose(pool, which).and_then(|index| pool.borrow()[index].clone())
}

fn taken<T>(pool: &Pool<T>, which: usize) -> Option<Rc<T>> {
    choose(pool, which).and_then(|index| pool.borrow_mut()[index].take())
}

fn put<T>(pool: &Pool<T>, made: T) -> Answer {
    pool.borrow_mut().push(Some(Rc::new(made)));
    Answer::Made
}

/// More events than a script has.
const ENDLESS: usize = 100_000;

pub(crate) struct World {
    bus: Bus<Handle>,
    hosts: Pool<Host<Handle>>,
    found: Pool<HostRef<Handle>>,
    devices: Pool<Device<Handle>>,
    links: Pool<Link<Handle>>,
    controllers: RefCell<Vec<Rc<ScriptedHost>>>,
    peripherals: RefCell<Vec<Rc<ScriptedPeripheral>>>,
    /// For each step that runs, what is left of its insides.
    insides: RefCell<Vec<VecDeque<Inside>>>,
    events: RefCell<Vec<Event>>,
}

/// What a script did, with everything dropped at its end.
pub(crate) fn run(script: &[Step]) -> Vec<Event> {
    let world = Rc::new(World {
        bus: Bus::new(Rc::new(BusMemory::from_parts(
            OneThread(RefCell::new(Data::EMPTY)),
            [const { Gate::EMPTY }; 2],
        ))),
        hosts: Pool::default(),
        found: Pool::default(),
        devices: Pool::default(),
        links: Pool::default(),
        controllers: RefCell::default(),
        peripherals: RefCell::default(),
        insides: RefCell::default(),
        events: RefCell::default(),
    });
    world.steps(script, None);
    world.leave_nothing();
    world.events.take()
}

impl World {
    fn steps(self: &Rc<Self>, steps: &[Step], lent: Option<&dyn Transport>) {
        for step in steps {
            self.insides.borrow_mut().push(step.inside.iter().cloned().collect());
            self.operate(step.operation, lent);
            self.insides.borrow_mut().pop();
        }
    }

    /// A handle is dropped when both the script and the operations that use it have let go of it.
    fn operate(self: &Rc<Self>, operation: Operation, lent: Option<&dyn Transport>) {
        let answered = |answer: Option<Answer>| {
            let answer = answer.unwrap_or(Answer::NoSuchHandle);
            self.note(Event::Answer { kind: operation.kind(), answer });
            self.look();
        };
        match operation {
            Operation::RegisterHost { name, two_lanes } => {
                answered(Some(self.register_host(name, two_lanes)))
            }
            Operation::FindHost { name } => {
                let found = self.bus.find_host(host_name(name));
                answered(Some(found.map_or(Answer::NotFound, |found| put(&self.found, found))));
            }
            Operation::UnregisterHost(which, removal) => {
                let host = chosen(&self.hosts, which);
                answered(host.as_ref().map(|host| match host.unregister_with(removal, None) {
                    Ok(controller) => Answer::GivenBack(controller.map(|controller| controller.number)),
                    Err(error) => refused(error),
                }));
            }
            Operation::DeclareGone(which) => {
                let host = chosen(&self.hosts, which);
                answered(host.as_ref().map(|host| Answer::Declared(host.declare_gone())));
            }
            Operation::RegisterDevice { found, channel, wants_notice } => {
                let host = chosen(&self.found, found);
                answered(host.as_ref().map(|host| self.register_device(host, channel, wants_notice)));
            }
            Operation::Attach(which) => {
                let device = chosen(&self.devices, which);
                answered(device.as_ref().map(|device| match device.attach(CONFIG) {
                    Ok(link) => put(&self.links, link),
                    Err(AttachError::Gone(gone)) => Answer::Gone(gone),
                    Err(AttachError::AlreadyAttached) => Answer::AlreadyAttached,
                    Err(AttachError::Unsupported { .. }) => Answer::Unsupported,
                    Err(AttachError::Refused(HostAttachError::NoCapacity)) => Answer::Refused,
                    Err(AttachError::StillRunning(error)) => refused(error),
                    Err(other) => panic!("{other}"),
                }));
            }
            Operation::UnregisterDevice(which, removal) => {
                let device = chosen(&self.devices, which);
                answered(device.as_ref().map(|device| {
                    device.unregister_with(removal, None).map_or_else(refused, Answer::Removed)
                }));
            }
            Operation::Detach(which) => {
                let link = chosen(&self.links, which);
                answered(link.as_ref().map(|link| link.detach().map_or_else(refused, Answer::Removed)));
            }
            Operation::Transfer(which) => {
                let link = chosen(&self.links, which);
                answered(link.as_ref().map(|link| transfer(&**link)));
            }
            Operation::Transaction(which) => {
                let link = chosen(&self.links, which);
                answered(link.as_ref().map(|link| self.transaction(&**link)));
            }
            Operation::LentTransfer => answered(lent.map(transfer)),
            Operation::LentTransaction => answered(lent.map(|lent| self.transaction(lent))),
            Operation::DropHost(which) => answered(taken(&self.hosts, which).map(dropped)),
            Operation::DropFound(which) => answered(taken(&self.found, which).map(dropped)),
            Operation::DropDevice(which) => answered(taken(&self.devices, which).map(dropped)),
            Operation::DropLink(which) => answered(taken(&self.links, which).map(dropped)),
        }
    }

    fn register_host(self: &Rc<Self>, name: bool, two_lanes: bool) -> Answer {
        let number = self.controllers.borrow().len();
        let controller = Rc::new(ScriptedHost { number, world: Rc::downgrade(self) });
        self.controllers.borrow_mut().push(controller.clone());
        let capabilities = Capabilities::all(if two_lanes { Lanes::Two } else { Lanes::Four });
        let info = HostInfo::new(host_name(name)).capabilities(capabilities);
        match self.bus.register_host(info, controller) {
            Ok(host) => put(&self.hosts, host),
            Err(RegisterHostError::NoSlot { slots: 2 }) => Answer::NoSlot,
            Err(RegisterHostError::NameTaken) => Answer::NameTaken,
            Err(other) => panic!("{other}"),
        }
    }

    fn register_device(
        self: &Rc<Self>,
        host: &HostRef<Handle>,
        channel: VirtualChannel,
        wants_notice: bool,
    ) -> Answer {
        let number = self.peripherals.borrow().len();
        let peripheral = Rc::new(ScriptedPeripheral { number, world: Rc::downgrade(self) });
        self.peripherals.borrow_mut().push(peripheral.clone());
        let name = device_name(number);
        let info = DeviceInfo::new(channel, &name);
        let info = if wants_notice { info.listener(peripheral) } else { info };
        match host.register_device(info) {
            Ok(device) => put(&self.devices, device),
            Err(RegisterDeviceError::Gone(gone)) => Answer::Gone(gone),
            Err(RegisterDeviceError::ChannelTaken(taken)) if taken == channel => Answer::ChannelTaken,
            Err(other) => panic!("{other}"),
        }
    }

    fn transaction(self: &Rc<Self>, transport: &dyn Transport) -> Answer {
        let had = transport.transaction(&mut |lent| {
            self.callback(Callback::Transaction, Some(lent));
        });
        sent(had)
    }

    /// Does what the script has for this callback. Says whether an attach is to be refused.
    fn callback(self: &Rc<Self>, callback: Callback, lent: Option<&dyn Transport>) -> bool {
        self.note(Event::Begins(callback));
        self.look();
        let inside = self.insides.borrow_mut().last_mut().and_then(VecDeque::pop_front).unwrap_or_default();
        self.steps(&inside.steps, lent);
        self.note(Event::Ends(callback));
        inside.refuse
    }

    fn note(&self, event: Event) {
        let mut events = self.events.borrow_mut();
        assert!(events.len() < ENDLESS, "no end of callbacks");
        events.push(event);
    }

    fn look(&self) {
        let seen = [0, 1].map(|slot| SlotSeen::from(self.bus.report(slot).expect("there are two slots")));
        self.note(Event::Reports(Box::new(seen)));
    }

    fn leave_nothing(self: &Rc<Self>) {
        self.insides.borrow_mut().push(VecDeque::new());
        drop_all(&self.links);
        drop_all(&self.found);
        drop_all(&self.devices);
        drop_all(&self.hosts);
        self.look();
        assert_eq!(self.bus.reports().count(), 0, "something is still held");
        assert!(self.controllers.borrow().iter().all(|controller| Rc::strong_count(controller) == 1));
        assert!(self.peripherals.borrow().iter().all(|peripheral| Rc::strong_count(peripheral) == 1));
    }
}

fn drop_all<T>(pool: &Pool<T>) {
    while let Some(handle) = taken(pool, 0) {
        drop(handle);
    }
}

fn dropped<T>(handle: Rc<T>) -> Answer {
    drop(handle);
    Answer::Dropped
}

pub(crate) fn host_name(name: bool) -> &'static str {
    if name {
        "b"
    } else {
        "a"
    }
}

pub(crate) fn device_name(number: usize) -> String {
    format!("peripheral {number}")
}

const CONFIG: LinkConfig = LinkConfig::video(Lanes::Four, PixelFormat::Rgb888);

fn refused(error: StillRunning) -> Answer {
    assert_eq!(
        (error.why, error.begun),
        (WaitError::WouldDeadlock, false),
        "what is refused has changed nothing"
    );
    Answer::WouldDeadlock(error.waiting_for.into())
}

fn sent<T>(result: Result<T, TransferError>) -> Answer {
    match result {
        Ok(_) => Answer::Sent,
        Err(TransferError::Gone(gone)) => Answer::Gone(gone),
        Err(TransferError::StillRunning(error)) => refused(error),
        Err(other) => panic!("{other}"),
    }
}

fn transfer(transport: &dyn Transport) -> Answer {
    sent(transport.transfer(DataType::DCS_SHORT_WRITE_0, (&[0x29]).into(), &mut []))
}

pub(crate) struct ScriptedHost {
    number: usize,
    world: Weak<World>,
}

impl HostController for ScriptedHost {
    fn attach(&self, attachment: &Attachment<'_>) -> Result<(), HostAttachError> {
        let callback = Callback::Attach { controller: self.number, channel: attachment.channel.index() };
        if self.world().callback(callback, Some(attachment.transport)) {
            return Err(HostAttachError::NoCapacity);
        }
        Ok(())
    }

    fn detach(&self, attachment: &Attachment<'_>) {
        let callback = Callback::Detach { controller: self.number, channel: attachment.channel.index() };
        self.world().callback(callback, Some(attachment.transport));
    }

    fn transfer(&self, message: &Message<'_>, _response: &mut [u8]) -> Result<usize, HostError> {
        let callback = Callback::Transfer { controller: self.number, channel: message.channel().index() };
        self.world().callback(callback, None);
        Ok(0)
    }

    fn cancel(&self, _channel: VirtualChannel) {
        panic!("cancel is for another thread's transfer, and there is none");
    }
}

impl ScriptedHost {
    fn world(&self) -> Rc<World> {
        self.world.upgrade().expect("called after the run")
    }
}

pub(crate) struct ScriptedPeripheral {
    number: usize,
    world: Weak<World>,
}

impl DeviceListener for ScriptedPeripheral {
    fn host_leaving(&self, notice: &Notice<'_>) {
        let world = self.world.upgrade().expect("called after the run");
        let callback = Callback::Notice { peripheral: self.number, removal: notice.removal };
        world.callback(callback, Some(notice.transport));
    }
}
