//! Renaming generations, for searches: two states that differ only in how often something was registered are one state.
//!
//! Generations have nothing but equality, so any renaming that keeps different ones different changes nothing that the
//! bus does. A search renames them by their first appearance in a fixed order, in the book, the operations on their way
//! and the handles that drivers hold, all with the same names. Nothing in the bus itself renames.

use super::book::{DeviceBook, Errand, HostBook, HostPhase, Registration, Serving, Unregistering};
use super::caller::{WaitFor, Worker};
use super::key::{Generation, HostKey, Lease, LinkKey};

/// Something that has generations in it.
pub trait Rename {
    /// Calls `name` with each, to change it, in an order that depends on nothing else.
    fn rename(&mut self, name: &mut dyn FnMut(&mut Generation));
}

impl Rename for HostKey {
    fn rename(&mut self, name: &mut dyn FnMut(&mut Generation)) {
        name(&mut self.generation);
    }
}

impl Rename for Lease {
    fn rename(&mut self, name: &mut dyn FnMut(&mut Generation)) {
        self.host.rename(name);
        name(&mut self.generation);
    }
}

impl Rename for LinkKey {
    fn rename(&mut self, name: &mut dyn FnMut(&mut Generation)) {
        self.lease.rename(name);
        self.attachment.rename(name);
    }
}

impl Rename for Generation {
    fn rename(&mut self, name: &mut dyn FnMut(&mut Generation)) {
        name(self);
    }
}

impl<T: Rename> Rename for Option<T> {
    fn rename(&mut self, name: &mut dyn FnMut(&mut Generation)) {
        if let Some(there) = self {
            there.rename(name);
        }
    }
}

impl Rename for WaitFor {
    fn rename(&mut self, name: &mut dyn FnMut(&mut Generation)) {
        match self {
            Self::Link(host) | Self::Cancel(host) | Self::HostRemoval(host) => host.rename(name),
            Self::Serving(lease) | Self::Notice(lease) | Self::DeviceRemoval(lease) => lease.rename(name),
        }
    }
}

impl Rename for Worker {
    fn rename(&mut self, name: &mut dyn FnMut(&mut Generation)) {
        self.waits_for.rename(name);
    }
}

impl Rename for HostBook {
    /// All but [`newest`](Self::newest), which whoever renames sets to the largest name that he gave for this slot.
    fn rename(&mut self, name: &mut dyn FnMut(&mut Generation)) {
        name(&mut self.generation);
        if let HostPhase::Leaving { worker, .. } = &mut self.phase {
            worker.rename(name);
        }
        for device in &mut self.devices {
            device.rename(name);
        }
        if let Some(hold) = &mut self.link {
            hold.worker.rename(name);
        }
        self.cancel.rename(name);
    }
}

impl Rename for DeviceBook {
    fn rename(&mut self, name: &mut dyn FnMut(&mut Generation)) {
        name(&mut self.generation);
        self.registration.rename(name);
        self.telling.rename(name);
    }
}

impl Rename for Registration {
    fn rename(&mut self, name: &mut dyn FnMut(&mut Generation)) {
        match &mut self.serving {
            Serving::Idle => {}
            Serving::Attaching(worker) => worker.rename(name),
            Serving::Attached(attachment) => name(attachment),
            Serving::Draining { attachment, worker } => {
                name(attachment);
                worker.rename(name);
            }
            Serving::Detaching { attachment, worker } => {
                name(attachment);
                worker.rename(name);
            }
        }
        if let Errand::Detach(attachment) = &mut self.errand {
            name(attachment);
        }
        if let Unregistering::By(worker) = &mut self.unregistering {
            worker.rename(name);
        }
    }
}
