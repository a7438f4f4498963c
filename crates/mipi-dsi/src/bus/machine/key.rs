//! Keys: the names of registrations and attachments. Handles hold them instead of pointers.
//!
//! A key has the generation of the registration that it means, so the bus recognises and refuses a key whose registration
//! has gone, whatever has taken its place. Keys own nothing and may be copied.

use super::super::wire::VirtualChannel;

/// Which registration of a host slot or of a channel, or which attachment a key means.
///
/// Each host slot has one counter that hands generations out, and none comes again (there are 2^64). It is kept in two
/// halves so that a slot needs no eight-byte alignment on a 32-bit processor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Generation {
    high: u32,
    low: u32,
}

impl Generation {
    /// Before anything was registered. No key carries it.
    pub const NONE: Self = Self { high: 0, low: 0 };

    /// The `number`-th generation, for searches that rename generations.
    #[must_use]
    pub const fn new(number: u32) -> Self {
        Self { high: 0, low: number }
    }

    /// The generation after this one.
    #[must_use]
    pub(in super::super) const fn next(self) -> Self {
        match self.low.checked_add(1) {
            Some(low) => Self { low, ..self },
            None => Self { high: self.high.wrapping_add(1), low: 0 },
        }
    }
}

/// A registration of a host.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct HostKey {
    /// Index of the slot that the host was registered in.
    pub slot: usize,
    /// Which of the slot's registrations.
    pub generation: Generation,
}

/// A registration of a DSI device: a virtual channel of one registration of a host.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DeviceKey {
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
    pub device: DeviceKey,
    /// The attachment that has to be in force, or `None` for whichever there is. Callbacks of this device and
    /// `Device::sender` use `None`.
    pub attachment: Option<Generation>,
}
