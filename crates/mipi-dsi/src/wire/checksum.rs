//! The checksum that ends a long packet.
//!
//! DSI 1.3, section 9: a 16-bit CRC of the payload, polynomial x^16 + x^12 + x^5 + 1, lowest bit
//! first, starting from all ones. It detects errors but cannot correct them. This module computes it in
//! three ways, from the smallest to the fastest. A host with a checksum unit, or a machine with wide
//! registers, can bring its own [`Checksum`].

/// The polynomial, with its bits in the order of transmission.
const POLYNOMIAL: u16 = 0x8408;

/// The value that a checksum starts from, which is also the checksum of an empty payload.
pub const CHECKSUM_INITIAL: u16 = 0xffff;

/// What a sender without a checksum generator sends in place of a checksum. DSI 1.3, section 9.
///
/// A receiver cannot tell it from a real checksum that happens to be zero.
pub const NO_CHECKSUM: u16 = 0x0000;

/// A way to compute the checksum of long packets.
pub trait Checksum {
    /// Continues from `state` over `bytes`.
    ///
    /// If the first state is [`CHECKSUM_INITIAL`], the state after the last byte is the checksum.
    /// `update(update(s, a), b)` equals `update(s, ab)`.
    #[must_use]
    fn update(&self, state: u16, bytes: &[u8]) -> u16;

    /// The checksum of a whole payload.
    #[must_use]
    fn checksum(&self, payload: &[u8]) -> u16 {
        self.update(CHECKSUM_INITIAL, payload)
    }
}

impl<C: Checksum + ?Sized> Checksum for &C {
    fn update(&self, state: u16, bytes: &[u8]) -> u16 {
        (**self).update(state, bytes)
    }
}

/// Computes one bit at a time, without a table: the definition, and the smallest code.
#[derive(Clone, Copy, Debug, Default)]
pub struct BitwiseCrc;

impl Checksum for BitwiseCrc {
    fn update(&self, state: u16, bytes: &[u8]) -> u16 {
        bytes.iter().fold(state, |state, &byte| shift(state ^ byte as u16, 8))
    }
}

/// Computes four bits at a time with a table of 32 bytes, for firmware that sends commands but no frames.
#[derive(Clone, Copy, Debug, Default)]
pub struct SmallCrc;

impl Checksum for SmallCrc {
    fn update(&self, state: u16, bytes: &[u8]) -> u16 {
        bytes.iter().fold(state, |state, &byte| {
            let state = state ^ byte as u16;
            let state = state >> 4 ^ NIBBLES[(state & 0x0f) as usize];
            state >> 4 ^ NIBBLES[(state & 0x0f) as usize]
        })
    }
}

/// Computes sixteen bytes at a time with tables of 8 KiB, for frames. The tables are linked only if used.
#[derive(Clone, Copy, Debug, Default)]
pub struct SlicedCrc;

impl Checksum for SlicedCrc {
    fn update(&self, mut state: u16, bytes: &[u8]) -> u16 {
        let mut rest = bytes;
        while let Some((block, after)) = rest.split_first_chunk::<16>() {
            state = one_block(state, block);
            rest = after;
        }
        rest.iter()
            .fold(state, |state, &byte| state >> 8 ^ SLICES[0][((state ^ byte as u16) & 0xff) as usize])
    }
}

/// Gives [`NO_CHECKSUM`] for every payload, for peripherals without a checksum generator.
#[derive(Clone, Copy, Debug, Default)]
pub struct OmittedChecksum;

impl Checksum for OmittedChecksum {
    fn update(&self, _state: u16, _bytes: &[u8]) -> u16 {
        NO_CHECKSUM
    }
}

/// The result of checking the checksum of a received packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ChecksumCheck {
    /// The packet is short and has no checksum.
    None,
    /// The checksum matches the payload.
    Good,
    /// The sender does not make checksums: [`NO_CHECKSUM`] came, and the payload is unchecked.
    Omitted,
    /// The checksum does not match the payload.
    Bad {
        /// The checksum computed from the received payload.
        expected: u16,
        /// The received checksum.
        got: u16,
    },
}

impl ChecksumCheck {
    /// Compares the checksum of the payload with the received one.
    #[must_use]
    pub const fn compare(expected: u16, got: u16) -> Self {
        if expected == got {
            Self::Good
        } else if got == NO_CHECKSUM {
            Self::Omitted
        } else {
            Self::Bad { expected, got }
        }
    }

    /// Whether the payload can be used: the check did not fail.
    #[must_use]
    pub const fn is_acceptable(self) -> bool {
        !matches!(self, Self::Bad { .. })
    }
}

impl core::fmt::Display for ChecksumCheck {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self {
            Self::None => f.write_str("no checksum in a short packet"),
            Self::Good => f.write_str("checksum matches"),
            Self::Omitted => f.write_str("checksum omitted by the sender"),
            Self::Bad { expected, got } => {
                write!(f, "checksum {got:#06x} instead of {expected:#06x}")
            }
        }
    }
}

/// Shifts `bits` zero bits through the register.
const fn shift(mut state: u16, bits: u32) -> u16 {
    let mut done = 0;
    while done < bits {
        state = if state & 1 == 1 { state >> 1 ^ POLYNOMIAL } else { state >> 1 };
        done += 1;
    }
    state
}

/// `NIBBLES[v]`: what the four bits `v` do to the rest of the register when they leave it.
const NIBBLES: [u16; 16] = {
    let mut table = [0; 16];
    let mut value = 0;
    while value < 16 {
        table[value] = shift(value as u16, 4);
        value += 1;
    }
    table
};

/// `SLICES[n][v]`: what the byte `v`, followed by `n` zero bytes, leaves in an empty register.
static SLICES: [[u16; 256]; 16] = {
    let mut tables = [[0; 256]; 16];
    let mut value = 0;
    while value < 256 {
        let mut state = shift(value as u16, 8);
        let mut slice = 0;
        while slice < 16 {
            tables[slice][value] = state;
            state = shift(state, 8);
            slice += 1;
        }
        value += 1;
    }
    tables
};

/// The CRC is linear: the result of sixteen bytes is the sum of the results of each byte alone. The state
/// is added to the first two bytes, and their share is added last, so that the other fourteen need not
/// wait for it. All indices are bytes or constants, so the compiler leaves out the bounds checks.
#[inline(always)]
fn one_block(state: u16, block: &[u8; 16]) -> u16 {
    let &[a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p] = block;
    let share = |slice: usize, byte: u8| SLICES[slice][byte as usize];
    let fourth = share(0, p) ^ share(1, o) ^ share(2, n) ^ share(3, m);
    let third = share(4, l) ^ share(5, k) ^ share(6, j) ^ share(7, i);
    let second = share(8, h) ^ share(9, g) ^ share(10, f) ^ share(11, e);
    let first = share(12, d) ^ share(13, c);
    let [low, high] = state.to_le_bytes();
    (first ^ second) ^ (third ^ fourth) ^ (share(14, b ^ high) ^ share(15, a ^ low))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::vec::Vec;

    /// The two examples in the MIPI specifications, each a payload and its checksum. They are in CSI-2's
    /// section on the packet footer; DSI has the same CRC.
    const PUBLISHED: [([u8; 24], u16); 2] = [
        (
            [
                0xff, 0x00, 0x00, 0x02, 0xb9, 0xdc, 0xf3, 0x72, 0xbb, 0xd4, 0xb8, 0x5a, 0xc8, 0x75, 0xc2,
                0x7c, 0x81, 0xf8, 0x05, 0xdf, 0xff, 0x00, 0x00, 0x01,
            ],
            0x00f0,
        ),
        (
            [
                0xff, 0x00, 0x00, 0x00, 0x1e, 0xf0, 0x1e, 0xc7, 0x4f, 0x82, 0x78, 0xc5, 0x82, 0xe0, 0x8c,
                0x70, 0xd2, 0x3c, 0x78, 0xe9, 0xff, 0x00, 0x00, 0x01,
            ],
            0xe569,
        ),
    ];

    fn noise(length: usize) -> Vec<u8> {
        let mut state = 0x2545_f491u32;
        (0..length)
            .map(|_| {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                (state >> 24) as u8
            })
            .collect()
    }

    #[test]
    fn published_payloads_have_their_checksum() {
        for (payload, checksum) in PUBLISHED {
            assert_eq!(BitwiseCrc.checksum(&payload), checksum);
            assert_eq!(SmallCrc.checksum(&payload), checksum);
            assert_eq!(SlicedCrc.checksum(&payload), checksum);
        }
        assert_eq!(PUBLISHED[0].1.to_le_bytes(), [0xf0, 0x00]);
        assert_eq!(PUBLISHED[1].1.to_le_bytes(), [0x69, 0xe5]);
    }

    /// The check value of CRC-16/MCRF4XX in the catalogue of parametrised CRCs, which has the same parameters.
    #[test]
    fn the_catalogue_agrees() {
        assert_eq!(SlicedCrc.checksum(b"123456789"), 0x6f91);
    }

    #[test]
    fn an_empty_payload_has_ones() {
        assert_eq!(SlicedCrc.checksum(&[]), 0xffff);
        assert_eq!(SmallCrc.checksum(&[]), 0xffff);
        assert_eq!(BitwiseCrc.checksum(&[]), 0xffff);
    }

    #[test]
    fn the_tables_agree_with_the_definition_at_every_length_and_split() {
        let bytes = noise(100);
        for length in 0..=bytes.len() {
            let expected = BitwiseCrc.checksum(&bytes[..length]);
            assert_eq!(SmallCrc.checksum(&bytes[..length]), expected);
            for split in 0..=length {
                let (head, tail) = bytes[..length].split_at(split);
                assert_eq!(SlicedCrc.update(SlicedCrc.update(CHECKSUM_INITIAL, head), tail), expected);
            }
        }
    }

    #[test]
    fn zero_means_no_checksum_unless_it_is_the_right_one() {
        assert_eq!(ChecksumCheck::compare(0x1234, 0x1234), ChecksumCheck::Good);
        assert_eq!(ChecksumCheck::compare(0x1234, 0), ChecksumCheck::Omitted);
        assert_eq!(ChecksumCheck::compare(0, 0), ChecksumCheck::Good);
        let bad = ChecksumCheck::compare(0x1234, 0x1235);
        assert_eq!(bad, ChecksumCheck::Bad { expected: 0x1234, got: 0x1235 });
        assert!(!bad.is_acceptable());
    }
}
