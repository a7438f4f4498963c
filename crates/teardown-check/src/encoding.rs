//! States as bytes, with the actors in any order: what two states have in common that differ only in who is who.
//!
//! What a derived `Hash` feeds to its hasher tells a value from every other of its type: each field in turn, with the
//! number of an enum's variant and the length of a list before what is in it. So a hasher that keeps what it is fed
//! has the value as bytes, and follows every change of the types by itself. A number below [`LONG`] takes one byte.
//! The number of an actor is marked wherever a state has one, and the bytes have its place in the order that was
//! asked for instead. It is that of a caller of the bus, whose lowest three bits are free: the gate of a host keeps its
//! own there.

use mipi_dsi::bus::Caller;
use std::hash::{Hash, Hasher};

/// The number of the first actor; each of the others is higher by [`FREE`]` + 1`. No other number in a state is as large.
const MARK: usize = 0x6c70_0000;
/// The bits of an actor's number that are free.
const FREE: usize = 0b111;
/// The first byte of what does not fit into it.
const LONG: u8 = 0xfe;
/// The first byte of an actor's place and free bits.
const ACTOR: u8 = 0xff;

/// The number that stands for an actor in a state.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct ActorNumber(Caller);

impl ActorNumber {
    /// Of this actor.
    pub fn of(actor: usize) -> Self {
        Self(caller(actor))
    }
}

/// An actor as a caller of the bus.
pub(crate) fn caller(actor: usize) -> Caller {
    Caller::from_number(MARK / (FREE + 1) - 1 + actor)
}

/// The actor that a caller of the bus is.
pub(crate) fn actor(caller: Caller) -> Option<usize> {
    caller.get().checked_sub(MARK).map(|number| number / (FREE + 1))
}

/// Appends a value's bytes. The actor with number `n` is written as `places[n]`.
pub(crate) fn encode(value: &impl Hash, places: &[u8], bytes: &mut Vec<u8>) {
    value.hash(&mut Encoder { bytes, places });
}

struct Encoder<'a> {
    bytes: &'a mut Vec<u8>,
    places: &'a [u8],
}

impl Encoder<'_> {
    fn number(&mut self, number: u64) {
        if number < u64::from(LONG) {
            self.bytes.push(number as u8);
            return;
        }
        let above = usize::try_from(number).ok().and_then(|number| number.checked_sub(MARK));
        let place = above.and_then(|above| Some((self.places.get(above / (FREE + 1))?, above & FREE)));
        match place {
            Some((place, free)) => self.bytes.extend([ACTOR, *place, free as u8]),
            None => {
                self.bytes.push(LONG);
                self.bytes.extend(number.to_le_bytes());
            }
        }
    }
}

impl Hasher for Encoder<'_> {
    /// Nobody asks for it.
    fn finish(&self) -> u64 {
        0
    }

    fn write(&mut self, bytes: &[u8]) {
        self.bytes.extend_from_slice(bytes);
    }

    fn write_u8(&mut self, number: u8) {
        self.bytes.push(number);
    }

    fn write_u16(&mut self, number: u16) {
        self.number(number.into());
    }

    fn write_u32(&mut self, number: u32) {
        self.number(number.into());
    }

    fn write_u64(&mut self, number: u64) {
        self.number(number);
    }

    fn write_usize(&mut self, number: usize) {
        self.number(number as u64);
    }

    fn write_isize(&mut self, number: isize) {
        self.number(number as u64);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bytes(value: &impl Hash, places: &[u8]) -> Vec<u8> {
        let mut bytes = Vec::new();
        encode(value, places, &mut bytes);
        bytes
    }

    #[test]
    fn different_values_have_different_bytes() {
        let values: Vec<(Option<u64>, Vec<u16>)> = vec![
            (None, vec![]),
            (Some(0), vec![]),
            (Some(253), vec![]),
            (Some(254), vec![]),
            (Some(255), vec![]),
            (Some(u64::MAX), vec![]),
            (Some(1), vec![0]),
            (Some(1), vec![0, 0]),
            (Some(1), vec![254]),
            (Some(1), vec![0x00fe]),
            (Some(1), vec![256]),
        ];
        for one in &values {
            for other in &values {
                assert_eq!(bytes(one, &[]) == bytes(other, &[]), one == other, "{one:?} {other:?}");
            }
        }
    }

    #[test]
    fn an_actor_is_its_place() {
        let numbers = (ActorNumber::of(0), 7_u64, caller(1).get() | 2);
        assert_eq!(bytes(&numbers, &[0, 1]), [ACTOR, 0, 0, 7, ACTOR, 1, 2]);
        assert_eq!(bytes(&numbers, &[1, 0]), [ACTOR, 1, 0, 7, ACTOR, 0, 2]);
        assert_eq!([0, 1, 5].map(|number| actor(caller(number))), [Some(0), Some(1), Some(5)]);
    }
}
