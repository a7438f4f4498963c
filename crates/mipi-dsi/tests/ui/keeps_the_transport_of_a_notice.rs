//! What a peripheral is lent in its notice ends with the call.
use mipi_dsi::bus::{Notice, Peripheral, Transport};
use std::cell::Cell;

struct Keeper {
    kept: Cell<Option<&'static dyn Transport>>,
}

impl Peripheral for Keeper {
    fn leaving(&self, notice: &Notice<'_>) {
        self.kept.set(Some(notice.transport));
    }
}

fn main() {}
