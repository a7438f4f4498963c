//! A static bus is every thread's, so its controllers have to be: an `Rc` is one thread's.
use mipi_dsi::bus::{Caller, DeviceListener, FirmwareMemory, HostController};
use std::rc::Rc;

type Listener = &'static (dyn DeviceListener + Sync);

static DSI: FirmwareMemory<Rc<dyn HostController>, Listener, 1> = FirmwareMemory::new(|| Caller::MAIN);

fn main() {
    let _ = &DSI;
}
