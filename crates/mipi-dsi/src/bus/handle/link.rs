//! A link: permission to send to an attached device.

use super::*;

/// An attachment of a device, held by whoever attached it. Dropping it detaches the device.
///
/// It sends through [`Transport`] and [`Commands`](super::super::Commands). From the moment that either side has
/// left, every transfer answers [`TransferError::Gone`].
pub struct Link<R: BusHandle> {
    bus: R,
    lease: Lease,
    attachment: Generation,
}

impl<R: BusHandle> Link<R> {
    /// Of an attachment that has just been made.
    pub(super) fn new(bus: R, lease: Lease, attachment: Generation) -> Self {
        bus.lock().with(|data| register::count_device_handle(data, lease, true));
        Self { bus, lease, attachment }
    }

    /// The device that it was made for.
    pub fn lease(&self) -> Lease {
        self.lease
    }

    /// The same link at another speed of commands (`MIPI_DSI_MODE_LPM`), as panels want whose init sequence is in
    /// low-power mode. Only what is sent through it goes at that speed, whatever others send meanwhile.
    ///
    /// What the ends can do was checked at attach, and is not again.
    pub fn at(&self, speed: Speed) -> impl Transport + '_ {
        Lent { bus: &self.bus, key: self.key(), deadline: None, speed: Some(speed) }
    }

    fn as_lent(&self) -> Lent<'_, R> {
        Lent { bus: &self.bus, key: self.key(), deadline: None, speed: None }
    }

    fn key(&self) -> LinkKey {
        LinkKey { lease: self.lease, attachment: Some(self.attachment) }
    }

    /// Detaches the device (`mipi_dsi_detach`), waiting for a transfer that runs. The device stays registered.
    ///
    /// It succeeds also if the other side, or another handle, has done it.
    ///
    /// # Errors
    ///
    /// [`StillRunning`] if waiting would never end, as from inside its own transfer: nothing has changed then. With a lock
    /// that cannot wait, also if a transfer runs: no other starts any more then, and this has to be called again.
    pub fn detach(&self) -> Result<Removed, StillRunning> {
        self.detach_with(None)
    }

    /// The same, waiting no longer than `deadline`.
    ///
    /// # Errors
    ///
    /// [`StillRunning`] as in [`detach`](Self::detach), or if a transfer runs at the deadline: then no other starts
    /// any more, and this can be called again.
    pub fn detach_with(&self, deadline: Option<Deadline<R>>) -> Result<Removed, StillRunning> {
        let operation = Detach::link(self.lease, self.attachment);
        drive_and_run_errands(&self.bus, self.lease.host.slot, operation, deadline, &mut Parcel::empty())
    }
}

impl<R: BusHandle> Transport for Link<R> {
    fn transfer(
        &self,
        data_type: DataType,
        payload: &[u8],
        answer: &mut [u8],
    ) -> Result<usize, TransferError> {
        self.as_lent().transfer(data_type, payload, answer)
    }

    fn transaction(&self, body: &mut dyn FnMut(&dyn Transport)) -> Result<(), TransferError> {
        self.as_lent().transaction(body)
    }
}

impl<R: BusHandle> Drop for Link<R> {
    fn drop(&mut self) {
        if self.detach().is_err() {
            leave_errand(&self.bus, self.lease, Errand::Detach(self.attachment));
        }
        self.bus.lock().with(|data| register::count_device_handle(data, self.lease, false));
    }
}

impl<R: BusHandle> fmt::Debug for Link<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Link").field(&self.lease).field(&self.attachment).finish()
    }
}
