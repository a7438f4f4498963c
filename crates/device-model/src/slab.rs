//! Slots that are reused, with generations that are not.
//!
//! What it is for: constant memory under any number of arrivals and departures, and old ids that stay dead.
//! What it is not: ordered. Whoever needs an order (of adding, of binding) keeps serial numbers beside it.

use crate::id::{SlabId, Stale};

/// # Invariants
///
/// * A slot's generation grows by one whenever its tenant leaves, so no two tenants ever have the same id.
/// * `free` names exactly the empty slots; `slots.len()` is the largest number of tenants that there ever was at once.
pub(crate) struct Slab<I, T> {
    slots: Vec<Slot<T>>,
    free: Vec<usize>,
    _id: std::marker::PhantomData<I>,
}

struct Slot<T> {
    generation: u64,
    tenant: Option<T>,
}

impl<I: SlabId, T> Slab<I, T> {
    pub(crate) fn new() -> Self {
        Self { slots: Vec::new(), free: Vec::new(), _id: std::marker::PhantomData }
    }

    /// Takes in `tenant`; the slot that was left last is used first.
    pub(crate) fn insert(&mut self, tenant: T) -> I {
        self.insert_with(|_| tenant)
    }

    /// Takes in what `make` returns; `make` gets the new id.
    pub(crate) fn insert_with(&mut self, make: impl FnOnce(I) -> T) -> I {
        if let Some(index) = self.free.pop()
            && let Some(slot) = self.slots.get_mut(index)
        {
            let id = I::from_parts(index, slot.generation);
            slot.tenant = Some(make(id));
            return id;
        }
        let id = I::from_parts(self.slots.len(), 0);
        self.slots.push(Slot { generation: 0, tenant: Some(make(id)) });
        id
    }

    /// Moves the tenant out. The caller drops it, where no borrow is held.
    pub(crate) fn remove(&mut self, id: I) -> Option<T> {
        let slot = self.slots.get_mut(id.index())?;
        if slot.generation != id.generation() {
            return None;
        }
        let tenant = slot.tenant.take()?;
        slot.generation += 1;
        self.free.push(id.index());
        Some(tenant)
    }

    pub(crate) fn get(&self, id: I) -> Option<&T> {
        self.slots.get(id.index()).filter(|slot| slot.generation == id.generation())?.tenant.as_ref()
    }

    pub(crate) fn get_mut(&mut self, id: I) -> Option<&mut T> {
        self.slots.get_mut(id.index()).filter(|slot| slot.generation == id.generation())?.tenant.as_mut()
    }

    /// The error for an id that `get` refuses.
    pub(crate) fn stale(&self, got: I) -> Stale<I> {
        let now = self
            .slots
            .get(got.index())
            .and_then(|slot| slot.tenant.as_ref().map(|_| I::from_parts(got.index(), slot.generation)));
        Stale { got, now }
    }

    /// Tenants in the order of their slots.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (I, &T)> {
        self.slots.iter().enumerate().filter_map(|(index, slot)| {
            let tenant = slot.tenant.as_ref()?;
            Some((I::from_parts(index, slot.generation), tenant))
        })
    }

    pub(crate) fn len(&self) -> usize {
        self.slots.len() - self.free.len()
    }

    /// How many slots were ever made: the memory that the slab holds.
    pub(crate) fn slots(&self) -> usize {
        self.slots.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::DeviceId;

    #[test]
    fn a_slot_is_used_again_and_its_old_id_stays_dead() {
        let mut slab: Slab<DeviceId, &str> = Slab::new();
        let first = slab.insert("first");
        assert_eq!(slab.remove(first), Some("first"));
        let second = slab.insert("second");
        assert_eq!(slab.slots(), 1);
        assert_ne!(first, second);
        assert_eq!(slab.get(first), None);
        assert_eq!(slab.get_mut(first), None);
        assert_eq!(slab.remove(first), None);
        assert_eq!(slab.get(second), Some(&"second"));
        assert_eq!(slab.stale(first), Stale { got: first, now: Some(second) });
    }

    #[test]
    fn an_id_that_was_never_given_is_refused() {
        let mut slab: Slab<DeviceId, ()> = Slab::new();
        let stranger = DeviceId::from_parts(7, 0);
        assert_eq!(slab.get(stranger), None);
        assert_eq!(slab.remove(stranger), None);
        assert_eq!(slab.len(), 0);
        assert_eq!(slab.stale(stranger).now, None);
    }
}
