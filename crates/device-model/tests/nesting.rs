//! Every kind of code from outside that the model runs may call the model: drivers' questions, observers, and the
//! drops of what was handed in.

mod support;

use std::cell::Cell;
use std::rc::Rc;

use device_model::{
    BindContext, Bound, BusType, DeviceDescription, DeviceInfo, Driver, Event, Model, ProbeError, WeakModel,
};
use support::{Log, add, platform};

/// A bus that no driver serves.
const LIVELY: BusType = BusType::named("lively");

/// Adds and removes a device when it is dropped, and says so.
struct Lively(WeakModel, Log, &'static str);

impl Drop for Lively {
    fn drop(&mut self) {
        let Some(model) = self.0.upgrade() else { return };
        let device = model.add(DeviceDescription::new(LIVELY, self.2)).expect("the name is free");
        assert!(!model.residue().is_empty());
        model.remove(device).expect("nothing runs of it");
        self.1.say(self.2);
    }
}

/// A driver every method of which calls the model.
struct Curious(WeakModel, Lively);

impl Driver for Curious {
    fn name(&self) -> &str {
        self.0.upgrade().map(|model| model.devices());
        "curious"
    }

    fn bus(&self) -> BusType {
        self.0.upgrade().map(|model| model.drivers());
        BusType::PLATFORM
    }

    fn matches(&self, device: &DeviceInfo) -> bool {
        if device.name() == "doomed"
            && let Some(model) = self.0.upgrade()
        {
            // So it is gone when the probe would begin.
            model.remove(device.id()).expect("nothing runs yet");
        }
        true
    }

    fn probe(&self, ctx: &BindContext) -> Result<Box<dyn Bound>, ProbeError> {
        ctx.manage("lively", Lively(self.0.clone(), self.1.1.clone(), "managed"))?;
        Ok(Box::new(Held(Lively(self.0.clone(), self.1.1.clone(), "held"))))
    }
}

struct Held(#[expect(dead_code, reason = "held for its drop")] Lively);

impl Bound for Held {
    fn remove(self: Box<Self>, _: &BindContext) {}
}

#[test]
fn drops_of_data_drivers_holds_values_and_observers_may_call_the_model() {
    let model = Model::new();
    let log = Log::default();
    let lively = |name| Lively(model.downgrade(), log.clone(), name);
    let data: Rc<Lively> = Rc::new(lively("data"));
    let device = model.add(platform("a").data(data)).expect("free");
    let refused: Rc<Lively> = Rc::new(lively("refused data"));
    assert!(model.add(platform("a").data(refused)).is_err());
    assert_eq!(log.take(), ["refused data"]);
    let owned = lively("observer");
    model.set_observer(Rc::new(move |_: &Event| {
        let _ = &owned;
    }));
    model.clear_observer();
    assert_eq!(log.take(), ["observer"]);
    model.remove(device).expect("idle");
    assert_eq!(log.take(), ["data"]);
    assert!(model.residue().is_empty());
}

#[test]
fn every_method_of_a_driver_may_call_the_model() {
    let model = Model::new();
    let log = Log::default();
    let lively = |name| Lively(model.downgrade(), log.clone(), name);
    let device = add(&model, "a");
    let driver = model.load(Rc::new(Curious(model.downgrade(), lively("driver")))).expect("no other");
    assert_eq!(model.bound_to(driver), [device]);
    let gone = model.add(platform("doomed")).expect("free");
    assert!(model.info(gone).is_err());
    let again = model.load(Rc::new(Curious(model.downgrade(), lively("refused driver"))));
    assert!(again.is_err());
    assert_eq!(log.take(), ["refused driver"]);
    model.unload(driver).expect("idle");
    assert_eq!(log.take(), ["held", "managed", "driver"]);
    assert_eq!(model.devices(), [device]);
}

#[test]
fn an_observer_may_replace_itself_and_call_anything() {
    let model = Model::new();
    let weak = model.downgrade();
    let calls = Rc::new(Cell::new(0));
    let count = Rc::clone(&calls);
    model.set_observer(Rc::new(move |_| {
        count.set(count.get() + 1);
        if let Some(model) = weak.upgrade() {
            model.set_observer(Rc::new(|_| {}));
            add(&model, "from the observer");
        }
    }));
    add(&model, "a");
    assert_eq!(calls.get(), 1);
    assert_eq!(model.devices().len(), 2);
    assert!(model.tear_down().is_empty());
}
