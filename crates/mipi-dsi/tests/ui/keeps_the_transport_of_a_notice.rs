//! What a peripheral is lent in its notice ends with the call.
use mipi_dsi::bus::{DeviceListener, Notice, Transport};
use std::cell::Cell;

struct Keeper {
    kept: Cell<Option<&'static dyn Transport>>,
}

impl DeviceListener for Keeper {
    fn host_leaving(&self, notice: &Notice<'_>) {
        self.kept.set(Some(notice.transport));
    }
}

fn main() {}
