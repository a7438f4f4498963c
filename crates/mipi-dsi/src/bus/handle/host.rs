//! A host: the handle of its owner, and the counted handle of somebody who has found it.

use super::super::error::{AttachError, Gone, RegisterDeviceError, StillRunning};
use super::super::info::DeviceInfo;
use super::super::link_config::LinkConfig;
use super::super::listener::RemovalKind;
use super::super::lock::{Ended, Lock};
#[cfg(feature = "surprise")]
use super::super::machine::DeclareGone;
use super::super::machine::{Books, HostKey, RegisterDeviceOutcome, UnregisterHost};
use super::super::memory::Memory;
use super::super::name::KeepName;
use super::super::shell::{begin, run, Controller, Deadline, Listener, MemoryRef, NameOf};
use super::super::slots::Slots;
use super::{end_or_leave, AttachedDevice, CountedDevice, CountedHost, Device};
use core::fmt;

/// The registration of a host, held by the driver of its controller. Dropping it removes the host.
///
/// A drop waits as long as [`unregister`](Self::unregister) does. Inside a callback of this very host it can't wait: it
/// leaves an errand, and the next caller who may call back removes the host. (On a
/// [`shared`](super::super::HostInfo::shared) host the bus does not know who sends: a drop inside a transfer of this host
/// waits for that very transfer until the bus's limit has passed, and on a bus without a limit for ever.)
#[must_use = "dropping it removes the host"]
pub struct Host<R: MemoryRef> {
    reference: HostRef<R>,
}

/// A counted handle of a host that somebody has found. It keeps nothing alive: when the host has gone, it says so.
#[must_use]
pub struct HostRef<R: MemoryRef> {
    counted: CountedHost<R>,
}

impl<R: MemoryRef> Host<R> {
    pub(super) fn new(counted: CountedHost<R>) -> Self {
        Self { reference: HostRef { counted } }
    }

    /// A counted handle like that of somebody who has found the host, to give away.
    pub fn reference(&self) -> HostRef<R> {
        self.reference.clone()
    }

    /// Which registration this is.
    #[must_use]
    pub fn key(&self) -> HostKey {
        self.reference.key()
    }

    /// Registers a device on this host; see [`HostRef::register_device`].
    ///
    /// # Errors
    ///
    /// As there.
    pub fn register_device<'n>(
        &self,
        info: DeviceInfo<'n, Listener<R>>,
    ) -> Result<Device<R>, RegisterDeviceError>
    where
        NameOf<R>: KeepName<'n>,
    {
        self.reference.register_device(info)
    }

    /// Registers a device on this host and attaches it; see [`HostRef::attach_device`].
    ///
    /// # Errors
    ///
    /// As there.
    pub fn attach_device<'n>(
        &self,
        info: DeviceInfo<'n, Listener<R>>,
        config: LinkConfig,
    ) -> Result<AttachedDevice<R>, AttachError>
    where
        NameOf<R>: KeepName<'n>,
    {
        self.reference.attach_device(info, config)
    }

    /// Removes the host in an orderly way (`mipi_dsi_host_unregister`). Waits as long as it takes, or as the bus's limit
    /// allows.
    ///
    /// Nothing new starts; each peripheral is told when its last commands can go out, and is then detached and
    /// unregistered. When this returns `Ok`, no callback of the controller runs and none will ever start. Returns the
    /// controller's handle to the caller who did the work, and `None` to the others.
    ///
    /// # Errors
    ///
    /// [`StillRunning`] if the wait would never end (from inside a callback of this host; but inside a transfer of a
    /// [`shared`](super::super::HostInfo::shared) host it waits), if the bus's limit has passed, if the lock cannot wait, or if
    /// the link's queue is full. If something was `begun`, the host is leaving: call again
    /// from elsewhere, or later; nobody else finishes the removal. Otherwise nothing has changed.
    pub fn unregister(&self) -> Result<Option<Controller<R>>, StillRunning> {
        self.unregister_with(RemovalKind::Orderly, None)
    }

    /// Removes the host, by surprise if its hardware has gone, and waits no longer than `deadline`.
    ///
    /// The deadline bounds the waits for others; it does not cut short a callback that is called from here.
    ///
    /// # Errors
    ///
    /// [`StillRunning`] as in [`unregister`](Self::unregister), or if work runs at the deadline. The host is then
    /// leaving; call again.
    pub fn unregister_with(
        &self,
        removal: RemovalKind,
        deadline: Option<Deadline<R>>,
    ) -> Result<Option<Controller<R>>, StillRunning> {
        let CountedHost { bus, key } = &self.reference.counted;
        let mut running = begin(bus, UnregisterHost::new(*key, removal));
        let controller = run(bus, key.slot, deadline, &mut running);
        running.outcome()?;
        Ok(controller)
    }

    /// Says that the hardware has gone; see [`HostRef::declare_gone`].
    ///
    /// # Features
    ///
    /// It needs `surprise`.
    #[cfg(feature = "surprise")]
    pub fn declare_gone(&self) -> bool {
        self.reference.declare_gone()
    }
}

impl<R: MemoryRef> Drop for Host<R> {
    fn drop(&mut self) {
        let CountedHost { bus, key } = &self.reference.counted;
        let has_ended = || self.unregister().is_ok();
        end_or_leave(bus, key.slot, has_ended, &mut |book| book.leave_host_errand(*key));
    }
}

impl<R: MemoryRef> fmt::Debug for Host<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Host").field(&self.key()).finish()
    }
}

impl<R: MemoryRef> HostRef<R> {
    pub(super) fn new(counted: CountedHost<R>) -> Self {
        Self { counted }
    }

    /// Which registration this is.
    #[must_use]
    pub fn key(&self) -> HostKey {
        self.counted.key
    }

    /// Whether the host is registered and not leaving. It may leave at any later moment.
    #[must_use]
    pub fn is_present(&self) -> bool {
        let key = self.key();
        self.counted.bus.memory().lock().with(|slots| {
            (slots.host(key.slot).is_some_and(|book| book.present(key.slot) == Some(key)), Ended::NOTHING)
        })
    }

    /// Registers a device (`mipi_dsi_device_register_full`). Bind the result to a variable: dropping it unregisters the
    /// device, and ends the links that were made from it.
    ///
    /// # Errors
    ///
    /// [`RegisterDeviceError`] if the host has left or is leaving, if the channel is taken, or if the name is too long.
    pub fn register_device<'n>(
        &self,
        info: DeviceInfo<'n, Listener<R>>,
    ) -> Result<Device<R>, RegisterDeviceError>
    where
        NameOf<R>: KeepName<'n>,
    {
        let name = NameOf::<R>::keep(info.name).map_err(RegisterDeviceError::Name)?;
        let CountedHost { bus, key } = &self.counted;
        let memory = bus.memory();
        let lock = memory.lock();
        // A listener that is not registered is dropped after the lock has been released.
        let mut listener = info.listener;
        let (outcome, has_errands) = lock.with(|slots| {
            super::close_gate(memory, slots, key.slot);
            let outcome = match slots.slot_mut(key.slot) {
                None => Err(RegisterDeviceOutcome::Gone(Gone::HostRemoved)),
                Some(slot) => slot.book.register_device(*key, info.channel, None).map(|device| {
                    let kept = &mut slot.devices[device.channel];
                    kept.name = Some(name);
                    kept.capabilities = info.capabilities;
                    kept.listener = listener.take();
                    slot.book.count_device_handle(device, true);
                    (device, slot.book.profile)
                }),
            };
            let (has_errands, ended) = super::settle(memory, slots, key.slot);
            ((outcome, has_errands), ended)
        });
        let device =
            outcome.map(|(key, profile)| Device::new(CountedDevice::of_counted(bus.clone(), key), profile));
        if has_errands {
            super::try_errands(bus, key.slot);
        }
        device.map_err(|refusal| match refusal {
            RegisterDeviceOutcome::Gone(gone) => RegisterDeviceError::Gone(gone),
            RegisterDeviceOutcome::ChannelTaken(channel) => RegisterDeviceError::ChannelTaken(channel),
            // It never comes to that: `None` above means that nothing is announced.
            RegisterDeviceOutcome::NotAnnounced => RegisterDeviceError::Gone(Gone::HostRemoved),
        })
    }

    /// Registers a device and attaches it. Gives one handle, which keeps both.
    ///
    /// # Errors
    ///
    /// [`AttachError`] if either failed; then nothing is left of the attempt.
    pub fn attach_device<'n>(
        &self,
        info: DeviceInfo<'n, Listener<R>>,
        config: LinkConfig,
    ) -> Result<AttachedDevice<R>, AttachError>
    where
        NameOf<R>: KeepName<'n>,
    {
        let device = self.register_device(info).map_err(AttachError::Register)?;
        let link = device.attach(config)?;
        Ok(AttachedDevice::new(link, device))
    }

    /// Says that the hardware has gone, as a hot-plug interrupt does: from now on transfers fail at once, the running one
    /// is cancelled (this call makes the `cancel`), and nothing new starts. It never waits. The owner still has to
    /// unregister the host.
    ///
    /// Returns whether this call was the first to say so.
    ///
    /// # Features
    ///
    /// It needs `surprise`.
    #[cfg(feature = "surprise")]
    pub fn declare_gone(&self) -> bool {
        let CountedHost { bus, key } = &self.counted;
        let mut running = begin(bus, DeclareGone::new(*key));
        run(bus, key.slot, None, &mut running);
        running.outcome()
    }
}

impl<R: MemoryRef> Clone for HostRef<R> {
    fn clone(&self) -> Self {
        Self { counted: CountedHost::new(self.counted.bus.clone(), self.counted.key) }
    }
}

impl<R: MemoryRef> fmt::Debug for HostRef<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("HostRef").field(&self.key()).finish()
    }
}
