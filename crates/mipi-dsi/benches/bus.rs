//! What the bus costs: a packet through it against the same packet given to the host directly, in the same run.
//!
//! The number to hold is the difference between `through_the_bus` and `direct` (15 ns), for every type of handle.
//! `two_lock_rounds` is the floor: a packet takes the lock once before and once after the host's transfer. Read the
//! `fastest` column: what is slower than that is the machine's other work. The hosts do nothing, so that what is
//! seen is the bus; `direct` makes its `Message` too, as whoever calls a host has to.
//!
//! ```text
//! cargo bench -p mipi-dsi --bench bus
//! ```

#[path = "../tests/support/still_host.rs"]
mod still_host;

use divan::{black_box, Bencher};
use mipi_dsi::bus::{
    Bus, BusHandle, Commands, Device, Host, HostController, Link, Lock, Message, Speed, StdLock, Transport,
};
use mipi_dsi::wire::{DataType, VirtualChannel};
use std::ops::Deref;
use std::sync::{Arc, Mutex};
use still_host::{registry, Slots, StillHost, CONFIG};

fn main() {
    divan::main();
}

const PAYLOAD: [u8; 1] = [0x29];

/// A host with one attached device, and what owns them.
struct Attached<R: BusHandle> {
    link: Link<R>,
    device: Device<R>,
    host: Host<R>,
}

fn attached<C, R>(lock: R, controller: C) -> Attached<R>
where
    C: Clone + Deref<Target: HostController>,
    R: Clone + Deref<Target = StdLock<Slots<C>>>,
{
    let host = Bus::new(lock).register_host("fd922800.dsi", controller).expect("a slot is vacant");
    let device = host.register_device(VirtualChannel::VC0, "panel").expect("the channel is free");
    let link = device.attach(CONFIG).expect("the host serves everything");
    Attached { link, device, host }
}

fn leaked<T>(value: T) -> &'static T {
    Box::leak(Box::new(value))
}

fn lock<C>() -> StdLock<Slots<C>> {
    StdLock::new(registry())
}

fn send<R: BusHandle>(bencher: Bencher<'_, '_>, attached: &Attached<R>) {
    let _held = (&attached.device, &attached.host);
    bencher.bench_local(|| {
        attached.link.transfer(black_box(DataType::DCS_SHORT_WRITE_0), black_box(&PAYLOAD), &mut [])
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
        let lock = StdLock::new(0_usize);
        bencher.bench_local(|| {
            for _ in 0..2 {
                black_box(&lock).with(|data| *data += 1);
            }
        });
    }

    #[divan::bench]
    fn through_the_bus_static_concrete(bencher: Bencher<'_, '_>) {
        let controller: &'static StillHost = leaked(StillHost);
        send(bencher, &attached(leaked(lock()), controller));
    }

    #[divan::bench]
    fn through_the_bus_static_dyn(bencher: Bencher<'_, '_>) {
        let controller: &'static (dyn HostController + Sync) = leaked(StillHost);
        send(bencher, &attached(leaked(lock()), controller));
    }

    #[divan::bench]
    fn through_the_bus_arc_concrete(bencher: Bencher<'_, '_>) {
        send(bencher, &attached(Arc::new(lock()), Arc::new(StillHost)));
    }

    #[divan::bench]
    fn through_the_bus_arc_dyn(bencher: Bencher<'_, '_>) {
        let controller: Arc<dyn HostController + Send + Sync> = Arc::new(StillHost);
        send(bencher, &attached(Arc::new(lock()), controller));
    }
}

#[divan::bench_group(sample_count = 300, sample_size = 300)]
mod read {
    use super::*;

    /// Set Maximum Return Packet Size, then the read: what `through_the_bus` sends as one transaction.
    #[divan::bench]
    fn direct_dyn(bencher: Bencher<'_, '_>) {
        let host: &dyn HostController = leaked(StillHost);
        bencher.bench_local(|| {
            let mut answer = [0; 2];
            let message = |data_type, payload| {
                Message::new(black_box(VirtualChannel::VC0), data_type, payload, Speed::HighSpeed)
                    .expect("two bytes fit")
            };
            let size = message(DataType::SET_MAXIMUM_RETURN_PACKET_SIZE, &[2, 0]);
            let read = message(DataType::DCS_READ, &[0x04]);
            let results =
                (black_box(host).transfer(&size, &mut []), black_box(host).transfer(&read, &mut answer));
            (results, answer)
        });
    }

    #[divan::bench]
    fn through_the_bus_static_dyn(bencher: Bencher<'_, '_>) {
        let controller: &'static (dyn HostController + Sync) = leaked(StillHost);
        read(bencher, &attached(leaked(lock()), controller));
    }

    #[divan::bench]
    fn through_the_bus_arc_concrete(bencher: Bencher<'_, '_>) {
        read(bencher, &attached(Arc::new(lock()), Arc::new(StillHost)));
    }

    fn read<R: BusHandle>(bencher: Bencher<'_, '_>, attached: &Attached<R>) {
        bencher.bench_local(|| {
            let mut answer = [0; 2];
            (attached.link.dcs_read(black_box(0x04), &mut answer), answer)
        });
    }
}

#[divan::bench_group(sample_count = 300, sample_size = 100)]
mod life {
    use super::*;

    /// Register and attach a device, detach and unregister it.
    #[divan::bench]
    fn of_a_device(bencher: Bencher<'_, '_>) {
        let Attached { link, device, host } = attached(Arc::new(lock()), Arc::new(StillHost));
        drop((link, device));
        bencher.bench_local(|| {
            let device = host.register_device(VirtualChannel::VC0, "panel").expect("the channel is free");
            let link = device.attach(CONFIG).expect("the host serves everything");
            (link.detach(), device.unregister())
        });
    }

    /// The same with a host that comes and goes, and removes the device.
    #[divan::bench]
    fn of_a_host_and_a_device(bencher: Bencher<'_, '_>) {
        let (lock, controller) = (Arc::new(lock()), Arc::new(StillHost));
        bencher.bench_local(|| {
            let Attached { link, device, host } = attached(lock.clone(), controller.clone());
            let _given_back = host.unregister();
            drop((link, device));
        });
    }
}
