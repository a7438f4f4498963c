//! Faults on the wire: wrong bits, lost responses, contention.
//!
//! A test either asks for each fault, or draws faults from a generator with a seed, so that a failing test fails
//! again.

use super::{DeviceResponse, LinkDevice, Transmission, TurnAround};
use crate::sync::lock;
use std::collections::VecDeque;
use std::sync::Mutex;

/// What can happen to a response.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ResponseFault {
    /// It is lost: the device has sent it, and nobody hears it.
    Lost,
    /// Both ends drive the lines.
    Contention,
    /// This bit is wrong, counted from the lowest of the first byte.
    FlipBit(usize),
    /// These two bits are wrong: more than a header's code can correct, if both are in one header.
    FlipTwoBits(usize, usize),
    /// Only this many bytes arrive.
    CutTo(usize),
}

/// A wire with faults to a device.
pub struct Faults<D> {
    device: D,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// Bits to flip: how many transmissions to let pass before, and which bit.
    flips: Vec<(usize, usize)>,
    /// What happens to the next responses, one entry each; `None` for nothing.
    responses: VecDeque<Option<ResponseFault>>,
    /// What happens to every response for which no fault is queued.
    every_response: Option<ResponseFault>,
    noise: Option<Noise>,
    flipped: u64,
}

impl<D> Faults<D> {
    /// A wire without faults to `device`.
    pub fn new(device: D) -> Self {
        Self { device, state: Mutex::new(State::default()) }
    }

    /// The device behind it.
    pub const fn device(&self) -> &D {
        &self.device
    }

    /// Makes these bits of the next transmission wrong, counted from the lowest bit of its first byte. Ignores bits
    /// after its end.
    pub fn flip_bits(&self, bits: &[usize]) {
        self.flip_bits_after(0, bits);
    }

    /// The same for the transmission that comes after this many others.
    pub fn flip_bits_after(&self, transmissions: usize, bits: &[usize]) {
        lock(&self.state).flips.extend(bits.iter().map(|bit| (transmissions, *bit)));
    }

    /// Ends all faults, also those that have not happened yet.
    pub fn repair(&self) {
        let mut state = lock(&self.state);
        *state = State { flipped: state.flipped, ..State::default() };
    }

    /// Makes each bit of both directions wrong with a probability of `in_2_32` in 2^32, drawn from `seed`; zero
    /// stops it.
    pub fn noise(&self, in_2_32: u32, seed: u64) {
        lock(&self.state).noise = (in_2_32 > 0).then(|| Noise::new(in_2_32, seed));
    }

    /// Lets this happen to the next response that has no fault queued yet.
    pub fn next_response(&self, fault: ResponseFault) {
        lock(&self.state).responses.push_back(Some(fault));
    }

    /// Leaves the next response as it is, so that a fault queued after this hits a later one.
    pub fn spare_response(&self) {
        lock(&self.state).responses.push_back(None);
    }

    /// Lets this happen to every response for which no other fault is queued; `None` ends it.
    pub fn every_response(&self, fault: Option<ResponseFault>) {
        lock(&self.state).every_response = fault;
    }

    /// How many bits have been made wrong, in both directions.
    pub fn flipped(&self) -> u64 {
        lock(&self.state).flipped
    }
}

impl State {
    fn damage(&mut self, bytes: &mut [u8]) {
        for (before, bit) in std::mem::take(&mut self.flips) {
            match before.checked_sub(1) {
                None => self.flipped += u64::from(flip(bytes, bit)),
                Some(before) => self.flips.push((before, bit)),
            }
        }
        self.add_noise(bytes);
    }

    fn add_noise(&mut self, bytes: &mut [u8]) {
        let Some(noise) = &mut self.noise else { return };
        for byte in bytes {
            for bit in 0..8 {
                if noise.hits() {
                    *byte ^= 1 << bit;
                    self.flipped += 1;
                }
            }
        }
    }
}

/// Makes one bit wrong; returns whether there is one.
fn flip(bytes: &mut [u8], bit: usize) -> bool {
    bytes.get_mut(bit / 8).map(|byte| *byte ^= 1 << (bit % 8)).is_some()
}

impl<D: LinkDevice> LinkDevice for Faults<D> {
    fn receive(&self, transmission: &Transmission<'_>) {
        let mut bytes = transmission.bytes.to_vec();
        lock(&self.state).damage(&mut bytes);
        self.device.receive(&Transmission { bytes: &bytes, ..*transmission });
    }

    fn respond(&self, turn: &TurnAround) -> DeviceResponse {
        let response = self.device.respond(turn);
        let mut state = lock(&self.state);
        if response == DeviceResponse::Silence {
            return response;
        }
        let fault = state.responses.pop_front().unwrap_or(state.every_response);
        match (fault, response) {
            (Some(ResponseFault::Lost), _) => DeviceResponse::Silence,
            (Some(ResponseFault::Contention), _) => DeviceResponse::Contention,
            (fault, DeviceResponse::Packets(mut bytes)) => {
                match fault {
                    Some(ResponseFault::FlipBit(bit)) => state.flipped += u64::from(flip(&mut bytes, bit)),
                    Some(ResponseFault::FlipTwoBits(one, other)) => {
                        state.flipped +=
                            [one, other].map(|bit| u64::from(flip(&mut bytes, bit))).iter().sum::<u64>();
                    }
                    Some(ResponseFault::CutTo(len)) => bytes.truncate(len),
                    _ => {}
                }
                state.add_noise(&mut bytes);
                DeviceResponse::Packets(bytes)
            }
            (_, response) => response,
        }
    }

    fn is_present(&self) -> bool {
        self.device.is_present()
    }
}

/// Marsaglia's xorshift64* with a threshold.
struct Noise {
    state: u64,
    in_2_32: u32,
}

impl Noise {
    /// The generator can't have the seed zero, which stands for another seed.
    fn new(in_2_32: u32, seed: u64) -> Self {
        let state = if seed == 0 { 0x9e37_79b9_7f4a_7c15 } else { seed };
        Self { state, in_2_32 }
    }

    fn hits(&mut self) -> bool {
        self.state ^= self.state >> 12;
        self.state ^= self.state << 25;
        self.state ^= self.state >> 27;
        let drawn = self.state.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 32;
        drawn < u64::from(self.in_2_32)
    }
}

#[cfg(test)]
mod tests {
    use super::super::listener::{Listener, SLEEP_OUT, TURN, burst};
    use super::*;

    fn wire(says: DeviceResponse) -> Faults<Listener> {
        Faults::new(Listener::new(says))
    }

    #[test]
    fn the_named_bits_of_one_transmission_are_wrong() {
        let wire = wire(DeviceResponse::Silence);
        wire.flip_bits(&[0, 15, 1000]);
        wire.receive(&burst(&SLEEP_OUT));
        wire.receive(&burst(&SLEEP_OUT));
        assert_eq!(wire.device().heard(), [[0x04, 0x91, 0x00, 0x36], SLEEP_OUT]);
        assert_eq!(wire.flipped(), 2);
    }

    #[test]
    fn responses_are_hit_in_order() {
        let said = DeviceResponse::Packets(vec![0; 4]);
        let wire = wire(said.clone());
        wire.next_response(ResponseFault::Lost);
        wire.spare_response();
        wire.next_response(ResponseFault::Contention);
        wire.next_response(ResponseFault::FlipBit(9));
        wire.next_response(ResponseFault::CutTo(3));
        let expected = [
            DeviceResponse::Silence,
            said.clone(),
            DeviceResponse::Contention,
            DeviceResponse::Packets(vec![0, 2, 0, 0]),
            DeviceResponse::Packets(vec![0; 3]),
            said.clone(),
        ];
        for response in expected {
            assert_eq!(wire.respond(&TURN), response);
        }
        wire.every_response(Some(ResponseFault::Lost));
        assert_eq!(
            [wire.respond(&TURN), wire.respond(&TURN)],
            [DeviceResponse::Silence, DeviceResponse::Silence]
        );
        wire.every_response(None);
        assert_eq!(wire.respond(&TURN), said);
    }

    #[test]
    fn a_fault_waits_for_the_transmission_that_is_meant() {
        let wire = wire(DeviceResponse::Silence);
        wire.flip_bits_after(1, &[0]);
        wire.flip_bits_after(2, &[8]);
        for _ in 0..4 {
            wire.receive(&burst(&SLEEP_OUT));
        }
        let [byte, opcode, rest @ ..] = SLEEP_OUT;
        let [_, second, third, fourth] = &wire.device().heard()[..] else { panic!("four") };
        assert_eq!(second[..2], [byte ^ 1, opcode]);
        assert_eq!(third[..2], [byte, opcode ^ 1]);
        assert_eq!((&fourth[..], &third[2..]), (&SLEEP_OUT[..], &rest[..]));
    }

    #[test]
    fn a_repaired_wire_has_no_fault_left_and_keeps_count() {
        let said = DeviceResponse::Packets(vec![0; 4]);
        let wire = wire(said.clone());
        wire.next_response(ResponseFault::FlipTwoBits(0, 9));
        assert_eq!(wire.respond(&TURN), DeviceResponse::Packets(vec![1, 2, 0, 0]));
        wire.flip_bits_after(0, &[1]);
        wire.flip_bits_after(1, &[1]);
        wire.next_response(ResponseFault::Lost);
        wire.every_response(Some(ResponseFault::Lost));
        wire.noise(u32::MAX, 7);
        wire.repair();
        wire.receive(&burst(&SLEEP_OUT));
        wire.receive(&burst(&SLEEP_OUT));
        assert_eq!(wire.device().heard(), [SLEEP_OUT, SLEEP_OUT]);
        assert_eq!(wire.respond(&TURN), said);
        assert_eq!(wire.flipped(), 2);
    }

    #[test]
    fn noise_repeats_with_its_seed_and_has_its_rate() {
        let heard = |in_2_32, seed| {
            let wire = Faults::new(Listener::new(DeviceResponse::Silence));
            wire.noise(in_2_32, seed);
            wire.receive(&burst(&[0; 4096]));
            let ones: u32 = wire.device().heard().concat().iter().map(|byte| byte.count_ones()).sum();
            assert_eq!(u64::from(ones), wire.flipped());
            (wire.device().heard(), ones)
        };
        let tenth = u32::MAX / 10;
        assert_eq!(heard(tenth, 7), heard(tenth, 7));
        assert_ne!(heard(tenth, 7).0, heard(tenth, 8).0);
        let wire = wire(DeviceResponse::Packets(vec![0; 64]));
        wire.noise(tenth, 7);
        assert_ne!(wire.respond(&TURN), DeviceResponse::Packets(vec![0; 64]), "responses too");
        let ones = heard(tenth, 0).1;
        assert!((2800..3800).contains(&ones), "{ones} of 32768");
        assert_eq!(heard(0, 7).1, 0);
    }
}
