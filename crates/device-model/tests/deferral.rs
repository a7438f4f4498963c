//! Deferred probe and retry: who is called again, when, and that it ends.

mod support;

use std::cell::Cell;
use std::rc::Rc;

use device_model::{BindError, BindOutcome, BusType, DeviceState, Model, ProbeError};
use support::{Log, Scripted, add, find, platform};

/// A driver for `name` that waits until `needed` is bound.
fn waits(name: &'static str, needed: &'static str) -> Scripted {
    Scripted::new(name, BusType::PLATFORM).only(&[name]).probe(move |ctx| {
        let there = find(ctx.model(), needed)
            .is_some_and(|id| matches!(ctx.model().state(id), Ok(DeviceState::Bound { .. })));
        if there { Ok(()) } else { Err(ProbeError::defer(format!("no {needed}"))) }
    })
}

#[test]
fn a_chain_of_deferred_devices_binds_when_its_end_does() {
    let model = Model::new();
    for (name, needed) in [("a", "b"), ("b", "c"), ("c", "d")] {
        model.load(waits(name, needed).rc()).expect("no other");
        add(&model, name);
    }
    let reasons: Vec<String> =
        model.deferred().iter().map(|d| format!("{}: {}", d.device, d.reason)).collect();
    assert_eq!(reasons, ["platform/a: no b", "platform/b: no c", "platform/c: no d"]);
    model.load(Scripted::new("d", BusType::PLATFORM).only(&["d"]).rc()).expect("no other");
    add(&model, "d");
    assert_eq!(model.deferred(), []);
    assert_eq!(model.residue().bound().count(), 4);
}

#[test]
fn two_devices_that_wait_for_each_other_end_deferred() {
    let model = Model::new();
    model.load(waits("a", "b").rc()).expect("no other");
    model.load(waits("b", "a").rc()).expect("no other");
    let (a, b) = (add(&model, "a"), add(&model, "b"));
    model.load(Scripted::new("c", BusType::PLATFORM).only(&["c"]).rc()).expect("no other");
    let log = Log::observing(&model);
    add(&model, "c");
    assert!(matches!(model.state(a), Ok(DeviceState::Deferred { .. })));
    assert!(matches!(model.state(b), Ok(DeviceState::Deferred { .. })));
    // Each was tried once for the one bind.
    let probes = log.take().iter().filter(|line| line.contains("probe by")).count();
    assert_eq!(probes, 3);
}

#[test]
fn a_bind_that_is_taken_back_is_no_progress() {
    // Linux repeats this probe for ever.
    let model = Model::new();
    model.load(Scripted::new("child", BusType::PLATFORM).only(&["child"]).rc()).expect("no other");
    let calls = Rc::new(Cell::new(0));
    let count = Rc::clone(&calls);
    let parent = Scripted::new("parent", BusType::PLATFORM).only(&["parent"]).probe(move |ctx| {
        count.set(count.get() + 1);
        ctx.add_device(platform("child"))?;
        Err(ProbeError::defer("never"))
    });
    model.load(parent.rc()).expect("no other");
    add(&model, "parent");
    assert_eq!(calls.get(), 1);
    assert_eq!(find(&model, "child"), None);
}

#[test]
fn drivers_that_undo_each_other_are_given_up() {
    let model = Model::new();
    let spoiler = Scripted::new("spoiler", BusType::PLATFORM)
        .only(&["a"])
        .probe(|ctx| {
            ctx.wants_retry(true);
            Ok(())
        })
        .retry(|ctx| {
            let b = find(ctx.model(), "b").expect("there");
            ctx.model().unbind(b).expect("idle");
            ctx.model().bind(b).expect("it matches");
        });
    model.load(spoiler.rc()).expect("no other");
    model.load(Scripted::new("victim", BusType::PLATFORM).only(&["b"]).rc()).expect("no other");
    add(&model, "a");
    let log = Log::observing(&model);
    add(&model, "b");
    let last = log.take().pop().expect("much has happened");
    assert_eq!(last, "binding doesn't settle: given up after 36 rounds");
    // The model is as usable as before.
    assert!(model.tear_down().is_empty());
}

#[test]
fn the_reason_goes_with_the_driver_and_the_device() {
    let model = Model::new();
    let driver = model.load(waits("a", "b").rc()).expect("no other");
    let a = add(&model, "a");
    assert!(matches!(model.bind(a), Ok(BindOutcome::Deferred { .. })));
    model.unload(driver).expect("idle");
    assert_eq!(model.state(a), Ok(DeviceState::Unbound));
    model.load(waits("a", "b").rc()).expect("no other");
    assert_eq!(model.deferred().len(), 1);
    model.remove(a).expect("idle");
    assert_eq!(model.deferred(), []);
}

#[test]
fn a_bind_by_hand_that_is_deferred_is_not_tried_again() {
    let model = Model::new();
    let a = add(&model, "a");
    let driver = model.load(waits("a", "b").rc()).expect("no other");
    model.load(Scripted::new("b", BusType::PLATFORM).only(&["b"]).rc()).expect("no other");
    let b = add(&model, "b");
    // The bind of b had a probed again.
    model.unbind(a).expect("idle");
    model.unbind(b).expect("idle");
    let Err(error) = model.bind_to(a, driver) else { panic!("there is no b") };
    assert_eq!(error.to_string(), "a defers: no b; nothing tries it again");
    assert_eq!((model.state(a), model.deferred()), (Ok(DeviceState::Unbound), vec![]));
    model.bind(b).expect("it matches");
    assert_eq!(model.state(a), Ok(DeviceState::Unbound));
}

#[test]
fn a_bind_by_hand_takes_nothing_from_the_list_of_what_waits() {
    let model = Model::new();
    let driver = model.load(waits("a", "b").rc()).expect("no other");
    let a = add(&model, "a");
    assert!(matches!(model.bind_to(a, driver), Err(BindError::TryAgain { .. })));
    assert!(matches!(model.state(a), Ok(DeviceState::Deferred { .. })));
    model.load(Scripted::new("b", BusType::PLATFORM).only(&["b"]).rc()).expect("no other");
    add(&model, "b");
    assert_eq!(model.state(a), Ok(DeviceState::Bound { driver: "a".into() }));
}

#[test]
fn another_driver_may_take_what_one_deferred() {
    let model = Model::new();
    let picky = Scripted::new("picky", BusType::PLATFORM).probe(|_| Err(ProbeError::defer("later")));
    model.load(picky.rc()).expect("no other");
    let a = add(&model, "a");
    let easy = model.load(Scripted::new("easy", BusType::PLATFORM).rc()).expect("no other");
    assert_eq!(model.state(a), Ok(DeviceState::Bound { driver: "easy".into() }));
    assert_eq!(model.deferred(), []);
    model.unbind(a).expect("idle");
    assert_eq!(model.bind(a).expect("easy takes it"), BindOutcome::Bound { driver: easy });
}

#[test]
fn deferred_probes_run_after_the_callback_that_bound_something() {
    let model = Model::new();
    model.load(waits("a", "b").rc()).expect("no other");
    add(&model, "a");
    model.load(Scripted::new("b", BusType::PLATFORM).only(&["b"]).rc()).expect("no other");
    let outer = Scripted::new("outer", BusType::PLATFORM).only(&["outer"]).probe(|ctx| {
        ctx.model().add(platform("b")).expect("free");
        let a = find(ctx.model(), "a").expect("there");
        assert!(
            matches!(ctx.model().state(a), Ok(DeviceState::Deferred { .. })),
            "not in the middle of this"
        );
        Ok(())
    });
    model.load(outer.rc()).expect("no other");
    add(&model, "outer");
    assert_eq!(model.deferred(), []);
}

#[test]
fn retry_is_called_for_others_binds_while_it_is_wanted() {
    let model = Model::new();
    let log = Log::default();
    let says = log.clone();
    let bridge = Scripted::new("bridge", BusType::PLATFORM)
        .only(&["bridge"])
        .probe(|ctx| {
            ctx.wants_retry(true);
            Ok(())
        })
        .retry(move |ctx| {
            says.say("retry");
            if find(ctx.model(), "host").is_some() {
                ctx.wants_retry(false);
            }
        });
    model.load(bridge.rc()).expect("no other");
    let bridge = add(&model, "bridge");
    assert_eq!(log.take(), [""; 0], "not for its own bind");
    model.load(Scripted::new("rest", BusType::PLATFORM).only(&["x", "host"]).rc()).expect("no other");
    add(&model, "x");
    assert_eq!(log.take(), ["retry"]);
    add(&model, "host");
    assert_eq!(log.take(), ["retry"]);
    let x = find(&model, "x").expect("there");
    model.unbind(x).expect("idle");
    model.bind(x).expect("it matches");
    assert_eq!(log.take(), [""; 0], "switched off");
    model.wants_retry(bridge, true).expect("there");
    model.unbind(bridge).expect("idle");
    model.unbind(x).expect("idle");
    model.bind(x).expect("it matches");
    assert_eq!(log.take(), [""; 0], "forgotten at unbind");
}

#[test]
fn what_was_unbound_by_hand_in_a_round_is_not_probed_by_it() {
    let model = Model::new();
    let meddler = waits("meddler", "host");
    let meddle = Scripted::new("meddler", BusType::PLATFORM).only(&["meddler"]).probe(move |ctx| {
        device_model::Driver::probe(&meddler, ctx).map(drop)?;
        let victim = find(ctx.model(), "victim").expect("there");
        ctx.model().bind(victim).expect("its host is there");
        ctx.model().unbind(victim).expect("idle");
        Ok(())
    });
    model.load(meddle.rc()).expect("no other");
    add(&model, "meddler");
    model.load(waits("victim", "host").rc()).expect("no other");
    let victim = add(&model, "victim");
    model.load(Scripted::new("host", BusType::PLATFORM).only(&["host"]).rc()).expect("no other");
    add(&model, "host");
    assert_eq!(model.state(victim), Ok(DeviceState::Unbound));
    assert_eq!(model.residue().bound().count(), 2);
}
