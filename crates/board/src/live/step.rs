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
            Self::NoDriver { name, compatible } => {
                write!(f, "no driver of Linux 6.12 knows '{name}' ({compatible})")
            }
        }
    }
}

impl std::error::Error for Refused {}

/// A target that was found on the board.
enum Found {
    Host(Rc<HostHardware>),
    Peripheral(Rc<PeripheralHardware>),
}

impl LiveBoard {
    /// Takes one step, and sends a frame to every screen that is still attached.
    ///
    /// # Errors
    ///
    /// [`Refused`], if nobody can make it; nothing has been done.
    pub fn step(&self, step: &Step) -> Result<StepOutcome, Refused> {
        let found = self.find(&step.target)?;
        let what = match (step.verb, &found) {
            (Verb::Bind, found) => self.bind(found)?,
            (Verb::Unbind, found) => self.unbind(found),
            (Verb::Load, found) => self.load(found)?,
            (Verb::Unload, found) => self.unload(found)?,
            (Verb::Pull, Found::Host(host)) => self.pull_host(host),
            (Verb::Plug, Found::Host(host)) => {
                host.is_out.set(false);
                self.bind(&found)?
            }
            (Verb::Pull, Found::Peripheral(peripheral)) => {
                peripheral.cable.pull();
                "the cable is out".to_owned()
            }
            (Verb::Plug, Found::Peripheral(peripheral)) => {
                peripheral.cable.plug();
                "the cable is in".to_owned()
            }
            (Verb::Command, Found::Host(host)) => return Err(Refused::NotAPeripheral(host.name.clone())),
            (Verb::Command, Found::Peripheral(peripheral)) => self.command(peripheral)?,
        };
        self.refresh();
        Ok(StepOutcome { what, breaches: self.breaches() })
    }

    fn find(&self, target: &Target) -> Result<Found, Refused> {
        let (hosts, peripherals) = (&self.hardware.hosts, &self.hardware.peripherals);
        let found = match target {
            Target::Host => hosts.first().cloned().map(Found::Host),
            Target::Peripheral => peripherals.first().cloned().map(Found::Peripheral),
            Target::Named(name) => {
                let host = hosts.iter().find(|host| host.name == *name).cloned().map(Found::Host);
                host.or_else(|| {
                    peripherals.iter().find(|found| found.name == *name).cloned().map(Found::Peripheral)
                })
            }
        };
        found.ok_or_else(|| Refused::NoDevice {
            name: target.to_string(),
            there_are: hosts
                .iter()
                .map(|host| host.name.clone())
                .chain(peripherals.iter().map(|peripheral| peripheral.name.clone()))
                .collect(),
        })
    }

    fn device(&self, found: &Found) -> Option<DeviceId> {
        match found {
            Found::Host(host) => self.host_device(host),
            Found::Peripheral(peripheral) => self.peripheral_device(peripheral),
        }
    }

    fn bind(&self, found: &Found) -> Result<String, Refused> {
        self.driver_of(found)?;
        let Some(device) = self.device(found) else {
            return Ok("there is no such device on the DSI bus while its host is gone".to_owned());
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
            None | Some(Ok(UnbindOutcome::NotBound)) => "it was not bound".to_owned(),
            Some(Ok(UnbindOutcome::Unbound { .. })) => "unbound".to_owned(),
            Some(Err(error)) => format!("not unbound: {error}"),
        }
    }

    /// The name and bus of the driver that a target has in Linux.
    fn driver_of(&self, found: &Found) -> Result<(device_model::BusType, &'static str), Refused> {
        match found {
            Found::Host(host) => Ok((bus_type(host.fact.bus), host.fact.driver_name)),
            Found::Peripheral(peripheral) => match peripheral.fact {
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
        host.is_out.set(true);
        if let Some(found) = self.bus.find_host_by_node(host.bus_node()) {
            found.declare_gone();
        }
        self.unbind(&Found::Host(host.clone()));
        "the host is out, and its driver unbound".to_owned()
    }

    fn command(&self, peripheral: &PeripheralHardware) -> Result<String, Refused> {
        let bound = self
            .peripheral_device(peripheral)
            .and_then(|device| self.model.driver_of(device).ok())
            .is_some_and(|driver| driver.is_some());
        if !bound {
            return Err(Refused::NotBound(peripheral.name.clone()));
        }
        Ok(match peripheral.command() {
            Ok(true) => "sent and answered".to_owned(),
            Ok(false) => "sent".to_owned(),
            Err(error) => format!("refused: {error}"),
        })
    }
}
