//! The bus of `mipi-dsi` itself: every state that so many actors can reach, pinned, on boards of every shape.

use teardown_check::check::model;
use teardown_check::shape::{Control, OnNotice, Release};
use teardown_check::{Checked, Shape};

/// Searches completely; everything has to hold. Gives the number of states.
fn holds(shape: &Shape, actors: usize) -> usize {
    let checked: Checked = model("mipi-dsi").expect("a known model").check(shape, actors, &|_| {});
    assert!(checked.holds(), "{shape:?}: {:?} {:?}", checked.counterexamples, checked.never);
    checked.states
}

#[test]
fn on_the_threads_board_whatever_its_driver_does_when_told() {
    let states = [OnNotice::Nothing, OnNotice::LastCommand, OnNotice::LetGo]
        .map(|on_notice| holds(&Shape::thread().on_notice(on_notice), 2));
    assert_eq!(states, [142_579, 158_647, 192_601]);
}

#[test]
fn whatever_its_driver_releases() {
    let states =
        [Release::Plain, Release::Forgotten].map(|release| holds(&Shape::of_one(Control::Other, release), 2));
    assert_eq!(states, [192_601, 192_601]);
}

#[test]
fn with_a_panel_on_the_dsi_bus() {
    assert_eq!(holds(&Shape::of_one(Control::Dsi, Release::Plain), 2), 84_205);
}

#[test]
fn with_two_links_one_after_the_other() {
    let states =
        [Control::Other, Control::Dsi].map(|control| holds(&Shape::dual_link(control, Release::Managed), 1));
    assert_eq!(states, [3_575, 1_913]);
}
