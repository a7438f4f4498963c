//! What listens on a link, and what can be put in between.
//!
//! A [`LinkDevice`] gets whole transmissions as bytes, and is asked for its response when the host turns the bus
//! around (DSI 1.3, section 8.2: a peripheral speaks only then). [`Cable`], [`Tap`] and [`Faults`] are link devices
//! that wrap another one. The devices know what the bytes mean; this module does not.

mod cable;
mod faults;
mod tap;

pub use cable::Cable;
pub use faults::{Faults, ResponseFault};
pub use tap::{Content, Record, Tap, TapListener};

use crate::clock::Instant;
use mipi_dsi::bus::{Lanes, Speed};
use mipi_dsi::wire::VirtualChannel;

/// What listens at the end of a link.
///
/// # Legal call sequences
///
/// `( receive+ | receive+ respond )*`. `respond` is about everything received since the last one. If several devices
/// share a link, each gets every transmission and is asked at every turn-around; at most one may respond, the one
/// whose channel the turn-around names.
///
/// A device never panics, whatever it receives.
pub trait LinkDevice: Send + Sync {
    /// One transmission arrives, from the first byte after the start of transmission to the last before its end.
    fn receive(&self, transmission: &Transmission<'_>);

    /// The host has turned the bus around and listens.
    fn respond(&self, turn: &TurnAround) -> DeviceResponse;

    /// Whether the lines are terminated: what a host that measures its lines finds at the other end.
    fn is_present(&self) -> bool {
        true
    }
}

/// The bytes of one transmission from the host.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Transmission<'a> {
    /// The packets with everything that belongs to them, the EoTp included.
    pub bytes: &'a [u8],
    /// High speed, or escape mode.
    pub speed: Speed,
    /// The lanes that it was spread over; low-power transmissions use lane 0 whatever this says.
    pub lanes: Lanes,
    /// When it ended.
    pub at: Instant,
}

/// A turn-around of the bus.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TurnAround {
    /// The channel of the last packet that was sent: the device on it is to respond.
    pub channel: VirtualChannel,
    /// When the bus was turned around.
    pub at: Instant,
}

/// What comes back after a turn-around.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DeviceResponse {
    /// Nothing: nobody takes the bus.
    Silence,
    /// The acknowledge trigger: all is well and there is nothing to say (DSI 1.3, section 8.9.1).
    Acknowledge,
    /// The bytes of one or more packets.
    Packets(Vec<u8>),
    /// Both ends drive the lines (DSI 1.3, section 7.2.2).
    Contention,
}

/// A handle to a device is a device, so that a test can keep one and connect the other.
impl<D: LinkDevice + ?Sized> LinkDevice for std::sync::Arc<D> {
    fn receive(&self, transmission: &Transmission<'_>) {
        (**self).receive(transmission);
    }

    fn respond(&self, turn: &TurnAround) -> DeviceResponse {
        (**self).respond(turn)
    }

    fn is_present(&self) -> bool {
        (**self).is_present()
    }
}

/// A device for the tests of wrappers: it remembers what it hears, and responds as it is told to.
#[cfg(test)]
pub(crate) mod listener {
    use super::*;
    use crate::sync::lock;
    use std::sync::Mutex;

    pub(crate) struct Listener {
        pub(crate) heard: Mutex<Vec<Vec<u8>>>,
        pub(crate) says: Mutex<DeviceResponse>,
    }

    impl Listener {
        pub(crate) fn new(says: DeviceResponse) -> Self {
            Self { heard: Mutex::new(Vec::new()), says: Mutex::new(says) }
        }

        pub(crate) fn heard(&self) -> Vec<Vec<u8>> {
            lock(&self.heard).clone()
        }
    }

    impl LinkDevice for Listener {
        fn receive(&self, transmission: &Transmission<'_>) {
            lock(&self.heard).push(transmission.bytes.to_vec());
        }

        fn respond(&self, _turn: &TurnAround) -> DeviceResponse {
            lock(&self.says).clone()
        }
    }

    /// A high-speed transmission on one lane at the start of time.
    pub(crate) fn burst(bytes: &[u8]) -> Transmission<'_> {
        Transmission { bytes, speed: Speed::HighSpeed, lanes: Lanes::One, at: Instant::START }
    }

    pub(crate) const TURN: TurnAround = TurnAround { channel: VirtualChannel::VC0, at: Instant::START };
    pub(crate) const SLEEP_OUT: [u8; 4] = [0x05, 0x11, 0x00, 0x36];
    pub(crate) const DISPLAY_ON: [u8; 4] = [0x05, 0x29, 0x00, 0x1c];
}
