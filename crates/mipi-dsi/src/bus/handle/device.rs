//! A DSI device: a virtual channel of a host, registered by a peripheral's driver.

use super::super::capabilities::Capabilities;
use super::super::error::{AttachError, Gone, Side, StillRunning};
use super::super::host_controller::HostAttachError;
use super::super::link_config::LinkConfig;
use super::super::listener::RemovalKind;
use super::super::lock::{Ended, Lock};
use super::super::machine::{
    Attach, AttachOutcome, Books, DeviceKey, HostBook, Profile, Removed, UnregisterDevice,
};
use super::super::memory::Memory;
use super::super::shell::{begin, run, Deadline, MemoryRef, Session};
use super::super::slots::Slots;
use super::{end_or_leave, CountedDevice, Link, LinkSender};
use core::fmt;
use core::ops::Deref;

/// The registration of a device, held by whoever registered it. Dropping it unregisters the device.
///
/// A drop waits as long as [`unregister`](Self::unregister) does. Inside a call of this very device it can't wait: it
/// leaves an errand, and the next caller who may call back unregisters the device. (On a
/// [`shared`](super::super::HostInfo::shared) host the bus does not know who sends, and a drop inside a transfer waits.)
#[must_use = "dropping it unregisters the device"]
pub struct Device<R: MemoryRef> {
    counted: CountedDevice<R>,
    profile: Profile,
}

impl<R: MemoryRef> Device<R> {
    pub(super) fn new(counted: CountedDevice<R>, profile: Profile) -> Self {
        Self { counted, profile }
    }

    /// Which registration this is.
    #[must_use]
    pub fn key(&self) -> DeviceKey {
        self.counted.key
    }

    /// Whether the device is still registered. If its host is leaving, it may be registered and still unable to send.
    ///
    /// # Errors
    ///
    /// [`Gone`] says which side has left.
    pub fn check(&self) -> Result<(), Gone> {
        let CountedDevice { bus, key, .. } = &self.counted;
        bus.memory().lock().with(|slots| {
            let registration = slots.host(key.host.slot).ok_or(Gone::HostRemoved);
            (registration.and_then(|book| book.registration(*key)).map(|_| ()), Ended::NOTHING)
        })
    }

    /// Sends to the device over whatever attachment it has. On a [`shared`](super::super::HostInfo::shared) host it needs
    /// no attachment: it sends from registration to unregistration.
    pub fn sender(&self) -> LinkSender<'_, R> {
        let CountedDevice { bus, key, .. } = &self.counted;
        LinkSender::of_device(bus, *key, self.profile)
    }

    /// Attaches the device with this link configuration (`mipi_dsi_attach`). Waits for another caller's attach or detach
    /// of the device as long as the bus's limit allows.
    ///
    /// # Errors
    ///
    /// [`AttachError`] if an end has left, can't do what `config` asks, or refuses. Nothing is left of the attempt.
    pub fn attach(&self, config: LinkConfig) -> Result<Link<R>, AttachError> {
        self.attach_with(config, None)
    }

    /// Attaches the device, waiting no longer than `deadline`.
    ///
    /// # Errors
    ///
    /// As [`attach`](Self::attach).
    pub fn attach_with(
        &self,
        config: LinkConfig,
        deadline: Option<Deadline<R>>,
    ) -> Result<Link<R>, AttachError> {
        let CountedDevice { bus, key, .. } = &self.counted;
        self.check_config(&config)?;
        let mut session = Session::new(bus, key.host.slot, deadline);
        session.config = Some(&config);
        let mut running = begin(bus, Attach::new(*key));
        session.drive(&mut running);
        let attached = match running.outcome() {
            Ok(attachment) => Ok(Link::new(CountedDevice::new(bus.clone(), *key), attachment, self.profile)),
            Err(AttachOutcome::Gone(gone)) => Err(AttachError::Gone(gone)),
            Err(AttachOutcome::AlreadyAttached) => Err(AttachError::AlreadyAttached),
            Err(AttachOutcome::StillRunning(error)) => Err(AttachError::StillRunning(error)),
            // A host that was called and refused has said why.
            Err(AttachOutcome::RefusedByHost) => {
                Err(AttachError::Refused(session.refused.unwrap_or(HostAttachError::NotReady)))
            }
        };
        // If one of these unwinds, the link is dropped, which detaches the device: else nobody would have a link to it.
        session.run_left_errands();
        attached
    }

    /// Whether both ends can do what is asked. A device that has gone passes; the operation refuses it.
    fn check_config(&self, config: &LinkConfig) -> Result<(), AttachError> {
        if !Capabilities::ARE_CHECKED {
            return Ok(());
        }
        let CountedDevice { bus, key, .. } = &self.counted;
        bus.memory().lock().with(|slots| {
            let slot = slots.slot(key.host.slot).filter(|slot| slot.book.registration(*key).is_ok());
            let Some(slot) = slot else { return (Ok(()), Ended::NOTHING) };
            let of_device = &slot.devices[key.channel].capabilities;
            (check_ends(config, &slot.capabilities, of_device), Ended::NOTHING)
        })
    }

    /// Detaches the device if it is attached, and unregisters it (`mipi_dsi_device_unregister`). Waits for what runs as
    /// long as the bus's limit allows.
    ///
    /// When this returns `Ok`, no transfer of this device and no notice runs (except the one that it is called from), and
    /// none will start. It also succeeds if the other side, or another handle, has done it.
    ///
    /// # Errors
    ///
    /// [`StillRunning`] if the wait would never end, for example from inside the device's own transfer or detach: then
    /// nothing has changed. (On a [`shared`](super::super::HostInfo::shared) host, a call from inside a transfer waits.)
    /// If something was `begun`, no transfer starts any more, and this can be called again.
    pub fn unregister(&self) -> Result<Removed, StillRunning> {
        self.unregister_with(RemovalKind::Orderly, None)
    }

    /// Unregisters it and waits no longer than `deadline`: by surprise if the peripheral has gone (transfers fail at
    /// once, and the running one is cancelled).
    ///
    /// # Errors
    ///
    /// [`StillRunning`] as in [`unregister`](Self::unregister), or if work runs at the deadline.
    pub fn unregister_with(
        &self,
        removal: RemovalKind,
        deadline: Option<Deadline<R>>,
    ) -> Result<Removed, StillRunning> {
        let CountedDevice { bus, key, .. } = &self.counted;
        let mut running = begin(bus, UnregisterDevice::new(*key, Side::Peripheral, removal));
        run(bus, key.host.slot, deadline, &mut running);
        running.outcome()
    }
}

/// Whether both ends can do what is asked.
#[inline(never)]
fn check_ends(
    config: &LinkConfig,
    of_host: &Capabilities,
    of_device: &Capabilities,
) -> Result<(), AttachError> {
    for (side, capabilities) in [(Side::Host, of_host), (Side::Peripheral, of_device)] {
        capabilities.check(config).map_err(|feature| AttachError::Unsupported { side, feature })?;
    }
    Ok(())
}

impl<R: MemoryRef> Drop for Device<R> {
    fn drop(&mut self) {
        let key = self.counted.key;
        // A notice can outlive the registration; a drop waits for it.
        let is_over =
            |book: &HostBook| book.registration(key).is_err() && book.devices[key.channel].telling.is_none();
        if self.counted.is_over(is_over) {
            return;
        }
        let CountedDevice { bus, key, .. } = &self.counted;
        let has_ended = || self.unregister().is_ok();
        end_or_leave(bus, key.host.slot, has_ended, &mut |book| book.leave_unregister_errand(*key));
    }
}

impl<R: MemoryRef> fmt::Debug for Device<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Device").field(&self.key()).finish()
    }
}

/// A device that is registered and attached: a [`Link`] that keeps its [`Device`]. Dropping it detaches and
/// unregisters.
#[must_use = "dropping it detaches and unregisters the device"]
#[derive(Debug)]
pub struct AttachedDevice<R: MemoryRef> {
    // Dropped in this order.
    link: Link<R>,
    device: Device<R>,
}

impl<R: MemoryRef> AttachedDevice<R> {
    pub(super) fn new(link: Link<R>, device: Device<R>) -> Self {
        Self { link, device }
    }

    /// The registration.
    pub fn device(&self) -> &Device<R> {
        &self.device
    }

    /// The attachment.
    pub fn link(&self) -> &Link<R> {
        &self.link
    }

    /// Takes the two handles apart. The device has to outlive the link: dropping it unregisters, which also detaches.
    pub fn into_parts(self) -> (Device<R>, Link<R>) {
        (self.device, self.link)
    }
}

impl<R: MemoryRef> Deref for AttachedDevice<R> {
    type Target = Link<R>;

    fn deref(&self) -> &Link<R> {
        &self.link
    }
}
