//! Adding, finding and removing devices.

mod support;

use std::rc::Rc;

use device_model::{AddError, BusType, DeviceDescription, DeviceState, Model, RemoveError, Stale};
use support::{Log, Scripted, add, find, platform};

#[test]
fn a_name_is_unique_on_its_bus_and_a_duplicate_leaves_nothing() {
    let model = Model::new();
    let first = add(&model, "a");
    let data = Rc::new(());
    let again = platform("a").node("/a").parent(first).data(data.clone());
    let Err(AddError::Duplicate { existing }) = model.add(again) else { panic!("added twice") };
    assert_eq!(existing.id, first);
    assert_eq!(model.devices(), [first]);
    assert_eq!(model.children(first), Ok(vec![]));
    assert_eq!(model.find_by_node(&BusType::PLATFORM, "/a"), None);
    assert_eq!(Rc::strong_count(&data), 1);
    // The same name on another bus is another device.
    let other = model.add(DeviceDescription::new(BusType::I2C, "a")).expect("another bus");
    assert_eq!(model.find(&BusType::I2C, "a"), Some(other));
    assert_eq!(model.find(&BusType::PLATFORM, "a"), Some(first));
}

#[test]
fn what_is_described_can_be_read() {
    let model = Model::new();
    let parent = add(&model, "parent");
    let device = model
        .add(
            DeviceDescription::new(BusType::I2C, "0-002c")
                .parent(parent)
                .compatible(["ti,sn65dsi84", "ti,sn65dsi83"])
                .node("/soc/i2c/bridge@2c")
                .data(Rc::new(42_u32)),
        )
        .expect("the name is free");
    let info = model.info(device).expect("it is there");
    assert_eq!(info.compatible(), ["ti,sn65dsi84", "ti,sn65dsi83"]);
    assert_eq!(info.parent(), Some(parent));
    assert_eq!(info.data::<u32>().as_deref(), Some(&42));
    assert_eq!(info.data::<String>(), None);
    assert_eq!(info.to_ref().to_string(), "i2c/0-002c");
    assert_eq!(model.find_by_node(&BusType::I2C, "/soc/i2c/bridge@2c"), Some(device));
    assert_eq!(model.find_by_node(&BusType::SPI, "/soc/i2c/bridge@2c"), None);
    assert_eq!(model.children(parent), Ok(vec![device]));
}

#[test]
fn an_old_id_never_means_a_new_device() {
    let model = Model::new();
    let old = add(&model, "a");
    model.remove(old).expect("idle");
    let new = add(&model, "a");
    assert_eq!(model.remove(old), Err(RemoveError::Stale(Stale { got: old, now: Some(new) })));
    assert!(model.bind(old).is_err());
    assert!(model.unbind(old).is_err());
    assert!(model.manage(old, "x", ()).is_err());
    assert!(model.add(platform("child").parent(old)).is_err());
    assert!(model.state(old).is_err() && model.info(old).is_err() && model.children(old).is_err());
    assert_eq!(model.state(new), Ok(DeviceState::Unbound));
    assert_eq!(find(&model, "child"), None);
}

#[test]
fn removal_takes_last_added_children_first_and_unbinds_each_before() {
    let model = Model::new();
    model.load(Scripted::new("drv", BusType::PLATFORM).rc()).expect("no other");
    let root = add(&model, "root");
    let first = model.add(platform("first").parent(root)).expect("free");
    model.add(platform("below").parent(first)).expect("free");
    model.add(platform("second").parent(root)).expect("free");
    let log = Log::observing(&model);
    model.remove(root).expect("idle");
    let order: Vec<String> = log
        .take()
        .into_iter()
        .filter(|line| line.ends_with("removed") || line.contains("unbound"))
        .map(|line| line.replace("platform/", ""))
        .collect();
    assert_eq!(
        order,
        [
            "second: unbound from drv",
            "second: removed",
            "below: unbound from drv",
            "below: removed",
            "first: unbound from drv",
            "first: removed",
            "root: unbound from drv",
            "root: removed",
        ]
    );
    assert!(model.devices().is_empty());
}

#[test]
fn nothing_is_added_or_bound_below_a_device_that_is_being_removed() {
    let model = Model::new();
    let tried = Log::default();
    let says = tried.clone();
    let spawner = Scripted::new("spawner", BusType::PLATFORM).only(&["child"]).remove(move |ctx| {
        let model = ctx.model();
        let parent = ctx.info().parent().expect("it has one");
        says.say(format!("{}", model.add(platform("late").parent(parent)).expect_err("removing")));
        says.say(format!("{}", model.bind(parent).expect_err("removing")));
        says.say(model.state(parent).expect("children go first").to_string());
    });
    model.load(spawner.rc()).expect("no other");
    let root = add(&model, "root");
    model.add(platform("child").parent(root)).expect("free");
    model.remove(root).expect("idle");
    assert_eq!(
        tried.take(),
        ["the parent platform/root is being removed", "platform/root is being removed", "being removed"]
    );
    assert!(model.devices().is_empty());
}

#[test]
fn a_removal_that_meets_a_call_below_it_is_refused_whole() {
    let model = Model::new();
    let log = Log::default();
    let says = log.clone();
    let nosy = Scripted::new("nosy", BusType::PLATFORM).only(&["child"]).probe(move |ctx| {
        let root = ctx.info().parent().expect("it has one");
        says.say(ctx.model().remove(root).expect_err("its child is in probe").to_string());
        Ok(())
    });
    model.load(nosy.rc()).expect("no other");
    let root = add(&model, "root");
    let elder = model.add(platform("elder").parent(root)).expect("free");
    let child = model.add(platform("child").parent(root)).expect("free");
    assert_eq!(log.take(), ["platform/child: its probe is still running"]);
    assert_eq!(model.children(root), Ok(vec![elder, child]));
    assert_eq!(model.state(root), Ok(DeviceState::Unbound));
    model.remove(root).expect("idle now");
    assert!(model.residue().devices.is_empty());
}

#[test]
fn a_device_may_be_removed_by_whoever_watches_it_arrive() {
    let model = Model::new();
    let weak = model.downgrade();
    model.set_observer(Rc::new(move |event| {
        if let (device_model::Event::DeviceAdded { device }, Some(model)) = (event, weak.upgrade()) {
            model.remove(device.id).expect("nothing runs yet");
        }
    }));
    let id = model.add(platform("a")).expect("the name is free");
    assert!(model.info(id).is_err());
}
