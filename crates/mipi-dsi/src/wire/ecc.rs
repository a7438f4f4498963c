//! The error correction byte of a packet header.
//!
//! DSI 1.3, section 9: six parity bits over the 24 bits of a header. The code is a modified Hamming code,
//! which corrects one wrong bit and detects two.

/// The header bits that go into each parity bit. Bit 0 is the lowest bit of the data identifier, and bit 23
/// the highest bit of the second data byte. DSI 1.3, section 9.
const PARITY: [u32; 6] = [0xf1_2cb7, 0xf2_555b, 0x74_9a6d, 0xb8_e38e, 0xdf_03f0, 0xef_fc00];

/// The parity bits that each single wrong bit flips: element `i` is column `i` of `PARITY`.
///
/// Every column has an odd number of ones and no two columns are alike. So two wrong bits flip an even,
/// non-zero number of parity bits, which matches no column: this tells two wrong bits from one.
const SYNDROME: [u8; 24] = {
    let mut columns = [0; 24];
    let mut bit = 0;
    while bit < 24 {
        let mut row = 0;
        while row < 6 {
            columns[bit] |= (((PARITY[row] >> bit) & 1) as u8) << row;
            row += 1;
        }
        bit += 1;
    }
    columns
};

/// For each of the 64 syndromes, the header bit that is wrong, or `NO_BIT`.
const ACCUSED: [u8; 64] = {
    let mut accused = [NO_BIT; 64];
    let mut bit = 0;
    while bit < 24 {
        accused[SYNDROME[bit] as usize] = bit as u8;
        bit += 1;
    }
    accused
};

const NO_BIT: u8 = 0xff;

/// What each value of each header byte contributes to the code.
const CONTRIBUTION: [[u8; 256]; 3] = {
    let mut tables = [[0; 256]; 3];
    let mut byte = 0;
    while byte < 3 {
        let mut value = 0;
        while value < 256 {
            let mut bit = 0;
            while bit < 8 {
                if (value >> bit) & 1 == 1 {
                    tables[byte][value] ^= SYNDROME[byte * 8 + bit];
                }
                bit += 1;
            }
            value += 1;
        }
        byte += 1;
    }
    tables
};

/// The code for the first three bytes of a header. Its top two bits are always zero.
#[must_use]
pub const fn ecc(header: [u8; 3]) -> u8 {
    let [a, b, c] = header;
    CONTRIBUTION[0][a as usize] ^ CONTRIBUTION[1][b as usize] ^ CONTRIBUTION[2][c as usize]
}

/// The result of checking a header.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum HeaderCheck {
    /// No bit is wrong.
    Clean,
    /// One bit was wrong and has been corrected.
    Corrected {
        /// The number of the bit, from the lowest bit of each byte: 0..=23 in the header bytes, 24..=31 in the
        /// code.
        bit: u8,
    },
    /// Two or more bits are wrong, so no part of the header can be trusted.
    Uncorrectable,
}

impl HeaderCheck {
    /// Whether the header can be used, as received or after the correction.
    #[must_use]
    pub const fn is_usable(self) -> bool {
        !matches!(self, Self::Uncorrectable)
    }
}

impl core::fmt::Display for HeaderCheck {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self {
            Self::Clean => f.write_str("header is correct"),
            Self::Corrected { bit } => write!(f, "header bit {bit} corrected"),
            Self::Uncorrectable => f.write_str("header has more than one wrong bit"),
        }
    }
}

/// Checks the four bytes of a header and corrects one wrong bit.
///
/// Returns the header to use: corrected if that is possible, unchanged otherwise. Three wrong bits may look
/// like one wrong bit; the code cannot tell them apart.
#[must_use]
pub const fn check_header(header: [u8; 4]) -> ([u8; 4], HeaderCheck) {
    let [a, b, c, got] = header;
    let difference = got ^ ecc([a, b, c]);
    if difference == 0 {
        return (header, HeaderCheck::Clean);
    }
    if difference.is_power_of_two() {
        let bit = 24 + difference.trailing_zeros() as u8;
        return ([a, b, c, got ^ difference], HeaderCheck::Corrected { bit });
    }
    let accused = if difference < 64 { ACCUSED[difference as usize] } else { NO_BIT };
    match accused {
        bit @ 0..=7 => ([a ^ (1 << bit), b, c, got], HeaderCheck::Corrected { bit }),
        bit @ 8..=15 => ([a, b ^ (1 << (bit - 8)), c, got], HeaderCheck::Corrected { bit }),
        bit @ 16..=23 => ([a, b, c ^ (1 << (bit - 16)), got], HeaderCheck::Corrected { bit }),
        _ => (header, HeaderCheck::Uncorrectable),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Headers of DCS short writes from vendors' panel tables and from NuttX's test of its DSI packets, the
    /// end of transmission packet of DSI 1.3 section 8.8.2, and the example header in the CSI-2
    /// specification, which has the same code.
    const PUBLISHED: [[u8; 4]; 6] = [
        [0x05, 0x11, 0x00, 0x36],
        [0x05, 0x29, 0x00, 0x1c],
        [0x05, 0x10, 0x00, 0x2c],
        [0x05, 0x28, 0x00, 0x06],
        [0x08, 0x0f, 0x0f, 0x01],
        [0x37, 0xf0, 0x01, 0x3f],
    ];

    /// The parity equations written out bit by bit, without the tables above.
    fn by_definition(header: [u8; 3]) -> u8 {
        const ROWS: [&[u32]; 6] = [
            &[0, 1, 2, 4, 5, 7, 10, 11, 13, 16, 20, 21, 22, 23],
            &[0, 1, 3, 4, 6, 8, 10, 12, 14, 17, 20, 21, 22, 23],
            &[0, 2, 3, 5, 6, 9, 11, 12, 15, 18, 20, 21, 22],
            &[1, 2, 3, 7, 8, 9, 13, 14, 15, 19, 20, 21, 23],
            &[4, 5, 6, 7, 8, 9, 16, 17, 18, 19, 20, 22, 23],
            &[10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 21, 22, 23],
        ];
        let bits = u32::from_le_bytes([header[0], header[1], header[2], 0]);
        ROWS.iter().enumerate().fold(0, |code, (row, ones)| {
            let parity = ones.iter().fold(0, |parity, bit| parity ^ (bits >> bit) & 1);
            code | (parity as u8) << row
        })
    }

    /// 64 word counts: walking ones, walking zeros, and 32 values spread over the range.
    fn word_counts() -> impl Iterator<Item = u16> {
        let walking = (0..16).map(|bit| 1u16 << bit);
        let holes = (0..16).map(|bit| !(1u16 << bit));
        let spread = (0..32u16).map(|i| i.wrapping_mul(0x9e37).wrapping_add(0x1234));
        walking.chain(holes).chain(spread)
    }

    fn headers() -> impl Iterator<Item = [u8; 4]> {
        (0..=u8::MAX).flat_map(|identifier| {
            word_counts().map(move |count| {
                let [low, high] = count.to_le_bytes();
                [identifier, low, high, ecc([identifier, low, high])]
            })
        })
    }

    #[test]
    fn published_headers_have_their_code() {
        for header in PUBLISHED {
            let [a, b, c, code] = header;
            assert_eq!(ecc([a, b, c]), code, "{header:02x?}");
            assert_eq!(check_header(header), (header, HeaderCheck::Clean));
        }
    }

    #[test]
    fn the_tables_follow_the_equations() {
        for [a, b, c, code] in headers() {
            assert_eq!(code, by_definition([a, b, c]));
            assert!(code < 64);
        }
    }

    #[test]
    fn every_single_wrong_bit_is_corrected_and_named() {
        let mut seen = 0;
        for header in headers() {
            for bit in 0..32u8 {
                let wrong = (u32::from_le_bytes(header) ^ 1 << bit).to_le_bytes();
                assert_eq!(check_header(wrong), (header, HeaderCheck::Corrected { bit }));
                seen += 1;
            }
        }
        assert_eq!(seen, 256 * 64 * 32);
    }

    #[test]
    fn every_two_wrong_bits_are_detected_and_nothing_is_changed() {
        // The code is linear: the syndrome of an error does not depend on the header. So it is enough to try
        // all pairs of bits on every published header and on one word count for each identifier.
        let some = (0..=u8::MAX).map(|di| [di, 0x5a, 0xc3, ecc([di, 0x5a, 0xc3])]);
        for header in some.chain(PUBLISHED) {
            for first in 0..32 {
                for second in first + 1..32 {
                    let wrong = (u32::from_le_bytes(header) ^ 1 << first ^ 1 << second).to_le_bytes();
                    assert_eq!(check_header(wrong), (wrong, HeaderCheck::Uncorrectable));
                }
            }
        }
    }
}
