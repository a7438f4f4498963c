//! Load, bind, unbind, unload, and what is refused from inside.

mod support;

use device_model::{
    BindError, BindOutcome, BusType, DeviceDescription, DeviceState, LoadError, Model, ProbeError,
    RemoveError, Running, UnbindError, UnbindOutcome, UnloadError,
};
use support::{Log, Scripted, add, find, platform};

#[test]
fn load_binds_what_is_there_and_add_binds_what_comes() {
    let model = Model::new();
    let before = add(&model, "before");
    let elsewhere = model.add(DeviceDescription::new(BusType::SPI, "spi0.0")).expect("free");
    let driver = model.load(Scripted::new("drv", BusType::PLATFORM).rc()).expect("no other");
    let after = add(&model, "after");
    assert_eq!(model.bound_to(driver), [before, after]);
    assert_eq!(model.state(elsewhere), Ok(DeviceState::Unbound));
    assert!(matches!(model.bind_to(elsewhere, driver), Err(BindError::WrongBus { .. })));
}

#[test]
fn bind_of_the_bound_and_unbind_of_the_unbound_do_nothing_and_say_so() {
    let model = Model::new();
    let device = add(&model, "a");
    assert!(matches!(model.bind(device), Ok(BindOutcome::NoDriver)));
    let driver = model.load(Scripted::new("drv", BusType::PLATFORM).rc()).expect("no other");
    let log = Log::observing(&model);
    assert_eq!(model.bind(device).expect("bound"), BindOutcome::AlreadyBound { driver });
    assert_eq!(model.bind_to(device, driver).expect("bound"), BindOutcome::AlreadyBound { driver });
    assert_eq!(log.take(), [""; 0]);
    assert_eq!(model.unbind(device), Ok(UnbindOutcome::Unbound { driver: "drv".into() }));
    log.take();
    assert_eq!(model.unbind(device), Ok(UnbindOutcome::NotBound));
    assert_eq!(log.take(), [""; 0]);
    assert_eq!(model.bind(device).expect("it matches"), BindOutcome::Bound { driver });
}

#[test]
fn the_next_driver_tries_when_one_fails_and_the_error_is_kept() {
    let model = Model::new();
    let bad = Scripted::new("bad", BusType::PLATFORM).probe(|_| Err(ProbeError::failed("no such chip")));
    model.load(bad.rc()).expect("no other");
    let device = add(&model, "a");
    let failure = model.last_failure(device).expect("there").expect("failed");
    assert_eq!((&*failure.driver, &*failure.reason), ("bad", "no such chip"));
    assert!(matches!(model.bind(device), Err(BindError::Failed { .. })));
    let good = model.load(Scripted::new("good", BusType::PLATFORM).rc()).expect("no other");
    assert_eq!(model.driver_of(device), Ok(Some(good)));
    assert_eq!(model.last_failure(device), Ok(None));
    model.unbind(device).expect("idle");
    // In the order of loading: bad fails first, good takes it.
    assert_eq!(model.bind(device).expect("good takes it"), BindOutcome::Bound { driver: good });
}

#[test]
fn unload_unbinds_last_bound_first() {
    let model = Model::new();
    let (a, b) = (add(&model, "a"), add(&model, "b"));
    let driver = model.load(Scripted::new("drv", BusType::PLATFORM).rc()).expect("no other");
    model.unbind(a).expect("idle");
    model.bind(a).expect("it matches");
    assert_eq!(model.bound_to(driver), [b, a]);
    let log = Log::observing(&model);
    model.unload(driver).expect("idle");
    let lines: Vec<String> = log.take().into_iter().filter(|line| line.contains("unbound")).collect();
    assert_eq!(lines, ["platform/a: unbound from drv", "platform/b: unbound from drv"]);
    assert!(matches!(model.unload(driver), Err(UnloadError::Stale(_))));
    assert!(matches!(model.bind_to(a, driver), Err(BindError::StaleDriver(_))));
}

#[test]
fn a_driver_name_is_unique_on_its_bus() {
    let model = Model::new();
    let first = model.load(Scripted::new("drv", BusType::PLATFORM).rc()).expect("no other");
    let again = model.load(Scripted::new("drv", BusType::PLATFORM).rc());
    assert!(matches!(again, Err(LoadError::Duplicate { existing, .. }) if existing == first));
    assert!(model.load(Scripted::new("drv", BusType::SPI).rc()).is_ok());
    assert_eq!(model.find_driver(&BusType::PLATFORM, "drv"), Some(first));
}

#[test]
fn a_probe_may_add_children_which_are_probed_nested() {
    let model = Model::new();
    let parent = Scripted::new("parent", BusType::PLATFORM).only(&["parent"]).probe(|ctx| {
        let child = ctx.add_device(platform("child"))?;
        assert!(matches!(ctx.model().state(child), Ok(DeviceState::Bound { .. })));
        assert_eq!(ctx.model().running(ctx.device()), Ok(Some(Running::Probe)));
        Ok(())
    });
    model.load(Scripted::new("child", BusType::PLATFORM).only(&["child"]).rc()).expect("no other");
    model.load(parent.rc()).expect("no other");
    let device = add(&model, "parent");
    assert_eq!(model.children(device).map(|children| children.len()), Ok(1));
    model.unbind(device).expect("idle");
    assert_eq!(find(&model, "child"), None);
}

#[test]
fn a_device_is_left_alone_from_inside_its_own_calls() {
    let model = Model::new();
    let log = Log::default();
    let ask = |log: &Log| {
        let log = log.clone();
        move |ctx: &device_model::BindContext| {
            let (model, device) = (ctx.model(), ctx.device());
            let driver = model.find_driver(&BusType::PLATFORM, "drv").expect("loaded");
            let Err(BindError::Busy(bind)) = model.bind(device) else { panic!("bound") };
            let Err(BindError::Busy(bind_to)) = model.bind_to(device, driver) else { panic!("bound") };
            let Err(UnbindError::Busy(unbind)) = model.unbind(device) else { panic!("unbound") };
            let Err(RemoveError::Busy(remove)) = model.remove(device) else { panic!("removed") };
            let Err(UnloadError::Busy(unload)) = model.unload(driver) else { panic!("unloaded") };
            for busy in [&bind_to, &unbind, &remove, &unload] {
                assert_eq!(*busy, bind);
            }
            log.say(bind.running.to_string());
        }
    };
    let (probe, release, remove) = (ask(&log), ask(&log), ask(&log));
    let (retry, shutdown) = (ask(&log), ask(&log));
    let driver = Scripted::new("drv", BusType::PLATFORM)
        .only(&["a"])
        .probe(move |ctx| {
            ctx.wants_retry(true);
            probe(ctx);
            ctx.manage_action("asks", release.clone())?;
            Ok(())
        })
        .remove(remove)
        .retry(retry)
        .shutdown(shutdown);
    model.load(driver.rc()).expect("no other");
    model.load(Scripted::new("other", BusType::PLATFORM).only(&["b"]).rc()).expect("no other");
    let device = add(&model, "a");
    add(&model, "b");
    model.shutdown();
    model.unbind(device).expect("idle");
    assert_eq!(log.take(), ["probe", "retry", "shutdown", "remove", "release of managed entries"]);
}

#[test]
fn a_remove_may_unbind_and_remove_others() {
    let model = Model::new();
    let greedy = Scripted::new("greedy", BusType::PLATFORM).only(&["a"]).remove(|ctx| {
        let b = find(ctx.model(), "b").expect("there");
        let c = find(ctx.model(), "c").expect("there");
        ctx.model().unbind(b).expect("idle");
        ctx.model().remove(c).expect("idle");
    });
    let a = add(&model, "a");
    let b = model.add(platform("b").parent(a)).expect("free");
    model.add(platform("c").parent(a)).expect("free");
    model.load(greedy.rc()).expect("no other");
    model.load(Scripted::new("rest", BusType::PLATFORM).only(&["b", "c"]).rc()).expect("no other");
    model.unbind(a).expect("idle");
    assert_eq!(model.state(b), Ok(DeviceState::Unbound));
    assert_eq!(model.children(a), Ok(vec![b]));
}

#[test]
fn a_driver_loaded_during_a_probe_that_fails_gets_the_device_after_it() {
    let model = Model::new();
    let loader = Scripted::new("loader", BusType::PLATFORM).probe(|ctx| {
        let _ = ctx.model().load(Scripted::new("loaded", BusType::PLATFORM).rc());
        Err(ProbeError::failed("not mine"))
    });
    let device = add(&model, "a");
    model.load(loader.rc()).expect("no other");
    assert_eq!(model.state(device), Ok(DeviceState::Bound { driver: "loaded".into() }));
}

#[test]
fn shutdown_calls_last_bound_first_and_ends_binding() {
    let model = Model::new();
    let log = Log::default();
    let says = log.clone();
    let driver = Scripted::new("drv", BusType::PLATFORM).shutdown(move |ctx| says.say(ctx.info().name()));
    model.load(driver.rc()).expect("no other");
    let a = add(&model, "a");
    add(&model, "b");
    let report = model.shutdown();
    assert_eq!(log.take(), ["b", "a"]);
    assert_eq!(report.called.len(), 2);
    assert_eq!(model.state(a), Ok(DeviceState::Bound { driver: "drv".into() }));
    assert!(model.shutdown().called.is_empty());
    assert_eq!(log.take(), [""; 0]);
    let late = add(&model, "late");
    assert!(matches!(model.bind(late), Err(BindError::ShutDown)));
    assert!(model.tear_down().is_empty());
}

#[test]
fn a_device_in_a_call_is_skipped_by_shutdown_and_reported() {
    let model = Model::new();
    let driver = Scripted::new("drv", BusType::PLATFORM).only(&["a"]).remove(|ctx| {
        let report = ctx.model().shutdown();
        assert_eq!(report.skipped, [ctx.info().to_ref()]);
        assert_eq!(report.called.len(), 1);
    });
    model.load(driver.rc()).expect("no other");
    model.load(Scripted::new("rest", BusType::PLATFORM).only(&["b"]).rc()).expect("no other");
    let a = add(&model, "a");
    add(&model, "b");
    model.unbind(a).expect("idle");
}

#[test]
fn a_driver_is_not_bound_to_what_it_does_not_match() {
    let model = Model::new();
    let driver = model.load(Scripted::new("drv", BusType::PLATFORM).only(&["a"]).rc()).expect("no other");
    let b = add(&model, "b");
    assert!(matches!(model.bind_to(b, driver), Err(BindError::NoMatch { .. })));
    assert_eq!(model.state(b), Ok(DeviceState::Unbound));
}

#[test]
fn residue_names_what_is_left_and_by_whom() {
    let model = Model::new();
    assert!(model.residue().is_empty());
    let driver = Scripted::new("drv", BusType::PLATFORM).probe(|ctx| {
        ctx.manage("clock", ())?;
        Ok(())
    });
    model.load(driver.rc()).expect("no other");
    add(&model, "a");
    assert_eq!(
        model.residue().to_string(),
        "platform/a (bound to drv); clock, managed by platform/a; driver platform/drv"
    );
    assert_eq!(model.residue().bound().count(), 1);
    assert_eq!(model.tear_down().to_string(), "nothing left");
}
