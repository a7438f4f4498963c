//! Which orders of steps are possible.
//!
//! An order counts only if real drivers could take each of its steps: a command comes from a bound peripheral, and
//! nothing is done to a device that does not exist. Binding what is bound and unbinding what is not bound are steps that
//! do nothing.

use crate::bound::Bench;
use crate::manner::Manner;
use crate::order::Order;
use crate::step::{Act, End, Step};
use crate::variant::{Device, Peripherals, Variant};
use std::convert::Infallible;
use teardown_steps::orders;

/// Whether steps that do nothing are among the orders.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Idle {
    /// They are included.
    Included,
    /// They are left out, which makes far fewer orders with the same outcomes.
    LeftOut,
}

/// Every possible order of one to `depth` steps, the short ones first.
#[must_use]
pub fn orders(variant: Variant, depth: usize, idle: Idle) -> Vec<Order> {
    let start = Bench::new(&variant);
    let can_be_made = |acts: &[Act]| {
        let Some((last, before)) = acts.split_last() else { return Ok(false) };
        let mut bench = start.clone();
        before.iter().for_each(|act| bench.take(*act));
        let counts =
            bench.why_not(*last).is_none() && (idle == Idle::Included || bench.does_something(*last));
        Ok::<_, Infallible>(counts)
    };
    let Ok(orders) = orders::up_to(&start.acts(), depth, can_be_made);
    let order = |acts: Vec<Act>| Order { variant, steps: acts.into_iter().map(Step::Do).collect() };
    orders.into_iter().map(order).collect()
}

/// The orders for two threads: a call begins in a thread and, while the host sleeps in it or a while later, something
/// else is done. What both of them need is there when the first begins.
#[must_use]
pub fn races(peripherals: &'static Peripherals) -> Vec<Order> {
    let start = Bench::new(&Variant::plain(peripherals));
    let unbinds = start.acts().into_iter().filter(|act| matches!(act, Act::Unbind(_)));
    let mut found = Vec::new();
    for before in std::iter::once(None).chain(unbinds.map(Some)) {
        let mut bench = start.clone();
        before.into_iter().for_each(|act| bench.take(act));
        let can: Vec<_> = bench.acts().into_iter().filter(|act| bench.why_not(*act).is_none()).collect();
        for first in can.iter().copied().filter(|act| bench.does_something(*act)) {
            for second in can.iter().copied() {
                if !is_new(peripherals.device, before, first, second) {
                    continue;
                }
                for waits in [false, true] {
                    let mut steps: Vec<_> = before.into_iter().map(Step::Do).collect();
                    steps.push(Step::Start(first));
                    steps.extend(waits.then_some(Step::Wait));
                    steps.push(Step::Do(second));
                    found.push(Order { variant: Variant { peripherals, host: sleeper(first) }, steps });
                }
            }
        }
    }
    found
}

/// The host that sleeps in the call that begins first. A host that sleeps in all its calls would not be gone before a
/// call ends that began earlier.
fn sleeper(first: Act) -> Manner {
    match first {
        Act::Command(_) => Manner::SlowTransfer,
        Act::Bind(_) => Manner::SlowAttach,
        Act::Unbind(_) => Manner::Slow,
    }
}

/// Whether two acts are possible at once, and are not among the races that begin with everything bound.
fn is_new(device: Device, before: Option<Act>, first: Act, second: Act) -> bool {
    match (before, first, second) {
        // The driver that would send the command has begun to leave.
        (_, Act::Unbind(End::Peripheral(_)), Act::Command(_)) => false,
        (None, ..) | (Some(_), Act::Bind(_), _) => true,
        // One comes to a host that goes, and does not go with it.
        (Some(Act::Unbind(end)), Act::Unbind(End::Host(_)), Act::Bind(other)) => {
            device == Device::OnAnotherBus && end == other
        }
        (Some(_), ..) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::step::list;
    use crate::variant::BASIC;

    fn variant(name: &str) -> Variant {
        Variant::named(name).expect("the variant is known")
    }

    #[test]
    fn the_four_basic_variants_have_506_orders() {
        let counts = BASIC.map(|known| orders(Variant::plain(known), 3, Idle::Included).len());
        assert_eq!(counts, [142, 142, 111, 111]);
    }

    #[test]
    fn a_panel_goes_with_its_host_and_comes_back_with_it() {
        let orders: Vec<_> = orders(variant("managed-panel"), 3, Idle::Included)
            .iter()
            .map(|order| list(&order.steps))
            .collect();
        for gone in ["unbind host, command", "unbind host, unbind peripheral", "unbind peripheral, command"] {
            assert!(!orders.iter().any(|order| order == gone), "{gone}");
        }
        assert!(orders.iter().any(|order| order == "unbind host, bind host, command"));
    }

    #[test]
    fn of_two_on_a_channel_the_second_is_bound_when_the_first_has_left() {
        let orders: Vec<_> = orders(variant("managed-same-channel"), 3, Idle::LeftOut)
            .iter()
            .map(|order| list(&order.steps))
            .collect();
        assert!(!orders.iter().any(|order| order == "second command"));
        assert!(!orders.iter().any(|order| order == "bind second peripheral, second command"));
        assert!(
            orders.iter().any(|order| order == "unbind peripheral, bind second peripheral, second command")
        );
    }

    #[test]
    fn what_does_nothing_can_be_left_out() {
        for order in orders(variant("plain-bridge"), 1, Idle::LeftOut) {
            assert!(!matches!(order.steps[0], Step::Do(Act::Bind(_))), "{order:?}");
        }
    }

    #[test]
    fn every_variant_has_orders() {
        for peripherals in &crate::variant::PERIPHERALS {
            assert!(
                !orders(Variant::plain(peripherals), 2, Idle::LeftOut).is_empty(),
                "{}",
                peripherals.name
            );
        }
    }
}
