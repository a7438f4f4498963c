//! What hosts and peripherals are called, and how a script names one.

use crate::action::End;
use std::fmt;

/// What hosts and peripherals are called: on a board, as sysfs calls them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Names {
    /// The hosts, by index.
    pub hosts: Vec<String>,
    /// The peripherals, by index.
    pub peripherals: Vec<String>,
    /// There is nothing else on the board, so that one of its kind needs no name.
    pub are_all: bool,
}

/// What it is done to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    /// The first host.
    Host,
    /// The first peripheral.
    Peripheral,
    /// What has this name.
    Named(String),
}

impl Names {
    /// What they are called where there is no board: numbered, where there are several.
    pub fn plain(hosts: usize, peripherals: usize) -> Self {
        let names = |count: usize, word: &str| match count {
            1 => vec![word.to_owned()],
            _ => (0..count).map(|index| format!("{word}{index}")).collect(),
        };
        Self { hosts: names(hosts, "host"), peripherals: names(peripherals, "peripheral"), are_all: true }
    }

    /// The name of an end.
    pub fn of(&self, end: End) -> &str {
        let name = match end {
            End::Host(index) => self.hosts.get(index),
            End::Peripheral(index) => self.peripherals.get(index),
        };
        name.map_or("?", String::as_str)
    }

    /// The end that a target names.
    pub fn find(&self, target: &Target) -> Option<End> {
        let position = |names: &[String], wanted: &str| names.iter().position(|name| name.as_str() == wanted);
        match target {
            Target::Host => (!self.hosts.is_empty()).then_some(End::Host(0)),
            Target::Peripheral => (!self.peripherals.is_empty()).then_some(End::Peripheral(0)),
            Target::Named(name) => position(&self.hosts, name)
                .map(End::Host)
                .or_else(|| position(&self.peripherals, name).map(End::Peripheral)),
        }
    }

    /// The target that names an end in the fewest words: one of its kind needs no name.
    pub fn target(&self, end: End) -> Target {
        match end {
            End::Host(_) if self.are_all && self.hosts.len() == 1 => Target::Host,
            End::Peripheral(_) if self.are_all && self.peripherals.len() == 1 => Target::Peripheral,
            _ => Target::Named(self.of(end).to_owned()),
        }
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
