//! How a peripheral's driver hears that its device leaves. Linux has nothing like it for bridges on I2C.
//!
//! This is only the trait; the operations decide when it is called, and that it is called once.

pub use super::removal_kind::RemovalKind;
use super::transport::Transport;
use core::fmt;

/// What the bus calls when the other side removes a DSI device; whoever registered the device implements it. Any
/// `Fn(&Notice)` is a listener.
///
/// The bus keeps the listener from the registration to the unregistration. If the listener owns the very
/// [`Device`](super::Device) that it was registered with, the two keep each other: then something else has to unregister
/// the device, as a driver's remove does, or it stays until its host goes.
pub trait DeviceListener {
    /// The host's side is removing this device.
    ///
    /// The bus calls this exactly once, before the removal returns, with no lock held, and only if the peripheral is not
    /// unregistering the device itself at the moment. (A peripheral whose own unregistration gave up half way is told.)
    /// From here the listener may call anything, its own detach and unregister included.
    ///
    /// Another thread that unregisters the device waits until this call has returned. So do not hold a lock while
    /// unregistering if this method takes it: the same rule as for Linux's `cancel_work_sync`.
    fn host_leaving(&self, notice: &Notice<'_>);
}

impl<F: Fn(&Notice<'_>) + ?Sized> DeviceListener for F {
    fn host_leaving(&self, notice: &Notice<'_>) {
        self(notice);
    }
}

/// What a peripheral is told when the other side removes its device.
#[derive(Clone, Copy)]
pub struct Notice<'a> {
    /// Whether last commands still make sense.
    pub removal: RemovalKind,
    /// Sends to this peripheral during the call. In an orderly removal of an attached device the link is reserved for
    /// the last commands (display off, sleep in), and on a [`shared`](super::HostInfo::shared) host they go out as any
    /// other, attached or not; otherwise every transfer fails at once.
    pub transport: &'a dyn Transport,
}

impl fmt::Debug for Notice<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Notice").field("removal", &self.removal).finish_non_exhaustive()
    }
}
