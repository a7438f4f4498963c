//! Drivers come and go.
//!
//! What it is for: load and unload. What it is not: the bind or unbind of each device on the way (`binding`).

use std::rc::Rc;
use std::sync::Arc;

use crate::book::{Book, LoadedDriver};
use crate::driver::Driver;
use crate::error::{LoadError, UnloadError};
use crate::event::Event;
use crate::id::{DeviceId, DriverId};
use crate::model::Model;
use crate::model::binding::Asked;

impl Model {
    /// Makes a driver known, and probes every unbound device of its bus that it matches, in the order of adding.
    /// Mirrors `driver_register`.
    ///
    /// A device that has a call running is tried when the outermost operation ends, if it is unbound then.
    ///
    /// # Errors
    ///
    /// [`LoadError::Duplicate`]; nothing was called but the driver's `name` and `bus`.
    pub fn load(&self, driver: Rc<dyn Driver>) -> Result<DriverId, LoadError> {
        self.operate(|| {
            let name: Arc<str> = Arc::from(driver.name());
            let bus = driver.bus();
            let id = self.with(|book| {
                if let Some(existing) = book.find_driver(|other| other.bus == bus && other.name == name) {
                    return Err(LoadError::Duplicate { bus: bus.clone(), name: Arc::clone(&name), existing });
                }
                let serial = book.next_serial();
                let id = book.drivers.insert(LoadedDriver {
                    driver: Rc::clone(&driver),
                    name: Arc::clone(&name),
                    bus: bus.clone(),
                    serial,
                    unloading: false,
                });
                book.driver_order.insert(serial, id);
                Ok(id)
            })?;
            self.emit(|| Event::DriverLoaded { driver: id, name, bus: bus.clone() });
            let mut after = 0;
            while let Some((serial, device)) = self.with(|book| book.next_on_bus(&bus, after)) {
                after = serial;
                self.try_loaded(device, id);
            }
            Ok(id)
        })
    }

    /// Unbinds all devices of a driver, last bound first, and forgets it. Mirrors `driver_unregister`.
    ///
    /// Devices that this driver had deferred are unbound then, and wait for nothing.
    ///
    /// # Errors
    ///
    /// [`UnloadError::Busy`] from inside a call of the driver; nothing has been touched.
    pub fn unload(&self, driver: DriverId) -> Result<(), UnloadError> {
        self.operate(|| {
            self.with(|book| {
                let Some(record) = book.drivers.get(driver) else {
                    return Err(UnloadError::Stale(book.drivers.stale(driver)));
                };
                if record.unloading {
                    return Err(UnloadError::Unloading { driver: Arc::clone(&record.name) });
                }
                let busy = book.order.values().find_map(|id| {
                    let device = book.devices.get(*id)?;
                    let ours = device.prober == Some(driver) || device.has(driver);
                    device.busy().filter(|_| ours)
                });
                if let Some(busy) = busy {
                    return Err(UnloadError::Busy(busy));
                }
                if let Some(record) = book.drivers.get_mut(driver) {
                    record.unloading = true;
                }
                Ok(())
            })?;
            // Nothing is bound to an unloading driver any more, so this ends.
            while let Some(device) = self.last_bound_to(driver) {
                if self.unbind(device).is_err() && self.last_bound_to(driver) == Some(device) {
                    // No call of the driver was running, and none can begin that doesn't end in this loop.
                    debug_assert!(false, "a call to {device} outlives the one that made it");
                    break;
                }
            }
            let record = self.with(|book| {
                let deferred: Vec<DeviceId> = book
                    .deferred
                    .values()
                    .copied()
                    .filter(|id| {
                        book.devices
                            .get(*id)
                            .and_then(|device| device.deferral.as_ref())
                            .is_some_and(|deferral| deferral.driver == driver)
                    })
                    .collect();
                for device in deferred {
                    book.set_deferral(device, None);
                }
                let record = book.drivers.remove(driver)?;
                book.driver_order.remove(&record.serial);
                Some(record)
            });
            if let Some(record) = record {
                self.emit(|| Event::DriverUnloaded {
                    driver,
                    name: Arc::clone(&record.name),
                    bus: record.bus.clone(),
                });
            }
            Ok(())
        })
    }

    /// Tries a driver that was just loaded on a device of its bus. Mirrors `__driver_attach`.
    fn try_loaded(&self, device: DeviceId, driver: DriverId) {
        let candidate = self.with(|book| {
            if book.devices.get(device)?.running.is_some() {
                book.agenda.missed.push_back(device);
                return None;
            }
            let info = book.may_bind(device).ok()?.ok()?;
            book.candidate(info, driver).ok()
        });
        if let Some(candidate) = candidate
            && candidate.driver.matches(&candidate.info)
        {
            // What came of it is in the device's state.
            let _ = self.probe(device, &candidate, Asked::ByCore);
        }
    }
}

impl Book {
    fn find_driver(&self, is_it: impl Fn(&LoadedDriver) -> bool) -> Option<DriverId> {
        self.drivers.iter().find_map(|(id, driver)| is_it(driver).then_some(id))
    }

    /// The first device of the bus that was added after `after`.
    fn next_on_bus(&self, bus: &crate::bus::BusType, after: u64) -> Option<(u64, DeviceId)> {
        self.order.range(after + 1..).find_map(|(serial, id)| {
            let device = self.devices.get(*id)?;
            (device.info.bus() == bus).then_some((*serial, *id))
        })
    }
}
