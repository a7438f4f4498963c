//! A host and a peripheral for tests: strict about the legal call sequences, and with hooks to do things from inside.
#![allow(dead_code, unreachable_pub)] // each test file uses its part
#![allow(clippy::unwrap_used)] // a test that can't be set up has failed

use mipi_dsi::bus::{
    AttachRefused, Attachment, Bus, Capabilities, Device, Host, HostController, HostError, HostRef, HostSlot,
    Lanes, Link, LinkConfig, Message, Notice, Peripheral, PixelFormat, Registry, Removal, Speed, StdLock,
};
use mipi_dsi::wire::VirtualChannel;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

pub const VC0: VirtualChannel = VirtualChannel::VC0;
pub const VC1: VirtualChannel = VirtualChannel::VC1;

pub type Slot = HostSlot<Arc<TestHost>, Arc<TestPeripheral>>;
pub type TestRegistry = Registry<Arc<TestHost>, Arc<TestPeripheral>, [Slot; 2]>;
pub type Handle = Arc<StdLock<TestRegistry>>;
pub type TestBus = Bus<Arc<StdLock<TestRegistry>>>;

pub fn registry() -> TestRegistry {
    Registry::new([const { HostSlot::NEW }; 2])
}

pub fn bus() -> TestBus {
    Bus::new(Arc::new(StdLock::new(registry())))
}

type Hook = Mutex<Option<Arc<dyn Fn() + Send + Sync>>>;
type ServingHook = Mutex<Option<Arc<dyn Fn(&Attachment<'_>) + Send + Sync>>>;

/// A host with one attached device.
pub struct Attached {
    pub bus: TestBus,
    pub controller: Arc<TestHost>,
    pub peripheral: Arc<TestPeripheral>,
    pub host: Arc<Host<Handle>>,
    pub device: Arc<Device<Handle>>,
    pub link: Arc<Link<Handle>>,
}

pub const CONFIG: LinkConfig = LinkConfig::video(Lanes::Four, PixelFormat::Rgb888);

impl Attached {
    pub fn new() -> Self {
        Self::on(bus(), "fd922800.dsi")
    }

    pub fn on(bus: TestBus, name: &str) -> Self {
        let controller = TestHost::new();
        let peripheral = TestPeripheral::new();
        let host = bus.register_host(name, controller.clone()).unwrap();
        let (device, link) = attach(&host.reference(), VC0, &peripheral);
        Self { bus, controller, peripheral, host: Arc::new(host), device, link }
    }
}

pub fn attach(
    host: &HostRef<Handle>,
    channel: VirtualChannel,
    peripheral: &Arc<TestPeripheral>,
) -> (Arc<Device<Handle>>, Arc<Link<Handle>>) {
    let all = Capabilities::all(Lanes::Four);
    let device = host.register_device_with(channel, "sn65dsi83", all, Some(peripheral.clone())).unwrap();
    let link = device.attach(CONFIG).unwrap();
    (Arc::new(device), Arc::new(link))
}

/// Something that threads wait for.
#[derive(Clone, Default)]
pub struct Gate(Arc<(Mutex<bool>, Condvar)>);

impl Gate {
    pub fn open(&self) {
        *self.0 .0.lock().unwrap() = true;
        self.0 .1.notify_all();
    }

    /// Panics instead of hanging a test for ever.
    pub fn pass(&self) {
        let open = self.0 .0.lock().unwrap();
        let limit = Duration::from_secs(20);
        let (_open, timeout) = self.0 .1.wait_timeout_while(open, limit, |open| !*open).unwrap();
        assert!(!timeout.timed_out(), "nobody opened the gate");
    }
}

/// Long enough for another thread to get to where it waits. A test that only passes because this was too short would
/// pass wrongly, never fail wrongly; what it asserts first is true at any time.
pub fn let_others_run() {
    std::thread::sleep(Duration::from_millis(30));
}

/// Counts and checks every call. Hooks run inside the call, with no lock of the test's held.
pub struct TestHost {
    pub attaches: AtomicUsize,
    pub detaches: AtomicUsize,
    pub transfers: AtomicUsize,
    pub cancels: AtomicUsize,
    pub sent: Mutex<Vec<(u8, Vec<u8>)>>,
    pub speeds: Mutex<Vec<Speed>>,
    pub refuse: Mutex<Option<AttachRefused>>,
    pub answer: Mutex<Answer>,
    attached: Mutex<[Serving; 4]>,
    transferring: AtomicUsize,
    running: AtomicUsize,
    retired: AtomicBool,
    violations: Mutex<Vec<String>>,
    on_attach: ServingHook,
    on_detach: ServingHook,
    on_transfer: Hook,
    on_cancel: Hook,
}

#[derive(Default, Clone, Copy, PartialEq, Eq, Debug)]
enum Serving {
    #[default]
    Idle,
    Attaching,
    Attached,
    Detaching,
}

fn run(hook: &Hook) {
    let hook = hook.lock().unwrap().clone();
    if let Some(hook) = hook {
        hook();
    }
}

fn run_serving(hook: &ServingHook, attachment: &Attachment<'_>) {
    let hook = hook.lock().unwrap().clone();
    if let Some(hook) = hook {
        hook(attachment);
    }
}

/// What a transfer is answered with.
pub type Answer = Result<Vec<u8>, HostError>;

impl TestHost {
    pub fn new() -> Arc<Self> {
        Arc::new(Self {
            attaches: AtomicUsize::default(),
            detaches: AtomicUsize::default(),
            transfers: AtomicUsize::default(),
            cancels: AtomicUsize::default(),
            sent: Mutex::default(),
            speeds: Mutex::default(),
            refuse: Mutex::default(),
            answer: Mutex::new(Ok(vec![])),
            attached: Mutex::default(),
            transferring: AtomicUsize::default(),
            running: AtomicUsize::default(),
            retired: AtomicBool::default(),
            violations: Mutex::default(),
            on_attach: Mutex::default(),
            on_detach: Mutex::default(),
            on_transfer: Mutex::default(),
            on_cancel: Mutex::default(),
        })
    }

    pub fn on_attach(&self, run: impl Fn(&Attachment<'_>) + Send + Sync + 'static) {
        *self.on_attach.lock().unwrap() = Some(Arc::new(run));
    }

    pub fn on_detach(&self, run: impl Fn(&Attachment<'_>) + Send + Sync + 'static) {
        *self.on_detach.lock().unwrap() = Some(Arc::new(run));
    }

    pub fn on_transfer(&self, run: impl Fn() + Send + Sync + 'static) {
        *self.on_transfer.lock().unwrap() = Some(Arc::new(run));
    }

    pub fn on_cancel(&self, run: impl Fn() + Send + Sync + 'static) {
        *self.on_cancel.lock().unwrap() = Some(Arc::new(run));
    }

    pub fn forget_hooks(&self) {
        *self.on_attach.lock().unwrap() = None;
        *self.on_detach.lock().unwrap() = None;
        *self.on_transfer.lock().unwrap() = None;
        *self.on_cancel.lock().unwrap() = None;
    }

    /// From now on every call is a violation.
    pub fn retire(&self) {
        let running = self.running.load(SeqCst);
        if running != 0 {
            self.violation(format!("{running} calls run when the host was given back"));
        }
        self.retired.store(true, SeqCst);
    }

    pub fn counts(&self) -> [usize; 3] {
        [&self.attaches, &self.detaches, &self.transfers].map(|count| count.load(SeqCst))
    }

    #[track_caller]
    pub fn assert_lawful(&self) {
        assert_eq!(*self.violations.lock().unwrap(), Vec::<String>::new());
    }

    /// Lawful, and every attach that succeeded was undone exactly once.
    #[track_caller]
    pub fn assert_quiet(&self) {
        self.assert_lawful();
        assert_eq!(*self.attached.lock().unwrap(), [Serving::Idle; 4]);
        assert_eq!(self.running.load(SeqCst), 0);
    }

    fn violation(&self, what: String) {
        self.violations.lock().unwrap().push(what);
    }

    fn enter(&self, what: &str) {
        self.running.fetch_add(1, SeqCst);
        if self.retired.load(SeqCst) {
            self.violation(format!("{what} after the host was given back"));
        }
    }

    fn leave(&self) {
        self.running.fetch_sub(1, SeqCst);
    }

    fn change(&self, channel: VirtualChannel, what: &str, from: Serving, to: Serving) {
        let found = std::mem::replace(&mut self.attached.lock().unwrap()[channel.index()], to);
        if found != from {
            self.violation(format!("{what} of channel {channel} while {found:?}"));
        }
    }
}

impl std::fmt::Debug for TestHost {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("TestHost")
    }
}

impl HostController for TestHost {
    fn attach(&self, attachment: &Attachment<'_>) -> Result<(), AttachRefused> {
        self.enter("attach");
        self.change(attachment.channel, "attach", Serving::Idle, Serving::Attaching);
        run_serving(&self.on_attach, attachment);
        let refuse = *self.refuse.lock().unwrap();
        let then = if refuse.is_some() { Serving::Idle } else { Serving::Attached };
        self.change(attachment.channel, "end of attach", Serving::Attaching, then);
        if refuse.is_none() {
            self.attaches.fetch_add(1, SeqCst);
        }
        self.leave();
        refuse.map_or(Ok(()), Err)
    }

    fn detach(&self, attachment: &Attachment<'_>) {
        self.enter("detach");
        self.change(attachment.channel, "detach", Serving::Attached, Serving::Detaching);
        run_serving(&self.on_detach, attachment);
        self.change(attachment.channel, "end of detach", Serving::Detaching, Serving::Idle);
        self.detaches.fetch_add(1, SeqCst);
        self.leave();
    }

    fn transfer(&self, message: &Message<'_>, answer: &mut [u8]) -> Result<usize, HostError> {
        self.enter("transfer");
        if self.transferring.fetch_add(1, SeqCst) != 0 {
            self.violation("two transfers at once".into());
        }
        let serving = self.attached.lock().unwrap()[message.channel().index()];
        if serving == Serving::Idle {
            self.violation(format!("transfer on idle channel {}", message.channel()));
        }
        self.transfers.fetch_add(1, SeqCst);
        self.sent.lock().unwrap().push((message.data_type().get(), message.payload().to_vec()));
        self.speeds.lock().unwrap().push(message.speed());
        run(&self.on_transfer);
        let result = match &*self.answer.lock().unwrap() {
            Err(error) => Err(*error),
            Ok(_) if answer.is_empty() => Ok(0),
            Ok(bytes) => {
                let count = bytes.len().min(answer.len());
                answer[..count].copy_from_slice(&bytes[..count]);
                Ok(count)
            }
        };
        self.transferring.fetch_sub(1, SeqCst);
        self.leave();
        result
    }

    fn cancel(&self, _channel: VirtualChannel) {
        self.enter("cancel");
        self.cancels.fetch_add(1, SeqCst);
        run(&self.on_cancel);
        self.leave();
    }
}

/// Counts its notices; the hook runs inside one.
#[derive(Default)]
pub struct TestPeripheral {
    pub notices: AtomicUsize,
    pub telling: AtomicUsize,
    pub surprises: AtomicUsize,
    on_leaving: Mutex<Option<Arc<LeavingHook>>>,
}

type LeavingHook = dyn Fn(&Notice<'_>) + Send + Sync;

impl TestPeripheral {
    pub fn new() -> Arc<Self> {
        Arc::new(Self::default())
    }

    pub fn on_leaving(&self, run: impl Fn(&Notice<'_>) + Send + Sync + 'static) {
        *self.on_leaving.lock().unwrap() = Some(Arc::new(run));
    }

    pub fn forget_hooks(&self) {
        *self.on_leaving.lock().unwrap() = None;
    }

    pub fn told(&self) -> usize {
        self.notices.load(SeqCst)
    }
}

impl Peripheral for TestPeripheral {
    fn leaving(&self, notice: &Notice<'_>) {
        self.notices.fetch_add(1, SeqCst);
        self.telling.fetch_add(1, SeqCst);
        if notice.removal == Removal::Surprise {
            self.surprises.fetch_add(1, SeqCst);
        }
        let hook = self.on_leaving.lock().unwrap().clone();
        if let Some(hook) = hook {
            hook(notice);
        }
        self.telling.fetch_sub(1, SeqCst);
    }
}
