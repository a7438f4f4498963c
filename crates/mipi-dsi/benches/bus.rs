//! What the bus costs: a packet through it against the same packet given to the host directly, in the same run.
//!
//! The number to hold: what `through_the_bus` takes more than `direct` is at most 0.9 of `two_lock_rounds`, for every
//! type of handle. A packet passes the open gate with two atomic operations and takes no lock; two rounds of a bare
//! uncontended mutex are what a bus with a lock would take. Read the `fastest` column: what is slower than that is the
//! machine's other work. The hosts do nothing, so that what is seen is the bus; `direct` makes its `Message` too, as
//! whoever calls a host has to.
//!
//! `elsewhere` has a bus with many hosts. A packet and a read on one of them take as long while four callers wait for
//! the link of another (`while_four_wait`) as while nobody does (`alone`), and finding a host by its name takes as long
//! whatever number there is.
//!
//! ```text
//! cargo bench -p mipi-dsi --bench bus
//! ```

#[path = "../tests/support/still_host.rs"]
mod still_host;

use divan::{black_box, Bencher};
use mipi_dsi::bus::{
    adapter::{BusMemory, Ended, Lock, MemoryRef, StdGates, StdLock, StdMemory, StdSlots},
    Attachment, Bus, Commands, Device, DeviceInfo, Host, HostAttachError, HostController, HostError,
    HostInfo, Link, Message, Speed, Transport,
};
use mipi_dsi::wire::{DataType, VirtualChannel};
use std::ops::Deref;
use std::sync::{Arc, Condvar, Mutex};
use still_host::{StillBus, StillHost, StillListener, CONFIG, HOSTS};

fn main() {
    divan::main();
}

const PAYLOAD: [u8; 1] = [0x29];

/// A host with one attached device, and what owns them.
struct Attached<R: MemoryRef> {
    link: Link<R>,
    device: Device<R>,
    host: Host<R>,
}

type Memory<C> = StdMemory<C, &'static StillListener>;

fn memory<C>() -> Memory<C> {
    BusMemory::from_parts(StdLock::new(StdSlots::new(HOSTS), None), StdGates::new())
}

fn attached<C, R>(bus: &Bus<R>, name: &str, controller: C) -> Attached<R>
where
    C: Clone + Deref<Target: HostController>,
    R: Clone + Deref<Target = Memory<C>>,
{
    let host = bus.register_host(HostInfo::new(name), controller).expect("a slot is vacant");
    let info = DeviceInfo::new(VirtualChannel::VC0, "panel");
    let device = host.register_device(info).expect("the channel is free");
    let link = device.attach(CONFIG).expect("the host serves everything");
    Attached { link, device, host }
}

/// The only host of a bus.
fn alone<C, R>(memory: R, controller: C) -> Attached<R>
where
    C: Clone + Deref<Target: HostController>,
    R: Clone + Deref<Target = Memory<C>>,
{
    attached(&Bus::new(memory), "fd922800.dsi", controller)
}

fn leaked<T>(value: T) -> &'static T {
    Box::leak(Box::new(value))
}

fn send<R: MemoryRef>(bencher: Bencher<'_, '_>, attached: &Attached<R>) {
    let _held = (&attached.device, &attached.host);
    bencher.bench_local(|| {
        attached.link.transfer(black_box(DataType::DCS_SHORT_WRITE_0), black_box(&PAYLOAD).into(), &mut [])
    });
}

fn read<R: MemoryRef>(bencher: Bencher<'_, '_>, attached: &Attached<R>) {
    bencher.bench_local(|| {
        let mut response = [0; 2];
        (attached.link.dcs_read(black_box(0x04), &mut response), response)
    });
}

fn send_directly<H: HostController + ?Sized>(bencher: Bencher<'_, '_>, host: &H) {
    bencher.bench_local(|| {
        let message = Message::new(
            black_box(VirtualChannel::VC0),
            black_box(DataType::DCS_SHORT_WRITE_0),
            black_box(&PAYLOAD),
            black_box(Speed::HighSpeed),
        )
        .expect("one byte fits");
        black_box(host).transfer(&message, &mut [])
    });
}

#[divan::bench_group(sample_count = 1000, sample_size = 1000)]
mod packet {
    use super::*;

    #[divan::bench]
    fn direct_concrete(bencher: Bencher<'_, '_>) {
        send_directly(bencher, leaked(StillHost));
    }

    #[divan::bench]
    fn direct_dyn(bencher: Bencher<'_, '_>) {
        let host: &dyn HostController = leaked(StillHost);
        send_directly(bencher, host);
    }

    #[divan::bench]
    fn two_lock_rounds(bencher: Bencher<'_, '_>) {
        let mutex = Mutex::new(0_usize);
        bencher.bench_local(|| {
            for _ in 0..2 {
                *black_box(&mutex).lock().expect("nobody panics") += 1;
            }
        });
    }

    #[divan::bench]
    fn two_rounds_of_the_std_lock(bencher: Bencher<'_, '_>) {
        let lock = StdLock::new(0_usize, None);
        bencher.bench_local(|| {
            for _ in 0..2 {
                black_box(&lock).with(|data| {
                    *data += 1;
                    ((), Ended::NOTHING)
                });
            }
        });
    }

    #[divan::bench]
    fn through_the_bus_static_concrete(bencher: Bencher<'_, '_>) {
        let controller: &'static StillHost = leaked(StillHost);
        send(bencher, &alone(leaked(memory()), controller));
    }

    #[divan::bench]
    fn through_the_bus_static_dyn(bencher: Bencher<'_, '_>) {
        let controller: &'static (dyn HostController + Sync) = leaked(StillHost);
        send(bencher, &alone(leaked(memory()), controller));
    }

    #[divan::bench]
    fn through_the_bus_arc_concrete(bencher: Bencher<'_, '_>) {
        send(bencher, &alone(Arc::new(memory()), Arc::new(StillHost)));
    }

    #[divan::bench]
    fn through_the_bus_arc_dyn(bencher: Bencher<'_, '_>) {
        let controller: Arc<dyn HostController + Send + Sync> = Arc::new(StillHost);
        send(bencher, &alone(Arc::new(memory()), controller));
    }
}

#[divan::bench_group(name = "read", sample_count = 300, sample_size = 300)]
mod read_group {
    use super::*;

    /// Set Maximum Return Packet Size, then the read: what `through_the_bus` sends as one transaction.
    #[divan::bench]
    fn direct_dyn(bencher: Bencher<'_, '_>) {
        let host: &dyn HostController = leaked(StillHost);
        bencher.bench_local(|| {
            let mut response = [0; 2];
            let message = |data_type, payload: &'static [u8]| {
                Message::new(black_box(VirtualChannel::VC0), data_type, payload, Speed::HighSpeed)
                    .expect("two bytes fit")
            };
            let size = message(DataType::SET_MAXIMUM_RETURN_PACKET_SIZE, &[2, 0]);
            let read = message(DataType::DCS_READ, &[0x04]);
            let results =
                (black_box(host).transfer(&size, &mut []), black_box(host).transfer(&read, &mut response));
            (results, response)
        });
    }

    #[divan::bench]
    fn through_the_bus_static_dyn(bencher: Bencher<'_, '_>) {
        let controller: &'static (dyn HostController + Sync) = leaked(StillHost);
        read(bencher, &alone(leaked(memory()), controller));
    }

    #[divan::bench]
    fn through_the_bus_arc_concrete(bencher: Bencher<'_, '_>) {
        read(bencher, &alone(Arc::new(memory()), Arc::new(StillHost)));
    }
}

#[divan::bench_group(sample_count = 300, sample_size = 100)]
mod life {
    use super::*;

    /// Register and attach a device, detach and unregister it.
    #[divan::bench]
    fn of_a_device(bencher: Bencher<'_, '_>) {
        let Attached { link, device, host } = alone(Arc::new(memory()), Arc::new(StillHost));
        drop((link, device));
        bencher.bench_local(|| {
            let info = DeviceInfo::new(VirtualChannel::VC0, "panel");
            let device = host.register_device(info).expect("the channel is free");
            let link = device.attach(CONFIG).expect("the host serves everything");
            (link.detach(), device.unregister())
        });
    }

    /// The same with a host that comes and goes, and removes the device.
    #[divan::bench]
    fn of_a_host_and_a_device(bencher: Bencher<'_, '_>) {
        let (memory, controller) = (Arc::new(memory()), Arc::new(StillHost));
        bencher.bench_local(|| {
            let Attached { link, device, host } = alone(memory.clone(), controller.clone());
            let _given_back = host.unregister();
            drop((link, device));
        });
    }
}

/// Whose transfer runs until the gate is opened.
#[derive(Default)]
struct SlowHost {
    is_open: Mutex<bool>,
    opened: Condvar,
}

impl SlowHost {
    fn open(&self) {
        *self.is_open.lock().expect("nobody panics") = true;
        self.opened.notify_all();
    }
}

impl HostController for SlowHost {
    fn attach(&self, _: &Attachment<'_>) -> Result<(), HostAttachError> {
        Ok(())
    }

    fn detach(&self, _: &Attachment<'_>) {}

    fn transfer(&self, _: &Message<'_>, _: &mut [u8]) -> Result<usize, HostError> {
        let is_open = self.is_open.lock().expect("nobody panics");
        let _open = self.opened.wait_while(is_open, |is_open| !*is_open).expect("nobody panics");
        Ok(0)
    }
}

#[divan::bench_group(sample_count = 300, sample_size = 300)]
mod elsewhere {
    use super::*;

    type Controller = Arc<dyn HostController + Send + Sync>;

    const NUMBERS_OF_HOSTS: [usize; 3] = [4, 1_000, 100_000];
    const WAITERS: u8 = 4;

    /// A bus with so many hosts. The first is slow, the one behind the middle is measured: in a slot that does not share
    /// a condition of the lock with the slow one by chance, as one in sixteen does.
    struct Busy {
        bus: StillBus<Controller>,
        slow: Arc<SlowHost>,
        hosts: Vec<Attached<Arc<Memory<Controller>>>>,
    }

    impl Busy {
        fn new(hosts: usize) -> Self {
            let bus = StillBus::with_hosts(hosts);
            let slow = Arc::new(SlowHost::default());
            let still: Controller = Arc::new(StillHost);
            let hosts = (0..hosts).map(|number| {
                let controller = if number == 0 { slow.clone() } else { still.clone() };
                attached(&bus, &name(number), controller)
            });
            let hosts = hosts.collect();
            Self { bus, slow, hosts }
        }

        fn measured(&self) -> &Attached<Arc<Memory<Controller>>> {
            &self.hosts[self.hosts.len() / 2 + 1]
        }

        /// Runs `work` while the slow host's transfer runs, and four wait for its link.
        fn while_four_wait(&self, work: impl FnOnce(&Attached<Arc<Memory<Controller>>>)) {
            let slow = &self.hosts[0];
            std::thread::scope(|scope| {
                for _ in 0..=WAITERS {
                    scope.spawn(|| slow.link.dcs_write(&PAYLOAD).expect("the slow host takes everything"));
                }
                let waiting = || self.bus.report(slow.host.key().slot).map(|report| report.queue);
                while waiting() != Some(WAITERS) {
                    std::thread::yield_now();
                }
                work(self.measured());
                assert_eq!(waiting(), Some(WAITERS));
                self.slow.open();
            });
        }
    }

    fn name(number: usize) -> String {
        format!("{number:08x}.dsi")
    }

    #[divan::bench(args = NUMBERS_OF_HOSTS)]
    fn packet_alone(bencher: Bencher<'_, '_>, hosts: usize) {
        send(bencher, Busy::new(hosts).measured());
    }

    #[divan::bench(args = NUMBERS_OF_HOSTS)]
    fn packet_while_four_wait(bencher: Bencher<'_, '_>, hosts: usize) {
        Busy::new(hosts).while_four_wait(|measured| send(bencher, measured));
    }

    /// A read is a transaction, which takes the lock and looks into the book.
    #[divan::bench(args = NUMBERS_OF_HOSTS)]
    fn read_alone(bencher: Bencher<'_, '_>, hosts: usize) {
        read(bencher, Busy::new(hosts).measured());
    }

    #[divan::bench(args = NUMBERS_OF_HOSTS)]
    fn read_while_four_wait(bencher: Bencher<'_, '_>, hosts: usize) {
        Busy::new(hosts).while_four_wait(|measured| read(bencher, measured));
    }

    /// The host that was registered last.
    #[divan::bench(args = NUMBERS_OF_HOSTS)]
    fn find_by_name(bencher: Bencher<'_, '_>, hosts: usize) {
        let (busy, last) = (Busy::new(hosts), name(hosts - 1));
        assert!(busy.bus.find_host(&last).is_some());
        bencher.bench_local(|| busy.bus.find_host(black_box(&last)));
    }
}
