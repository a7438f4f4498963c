//! One host and one peripheral with their drivers, which do what the search's programs do (`src/driver`).

use super::controller::CheckedController;
use super::std_lock_on_shuttle::{AtomicWord, StdLock};
use mipi_dsi::bus::adapter::{BusMemory, FixedSlots, Gate};
use mipi_dsi::bus::machine::HostKey;
use mipi_dsi::bus::{
    Bus, Commands, Device, DeviceInfo, DeviceListener, Gone, Host, HostInfo, HostRef, Lanes, Link,
    LinkConfig, Notice, PixelFormat, ReadError, RemovalKind, Removed, TransferError,
};
use mipi_dsi::dcs;
use mipi_dsi::wire::VirtualChannel;
use shuttle::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, Weak};
use teardown_check::shape::{Control, OnNotice};

/// One host, and room for as many actors to wait as a scene has.
type Slots = FixedSlots<Arc<CheckedController>, Arc<OnLeaving>, &'static str, 1, 4>;
type Handle = Arc<BusMemory<StdLock<Slots>, [Gate<Arc<CheckedController>, AtomicWord>; 1]>>;

const CONFIG: LinkConfig = LinkConfig::video(Lanes::Four, PixelFormat::Rgb888);

/// The board.
pub(crate) struct Board {
    bus: Bus<Handle>,
    control: Control,
    on_notice: OnNotice,
    /// The host's device lock, and its driver.
    host: Mutex<Option<BoundHost>>,
    /// All hosts that were ever registered, by their keys: whom a lookup has found.
    hosts: Mutex<Vec<Known>>,
    /// The device lock of the peripheral: true while its driver is bound.
    peripheral: Mutex<bool>,
    /// What the peripheral's driver works with, which a command takes without the device's lock.
    working: Mutex<Option<Working>>,
    /// On the DSI bus: the child's device, as the host's side has it.
    child: Mutex<Option<Registered>>,
    /// What somebody else holds.
    held: Mutex<Option<Working>>,
}

/// A host that was registered: its key, its controller, and whether it has been removed.
type Known = (HostKey, Arc<CheckedController>, Arc<AtomicBool>);

struct BoundHost {
    host: Host<Handle>,
    controller: Arc<CheckedController>,
    /// Whether this registration of the host has been removed: whoever sends afterwards is late.
    left: Arc<AtomicBool>,
}

/// A registered device with what is known of it.
#[derive(Clone)]
struct Registered {
    device: Arc<Device<Handle>>,
    notice: Arc<OnLeaving>,
    controller: Arc<CheckedController>,
    host_left: Arc<AtomicBool>,
}

#[derive(Clone)]
struct Working {
    registered: Registered,
    link: Arc<Link<Handle>>,
}

/// How the peripheral's side hears that its host leaves.
pub(crate) struct OnLeaving {
    board: Weak<Board>,
    told: AtomicUsize,
    /// Its side has begun to unregister by itself.
    lets_go: AtomicBool,
}

impl DeviceListener for OnLeaving {
    fn host_leaving(&self, notice: &Notice<'_>) {
        assert_eq!(self.told.fetch_add(1, SeqCst), 0, "told twice");
        let Some(board) = self.board.upgrade() else { return };
        match (board.control, board.on_notice) {
            (Control::Dsi, _) => board.remove_child(),
            (Control::Other | Control::OwnDevice, OnNotice::Nothing) => {}
            (Control::Other | Control::OwnDevice, OnNotice::LastCommand) => {
                // Whatever comes of it: it may be late itself.
                let _ = notice.transport.write(dcs::SetDisplayOff);
            }
            // Handles are shared by threads here, so none is dropped for certain: it lets go.
            (Control::Other | Control::OwnDevice, OnNotice::LetGo | OnNotice::DropHandles) => {
                let working = board.working.lock().unwrap().clone();
                if let Some(working) =
                    working.filter(|working| std::ptr::eq(&*working.registered.notice, self))
                {
                    working.link.detach().expect("from a notice everything is allowed");
                    working.registered.device.unregister().expect("from a notice everything is allowed");
                }
            }
        }
    }
}

impl Board {
    /// With nothing bound.
    pub(crate) fn new(control: Control, on_notice: OnNotice) -> Self {
        let memory = BusMemory::from_parts(StdLock::new(Slots::EMPTY, None), [Gate::EMPTY]);
        Self {
            bus: Bus::new(Arc::new(memory)),
            control,
            on_notice,
            host: Mutex::new(None),
            hosts: Mutex::new(Vec::new()),
            peripheral: Mutex::new(false),
            working: Mutex::new(None),
            child: Mutex::new(None),
            held: Mutex::new(None),
        }
    }

    pub(crate) fn bind_host(self: &Arc<Self>) {
        {
            let mut bound = self.host.lock().unwrap();
            if bound.is_some() {
                return;
            }
            let controller = Arc::new(CheckedController::new());
            let host =
                self.bus.register_host(HostInfo::new("host"), controller.clone()).expect("a host comes back");
            let left: Arc<AtomicBool> = Arc::default();
            self.hosts.lock().unwrap().push((host.key(), controller.clone(), left.clone()));
            if self.control == Control::Dsi {
                *self.child.lock().unwrap() = self.register(&host.reference());
            }
            *bound = Some(BoundHost { host, controller, left });
        }
        if self.control == Control::Dsi {
            self.bind_peripheral();
        }
    }

    fn register(self: &Arc<Self>, host: &HostRef<Handle>) -> Option<Registered> {
        let notice = Arc::new(OnLeaving {
            board: Arc::downgrade(self),
            told: AtomicUsize::new(0),
            lets_go: AtomicBool::new(false),
        });
        let info = DeviceInfo::new(VirtualChannel::VC0, "panel").listener(notice.clone());
        let device = Arc::new(host.register_device(info).ok()?);
        let hosts = self.hosts.lock().unwrap();
        let (_, controller, host_left) = hosts.iter().find(|(key, ..)| *key == host.key())?.clone();
        Some(Registered { device, notice, controller, host_left })
    }

    pub(crate) fn unbind_host(&self, surprise: bool) {
        let mut bound = self.host.lock().unwrap();
        let Some(BoundHost { host, controller, left }) = bound.take() else { return };
        let registered = match self.control {
            Control::Dsi => self.child.lock().unwrap().clone(),
            Control::Other | Control::OwnDevice => {
                self.working.lock().unwrap().as_ref().map(|working| working.registered.clone())
            }
        };
        let registered = registered.filter(|registered| {
            Arc::ptr_eq(&registered.host_left, &left) && !registered.notice.lets_go.load(SeqCst)
        });
        controller.pull(surprise);
        let removal = if surprise { RemovalKind::Surprise } else { RemovalKind::Orderly };
        let given_back =
            host.unregister_with(removal, None).expect("from a thread of its own nothing is refused");
        assert!(given_back.is_some(), "nobody else removes the host");
        left.store(true, SeqCst);
        controller.retire();
        if let Some(Registered { notice, .. }) = registered {
            let let_go = notice.lets_go.load(SeqCst);
            assert!(let_go || notice.told.load(SeqCst) == 1, "the peripheral is not told");
        }
    }

    pub(crate) fn bind_peripheral(self: &Arc<Self>) {
        let mut is_bound = self.peripheral.lock().unwrap();
        if *is_bound {
            return;
        }
        let registered = match self.control {
            Control::Dsi => self.child.lock().unwrap().clone(),
            // Found by name, and lost at any time.
            Control::Other | Control::OwnDevice => {
                self.bus.find_host("host").and_then(|host| self.register(&host))
            }
        };
        let Some(registered) = registered else { return };
        let Ok(link) = registered.device.attach(CONFIG) else {
            self.release(&registered, RemovalKind::Orderly);
            return;
        };
        *self.working.lock().unwrap() = Some(Working { registered, link: Arc::new(link) });
        *is_bound = true;
    }

    /// A bridge unregisters its device; a panel's is the host's.
    fn release(&self, registered: &Registered, removal: RemovalKind) {
        if self.control == Control::Other {
            registered.notice.lets_go.store(true, SeqCst);
            let removed = registered.device.unregister_with(removal, None);
            removed.expect("from a thread of its own nothing is refused");
        }
    }

    pub(crate) fn unbind_peripheral(&self, surprise: bool) {
        let mut is_bound = self.peripheral.lock().unwrap();
        if !*is_bound {
            return;
        }
        let working = self.working.lock().unwrap().clone();
        let Some(Working { registered, link }) = working else { return };
        match self.control {
            Control::Dsi => {
                let _ = link.write(dcs::SetDisplayOff);
                link.detach().expect("from a thread of its own nothing is refused");
            }
            Control::Other | Control::OwnDevice if surprise => {
                registered.controller.pull(true);
                self.release(&registered, RemovalKind::Surprise);
                registered.controller.pull(false);
            }
            Control::Other | Control::OwnDevice => {
                link.detach().expect("from a thread of its own nothing is refused");
                self.release(&registered, RemovalKind::Orderly);
            }
        }
        let device = &registered.device;
        if self.control == Control::Other {
            assert_eq!(device.unregister(), Ok(Removed::Already));
        }
        *self.working.lock().unwrap() = None;
        *is_bound = false;
    }

    /// What the DSI bus does to a child whose host leaves.
    fn remove_child(&self) {
        let child = self.child.lock().unwrap().take();
        self.unbind_peripheral(false);
        drop(child);
    }

    pub(crate) fn command(&self) {
        let working = self.working.lock().unwrap().clone();
        self.send(working);
    }

    pub(crate) fn command_held(&self) {
        let held = self.held.lock().unwrap().clone();
        self.send(held);
    }

    fn send(&self, working: Option<Working>) {
        let Some(Working { registered, link }) = working else { return };
        let was_late = registered.host_left.load(SeqCst);
        let result = link.write(dcs::SetDisplayOn);
        assert!(!was_late || result == Err(TransferError::Gone(Gone::HostRemoved)), "late, and {result:?}");
        let refused = matches!(result, Err(TransferError::StillRunning(_)));
        assert!(!refused, "from a thread of its own nothing is refused: {result:?}");
    }

    pub(crate) fn read(&self) {
        let working = self.working.lock().unwrap().clone();
        let Some(Working { registered, link }) = working else { return };
        let was_late = registered.host_left.load(SeqCst);
        let result = link.read(dcs::GetPowerMode);
        registered.controller.read_is_over();
        let late = matches!(result, Err(ReadError::Transfer(TransferError::Gone(Gone::HostRemoved))));
        assert!(!was_late || late, "late, and {result:?}");
    }

    /// Takes a handle that is held over everything, or drops it.
    pub(crate) fn hold(&self) {
        let working = self.working.lock().unwrap().clone();
        let before = {
            let mut held = self.held.lock().unwrap();
            let before = held.take();
            if before.is_none() {
                *held = working;
            }
            before
        };
        // The last handle of a device: its drop may have to wait.
        drop(before);
    }

    /// Whatever has happened, it can be bound again and works.
    pub(crate) fn comes_back(self: &Arc<Self>) {
        self.unbind_peripheral(false);
        self.bind_host();
        self.bind_peripheral();
        let working = self.working.lock().unwrap().clone().expect("a peripheral comes back");
        assert_eq!(working.link.write(dcs::SetDisplayOn), Ok(()));
    }

    /// Nothing is registered, and nobody is held.
    pub(crate) fn leaves_nothing(&self) {
        drop(self.held.lock().unwrap().take());
        self.unbind_peripheral(false);
        self.unbind_host(false);
        // Nor was any host called after it had left.
        self.hosts.lock().unwrap().iter().for_each(|(_, controller, _)| controller.assert_legal());
        assert_eq!(self.bus.reports().count(), 0, "something is left");
    }
}
