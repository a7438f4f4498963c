//! A DSI device: a lease of one virtual channel of a host.

use super::*;

/// The registration of a device, held by whoever registered it. Dropping it unregisters the device.
///
/// A drop waits as long as [`unregister`](Self::unregister) does; inside a call of this very device, where it can't, it
/// leaves an errand, and whoever ends the call unregisters the device.
pub struct Device<R: BusHandle> {
    bus: R,
    lease: Lease,
}

impl<R: BusHandle> Device<R> {
    /// `lease` has been counted.
    pub(super) fn new(bus: R, lease: Lease) -> Self {
        Self { bus, lease }
    }

    /// What this handle names.
    pub fn lease(&self) -> Lease {
        self.lease
    }

    /// Whether the device is still registered. Its host may be leaving: then it is, and nothing can be sent all the same.
    ///
    /// # Errors
    ///
    /// [`Gone`] says which side has left.
    pub fn check(&self) -> Result<(), Gone> {
        self.bus.lock().with(|data| match data.host(self.lease.host.slot) {
            None => Err(Gone::HostRemoved),
            Some(host) => host.registration(self.lease).map(|_| ()),
        })
    }

    /// Attaches it with this link configuration (`mipi_dsi_attach`). Waits for an attach or detach of the device that
    /// another caller is in.
    ///
    /// # Errors
    ///
    /// [`AttachError`] if an end has left, can't do what is asked, or refuses. Nothing is left of the attempt.
    pub fn attach(&self, config: LinkConfig) -> Result<Link<R>, AttachError> {
        let Lease { host: HostKey { slot, .. }, channel, .. } = self.lease;
        let unsupported = self.bus.lock().with(|data| {
            let slot = data.slot(slot)?;
            if slot.book().registration(self.lease).is_err() {
                return None;
            }
            let sides =
                [(Side::Host, slot.capabilities), (Side::Peripheral, slot.device(channel).1.capabilities)];
            sides.into_iter().find_map(|(side, capabilities)| {
                capabilities.refuses(&config).map(|feature| AttachError::Unsupported { side, feature })
            })
        });
        if let Some(unsupported) = unsupported {
            return Err(unsupported);
        }
        let mut parcel = Parcel { config: Some(config), ..Parcel::empty() };
        let answer = drive_and_run_errands(&self.bus, slot, Attach::new(self.lease), None, &mut parcel);
        match answer {
            Ok(attachment) => Ok(Link::new(self.bus.clone(), self.lease, attachment)),
            Err(AttachRefusal::Gone(gone)) => Err(AttachError::Gone(gone)),
            Err(AttachRefusal::AlreadyAttached) => Err(AttachError::AlreadyAttached),
            Err(AttachRefusal::StillRunning(error)) => Err(AttachError::StillRunning(error)),
            Err(AttachRefusal::ByHost) => {
                // The host has said why; it did not only if its slot lent no controller, which a present host does.
                Err(AttachError::Refused(parcel.refused.unwrap_or(AttachRefused::NotReady)))
            }
        }
    }

    /// Detaches it where it is attached, and unregisters it (`mipi_dsi_device_unregister`), waiting for what runs.
    ///
    /// When this returns, no transfer of this device and no notice runs (but the one that it is called from) or will
    /// start. It succeeds also if the other side, or another handle, has done it.
    ///
    /// # Errors
    ///
    /// [`StillRunning`] if waiting would never end, as from inside its own transfer or detach: nothing has changed then.
    /// With a lock that cannot wait, also if anything of the device's runs: no transfer starts any more then, and this has
    /// to be called again.
    pub fn unregister(&self) -> Result<Removed, StillRunning> {
        self.unregister_with(Removal::Orderly, None)
    }

    /// The same for a peripheral that has gone by surprise (transfers fail at once, the running one is asked to end),
    /// and waiting no longer than `deadline`.
    ///
    /// # Errors
    ///
    /// [`StillRunning`] as in [`unregister`](Self::unregister), or if work runs at the deadline: then no transfer
    /// starts any more, and this can be called again.
    pub fn unregister_with(
        &self,
        removal: Removal,
        deadline: Option<Deadline<R>>,
    ) -> Result<Removed, StillRunning> {
        let operation = UnregisterDevice::new(self.lease, Side::Peripheral, removal);
        drive_and_run_errands(&self.bus, self.lease.host.slot, operation, deadline, &mut Parcel::empty())
    }
}

impl<R: BusHandle> Drop for Device<R> {
    fn drop(&mut self) {
        if self.unregister().is_err() {
            leave_errand(&self.bus, self.lease, Errand::Unregister);
        }
        self.bus.lock().with(|data| register::count_device_handle(data, self.lease, false));
    }
}

impl<R: BusHandle> fmt::Debug for Device<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Device").field(&self.lease).finish()
    }
}
