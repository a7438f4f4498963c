//! The built-in orders, in groups.

use crate::manner::Manner;
use crate::order::Order;
use crate::possible::{self, Idle};
use crate::variant::{BASIC, Device, PERIPHERALS, Peripherals, Variant};

/// A group of built-in orders.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Group {
    /// The four basic variants, every order of up to three steps: 506.
    Basic,
    /// The further variants, and the other manners of host.
    Further,
    /// Two threads, on slow hosts.
    Races,
}

impl Group {
    /// All groups.
    pub const ALL: [Self; 3] = [Self::Basic, Self::Further, Self::Races];
}

/// The orders of a group.
#[must_use]
pub fn built_in(group: Group) -> Vec<Order> {
    match group {
        Group::Basic => BASIC
            .into_iter()
            .flat_map(|known| possible::orders(Variant::plain(known), 3, Idle::Included))
            .collect(),
        Group::Further => {
            let others = PERIPHERALS.iter().filter(|known| !BASIC.contains(known)).map(Variant::plain);
            let manners = [Manner::Sending, Manner::Refusing, Manner::Parent, Manner::Parent1];
            let on_others = manners
                .into_iter()
                .flat_map(|host| BASIC.into_iter().map(move |peripherals| Variant { peripherals, host }));
            others
                .chain(on_others)
                .flat_map(|variant| possible::orders(variant, depth(&variant), Idle::LeftOut))
                .collect()
        }
        Group::Races => {
            let is_two_bridges = |known: &&Peripherals| {
                known.device == Device::OnAnotherBus && known.links.len() > 1 && known.channels() > 1
            };
            let two = PERIPHERALS.iter().filter(is_two_bridges);
            BASIC.into_iter().chain(two).flat_map(possible::races).collect()
        }
    }
}

/// How many steps the orders of a further variant have: three if the third shows something new.
fn depth(variant: &Variant) -> usize {
    // With twice as much on the bench two steps are hundreds of orders, and another manner of host shows at once.
    let is_large = variant.peripherals.channels() > 1;
    if is_large || variant.host != Manner::Plain { 2 } else { 3 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_built_in_is_written_and_read_again() {
        for order in Group::ALL.into_iter().flat_map(built_in) {
            let text = order.to_string();
            let (variant, steps) = text.split_once(": ").expect("a variant and steps");
            assert_eq!(Order::parse(variant, steps), Ok(order));
        }
    }

    #[test]
    fn the_groups_are_large_and_disjoint() {
        assert_eq!(built_in(Group::Basic).len(), 506);
        let races = built_in(Group::Races);
        let is_slow = |order: &Order| {
            matches!(order.variant.host, Manner::Slow | Manner::SlowAttach | Manner::SlowTransfer)
        };
        assert!(races.iter().all(is_slow));
        assert!(races.iter().all(|order| order.has_threads()));
        let further = built_in(Group::Further);
        assert!(!further.iter().any(is_slow));
        let is_basic =
            |order: &Order| order.variant.host == Manner::Plain && BASIC.contains(&order.variant.peripherals);
        assert!(!further.iter().any(is_basic));
    }
}
