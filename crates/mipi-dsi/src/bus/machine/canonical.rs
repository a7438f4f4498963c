//! The canonical form of a state, for searches: states that differ only in how often something was registered, or where
//! in its ring a queue begins, are one state.
//!
//! The bus compares generations for equality only, so a renaming that keeps different ones different changes nothing that
//! it does. A search renames them by their first appearance in a fixed order, with the same names in the book, in the
//! operations on their way and in the handles that drivers hold. The bus itself never renames.

use super::book::{DeviceBook, DeviceEntry, Errand, HostBook, Registration, Serving};
use super::caller::WaitFor;
use super::key::{DeviceKey, Generation, HostKey, LinkKey};
use super::link_claim::LinkClaim;
use super::operation::{Operation, Running};

/// Something that contains generations and places in queues.
pub trait Canonical {
    /// Calls `name` with each generation, to change it, in an order that depends only on the kind of the value.
    fn rename(&mut self, name: &mut dyn FnMut(&mut Generation));

    /// Turns each ticket by as many places as the queue of its host was turned.
    fn turn(&mut self, by: u8);
}

impl HostKey {
    /// See [`Canonical::rename`].
    pub fn rename(&mut self, name: &mut dyn FnMut(&mut Generation)) {
        name(&mut self.generation);
    }
}

impl DeviceKey {
    /// See [`Canonical::rename`].
    pub fn rename(&mut self, name: &mut dyn FnMut(&mut Generation)) {
        self.host.rename(name);
        name(&mut self.generation);
    }
}

impl LinkKey {
    /// See [`Canonical::rename`].
    pub fn rename(&mut self, name: &mut dyn FnMut(&mut Generation)) {
        self.device.rename(name);
        if let Some(attachment) = &mut self.attachment {
            name(attachment);
        }
    }
}

impl WaitFor {
    /// See [`Canonical::rename`].
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

impl LinkClaim {
    /// See [`Canonical::turn`].
    pub fn turn(&mut self, by: u8) {
        if let Self::Queued(ticket) = self {
            *ticket = ticket.turned(by);
        }
    }
}

impl HostBook {
    /// Renames all generations except [`newest`](Self::newest): the search sets that to the largest name that it has
    /// given in this slot.
    pub fn rename(&mut self, name: &mut dyn FnMut(&mut Generation)) {
        name(&mut self.generation);
        for device in &mut self.devices.0 {
            device.rename(name);
        }
    }
}

impl DeviceBook {
    fn rename(&mut self, name: &mut dyn FnMut(&mut Generation)) {
        name(&mut self.generation);
        if let DeviceEntry::Taken(Registration { serving, errand, .. }) = &mut self.entry {
            match serving {
                Serving::Attached(attachment)
                | Serving::Draining { attachment, .. }
                | Serving::Detaching { attachment, .. } => name(attachment),
                Serving::Idle | Serving::Attaching(_) | Serving::Cancelling => {}
            }
            if let Errand::Detach(attachment) = errand {
                name(attachment);
            }
        }
    }
}

impl<O: Operation + Canonical> Canonical for Running<O> {
    fn rename(&mut self, name: &mut dyn FnMut(&mut Generation)) {
        self.operation_mut().rename(name);
        if let Some(wait) = self.waits_for_mut() {
            wait.rename(name);
        }
    }

    fn turn(&mut self, by: u8) {
        self.operation_mut().turn(by);
    }
}
