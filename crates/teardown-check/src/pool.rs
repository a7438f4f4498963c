//! Different values, each kept once and known by a number.

use foldhash::fast::FixedState;
use hashbrown::HashTable;
use hashbrown::hash_table::Entry;
use std::hash::{BuildHasher, Hash};

/// The number of a state or of a part. With 32 bits it takes half of the memory of 64.
///
/// # Panics
///
/// If there are more than four billion: no machine has the memory.
pub(crate) fn number(index: usize) -> u32 {
    u32::try_from(index).expect("more than 4,294,967,295 states")
}

/// Different values of one type, numbered.
pub(crate) struct Pool<T> {
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
    pub(crate) fn get(&self, number: u32) -> Option<&T> {
        self.values.get(number as usize)
    }

    /// The values with these numbers.
    pub(crate) fn all<C: FromIterator<T>>(&self, numbers: &[u32]) -> Option<C> {
        numbers.iter().map(|number| self.get(*number).cloned()).collect()
    }

    /// The number of a value, which is added if it is new.
    pub(crate) fn number(&mut self, value: &T, near: Option<u32>) -> u32 {
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

/// Different strings of bytes, numbered.
#[derive(Default)]
pub(crate) struct BytesPool {
    strings: Strings,
    /// Each with the lower half of its hash, so that few strings have to be compared.
    known: HashTable<(u32, u32)>,
    hash: FixedState,
}

/// Strings of bytes in one piece.
#[derive(Default)]
struct Strings {
    bytes: Vec<u8>,
    /// Where each string ends; it begins where the one before it ends.
    ends: Vec<usize>,
}

impl Strings {
    fn get(&self, number: u32) -> &[u8] {
        let number = number as usize;
        let from = number.checked_sub(1).and_then(|before| self.ends.get(before)).copied().unwrap_or(0);
        self.ends.get(number).and_then(|end| self.bytes.get(from..*end)).unwrap_or_default()
    }
}

impl BytesPool {
    /// The number of this string.
    pub(crate) fn number(&mut self, string: &[u8]) -> u32 {
        let Self { strings, known, hash: state } = self;
        let hash = state.hash_one(string);
        let is_it = |(of, number): &(u32, u32)| *of == hash as u32 && strings.get(*number) == string;
        match known.entry(hash, is_it, |(_, number)| state.hash_one(strings.get(*number))) {
            Entry::Occupied(known) => known.get().1,
            Entry::Vacant(place) => {
                let number = number(strings.ends.len());
                place.insert((hash as u32, number));
                strings.bytes.extend_from_slice(string);
                strings.ends.push(strings.bytes.len());
                number
            }
        }
    }
}

/// Rows of one width, each once.
pub(crate) struct Rows {
    width: usize,
    numbers: Vec<u32>,
    known: HashTable<u32>,
    hash: FixedState,
}

impl Rows {
    pub(crate) fn new(width: usize) -> Self {
        Self { width, numbers: Vec::new(), known: HashTable::new(), hash: FixedState::with_seed(0) }
    }

    pub(crate) fn get(&self, row: usize) -> &[u32] {
        row_of(&self.numbers, self.width, row)
    }

    /// Adds a row that is new.
    pub(crate) fn insert(&mut self, row: &[u32]) -> Option<()> {
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
