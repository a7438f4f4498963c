//! States as bytes, with the actors in any order: what two states have in common that differ only in which actor is
//! which.
//!
//! The input that a derived `Hash` gives to its hasher tells a value from every other value of its type: each field in
//! turn, with the number of an enum's variant and the length of a list before its content. So a hasher that keeps this
//! input has the value as bytes, and follows every change of the types by itself. A small number takes one byte. The
//! hasher marks the number of an actor wherever a state has one, and leaves a gap in the bytes for its place in an
//! order of the actors. The number is that of a caller of the bus; its lowest three bits are free, as a host's gate
//! uses them.

use mipi_dsi::bus::Caller;
use smallvec::SmallVec;
use std::hash::{Hash, Hasher};

/// The number of the first actor; each further one is higher by [`FREE`]` + 1`. No other number in a state is as large.
const MARK: usize = 0x6c70_0000;
/// The bits of an actor's number that are free.
const FREE: usize = 0b111;
/// No search has more actors than this.
const MAX_ACTORS: usize = 0x80;
/// Names that only actors still know begin here: what the bus or an end knows has a small number. See
/// [`Ownership::canonical`](crate::ownership::Ownership::canonical).
pub(crate) const PRIVATE_NAMES: u64 = 0x5c70_0000;
/// The most private names that there can be.
const MAX_PRIVATE_NAMES: u64 = 0x100;
/// The first byte of a private name.
const PRIVATE: u8 = 0xfd;
/// The first byte of a number that does not fit into one.
const LONG: u8 = 0xfe;
/// The first byte of an actor's place and free bits.
const ACTOR: u8 = 0xff;
/// In place of an actor's place: the actor whose bytes these are.
const ITSELF: u8 = 0xff;

/// The number that stands for an actor in a state.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct ActorNumber(Caller);

impl ActorNumber {
    /// The number of this actor.
    pub fn of(actor: usize) -> Self {
        Self(caller(actor))
    }
}

/// An actor as a caller of the bus.
pub(crate) fn caller(actor: usize) -> Caller {
    Caller::from_number(MARK / (FREE + 1) - 1 + actor)
}

/// The actor that this caller of the bus is.
pub(crate) fn actor(caller: Caller) -> Option<usize> {
    caller.get().checked_sub(MARK).map(|number| number / (FREE + 1))
}

/// A value as bytes, with gaps for actors and for names that only actors use.
#[derive(Debug, Default)]
pub(crate) struct Encoded {
    pub(crate) bytes: Vec<u8>,
    /// The positions of actors. Until places are written, each has the actor's index.
    pub(crate) actors: SmallVec<[Mention; 8]>,
    /// The positions of names from [`PRIVATE_NAMES`] on.
    names: SmallVec<[PrivateName; 8]>,
}

/// An actor in bytes.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Mention {
    pub(crate) at: u32,
    pub(crate) actor: usize,
}

#[derive(Debug, Clone, Copy)]
struct PrivateName {
    at: u32,
    name: u64,
}

/// Appends a value's bytes.
pub(crate) fn encode(value: &impl Hash, encoded: &mut Encoded) {
    value.hash(&mut Encoder(encoded));
}

impl Encoded {
    pub(crate) fn clear(&mut self) {
        self.bytes.clear();
        self.actors.clear();
        self.names.clear();
    }

    /// Writes "itself" wherever this actor is named.
    pub(crate) fn forget_itself(&mut self, actor: usize) {
        for mention in self.actors.iter().filter(|mention| mention.actor == actor) {
            if let Some(byte) = self.bytes.get_mut(mention.at as usize) {
                *byte = ITSELF;
            }
        }
        self.actors.retain(|mention| mention.actor != actor);
    }

    /// Writes for each actor its place in `places`.
    pub(crate) fn write_places(&mut self, places: &[u8]) {
        for Mention { at, actor } in &self.actors {
            if let (Some(byte), Some(place)) = (self.bytes.get_mut(*at as usize), places.get(*actor)) {
                *byte = *place;
            }
        }
    }

    /// Numbers private names by their first appearance in these bytes.
    pub(crate) fn name_in_place(&mut self) {
        self.write_names(&mut SmallVec::new());
    }

    /// Numbers private names by their first appearance, after those that are `known`.
    pub(crate) fn write_names(&mut self, known: &mut SmallVec<[u64; 8]>) {
        for PrivateName { at, name } in &self.names {
            let number = known.iter().position(|other| other == name).unwrap_or_else(|| {
                known.push(*name);
                known.len() - 1
            });
            if let Some(byte) = self.bytes.get_mut(*at as usize) {
                *byte = number as u8;
            }
        }
    }
}

struct Encoder<'a>(&'a mut Encoded);

impl Encoder<'_> {
    #[inline]
    fn number(&mut self, number: u64) {
        if number < u64::from(PRIVATE) {
            self.0.bytes.push(number as u8);
        } else {
            self.large_number(number);
        }
    }

    #[cold]
    fn large_number(&mut self, number: u64) {
        let Encoded { bytes, actors, names } = &mut *self.0;
        let at = bytes.len() as u32 + 1;
        if (PRIVATE_NAMES..PRIVATE_NAMES + MAX_PRIVATE_NAMES).contains(&number) {
            names.push(PrivateName { at, name: number });
            bytes.extend([PRIVATE, 0]);
            return;
        }
        let above = usize::try_from(number).ok().and_then(|number| number.checked_sub(MARK));
        match above.map(|above| (above / (FREE + 1), above & FREE)).filter(|(actor, _)| *actor < MAX_ACTORS) {
            Some((actor, free)) => {
                actors.push(Mention { at, actor });
                bytes.extend([ACTOR, actor as u8, free as u8]);
            }
            None => {
                bytes.push(LONG);
                bytes.extend(number.to_le_bytes());
            }
        }
    }
}

impl Hasher for Encoder<'_> {
    /// Never called.
    fn finish(&self) -> u64 {
        0
    }

    /// Only for bytes: it finds no actor in a slice of larger numbers.
    fn write(&mut self, bytes: &[u8]) {
        debug_assert!(bytes.is_empty(), "what is hashed as one piece may hide actors");
        self.0.bytes.extend_from_slice(bytes);
    }

    #[inline]
    fn write_u8(&mut self, number: u8) {
        self.0.bytes.push(number);
    }

    #[inline]
    fn write_u16(&mut self, number: u16) {
        self.number(number.into());
    }

    #[inline]
    fn write_u32(&mut self, number: u32) {
        self.number(number.into());
    }

    #[inline]
    fn write_u64(&mut self, number: u64) {
        self.number(number);
    }

    #[inline]
    fn write_usize(&mut self, number: usize) {
        self.number(number as u64);
    }

    #[inline]
    fn write_isize(&mut self, number: isize) {
        self.number(number as u64);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn encoded(value: &impl Hash) -> Encoded {
        let mut encoded = Encoded::default();
        encode(value, &mut encoded);
        encoded
    }

    #[test]
    fn different_values_have_different_bytes() {
        let values: Vec<(Option<u64>, Vec<(u16,)>)> = vec![
            (None, vec![]),
            (Some(0), vec![]),
            (Some(252), vec![]),
            (Some(253), vec![]),
            (Some(254), vec![]),
            (Some(255), vec![]),
            (Some(u64::MAX), vec![]),
            (Some(1), vec![(0,)]),
            (Some(1), vec![(0,), (0,)]),
            (Some(1), vec![(254,)]),
            (Some(1), vec![(0x00fe,)]),
            (Some(1), vec![(256,)]),
        ];
        for one in &values {
            for other in &values {
                assert_eq!(encoded(one).bytes == encoded(other).bytes, one == other, "{one:?} {other:?}");
            }
        }
    }

    #[test]
    fn an_actor_is_its_place() {
        let mut encoded = encoded(&(ActorNumber::of(0), 7_u64, caller(1).get() | 2));
        encoded.write_places(&[0, 1]);
        assert_eq!(encoded.bytes, [ACTOR, 0, 0, 7, ACTOR, 1, 2]);
        encoded.write_places(&[1, 0]);
        assert_eq!(encoded.bytes, [ACTOR, 1, 0, 7, ACTOR, 0, 2]);
        encoded.forget_itself(1);
        encoded.write_places(&[3, 4]);
        assert_eq!(encoded.bytes, [ACTOR, 3, 0, 7, ACTOR, ITSELF, 2]);
        assert_eq!([0, 1, 5].map(|number| actor(caller(number))), [Some(0), Some(1), Some(5)]);
    }

    #[test]
    fn what_only_actors_name_is_numbered_by_its_first_appearance() {
        let mut encoded = encoded(&(PRIVATE_NAMES + 7, 3_u64, PRIVATE_NAMES, PRIVATE_NAMES + 7));
        encoded.name_in_place();
        assert_eq!(encoded.bytes, [PRIVATE, 0, 3, PRIVATE, 1, PRIVATE, 0]);
        encoded.write_names(&mut SmallVec::from_slice(&[PRIVATE_NAMES]));
        assert_eq!(encoded.bytes, [PRIVATE, 1, 3, PRIVATE, 0, PRIVATE, 1]);
    }
}
