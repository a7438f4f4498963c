//! What is left in a model.
//!
//! What it is for: the end of a test that says "nothing left", and otherwise lists what is left and who has it. What it
//! is not: about memory; a value that was disowned or leaked does not count here.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use crate::bus::BusType;
use crate::device::{DeviceRef, DeviceState};
use crate::id::ManagedId;
use crate::model::Model;

/// A list of all that is left in a model. Empty for a model that nobody has used.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Residue {
    /// Devices in the order of adding, with their state: who is bound to them is in there.
    pub devices: Vec<(DeviceRef, DeviceState)>,
    /// Managed entries and the devices that have them, in the order of the devices and of acquisition.
    pub managed: Vec<(DeviceRef, ManagedId, Cow<'static, str>)>,
    /// Drivers in the order of loading.
    pub drivers: Vec<(BusType, Arc<str>)>,
}

impl Residue {
    /// Whether there is nothing left: no device, no entry, no driver.
    pub fn is_empty(&self) -> bool {
        self.devices.is_empty() && self.managed.is_empty() && self.drivers.is_empty()
    }

    /// The devices that still have a driver.
    pub fn bound(&self) -> impl Iterator<Item = (&DeviceRef, &Arc<str>)> {
        self.devices.iter().filter_map(|(device, state)| match state {
            DeviceState::Bound { driver }
            | DeviceState::Unbinding { driver }
            | DeviceState::Removing { driver: Some(driver) } => Some((device, driver)),
            _ => None,
        })
    }
}

impl fmt::Display for Residue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_empty() {
            return f.write_str("nothing left");
        }
        let mut separator = "";
        for (device, state) in &self.devices {
            write!(f, "{separator}{device} ({state})")?;
            separator = "; ";
        }
        for (device, _, name) in &self.managed {
            write!(f, "{separator}{name}, managed by {device}")?;
            separator = "; ";
        }
        for (bus, name) in &self.drivers {
            write!(f, "{separator}driver {bus}/{name}")?;
            separator = "; ";
        }
        Ok(())
    }
}

impl Model {
    /// What is still there, and by whom.
    pub fn residue(&self) -> Residue {
        self.with(|book| {
            let mut residue = Residue::default();
            for id in book.order.values() {
                let Some(device) = book.devices.get(*id) else {
                    continue;
                };
                let name = device.info.to_ref();
                for (entry, what) in book.entries_of(*id) {
                    residue.managed.push((name.clone(), entry, what));
                }
                residue.devices.push((name, book.state(device)));
            }
            for id in book.driver_order.values() {
                if let Some(driver) = book.drivers.get(*id) {
                    residue.drivers.push((driver.bus.clone(), Arc::clone(&driver.name)));
                }
            }
            residue
        })
    }
}
