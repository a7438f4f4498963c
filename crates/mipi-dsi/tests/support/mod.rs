//! A host and a peripheral for tests: the host is checked for legal call sequences, and both have hooks to do things from
//! inside.
#![allow(dead_code, unreachable_pub)] // each test file uses its part
#![allow(clippy::unwrap_used)] // a test that can't be set up has failed

use mipi_dsi::bus::{
    adapter::{StdMemory, StdSlots},
    Attachment, Caller, Device, DeviceInfo, DeviceListener, Host, HostAttachError, HostController, HostError,
    HostInfo, HostRef, Lanes, Link, LinkConfig, Message, Notice, PixelFormat, Profile, RemovalKind, Speed,
    StdBus,
};
use mipi_dsi::testing::CheckedHost;
use mipi_dsi::wire::VirtualChannel;
use std::ops::Deref;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, Condvar, Mutex};
use std::time::{Duration, Instant};

pub const VC0: VirtualChannel = VirtualChannel::VC0;
pub const VC1: VirtualChannel = VirtualChannel::VC1;

/// Hosts that a test's bus can have at a time.
pub const HOSTS: usize = 2;

pub type TestSlots = StdSlots<Arc<TestHost>, Arc<TestPeripheral>>;
pub type Handle = Arc<StdMemory<Arc<TestHost>, Arc<TestPeripheral>>>;
pub type TestBus = StdBus<Arc<TestHost>, Arc<TestPeripheral>>;

pub fn slots() -> TestSlots {
    StdSlots::new(HOSTS)
}

pub fn bus() -> TestBus {
    TestBus::with_hosts(HOSTS)
}

/// A bus whose calls wait no longer than `limit`.
pub fn bus_with_limit(limit: Duration) -> TestBus {
    TestBus::with_limit(HOSTS, Some(limit))
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
        Self::with_host(bus, HostInfo::new(name), TestHost::new())
    }

    /// On a host that transfers nothing while it attaches or detaches another peripheral.
    pub fn serialised(bus: TestBus) -> Self {
        let controller = TestHost::with_profile(Profile::Serialised);
        Self::with_host(bus, HostInfo::new("tc358768").serialised(), controller)
    }

    /// On a host that orders the packets of all senders itself.
    pub fn shared(bus: TestBus) -> Self {
        Self::with_host(bus, HostInfo::new("fd922800.dsi").shared(), TestHost::with_profile(Profile::Shared))
    }

    fn with_host(bus: TestBus, info: HostInfo<'_>, controller: Arc<TestHost>) -> Self {
        let peripheral = TestPeripheral::new();
        let host = bus.register_host(info, controller.clone()).unwrap();
        let (device, link) = attach(&host.reference(), VC0, &peripheral);
        Self { bus, controller, peripheral, host: Arc::new(host), device, link }
    }
}

pub fn attach(
    host: &HostRef<Handle>,
    channel: VirtualChannel,
    peripheral: &Arc<TestPeripheral>,
) -> (Arc<Device<Handle>>, Arc<Link<Handle>>) {
    let info = DeviceInfo::new(channel, "sn65dsi83").listener(peripheral.clone());
    let device = host.register_device(info).unwrap();
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

/// Waits for something that another thread does. Panics instead of hanging a test for ever.
#[track_caller]
pub fn wait_until(is_so: impl Fn() -> bool) {
    let begun = Instant::now();
    while !is_so() {
        assert!(begun.elapsed() < Duration::from_secs(20), "it has not come to that");
        std::thread::yield_now();
    }
}

/// A [`HookedHost`] whose calls are checked.
pub struct TestHost(CheckedHost<HookedHost>);

/// Counts every call. Hooks run inside the call, with no lock of the test's held.
pub struct HookedHost {
    pub attaches: AtomicUsize,
    pub detaches: AtomicUsize,
    pub transfers: AtomicUsize,
    pub cancels: AtomicUsize,
    pub sent: Mutex<Vec<(u8, Vec<u8>)>>,
    pub speeds: Mutex<Vec<Speed>>,
    pub refuse: Mutex<Option<HostAttachError>>,
    pub response: Mutex<Response>,
    on_attach: ServingHook,
    on_detach: ServingHook,
    on_transfer: Hook,
    on_cancel: Hook,
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

/// What a transfer receives.
pub type Response = Result<Vec<u8>, HostError>;

impl TestHost {
    pub fn new() -> Arc<Self> {
        Self::with_profile(Profile::Exclusive)
    }

    pub fn with_profile(profile: Profile) -> Arc<Self> {
        Arc::new(Self(CheckedHost::with_profile(HookedHost::new(), profile)))
    }

    /// For callers that are not threads of the standard library.
    pub fn with_callers(caller: fn() -> Caller) -> Arc<Self> {
        Arc::new(Self(CheckedHost::with_callers(HookedHost::new(), Profile::Exclusive, caller)))
    }

    /// From now on every call is a violation.
    pub fn retire(&self) {
        self.0.host_unregistered();
    }

    #[track_caller]
    pub fn assert_lawful(&self) {
        self.0.assert_legal();
    }

    /// Lawful, and every attach that succeeded was undone exactly once.
    #[track_caller]
    pub fn assert_quiet(&self) {
        self.0.checker().assert_idle();
    }
}

impl Deref for TestHost {
    type Target = HookedHost;

    fn deref(&self) -> &HookedHost {
        self.0.inner()
    }
}

impl std::fmt::Debug for TestHost {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("TestHost")
    }
}

impl HostController for TestHost {
    fn attach(&self, attachment: &Attachment<'_>) -> Result<(), HostAttachError> {
        self.0.attach(attachment)
    }

    fn detach(&self, attachment: &Attachment<'_>) {
        self.0.detach(attachment);
    }

    fn transfer(&self, message: &Message<'_>, response: &mut [u8]) -> Result<usize, HostError> {
        self.0.transfer(message, response)
    }

    fn cancel(&self, channel: VirtualChannel) {
        self.0.cancel(channel);
    }
}

impl HookedHost {
    fn new() -> Self {
        Self {
            attaches: AtomicUsize::default(),
            detaches: AtomicUsize::default(),
            transfers: AtomicUsize::default(),
            cancels: AtomicUsize::default(),
            sent: Mutex::default(),
            speeds: Mutex::default(),
            refuse: Mutex::default(),
            response: Mutex::new(Ok(vec![])),
            on_attach: Mutex::default(),
            on_detach: Mutex::default(),
            on_transfer: Mutex::default(),
            on_cancel: Mutex::default(),
        }
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

    pub fn counts(&self) -> [usize; 3] {
        [&self.attaches, &self.detaches, &self.transfers].map(|count| count.load(SeqCst))
    }
}

impl HostController for HookedHost {
    fn attach(&self, attachment: &Attachment<'_>) -> Result<(), HostAttachError> {
        run_serving(&self.on_attach, attachment);
        if let Some(refused) = *self.refuse.lock().unwrap() {
            return Err(refused);
        }
        self.attaches.fetch_add(1, SeqCst);
        Ok(())
    }

    fn detach(&self, attachment: &Attachment<'_>) {
        run_serving(&self.on_detach, attachment);
        self.detaches.fetch_add(1, SeqCst);
    }

    fn transfer(&self, message: &Message<'_>, response: &mut [u8]) -> Result<usize, HostError> {
        self.transfers.fetch_add(1, SeqCst);
        self.sent.lock().unwrap().push((message.data_type().get(), message.payload().parts().concat()));
        self.speeds.lock().unwrap().push(message.speed());
        run(&self.on_transfer);
        match &*self.response.lock().unwrap() {
            Err(error) => Err(*error),
            Ok(_) if response.is_empty() => Ok(0),
            Ok(bytes) => {
                let count = bytes.len().min(response.len());
                response[..count].copy_from_slice(&bytes[..count]);
                Ok(count)
            }
        }
    }

    fn cancel(&self, _channel: VirtualChannel) {
        self.cancels.fetch_add(1, SeqCst);
        run(&self.on_cancel);
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

impl DeviceListener for TestPeripheral {
    fn host_leaving(&self, notice: &Notice<'_>) {
        self.notices.fetch_add(1, SeqCst);
        self.telling.fetch_add(1, SeqCst);
        if notice.removal == RemovalKind::Surprise {
            self.surprises.fetch_add(1, SeqCst);
        }
        let hook = self.on_leaving.lock().unwrap().clone();
        if let Some(hook) = hook {
            hook(notice);
        }
        self.telling.fetch_sub(1, SeqCst);
    }
}
