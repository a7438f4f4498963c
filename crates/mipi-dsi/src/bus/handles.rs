//! Counts of the handles that name a registration. Nothing depends on them: they are there to be looked at.

use super::key::Generation;

/// How many handles name a registration, so that "gone but still held" can be shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Handles {
    /// Of the present or last registration.
    pub current: u32,
    /// Of earlier ones, together.
    pub old: u32,
}

impl Handles {
    /// One more handle of the registration `named`, where `newest` is the present or last one.
    pub(super) fn add(&mut self, named: Generation, newest: Generation) {
        let count = if named == newest { &mut self.current } else { &mut self.old };
        *count = count.saturating_add(1);
    }

    /// One handle less.
    pub(super) fn remove(&mut self, named: Generation, newest: Generation) {
        let count = if named == newest { &mut self.current } else { &mut self.old };
        *count = count.saturating_sub(1);
    }

    /// A new registration begins: the handles so far are those of earlier ones.
    pub(super) fn succeed(&mut self) {
        *self = Self { current: 0, old: self.old.saturating_add(self.current) };
    }
}
