//! What states have in common that differ only in which actor is which: rows of numbers, in which the actors come in an
//! order that does not depend on which actor is which.
//!
//! Each actor is written as bytes that name no actor: it names itself as "itself", and a generation that only actors
//! still name by its place in that actor's bytes. The actors are sorted by these bytes and by where the rest of the
//! state has them. Two that are equal in both can change places without any difference. Whatever the order is, a row
//! has everything that a state has, so two states with one row differ only in which actor is which. If the order were
//! not the same for two such states, they would count twice, and nothing would be lost.

use crate::encoding::{Encoded, Mention, encode};
use crate::ownership::Ownership;
use crate::pool::BytesPool;
use crate::world::World;
use smallvec::SmallVec;

/// The numbers of the parts of one state, the same for all states that differ from it only in which actor is which.
pub(crate) type AlikeRow = SmallVec<[u32; 8]>;

/// The parts of rows in which actors count as alike.
#[derive(Default)]
pub(crate) struct AlikeParts {
    parts: BytesPool,
    shared: Encoded,
    actors: Vec<EncodedActor>,
}

/// An actor as bytes, and where the rest of the state refers to it.
#[derive(Default)]
struct EncodedActor {
    index: usize,
    encoded: Encoded,
    /// Positions in the bytes that all actors share.
    mentioned: SmallVec<[u32; 8]>,
}

impl AlikeParts {
    /// The row of a state: the bus, what the last step broke and did; hosts; peripherals; actors in their order.
    pub(crate) fn row<O: Ownership>(&mut self, world: &World<O>) -> AlikeRow {
        let Self { parts, shared, actors } = self;
        shared.clear();
        let mut ends: SmallVec<[usize; 8]> = SmallVec::new();
        encode(&(&world.bus, world.broke, world.events), shared);
        ends.push(shared.bytes.len());
        for host in &world.hosts {
            encode(host, shared);
            ends.push(shared.bytes.len());
        }
        for peripheral in &world.peripherals {
            encode(peripheral, shared);
            ends.push(shared.bytes.len());
        }
        actors.resize_with(world.actors.len(), EncodedActor::default);
        for (index, (actor, is)) in actors.iter_mut().zip(&world.actors).enumerate() {
            actor.encode(index, is);
        }
        for Mention { at, actor } in &shared.actors {
            if let Some(actor) = actors.get_mut(*actor) {
                actor.mentioned.push(*at);
            }
        }
        actors.sort_unstable_by(|one, other| {
            (&one.encoded.bytes, &one.mentioned).cmp(&(&other.encoded.bytes, &other.mentioned))
        });
        let mut places: SmallVec<[u8; 8]> = SmallVec::from_elem(0, actors.len());
        for (place, actor) in (0..).zip(&*actors) {
            if let Some(of) = places.get_mut(actor.index) {
                *of = place;
            }
        }
        shared.write_places(&places);
        let mut known: SmallVec<[u64; 8]> = SmallVec::new();
        let mut row = AlikeRow::new();
        let mut from = 0;
        for end in ends {
            row.push(parts.number(shared.bytes.get(from..end).unwrap_or_default()));
            from = end;
        }
        for actor in actors {
            actor.encoded.write_places(&places);
            actor.encoded.write_names(&mut known);
            row.push(parts.number(&actor.encoded.bytes));
        }
        row
    }
}

impl EncodedActor {
    fn encode(&mut self, index: usize, actor: &impl std::hash::Hash) {
        self.index = index;
        self.mentioned.clear();
        self.encoded.clear();
        encode(actor, &mut self.encoded);
        self.encoded.forget_itself(index);
        self.encoded.name_in_place();
    }
}
