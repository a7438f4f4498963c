//! Devices that their drivers forget to unregister (D15), and that a host's removal takes off the bus: nobody gives the
//! registrant's reference back.
//!
//! The model of this project's bus knows nothing of this: its handles can't be forgotten. Behind the kernel's C interface
//! drivers can, and the lab counts what is never released.

use lab_orders::measured::{NOTHING, Said};
use lab_orders::variant::{Probe, Release};
use lab_orders::{Act, End, Order, Step};

/// What the lab says of such an order.
#[must_use]
pub fn said() -> Said {
    Said::Reported { step: None, kind: "never released".to_owned(), function: NOTHING.to_owned() }
}

/// The first device of a driver that forgets it. It keeps its channel, so there is no second one while it is on the bus.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Device {
    /// It is on the bus, and its driver is bound.
    Held,
    /// It is off the bus, and its driver is bound and has it.
    HeldWithoutHost,
    /// It is on the bus, and its driver has gone without it.
    Forgotten,
    /// It is off the bus, and its driver has gone without it.
    Lost,
}

/// Whether an order leaves a device that is off the bus and that nobody unregisters.
#[must_use]
pub fn is(order: &Order) -> bool {
    let peripherals = order.variant.peripherals;
    if peripherals.release != Release::Forgotten {
        return false;
    }
    let mut device = match peripherals.probe {
        Probe::Succeeds => Device::Held,
        Probe::FailsRegistered | Probe::FailsAttached => Device::Forgotten,
        Probe::TakesNothing => return false,
    };
    for step in &order.steps {
        let Step::Do(Act::Unbind(end)) = step else { continue };
        device = match (end, device) {
            (End::Host(_), Device::Held) => Device::HeldWithoutHost,
            (End::Peripheral(_), Device::Held) => Device::Forgotten,
            (End::Host(_), Device::Forgotten) | (End::Peripheral(_), Device::HeldWithoutHost) => Device::Lost,
            (_, other) => other,
        };
    }
    device == Device::Lost
}
