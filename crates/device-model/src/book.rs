//! The records of a model: which devices, drivers and entries there are, and in which order they came.
//!
//! What it is for: plain book-keeping behind one `RefCell`. What it is not: anything that calls. No function here calls
//! into a driver, and none drops a value that came from outside: whatever leaves the book is returned, and dropped by
//! the caller when the borrow has ended.

use std::borrow::Cow;
use std::collections::{BTreeMap, VecDeque};
use std::rc::Rc;
use std::sync::Arc;

use crate::bus::BusType;
use crate::device::{DeviceInfo, DeviceState, ProbeFailure, Running};
use crate::driver::{Bound, Driver};
use crate::error::{Busy, ManageError};
use crate::id::{DeviceId, DriverId, ManagedId, Stale};
use crate::managed::Resource;
use crate::slab::Slab;

/// A number that only grows: what came later has the larger one.
pub(crate) type Serial = u64;

/// # Invariants
///
/// * `order`, `names` and the `children` of parents name exactly the devices in `devices`.
/// * `bound` names exactly the devices with a `binding`, `deferred` those with a `deferral`.
/// * Entries exist only on devices that are bound, in probe or in release.
/// * A device is `running` exactly while a call to it is on the call stack; so between two calls that one operation
///   makes, the running devices are those of the operations below it on the stack, and no others.
pub(crate) struct Book {
    pub(crate) devices: Slab<DeviceId, Device>,
    pub(crate) order: BTreeMap<Serial, DeviceId>,
    pub(crate) names: BTreeMap<BusType, BTreeMap<Arc<str>, DeviceId>>,
    pub(crate) bound: BTreeMap<Serial, DeviceId>,
    pub(crate) deferred: BTreeMap<Serial, DeviceId>,
    pub(crate) drivers: Slab<DriverId, LoadedDriver>,
    pub(crate) driver_order: BTreeMap<Serial, DriverId>,
    pub(crate) entries: Slab<ManagedId, Entry>,
    pub(crate) agenda: Agenda,
    /// How many operations are on the call stack.
    pub(crate) depth: usize,
    pub(crate) shut_down: bool,
    last_serial: Serial,
}

/// What the end of the outermost operation has to do.
#[derive(Default)]
pub(crate) struct Agenda {
    /// Devices to remove, whose removal met a running call.
    pub(crate) removals: VecDeque<DeviceId>,
    /// Devices that had a call running when a driver was loaded.
    pub(crate) missed: VecDeque<DeviceId>,
    /// Deferred devices of this round.
    pub(crate) deferred: VecDeque<DeviceId>,
    /// Bound devices of this round that want to look again.
    pub(crate) retry: VecDeque<DeviceId>,
    /// Binds since the last round.
    pub(crate) fresh: Vec<Serial>,
}

pub(crate) struct Device {
    pub(crate) info: Rc<DeviceInfo>,
    pub(crate) serial: Serial,
    /// In the order of adding.
    pub(crate) children: Vec<DeviceId>,
    pub(crate) binding: Option<Binding>,
    pub(crate) running: Option<Running>,
    /// Whose probe is running.
    pub(crate) prober: Option<DriverId>,
    /// Whether a removal of it or of a device above it has begun: nothing is bound to it or added below it any more.
    pub(crate) doomed: bool,
    pub(crate) deferral: Option<Deferral>,
    pub(crate) failure: Option<ProbeFailure>,
    pub(crate) wants_retry: bool,
    pub(crate) managed_by: Option<ManagedId>,
    last_entry: Option<ManagedId>,
}

pub(crate) struct Binding {
    pub(crate) driver: DriverId,
    pub(crate) serial: Serial,
    /// Out of the book while one of its callbacks runs.
    pub(crate) bound: Option<Box<dyn Bound>>,
}

pub(crate) struct Deferral {
    pub(crate) driver: DriverId,
    pub(crate) serial: Serial,
    pub(crate) reason: Arc<str>,
}

pub(crate) struct LoadedDriver {
    pub(crate) driver: Rc<dyn Driver>,
    pub(crate) name: Arc<str>,
    pub(crate) bus: BusType,
    pub(crate) serial: Serial,
    pub(crate) unloading: bool,
}

/// One managed resource, in its device's list.
pub(crate) struct Entry {
    pub(crate) owner: Rc<DeviceInfo>,
    pub(crate) name: Cow<'static, str>,
    pub(crate) resource: Resource,
    older: Option<ManagedId>,
    newer: Option<ManagedId>,
}

impl Book {
    pub(crate) fn new() -> Self {
        Self {
            devices: Slab::new(),
            order: BTreeMap::new(),
            names: BTreeMap::new(),
            bound: BTreeMap::new(),
            deferred: BTreeMap::new(),
            drivers: Slab::new(),
            driver_order: BTreeMap::new(),
            entries: Slab::new(),
            agenda: Agenda::default(),
            depth: 0,
            shut_down: false,
            last_serial: 0,
        }
    }

    pub(crate) fn next_serial(&mut self) -> Serial {
        self.last_serial += 1;
        self.last_serial
    }

    pub(crate) fn device(&self, id: DeviceId) -> Result<&Device, Stale<DeviceId>> {
        self.devices.get(id).ok_or_else(|| self.devices.stale(id))
    }

    pub(crate) fn find(&self, bus: &BusType, name: &str) -> Option<DeviceId> {
        self.names.get(bus)?.get(name).copied()
    }

    pub(crate) fn driver_name(&self, id: DriverId) -> Arc<str> {
        match self.drivers.get(id) {
            Some(driver) => Arc::clone(&driver.name),
            None => Arc::from("(gone)"),
        }
    }

    pub(crate) fn state(&self, device: &Device) -> DeviceState {
        let driver = device
            .prober
            .or(device.binding.as_ref().map(|binding| binding.driver))
            .map(|driver| self.driver_name(driver));
        if device.doomed {
            return DeviceState::Removing { driver };
        }
        match (driver, device.running, &device.deferral) {
            (Some(driver), _, _) if device.prober.is_some() => DeviceState::Probing { driver },
            (Some(driver), Some(Running::Remove | Running::Release), _) => DeviceState::Unbinding { driver },
            (Some(driver), _, _) => DeviceState::Bound { driver },
            (None, _, Some(deferral)) => DeviceState::Deferred {
                driver: self.driver_name(deferral.driver),
                reason: Arc::clone(&deferral.reason),
            },
            (None, _, None) => DeviceState::Unbound,
        }
    }

    pub(crate) fn set_running(&mut self, id: DeviceId, running: Option<Running>) {
        if let Some(device) = self.devices.get_mut(id) {
            device.running = running;
        }
    }

    pub(crate) fn add_device(&mut self, info: impl FnOnce(DeviceId) -> Rc<DeviceInfo>) -> DeviceId {
        let serial = self.next_serial();
        let id = self.devices.insert_with(|id| Device {
            info: info(id),
            serial,
            children: Vec::new(),
            binding: None,
            running: None,
            prober: None,
            doomed: false,
            deferral: None,
            failure: None,
            wants_retry: false,
            managed_by: None,
            last_entry: None,
        });
        self.order.insert(serial, id);
        if let Some(device) = self.devices.get(id) {
            let info = Rc::clone(&device.info);
            self.names.entry(info.bus().clone()).or_default().insert(Arc::clone(&info.description.name), id);
            if let Some(parent) = info.parent().and_then(|id| self.devices.get_mut(id)) {
                parent.children.push(id);
            }
        }
        id
    }

    /// Takes the device out; it has no children, no driver and no entries any more.
    pub(crate) fn take_device(&mut self, id: DeviceId) -> Option<Device> {
        let device = self.devices.remove(id)?;
        self.order.remove(&device.serial);
        if let Some(names) = self.names.get_mut(device.info.bus()) {
            names.remove(device.info.name());
        }
        if let Some(deferral) = &device.deferral {
            self.deferred.remove(&deferral.serial);
        }
        if let Some(parent) = device.info.parent().and_then(|id| self.devices.get_mut(id))
            && let Some(place) = parent.children.iter().rposition(|child| *child == id)
        {
            parent.children.remove(place);
        }
        Some(device)
    }

    pub(crate) fn set_deferral(&mut self, id: DeviceId, deferral: Option<(DriverId, Arc<str>)>) {
        let serial = self.next_serial();
        let Some(device) = self.devices.get_mut(id) else {
            return;
        };
        if let Some(old) = device.deferral.take() {
            self.deferred.remove(&old.serial);
        }
        if let Some((driver, reason)) = deferral {
            device.deferral = Some(Deferral { driver, serial, reason });
            self.deferred.insert(serial, id);
        }
    }

    /// The running call that keeps `root` and the devices below it from being removed.
    pub(crate) fn busy_below(&self, root: DeviceId) -> Option<Busy> {
        self.subtree(root).into_iter().find_map(|id| self.devices.get(id)?.busy())
    }

    /// `root` and all below it, parents before their children.
    pub(crate) fn subtree(&self, root: DeviceId) -> Vec<DeviceId> {
        let mut found = vec![root];
        let mut next = 0;
        while let Some(id) = found.get(next).copied() {
            next += 1;
            if let Some(device) = self.devices.get(id) {
                found.extend(&device.children);
            }
        }
        found
    }

    pub(crate) fn may_manage(&self, id: DeviceId) -> Result<(), ManageError> {
        let device = self.device(id).map_err(ManageError::Stale)?;
        match device.running {
            Some(Running::Release) => Err(ManageError::Releasing { device: device.info.to_ref() }),
            None if device.binding.is_none() => Err(ManageError::NotBound { device: device.info.to_ref() }),
            _ => Ok(()),
        }
    }

    /// Appends `resource` to the list of a device that may manage something; takes it only if it succeeds.
    pub(crate) fn push_entry(
        &mut self,
        id: DeviceId,
        name: Cow<'static, str>,
        resource: &mut Option<Resource>,
    ) -> Result<ManagedId, ManageError> {
        self.may_manage(id)?;
        let gone = ManageError::Stale(self.devices.stale(id));
        let device = self.devices.get_mut(id).ok_or(gone.clone())?;
        let resource = resource.take().ok_or(gone)?;
        let child = match &resource {
            Resource::Device(child) => Some(*child),
            Resource::Value(_) | Resource::Action(_) => None,
        };
        let older = device.last_entry;
        let entry =
            self.entries.insert(Entry { owner: Rc::clone(&device.info), name, resource, older, newer: None });
        device.last_entry = Some(entry);
        if let Some(older) = older.and_then(|id| self.entries.get_mut(id)) {
            older.newer = Some(entry);
        }
        if let Some(child) = child.and_then(|id| self.devices.get_mut(id)) {
            child.managed_by = Some(entry);
        }
        Ok(entry)
    }

    /// Takes the entry out of its device's list, wherever in the list it is.
    pub(crate) fn take_entry(&mut self, id: ManagedId) -> Option<Entry> {
        let entry = self.entries.remove(id)?;
        match entry.newer.and_then(|id| self.entries.get_mut(id)) {
            Some(newer) => newer.older = entry.older,
            None => {
                if let Some(device) = self.devices.get_mut(entry.owner.id()) {
                    device.last_entry = entry.older;
                }
            }
        }
        if let Some(older) = entry.older.and_then(|id| self.entries.get_mut(id)) {
            older.newer = entry.newer;
        }
        if let Resource::Device(child) = &entry.resource
            && let Some(child) = self.devices.get_mut(*child)
        {
            child.managed_by = None;
        }
        Some(entry)
    }

    pub(crate) fn last_entry(&self, device: DeviceId) -> Option<ManagedId> {
        self.devices.get(device)?.last_entry
    }

    /// In the order of acquisition.
    pub(crate) fn entries_of(&self, device: DeviceId) -> Vec<(ManagedId, Cow<'static, str>)> {
        let mut found = Vec::new();
        let mut next = self.last_entry(device);
        while let Some(id) = next
            && let Some(entry) = self.entries.get(id)
        {
            found.push((id, entry.name.clone()));
            next = entry.older;
        }
        found.reverse();
        found
    }
}

impl Device {
    /// Whether that driver has the device, also while its remove is running.
    pub(crate) fn has(&self, driver: DriverId) -> bool {
        self.binding.as_ref().is_some_and(|binding| binding.driver == driver)
    }

    pub(crate) fn busy(&self) -> Option<Busy> {
        self.running.map(|running| Busy { device: self.info.to_ref(), running })
    }
}

impl Drop for Book {
    /// Runs when the last handle of the model has gone, so nothing that is dropped here can reach the book.
    fn drop(&mut self) {
        while let Some((_, id)) = self.bound.pop_last() {
            if let Some(device) = self.devices.get_mut(id) {
                drop(device.binding.take());
            }
            while let Some(entry) = self.last_entry(id) {
                drop(self.take_entry(entry));
            }
        }
    }
}
