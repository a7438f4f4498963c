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

use mipi_dsi::bus::{Bus, Commands, HostController, Message, Speed, StdLock, Transport};
use mipi_dsi::wire::{DataType, VirtualChannel};
use std::hint::black_box;
use std::sync::Mutex;
use still_host::{registry, StillHost, CONFIG};

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
    let _ = black_box(link.transfer(DataType::DCS_SHORT_WRITE_0, &[0x29], &mut []));
}

#[inline(never)]
fn measured_read(link: &impl Transport) {
    let mut answer = [0; 2];
    let _ = black_box(link.dcs_read(0x04, &mut answer));
}

fn main() {
    let controller: &'static (dyn HostController + Sync) = &StillHost;
    let lock: &'static StdLock<_> = Box::leak(Box::new(StdLock::new(registry())));
    let host = Bus::new(lock).register_host("fd922800.dsi", controller).expect("a slot is vacant");
    let device = host.register_device(VirtualChannel::VC0, "panel").expect("the channel is free");
    let link = device.attach(CONFIG).expect("the host serves everything");
    let mutex = Mutex::new(0);
    for _ in 0..ROUNDS {
        measured_direct(black_box(controller));
        measured_two_lock_rounds(&mutex);
        measured_packet(&link);
        measured_read(&link);
    }
}
