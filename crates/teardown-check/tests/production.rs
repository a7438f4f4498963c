//! The bus of `mipi-dsi` itself: every state that so many actors can reach, pinned, on boards of every shape.

use teardown_check::check::model;
use teardown_check::ownership::Production;
use teardown_check::search::{Options, search};
use teardown_check::shape::{AttachAnswer, Control, OnNotice, Release};
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
    assert_eq!(states, [211_338, 258_684, 287_390]);
}

#[test]
fn with_two_peripherals_on_one_host_one_after_the_other() {
    let mut shape = Shape::thread();
    let mut second = shape.peripherals[0].clone();
    second.links[0].channel = 1;
    shape.peripherals.push(second);
    assert_eq!(holds(&shape, 1), 21_248);
}

#[test]
fn with_a_panel_on_the_dsi_bus() {
    assert_eq!(holds(&Shape::of_one(Control::Dsi, Release::Plain), 2), 149_301);
}

/// A host whose attach fails never serves anybody, and everything else goes on as ever.
#[test]
fn with_a_host_that_refuses() {
    let states = [Control::Other, Control::Dsi].map(|control| {
        let mut shape = Shape::of_one(control, Release::Managed);
        for host in &mut shape.hosts {
            host.attach = AttachAnswer::Refuses;
        }
        let searched =
            search::<Production>((), &shape, 2, Options::default(), |_| true, |_| {}).expect("it comes up");
        assert_eq!(searched.broken, []);
        searched.states
    });
    assert_eq!(states, [1_880, 343]);
}

#[test]
fn with_two_links_one_after_the_other() {
    let states =
        [Control::Other, Control::Dsi].map(|control| holds(&Shape::dual_link(control, Release::Managed), 1));
    assert_eq!(states, [4_040, 2_523]);
}

/// Both hosts, and a peripheral with a link to each: the largest shapes that mainline's boards have.
#[test]
#[ignore = "slow: five million states; scripts/test slow"]
fn with_two_links() {
    let states =
        [Control::Other, Control::Dsi].map(|control| holds(&Shape::dual_link(control, Release::Managed), 2));
    assert_eq!(states, [3_476_693, 1_844_297]);
}
