//! Splits a stream of bytes into packets.
//!
//! A burst on a DSI link has no marks between packets: each header says where the next one begins.
//! [`Decoder`] follows that chain, and finds it again after a header that cannot be corrected. No byte is
//! lost: the lengths of the pieces add up to the length of the input.

use super::checksum::{Checksum, ChecksumCheck, SmallCrc};
use super::data_type::{DataType, PacketType};
use super::ecc::{check_header, HeaderCheck};
use super::packet::{Body, Framed, Packet};
use super::packet_error::ParseError;
use super::raw_packet::HEADER_LEN;
use core::fmt;

/// A packet of a stream, with the results of its checks.
///
/// A packet whose checksum is wrong is given with its payload as received.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Decoded<'a, T = DataType> {
    /// The packet, after correction.
    pub packet: Packet<'a, T>,
    /// The result of checking the header.
    pub header: HeaderCheck,
    /// The result of checking the payload.
    pub checksum: ChecksumCheck,
    /// The bytes of the whole packet, as received.
    pub bytes: &'a [u8],
}

impl<T: PacketType> Decoded<'_, T> {
    /// Whether the packet came without an error, not even a corrected one.
    #[must_use]
    pub fn is_clean(&self) -> bool {
        self.header == HeaderCheck::Clean && self.checksum.is_acceptable()
    }

    /// Whether this is the packet that ends a high-speed transmission: 08 0f 0f 01, on any channel (DSI
    /// 1.3, section 8.8.2).
    #[must_use]
    pub fn is_end_of_transmission(&self) -> bool {
        self.packet.data_type().code() == DataType::END_OF_TRANSMISSION.get()
            && self.packet.body() == Body::Short([0x0f, 0x0f])
    }
}

/// A piece of a stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Piece<'a, T = DataType> {
    /// A whole packet.
    Packet(Decoded<'a, T>),
    /// Bytes that belong to no packet: from a header that cannot be corrected to the next plausible one.
    Skipped(&'a [u8]),
    /// The start of a packet whose end is missing; always the last piece.
    Incomplete {
        /// The bytes that are there.
        bytes: &'a [u8],
        /// Bytes of the whole packet, or 4 if even its header is cut.
        needed: usize,
    },
}

impl<'a, T> Piece<'a, T> {
    /// The bytes of the input that make up this piece.
    #[must_use]
    pub const fn bytes(&self) -> &'a [u8] {
        match self {
            Self::Packet(decoded) => decoded.bytes,
            Self::Skipped(bytes) | Self::Incomplete { bytes, .. } => bytes,
        }
    }
}

/// Splits a stream of bytes into packets.
///
/// Where a packet is expected, the decoder accepts every data type if the header is correct or can be
/// corrected. After a header that cannot be corrected, it searches for the next *plausible* one: a header
/// that needs no correction and whose data type the specification assigns. The search can be fooled,
/// because one in 256 headers of random bits has the right code; the checksum then usually shows it.
///
/// Three wrong bits in a header may look like one. If that changes the length of a long packet, the decoder
/// takes what follows for its payload. A bad checksum, or an incomplete packet at the end, is the sign.
///
/// `T` is the direction: [`DataType`] from the host, [`ResponseType`](super::ResponseType) from the
/// peripheral.
#[derive(Clone, Debug)]
pub struct Decoder<'a, T = DataType, C = SmallCrc> {
    rest: &'a [u8],
    consumed: usize,
    checksum: C,
    direction: core::marker::PhantomData<T>,
}

impl<'a, T: PacketType> Decoder<'a, T> {
    /// Starts at the first byte of a stream, which has to be the first byte of a packet.
    #[must_use]
    pub const fn new(stream: &'a [u8]) -> Self {
        Self::with_checksum(stream, SmallCrc)
    }
}

impl<'a, T: PacketType, C: Checksum> Decoder<'a, T, C> {
    /// Like [`new`](Decoder::new), but with another way to compute checksums.
    #[must_use]
    pub const fn with_checksum(stream: &'a [u8], checksum: C) -> Self {
        Self { rest: stream, consumed: 0, checksum, direction: core::marker::PhantomData }
    }

    /// The number of bytes yielded so far, which is where the next piece begins.
    #[must_use]
    pub const fn consumed(&self) -> usize {
        self.consumed
    }

    fn take(&mut self, len: usize) -> &'a [u8] {
        let (taken, rest) = self.rest.split_at_checked(len).unwrap_or((self.rest, &[]));
        self.rest = rest;
        self.consumed += taken.len();
        taken
    }

    /// Whether a packet may begin here, judged by the part of its header that is there.
    fn is_plausible(bytes: &[u8]) -> bool {
        let Some(&identifier) = bytes.first() else { return false };
        let fits = match bytes.first_chunk::<HEADER_LEN>() {
            Some(header) => check_header(*header).1 == HeaderCheck::Clean,
            None => true,
        };
        fits && T::from_identifier(identifier).is_known()
    }

    /// The number of bytes before the next plausible header, which is never at the first byte.
    fn distance(&self) -> usize {
        let mut distance = 1;
        while let Some(bytes) = self.rest.get(distance..) {
            if bytes.is_empty() || Self::is_plausible(bytes) {
                return distance;
            }
            distance += 1;
        }
        self.rest.len()
    }
}

impl<'a, T: PacketType, C: Checksum> Iterator for Decoder<'a, T, C> {
    type Item = Piece<'a, T>;

    fn next(&mut self) -> Option<Piece<'a, T>> {
        if self.rest.is_empty() {
            return None;
        }
        Some(match Framed::split(self.rest, &self.checksum) {
            Ok(Framed { packet, header, checksum, len }) => {
                let bytes = self.take(len);
                Piece::Packet(Decoded { packet, header, checksum, bytes })
            }
            Err(ParseError::Truncated { needed, .. }) => {
                Piece::Incomplete { bytes: self.take(self.rest.len()), needed }
            }
            Err(ParseError::Header { .. } | ParseError::Checksum { .. }) => {
                Piece::Skipped(self.take(self.distance()))
            }
        })
    }
}

impl<T: PacketType> fmt::Display for Piece<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Packet(decoded) => {
                let channel = decoded.packet.channel();
                write!(f, "VC{channel} {}", decoded.packet.data_type())?;
                if let Body::Long(payload) = decoded.packet.body() {
                    write!(f, ", {} bytes", payload.len())?;
                }
                if decoded.header != HeaderCheck::Clean {
                    write!(f, ", {}", decoded.header)?;
                }
                match decoded.checksum {
                    ChecksumCheck::None | ChecksumCheck::Good => Ok(()),
                    other => write!(f, ", {other}"),
                }
            }
            Self::Skipped(bytes) => write!(f, "{} bytes skipped", bytes.len()),
            Self::Incomplete { bytes, needed } => {
                write!(f, "{} of {needed} bytes of a packet", bytes.len())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::format;
    use std::vec::Vec;

    const SLEEP_OUT: [u8; 4] = [0x05, 0x11, 0x00, 0x36];
    const DISPLAY_ON: [u8; 4] = [0x05, 0x29, 0x00, 0x1c];
    const END: [u8; 4] = [0x08, 0x0f, 0x0f, 0x01];
    /// A published payload; the code of the header is computed from the definition.
    const LONG: [u8; 30] = [
        0x39, 0x18, 0x00, 0x0c, 0xff, 0x00, 0x00, 0x02, 0xb9, 0xdc, 0xf3, 0x72, 0xbb, 0xd4, 0xb8, 0x5a, 0xc8,
        0x75, 0xc2, 0x7c, 0x81, 0xf8, 0x05, 0xdf, 0xff, 0x00, 0x00, 0x01, 0xf0, 0x00,
    ];

    fn stream(parts: &[&[u8]]) -> Vec<u8> {
        parts.concat()
    }

    fn pieces(bytes: &[u8]) -> Vec<Piece<'_>> {
        Decoder::new(bytes).collect()
    }

    #[test]
    fn packets_follow_each_other_to_the_end_of_the_transmission() {
        let bytes = stream(&[&SLEEP_OUT, &LONG, &DISPLAY_ON, &END]);
        let pieces = pieces(&bytes);
        let packets: Vec<_> = pieces
            .iter()
            .map(|piece| match piece {
                Piece::Packet(packet) => packet,
                other => panic!("{other}"),
            })
            .collect();
        assert_eq!(packets.len(), 4);
        assert!(packets.iter().all(|packet| packet.is_clean()));
        assert_eq!(packets[1].bytes, LONG);
        let ends: Vec<_> = packets.iter().map(|packet| packet.is_end_of_transmission()).collect();
        assert_eq!(ends, [false, false, false, true]);
    }

    #[test]
    fn a_corrected_header_keeps_the_stream_in_step() {
        let mut bytes = stream(&[&LONG, &END]);
        bytes[2] ^= 0x80; // the payload would be 32768 bytes longer
        let pieces = pieces(&bytes);
        assert_eq!(pieces.len(), 2);
        let Piece::Packet(packet) = pieces[0] else { panic!("{}", pieces[0]) };
        assert_eq!(packet.header, HeaderCheck::Corrected { bit: 23 });
        assert_eq!(packet.checksum, ChecksumCheck::Good);
        assert!(!packet.is_clean());
    }

    #[test]
    fn a_wrong_payload_is_shown_and_the_next_packet_found() {
        let mut bytes = stream(&[&LONG, &END]);
        bytes[10] ^= 1;
        let pieces = pieces(&bytes);
        assert_eq!(pieces.len(), 2);
        let Piece::Packet(packet) = pieces[0] else { panic!("{}", pieces[0]) };
        assert!(matches!(packet.checksum, ChecksumCheck::Bad { got: 0x00f0, .. }));
        assert!(format!("{}", pieces[0]).contains("checksum 0x00f0"));
    }

    #[test]
    fn after_a_header_beyond_repair_the_next_plausible_one_is_found() {
        let bytes = stream(&[&SLEEP_OUT, &[0xff, 0xff, 0xff, 0x81, 0x80], &DISPLAY_ON, &END]);
        let pieces = pieces(&bytes);
        assert_eq!(pieces.len(), 4);
        assert_eq!(pieces[1], Piece::Skipped(&[0xff, 0xff, 0xff, 0x81, 0x80]));
        assert_eq!(pieces[2].bytes(), DISPLAY_ON);
        assert_eq!(format!("{}", pieces[1]), "5 bytes skipped");
    }

    #[test]
    fn one_surplus_byte_costs_no_packet() {
        let bytes = stream(&[&[0x06], &SLEEP_OUT, &END]);
        let pieces = pieces(&bytes);
        assert_eq!(pieces.len(), 3);
        assert_eq!(pieces[0], Piece::Skipped(&[0x06]));
        assert_eq!(pieces[1].bytes(), SLEEP_OUT);
    }

    #[test]
    fn only_the_fixed_bytes_end_a_transmission() {
        for data in [[0x0f, 0x0e], [0x00, 0x0f], [0x00, 0x00]] {
            let [a, b] = data;
            let code = super::super::ecc([0x08, a, b]);
            let bytes = [0x08, a, b, code];
            let Some(Piece::Packet(packet)) = Decoder::<DataType>::new(&bytes).next() else {
                panic!("{data:02x?}")
            };
            assert!(packet.is_clean() && !packet.is_end_of_transmission());
        }
    }

    #[test]
    fn an_incomplete_tail_says_what_is_missing() {
        for cut in 1..LONG.len() {
            let bytes = stream(&[&SLEEP_OUT, &LONG[..cut]]);
            let needed = if cut < 4 { 4 } else { 30 };
            let pieces = pieces(&bytes);
            assert_eq!(pieces.len(), 2);
            assert_eq!(pieces[1], Piece::Incomplete { bytes: &LONG[..cut], needed });
        }
    }

    #[test]
    fn skipping_leaves_a_tail_that_may_still_become_a_packet() {
        let bytes = stream(&[&[0xff, 0xff, 0xff, 0xc0], &SLEEP_OUT[..2]]);
        let pieces = pieces(&bytes);
        assert_eq!(pieces[0], Piece::Skipped(&[0xff, 0xff, 0xff, 0xc0]));
        assert_eq!(pieces[1], Piece::Incomplete { bytes: &[0x05, 0x11], needed: 4 });
    }
}
