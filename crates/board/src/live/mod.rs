//! A board that is alive: its pipelines on the device model, the DSI bus and virtual hardware.
//!
//! * `hardware`: a virtual host for each host of the tree, a panel or bridge and a cable for each pipeline.
//! * `host_driver`, `dsi_driver`, `other_driver`: the drivers, one for each way in which Linux's drivers come to
//!   their DSI device: as the host's owner, as a driver on the DSI bus, as a driver on another bus.
//! * `step`: what a user does to the board: bind, unbind, load, unload, pull, plug, command.
//! * `status`: who is registered, attached, running, gone but held.
//!
//! The drivers are of this project, and generic: they bear the names of Linux's drivers and do what these do to the
//! bus, not what they do to their chips. What they need of the tree has been read before; nothing here parses anything.
//!
//! Where they differ from Linux's, and it is known:
//!
//! * A plain driver releases its device in remove. Linux's chipone-icn6211 on I2C and ti-dlpc3433 forget to
//!   (`docs/known-bugs.md`, D15).
//! * A panel that takes the second DSI device by the phandle `link2` (panel-sharp-lq101r1sx01, panel-jdi-lpm102a188a)
//!   defers until that device is there, and holds a counted reference to it until it is unbound. Here nothing is bound to
//!   the second device, and the first does not wait for it: unbinding the second host shows nobody who holds it.

mod board;
mod dsi_driver;
mod hardware;
mod host_driver;
mod notice;
mod other_driver;
mod sending;
pub mod status;
pub mod step;
mod stepping;
mod watch;

pub use board::{BringUpError, LiveBoard, Observer};
pub use hardware::{BoardOptions, HostHardware, ListenerFactory, PeripheralHardware};
pub use status::{HostStatus, PeripheralStatus, Status};
pub use step::{Refused, Step, StepError, StepOutcome, Target, Verb};
pub use watch::BusListener;

use mipi_dsi::bus::{Bus, Device, Host, HostRef, HostSlot, Link, Peripheral, Registry, StdLock};
use std::rc::Rc;
use std::sync::Arc;
use virtual_hardware::VirtualHost;

/// Room for one host of a live board.
type Slot = HostSlot<Arc<VirtualHost>, Rc<dyn Peripheral>>;
/// How a live board's bus is reached. The device model is single-threaded, and so is the board.
pub type BusLock = Rc<StdLock<Registry<Arc<VirtualHost>, Rc<dyn Peripheral>, Box<[Slot]>>>>;
/// The DSI bus of a live board.
pub type DsiBus = Bus<BusLock>;
type DsiHost = Host<BusLock>;
type DsiHostRef = HostRef<BusLock>;
type DsiDevice = Device<BusLock>;
type DsiLink = Link<BusLock>;

/// What a host or device is labelled with on the bus: as much of its name as the bus keeps. Two may have one label, so
/// nothing is looked up by it; hosts are found by their node.
fn bus_label(name: &str) -> &str {
    let mut end = name.len().min(mipi_dsi::bus::LONGEST_NAME);
    while !name.is_char_boundary(end) {
        end -= 1;
    }
    name.get(..end).unwrap_or_default()
}
