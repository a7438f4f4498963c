//! A tap that reports everything on the wire, for traces.
//!
//! It changes nothing and remembers nothing: the callback decides what to do with a record.

use super::{DeviceResponse, LinkDevice, Transmission, TurnAround};
use crate::clock::Instant;
use core::fmt;
use mipi_dsi::bus::Speed;
use mipi_dsi::wire::{DataType, Decoder, ResponseType};
use std::sync::Arc;

/// What passed at one moment in one direction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Record<'a> {
    /// When.
    pub at: Instant,
    /// What, and thereby in which direction.
    pub content: Content<'a>,
}

/// What passed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Content<'a> {
    /// From the host: one piece of a transmission, usually a packet.
    Sent {
        /// Its bytes.
        bytes: &'a [u8],
        /// High speed, or escape mode.
        speed: Speed,
    },
    /// From the peripheral: one piece of a response, in escape mode.
    Received {
        /// Its bytes.
        bytes: &'a [u8],
    },
    /// From the peripheral: the acknowledge trigger.
    Acknowledged,
    /// The host listened and nobody spoke.
    Silence,
    /// Both ends drove the lines.
    Contention,
}

impl fmt::Display for Record<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: ", self.at)?;
        match self.content {
            Content::Sent { bytes, speed } => {
                let speed = if speed == Speed::HighSpeed { "HS" } else { "LP" };
                write!(f, "{speed} >")?;
                Decoder::<DataType>::new(bytes).try_for_each(|piece| write!(f, " {piece}"))
            }
            Content::Received { bytes } => {
                f.write_str("LP <")?;
                Decoder::<ResponseType>::new(bytes).try_for_each(|piece| write!(f, " {piece}"))
            }
            Content::Acknowledged => f.write_str("LP < acknowledge"),
            Content::Silence => f.write_str("LP < nothing"),
            Content::Contention => f.write_str("LP < contention"),
        }
    }
}

/// The function that a tap calls with each record. No lock is held during the call.
pub type TapListener = Arc<dyn Fn(&Record<'_>) + Send + Sync>;

/// A tap on the wire to a device.
pub struct Tap<D> {
    device: D,
    listener: TapListener,
}

impl<D> Tap<D> {
    /// Taps the wire to `device`; `listener` is called for each packet before the device hears it, and for each
    /// packet of a response before the host does.
    pub fn new(device: D, listener: TapListener) -> Self {
        Self { device, listener }
    }

    /// The device behind it.
    pub const fn device(&self) -> &D {
        &self.device
    }

    fn tell(&self, at: Instant, content: Content<'_>) {
        (self.listener)(&Record { at, content });
    }
}

impl<D: LinkDevice> LinkDevice for Tap<D> {
    fn receive(&self, transmission: &Transmission<'_>) {
        for piece in Decoder::<DataType>::new(transmission.bytes) {
            let (bytes, speed) = (piece.bytes(), transmission.speed);
            self.tell(transmission.at, Content::Sent { bytes, speed });
        }
        self.device.receive(transmission);
    }

    fn respond(&self, turn: &TurnAround) -> DeviceResponse {
        let response = self.device.respond(turn);
        match &response {
            DeviceResponse::Silence => self.tell(turn.at, Content::Silence),
            DeviceResponse::Acknowledge => self.tell(turn.at, Content::Acknowledged),
            DeviceResponse::Contention => self.tell(turn.at, Content::Contention),
            DeviceResponse::Packets(bytes) => {
                for piece in Decoder::<ResponseType>::new(bytes) {
                    self.tell(turn.at, Content::Received { bytes: piece.bytes() });
                }
            }
        }
        response
    }

    fn is_present(&self) -> bool {
        self.device.is_present()
    }
}

#[cfg(test)]
mod tests {
    use super::super::listener::{DISPLAY_ON, Listener, SLEEP_OUT, TURN, burst};
    use super::*;
    use crate::sync::lock;
    use std::sync::Mutex;

    #[test]
    fn every_packet_of_both_directions_is_told_and_passed_on() {
        let lines = Arc::new(Mutex::new(Vec::new()));
        let kept = lines.clone();
        let keep = move |record: &Record<'_>| lock(&kept).push(record.to_string());
        let said = [0x21, 0x9c, 0x00, mipi_dsi::wire::ecc([0x21, 0x9c, 0x00])];
        let tap = Tap::new(Listener::new(DeviceResponse::Packets(said.to_vec())), Arc::new(keep));
        tap.receive(&burst(&[SLEEP_OUT, DISPLAY_ON].concat()));
        let response = tap.respond(&TURN);
        *lock(&tap.device().says) = DeviceResponse::Silence;
        assert_eq!(tap.respond(&TURN), DeviceResponse::Silence);
        assert_eq!(response, DeviceResponse::Packets(said.to_vec()));
        assert_eq!(tap.device().heard().len(), 1);
        let lines = lock(&lines);
        assert_eq!(lines.len(), 4);
        assert_eq!(lines[0], "0ns: HS > VC0 DCS short write, no parameter");
        assert!(lines[2].starts_with("0ns: LP < VC0 DCS short read response, 1 byte"), "{}", lines[2]);
        assert_eq!(lines[3], "0ns: LP < nothing");
    }
}
