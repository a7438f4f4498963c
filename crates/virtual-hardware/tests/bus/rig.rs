//! A controller with panels on a real bus, each panel behind a cable and a wire with faults of its own.
//!
//! [`Rig::assert_works`] and [`Rig::take_down`] are what every test of a fault ends with: the same link carries writes,
//! reads and a picture again, and nothing is left behind.

use core::time::Duration;
use mipi_dsi::bus::{
    Commands, Device, DeviceInfo, DeviceListener, Host, HostError, HostInfo, Link, LinkConfig, Mode, Notice,
    ReadError, RemovalKind, StdBus, TransferError, adapter::StdMemory,
};
use mipi_dsi::wire::{ErrorReport, PeripheralError, VirtualChannel};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError, mpsc};
use std::thread;
use virtual_hardware::{
    Cable, DcsPanel, Faults, HostOptions, LinkDevice, PanelOptions, VirtualClock, VirtualHost, test_picture,
};

pub(crate) const VC0: VirtualChannel = VirtualChannel::VC0;
pub(crate) const DISPLAY_OFF: &[u8] = &[0x28];
pub(crate) const SLEEP_IN: &[u8] = &[0x10];
pub(crate) const READ_ID: u8 = 0x04;
pub(crate) const ID: [u8; 3] = [0xc1, 0x80, 0x07];
const NAME: &str = "fd922800.dsi";

type Bus = StdBus<Arc<VirtualHost>, Arc<Told>>;
pub(crate) type Handle = Arc<StdMemory<Arc<VirtualHost>, Arc<Told>>>;
type Wire = Faults<Arc<DcsPanel>>;
pub(crate) type Sent = Result<(), TransferError>;

/// A peripheral's driver, as far as the bus calls it: it keeps each notice, and what came of its last commands.
#[derive(Default)]
pub(crate) struct Told {
    /// It has no last commands.
    pub(crate) is_silent: AtomicBool,
    notices: Mutex<Vec<(RemovalKind, Vec<Sent>)>>,
}

impl Told {
    pub(crate) fn notices(&self) -> Vec<(RemovalKind, Vec<Sent>)> {
        self.notices.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl DeviceListener for Told {
    fn host_leaving(&self, notice: &Notice<'_>) {
        let commands =
            if self.is_silent.load(Ordering::Acquire) { &[][..] } else { &[DISPLAY_OFF, SLEEP_IN] };
        let sent = commands.iter().map(|command| notice.transport.dcs_write(command)).collect();
        let mut notices = self.notices.lock().unwrap_or_else(PoisonError::into_inner);
        notices.push((notice.removal, sent));
    }
}

/// A panel with all that is between it and the host, and its driver.
pub(crate) struct End {
    pub(crate) panel: Arc<DcsPanel>,
    pub(crate) wire: Arc<Wire>,
    pub(crate) cable: Arc<Cable<Arc<Wire>>>,
    pub(crate) told: Arc<Told>,
    pub(crate) device: Option<Device<Handle>>,
    pub(crate) link: Option<Link<Handle>>,
}

impl End {
    fn new(options: PanelOptions) -> Self {
        let panel = Arc::new(DcsPanel::new(options));
        let wire = Arc::new(Faults::new(panel.clone()));
        let cable = Arc::new(Cable::new(wire.clone()));
        Self { panel, wire, cable, told: Arc::default(), device: None, link: None }
    }

    pub(crate) fn config(&self) -> LinkConfig {
        self.panel.options().link_config()
    }

    pub(crate) fn device(&self) -> &Device<Handle> {
        self.device.as_ref().expect("registered")
    }

    pub(crate) fn link(&self) -> &Link<Handle> {
        self.link.as_ref().expect("attached")
    }

    pub(crate) fn read_id(&self) -> Result<[u8; 3], ReadError> {
        let mut id = [0xa5; 3];
        self.link().dcs_read(READ_ID, &mut id).map(|()| id)
    }

    /// Ends every fault of the wire, the cable and the supply.
    pub(crate) fn repair(&self) {
        self.wire.repair();
        self.cable.plug();
        self.panel.set_powered(true);
    }
}

/// A controller on a bus, and what is on its link.
pub(crate) struct Rig {
    pub(crate) bus: Bus,
    pub(crate) controller: Arc<VirtualHost>,
    pub(crate) host: Option<Host<Handle>>,
    pub(crate) ends: Vec<End>,
}

/// How much a host learns by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum HostKind {
    /// Nothing that it does not ask for.
    Plain,
    /// It turns the bus around after each packet.
    Acknowledging,
    /// It measures its lines before each packet.
    Sensing,
}

impl HostKind {
    pub(crate) const ALL: [Self; 3] = [Self::Plain, Self::Acknowledging, Self::Sensing];

    pub(crate) fn options(self) -> HostOptions {
        match self {
            Self::Plain => HostOptions::default(),
            Self::Acknowledging => acknowledging(),
            Self::Sensing => sensing(),
        }
    }
}

/// Which side goes first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum First {
    Host,
    Peripheral,
}

impl Rig {
    /// Panels on a link, registered and attached; the first is awake and shows its picture.
    pub(crate) fn new(panels: Vec<PanelOptions>, options: HostOptions) -> Self {
        let mut rig = Self::hosted(panels, options, |_, cable| cable);
        for end in 0..rig.ends.len() {
            rig.register(end);
            rig.attach(end);
        }
        rig
    }

    /// A registered host; no panel has a device yet. `wrap` can put something before a cable, say a tap.
    pub(crate) fn hosted(
        panels: Vec<PanelOptions>,
        options: HostOptions,
        wrap: impl Fn(usize, Arc<dyn LinkDevice>) -> Arc<dyn LinkDevice>,
    ) -> Self {
        let controller = Arc::new(VirtualHost::new(VirtualClock::new(), options));
        let ends: Vec<End> = panels.into_iter().map(End::new).collect();
        for (index, end) in ends.iter().enumerate() {
            controller.connect(wrap(index, end.cable.clone())).expect("at most four");
        }
        let bus = Bus::with_hosts(2);
        let mut rig = Self { bus, controller, host: None, ends };
        rig.register_host();
        rig
    }

    /// One panel in command mode of 8 by 4 pixels.
    pub(crate) fn command(options: HostOptions) -> Self {
        Self::new(vec![panel()], options)
    }

    /// One awake panel in command mode, for faults that are not about waking it up.
    pub(crate) fn awake(options: HostOptions) -> Self {
        let rig = Self::command(options);
        rig.assert_works(0);
        rig
    }

    pub(crate) fn register_host(&mut self) {
        self.controller.registered_anew();
        let capabilities = self.controller.capabilities();
        let info = HostInfo::new(NAME).capabilities(capabilities);
        let host = self.bus.register_host(info, self.controller.clone());
        self.host = Some(host.expect("two slots"));
    }

    pub(crate) fn register(&mut self, end: usize) {
        let found = self.bus.find_host(NAME).expect("registered");
        let capabilities = self.controller.capabilities();
        let end = &mut self.ends[end];
        let channel = end.panel.options().channel;
        let info = DeviceInfo::new(channel, "panel").capabilities(capabilities).listener(end.told.clone());
        end.device = Some(found.register_device(info).expect("a free channel"));
    }

    pub(crate) fn attach(&mut self, end: usize) {
        let end = &mut self.ends[end];
        end.link = Some(end.device().attach(end.config()).expect("the host can do everything"));
    }

    pub(crate) fn host(&self) -> &Host<Handle> {
        self.host.as_ref().expect("registered")
    }

    /// The first panel.
    pub(crate) fn end(&self) -> &End {
        &self.ends[0]
    }

    pub(crate) fn wait(&self, millis: u64) {
        self.controller.clock().sleep(Duration::from_millis(millis));
    }

    /// After a repair: what the panel still has to report is said once, and then the link carries reads, writes and a
    /// picture as if nothing had been.
    #[track_caller]
    pub(crate) fn assert_works(&self, index: usize) {
        let end = &self.ends[index];
        let link = end.link();
        self.wait(120);
        match end.read_id() {
            Ok(id) => assert_eq!(id, ID),
            Err(ReadError::Transfer(TransferError::Host(HostError::Reported(report)))) => {
                assert!(!report.is_recoverable(), "{report} is no reason not to respond");
            }
            Err(error) => panic!("a repaired link: {error}"),
        }
        end.panel.clear_breaches();
        assert_eq!(end.read_id(), Ok(ID), "said once");
        if end.panel.is_asleep() {
            assert_eq!(link.dcs_write(&[0x11]), Ok(()));
            self.wait(120);
        }
        let level = end.panel.brightness().first().map_or(1, |level| level.wrapping_add(7));
        assert_eq!(link.dcs_write(&[0x51, level]), Ok(()));
        assert_eq!(end.panel.brightness(), [level]);
        assert_eq!(link.dcs_write(&[0x29]), Ok(()));
        self.assert_shows(end, level);
        assert_eq!(end.panel.pending_errors(), ErrorReport::NONE);
        assert_eq!(end.panel.broken_rules(), []);
    }

    fn assert_shows(&self, end: &End, level: u8) {
        let PanelOptions { width, height, channel, mode, .. } = *end.panel.options();
        let picture = test_picture(width, height)
            .map(|pixel| if level.is_multiple_of(2) { pixel } else { pixel.inverted() });
        if mode == Mode::Command {
            let [x, y] = [width - 1, height - 1].map(u16::to_be_bytes);
            let pixels = picture.pixels().iter().flat_map(|pixel| [pixel.r, pixel.g, pixel.b]);
            let memory: Vec<u8> = [0x2c].into_iter().chain(pixels).collect();
            for command in [&[0x2a, 0, 0, x[0], x[1]][..], &[0x2b, 0, 0, y[0], y[1]], &memory] {
                assert_eq!(end.link().dcs_write(command), Ok(()));
            }
        } else {
            self.controller.scan_out(channel, &picture).expect("attached for video");
        }
        assert_eq!(end.panel.picture().first_difference(&picture), None);
    }

    /// Takes everything apart, and looks that nothing is left. Gives what each peripheral was told.
    #[track_caller]
    pub(crate) fn take_down(mut self, first: First) -> Vec<Vec<(RemovalKind, Vec<Sent>)>> {
        if first == First::Host {
            self.remove_host();
        }
        for end in &mut self.ends {
            drop((end.link.take(), end.device.take()));
        }
        self.remove_host();
        let Self { bus, controller, ends, .. } = self;
        assert_eq!(controller.violations(), []);
        let counts = controller.counts();
        assert_eq!(counts.attached, counts.detach, "each attach has its detach");
        assert_eq!(controller.attached(), []);
        assert_eq!(bus.reports().count(), 0, "nobody holds anything");
        assert_eq!(Arc::strong_count(&controller), 1, "the bus has given the controller back");
        for end in &ends {
            assert_eq!(Arc::strong_count(&end.told), 1, "and the peripheral's notice");
        }
        drop(controller);
        for end in &ends {
            assert_eq!(Arc::strong_count(&end.cable), 1);
        }
        ends.iter().map(|end| end.told.notices()).collect()
    }

    /// Unregisters the host if it is still registered.
    #[track_caller]
    pub(crate) fn remove_host(&mut self) {
        let Some(host) = self.host.take() else { return };
        host.unregister().expect("nothing runs");
        drop(host);
        self.controller.retired();
    }
}

/// A panel in command mode of 8 by 4 pixels on channel 0.
pub(crate) fn panel() -> PanelOptions {
    PanelOptions { display_id: ID, ..PanelOptions::command(8, 4) }
}

/// A host that turns the bus around after each packet.
pub(crate) fn acknowledging() -> HostOptions {
    HostOptions { acknowledge_writes: true, ..HostOptions::default() }
}

/// A host that measures its lines before each packet.
pub(crate) fn sensing() -> HostOptions {
    HostOptions { senses_lines: true, ..HostOptions::default() }
}

pub(crate) fn host_error(error: HostError) -> TransferError {
    TransferError::Host(error)
}

pub(crate) fn reported(errors: &[PeripheralError]) -> TransferError {
    host_error(HostError::Reported(errors.iter().copied().collect()))
}

/// Runs a test with threads, and fails instead of waiting for ever.
#[track_caller]
pub(crate) fn ends<T: Send + 'static>(test: impl FnOnce() -> T + Send + 'static) -> T {
    let (done, over) = mpsc::channel();
    let running = thread::spawn(move || {
        let result = test();
        // The other end waits for it, unless the time is over.
        let _ = done.send(());
        result
    });
    if over.recv_timeout(Duration::from_secs(20)) == Err(mpsc::RecvTimeoutError::Timeout) {
        panic!("it still waits after 20 seconds");
    }
    running.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
}

/// Long enough for another thread to get to where it waits. What is asserted afterwards is true at any time.
pub(crate) fn let_others_run() {
    thread::sleep(Duration::from_millis(15));
}
