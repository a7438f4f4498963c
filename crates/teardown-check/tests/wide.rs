//! The wider worlds: what one thing more does to the bus of `mipi-dsi`. `scripts/search-wide` searches those that are
//! too large for here as well.

use teardown_check::ownership::Production;
use teardown_check::ownership::linux::{Linux, Rules};
use teardown_check::search::{Options, Searched, search};
use teardown_check::shape::{Callers, Control, Profile, Release, Waiting};
use teardown_check::{Ownership, Property, Shape, UserAction, worlds};

fn searched<O: Ownership>(rules: O::Rules, shape: &Shape, actors: usize, options: Options) -> Searched {
    search::<O>(rules, shape, actors, options, |_| true, |_| {}).unwrap_or_else(|broken| {
        let broken: Vec<Property> = broken.iter().collect();
        panic!("it does not come up: property: {broken:?}")
    })
}

/// Searches a world completely: everything has to hold. Gives the number of states.
fn states(name: &str) -> usize {
    let world = worlds::all().into_iter().find(|world| world.name == name).expect("a known world");
    let searched = searched::<Production>((), &world.shape, world.actors, Options::REDUCED);
    if let Some((property, way)) = searched.broken.first() {
        panic!("{name}: property: {property:?} in {} steps: {way:?}", way.len());
    }
    searched.states
}

#[test]
fn hosts_that_refuse_now_and_then() {
    assert_eq!(["may-refuse", "may-refuse-panel"].map(states), [84_840, 53_262]);
}

#[test]
fn hosts_that_send_inside_of_attach() {
    assert_eq!(["sends-in-attach", "sends-in-attach-panel"].map(states), [76_525, 41_325]);
}

/// Nobody cancels what the callback sends: the host ends it by itself, and detach goes on.
#[test]
fn hosts_that_send_inside_of_detach() {
    assert_eq!(["sends-in-detach", "sends-in-detach-panel"].map(states), [93_101, 50_889]);
}

/// One who waits to send during the notice is refused when the device is detached: what the host sends from there does not
/// overtake them.
#[test]
fn hosts_that_send_inside_of_detach_beside_two_who_send() {
    let shape = Shape::thread().with_hosts(|host| host.sends_in_detach = true);
    let is_allowed = |action| {
        use teardown_check::UserAction::{Bind, Command, Unbind};
        matches!(action, Bind(_) | Unbind(_) | Command(_))
    };
    let searched =
        search::<Production>((), &shape, 3, Options::REDUCED, is_allowed, |_| {}).expect("it comes up");
    assert_eq!((searched.broken, searched.states), (vec![], 48_039));
}

#[test]
fn old_handles() {
    assert_eq!(states("old-handles-panel"), 63_723);
}

#[test]
#[ignore = "slow: the largest of its kind; scripts/test slow"]
fn old_handles_of_a_bridge() {
    assert_eq!(states("old-handles"), 193_558);
}

#[test]
fn handles_that_are_dropped_in_callbacks() {
    assert_eq!(["drops-when-told", "drops-in-transfer"].map(states), [66_313, 122_334]);
}

/// An errand is left, and whoever may carries it out before the bus is quiet.
#[test]
#[ignore = "slow: the largest with two actors; scripts/test slow"]
fn hosts_that_are_dropped_in_their_callbacks() {
    assert_eq!(states("drops-host-in-transfer"), 264_484);
}

/// An errand is carried out by whoever's call ends what is in its way. The notice to a child takes the lock of its device,
/// and who unbinds its driver makes calls under that lock.
#[test]
fn a_host_with_a_child_is_not_to_be_dropped_in_its_callbacks() {
    let drop_host = Callers { drop_host_in_callbacks: true, ..Callers::default() };
    let panel = Shape::of_one(Control::Dsi, Release::Plain).with_callers(drop_host);
    let searched = searched::<Production>((), &panel, 2, Options::REDUCED);
    let broken: Vec<Property> = searched.broken.iter().map(|(property, _)| *property).collect();
    assert_eq!(broken, [Property::NoDeadlock]);
}

/// Hardware that goes before its driver does, at any moment of everything else.
#[test]
fn hosts_that_are_declared_gone() {
    assert_eq!(states("declares-gone-panel"), 104_554);
}

#[test]
#[ignore = "slow: the larger ones of its kind; scripts/test slow"]
fn hosts_of_a_bridge_that_are_declared_gone() {
    assert_eq!(["declares-gone", "shared-declares-gone"].map(states), [158_157, 157_675]);
}

#[test]
fn deadlines() {
    assert_eq!(["deadlines", "deadlines-panel"].map(states), [136_666, 76_059]);
}

#[test]
fn callers_that_cannot_wait() {
    assert_eq!(states("cannot-wait-panel"), 81_761);
}

#[test]
#[ignore = "slow: the larger one of its kind; scripts/test slow"]
fn callers_of_a_bridge_that_cannot_wait() {
    assert_eq!(states("cannot-wait"), 165_490);
}

/// Attach and detach have the link for their length.
#[test]
fn serialised_hosts() {
    let names = ["serialised", "serialised-panel", "serialised-sends-in-detach"];
    assert_eq!(names.map(states), [75_037, 39_862, 83_298]);
}

/// Everybody sends at once, from registration to unregistration.
#[test]
fn hosts_that_order_packets_themselves() {
    let names = ["shared", "shared-panel", "shared-drops-when-told", "shared-may-refuse"];
    assert_eq!(names.map(states), [88_042, 68_250, 67_954, 89_221]);
}

/// The same with what the exclusive profile has more.
#[test]
#[ignore = "slow: five worlds; scripts/test slow"]
fn hosts_that_order_packets_themselves_and_one_thing_more() {
    let names = ["shared-sends-in-attach", "shared-sends-in-detach", "shared-old-handles"];
    assert_eq!(names.map(states), [89_238, 99_457, 217_202]);
    assert_eq!(["shared-deadlines", "shared-cannot-wait"].map(states), [113_801, 134_767]);
}

/// An orderly removal that does not wait tells the peripheral when its last commands can go out, and not before.
#[test]
fn last_commands_of_those_who_are_told_by_one_who_does_not_wait() {
    assert_eq!(states("deadlines-last-command"), 143_405);
}

#[test]
#[ignore = "slow: the largest of its kind; scripts/test slow"]
fn last_commands_of_those_who_are_told_by_one_who_cannot_wait() {
    assert_eq!(states("cannot-wait-last-command"), 156_192);
}

/// With a host that keeps packets in order by itself nobody says that two are on the link.
#[test]
fn shared_hosts() {
    let shared = Shape::thread().with_hosts(|host| host.profile = Profile::Shared);
    let breaks = |shape: &Shape| {
        let searched = searched::<Linux>(Rules::Linux612, shape, 2, Options::default());
        searched.broken.iter().any(|(property, _)| *property == Property::OneTransfer)
    };
    assert!(breaks(&Shape::thread()));
    assert!(!breaks(&shared));
}

/// The verdicts of a search with every reduction, and with each alone, are those of the plain one; where actors count as
/// alike its ways are as short.
fn is_as_plain<O: Ownership>(rules: O::Rules, shape: &Shape, actors: usize) {
    let verdicts = |searched: &Searched| {
        let mut verdicts: Vec<(Property, usize)> =
            searched.broken.iter().map(|(property, way)| (*property, way.len())).collect();
        verdicts.sort();
        verdicts
    };
    let broken = |searched: &Searched| -> Vec<Property> {
        verdicts(searched).iter().map(|(broken, _)| *broken).collect()
    };
    let plain = searched::<O>(rules, shape, actors, Options::default());
    let alike =
        searched::<O>(rules, shape, actors, Options { merges_private_steps: false, ..Options::REDUCED });
    let merged = searched::<O>(rules, shape, actors, Options { actors_are_alike: false, ..Options::REDUCED });
    let reduced = searched::<O>(rules, shape, actors, Options::REDUCED);
    assert_eq!(verdicts(&plain), verdicts(&alike), "{rules:?} {shape:?}");
    for other in [&alike, &merged, &reduced] {
        assert_eq!(broken(&plain), broken(other), "{rules:?} {shape:?}");
        assert_eq!(plain.events, other.events);
    }
    assert!(alike.states < plain.states, "{} of {}", alike.states, plain.states);
    let orders: usize = (1..=actors).product();
    assert!(alike.states * orders >= plain.states, "{} of {}", alike.states, plain.states);
    assert!(merged.states < plain.states, "{} of {}", merged.states, plain.states);
    assert!(reduced.states < alike.states.min(merged.states), "{} of {}", reduced.states, alike.states);
}

/// What holds still holds, and what is broken stays broken.
#[test]
fn reductions_change_no_verdict() {
    let panel = Shape::of_one(Control::Dsi, Release::Plain);
    is_as_plain::<Production>((), &panel, 2);
    is_as_plain::<Linux>(Rules::Idempotent, &panel, 2);
}

#[test]
#[ignore = "slow: four searches of each of nine worlds; scripts/test slow"]
fn reductions_change_no_verdict_of_any_model() {
    let callers = |change: fn(&mut Callers)| {
        let mut callers = Callers::default();
        change(&mut callers);
        callers
    };
    let panel = Shape::of_one(Control::Dsi, Release::Plain);
    is_as_plain::<Production>((), &panel.clone().with_hosts(|host| host.sends_in_detach = true), 2);
    is_as_plain::<Production>(
        (),
        &panel.clone().with_callers(callers(|callers| callers.old_handles = true)),
        2,
    );
    let deadlines = callers(|callers| callers.waiting = Waiting::UntilDeadline);
    is_as_plain::<Production>((), &panel.clone().with_callers(deadlines), 2);
    is_as_plain::<Linux>(Rules::Linux612, &Shape::thread(), 2);
    is_as_plain::<Linux>(Rules::RemoveAction, &panel, 2);
    is_as_plain::<Linux>(Rules::OwnReferences, &panel, 2);
    is_as_plain::<Linux>(Rules::FailLate, &panel, 2);
    is_as_plain::<Linux>(Rules::Notify, &panel, 2);
}

/// The states of three actors without reductions, with actors that count as alike, and with every reduction.
fn of_three_actors(shape: &Shape, is_allowed: fn(UserAction) -> bool) -> [usize; 3] {
    let alike = Options { merges_private_steps: false, ..Options::REDUCED };
    let [plain, alike, reduced] = [Options::default(), alike, Options::REDUCED]
        .map(|options| search::<Production>((), shape, 3, options, is_allowed, |_| {}).expect("it comes up"));
    assert_eq!([plain.broken.len(), alike.broken.len(), reduced.broken.len()], [0; 3]);
    assert_eq!(plain.events, alike.events);
    assert_eq!(plain.events, reduced.events);
    [plain.states, alike.states, reduced.states]
}

/// With three as well, where nothing is done but binding and unbinding.
#[test]
fn reductions_of_three_actors() {
    let states = of_three_actors(&Shape::thread(), |action| {
        matches!(action, UserAction::Bind(_) | UserAction::Unbind(_))
    });
    assert_eq!(states, [6_057, 3_759, 2_412]);
}

#[test]
#[ignore = "slow: most of a million states; scripts/test slow"]
fn reductions_of_three_actors_who_send_too() {
    let states = of_three_actors(&Shape::thread(), |action| {
        matches!(action, UserAction::Bind(_) | UserAction::Unbind(_) | UserAction::Command(_))
    });
    assert_eq!(states, [699_037, 118_770, 59_007]);
}
