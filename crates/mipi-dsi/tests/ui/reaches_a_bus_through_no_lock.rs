//! What a bus is reached through leads to a lock.
use mipi_dsi::bus::Bus;
use std::sync::{Arc, Mutex};

fn main() {
    let bus = Bus::new(Arc::new(Mutex::new(())));
    let _ = bus.find_host("dsi0");
}
