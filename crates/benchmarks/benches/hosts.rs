//! How the bus grows: 1 to 100,000 hosts on one bus, each with a controller, a device, a link and a write.
//!
//! One after the other on one thread, with std's mutex: every host is registered (named, with its device tree node),
//! then every device, then all attach, all write once, all are looked up, then every host is unregistered, which
//! detaches and unregisters its device, and at last the handles are dropped. Shown is the time of each step divided by
//! the hosts, of the fastest of several runs, in nanoseconds. The bus is a `StdBus`, whose slots grow; the controller is
//! an `Arc` of its own for each host, made beforehand.
//!
//! Nothing is meant to depend on the number of hosts other than by the size of the caches. A lookup by name is measured
//! over at most 200 hosts spread over the bus.
//!
//! Memory is what the handles of a host take, and what was allocated while the hosts came up and went: slots, gates and
//! the index of names.
//!
//! ```text
//! cargo bench -p benchmarks --bench hosts
//! ```

use allocation_counter::measure;
use mipi_dsi::bus::{
    Attachment, Commands, Device, DeviceInfo, DeviceListener, Host, HostAttachError, HostController,
    HostError, HostInfo, Lanes, Link, LinkConfig, Message, Node, Notice, PixelFormat, StdBus,
    adapter::{HostSlot, Name, StdMemory},
};
use mipi_dsi::dcs::ExitSleepMode;
use mipi_dsi::wire::VirtualChannel;
use std::hint::black_box;
use std::mem::size_of;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

const SIZES: [usize; 6] = [1, 10, 100, 1_000, 10_000, 100_000];
/// Hosts of one size that are brought up in all, in as many runs as that takes.
const AT_LEAST: usize = 200_000;
const LOOKUPS: usize = 200;
const STEPS: [&str; 8] = [
    "register host",
    "register device",
    "attach",
    "write",
    "find by name",
    "unregister host",
    "drop handles",
    "all but find",
];
const FIND: usize = 4;
const CONFIG: LinkConfig = LinkConfig::video(Lanes::Four, PixelFormat::Rgb888);

/// Counts its calls, so that what it is there for can be seen to have happened.
#[derive(Default)]
struct Controller {
    calls: AtomicU64,
}

impl Controller {
    fn count(&self) {
        self.calls.fetch_add(1, Ordering::Relaxed);
    }
}

impl HostController for Controller {
    fn attach(&self, _: &Attachment<'_>) -> Result<(), HostAttachError> {
        self.count();
        Ok(())
    }

    fn detach(&self, _: &Attachment<'_>) {
        self.count();
    }

    fn transfer(&self, message: &Message<'_>, response: &mut [u8]) -> Result<usize, HostError> {
        black_box(message);
        self.count();
        Ok(response.len())
    }
}

struct Panel {
    told: AtomicU64,
}

impl DeviceListener for Panel {
    fn host_leaving(&self, _: &Notice<'_>) {
        self.told.fetch_add(1, Ordering::Relaxed);
    }
}

static PANEL: Panel = Panel { told: AtomicU64::new(0) };

type Slot = HostSlot<Arc<Controller>, &'static Panel, Name>;
type Handle = Arc<StdMemory<Arc<Controller>, &'static Panel>>;

/// The time of each step for all hosts together; of lookups, scaled to all.
fn run(hosts: usize, allocated: &mut u64) -> [Duration; STEPS.len()] {
    let bus = StdBus::<Arc<Controller>, &'static Panel>::with_hosts(hosts);
    let names: Vec<String> = (0..hosts).map(|number| format!("{number:08x}.dsi")).collect();
    let controllers: Vec<_> = (0..hosts).map(|_| Arc::new(Controller::default())).collect();
    let told_before = PANEL.told.load(Ordering::Relaxed);
    let mut registered: Vec<Host<Handle>> = Vec::with_capacity(hosts);
    let mut devices: Vec<Device<Handle>> = Vec::with_capacity(hosts);
    let mut links: Vec<Link<Handle>> = Vec::with_capacity(hosts);
    let mut times = [Duration::ZERO; STEPS.len()];
    let lookups = hosts.min(LOOKUPS);

    let counted = measure(|| {
        times[0] = timed(|| {
            for ((number, name), controller) in (0..).zip(&names).zip(&controllers) {
                let info = HostInfo::new(name).node(Node(number));
                registered.push(bus.register_host(info, controller.clone()).expect("a slot is vacant"));
            }
        });
        times[1] = timed(|| {
            for host in &registered {
                let info = DeviceInfo::new(VirtualChannel::VC0, "panel").listener(&PANEL);
                devices.push(host.register_device(info).expect("the channel is free"));
            }
        });
        times[2] = timed(|| {
            links.extend(
                devices.iter().map(|device| device.attach(CONFIG).expect("the host serves everything")),
            );
        });
        times[3] = timed(|| {
            for link in &links {
                link.write(ExitSleepMode).expect("the host takes everything");
            }
        });
        times[FIND] = timed(|| {
            for lookup in 0..lookups {
                // From the middle of each part, so that the average is that of all hosts.
                let at = (2 * lookup + 1) * hosts / (2 * lookups);
                assert!(bus.find_host(black_box(&names[at])).is_some());
            }
        });
        times[FIND] = times[FIND].mul_f64(hosts as f64 / lookups as f64);
        times[5] = timed(|| {
            for host in &registered {
                assert!(host.unregister().expect("nothing runs").is_some());
            }
        });
        times[6] = timed(|| {
            links.clear();
            devices.clear();
            registered.clear();
        });
    });
    *allocated = (*allocated).max(counted.bytes_total);
    // Attach, write, detach; and the peripheral was told once.
    assert!(controllers.iter().all(|controller| controller.calls.load(Ordering::Relaxed) == 3));
    assert_eq!(PANEL.told.load(Ordering::Relaxed) - told_before, hosts as u64);
    assert_eq!(bus.reports().count(), 0);
    times[7] = times.iter().enumerate().filter(|(step, _)| *step != FIND).map(|(_, time)| time).sum();
    times
}

fn timed(work: impl FnOnce()) -> Duration {
    let started = Instant::now();
    work();
    started.elapsed()
}

fn main() {
    let handles = size_of::<Host<Handle>>() + size_of::<Device<Handle>>() + size_of::<Link<Handle>>();
    println!(
        "\nNanoseconds a host; a slot takes {} bytes, the handles of one host {handles}.\n",
        size_of::<Slot>()
    );
    println!("| hosts | {} | allocated while up |", STEPS.join(" | "));
    println!("|{}", "---:|".repeat(STEPS.len() + 2));
    for hosts in SIZES {
        let (mut fastest, mut allocated) = ([Duration::MAX; STEPS.len()], 0);
        for _ in 0..(AT_LEAST / hosts).clamp(3, 5_000) {
            let times = run(hosts, &mut allocated);
            for (fastest, time) in fastest.iter_mut().zip(times) {
                *fastest = (*fastest).min(time);
            }
        }
        let columns = fastest.map(|time| format!("{:.0}", time.as_nanos() as f64 / hosts as f64));
        println!("| {hosts} | {} | {allocated} bytes |", columns.join(" | "));
    }
}
