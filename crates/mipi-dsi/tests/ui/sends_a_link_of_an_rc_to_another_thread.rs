//! A bus that is reached through an `Rc` stays on its thread, with all its handles.
use mipi_dsi::bus::{DeviceListener, HostController, Link, adapter::StdMemory};
use std::rc::Rc;

type Controller = &'static (dyn HostController + Sync);
type Listener = &'static (dyn DeviceListener + Sync);

fn send(link: Link<Rc<StdMemory<Controller, Listener>>>) {
    std::thread::spawn(move || drop(link));
}

fn main() {}
