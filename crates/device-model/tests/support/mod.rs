//! A driver made of closures, and a log that they and the observer write to.
//!
//! What it is for: tests that read as the order of what happened. What it is not: the scripts of the random test
//! (`random_scripts`), which have to be data.

// Each test file uses its own part.
#![allow(dead_code, unreachable_pub)]

use std::cell::RefCell;
use std::rc::Rc;

use device_model::{
    BindContext, Bound, BusType, DeviceDescription, DeviceId, DeviceInfo, Driver, Event, Model, ProbeError,
};

type OnProbe = dyn Fn(&BindContext) -> Result<(), ProbeError>;
type OnCall = dyn Fn(&BindContext);

#[derive(Clone)]
pub struct Scripted {
    name: &'static str,
    bus: BusType,
    /// Names of devices; everything on the bus if empty.
    devices: Vec<&'static str>,
    probe: Rc<OnProbe>,
    remove: Rc<OnCall>,
    shutdown: Rc<OnCall>,
    retry: Rc<OnCall>,
}

impl Scripted {
    pub fn new(name: &'static str, bus: BusType) -> Self {
        Self {
            name,
            bus,
            devices: Vec::new(),
            probe: Rc::new(|_| Ok(())),
            remove: Rc::new(|_| {}),
            shutdown: Rc::new(|_| {}),
            retry: Rc::new(|_| {}),
        }
    }

    pub fn only(mut self, devices: &[&'static str]) -> Self {
        self.devices = devices.to_vec();
        self
    }

    pub fn probe(mut self, probe: impl Fn(&BindContext) -> Result<(), ProbeError> + 'static) -> Self {
        self.probe = Rc::new(probe);
        self
    }

    pub fn remove(mut self, remove: impl Fn(&BindContext) + 'static) -> Self {
        self.remove = Rc::new(remove);
        self
    }

    pub fn shutdown(mut self, shutdown: impl Fn(&BindContext) + 'static) -> Self {
        self.shutdown = Rc::new(shutdown);
        self
    }

    pub fn retry(mut self, retry: impl Fn(&BindContext) + 'static) -> Self {
        self.retry = Rc::new(retry);
        self
    }

    pub fn rc(self) -> Rc<dyn Driver> {
        Rc::new(self)
    }
}

impl Driver for Scripted {
    fn name(&self) -> &str {
        self.name
    }

    fn bus(&self) -> BusType {
        self.bus.clone()
    }

    fn matches(&self, device: &DeviceInfo) -> bool {
        self.devices.is_empty() || self.devices.contains(&device.name())
    }

    fn probe(&self, ctx: &BindContext) -> Result<Box<dyn Bound>, ProbeError> {
        (self.probe)(ctx)?;
        Ok(Box::new(self.clone()))
    }
}

impl Bound for Scripted {
    fn remove(self: Box<Self>, ctx: &BindContext) {
        (self.remove)(ctx);
    }

    fn shutdown(&mut self, ctx: &BindContext) {
        (self.shutdown)(ctx);
    }

    fn retry(&mut self, ctx: &BindContext) {
        (self.retry)(ctx);
    }
}

/// What happened, in words.
#[derive(Clone, Default)]
pub struct Log(Rc<RefCell<Vec<String>>>);

impl Log {
    pub fn observing(model: &Model) -> Self {
        let log = Self::default();
        let lines = log.clone();
        model.set_observer(Rc::new(move |event: &Event| lines.say(event.to_string())));
        log
    }

    pub fn say(&self, line: impl Into<String>) {
        self.0.borrow_mut().push(line.into());
    }

    /// What was said since the last call.
    pub fn take(&self) -> Vec<String> {
        self.0.take()
    }
}

/// Says its name when it is dropped.
pub struct Noisy(pub Log, pub &'static str);

impl Drop for Noisy {
    fn drop(&mut self) {
        self.0.say(format!("drop {}", self.1));
    }
}

pub fn platform(name: &str) -> DeviceDescription {
    DeviceDescription::new(BusType::PLATFORM, name)
}

pub fn add(model: &Model, name: &str) -> DeviceId {
    model.add(platform(name)).expect("the name is free")
}

pub fn find(model: &Model, name: &str) -> Option<DeviceId> {
    model.find(&BusType::PLATFORM, name)
}
