//! How a peripheral's driver hears that its device leaves, the half that Linux lacks for bridges on I2C.
//!
//! A trait only; when it is called, and that it is called once, is the business of the operations.

use super::transport::Transport;
use core::fmt;

/// Whoever registered a DSI device, as far as the bus calls it.
///
/// The bus keeps it from the registration to the unregistration. If it owns the very [`Device`](super::Device) that it
/// was registered with, the two keep each other: then something else has to unregister the device, as a driver's
/// remove does, or it stays until its host goes.
pub trait Peripheral {
    /// The host side removes this device.
    ///
    /// It is called exactly once, before the removal returns, with no lock held, and only if the peripheral has not
    /// begun to unregister the device itself. From here it may call anything, its own detach and unregister included.
    ///
    /// Unregistering the device from another thread waits until this call has returned. So do not hold a lock while
    /// unregistering that this method takes: the rule of Linux's `cancel_work_sync`.
    fn leaving(&self, notice: &Notice<'_>);
}

/// What a peripheral is told when the other side removes its device.
#[derive(Clone, Copy)]
pub struct Notice<'a> {
    /// Whether last commands still make sense.
    pub removal: Removal,
    /// Sends to this peripheral during the call. In an orderly removal of an attached device the last commands go
    /// here (display off, sleep in); otherwise every transfer fails at once.
    pub transport: &'a dyn Transport,
}

impl fmt::Debug for Notice<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Notice").field("removal", &self.removal).finish_non_exhaustive()
    }
}

/// How something goes away.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Removal {
    /// Everything still works: last commands can be sent, running work is waited for.
    Orderly,
    /// The hardware has gone already: transfers fail at once, and running ones are cancelled.
    Surprise,
}

impl fmt::Display for Removal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Orderly => "orderly removal",
            Self::Surprise => "surprise removal",
        })
    }
}
