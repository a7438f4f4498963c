//! What the lab prints can be given to `dsi run --model` as it is, and leaves the same bound there.

use agreement::course::shape;
use lab_orders::bound::bound;
use lab_orders::built_in::{Group, built_in};
use lab_orders::{Order, step};
use teardown_check::check::model;
use teardown_check::ends::Bound;
use teardown_check::{End, Names, Replay};
use teardown_steps::Script;

/// Follows an order under this project's own model, which breaks nothing.
fn follow(order: &Order) -> Replay {
    let shape = shape(&order.variant);
    let names = Names::plain(shape.hosts.len(), shape.peripherals.len());
    let script: Script = step::list(&order.steps).parse().expect("what the lab prints is a script");
    let own = model("mipi-dsi").expect("a known model");
    own.follow(&shape, &names, &script, None).unwrap_or_else(|error| panic!("{order}: {error}"))
}

fn bound_at_the_end(replay: &Replay) -> (Vec<bool>, Vec<bool>) {
    let last = replay.taken.last().map_or(&replay.before, |taken| &taken.after);
    let of = |is_host: bool| {
        let ends = last.bound.iter().filter(|(end, _)| matches!(end, End::Host(_)) == is_host);
        ends.map(|(_, bound)| *bound == Bound::Yes).collect()
    };
    (of(true), of(false))
}

#[test]
fn the_basic_orders_leave_the_same_bound_under_a_model() {
    let orders = built_in(Group::Basic);
    for order in &orders {
        let expected = bound(order).pop().expect("at least what is bound at first");
        assert_eq!(bound_at_the_end(&follow(order)), (expected.hosts, expected.peripherals), "{order}");
    }
    assert_eq!(orders.len(), 506);
}

#[test]
fn orders_of_two_peripherals_and_two_hosts_can_be_given_to_a_model_too() {
    let orders = built_in(Group::Further).into_iter().filter(|order| {
        let name = order.variant.name();
        let is_of_two =
            ["managed-two-bridges", "plain-two-panels", "managed-dual-bridge"].contains(&name.as_str());
        // A model's driver sends over both of its links at once.
        is_of_two && !(name.contains("dual") && order.to_string().contains("second command"))
    });
    let orders: Vec<Order> = orders.collect();
    for order in &orders {
        let expected = bound(order).pop().expect("at least what is bound at first");
        assert_eq!(bound_at_the_end(&follow(order)), (expected.hosts, expected.peripherals), "{order}");
    }
    assert!(orders.len() > 60, "{}", orders.len());
}
