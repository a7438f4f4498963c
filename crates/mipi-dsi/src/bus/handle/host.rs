//! A host: the owner's handle, and the counted handle of one who has found it.

use super::*;

/// The registration of a host, held by the driver of its controller. Dropping it removes the host.
///
/// A drop waits as long as [`unregister`](Self::unregister) does; inside a callback of this very host, where it can't,
/// it leaves an errand, and whoever ends the last call removes the host.
pub struct Host<R: BusHandle> {
    reference: HostRef<R>,
}

/// A counted handle to a host that somebody found. It keeps nothing alive: when the host has gone, it says so.
pub struct HostRef<R: BusHandle> {
    bus: R,
    key: HostKey,
}

impl<R: BusHandle> Host<R> {
    /// `key` has been counted.
    pub(super) fn new(bus: R, key: HostKey) -> Self {
        Self { reference: HostRef { bus, key } }
    }

    /// A handle to find it by, to give away.
    pub fn reference(&self) -> HostRef<R> {
        self.reference.clone()
    }

    /// Which registration this is.
    pub fn key(&self) -> HostKey {
        self.reference.key
    }

    /// Registers a device on this host; see [`HostRef::register_device`].
    ///
    /// # Errors
    ///
    /// As there.
    pub fn register_device(
        &self,
        channel: VirtualChannel,
        name: &str,
    ) -> Result<Device<R>, RegisterDeviceError> {
        self.reference.register_device(channel, name)
    }

    /// Removes the host in an orderly way, waiting for as long as it takes (`mipi_dsi_host_unregister`).
    ///
    /// Nothing new starts; each peripheral is told, may send its last commands, and is then detached and unregistered.
    /// When this returns, no callback of the controller runs and none will ever start. Gives the controller's handle
    /// back to the one who did the work, `None` to others.
    ///
    /// # Errors
    ///
    /// [`StillRunning`] if waiting would never end (from inside a callback of this host): the host is then untouched,
    /// or, if that showed only half way, still leaving. With a lock that cannot wait, also if anything runs: the host is
    /// leaving then. Call again from elsewhere, or later; nobody else finishes it.
    pub fn unregister(&self) -> Result<Option<Controller<R>>, StillRunning> {
        self.unregister_with(Removal::Orderly, None)
    }

    /// Removes the host, by surprise if its hardware has gone, and waits no longer than `deadline`.
    ///
    /// The deadline bounds the waiting for others; a callback that is called from here and never returns is not cut.
    ///
    /// # Errors
    ///
    /// [`StillRunning`] as in [`unregister`](Self::unregister), or if work runs at the deadline. The host is then
    /// leaving; call again.
    pub fn unregister_with(
        &self,
        removal: Removal,
        deadline: Option<Deadline<R>>,
    ) -> Result<Option<Controller<R>>, StillRunning> {
        let HostRef { bus, key } = &self.reference;
        let mut parcel = Parcel::empty();
        let operation = UnregisterHost::new(*key, removal);
        drive_and_run_errands(bus, key.slot, operation, deadline, &mut parcel)?;
        Ok(parcel.controller)
    }

    /// Says that the hardware has gone; see [`HostRef::declare_gone`].
    pub fn declare_gone(&self) -> bool {
        self.reference.declare_gone()
    }
}

impl<R: BusHandle> Drop for Host<R> {
    fn drop(&mut self) {
        if self.unregister().is_err() {
            leave_host_errand(&self.reference.bus, self.reference.key);
        }
    }
}

impl<R: BusHandle> fmt::Debug for Host<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Host").field(&self.reference.key).finish()
    }
}

impl<R: BusHandle> HostRef<R> {
    /// `key` has been counted.
    pub(super) fn new(bus: R, key: HostKey) -> Self {
        Self { bus, key }
    }

    /// Which registration this is.
    pub fn key(&self) -> HostKey {
        self.key
    }

    /// Whether the host is registered and not leaving. It may leave at any moment after.
    pub fn is_present(&self) -> bool {
        self.bus.lock().with(|data| register::present(data, self.key.slot) == Some(self.key))
    }

    /// Registers a device that wants no notice and can do everything (`mipi_dsi_device_register_full`).
    ///
    /// # Errors
    ///
    /// [`RegisterDeviceError`] if the host has left or is leaving, the channel is taken, or the name is too long.
    pub fn register_device(
        &self,
        channel: VirtualChannel,
        name: &str,
    ) -> Result<Device<R>, RegisterDeviceError> {
        self.register_device_with(channel, name, Capabilities::all(Lanes::Four), None)
    }

    /// Registers a device with what its peripheral can do, and with whom to tell when the host side removes it.
    ///
    /// # Errors
    ///
    /// As [`register_device`](Self::register_device).
    pub fn register_device_with(
        &self,
        channel: VirtualChannel,
        name: &str,
        capabilities: Capabilities,
        peripheral: Option<PeripheralOf<R>>,
    ) -> Result<Device<R>, RegisterDeviceError> {
        let name = Name::new(name).map_err(RegisterDeviceError::Name)?;
        // A notice that could not be registered is dropped after the lock.
        let mut peripheral = peripheral;
        let lease = self.bus.lock().with(|data| {
            let lease = register::register_device(data, self.key, channel)?;
            register::count_device_handle(data, lease, true);
            if let Some(slot) = data.slot_mut(self.key.slot) {
                let device = slot.device_mut(channel);
                device.name = name;
                device.capabilities = capabilities;
                device.config = None;
                device.peripheral = peripheral.take();
            }
            Ok(lease)
        })?;
        Ok(Device::new(self.bus.clone(), lease))
    }

    /// Says that the hardware has gone, as a hot-plug interrupt does: from here on transfers fail at once, the running
    /// one is asked to end (by `cancel`, from here), and nothing new comes. It never waits, and runs nobody's errands. The
    /// owner still unregisters the host.
    ///
    /// Gives whether this call was the first to say so.
    pub fn declare_gone(&self) -> bool {
        let operation = DeclareGone::new(self.key);
        let (is_first, _) = drive(&self.bus, self.key.slot, operation, None, &mut Parcel::empty());
        is_first
    }
}

impl<R: BusHandle> Clone for HostRef<R> {
    fn clone(&self) -> Self {
        self.bus.lock().with(|data| register::count_host_handle(data, self.key, true));
        Self { bus: self.bus.clone(), key: self.key }
    }
}

impl<R: BusHandle> Drop for HostRef<R> {
    fn drop(&mut self) {
        self.bus.lock().with(|data| register::count_host_handle(data, self.key, false));
    }
}

impl<R: BusHandle> fmt::Debug for HostRef<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("HostRef").field(&self.key).finish()
    }
}
