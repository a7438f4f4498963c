//! What hosts and devices are registered with.

use super::capabilities::Capabilities;
use super::link_config::Lanes;
use super::machine::Profile;
use super::slots::Node;
use super::wire::VirtualChannel;

/// What a host is registered with. Its name lives for `'n`, which is `'static` if the bus keeps a reference to it.
///
/// ```
/// use mipi_dsi::bus::{Capabilities, HostInfo, Lanes};
/// let info = HostInfo::new("fd922800.dsi").capabilities(Capabilities::all(Lanes::Two)).serialised();
/// # let _ = info;
/// ```
#[derive(Debug, Clone, Copy)]
#[must_use]
pub struct HostInfo<'n> {
    pub(super) name: &'n str,
    pub(super) node: Option<Node>,
    pub(super) capabilities: Capabilities,
    pub(super) profile: Profile,
}

impl<'n> HostInfo<'n> {
    /// A host with this name that can do everything that this crate can name. Its profile is exclusive: one caller at a
    /// time sends, while the device is attached.
    ///
    /// # Features
    ///
    /// It needs `exclusive`.
    #[cfg(feature = "exclusive")]
    pub const fn new(name: &'n str) -> Self {
        Self::with_profile(name, Profile::Exclusive)
    }

    /// A host with this name and profile that can do everything that this crate can name.
    pub const fn with_profile(name: &'n str, profile: Profile) -> Self {
        Self { name, node: None, capabilities: Capabilities::all(Lanes::Four), profile }
    }

    /// Sets the device tree node by which the host can be found.
    pub const fn node(self, node: Node) -> Self {
        Self { node: Some(node), ..self }
    }

    /// Sets what the host can do. Attach refuses what it can't.
    ///
    /// # Features
    ///
    /// It needs `capabilities`.
    #[cfg(feature = "capabilities")]
    pub const fn capabilities(self, capabilities: Capabilities) -> Self {
        Self { capabilities, ..self }
    }

    /// Serialises the host's attach and detach with its transfers: for a host that is itself behind an SPI or I2C bus.
    ///
    /// # Features
    ///
    /// It needs `serialised`.
    #[cfg(feature = "serialised")]
    pub const fn serialised(self) -> Self {
        Self { profile: Profile::Serialised, ..self }
    }

    /// Lets anybody send from registration to unregistration, several at a time and during attach and detach too, as
    /// drivers in Linux do: the host orders the packets itself. Then a transaction keeps nobody's packets out, and a
    /// surprise removal cancels nothing. Nor does the bus know who sends: do not unregister a device or the host from
    /// inside its own transfer, nor drop its handle there, unless a deadline or the limit of the bus bounds the wait.
    ///
    /// # Features
    ///
    /// It needs `shared`.
    #[cfg(feature = "shared")]
    pub const fn shared(self) -> Self {
        Self { profile: Profile::Shared, ..self }
    }
}

/// What a device is registered with; `L` is the bus's handle type of listeners.
#[derive(Debug, Clone, Copy)]
#[must_use]
pub struct DeviceInfo<'n, L> {
    pub(super) channel: VirtualChannel,
    pub(super) name: &'n str,
    pub(super) capabilities: Capabilities,
    pub(super) listener: Option<L>,
}

impl<'n, L> DeviceInfo<'n, L> {
    /// A device on this channel that can do everything and wants no notice.
    pub const fn new(channel: VirtualChannel, name: &'n str) -> Self {
        Self { channel, name, capabilities: Capabilities::all(Lanes::Four), listener: None }
    }

    /// Sets what the peripheral can do. Attach refuses what it can't.
    ///
    /// # Features
    ///
    /// It needs `capabilities`.
    #[cfg(feature = "capabilities")]
    pub fn capabilities(self, capabilities: Capabilities) -> Self {
        Self { capabilities, ..self }
    }

    /// Sets whom to tell when the host's side removes the device.
    pub fn listener(self, listener: L) -> Self {
        Self { listener: Some(listener), ..self }
    }
}
