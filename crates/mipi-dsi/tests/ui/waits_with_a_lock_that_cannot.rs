//! A lock that cannot wait has no moment to wait for.
use mipi_dsi::bus::{DeviceListener, FirmwareMemory, HostController, Link};
use std::time::Instant;

type Controller = &'static (dyn HostController + Sync);
type Listener = &'static (dyn DeviceListener + Sync);

fn wait(link: &Link<&'static FirmwareMemory<Controller, Listener, 1>>) {
    let _ = link.detach_with(Some(Instant::now()));
}

fn main() {}
