//! A key names an attachment; it is no permission to send. Only attach makes links.
use mipi_dsi::bus::{BusHandle, Generation, Lease, Link};

fn forge<R: BusHandle>(bus: R, lease: Lease, attachment: Generation) -> Link<R> {
    Link { bus, lease, attachment }
}

fn main() {}
