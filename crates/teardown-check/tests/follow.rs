//! Scripts under the models: what Linux's driver core does with drivers that are loaded and probes that are deferred.

use teardown_check::ends::Bound;
use teardown_check::follow::FollowError;
use teardown_check::shape::{Control, Release};
use teardown_check::{End, MODELS, Names, Property, Replay, Shape};

const HOST: End = End::Host(0);
const PERIPHERAL: End = End::Peripheral(0);

/// Under every model, as far as the script goes: only a property that nobody breaks would stop it.
fn follow(shape: &Shape, steps: &str) -> Vec<Result<Replay, FollowError>> {
    let names = Names::plain(shape.hosts.len(), shape.peripherals.len());
    let script = steps.parse().expect("a script");
    MODELS.map(|model| model.follow(shape, &names, &script, Some(Property::ComesBack))).into()
}

/// Which ends are bound at the end.
fn bound(replay: &Replay) -> Vec<End> {
    let last = replay.taken.last().map_or(&replay.before, |taken| &taken.after);
    last.bound.iter().filter(|(_, bound)| *bound == Bound::Yes).map(|(end, _)| *end).collect()
}

#[track_caller]
fn assert_bound(shape: &Shape, steps: &str, expected: &[End]) {
    for (model, replay) in MODELS.iter().zip(follow(shape, steps)) {
        let replay = replay.unwrap_or_else(|error| panic!("{}, {steps}: {error}", model.name()));
        assert_eq!(bound(&replay), expected, "{}: {steps}", model.name());
    }
}

#[track_caller]
fn assert_refused(shape: &Shape, steps: &str, expected: &str) {
    for replay in follow(shape, steps) {
        assert_eq!(replay.expect_err("it is refused").to_string(), expected, "{steps}");
    }
}

#[test]
fn a_driver_that_was_loaded_is_probed_again_when_its_host_has_come() {
    let thread = Shape::thread();
    assert_bound(&thread, "unload peripheral, unbind host, load peripheral", &[]);
    assert_bound(&thread, "unload peripheral, unbind host, load peripheral, bind host", &[HOST, PERIPHERAL]);
    assert_bound(&thread, "unload peripheral, unload host, load peripheral, load host", &[HOST, PERIPHERAL]);
    // With both links, when the last has come.
    let dual = Shape::dual_link(Control::Other, Release::Managed);
    let steps = "unload peripheral, unload host, load peripheral, bind second host, load host";
    assert_refused(
        &dual,
        steps,
        "'bind second host' can't be done now: its driver is not loaded; load it first",
    );
    let steps = "unload peripheral, unbind host, unbind second host, load peripheral, bind second host";
    assert_bound(&dual, steps, &[End::Host(1)]);
    assert_bound(&dual, &format!("{steps}, bind host"), &[HOST, End::Host(1), PERIPHERAL]);
}

#[test]
fn a_bind_by_hand_is_not_tried_again() {
    let thread = Shape::thread();
    assert_bound(&thread, "unbind peripheral, unbind host, bind peripheral, bind host", &[HOST]);
    // Nor does it take from the list what waits there.
    let steps =
        "unload peripheral, unbind host, load peripheral, bind peripheral, unbind peripheral, bind host";
    assert_bound(&thread, steps, &[HOST, PERIPHERAL]);
}

#[test]
fn what_is_unloaded_waits_for_nothing() {
    let thread = Shape::thread();
    let steps = "unload peripheral, unbind host, load peripheral, unload peripheral, bind host";
    assert_bound(&thread, steps, &[HOST]);
    assert_bound(&thread, "unload peripheral, unload peripheral, load peripheral", &[HOST, PERIPHERAL]);
    let not_loaded = "'bind peripheral' can't be done now: its driver is not loaded; load it first";
    assert_refused(&thread, "unload peripheral, bind peripheral", not_loaded);
}

#[test]
fn loading_what_is_loaded_does_nothing() {
    assert_bound(&Shape::thread(), "unbind peripheral, load peripheral", &[HOST]);
}

#[test]
fn what_is_plugged_in_is_probed_again_as_what_is_loaded_is() {
    let thread = Shape::thread();
    assert_bound(&thread, "pull peripheral, unbind host, plug peripheral, bind host", &[HOST, PERIPHERAL]);
    assert_bound(&thread, "pull peripheral, unload peripheral, plug peripheral", &[HOST]);
}

#[test]
fn a_panel_whose_driver_is_not_loaded_does_not_bind_to_what_its_host_brings() {
    let panel = Shape::of_one(Control::Dsi, Release::Plain);
    assert_bound(&panel, "unbind host, bind host", &[HOST, PERIPHERAL]);
    assert_bound(&panel, "unload peripheral, unbind host, bind host", &[HOST]);
    assert_bound(&panel, "unload peripheral, unbind host, bind host, load peripheral", &[HOST, PERIPHERAL]);
    assert_bound(&panel, "unload peripheral, unbind host, load peripheral, bind host", &[HOST, PERIPHERAL]);
    let gone = "'bind peripheral' can't be done now: its device exists only while its host does, and its host is gone";
    assert_refused(&panel, "unbind host, bind peripheral", gone);
}

#[test]
fn an_actor_may_stop_in_the_probe_that_was_tried_again() {
    let thread = Shape::thread();
    let steps = "unload peripheral, unbind host, load peripheral, bind host until probe.attach";
    for replay in follow(&thread, steps) {
        let replay = replay.expect("the probe comes there");
        assert_eq!(
            replay.taken.last().and_then(|taken| taken.seen).map(|seen| seen.at),
            Some("probe.attach")
        );
    }
    assert_bound(&thread, &format!("{steps}, on"), &[HOST, PERIPHERAL]);
}

#[test]
fn the_second_command_is_the_second_peripherals() {
    let two = Shape::two_on_one_host(Control::Other, Release::Managed);
    for replay in follow(&two, "second command") {
        let replay = replay.expect("both are bound");
        assert!(replay.taken.iter().all(|taken| taken.action == teardown_check::UserAction::Command(1)));
    }
    assert_refused(
        &Shape::thread(),
        "second command",
        "there is no device 'second peripheral'; there are: host, peripheral",
    );
    let dual = Shape::dual_link(Control::Other, Release::Managed);
    let each = "'second command' can't be done now: under a model a peripheral's driver sends over each of its links; \
                use 'command'";
    assert_refused(&dual, "second command", each);
}

#[test]
fn what_means_nothing_to_a_model_says_why() {
    let expected = "'start command' lets the lab's kernel decide who goes on when; under a model the script decides, as in \
                    'b: unbind host until waits'";
    assert_refused(&Shape::thread(), "start command", expected);
}

/// Whatever comes before it: under `linux-6.12` the first two steps break a property.
#[test]
fn what_no_state_makes_possible_is_refused_before_any_step_is_taken() {
    let thread = Shape::thread();
    let names = Names::plain(1, 1);
    for (step, expected) in [
        ("wait", "'wait' takes time, and a model has no time: any actor may go on at any moment"),
        ("read host", "'host' is a host; this step needs a peripheral"),
        ("hold nobody", "there is no device 'nobody'; there are: host, peripheral"),
        ("declare-gone peripheral", "'peripheral' is a peripheral; this step needs a host"),
        ("second command", "there is no device 'second peripheral'; there are: host, peripheral"),
    ] {
        let script = format!("unbind host, unbind peripheral, {step}").parse().expect("a script");
        for model in MODELS {
            let refused = model.follow(&thread, &names, &script, None).expect_err(step);
            assert_eq!(refused.to_string(), expected, "{}", model.name());
        }
    }
}

#[test]
fn every_step_under_every_model_says_where_it_was_and_what_it_did() {
    let panels = Shape::two_on_one_host(Control::Dsi, Release::Plain);
    let replays = [
        follow(&Shape::thread(), "command-and-drop-host"),
        follow(&Shape::thread(), "declare-gone host, command, unbind host"),
        follow(&panels, "unbind host, bind host"),
    ];
    for (model, replay) in replays.into_iter().flat_map(|replays| MODELS.iter().zip(replays)) {
        let replay = match replay {
            Err(FollowError::NotUnderModel(..)) if model.name() != "mipi-dsi" => continue,
            replay => replay.unwrap_or_else(|error| panic!("{}: {error}", model.name())),
        };
        for seen in replay.taken.iter().filter_map(|taken| taken.seen) {
            assert!(!seen.at.is_empty() && !seen.does.is_empty(), "{}: {seen:?}", model.name());
        }
    }
}

#[test]
fn a_panel_on_the_dsi_bus_has_no_board_that_can_be_pulled() {
    let why = "'pull peripheral' can't be done under this model: only its cable can be pulled, of which the bus does not \
               hear; pull its host";
    let panels = Shape::two_on_one_host(Control::Dsi, Release::Plain);
    assert_refused(&panels, "unbind host, pull peripheral0", &why.replace("peripheral'", "peripheral0'"));
}

#[test]
fn a_place_that_an_actor_does_not_come_to_so_often_is_named_with_the_number() {
    for replay in follow(&Shape::thread(), "unbind peripheral until remove#7") {
        let refused = replay.expect_err("there is one remove").to_string();
        assert!(refused.starts_with("a did not come to remove 7 times, only to remove "), "{refused}");
    }
}
