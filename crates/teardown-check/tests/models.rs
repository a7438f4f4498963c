//! What each model of the past breaks on the thread's board, and the shortest way to it.

use stateright::{Checker, Model};
use std::collections::BTreeMap;
use teardown_check::ownership::{Idempotent, Linux, Linux612, Notify, OwnReferences, RemoveAction, Rules};
use teardown_check::{OnNotice, Search, Shape, Step};

/// The actions of the shortest counterexample to each property that does not hold.
fn broken<R: Rules>(actors: usize) -> BTreeMap<&'static str, Vec<String>> {
    let shape = Shape::thread(true, OnNotice::LetGo);
    let search = Search::<Linux<R>>::new(shape, actors);
    let checker = search.clone().checker().spawn_bfs().join();
    let sometimes = ["the host went first", "the peripheral went first"];
    for name in sometimes {
        assert!(checker.discovery(name).is_some(), "{}: the search was empty: {name}", R::NAME);
    }
    let actions = |steps: Vec<Step>| {
        let set_out = |step: &Step| match step {
            Step::SetOut(_, action) => Some(action.to_string()),
            Step::Go(_) => None,
        };
        steps.iter().filter_map(set_out).collect()
    };
    let always = search
        .properties()
        .into_iter()
        .filter(|property| property.expectation == stateright::Expectation::Always);
    always
        .filter_map(|property| {
            Some((property.name, actions(checker.discovery(property.name)?.into_actions())))
        })
        .collect()
}

const USED_AFTER_FREE: &str = "never used after free";
const TOLD: &str = "the peripheral is told once";

#[test]
fn one_after_the_other() {
    let up = ["bind host 0", "bind peripheral 0", "unbind host 0"];
    let then = |last: &str| -> Vec<String> { up.into_iter().chain([last]).map(str::to_owned).collect() };

    // The thread's finding: the bridge's own release finds the device freed.
    let linux = broken::<Linux612>(1);
    assert_eq!(linux[USED_AFTER_FREE][..3], then("")[..3]);
    assert_eq!(linux.keys().collect::<Vec<_>>(), [&USED_AFTER_FREE, &TOLD]);

    // The patch mends the release, and a command still follows the pointer.
    let patched = broken::<RemoveAction>(1);
    assert_eq!(patched[USED_AFTER_FREE], then("command from peripheral 0"));

    // Tolerant calls have to read the freed device to be tolerant.
    let idempotent = broken::<Idempotent>(1);
    assert_eq!(idempotent[USED_AFTER_FREE][..3], then("")[..3]);

    // With a reference each, the device is there, and the host that it points to is not.
    let own = broken::<OwnReferences>(1);
    assert_eq!(own[USED_AFTER_FREE], then("command from peripheral 0"));

    // Told, and letting go by itself: with nobody else about, all is well.
    assert_eq!(broken::<Notify>(1), BTreeMap::new());
}

#[test]
fn two_at_a_time_break_every_model_of_the_past() {
    let uses = [
        broken::<Linux612>(2),
        broken::<RemoveAction>(2),
        broken::<Idempotent>(2),
        broken::<OwnReferences>(2),
        broken::<Notify>(2),
    ];
    for broken in uses {
        let shortest = &broken[USED_AFTER_FREE];
        assert_eq!(
            shortest[..],
            ["bind host 0", "bind peripheral 0", "unbind host 0"],
            "a bind meets a removal"
        );
    }
}
