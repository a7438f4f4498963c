//! A live board: its pipelines on the device model, the DSI bus and virtual hardware.
//!
//! * `hardware`: a virtual host for each host of the tree, a panel or bridge and a cable for each pipeline.
//! * `host_driver`, `dsi_driver`, `other_driver`: the drivers, one for each way in which Linux's drivers get
//!   their DSI device: as the host's owner, as a driver on the DSI bus, as a driver on another bus.
//! * `probing`: the result of a probe where Linux's fails or is deferred for ever.
//! * `stepping`: what a user does to the board, in the words of `teardown_steps`.
//! * `status`: who is registered, attached, running, gone but held.
//!
//! The drivers are this project's, and generic: they have the names of Linux's drivers and do what these do to the bus,
//! not what they do to their chips. What they need from the tree has been read before; nothing here parses anything.
//!
//! Known differences from Linux's drivers:
//!
//! * A plain driver releases its device in remove. Linux's chipone-icn6211 on I2C and ti-dlpc3433 forget that
//!   (`docs/known-bugs.md`, D15).
//! * A panel that takes the second DSI device by the phandle `link2` (panel-sharp-lq101r1sx01, panel-jdi-lpm102a188a)
//!   defers until that device is there, and holds a counted reference to it until it is unbound. Here nothing is bound
//!   to the second device, and the first does not wait for it: when the second host is unbound, nobody shows as its
//!   holder.

mod board;
mod dsi_driver;
mod hardware;
mod host_driver;
mod other_driver;
mod probing;
mod sending;
pub mod status;
mod step;
mod stepping;
mod watch;

pub use board::{BringUpError, LiveBoard, Observer};
pub use hardware::{BoardOptions, HostHardware, ListenerFactory, PeripheralHardware};
pub use status::{HostStatus, PeripheralStatus, Status};
pub use step::{Refused, StepOutcome};
pub use watch::BusListener;

use crate::tree::NodeId;
use mipi_dsi::bus::{
    Bus, Device, DeviceListener, Host, HostRef, Link,
    adapter::{MAX_NAME_LEN, StdMemory},
};
use std::rc::Rc;
use std::sync::Arc;
use virtual_hardware::VirtualHost;

/// The handle to a live board's bus. The device model is single-threaded, and so is the board: its listeners are `Rc`s.
pub type BusMemory = Arc<StdMemory<Arc<VirtualHost>, Rc<dyn DeviceListener>>>;
/// The DSI bus of a live board.
pub type DsiBus = Bus<BusMemory>;
type DsiHost = Host<BusMemory>;
type DsiHostRef = HostRef<BusMemory>;
type DsiDevice = Device<BusMemory>;
type DsiLink = Link<BusMemory>;

/// The name of a host or device on the bus: its own name, or as much of it as fits beside the number of its node. No two
/// hosts of a bus have the same name, and two long names may begin alike.
fn bus_name(name: &str, node: NodeId) -> String {
    if name.len() <= MAX_NAME_LEN {
        return name.to_owned();
    }
    let number = format!("~{}", node.index());
    let mut end = MAX_NAME_LEN.saturating_sub(number.len());
    while !name.is_char_boundary(end) {
        end -= 1;
    }
    format!("{}{number}", name.get(..end).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_name_is_told_from_another_that_begins_alike_by_its_node() {
        let node = NodeId::ROOT;
        assert_eq!(bus_name("fd922800.dsi", node), "fd922800.dsi");
        let longest = "x".repeat(MAX_NAME_LEN);
        assert_eq!(bus_name(&longest, node), longest);
        let umlauts = "\u{fc}".repeat(MAX_NAME_LEN);
        let name = bus_name(&umlauts, node);
        assert!(name.ends_with(&format!("\u{fc}~{}", node.index())), "{name}");
        assert!((MAX_NAME_LEN - 1..=MAX_NAME_LEN).contains(&name.len()), "{name}");
    }
}
