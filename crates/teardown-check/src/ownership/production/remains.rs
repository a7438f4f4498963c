//! What the removal of a host still has to end: this only shrinks, whatever others do. So a removal comes to its end if
//! each callback does: with first come, first served for the link (`turns`), this is fairness as a property of every
//! step.

use mipi_dsi::bus::machine::{CHANNELS, DeviceBook, Generation, HostBook, HostPhase, Registration, Serving};

/// What is left of a host that is leaving.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Remains {
    host: Generation,
    channels: [Channel; CHANNELS],
}

/// How far one channel is from its end: less is nearer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Channel {
    stage: u8,
    /// Transfers that are running, though none may begin.
    senders: u16,
    /// Its peripheral has not been told.
    is_to_be_told: bool,
}

impl Remains {
    /// `None` if the host is not leaving.
    pub(super) fn of(book: &HostBook) -> Option<Self> {
        let is_leaving = matches!(book.phase, HostPhase::Leaving { .. });
        let channels = || book.devices.0.each_ref().map(Channel::of);
        is_leaving.then(|| Self { host: book.generation, channels: channels() })
    }

    /// Whether there is more left than `before` of the same host.
    pub(super) fn has_grown(&self, before: &Self) -> bool {
        let more = |(now, before): (&Channel, &Channel)| {
            now.stage > before.stage
                || now.senders > before.senders
                || now.is_to_be_told && !before.is_to_be_told
        };
        self.host == before.host && self.channels.iter().zip(&before.channels).any(more)
    }
}

impl Channel {
    fn of(device: &DeviceBook) -> Self {
        let Some(registration) = device.registration() else {
            return Self { stage: 0, senders: device.senders, is_to_be_told: false };
        };
        let Registration { is_told, is_closed, serving, .. } = registration;
        let stage = match serving {
            Serving::Idle => 1,
            Serving::Ending(_) => 2,
            Serving::Detaching { .. } => 3,
            // A detach that is refused is taken back.
            Serving::Attached(_) | Serving::Draining { .. } => 4,
            Serving::Attaching(_) => 5,
        };
        let senders = if *is_closed { device.senders } else { u16::MAX };
        Self { stage, senders, is_to_be_told: !is_told }
    }
}
