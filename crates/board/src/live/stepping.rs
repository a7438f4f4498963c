//! Taking a step: what a live board does with the words of `teardown_steps`, and whether the contract held.

use super::board::{LiveBoard, bus_type};
use super::hardware::{HostHardware, PeripheralHardware};
use super::step::{Refused, StepOutcome};
use device_model::{BindError, BindOutcome, DeviceId, Driver, UnbindOutcome};
use std::rc::Rc;
use teardown_steps::{BoardAct, End, Step, Target};

/// A target on the board.
enum Found {
    Host(Rc<HostHardware>),
    Peripheral(Rc<PeripheralHardware>),
    /// A second link, and the peripheral that it is one of.
    SecondLink(Rc<PeripheralHardware>, Rc<PeripheralHardware>),
}

/// The text for a step on a device that is not there.
const NO_DEVICE: &str = "there is no such device on the DSI bus while its host is gone";

impl LiveBoard {
    /// Takes one step, and sends a frame to every screen that is still attached.
    ///
    /// # Errors
    ///
    /// [`Refused`], if nobody can take the step; then nothing has been done.
    pub fn step(&self, step: &Step) -> Result<StepOutcome, Refused> {
        let (act, found) = self.aim(step)?;
        let what = match act {
            BoardAct::Bind(_) => self.bind(&found)?,
            BoardAct::Unbind(_) => self.unbind(&found),
            BoardAct::Load(_) => self.load(&found)?,
            BoardAct::Unload(_) => self.unload(&found)?,
            BoardAct::Pull(_) => match found {
                Found::Host(host) => self.pull_host(&host),
                Found::Peripheral(link) | Found::SecondLink(link, _) => {
                    let was_in = link.is_plugged();
                    link.cable.pull();
                    if was_in { "the cable is out" } else { "the cable was out" }.to_owned()
                }
            },
            BoardAct::Plug(_) => match found {
                Found::Host(host) => self.plug_host(&host),
                Found::Peripheral(link) | Found::SecondLink(link, _) => {
                    let was_in = link.is_plugged();
                    link.cable.plug();
                    if was_in { "the cable was in" } else { "the cable is in" }.to_owned()
                }
            },
            BoardAct::Command(_) | BoardAct::SecondCommand => self.command(found)?,
        };
        self.refresh();
        self.watch();
        Ok(StepOutcome { what, breaches: self.breaches() })
    }

    /// Refuses a step that nobody can take in any state of the board.
    ///
    /// # Errors
    ///
    /// It means nothing to virtual hardware, or not to this target, or the board has no such target.
    pub fn refuse_nonsense(&self, step: &Step) -> Result<(), Refused> {
        self.aim(step).map(|_| ())
    }

    /// What a step does to which target, if that makes sense in any state of the board.
    fn aim<'s>(&self, step: &'s Step) -> Result<(BoardAct<'s>, Found), Refused> {
        let act = step.for_hardware().map_err(Refused::NoMeaning)?;
        let found = match act {
            BoardAct::Bind(target) | BoardAct::Load(target) | BoardAct::Unload(target) => {
                let found = self.find_driven(target)?;
                self.driver_of(&found)?;
                found
            }
            BoardAct::Unbind(target) => self.find_driven(target)?,
            BoardAct::Pull(target) | BoardAct::Plug(target) => self.find(target)?,
            BoardAct::Command(target) => self.find_sender(target)?,
            BoardAct::SecondCommand => {
                let second = self.all_links().nth(1).map(|link| Target::named(&link.name));
                let there_are = || self.all_links().map(|link| link.name.clone()).collect();
                self.find_sender(&second.ok_or_else(|| Refused::NoSecondDevice { there_are: there_are() })?)?
            }
        };
        Ok((act, found))
    }

    fn find(&self, target: &Target) -> Result<Found, Refused> {
        let (hosts, peripherals) = (&self.hardware.hosts, &self.hardware.peripherals);
        let found = match target {
            Target::End(End::Host(nth)) => hosts.get(nth.index()).cloned().map(Found::Host),
            Target::End(End::Peripheral(nth)) => peripherals.get(nth.index()).cloned().map(Found::Peripheral),
            Target::Named(name) => {
                let host = hosts.iter().find(|host| host.name == *name).cloned().map(Found::Host);
                let first = || peripherals.iter().find(|found| found.name == *name).cloned();
                let second = || {
                    peripherals.iter().find_map(|first| {
                        let link = first.second_links.iter().find(|link| link.name == *name)?;
                        Some(Found::SecondLink(link.clone(), first.clone()))
                    })
                };
                host.or_else(|| first().map(Found::Peripheral)).or_else(second)
            }
        };
        found.ok_or_else(|| Refused::NoDevice {
            name: target.to_string(),
            there_are: hosts
                .iter()
                .map(|host| host.name.clone())
                .chain(self.all_links().map(|link| link.name.clone()))
                .collect(),
        })
    }

    /// A target that has a driver of its own.
    fn find_driven(&self, target: &Target) -> Result<Found, Refused> {
        match self.find(target)? {
            Found::SecondLink(link, peripheral) => {
                Err(Refused::SecondLink { name: link.name.clone(), of: peripheral.name.clone() })
            }
            found => Ok(found),
        }
    }

    /// A target whose driver can send a command.
    fn find_sender(&self, target: &Target) -> Result<Found, Refused> {
        let found = self.find(target)?;
        if let Found::Host(host) = &found {
            return Err(Refused::NotAPeripheral(host.name.clone()));
        }
        self.driver_of(&found)?;
        Ok(found)
    }

    fn device(&self, found: &Found) -> Option<DeviceId> {
        match found {
            Found::Host(host) => self.host_device(host),
            Found::Peripheral(peripheral) | Found::SecondLink(_, peripheral) => {
                self.peripheral_device(peripheral)
            }
        }
    }

    /// Whether the target is there: a device on the DSI bus exists while its host does. A step on a device that is not
    /// there does nothing, and nobody can take it (there is no file in sysfs to write its name to).
    pub fn has_device(&self, target: &Target) -> bool {
        self.find(target).is_ok_and(|found| self.device(&found).is_some())
    }

    /// By hand: sysfs's `bind` file of the target's driver.
    fn bind(&self, found: &Found) -> Result<String, Refused> {
        let (bus, name) = self.driver_of(found)?;
        let Some(device) = self.device(found) else {
            return Ok(NO_DEVICE.to_owned());
        };
        let Some(driver) = self.model.find_driver(&bus, name) else {
            return Ok("its driver is not loaded".to_owned());
        };
        Ok(match self.model.bind_to(device, driver) {
            Err(BindError::TryAgain { reason, .. }) => {
                format!("not bound: {reason}; a bind by hand is not tried again")
            }
            outcome => said_of_bind(outcome),
        })
    }

    fn unbind(&self, found: &Found) -> String {
        match self.device(found).map(|device| self.model.unbind(device)) {
            None => NO_DEVICE.to_owned(),
            Some(Ok(UnbindOutcome::NotBound)) => "it was not bound".to_owned(),
            Some(Ok(UnbindOutcome::Unbound { .. })) => "unbound".to_owned(),
            Some(Err(error)) => format!("not unbound: {error}"),
        }
    }

    /// The name and bus of the driver that a target has in Linux.
    fn driver_of(&self, found: &Found) -> Result<(device_model::BusType, &'static str), Refused> {
        match found {
            Found::Host(host) => Ok((bus_type(host.fact.bus), host.fact.driver_name)),
            Found::Peripheral(peripheral) | Found::SecondLink(_, peripheral) => match peripheral.fact {
                Some(fact) => Ok((bus_type(fact.bus), fact.driver_name)),
                None => Err(Refused::NoDriver {
                    name: peripheral.name.clone(),
                    compatible: peripheral.compatible.clone(),
                }),
            },
        }
    }

    fn load(&self, found: &Found) -> Result<String, Refused> {
        let (bus, name) = self.driver_of(found)?;
        if self.model.find_driver(&bus, name).is_some() {
            return Ok(format!("driver {name} was loaded"));
        }
        let same = |driver: &Rc<dyn Driver>| driver.bus() == bus && driver.name() == name;
        Ok(match self.drivers().into_iter().find(same).map(|driver| self.model.load(driver)) {
            Some(Ok(_)) => format!("driver {name} loaded"),
            Some(Err(error)) => format!("driver {name} not loaded: {error}"),
            None => format!("driver {name} not loaded: it serves no device of this board"),
        })
    }

    fn unload(&self, found: &Found) -> Result<String, Refused> {
        let (bus, name) = self.driver_of(found)?;
        Ok(match self.model.find_driver(&bus, name).map(|driver| self.model.unload(driver)) {
            None => format!("driver {name} was not loaded"),
            Some(Ok(())) => format!("driver {name} unloaded"),
            Some(Err(error)) => format!("driver {name} not unloaded: {error}"),
        })
    }

    /// The hot-plug interrupt comes first, and the driver core unbinds the driver when it gets to run.
    fn pull_host(&self, host: &Rc<HostHardware>) -> String {
        if host.is_out.replace(true) {
            return "it was out of the board".to_owned();
        }
        if let Some(found) = self.bus.find_host_by_node(host.bus_node()) {
            found.declare_gone();
        }
        let driver = match self.host_device(host).map(|device| self.model.unbind(device)) {
            None | Some(Ok(UnbindOutcome::NotBound)) => "no driver was bound".to_owned(),
            Some(Ok(UnbindOutcome::Unbound { .. })) => "its driver unbound".to_owned(),
            Some(Err(error)) => format!("its driver not unbound: {error}"),
        };
        format!("the host is out, {driver}")
    }

    /// The bus that the host is on finds it again, and the driver core binds its driver.
    fn plug_host(&self, host: &Rc<HostHardware>) -> String {
        let was_out = host.is_out.replace(false);
        let driver = match self.host_device(host) {
            Some(device) => said_of_bind(self.model.bind(device)),
            None => NO_DEVICE.to_owned(),
        };
        format!("{}, {driver}", if was_out { "the host is in" } else { "it was in the board" })
    }

    /// Has a peripheral's driver send a command over one of its links.
    fn command(&self, sender: Found) -> Result<String, Refused> {
        let (link, peripheral) = match &sender {
            Found::Host(host) => return Err(Refused::NotAPeripheral(host.name.clone())),
            Found::Peripheral(peripheral) => (peripheral, peripheral),
            Found::SecondLink(link, peripheral) => (link, peripheral),
        };
        let bound = self
            .peripheral_device(peripheral)
            .and_then(|device| self.model.driver_of(device).ok())
            .is_some_and(|driver| driver.is_some());
        if !bound {
            let name = peripheral.name.clone();
            return Err(match (self.peripheral_device(peripheral), self.host_of(peripheral)) {
                (None, Some(host)) => Refused::HostGone { name, host: host.name.clone() },
                _ => Refused::NotBound(name),
            });
        }
        Ok(match link.command() {
            Ok(true) => "sent, and the panel responded".to_owned(),
            Ok(false) => "sent".to_owned(),
            Err(error) => format!("refused: {}", self.bus.show(&error)),
        })
    }
}

fn said_of_bind(outcome: Result<BindOutcome, BindError>) -> String {
    match outcome {
        Ok(BindOutcome::Bound { .. }) => "bound".to_owned(),
        Ok(BindOutcome::AlreadyBound { .. }) => "it was bound".to_owned(),
        Ok(BindOutcome::Deferred { .. }) => "deferred".to_owned(),
        Ok(BindOutcome::NoDriver) => "its driver is not loaded".to_owned(),
        Err(error) => format!("not bound: {error}"),
    }
}
