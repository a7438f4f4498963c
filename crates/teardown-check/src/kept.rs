//! The states that were reached, as small as can be: a row of numbers each.
//!
//! A state is made of a bus, hosts, peripherals and actors. There are far fewer different ones of each than there are
//! states, so each is kept once, and a state is the row of their numbers; SPIN calls this collapse compression. Two
//! states are one if their rows are, and rows are compared in full: nothing is lost to a hash. With each row comes
//! where its state was first reached from: the number of that state, and which of its steps it was.
//!
//! Where actors count as alike, a state has a second row, of its bytes with the actors in a canonical order, and is
//! known by that.

use crate::actor::{Actor, Frame};
use crate::encoding::encode;
use crate::ends::{HostEnd, PeripheralEnd};
use crate::ownership::Ownership;
use crate::property::Broken;
use crate::world::{SharedShape, World};
use foldhash::fast::FixedState;
use hashbrown::HashTable;
use hashbrown::hash_table::Entry;
use smallvec::SmallVec;
use std::hash::{BuildHasher, Hash};

/// The numbers of what one state is made of.
type Row = SmallVec<[u32; 8]>;

/// Where a state came from: the number of the state that it was reached from, and which of its steps it was.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Origin {
    pub(crate) from: usize,
    pub(crate) choice: usize,
}

/// How many hosts and peripherals each state has.
#[derive(Debug, Clone, Copy)]
struct Counts {
    hosts: usize,
    peripherals: usize,
}

/// The states that were reached.
pub(crate) struct Kept<O: Ownership> {
    shape: SharedShape,
    counts: Counts,
    parts: Parts<O>,
    rows: Rows,
    /// What the states are known by, where that is not their own rows.
    alike: Option<Alike>,
    from: Vec<u32>,
    choices: Vec<u16>,
}

impl<O: Ownership> Kept<O> {
    /// With only the first state.
    pub(crate) fn new(first: &World<O>, actors_are_alike: bool) -> Self {
        let width = 2 + first.hosts.len() + first.peripherals.len() + first.actors.len();
        let mut kept = Self {
            shape: first.shape.clone(),
            counts: Counts { hosts: first.hosts.len(), peripherals: first.peripherals.len() },
            parts: Parts::default(),
            rows: Rows::new(width),
            alike: actors_are_alike.then(|| Alike { parts: Pool::default(), rows: Rows::new(width - 1) }),
            from: Vec::new(),
            choices: Vec::new(),
        };
        kept.insert(first, &Row::new(), Origin { from: 0, choice: 0 });
        kept
    }

    /// How many there are.
    pub(crate) fn len(&self) -> usize {
        self.from.len()
    }

    /// The row of a state.
    pub(crate) fn row(&self, state: usize) -> Row {
        Row::from_slice(self.rows.get(state))
    }

    /// A state.
    pub(crate) fn world(&self, state: usize) -> Option<World<O>> {
        self.parts.world(self.rows.get(state), &self.shape, self.counts)
    }

    /// Where a state came from; the first came from nowhere.
    pub(crate) fn origin(&self, state: usize) -> Option<Origin> {
        let (from, choice) = (self.from.get(state)?, self.choices.get(state)?);
        (state > 0).then_some(Origin { from: *from as usize, choice: usize::from(*choice) })
    }

    /// Keeps a state that is new; gives its number. `near` is the row of one that has much in common with it.
    pub(crate) fn insert(&mut self, world: &World<O>, near: &[u32], origin: Origin) -> Option<usize> {
        let row = match &mut self.alike {
            None => {
                let row = self.parts.row(world, near);
                self.rows.insert(&row)?;
                None
            }
            Some(alike) => {
                let row = alike.row(world);
                alike.rows.insert(&row)?;
                Some(self.parts.row(world, near))
            }
        };
        if let Some(row) = row {
            self.rows.push(&row);
        }
        self.from.push(number(origin.from));
        self.choices.push(origin.choice as u16);
        Some(self.from.len() - 1)
    }
}

/// A number of a state or of a part. With 32 bits it takes half of the memory.
///
/// # Panics
///
/// With more than four billion: no machine has the memory.
fn number(index: usize) -> u32 {
    u32::try_from(index).expect("more than 4,294,967,295 states")
}

/// Rows of one width, each once.
struct Rows {
    width: usize,
    numbers: Vec<u32>,
    known: HashTable<u32>,
    hash: FixedState,
}

impl Rows {
    fn new(width: usize) -> Self {
        Self { width, numbers: Vec::new(), known: HashTable::new(), hash: FixedState::with_seed(0) }
    }

    fn get(&self, row: usize) -> &[u32] {
        row_of(&self.numbers, self.width, row)
    }

    /// Adds a row, whether it is known or not.
    fn push(&mut self, row: &[u32]) {
        self.numbers.extend_from_slice(row);
    }

    /// Adds a row that is new.
    fn insert(&mut self, row: &[u32]) -> Option<()> {
        let Self { width, numbers, known, hash } = self;
        let of = |other: &u32| row_of(numbers, *width, *other as usize);
        match known.entry(hash.hash_one(row), |other| of(other) == row, |other| hash.hash_one(of(other))) {
            Entry::Occupied(_) => None,
            Entry::Vacant(place) => {
                place.insert(number(numbers.len() / *width));
                numbers.extend_from_slice(row);
                Some(())
            }
        }
    }
}

fn row_of(numbers: &[u32], width: usize, row: usize) -> &[u32] {
    numbers.get(row * width..(row + 1) * width).unwrap_or_default()
}

/// Different values of one type, numbered.
struct Pool<T> {
    values: Vec<T>,
    /// Each with its hash, so that no value is hashed twice.
    known: HashTable<(u64, u32)>,
    hash: FixedState,
}

impl<T> Default for Pool<T> {
    fn default() -> Self {
        Self { values: Vec::new(), known: HashTable::new(), hash: FixedState::with_seed(0) }
    }
}

impl<T: Clone + Eq + Hash> Pool<T> {
    fn get(&self, number: u32) -> Option<&T> {
        self.values.get(number as usize)
    }

    /// Those with these numbers.
    fn all<C: FromIterator<T>>(&self, numbers: &[u32]) -> Option<C> {
        numbers.iter().map(|number| self.get(*number).cloned()).collect()
    }

    /// The number of a value, which may be this one.
    fn number(&mut self, value: &T, near: Option<u32>) -> u32 {
        if let Some(near) = near.filter(|near| self.get(*near).is_some_and(|near| value == near)) {
            return near;
        }
        let Self { values, known, hash } = self;
        let hash = hash.hash_one(value);
        let is_it = |(of, number): &(u64, u32)| {
            *of == hash && values.get(*number as usize).is_some_and(|known| value == known)
        };
        match known.entry(hash, is_it, |(of, _)| *of) {
            Entry::Occupied(known) => known.get().1,
            Entry::Vacant(place) => {
                let number = number(values.len());
                values.push(value.clone());
                place.insert((hash, number));
                number
            }
        }
    }
}

/// What states are made of.
struct Parts<O: Ownership> {
    buses: Pool<O>,
    hosts: Pool<HostEnd>,
    peripherals: Pool<PeripheralEnd<O::Handle>>,
    actors: Pool<Option<Actor<O>>>,
}

impl<O: Ownership> Default for Parts<O> {
    fn default() -> Self {
        Self {
            buses: Pool::default(),
            hosts: Pool::default(),
            peripherals: Pool::default(),
            actors: Pool::default(),
        }
    }
}

impl<O: Ownership> Parts<O> {
    /// The bus, the hosts, the peripherals, the actors; and what the last step broke and did, as one number.
    fn row(&mut self, world: &World<O>, near: &[u32]) -> Row {
        let World { shape: _, bus, hosts, peripherals, actors, broke, events } = world;
        let mut near = near.iter().copied();
        let mut row = Row::new();
        row.push(self.buses.number(bus, near.next()));
        row.extend(hosts.iter().map(|host| self.hosts.number(host, near.next())));
        row.extend(peripherals.iter().map(|end| self.peripherals.number(end, near.next())));
        row.extend(actors.iter().map(|actor| self.actors.number(actor, near.next())));
        row.push(u32::from(broke.bits()) << 8 | u32::from(*events));
        row
    }

    /// Makes a state of a row.
    fn world(&self, row: &[u32], shape: &SharedShape, counts: Counts) -> Option<World<O>> {
        let (bus, row) = row.split_first()?;
        let (hosts, row) = row.split_at_checked(counts.hosts)?;
        let (peripherals, row) = row.split_at_checked(counts.peripherals)?;
        let (last, actors) = row.split_last()?;
        Some(World {
            shape: shape.clone(),
            bus: self.buses.get(*bus)?.clone(),
            hosts: self.hosts.all(hosts)?,
            peripherals: self.peripherals.all(peripherals)?,
            actors: self.actors.all(actors)?,
            broke: Broken::from_bits((last >> 8) as u16),
            events: *last as u8,
        })
    }
}

/// What states are known by where actors count as alike.
struct Alike {
    parts: Pool<Vec<u8>>,
    rows: Rows,
}

impl Alike {
    /// The row of all states that differ from this only in who is who: of all orders of the actors the least.
    fn row<O: Ownership>(&mut self, world: &World<O>) -> Row {
        let mut least: Option<Row> = None;
        for order in orders(&world.actors) {
            let row = self.row_in(world, &order);
            if least.as_ref().is_none_or(|least| row < *least) {
                least = Some(row);
            }
        }
        least.unwrap_or_default()
    }

    fn row_in<O: Ownership>(&mut self, world: &World<O>, order: &[usize]) -> Row {
        let mut places: SmallVec<[u8; 8]> = SmallVec::from_elem(0, order.len());
        for (place, actor) in order.iter().enumerate() {
            if let Some(of) = places.get_mut(*actor) {
                *of = place as u8;
            }
        }
        let mut world = world.clone();
        let actors = order.iter().map(|actor| world.actors.get_mut(*actor).and_then(Option::take)).collect();
        world.actors = actors;
        world.canonical();
        let mut bytes = Vec::new();
        let mut number = |value: &dyn Fn(&mut Vec<u8>)| {
            bytes.clear();
            value(&mut bytes);
            self.parts.number(&bytes, None)
        };
        let mut row = Row::new();
        row.push(number(&|bytes| {
            encode(&world.bus, &places, bytes);
            // These are no part of their own here.
            encode(&(world.broke, world.events), &places, bytes);
        }));
        row.extend(world.hosts.iter().map(|host| number(&|bytes| encode(host, &places, bytes))));
        row.extend(world.peripherals.iter().map(|end| number(&|bytes| encode(end, &places, bytes))));
        row.extend(world.actors.iter().map(|actor| number(&|bytes| encode(actor, &places, bytes))));
        row
    }
}

/// The orders of actors that have to be looked at: sorted by what does not depend on the order, and of those that are
/// alike in that all permutations.
fn orders<O: Ownership>(actors: &[Option<Actor<O>>]) -> Vec<SmallVec<[usize; 8]>> {
    let looks: SmallVec<[Look; 4]> = actors.iter().map(look).collect();
    let mut order: SmallVec<[usize; 8]> = (0..actors.len()).collect();
    order.sort_by_key(|actor| looks.get(*actor));
    let mut orders = vec![order.clone()];
    // Heap's way would be shorter to run, this is shorter to read: of each pair that looks alike, both orders.
    for _ in 1..order.len() {
        for at in 1..order.len() {
            let are_alike = |order: &[usize]| {
                let look = |at: usize| order.get(at).and_then(|actor| looks.get(*actor));
                look(at - 1) == look(at) && look(at).is_some_and(|look| !look.is_empty())
            };
            for index in 0..orders.len() {
                let Some(mut other) = orders.get(index).filter(|order| are_alike(order)).cloned() else {
                    continue;
                };
                other.swap(at - 1, at);
                if !orders.contains(&other) {
                    orders.push(other);
                }
            }
        }
    }
    orders
}

/// What an actor looks like, whoever is who.
type Look = SmallVec<[u16; 8]>;

fn look<O: Ownership>(actor: &Option<Actor<O>>) -> Look {
    let Some(actor) = actor else { return Look::new() };
    let frame = |frame: &Frame<O>| match frame {
        Frame::Program(program) => u16::from(program.at) << 2,
        Frame::Call(_) => 1,
        Frame::HostCall { freed, .. } => 2 | u16::from(*freed) << 2,
    };
    let flags = u16::from(actor.is_alone) | u16::from(actor.refused) << 1 | (actor.asleep as u16) << 2;
    std::iter::once(flags).chain(actor.stack.iter().map(frame)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ownership::Production;
    use crate::ownership::linux::{Linux, Linux612};
    use crate::shape::{Control, Release, Shape};

    /// States along a way that takes now this step, now that.
    fn some_states<O: Ownership>(shape: &Shape, actors: usize, count: usize) -> Vec<World<O>> {
        let mut states = vec![World::<O>::up(shape, actors).expect("it comes up")];
        let mut steps = Vec::new();
        for turn in 0.. {
            let Some(world) = states.last().filter(|_| states.len() < count) else { break };
            steps.clear();
            world.steps(&mut steps);
            let step = steps[(turn * 7 + turn / 11) % steps.len()];
            let next = world.after(step);
            states.push(next);
        }
        states
    }

    fn comes_back_whole<O: Ownership>(shape: &Shape) {
        let states = some_states::<O>(shape, 2, 500);
        let mut kept = Kept::new(&states[0], false);
        let mut near = kept.row(0);
        for world in &states[1..] {
            if let Some(state) = kept.insert(world, &near, Origin { from: 0, choice: 0 }) {
                assert_eq!(kept.world(state).as_ref(), Some(world));
                near = kept.row(state);
            }
            assert_eq!(kept.insert(world, &[], Origin { from: 0, choice: 0 }), None, "it is known");
        }
        let different: std::collections::HashSet<&World<O>> = states.iter().collect();
        assert_eq!(kept.len(), different.len());
    }

    #[test]
    fn a_state_comes_back_whole_and_is_kept_once() {
        comes_back_whole::<Production>(&Shape::thread());
        comes_back_whole::<Production>(&Shape::dual_link(Control::Dsi, Release::Plain));
        comes_back_whole::<Linux<Linux612>>(&Shape::of_one(Control::Dsi, Release::Plain));
    }

    /// As bytes too: what is told apart by them is what is told apart by `Eq`.
    #[test]
    fn bytes_tell_apart_what_is_different() {
        let states = some_states::<Production>(&Shape::dual_link(Control::Other, Release::Plain), 2, 300);
        let bytes: Vec<Vec<u8>> = states
            .iter()
            .map(|world| {
                let mut bytes = Vec::new();
                encode(world, &[0, 1], &mut bytes);
                bytes
            })
            .collect();
        for (world, of) in states.iter().zip(&bytes) {
            for (other, of_other) in states.iter().zip(&bytes) {
                assert_eq!(of == of_other, world == other, "{world:?} {other:?}");
            }
        }
    }
}
