//! The orders that are built in, in groups.

use crate::order::{self, Idle, Order};
use crate::variant::{BASIC, PERIPHERALS, PLAIN_HOST, REFUSING_HOST, Variant};

/// A group of built-in orders.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Group {
    /// The four basic variants, every order of up to three steps: 506.
    Basic,
    /// The further variants, and hosts of other manners.
    Further,
    /// Two threads, on slow hosts.
    Races,
}

impl Group {
    /// All.
    pub const ALL: [Self; 3] = [Self::Basic, Self::Further, Self::Races];
}

/// The orders of a group.
#[must_use]
pub fn built_in(group: Group) -> Vec<Order> {
    match group {
        Group::Basic => BASIC
            .into_iter()
            .flat_map(|known| order::orders(Variant::plain(known), 3, Idle::Included))
            .collect(),
        Group::Further => {
            let others = PERIPHERALS.iter().filter(|known| !BASIC.contains(known)).map(Variant::plain);
            let manners = ["sending-host", REFUSING_HOST, "parent-host", "parent-host-1"];
            let on_others = manners
                .into_iter()
                .flat_map(|host| BASIC.into_iter().map(move |peripherals| Variant { peripherals, host }));
            others
                .chain(on_others)
                .flat_map(|variant| order::orders(variant, depth(&variant), Idle::LeftOut))
                .collect()
        }
        Group::Races => {
            let two = PERIPHERALS.iter().filter(|known| known.name.contains("-two-bridges"));
            BASIC.into_iter().chain(two).flat_map(order::races).collect()
        }
    }
}

/// How many steps the orders of a further variant have: three where the third is what tells something.
fn depth(variant: &Variant) -> usize {
    // With twice as much on the table two steps are hundreds of orders, and another manner of host shows at once.
    let is_large = ["-two-", "-dual-"].iter().any(|part| variant.peripherals.name.contains(part));
    if is_large || variant.host != PLAIN_HOST { 2 } else { 3 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_groups_are_large_and_disjoint() {
        assert_eq!(built_in(Group::Basic).len(), 506);
        let races = built_in(Group::Races);
        assert!(races.iter().all(|order| order.variant.host.starts_with("slow-")));
        assert!(races.iter().all(|order| order.steps.iter().any(|step| step.started)));
        let further = built_in(Group::Further);
        assert!(!further.iter().any(|order| order.variant.host.starts_with("slow-")));
        let is_basic =
            |order: &Order| order.variant.host == PLAIN_HOST && BASIC.contains(&order.variant.peripherals);
        assert!(!further.iter().any(is_basic));
    }
}
