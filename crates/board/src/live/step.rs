//! Steps: what a user does to a live board, in the words of sysfs and modprobe.
//!
//! A step either is one that somebody can make, and has an outcome, or is refused: nobody can send a command from a
//! driver that is not bound. Whether the contract held is told after each.

use super::board::{LiveBoard, bus_type};
use super::hardware::{HostHardware, PeripheralHardware};
use device_model::{BindOutcome, DeviceId, Driver, UnbindOutcome};
use std::fmt;
use std::rc::Rc;
use std::str::FromStr;

/// What is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Verb {
    /// Bind a driver to the device (`echo NAME > …/bind`).
    Bind,
    /// Unbind its driver (`echo NAME > …/unbind`).
    Unbind,
    /// Load its driver's module (modprobe).
    Load,
    /// Unload its driver's module (rmmod): unbinds all of its devices.
    Unload,
    /// Pull the peripheral's cable, or the host with its whole board.
    Pull,
    /// Plug it in again.
    Plug,
    /// Have the peripheral's driver send a command.
    Command,
}

/// What it is done to.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Target {
    /// The first pipeline's host.
    Host,
    /// The first pipeline's peripheral.
    Peripheral,
    /// The device of this name in sysfs.
    Named(String),
}

/// One step of a script.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Step {
    /// What is done.
    pub verb: Verb,
    /// What it is done to.
    pub target: Target,
}

/// A text that is no step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StepError {
    /// The text.
    pub got: String,
    /// What is wrong with it.
    pub reason: &'static str,
}

impl fmt::Display for StepError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "'{}' is no step: {}; a step is bind, unbind, load, unload, pull, plug or command, and then host, \
             peripheral or the name of a device",
            self.got, self.reason
        )
    }
}

impl std::error::Error for StepError {}

impl FromStr for Step {
    type Err = StepError;

    fn from_str(text: &str) -> Result<Self, StepError> {
        let error = |reason| StepError { got: text.trim().to_owned(), reason };
        let mut words = text.split_whitespace();
        let verb = match words.next().ok_or(error("it is empty"))? {
            "bind" => Verb::Bind,
            "unbind" => Verb::Unbind,
            "load" => Verb::Load,
            "unload" => Verb::Unload,
            "pull" => Verb::Pull,
            "plug" => Verb::Plug,
            "command" => Verb::Command,
            _ => return Err(error("there is no such verb")),
        };
        let target = match (words.next(), verb) {
            (None, Verb::Command | Verb::Pull | Verb::Plug) => Target::Peripheral,
            (None, _) => return Err(error("it names no target")),
            (Some("host"), _) => Target::Host,
            (Some("peripheral"), _) => Target::Peripheral,
            (Some(name), _) => Target::Named(name.to_owned()),
        };
        match words.next() {
            None => Ok(Self { verb, target }),
            Some(_) => Err(error("it has more than two words")),
        }
    }
}

impl Step {
    /// A script: steps with commas between them.
    ///
    /// # Errors
    ///
    /// The first text that is no step.
    pub fn script(text: &str) -> Result<Vec<Self>, StepError> {
        text.split(',').map(str::parse).collect()
    }
}

impl fmt::Display for Verb {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Bind => "bind",
            Self::Unbind => "unbind",
            Self::Load => "load",
            Self::Unload => "unload",
            Self::Pull => "pull",
            Self::Plug => "plug",
            Self::Command => "command",
        })
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Host => "host",
            Self::Peripheral => "peripheral",
            Self::Named(name) => name,
        })
    }
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.verb, self.target)
    }
}

/// What came of a step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StepOutcome {
    /// What happened, as a sentence without a stop.
    pub what: String,
    /// What broke the contract; nothing if all is well.
    pub breaches: Vec<String>,
}

/// A step that nobody can make.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refused {
    /// The board has no device of this name.
    NoDevice {
        /// The name.
        name: String,
        /// The names that there are.
        there_are: Vec<String>,
    },
    /// A command has to come from a peripheral.
    NotAPeripheral(String),
    /// No driver is bound to the peripheral, so none can send a command.
    NotBound(String),
    /// No driver is bound, and none can be: a device on the DSI bus is there while its host is.
    HostGone {
        /// The peripheral.
        name: String,
        /// Its host.
        host: String,
    },
    /// A second link has a cable and sends commands, but no driver of its own.
    SecondLink {
        /// The link.
        name: String,
        /// The peripheral that it is a link of.
        of: String,
    },
    /// No driver of Linux 6.12 knows the peripheral.
    NoDriver {
        /// The peripheral.
        name: String,
        /// Its compatible.
        compatible: String,
    },
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoDevice { name, there_are } => {
                write!(f, "there is no device '{name}'; there are: {}", there_are.join(", "))
            }
            Self::NotAPeripheral(name) => write!(f, "'{name}' is a host; a command comes from a peripheral"),
            Self::NotBound(name) => {
                write!(f, "no driver is bound to '{name}', so no driver can send a command; bind it first")
            }
            Self::HostGone { name, host } => write!(
                f,
                "no driver is bound to '{name}', so no driver can send a command: its host '{host}' is gone; bind the \
                 host first"
            ),
            Self::SecondLink { name, of } => write!(
                f,
                "'{name}' is the second link of '{of}', whose driver serves both; name '{of}' for this step"
            ),
            Self::NoDriver { name, compatible } => write!(
                f,
                "no driver of Linux 6.12 knows '{name}' ({compatible}), so it can't be bound and sends no command"
            ),
        }
    }
}

impl std::error::Error for Refused {}

/// A target that was found on the board.
enum Found {
    Host(Rc<HostHardware>),
    Peripheral(Rc<PeripheralHardware>),
    /// A second link, and the peripheral that it is one of.
    SecondLink(Rc<PeripheralHardware>, Rc<PeripheralHardware>),
}

/// What is said of a step on a device that is not there.
const NO_DEVICE: &str = "there is no such device on the DSI bus while its host is gone";

impl LiveBoard {
    /// Takes one step, and sends a frame to every screen that is still attached.
    ///
    /// # Errors
    ///
    /// [`Refused`], if nobody can make it; nothing has been done.
    pub fn step(&self, step: &Step) -> Result<StepOutcome, Refused> {
        let found = self.find(&step.target)?;
        let what = match (step.verb, &found) {
            (Verb::Bind | Verb::Unbind | Verb::Load | Verb::Unload, Found::SecondLink(link, peripheral)) => {
                let (name, of) = (link.name.clone(), peripheral.name.clone());
                return Err(Refused::SecondLink { name, of });
            }
            (Verb::Bind, found) => self.bind(found)?,
            (Verb::Unbind, found) => self.unbind(found),
            (Verb::Load, found) => self.load(found)?,
            (Verb::Unload, found) => self.unload(found)?,
            (Verb::Pull, Found::Host(host)) => self.pull_host(host),
            (Verb::Plug, Found::Host(host)) => self.plug_host(host)?,
            (Verb::Pull, Found::Peripheral(link) | Found::SecondLink(link, _)) => {
                let was_in = link.is_plugged();
                link.cable.pull();
                if was_in { "the cable is out" } else { "the cable was out" }.to_owned()
            }
            (Verb::Plug, Found::Peripheral(link) | Found::SecondLink(link, _)) => {
                let was_in = link.is_plugged();
                link.cable.plug();
                if was_in { "the cable was in" } else { "the cable is in" }.to_owned()
            }
            (Verb::Command, Found::Host(host)) => return Err(Refused::NotAPeripheral(host.name.clone())),
            (Verb::Command, Found::Peripheral(peripheral)) => self.command(peripheral, peripheral)?,
            (Verb::Command, Found::SecondLink(link, peripheral)) => self.command(link, peripheral)?,
        };
        self.refresh();
        self.watch();
        Ok(StepOutcome { what, breaches: self.breaches() })
    }

    fn find(&self, target: &Target) -> Result<Found, Refused> {
        let (hosts, peripherals) = (&self.hardware.hosts, &self.hardware.peripherals);
        let found = match target {
            Target::Host => hosts.first().cloned().map(Found::Host),
            Target::Peripheral => peripherals.first().cloned().map(Found::Peripheral),
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

    fn device(&self, found: &Found) -> Option<DeviceId> {
        match found {
            Found::Host(host) => self.host_device(host),
            Found::Peripheral(peripheral) | Found::SecondLink(_, peripheral) => {
                self.peripheral_device(peripheral)
            }
        }
    }

    /// Whether the target is there: a device on the DSI bus is while its host is. A step on one that is not does
    /// nothing, and is one that nobody can make (there is no file in sysfs to write its name to).
    pub fn has_device(&self, target: &Target) -> bool {
        self.find(target).is_ok_and(|found| self.device(&found).is_some())
    }

    fn bind(&self, found: &Found) -> Result<String, Refused> {
        self.driver_of(found)?;
        let Some(device) = self.device(found) else {
            return Ok(NO_DEVICE.to_owned());
        };
        Ok(match self.model.bind(device) {
            Ok(BindOutcome::Bound { .. }) => "bound".to_owned(),
            Ok(BindOutcome::AlreadyBound { .. }) => "it was bound".to_owned(),
            Ok(BindOutcome::Deferred { .. }) => "deferred".to_owned(),
            Ok(BindOutcome::NoDriver) => "its driver is not loaded".to_owned(),
            Err(error) => format!("not bound: {error}"),
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
    fn plug_host(&self, host: &Rc<HostHardware>) -> Result<String, Refused> {
        let was_out = host.is_out.replace(false);
        let driver = self.bind(&Found::Host(host.clone()))?;
        Ok(format!("{}, {driver}", if was_out { "the host is in" } else { "it was in the board" }))
    }

    /// Has the peripheral's driver send a command over one of its links.
    fn command(
        &self,
        link: &PeripheralHardware,
        peripheral: &Rc<PeripheralHardware>,
    ) -> Result<String, Refused> {
        self.driver_of(&Found::Peripheral(peripheral.clone()))?;
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
            Ok(true) => "sent and answered".to_owned(),
            Ok(false) => "sent".to_owned(),
            Err(error) => format!("refused: {error}"),
        })
    }
}
