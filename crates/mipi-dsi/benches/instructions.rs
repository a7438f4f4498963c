//! How many instructions a packet through the bus takes: a count that doesn't drift with the machine's load.
//!
//! Each function that is measured runs [`ROUNDS`] times; callgrind gives what each took with all that it called:
//!
//! ```text
//! cargo bench -p mipi-dsi --bench instructions --no-run
//! valgrind --tool=callgrind --callgrind-out-file=/tmp/callgrind.out target/release/deps/instructions-*
//! callgrind_annotate --inclusive=yes /tmp/callgrind.out | grep measured_
//! ```
//!
//! Divide by [`ROUNDS`]. Run without valgrind it shows nothing.

#[path = "../tests/support/still_host.rs"]
mod still_host;

use mipi_dsi::bus::{Commands, DeviceInfo, HostController, HostInfo, Message, Speed, Transport};
use mipi_dsi::wire::{DataType, VirtualChannel};
use std::hint::black_box;
use std::sync::Mutex;
use still_host::{StillBus, StillHost, CONFIG, HOSTS};

const ROUNDS: usize = 1_000;

#[inline(never)]
fn measured_direct(host: &dyn HostController) {
    let message = Message::new(VirtualChannel::VC0, DataType::DCS_SHORT_WRITE_0, &[0x29], Speed::HighSpeed)
        .expect("one byte fits");
    let _ = black_box(host.transfer(&message, &mut []));
}

#[inline(never)]
fn measured_two_lock_rounds(mutex: &Mutex<usize>) {
    for _ in 0..2 {
        *black_box(mutex).lock().expect("nobody panics") += 1;
    }
}

#[inline(never)]
fn measured_packet(link: &impl Transport) {
    let _ = black_box(link.transfer(DataType::DCS_SHORT_WRITE_0, (&[0x29]).into(), &mut []));
}

#[inline(never)]
fn measured_read(link: &impl Transport) {
    let mut response = [0; 2];
    let _ = black_box(link.dcs_read(0x04, &mut response));
}

fn main() {
    let controller: &'static (dyn HostController + Sync) = &StillHost;
    let bus = StillBus::with_hosts(HOSTS);
    let host = bus.register_host(HostInfo::new("fd922800.dsi"), controller).expect("a slot is vacant");
    let info = DeviceInfo::new(VirtualChannel::VC0, "panel");
    let device = host.register_device(info).expect("the channel is free");
    let link = device.attach(CONFIG).expect("the host serves everything");
    let mutex = Mutex::new(0);
    for _ in 0..ROUNDS {
        measured_direct(black_box(controller));
        measured_two_lock_rounds(&mutex);
        measured_packet(&link);
        measured_read(&link);
    }
}
