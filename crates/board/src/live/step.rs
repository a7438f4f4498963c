//! Steps: what a user does to a live board, in the words of sysfs and modprobe.
//!
//! A step either is one that somebody can make, and has an outcome, or is refused: nobody can send a command from a
//! driver that is not bound. Here are only the words; what a board does with them is in `stepping`.

use std::fmt;
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

/// A text that is not a step.
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
            "'{}' is not a step: {}; a step is bind, unbind, load, unload, pull, plug or command, and then host, \
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
    /// The first text that is not a step.
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
