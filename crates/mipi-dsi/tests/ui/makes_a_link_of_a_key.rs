//! A key names a device; it is no permission to send. Only attach makes links, and no link is made another.
use mipi_dsi::bus::{Link, adapter::MemoryRef, report::DeviceKey};

fn forge<R: MemoryRef>() {
    let _ = Link::<R>::new;
}

fn revive<R: MemoryRef>(detached: &mut Link<R>, key: DeviceKey) {
    detached.attachment = key.generation;
}

fn main() {}
