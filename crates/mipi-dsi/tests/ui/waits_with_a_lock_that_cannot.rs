//! A lock that cannot wait has no moment to wait for.
use mipi_dsi::bus::{CriticalSectionLock, HostController, HostSlot, Link, Peripheral, Registry};
use std::time::Instant;

type Controller = &'static (dyn HostController + Sync);
type Hears = &'static (dyn Peripheral + Sync);
type Slots = Registry<Controller, Hears, [HostSlot<Controller, Hears>; 1]>;

fn wait(link: &Link<&'static CriticalSectionLock<Slots>>) {
    let _ = link.detach_with(Some(Instant::now()));
}

fn main() {}
