//! Managed entries: order, early release, disowning, and releases that call back.

mod support;

use std::cell::Cell;
use std::rc::Rc;

use device_model::{
    BusType, DeviceId, DeviceState, Disowned, EntryError, ManageError, ManagedId, Model, ProbeError,
    WeakModel,
};
use support::{Log, Noisy, Scripted, add, find, platform};

/// A model with one bound device, whose driver manages nothing.
fn bound() -> (Model, DeviceId) {
    let model = Model::new();
    model.load(Scripted::new("drv", BusType::PLATFORM).only(&["a"]).rc()).expect("no other");
    let device = add(&model, "a");
    (model, device)
}

/// Does something to the model when it is dropped.
struct OnDrop<F: FnMut(&Model)>(WeakModel, F);

impl<F: FnMut(&Model)> Drop for OnDrop<F> {
    fn drop(&mut self) {
        if let Some(model) = self.0.upgrade() {
            (self.1)(&model);
        }
    }
}

#[test]
fn entries_go_last_in_first_out_after_remove() {
    let model = Model::new();
    let log = Log::default();
    let (says, called) = (log.clone(), log.clone());
    let driver = Scripted::new("drv", BusType::PLATFORM)
        .probe(move |ctx| {
            ctx.manage("first", Noisy(says.clone(), "first"))?;
            let second = says.clone();
            ctx.manage_action("second", move |_| second.say("call second"))?;
            ctx.manage("third", Noisy(says.clone(), "third"))?;
            Ok(())
        })
        .remove(move |ctx| {
            called.say("remove");
            ctx.manage("late", Noisy(called.clone(), "late")).expect("remove may still manage");
        });
    model.load(driver.rc()).expect("no other");
    let device = add(&model, "a");
    model.unbind(device).expect("idle");
    assert_eq!(log.take(), ["remove", "drop late", "drop third", "call second", "drop first"]);
    assert_eq!(model.managed_count(), 0);
}

#[test]
fn a_failed_probe_leaves_nothing() {
    for defer in [false, true] {
        let model = Model::new();
        model.load(Scripted::new("child", BusType::PLATFORM).only(&["child"]).rc()).expect("no other");
        let log = Log::default();
        let says = log.clone();
        let driver = Scripted::new("drv", BusType::PLATFORM).only(&["a"]).probe(move |ctx| {
            ctx.manage("first", Noisy(says.clone(), "first"))?;
            ctx.add_device(platform("child"))?;
            ctx.manage("last", Noisy(says.clone(), "last"))?;
            ctx.wants_retry(true);
            if defer { Err(ProbeError::defer("later")) } else { Err(ProbeError::failed("no")) }
        });
        model.load(driver.rc()).expect("no other");
        let device = add(&model, "a");
        assert_eq!(log.take(), ["drop last", "drop first"]);
        assert_eq!(find(&model, "child"), None);
        let residue = model.residue();
        assert_eq!((residue.devices.len(), residue.managed.len()), (1, 0));
        assert_eq!(model.running(device), Ok(None));
        assert!(matches!(model.manage(device, "x", ()), Err(ManageError::NotBound { .. })));
    }
}

#[test]
fn release_is_now_and_once() {
    let (model, device) = bound();
    let log = Log::default();
    let one = model.manage(device, "one", Noisy(log.clone(), "one")).expect("bound");
    let two = model.manage(device, "two", Noisy(log.clone(), "two")).expect("bound");
    model.manage(device, "three", Noisy(log.clone(), "three")).expect("bound");
    model.release(two).expect("there");
    assert_eq!(log.take(), ["drop two"]);
    assert!(model.release(two).is_err());
    // Its slot is used again; the old id stays dead.
    model.manage(device, "four", Noisy(log.clone(), "four")).expect("bound");
    assert!(matches!(model.release(two), Err(EntryError(stale)) if stale.now.is_some()));
    assert!(model.disown(two).is_err());
    let names: Vec<_> = model.managed(device).into_iter().map(|(_, name)| name).collect();
    assert_eq!(names, ["one", "three", "four"]);
    model.release(one).expect("there");
    model.unbind(device).expect("idle");
    assert_eq!(log.take(), ["drop one", "drop four", "drop three"]);
}

#[test]
fn a_disowned_entry_disappears_without_being_released() {
    let (model, device) = bound();
    let log = Log::default();
    let value = model.manage(device, "value", Noisy(log.clone(), "value")).expect("bound");
    let says = log.clone();
    let action = model.manage_action(device, "action", move |_| says.say("called")).expect("bound");
    let value: Noisy = model.disown(value).expect("there").value().expect("it was one");
    assert!(matches!(model.disown(action), Ok(Disowned::Action)));
    model.unbind(device).expect("idle");
    assert_eq!(log.take(), [""; 0]);
    drop(value);
    assert_eq!(log.take(), ["drop value"]);
}

#[test]
fn a_million_comings_and_goings_hold_constant_memory() {
    let (model, device) = bound();
    let released = Rc::new(Cell::new(0_u32));
    let keep = model.manage(device, "kept", ()).expect("bound");
    for round in 0..1_000_000_u32 {
        let count = Rc::clone(&released);
        let entry = model.manage_action(device, "link", move |_| count.set(count.get() + 1)).expect("bound");
        if round % 2 == 0 {
            model.release(entry).expect("there");
        } else {
            let _ = model.disown(entry).expect("there");
        }
        assert_eq!(model.managed_count(), 1);
    }
    assert_eq!(released.get(), 500_000);
    assert_eq!(model.managed_capacity(), 2);
    model.release(keep).expect("there all the time");
}

#[test]
fn a_hundred_thousand_managed_devices_hold_constant_memory() {
    // A bridge whose host comes and goes: the host's side removes the device, the bridge's entry disappears.
    let (model, device) = bound();
    for _ in 0..100_000 {
        let dsi = model.add_managed(device, platform("dsi")).expect("free");
        model.remove(dsi).expect("idle");
        assert_eq!(model.managed_count(), 0);
    }
    assert_eq!(model.managed_capacity(), 1);
    let dsi = model.add_managed(device, platform("dsi")).expect("free");
    let (entry, _) = model.managed(device).pop().expect("the device");
    assert!(matches!(model.disown(entry), Ok(Disowned::Device(id)) if id == dsi));
    model.unbind(device).expect("idle");
    assert!(model.info(dsi).is_ok(), "disowned, so it stays");
}

#[test]
fn a_managed_device_goes_with_its_owner_wherever_it_lives() {
    let (model, owner) = bound();
    let host = add(&model, "host");
    let dsi = model.add_managed(owner, platform("dsi").parent(host)).expect("free");
    assert_eq!(model.children(host), Ok(vec![dsi]));
    model.unbind(owner).expect("idle");
    assert!(model.info(dsi).is_err());
    // And with its parent.
    model.bind(owner).expect("it matches");
    model.add_managed(owner, platform("dsi").parent(host)).expect("free");
    model.remove(host).expect("idle");
    assert_eq!(model.managed(owner), []);
    // Nothing is managed by a device that has no driver, and nothing is left of the attempt.
    model.unbind(owner).expect("idle");
    assert!(model.add_managed(owner, platform("dsi")).is_err());
    assert_eq!(find(&model, "dsi"), None);
}

#[test]
fn a_release_may_release_disown_unbind_and_remove() {
    let (model, device) = bound();
    model.load(Scripted::new("other", BusType::PLATFORM).only(&["b", "c"]).rc()).expect("no other");
    let (b, c) = (add(&model, "b"), add(&model, "c"));
    let log = Log::default();
    let eldest = model.manage(device, "eldest", Noisy(log.clone(), "eldest")).expect("bound");
    let elder = model.manage(device, "elder", Noisy(log.clone(), "elder")).expect("bound");
    model.manage(device, "old", Noisy(log.clone(), "old")).expect("bound");
    let says = log.clone();
    let chaos = OnDrop(model.downgrade(), move |model: &Model| {
        says.say("chaos begins");
        model.release(elder).expect("there");
        let _ = model.disown(eldest).expect("there");
        model.unbind(b).expect("idle");
        model.remove(c).expect("idle");
        let refused = model.manage(device, "late", Noisy(says.clone(), "late"));
        assert!(matches!(refused, Err(ManageError::Releasing { .. })));
        says.say("chaos ends");
    });
    model.manage(device, "chaos", chaos).expect("bound");
    model.unbind(device).expect("idle");
    let expected = ["chaos begins", "drop elder", "drop eldest", "drop late", "chaos ends", "drop old"];
    assert_eq!(log.take(), expected);
    assert_eq!(model.state(b), Ok(DeviceState::Unbound));
    assert!(model.info(c).is_err());
}

#[test]
fn a_release_finds_its_own_entry_gone() {
    let (model, device) = bound();
    let own: Rc<Cell<Option<ManagedId>>> = Rc::default();
    let slot = Rc::clone(&own);
    let calls = Rc::new(Cell::new(0));
    let count = Rc::clone(&calls);
    let entry = model
        .manage_action(device, "self", move |ctx| {
            count.set(count.get() + 1);
            let own = slot.get().expect("it is set");
            assert!(ctx.release(own).is_err());
            assert!(ctx.disown(own).is_err());
        })
        .expect("bound");
    own.set(Some(entry));
    model.unbind(device).expect("idle");
    assert_eq!(calls.get(), 1);
}

#[test]
fn an_owner_that_leaves_during_its_childs_probe_takes_the_child_along_afterwards() {
    let (model, owner) = bound();
    let log = Log::default();
    let says = log.clone();
    let child = Scripted::new("child", BusType::PLATFORM).only(&["dsi"]).probe(move |ctx| {
        let owner = find(ctx.model(), "a").expect("there");
        ctx.model().unbind(owner).expect("the owner has no call running");
        says.say(ctx.model().state(ctx.device()).expect("still there").to_string());
        Ok(())
    });
    model.load(child.rc()).expect("no other");
    let host = add(&model, "host");
    let dsi = model.add_managed(owner, platform("dsi").parent(host)).expect("free");
    assert_eq!(log.take(), ["being removed, with child"]);
    assert!(model.info(dsi).is_err());
    assert_eq!(model.managed_count(), 0);
}

#[test]
fn what_cannot_be_managed_is_released_at_once() {
    let model = Model::new();
    let device = add(&model, "a");
    let log = Log::default();
    assert!(model.manage(device, "value", Noisy(log.clone(), "value")).is_err());
    let says = log.clone();
    assert!(model.manage_action(device, "action", move |_| says.say("called")).is_err());
    assert_eq!(log.take(), ["drop value", "called"]);
}

#[test]
fn the_last_handle_takes_everything_along_last_first() {
    let (model, device) = bound();
    let log = Log::default();
    for name in ["one", "two"] {
        model.manage(device, name, Noisy(log.clone(), name)).expect("bound");
    }
    drop(model);
    assert_eq!(log.take(), ["drop two", "drop one"]);
}
