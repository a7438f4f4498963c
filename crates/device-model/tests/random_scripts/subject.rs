//! The real model, playing a script.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use device_model::{
    AddError, BindContext, BindError, BindOutcome, Bound, BusType, Busy, DeviceDescription, DeviceId,
    DeviceInfo, Disowned, Driver, DriverId, Event, LoadError, ManageError, ManagedId, Model, ProbeError,
    RemoveError, RemoveOutcome, Residue, UnbindError, UnbindOutcome, UnloadError, WeakModel,
};

use crate::script::{DEVICES, DRIVERS, FUEL, Op, Script, Verdict, bus_of_device, bus_of_driver};

pub(crate) struct Played {
    pub(crate) lines: Vec<String>,
    pub(crate) residue: Residue,
    /// Managed values that nobody has dropped.
    pub(crate) live_values: usize,
}

pub(crate) fn play(script: &Script) -> Played {
    let model = Model::new();
    let stage = Rc::new(Stage {
        script: script.clone(),
        model: model.downgrade(),
        lines: RefCell::default(),
        fuel: Cell::new(FUEL),
        devices: Cell::new([None; DEVICES]),
        drivers: Cell::new([None; DRIVERS]),
        turns: Cell::new([0; DRIVERS]),
        entries: RefCell::default(),
        live_values: Cell::new(0),
    });
    let watching = Rc::clone(&stage);
    model.set_observer(Rc::new(move |event| watching.watch(event)));
    for op in &script.outside {
        stage.op(op.of(0));
        for device in model.devices() {
            assert_eq!(model.running(device), Ok(None), "something still runs");
            let info = model.info(device).expect("it was listed");
            let state = model.state(device).expect("it was listed");
            stage.lines.borrow_mut().push(format!("{} is {state}", info.to_ref()));
        }
    }
    stage.fuel.set(0);
    let residue = model.tear_down();
    assert_eq!(model.managed_count(), 0);
    Played { lines: stage.lines.take(), residue, live_values: stage.live_values.get() }
}

struct Stage {
    script: Script,
    model: WeakModel,
    lines: RefCell<Vec<String>>,
    fuel: Cell<usize>,
    devices: Cell<[Option<DeviceId>; DEVICES]>,
    drivers: Cell<[Option<DriverId>; DRIVERS]>,
    turns: Cell<[usize; DRIVERS]>,
    entries: RefCell<Vec<ManagedId>>,
    live_values: Cell<usize>,
}

impl Stage {
    fn watch(&self, event: &Event) {
        match event {
            Event::DeviceAdded { device } => {
                let mut devices = self.devices.get();
                devices[number(&device.name)] = Some(device.id);
                self.devices.set(devices);
            }
            Event::DriverLoaded { driver, name, .. } => {
                let mut drivers = self.drivers.get();
                drivers[number(name)] = Some(*driver);
                self.drivers.set(drivers);
            }
            Event::ManagedAcquired { entry, .. } => self.entries.borrow_mut().push(*entry),
            _ => {}
        }
        self.lines.borrow_mut().push(event.to_string());
    }

    fn ops(self: &Rc<Self>, ops: &[Op], own: usize) {
        for op in ops {
            self.op(op.of(own));
        }
    }

    fn op(self: &Rc<Self>, op: Op) {
        let Some(fuel) = self.fuel.get().checked_sub(1) else { return };
        self.fuel.set(fuel);
        if let Some(model) = self.model.upgrade()
            && let Some(answer) = self.answer(&model, op)
        {
            self.lines.borrow_mut().push(format!("{op:?}: {answer}"));
        }
    }

    /// Nothing if the operation names what never was.
    fn answer(self: &Rc<Self>, model: &Model, op: Op) -> Option<String> {
        let devices = self.devices.get();
        let drivers = self.drivers.get();
        let entry = |back: usize| {
            let entries = self.entries.borrow();
            entries.len().checked_sub(1 + back).map(|index| entries[index])
        };
        Some(match op {
            Op::Add { device, parent } => said_add(model.add(describe(device, parent, &devices)?)),
            Op::AddManaged { owner, device, parent } => {
                said_add(model.add_managed(devices[owner]?, describe(device, parent, &devices)?))
            }
            Op::Remove(device) => match model.remove(devices[device]?) {
                Ok(()) => "ok".into(),
                Err(RemoveError::Stale(_)) => "stale".into(),
                Err(RemoveError::Busy(busy)) => said_busy(&busy),
            },
            Op::RemoveWhenIdle(device) => match model.remove_when_idle(devices[device]?) {
                Ok(RemoveOutcome::Removed) => "ok".into(),
                Ok(RemoveOutcome::Postponed(busy)) => said_busy(&busy),
                Err(_) => "stale".into(),
            },
            Op::Load(driver) => {
                let stage = Rc::clone(self);
                match model.load(Rc::new(Player { stage, driver, name: format!("r{driver}") })) {
                    Ok(_) => "ok".into(),
                    Err(LoadError::Duplicate { .. }) => "duplicate".into(),
                }
            }
            Op::Unload(driver) => match model.unload(drivers[driver]?) {
                Ok(()) => "ok".into(),
                Err(UnloadError::Stale(_)) => "stale".into(),
                Err(UnloadError::Busy(busy)) => said_busy(&busy),
                Err(UnloadError::Unloading { .. }) => "unloading".into(),
            },
            Op::Bind(device) => said_bind(model, model.bind(devices[device]?)),
            Op::BindTo(device, driver) => said_bind(model, model.bind_to(devices[device]?, drivers[driver]?)),
            Op::Unbind(device) => match model.unbind(devices[device]?) {
                Ok(UnbindOutcome::Unbound { driver }) => format!("unbound {driver}"),
                Ok(UnbindOutcome::NotBound) => "not bound".into(),
                Err(UnbindError::Stale(_)) => "stale".into(),
                Err(UnbindError::Busy(busy)) => said_busy(&busy),
            },
            Op::Manage { device, release, by_drop } => {
                let owner = device;
                let device = devices[device]?;
                let mut value = Value::new(Rc::clone(self), release, owner);
                let name = format!("v{release}");
                let managed = if by_drop {
                    model.manage(device, name, value)
                } else {
                    // Only the call plays the script: an action that is disowned isn't called.
                    value.armed = false;
                    model.manage_action(device, name, move |_| {
                        // All of it, not the one field.
                        let mut value = value;
                        value.armed = true;
                    })
                };
                match managed {
                    Ok(_) => "ok".into(),
                    Err(error) => said_manage(&error).into(),
                }
            }
            Op::Release(back) => match model.release(entry(back)?) {
                Ok(()) => "ok".into(),
                Err(_) => "stale".into(),
            },
            Op::Disown(back) => match model.disown(entry(back)?) {
                Ok(Disowned::Value(value)) => {
                    let mut value = value.downcast::<Value>().expect("all values are of this type");
                    value.armed = false;
                    "value".into()
                }
                Ok(Disowned::Action) => "action".into(),
                Ok(Disowned::Device(_)) => "device".into(),
                Err(_) => "stale".into(),
            },
            Op::WantsRetry(device, wanted) => match model.wants_retry(devices[device]?, wanted) {
                Ok(()) => "ok".into(),
                Err(_) => "stale".into(),
            },
            Op::Look(device) => match model.state(devices[device]?) {
                Ok(state) => state.to_string(),
                Err(_) => "stale".into(),
            },
            Op::Shutdown => {
                let report = model.shutdown();
                format!("called {}, skipped {}", report.called.len(), report.skipped.len())
            }
        })
    }
}

/// What a release script hangs on.
struct Value {
    stage: Rc<Stage>,
    release: usize,
    owner: usize,
    armed: bool,
}

impl Value {
    fn new(stage: Rc<Stage>, release: usize, owner: usize) -> Self {
        stage.live_values.set(stage.live_values.get() + 1);
        Self { stage, release, owner, armed: true }
    }
}

impl Drop for Value {
    fn drop(&mut self) {
        self.stage.live_values.set(self.stage.live_values.get() - 1);
        if self.armed {
            self.stage.lines.borrow_mut().push(format!("end of v{}", self.release));
            self.stage.ops(&self.stage.script.releases[self.release], self.owner);
        }
    }
}

struct Player {
    stage: Rc<Stage>,
    driver: usize,
    name: String,
}

struct Held {
    stage: Rc<Stage>,
    driver: usize,
}

impl Driver for Player {
    fn name(&self) -> &str {
        &self.name
    }

    fn bus(&self) -> BusType {
        BusType::named(bus_of_driver(self.driver))
    }

    fn matches(&self, device: &DeviceInfo) -> bool {
        self.stage.script.drivers[self.driver].matches[number(device.name())]
    }

    fn probe(&self, ctx: &BindContext) -> Result<Box<dyn Bound>, ProbeError> {
        let script = &self.stage.script.drivers[self.driver];
        let mut turns = self.stage.turns.get();
        let verdict = script.verdicts[turns[self.driver] % script.verdicts.len()];
        turns[self.driver] += 1;
        self.stage.turns.set(turns);
        self.stage.ops(&script.probe, number(ctx.info().name()));
        match verdict {
            Verdict::Bind => Ok(Box::new(Held { stage: Rc::clone(&self.stage), driver: self.driver })),
            Verdict::Defer => Err(ProbeError::defer("later")),
            Verdict::Fail => Err(ProbeError::failed("bad")),
        }
    }
}

impl Bound for Held {
    fn remove(self: Box<Self>, ctx: &BindContext) {
        self.stage.ops(&self.stage.script.drivers[self.driver].remove, number(ctx.info().name()));
    }

    fn shutdown(&mut self, ctx: &BindContext) {
        self.stage.ops(&self.stage.script.drivers[self.driver].shutdown, number(ctx.info().name()));
    }

    fn retry(&mut self, ctx: &BindContext) {
        self.stage.ops(&self.stage.script.drivers[self.driver].retry, number(ctx.info().name()));
    }
}

fn number(name: &str) -> usize {
    name[1..].parse().expect("names are a letter and a number")
}

fn describe(
    device: usize,
    parent: Option<usize>,
    devices: &[Option<DeviceId>; DEVICES],
) -> Option<DeviceDescription> {
    let description = DeviceDescription::new(BusType::named(bus_of_device(device)), format!("d{device}"));
    Some(match parent {
        None => description,
        Some(parent) => description.parent(devices[parent]?),
    })
}

fn said_busy(busy: &Busy) -> String {
    format!("busy {} of {}", busy.running.to_string().split(' ').next().unwrap_or_default(), busy.device)
}

fn said_add(answer: Result<DeviceId, AddError>) -> String {
    match answer {
        Ok(_) => "ok".into(),
        Err(AddError::Duplicate { .. }) => "duplicate".into(),
        Err(AddError::Stale(_)) => "stale".into(),
        Err(AddError::ParentRemoving { .. }) => "removing".into(),
        Err(AddError::Manage(error)) => said_manage(&error).into(),
    }
}

fn said_manage(error: &ManageError) -> &'static str {
    match error {
        ManageError::Stale(_) => "stale",
        ManageError::NotBound { .. } => "not bound",
        ManageError::Releasing { .. } => "releasing",
    }
}

fn said_bind(model: &Model, answer: Result<BindOutcome, BindError>) -> String {
    let name = |driver| model.driver_name(driver).map_or("(gone)".into(), |name| name.to_string());
    match answer {
        Ok(BindOutcome::Bound { driver }) => format!("bound {}", name(driver)),
        Ok(BindOutcome::AlreadyBound { driver }) => format!("already {}", name(driver)),
        Ok(BindOutcome::Deferred { driver, .. }) => format!("deferred {driver}"),
        Ok(BindOutcome::NoDriver) => "no driver".into(),
        Err(BindError::Stale(_)) => "stale".into(),
        Err(BindError::StaleDriver(_)) => "stale driver".into(),
        Err(BindError::Busy(busy)) => said_busy(&busy),
        Err(BindError::Removing { .. }) => "removing".into(),
        Err(BindError::Unloading { .. }) => "unloading".into(),
        Err(BindError::WrongBus { .. }) => "wrong bus".into(),
        Err(BindError::NoMatch { .. }) => "no match".into(),
        Err(BindError::ShutDown) => "shut down".into(),
        Err(BindError::TryAgain { driver, .. }) => format!("try again {driver}"),
        Err(BindError::Failed { driver, .. }) => format!("failed {driver}"),
    }
}
