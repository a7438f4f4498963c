//! The wider worlds: what one thing more does to the bus of `mipi-dsi`. `scripts/search-wide` searches those that are
//! too large for here as well.

use teardown_check::ownership::Production;
use teardown_check::ownership::linux::{Linux, Linux612, Notify, OwnReferences};
use teardown_check::search::{Options, Searched, search};
use teardown_check::shape::{Callers, Control, OnNotice, Profile, Release, Waiting};
use teardown_check::{Ownership, Property, Shape, worlds};

const ALIKE: Options = Options { actors_are_alike: true, until_broken: false, most_states: None };

fn searched<O: Ownership>(shape: &Shape, actors: usize, options: Options) -> Searched {
    search::<O>(shape, actors, options, |_| true, |_| {}).unwrap_or_else(|broken| {
        let broken: Vec<Property> = broken.iter().collect();
        panic!("it does not come up: property: {broken:?}")
    })
}

/// Searches a world completely: everything has to hold. Gives the number of states.
fn states(name: &str) -> usize {
    let world = worlds::all().into_iter().find(|world| world.name == name).expect("a known world");
    let searched = searched::<Production>(&world.shape, world.actors, ALIKE);
    if let Some((property, way)) = searched.broken.first() {
        panic!("{name}: property: {property:?} in {} steps: {way:?}", way.len());
    }
    searched.states
}

#[test]
fn hosts_that_refuse_now_and_then() {
    assert_eq!(["may-refuse", "may-refuse-panel"].map(states), [147_826, 82_970]);
}

#[test]
fn hosts_that_send_inside_of_attach() {
    assert_eq!(["sends-in-attach", "sends-in-attach-panel"].map(states), [136_600, 65_240]);
}

/// A cancel that begins during the packet which the callback sends is waited for.
#[test]
fn hosts_that_send_inside_of_detach() {
    assert_eq!(["sends-in-detach", "sends-in-detach-panel"].map(states), [161_348, 79_209]);
}

#[test]
fn old_handles() {
    assert_eq!(["old-handles", "old-handles-panel"].map(states), [367_400, 105_300]);
}

#[test]
fn handles_that_are_dropped_in_callbacks() {
    assert_eq!(["drops-when-told", "drops-in-transfer"].map(states), [116_331, 210_876]);
}

#[test]
fn deadlines() {
    assert_eq!(["deadlines", "deadlines-panel"].map(states), [246_360, 120_875]);
}

#[test]
fn callers_that_cannot_wait() {
    assert_eq!(["cannot-wait", "cannot-wait-panel"].map(states), [293_602, 131_458]);
}

/// Attach and detach have the link for their length.
#[test]
fn serialised_hosts() {
    let names = ["serialised", "serialised-panel", "serialised-sends-in-detach"];
    assert_eq!(names.map(states), [133_108, 63_079, 146_843]);
}

/// Everybody sends at once, from registration to unregistration.
#[test]
fn hosts_that_order_packets_themselves() {
    let names = ["shared", "shared-panel", "shared-old-handles", "shared-drops-when-told"];
    assert_eq!(names.map(states), [144_859, 92_349, 387_403, 111_126]);
}

/// An orderly removal that does not wait tells the peripheral when its last commands can go out, and not before.
#[test]
fn last_commands_of_those_who_are_told_by_one_who_does_not_wait() {
    assert_eq!(["deadlines-last-command", "cannot-wait-last-command"].map(states), [218_346, 238_129]);
}

/// With a host that keeps packets in order by itself nobody says that two are on the link.
#[test]
fn shared_hosts() {
    let shared = Shape::thread().with_hosts(|host| host.profile = Profile::Shared);
    let breaks = |shape: &Shape| {
        let searched = searched::<Linux<Linux612>>(shape, 2, Options::default());
        searched.broken.iter().any(|(property, _)| *property == Property::OneTransfer)
    };
    assert!(breaks(&Shape::thread()));
    assert!(!breaks(&shared));
}

/// The verdicts of the search in which actors are alike are those of the plain one, and its ways as short.
fn is_as_plain<O: Ownership>(shape: &Shape, actors: usize) {
    let plain = searched::<O>(shape, actors, Options::default());
    let alike = searched::<O>(shape, actors, ALIKE);
    let verdicts = |searched: &Searched| {
        let mut verdicts: Vec<(Property, usize)> =
            searched.broken.iter().map(|(property, way)| (*property, way.len())).collect();
        verdicts.sort();
        verdicts
    };
    assert_eq!(verdicts(&plain), verdicts(&alike), "{} {shape:?}", O::NAME);
    assert_eq!(plain.events, alike.events);
    assert!(alike.states < plain.states, "{} of {}", alike.states, plain.states);
    let orders: usize = (1..=actors).product();
    assert!(alike.states * orders >= plain.states, "{} of {}", alike.states, plain.states);
}

#[test]
fn actors_that_are_alike() {
    let deadlines = Callers { waiting: Waiting::UntilDeadline, ..Callers::default() };
    let panel = Shape::of_one(Control::Dsi, Release::Plain);
    is_as_plain::<Production>(&panel, 2);
    is_as_plain::<Production>(&panel.clone().with_hosts(|host| host.sends_in_detach = true), 2);
    let last_command = Shape::thread().on_notice(OnNotice::LastCommand).with_callers(deadlines);
    is_as_plain::<Production>(&last_command, 2);
    is_as_plain::<Linux<Linux612>>(&Shape::thread(), 2);
    is_as_plain::<Linux<OwnReferences>>(&Shape::thread(), 2);
    is_as_plain::<Linux<Notify>>(&panel, 2);
}

/// With three as well, where only what binds and unbinds is done.
#[test]
fn three_actors_that_are_alike() {
    let commands = |options| {
        let is_allowed = |action| {
            use teardown_check::UserAction::{Bind, Command, Unbind};
            matches!(action, Bind(_) | Unbind(_) | Command(_))
        };
        search::<Production>(&Shape::thread(), 3, options, is_allowed, |_| {}).expect("it comes up")
    };
    let (plain, alike) = (commands(Options::default()), commands(ALIKE));
    assert_eq!((plain.broken.len(), alike.broken.len()), (0, 0));
    assert_eq!(plain.events, alike.events);
    assert_eq!([plain.states, alike.states], [699_037, 121_651]);
}
