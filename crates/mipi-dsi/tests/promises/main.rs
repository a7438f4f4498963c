//! Promises in places where an earlier edition of the bus broke them, or where no other test would see it if this one did.
//!
//! The contract's tests ask whether a line holds; these ask whether it holds where one would not look. Most of the places
//! are those of `scripts/mutations`.

#![allow(clippy::unwrap_used)] // a test that can't be set up has failed

#[path = "../support/mod.rs"]
mod support;

mod cancels;
mod dead_handles;
mod deadlines;
mod errands;
mod face;
mod gate;
mod given_up;
mod machine;
mod notices;
mod refusals;
mod slots;
mod turns;
mod unwinding;

use mipi_dsi::bus::{Device, Link};
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};
use support::{Gate, Handle, TestHost};

type SharedLink = Arc<Link<Handle>>;
type SharedDevice = Arc<Device<Handle>>;

/// Long enough that a test on a busy machine does not take a slow end for none.
const PATIENCE: Duration = Duration::from_secs(10);

fn soon() -> Option<Instant> {
    Instant::now().checked_add(PATIENCE)
}

/// Every transfer of this host opens the first gate, and ends when the second is opened.
fn transfers_stop_at(controller: &TestHost) -> (Gate, Gate) {
    let (inside, go_on) = (Gate::default(), Gate::default());
    let (enter, leave) = (inside.clone(), go_on.clone());
    controller.on_transfer(move || {
        enter.open();
        leave.pass();
    });
    (inside, go_on)
}

/// Every cancel of this host opens the first gate, and ends when the second is opened.
fn cancels_stop_at(controller: &TestHost) -> (Gate, Gate) {
    let (inside, go_on) = (Gate::default(), Gate::default());
    let (enter, leave) = (inside.clone(), go_on.clone());
    controller.on_cancel(move || {
        enter.open();
        leave.pass();
    });
    (inside, go_on)
}

/// A thread that sends one command.
fn send(link: &SharedLink) -> JoinHandle<Result<(), mipi_dsi::bus::TransferError>> {
    use mipi_dsi::bus::Commands;
    let link = link.clone();
    thread::spawn(move || link.dcs_write(&[1]))
}

/// Whether the thread ends in the next moments.
fn ends<T>(thread: &JoinHandle<T>) -> bool {
    let end = Instant::now() + Duration::from_millis(200);
    while !thread.is_finished() && Instant::now() < end {
        thread::sleep(Duration::from_millis(2));
    }
    thread.is_finished()
}

/// Runs `work`, and says whether it unwound.
fn unwinds<R>(work: impl FnOnce() -> R) -> bool {
    std::panic::catch_unwind(std::panic::AssertUnwindSafe(work)).is_err()
}
