//! The canonical form of a state, for searches: states that differ only in how often something was registered, or where
//! in its ring a queue begins, are one state.
//!
//! The bus compares generations for equality only, so a renaming that keeps different ones different changes nothing that
//! it does. A search renames them by their first appearance in a fixed order, with the same names in the book, in the
//! running operations and in the handles that drivers hold. The bus itself never renames.

use super::book::{DeviceBook, DeviceEntry, HostBook, Registration, Serving};
use super::caller::WaitFor;
use super::key::{DeviceKey, Generation, HostKey, LinkKey};
use super::operation::{Operation, Running};

/// Something that contains generations.
pub trait Canonical {
    /// Calls `name` with each generation, to change it, in an order that depends only on the kind of the value.
    fn rename(&mut self, name: &mut dyn FnMut(&mut Generation));
}

impl HostKey {
    /// See [`Canonical::rename`].
    #[inline]
    pub fn rename(&mut self, name: &mut dyn FnMut(&mut Generation)) {
        name(&mut self.generation);
    }
}

impl DeviceKey {
    /// See [`Canonical::rename`].
    #[inline]
    pub fn rename(&mut self, name: &mut dyn FnMut(&mut Generation)) {
        self.host.rename(name);
        name(&mut self.generation);
    }
}

impl LinkKey {
    /// See [`Canonical::rename`].
    #[inline]
    pub fn rename(&mut self, name: &mut dyn FnMut(&mut Generation)) {
        self.device.rename(name);
        if let Some(attachment) = &mut self.attachment {
            name(attachment);
        }
    }
}

impl WaitFor {
    /// See [`Canonical::rename`].
    #[inline]
    pub fn rename(&mut self, name: &mut dyn FnMut(&mut Generation)) {
        match self {
            Self::Link(host) | Self::Cancel(host) | Self::HostRemoval(host) => host.rename(name),
            Self::Serving(device)
            | Self::Notice(device)
            | Self::Registration(device)
            | Self::Senders(device) => device.rename(name),
        }
    }
}

impl HostBook {
    /// Renames all generations except [`newest`](Self::newest): the search sets that to the largest name that it has
    /// given in this slot.
    #[inline]
    pub fn rename(&mut self, name: &mut dyn FnMut(&mut Generation)) {
        name(&mut self.generation);
        for device in &mut self.devices.0 {
            device.rename(name);
        }
    }
}

impl DeviceBook {
    #[inline]
    fn rename(&mut self, name: &mut dyn FnMut(&mut Generation)) {
        name(&mut self.generation);
        if let DeviceEntry::Taken(Registration { serving, .. }) = &mut self.entry {
            match serving {
                Serving::Attached(attachment)
                | Serving::Draining { attachment, .. }
                | Serving::Detaching { attachment, .. }
                | Serving::Ending(attachment) => name(attachment),
                Serving::Idle | Serving::Attaching(_) => {}
            }
        }
    }
}

impl<O: Operation + Canonical> Canonical for Running<O> {
    #[inline]
    fn rename(&mut self, name: &mut dyn FnMut(&mut Generation)) {
        self.operation_mut().rename(name);
        if let Some(wait) = self.waits_for_mut() {
            wait.rename(name);
        }
    }
}
