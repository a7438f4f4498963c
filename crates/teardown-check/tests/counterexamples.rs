//! Counterexamples: each is written as a script, read again, and takes the same steps to the same end.

use teardown_check::check::model;
use teardown_check::shape::{Control, OtherChild, Release};
use teardown_check::{Checked, MODELS, Model, Names, Property, Shape};
use teardown_steps::Script;

fn check(model: &dyn Model, shape: &Shape, actors: usize) -> Checked {
    model.check(shape, actors, &|_| {})
}

/// Every counterexample of every model on this board; gives how many there are.
fn all_replay(shape: &Shape, actors: usize) -> usize {
    let names = Names::plain(shape.hosts.len(), shape.peripherals.len());
    let mut count = 0;
    for model in MODELS {
        let checked = check(model, shape, actors);
        assert_eq!(checked.not_up, None, "{}", model.name());
        assert_eq!(checked.never, [], "{}: the search was empty", model.name());
        assert_eq!(checked.holds(), model.is_own(), "{} on {shape:?}", model.name());
        for found in &checked.counterexamples {
            let text = found.script(&names).to_string();
            let script: Script = text.parse().expect("what was written can be read");
            let what = format!("{}, {}: {text}", model.name(), found.property);
            let replay = model.follow(shape, &names, &script, Some(found.property));
            let replay = replay.unwrap_or_else(|error| panic!("{what}: {error}"));
            assert_eq!(replay, found.replay, "{what}");
            let last = replay.taken.last().expect("there are steps");
            assert!(last.broken.has(found.property), "{what}");
            count += 1;
        }
    }
    count
}

#[test]
#[ignore = "slow: seven searches; scripts/test slow"]
fn on_the_threads_board() {
    assert_eq!(all_replay(&Shape::thread(), 2), 42);
}

#[test]
fn on_a_board_with_a_panel() {
    assert_eq!(all_replay(&Shape::of_one(Control::Dsi, Release::Plain), 2), 29);
}

#[test]
#[ignore = "slow: seven searches; scripts/test slow"]
fn with_a_driver_that_forgets() {
    assert_eq!(all_replay(&Shape::of_one(Control::Other, Release::Forgotten), 2), 48);
}

#[test]
#[ignore = "slow: seven searches; scripts/test slow"]
fn with_a_driver_that_undoes_nothing() {
    assert_eq!(all_replay(&Shape::of_one(Control::Other, Release::Abandoned), 2), 48);
}

#[test]
fn with_a_host_that_has_another_child() {
    let mut shape = Shape::of_one(Control::Dsi, Release::Plain);
    for host in &mut shape.hosts {
        host.other_child = Some(OtherChild::LooksDetached);
    }
    let linux = check(model("linux-6.12").expect("a known model"), &shape, 1);
    let found = linux.counterexample(Property::UnregisteredOnce).expect("it is broken");
    assert_eq!(found.script(&Names::plain(1, 1)).to_string(), "unbind host", "D2: the unbind alone does it");
    assert_eq!(all_replay(&shape, 2), 35);
}

/// The same drivers with one actor, whose orders are few.
#[test]
fn of_one_actor() {
    let shapes = [Release::Managed, Release::Forgotten, Release::Abandoned];
    let counts = shapes.map(|release| all_replay(&Shape::of_one(Control::Other, release), 1));
    assert_eq!(counts, [17, 32, 23]);
}

/// With one actor: what two of them can do takes a minute, and is searched by scripts/check-boards.
#[test]
fn with_two_links() {
    let without_races = |control| {
        let shape = Shape::dual_link(control, Release::Managed);
        let names = Names::plain(2, 1);
        MODELS.map(|model| {
            let checked = check(model, &shape, 1);
            let texts = checked.counterexamples.iter().map(|found| found.script(&names).to_string());
            (model.name(), texts.collect::<Vec<_>>())
        })
    };
    let [linux, .., own] = without_races(Control::Dsi);
    assert!(linux.1.iter().any(|text| text == "unbind host1, command"), "D16: {linux:?}");
    assert_eq!(own.1, [""; 0]);
    let [.., own] = without_races(Control::Other);
    assert_eq!(own.1, [""; 0]);
}

#[test]
fn the_threads_own_way() {
    let linux = check(model("linux-6.12").expect("a known model"), &Shape::thread(), 1);
    let found = linux.counterexample(Property::DetachedOnce).expect("it is broken");
    assert_eq!(found.script(&Names::plain(1, 1)).to_string(), "unbind host, unbind peripheral");
    assert_eq!(found.last().map(|seen| seen.at), Some("mipi_dsi_detach"));
}
