//! A host is there as long as its handle: a statement that drops the handle has registered nothing.
#![deny(unused_must_use)]

use mipi_dsi::bus::{DeviceListener, HostController, HostInfo, RegisterHostError, StdBus};
use std::sync::Arc;

type Controller = Arc<dyn HostController + Send + Sync>;
type Listener = Arc<dyn DeviceListener + Send + Sync>;

fn probe(bus: &StdBus<Controller, Listener>, controller: Controller) -> Result<(), RegisterHostError> {
    bus.register_host(HostInfo::new("dsi0"), controller)?;
    Ok(())
}

fn main() {}
