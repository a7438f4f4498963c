//! What the benchmarks share: a SIMD checksum to hand in, and bytes to work on.
//!
//! A crate of its own because `crc-fast` needs a newer rustc than `mipi-dsi`, and because `mipi-dsi` has no
//! dependencies. What is measured, and how, is said at the top of each file in `benches/`; `scripts/bench` runs them
//! all and prints a table.

pub mod report;

use crc_fast::{CrcAlgorithm, Digest};
use mipi_dsi::wire::Checksum;

/// The checksum by carry-less multiplication, from crate `crc-fast`: what a program with frames to send on a machine
/// with wide registers hands to the wire code.
///
/// ```
/// use benchmarks::SimdCrc;
/// use mipi_dsi::wire::{Checksum, SlicedCrc};
/// assert_eq!(SimdCrc.checksum(&[0x55; 5760]), SlicedCrc.checksum(&[0x55; 5760]));
/// ```
#[derive(Clone, Copy, Debug, Default)]
pub struct SimdCrc;

impl Checksum for SimdCrc {
    fn update(&self, state: u16, bytes: &[u8]) -> u16 {
        let mut digest = Digest::new_with_init_state(CrcAlgorithm::Crc16Mcrf4xx, state.into());
        digest.update(bytes);
        // The algorithm has 16 bits, so nothing is cut.
        digest.finalize() as u16
    }

    fn checksum(&self, payload: &[u8]) -> u16 {
        // Spares the digest, which costs more than a short payload does.
        crc_fast::checksum(CrcAlgorithm::Crc16Mcrf4xx, payload) as u16
    }
}

/// Bytes without a pattern, the same in each run.
#[must_use]
pub fn noise(len: usize) -> Vec<u8> {
    let mut state = 0x2545_f491_u32;
    (0..len)
        .map(|_| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            state.to_be_bytes()[0]
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use mipi_dsi::wire::{BitwiseCrc, CHECKSUM_INITIAL};

    #[test]
    fn the_simd_checksum_is_the_same_at_every_length_and_split() {
        let bytes = noise(600);
        for len in 0..bytes.len() {
            let expected = BitwiseCrc.checksum(&bytes[..len]);
            assert_eq!(SimdCrc.checksum(&bytes[..len]), expected);
            let (head, tail) = bytes[..len].split_at(len / 3);
            assert_eq!(SimdCrc.update(SimdCrc.update(CHECKSUM_INITIAL, head), tail), expected);
        }
    }
}
