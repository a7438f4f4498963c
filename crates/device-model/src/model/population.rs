//! Adding and removing devices.
//!
//! What it is for: `add`, `remove` and the two variants that managed children need. What it is not: the binding of
//! drivers, which both of them cause.
//!
//! # Removal
//!
//! A removal takes the whole tree below the device with it. Of the remaining devices it always takes the
//! last-added child of the last-added child, unbinds its driver, and takes it out. So a child's driver can still use
//! the parent's. (Linux leaves the children to the buses; those that remove trees, as `of_platform_depopulate` and
//! USB's disconnect do, go children first too. For the driver of a device to go before its children,
//! [`unbind`](Model::unbind) it before.)
//!
//! From the beginning of a removal, nothing below its root is bound or added any more, so it ends. It is refused as a
//! whole while a call to any device of the tree is running; once it has begun it can't meet one.

use std::rc::Rc;

use crate::book::Book;
use crate::device::{DeviceDescription, DeviceInfo};
use crate::error::{AddError, Busy, ManageError, RemoveError};
use crate::event::Event;
use crate::id::{DeviceId, Stale};
use crate::managed::Resource;
use crate::model::Model;

/// The result of [`Model::remove_when_idle`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RemoveOutcome {
    /// The device has gone.
    Removed,
    /// It goes at the end of the outermost operation; from now on nothing is bound to it or added below it.
    Postponed(Busy),
}

impl Model {
    /// Adds a device and probes it with the drivers of its bus. Mirrors `device_add`.
    ///
    /// A probe that defers or fails doesn't take the device away; see [`state`](Self::state) and
    /// [`last_failure`](Self::last_failure). Drivers and observers that are called on the way may remove the device
    /// before this returns; its id is stale then.
    ///
    /// # Errors
    ///
    /// [`AddError`]; nothing is left of the device, and no driver was called.
    pub fn add(&self, description: DeviceDescription) -> Result<DeviceId, AddError> {
        self.add_to(None, description)
    }

    /// Adds a device that is removed when the driver of `owner` leaves, or when its probe fails. If the device is
    /// removed before by anybody, the entry disappears.
    ///
    /// `owner` needn't be the parent: a bridge's driver owns a device on somebody else's host.
    ///
    /// # Errors
    ///
    /// [`AddError`]; nothing is left of the device, and no driver was called.
    pub fn add_managed(&self, owner: DeviceId, description: DeviceDescription) -> Result<DeviceId, AddError> {
        self.add_to(Some(owner), description)
    }

    /// Removes a device and all below it: last-added children first, each unbound before. Mirrors `device_del`.
    ///
    /// # Errors
    ///
    /// [`RemoveError::Busy`] from inside a call to any of these devices; nothing has been touched.
    pub fn remove(&self, device: DeviceId) -> Result<(), RemoveError> {
        self.operate(|| {
            self.with(|book| {
                book.device(device)?;
                match book.busy_below(device) {
                    Some(busy) => Err(RemoveError::Busy(busy)),
                    None => Ok(()),
                }
            })?;
            self.remove_tree(device);
            Ok(())
        })
    }

    /// Removes a device now, or, from inside a call to it or to a device below it, as soon as the outermost operation
    /// has nothing else running. For the drop of whatever owns a device, which can't be refused.
    ///
    /// # Errors
    ///
    /// [`Stale`] if it has gone.
    pub fn remove_when_idle(&self, device: DeviceId) -> Result<RemoveOutcome, Stale<DeviceId>> {
        self.operate(|| {
            let busy = self.with(|book| {
                book.device(device)?;
                let busy = book.busy_below(device);
                if busy.is_some() {
                    book.doom(device);
                    book.agenda.removals.push_back(device);
                }
                Ok(busy)
            })?;
            let Some(busy) = busy else {
                self.remove_tree(device);
                return Ok(RemoveOutcome::Removed);
            };
            let running = busy.running;
            self.emit_for(device, |device| Event::RemovalPostponed { device, running });
            Ok(RemoveOutcome::Postponed(busy))
        })
    }

    fn add_to(&self, owner: Option<DeviceId>, description: DeviceDescription) -> Result<DeviceId, AddError> {
        self.operate(|| {
            self.with(|book| book.may_add(owner, &description))?;
            // Nothing was called in between, so what was allowed still is.
            let (device, entry) = self.with(|book| {
                let device = book.add_device(|id| Rc::new(DeviceInfo { id, description }));
                let entry = owner.and_then(|owner| {
                    let name = book.devices.get(device)?.info.name().to_owned();
                    let mut resource = Some(Resource::Device(device));
                    let entry = book.push_entry(owner, name.clone().into(), &mut resource).ok()?;
                    Some((owner, entry, name))
                });
                (device, entry)
            });
            self.emit_for(device, |device| Event::DeviceAdded { device });
            if let Some((owner, entry, name)) = entry {
                self.emit_for(owner, |device| Event::ManagedAcquired { device, entry, name: name.into() });
            }
            // What came of it is in the device's state.
            let _ = self.attach(device);
            Ok(device)
        })
    }

    /// Removes a tree in which no call is running.
    pub(crate) fn remove_tree(&self, root: DeviceId) {
        self.with(|book| book.doom(root));
        // Each turn takes one device out, or finds that somebody else has: nothing is added below a doomed device.
        while let Some(leaf) = self.last_leaf(root) {
            if self.unbind(leaf).is_err() && self.with(|book| book.device(leaf).is_ok()) {
                // No call was running in the tree, and none can begin in it that doesn't end in it.
                debug_assert!(false, "a call to {leaf} outlives the one that made it");
                return;
            }
            self.take_out(leaf);
        }
    }

    /// The device that a removal of `root` takes first.
    fn last_leaf(&self, root: DeviceId) -> Option<DeviceId> {
        self.with(|book| {
            let mut leaf = root;
            while let Some(child) = book.devices.get(leaf)?.children.last() {
                leaf = *child;
            }
            Some(leaf)
        })
    }

    fn take_out(&self, leaf: DeviceId) {
        let Some(device) = self.with(|book| book.take_device(leaf)) else {
            return;
        };
        if let Some(entry) = device.managed_by {
            // Who managed the device has nothing left to remove.
            let _ = self.disown(entry);
        }
        self.emit(|| Event::DeviceRemoved { device: device.info.to_ref() });
    }
}

impl Book {
    fn may_add(&self, owner: Option<DeviceId>, description: &DeviceDescription) -> Result<(), AddError> {
        if let Some(existing) = self.find(&description.bus, &description.name) {
            let existing = self.device(existing).map_err(AddError::Stale)?;
            return Err(AddError::Duplicate { existing: existing.info.to_ref() });
        }
        if let Some(parent) = description.parent {
            let parent = self.device(parent).map_err(AddError::Stale)?;
            if parent.doomed {
                return Err(AddError::ParentRemoving { parent: parent.info.to_ref() });
            }
        }
        match owner.map(|owner| self.may_manage(owner)) {
            Some(Err(ManageError::Stale(stale))) => Err(AddError::Stale(stale)),
            Some(Err(error)) => Err(AddError::Manage(error)),
            Some(Ok(())) | None => Ok(()),
        }
    }

    /// Lets nothing be bound to `root` and what is below it, or added below them, any more.
    fn doom(&mut self, root: DeviceId) {
        for id in self.subtree(root) {
            if let Some(device) = self.devices.get_mut(id) {
                device.doomed = true;
            }
        }
    }
}
