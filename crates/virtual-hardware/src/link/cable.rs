//! A cable that can be pulled, also in the middle of a transfer.
//!
//! A pulled cable carries nothing in either direction. The host is not told: a real host learns of it from
//! responses that do not come.

use super::{DeviceResponse, LinkDevice, Transmission, TurnAround};
use crate::sync::lock;
use mipi_dsi::wire::{DataType, Decoder, Piece};
use std::sync::Mutex;

/// A cable between a host and a device.
pub struct Cable<D> {
    device: D,
    state: Mutex<State>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// It carries everything.
    Plugged,
    /// It carries this many bytes more, of both directions together.
    Bytes(usize),
    /// It carries this many more packets from the host, and responses until then.
    Packets(usize),
    /// It carries nothing.
    Out,
}

impl<D> Cable<D> {
    /// A cable that is plugged in.
    pub const fn new(device: D) -> Self {
        Self { device, state: Mutex::new(State::Plugged) }
    }

    /// The device at its end.
    pub const fn device(&self) -> &D {
        &self.device
    }

    /// Pulls it out.
    pub fn pull(&self) {
        *lock(&self.state) = State::Out;
    }

    /// Plugs it in, and cancels every planned pull.
    pub fn plug(&self) {
        *lock(&self.state) = State::Plugged;
    }

    /// Whether it is plugged in.
    pub fn is_plugged(&self) -> bool {
        *lock(&self.state) != State::Out
    }

    /// Pulls it once it has carried this many bytes more, both directions counted. A transmission in which
    /// that happens arrives incomplete.
    pub fn pull_after_bytes(&self, bytes: usize) {
        *lock(&self.state) = if bytes == 0 { State::Out } else { State::Bytes(bytes) };
    }

    /// Pulls it once it has carried this many packets more from the host, EoTps included. A transmission in
    /// which that happens is cut after a packet.
    pub fn pull_after_packets(&self, packets: usize) {
        *lock(&self.state) = if packets == 0 { State::Out } else { State::Packets(packets) };
    }

    /// How many of the bytes of a transmission come through, and what is left of the plan.
    fn carry(&self, bytes: &[u8]) -> usize {
        let mut state = lock(&self.state);
        match *state {
            State::Plugged => bytes.len(),
            State::Out => 0,
            State::Bytes(most) => {
                *state = left(most, bytes.len()).map_or(State::Out, State::Bytes);
                bytes.len().min(most)
            }
            State::Packets(most) => {
                let (len, packets) = first_packets(bytes, most);
                *state = left(most, packets).map_or(State::Out, State::Packets);
                len
            }
        }
    }
}

/// The length of the first packets of a transmission, at most `most` of them, and their number.
fn first_packets(bytes: &[u8], most: usize) -> (usize, usize) {
    let (mut len, mut packets) = (0, 0);
    for piece in Decoder::<DataType>::new(bytes) {
        if packets == most {
            break;
        }
        packets += usize::from(!matches!(piece, Piece::Skipped(_)));
        len += piece.bytes().len();
    }
    (len, packets)
}

/// What is left of `most` after `carried`; `None` if it is used up.
fn left(most: usize, carried: usize) -> Option<usize> {
    most.checked_sub(carried).filter(|left| *left > 0)
}

impl<D: LinkDevice> LinkDevice for Cable<D> {
    fn receive(&self, transmission: &Transmission<'_>) {
        let carried = self.carry(transmission.bytes);
        if let Some(bytes @ [_, ..]) = transmission.bytes.get(..carried) {
            self.device.receive(&Transmission { bytes, ..*transmission });
        }
    }

    fn respond(&self, turn: &TurnAround) -> DeviceResponse {
        if !self.is_plugged() {
            return DeviceResponse::Silence;
        }
        match self.device.respond(turn) {
            DeviceResponse::Packets(mut bytes) => {
                let mut state = lock(&self.state);
                if let State::Bytes(most) = *state {
                    *state = left(most, bytes.len()).map_or(State::Out, State::Bytes);
                    bytes.truncate(most);
                }
                DeviceResponse::Packets(bytes)
            }
            other => other,
        }
    }

    fn is_present(&self) -> bool {
        self.is_plugged() && self.device.is_present()
    }
}

#[cfg(test)]
mod tests {
    use super::super::listener::{DISPLAY_ON, Listener, SLEEP_OUT, TURN, burst};
    use super::*;

    fn both() -> Vec<u8> {
        [SLEEP_OUT, DISPLAY_ON].concat()
    }

    #[test]
    fn a_pulled_cable_carries_nothing_and_a_plugged_one_all() {
        let cable = Cable::new(Listener::new(DeviceResponse::Acknowledge));
        assert!(cable.is_plugged() && cable.is_present());
        cable.receive(&burst(&SLEEP_OUT));
        assert_eq!(cable.respond(&TURN), DeviceResponse::Acknowledge);
        cable.pull();
        assert!(!cable.is_plugged() && !cable.is_present());
        cable.receive(&burst(&DISPLAY_ON));
        assert_eq!(cable.respond(&TURN), DeviceResponse::Silence);
        cable.plug();
        cable.receive(&burst(&DISPLAY_ON));
        assert_eq!(cable.device().heard(), [SLEEP_OUT, DISPLAY_ON]);
    }

    #[test]
    fn it_comes_out_behind_exactly_that_byte() {
        for bytes in 0..=8 {
            let cable = Cable::new(Listener::new(DeviceResponse::Acknowledge));
            cable.pull_after_bytes(bytes);
            cable.receive(&burst(&both()));
            cable.receive(&burst(&SLEEP_OUT));
            assert_eq!(cable.device().heard().concat(), both()[..bytes]);
            assert!(!cable.is_plugged());
        }
        let cable = Cable::new(Listener::new(DeviceResponse::Acknowledge));
        cable.pull_after_bytes(9);
        cable.receive(&burst(&both()));
        assert!(cable.is_plugged());
    }

    #[test]
    fn responses_count_as_bytes_and_are_cut() {
        let cable = Cable::new(Listener::new(DeviceResponse::Packets(vec![1, 2, 3, 4])));
        cable.pull_after_bytes(6);
        cable.receive(&burst(&SLEEP_OUT));
        assert_eq!(cable.respond(&TURN), DeviceResponse::Packets(vec![1, 2]));
        assert!(!cable.is_plugged());
    }

    #[test]
    fn it_comes_out_behind_exactly_that_packet() {
        for (packets, bytes) in [(0, 0), (1, 4), (2, 8)] {
            let cable = Cable::new(Listener::new(DeviceResponse::Acknowledge));
            cable.pull_after_packets(packets);
            cable.receive(&burst(&both()));
            assert_eq!(cable.device().heard().concat(), both()[..bytes]);
            assert!(!cable.is_plugged());
        }
        let cable = Cable::new(Listener::new(DeviceResponse::Acknowledge));
        cable.pull_after_packets(3);
        cable.receive(&burst(&both()));
        assert!(cable.is_plugged());
        cable.receive(&burst(&both()));
        assert_eq!(cable.device().heard(), [both(), SLEEP_OUT.to_vec()]);
    }
}
