//! A link: permission to send to an attached device.

use super::super::dcs::sequence::Step;
use super::super::error::{StillRunning, TransferError};
use super::super::link_config::Speed;
use super::super::machine::{Detach, DeviceKey, Generation, HostBook, LinkKey, Profile, Removed};
use super::super::play::{play, PlayError};
use super::super::shell::{begin, run, Deadline, MemoryRef, Sender};
use super::super::transport::Transport;
use super::super::wire::{DataType, Payload};
use super::{end_or_leave, CountedDevice};
use core::fmt;

/// The attachment of a device, held by whoever attached it. Dropping it detaches the device.
///
/// It sends through [`Transport`] and [`Commands`](super::super::Commands). As soon as either side has left, every
/// transfer fails with [`TransferError::Gone`].
#[must_use = "dropping it detaches the device"]
pub struct Link<R: MemoryRef> {
    counted: CountedDevice<R>,
    attachment: Generation,
    profile: Profile,
}

/// A link that sends at a speed of its own, or waits no longer than a deadline; see [`Link::at`] and [`Link::until`].
#[must_use]
pub struct LinkSender<'a, R: MemoryRef>(Sender<'a, R>);

impl<R: MemoryRef> Link<R> {
    pub(super) fn new(counted: CountedDevice<R>, attachment: Generation, profile: Profile) -> Self {
        Self { counted, attachment, profile }
    }

    /// The device that it was made for.
    #[must_use]
    pub fn device_key(&self) -> DeviceKey {
        self.counted.key
    }

    /// The same link with commands at another speed (`MIPI_DSI_MODE_LPM`), for panels whose init sequence is in low-power
    /// mode. Only what is sent through it goes at that speed, whatever others send meanwhile.
    ///
    /// Attach has checked what the ends can do; this does not check it again.
    pub fn at(&self, speed: Speed) -> LinkSender<'_, R> {
        LinkSender(Sender { speed: Some(speed), ..self.sender() })
    }

    /// The same link with a deadline: senders wait for others until then. A transfer that the host has begun is not cut
    /// short.
    pub fn until(&self, deadline: Deadline<R>) -> LinkSender<'_, R> {
        LinkSender(Sender { deadline: Some(deadline), ..self.sender() })
    }

    /// Plays a sequence to the panel as one transaction. `delay_us` waits at least as many microseconds as it is given.
    ///
    /// # Errors
    ///
    /// [`PlayError`] says which step failed and why, or that the link could not be taken.
    pub fn play<'s>(&self, steps: &[Step<'s>], delay_us: &mut dyn FnMut(u32)) -> Result<(), PlayError<'s>> {
        play(&self.sender(), steps, delay_us)
    }

    #[inline]
    fn sender(&self) -> Sender<'_, R> {
        let CountedDevice { bus, key: device, .. } = &self.counted;
        let permit = if self.profile.is_shared() { device.generation } else { self.attachment };
        Sender {
            bus,
            key: LinkKey { device: *device, attachment: Some(self.attachment) },
            permit: Some((self.profile, permit)),
            deadline: None,
            speed: None,
        }
    }

    /// Detaches the device (`mipi_dsi_detach`), waiting for a transfer that runs as long as the bus's limit allows. The
    /// device stays registered.
    ///
    /// It also succeeds if the other side, or another handle, has done it.
    ///
    /// # Errors
    ///
    /// [`StillRunning`] if the wait would never end, as from inside its own transfer: then nothing has changed. If
    /// something was `begun`, no transfer starts any more, and this can be called again.
    pub fn detach(&self) -> Result<Removed, StillRunning> {
        self.detach_with(None)
    }

    /// Detaches the device, waiting no longer than `deadline`.
    ///
    /// # Errors
    ///
    /// [`StillRunning`] as in [`detach`](Self::detach), or if a transfer runs at the deadline.
    pub fn detach_with(&self, deadline: Option<Deadline<R>>) -> Result<Removed, StillRunning> {
        let CountedDevice { bus, key, .. } = &self.counted;
        let mut running = begin(bus, Detach::link(*key, self.attachment));
        run(bus, key.host.slot, deadline, &mut running);
        running.outcome()
    }
}

impl<R: MemoryRef> Transport for Link<R> {
    #[inline]
    fn transfer(
        &self,
        data_type: DataType,
        payload: Payload<'_>,
        response: &mut [u8],
    ) -> Result<usize, TransferError> {
        self.sender().transfer(data_type, payload, response)
    }

    fn transaction(&self, body: &mut dyn FnMut(&dyn Transport)) -> Result<(), TransferError> {
        self.sender().transaction(body)
    }
}

impl<'a, R: MemoryRef> LinkSender<'a, R> {
    /// Sends over whatever attachment the device has.
    pub(super) fn of_device(bus: &'a R, device: DeviceKey, profile: Profile) -> Self {
        let permit = profile.is_shared().then_some((profile, device.generation));
        let key = LinkKey { device, attachment: None };
        Self(Sender { bus, key, permit, deadline: None, speed: None })
    }

    /// Sends commands at another speed, see [`Link::at`].
    pub fn at(self, speed: Speed) -> Self {
        Self(Sender { speed: Some(speed), ..self.0 })
    }

    /// Waits for others no longer than `deadline`, see [`Link::until`].
    pub fn until(self, deadline: Deadline<R>) -> Self {
        Self(Sender { deadline: Some(deadline), ..self.0 })
    }
}

impl<R: MemoryRef> Transport for LinkSender<'_, R> {
    fn transfer(
        &self,
        data_type: DataType,
        payload: Payload<'_>,
        response: &mut [u8],
    ) -> Result<usize, TransferError> {
        self.0.transfer(data_type, payload, response)
    }

    fn transaction(&self, body: &mut dyn FnMut(&dyn Transport)) -> Result<(), TransferError> {
        self.0.transaction(body)
    }
}

impl<R: MemoryRef> Drop for Link<R> {
    fn drop(&mut self) {
        let (key, attachment) = (self.counted.key, self.attachment);
        let is_over = |book: &HostBook| {
            !book.registration(key).is_ok_and(|registration| registration.serving.is_of(attachment))
        };
        if self.counted.is_over(is_over) {
            return;
        }
        let CountedDevice { bus, key, .. } = &self.counted;
        let has_ended = || self.detach().is_ok();
        end_or_leave(bus, key.host.slot, has_ended, &mut |book| {
            book.leave_detach_errand(*key, attachment);
        });
    }
}

impl<R: MemoryRef> fmt::Debug for Link<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Link").field(&self.counted.key).field(&self.attachment).finish()
    }
}
