//! The states that were reached, as small as possible: a row of numbers each.
//!
//! A state consists of a bus, hosts, peripherals and actors. There are far fewer different ones of each than there are
//! states, so each is kept once, and a state is the row of their numbers; SPIN calls this collapse compression. Two
//! states are equal if their rows are, and rows are compared in full: nothing is lost to a hash. Each row also has
//! where its state was first reached from: the number of that state, and which of its steps it was.
//!
//! If actors count as alike, a state is known by another row (`alike`), and its own is kept only until the search has
//! looked at it.

use crate::actor::Actor;
use crate::alike::AlikeParts;
use crate::ends::{HostEnd, PeripheralEnd};
use crate::ownership::Ownership;
use crate::pool::{Pool, Rows, number};
use crate::property::Broken;
use crate::world::{SharedShape, World};
use smallvec::SmallVec;
use std::collections::VecDeque;

/// The numbers of the parts of one state.
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
    /// The rows by which states are known.
    rows: Rows,
    /// If these are not the states' own rows: those of the states that nobody has looked at yet, one after the other.
    alike: Option<(AlikeParts, VecDeque<u32>)>,
    width: usize,
    looked_at: usize,
    from: Vec<u32>,
    choices: Vec<u16>,
}

/// A state to look at.
pub(crate) struct Next<O: Ownership> {
    pub(crate) state: usize,
    pub(crate) row: Row,
    pub(crate) world: World<O>,
}

impl<O: Ownership> Kept<O> {
    /// Contains only the first state.
    pub(crate) fn new(first: &World<O>, actors_are_alike: bool) -> Self {
        let width = 2 + first.hosts.len() + first.peripherals.len() + first.actors.len();
        let mut kept = Self {
            shape: first.shape.clone(),
            counts: Counts { hosts: first.hosts.len(), peripherals: first.peripherals.len() },
            parts: Parts::default(),
            rows: Rows::new(if actors_are_alike { width - 1 } else { width }),
            alike: actors_are_alike.then(Default::default),
            width,
            looked_at: 0,
            from: Vec::new(),
            choices: Vec::new(),
        };
        kept.insert(first, &Row::new(), Origin { from: 0, choice: 0 });
        kept
    }

    /// How many states there are.
    pub(crate) fn len(&self) -> usize {
        self.from.len()
    }

    /// How many states were given out to look at.
    pub(crate) fn looked_at(&self) -> usize {
        self.looked_at
    }

    /// The next state to look at, in the order in which they were reached.
    pub(crate) fn next(&mut self) -> Option<Next<O>> {
        let state = self.looked_at;
        let row: Row = match &mut self.alike {
            _ if state >= self.from.len() => return None,
            None => Row::from_slice(self.rows.get(state)),
            Some((_, waiting)) => waiting.drain(..self.width).collect(),
        };
        self.looked_at += 1;
        let world = self.parts.world(&row, &self.shape, self.counts)?;
        Some(Next { state, row, world })
    }

    /// Where a state came from; the first came from nowhere.
    pub(crate) fn origin(&self, state: usize) -> Option<Origin> {
        let (from, choice) = (self.from.get(state)?, self.choices.get(state)?);
        (state > 0).then_some(Origin { from: *from as usize, choice: usize::from(*choice) })
    }

    /// Keeps a state if it is new; returns its number then. `near` is the row of a state that has much in common with
    /// it.
    pub(crate) fn insert(&mut self, world: &World<O>, near: &[u32], origin: Origin) -> Option<usize> {
        match &mut self.alike {
            None => self.rows.insert(&self.parts.row(world, near))?,
            Some((alike, waiting)) => {
                self.rows.insert(&alike.row(world))?;
                waiting.extend(self.parts.row(world, near));
            }
        }
        self.from.push(number(origin.from));
        self.choices.push(origin.choice as u16);
        Some(self.from.len() - 1)
    }
}

/// The parts of states.
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::encoding::{Encoded, encode};
    use crate::ownership::Production;
    use crate::ownership::linux::{Linux, Rules};
    use crate::shape::{Control, Release, Shape};

    /// The states along a path.
    fn some_states<O: Ownership>(
        rules: O::Rules,
        shape: &Shape,
        actors: usize,
        count: usize,
    ) -> Vec<World<O>> {
        let mut states = vec![World::<O>::up(rules, shape, actors).expect("it comes up")];
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

    fn comes_back_whole<O: Ownership>(rules: O::Rules, shape: &Shape, actors_are_alike: bool) {
        let states = some_states::<O>(rules, shape, 2, 500);
        let mut kept = Kept::new(&states[0], actors_are_alike);
        let mut near = kept.next().expect("the first").row;
        for world in &states[1..] {
            if kept.insert(world, &near, Origin { from: 0, choice: 0 }).is_some() {
                let next = kept.next().expect("the one that was kept");
                assert_eq!(&next.world, world);
                near = next.row;
            }
            assert_eq!(kept.insert(world, &[], Origin { from: 0, choice: 0 }), None, "it is known");
        }
        if actors_are_alike {
            return;
        }
        let different: std::collections::HashSet<&World<O>> = states.iter().collect();
        assert_eq!(kept.len(), different.len());
    }

    #[test]
    fn a_state_comes_back_whole_and_is_kept_once() {
        for actors_are_alike in [false, true] {
            comes_back_whole::<Production>((), &Shape::thread(), actors_are_alike);
            comes_back_whole::<Production>(
                (),
                &Shape::dual_link(Control::Dsi, Release::Plain),
                actors_are_alike,
            );
            comes_back_whole::<Linux>(
                Rules::Linux612,
                &Shape::of_one(Control::Dsi, Release::Plain),
                actors_are_alike,
            );
        }
    }

    /// Two values have the same bytes if and only if they are equal by `Eq`.
    #[test]
    fn bytes_tell_apart_what_is_different() {
        let states = some_states::<Production>((), &Shape::dual_link(Control::Other, Release::Plain), 2, 300);
        let bytes: Vec<Vec<u8>> = states
            .iter()
            .map(|world| {
                let mut encoded = Encoded::default();
                encode(world, &mut encoded);
                encoded.write_places(&[0, 1]);
                encoded.name_in_place();
                encoded.bytes
            })
            .collect();
        for (world, of) in states.iter().zip(&bytes) {
            for (other, of_other) in states.iter().zip(&bytes) {
                assert_eq!(of == of_other, world == other, "{world:?} {other:?}");
            }
        }
    }
}
