//! Names of registrations inside the book: what a handle holds instead of a pointer.
//!
//! A key says which registration it means by a generation, so that one whose registration has gone is recognised and
//! refused, whatever took its place. Keys own nothing and may be copied; what counts holders is the handles.

use super::wire::VirtualChannel;

/// Which registration of a slot, or which attachment of a device, is meant.
///
/// Generations are handed out by one counter for each host slot and never come again (2^64 of them), so equality is
/// all that they have: one that is larger is younger, and nothing else follows from it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Generation(pub u64);

impl Generation {
    /// Before anything was registered. No key carries it.
    pub const NONE: Self = Self(0);
}

/// A registration of a host.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct HostKey {
    /// Index of the slot that it was registered in.
    pub slot: usize,
    /// Which of the slot's registrations.
    pub generation: Generation,
}

/// A registration of a DSI device: a virtual channel of one registration of a host.
///
/// Nobody owns "the device object". The book owns the slot, each side holds a lease of it, and a lease whose
/// generation has passed is refused; so a double release can't be expressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Lease {
    /// The host that the device was registered on.
    pub host: HostKey,
    /// The virtual channel.
    pub channel: VirtualChannel,
    /// Which of the channel's registrations.
    pub generation: Generation,
}

/// Permission to send to a device.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LinkKey {
    /// The device.
    pub lease: Lease,
    /// The attachment that has to be in force, or `None` for whichever there is: the transport that a callback of
    /// this device is lent.
    pub attachment: Option<Generation>,
}
