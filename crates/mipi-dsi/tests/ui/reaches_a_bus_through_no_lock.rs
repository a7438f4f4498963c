//! A bus is reached through what leads to its memory, and a mutex is none.
use mipi_dsi::bus::Bus;
use std::sync::{Arc, Mutex};

fn main() {
    let bus = Bus::new(Arc::new(Mutex::new(())));
    let _ = bus.find_host("dsi0");
}
