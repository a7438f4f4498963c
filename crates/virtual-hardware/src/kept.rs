//! A list of what happened that does not grow for ever: the newest entries, and how many there were in all.
//!
//! Panels that live through millions of commands use constant memory. The list is for people and tests to look
//! at; no code decides anything by it.

use std::collections::VecDeque;

/// Entries that a list keeps; older ones are dropped and still counted.
pub const MAX_KEPT: usize = 4096;

/// The newest [`MAX_KEPT`] entries, oldest first.
#[derive(Clone, Debug)]
pub(crate) struct Kept<T> {
    entries: VecDeque<T>,
    total: u64,
}

impl<T: Clone> Kept<T> {
    pub(crate) const fn new() -> Self {
        Self { entries: VecDeque::new(), total: 0 }
    }

    pub(crate) fn push(&mut self, entry: T) {
        if self.entries.len() >= MAX_KEPT {
            self.entries.pop_front();
        }
        self.entries.push_back(entry);
        self.total += 1;
    }

    /// Entries that were pushed since the list was made or cleared, dropped ones included.
    pub(crate) const fn total(&self) -> u64 {
        self.total
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &T> {
        self.entries.iter()
    }

    pub(crate) fn to_vec(&self) -> Vec<T> {
        self.entries.iter().cloned().collect()
    }

    pub(crate) fn clear(&mut self) {
        *self = Self::new();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_are_kept_in_order_and_all_are_counted() {
        let mut kept = Kept::new();
        for entry in 0..MAX_KEPT {
            kept.push(entry);
        }
        assert_eq!((kept.iter().next(), kept.to_vec().len()), (Some(&0), MAX_KEPT));
        kept.push(MAX_KEPT);
        kept.push(MAX_KEPT + 1);
        assert_eq!(kept.to_vec(), (2..MAX_KEPT + 2).collect::<Vec<_>>());
        assert_eq!(kept.total(), MAX_KEPT as u64 + 2);
        kept.clear();
        assert_eq!((kept.to_vec(), kept.total()), (vec![], 0));
    }
}
