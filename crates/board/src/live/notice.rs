//! How a driver hears that its DSI device leaves: a closure as a `Peripheral`.
//!
//! The closure keeps weak references only: the bus holds the notice, and what the notice held would be held by the bus.

use mipi_dsi::bus::{Notice, Peripheral};
use std::rc::Rc;

pub(super) struct OnLeaving<F>(F);

impl<F: Fn(&Notice<'_>)> Peripheral for OnLeaving<F> {
    fn leaving(&self, notice: &Notice<'_>) {
        (self.0)(notice);
    }
}

/// A notice that runs `act`.
pub(super) fn on_leaving(act: impl Fn(&Notice<'_>) + 'static) -> Rc<dyn Peripheral> {
    Rc::new(OnLeaving(act))
}
