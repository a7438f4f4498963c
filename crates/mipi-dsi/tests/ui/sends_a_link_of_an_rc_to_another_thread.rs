//! A bus that is reached through an `Rc` stays on its thread, with all its handles.
use mipi_dsi::bus::{HostController, HostSlot, Link, Peripheral, Registry, StdLock};
use std::rc::Rc;

type Controller = &'static (dyn HostController + Sync);
type Hears = &'static (dyn Peripheral + Sync);
type Slots = Registry<Controller, Hears, [HostSlot<Controller, Hears>; 1]>;

fn send(link: Link<Rc<StdLock<Slots>>>) {
    std::thread::spawn(move || drop(link));
}

fn main() {}
