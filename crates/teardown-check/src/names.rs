//! The names of hosts and peripherals, and how a script names one.

use crate::action::{End, UserAction};
use teardown_steps::{Act, End as NthEnd, Target, Verb};

/// The names of hosts and peripherals: on a board, their names in sysfs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Names {
    /// The hosts, by index.
    pub hosts: Vec<String>,
    /// The peripherals, by index.
    pub peripherals: Vec<String>,
    /// Whether there is nothing else on the board, so that the only one of its kind needs no name.
    pub are_all: bool,
}

impl Names {
    /// The names without a board: numbered, if there are several.
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
            Target::End(NthEnd::Host(nth)) => {
                (nth.index() < self.hosts.len()).then_some(End::Host(nth.index()))
            }
            Target::End(NthEnd::Peripheral(nth)) => {
                (nth.index() < self.peripherals.len()).then_some(End::Peripheral(nth.index()))
            }
            Target::Named(name) => position(&self.hosts, name)
                .map(End::Host)
                .or_else(|| position(&self.peripherals, name).map(End::Peripheral)),
        }
    }

    /// The target that names an end in the fewest words: the only one of its kind needs no name.
    pub fn target(&self, end: End) -> Target {
        match end {
            End::Host(_) if self.are_all && self.hosts.len() == 1 => Target::HOST,
            End::Peripheral(_) if self.are_all && self.peripherals.len() == 1 => Target::PERIPHERAL,
            _ => Target::named(self.of(end)),
        }
    }

    /// The words for an action.
    pub fn act(&self, action: UserAction) -> Act {
        let (verb, end) = match action {
            UserAction::Unbind(end) => (Verb::Unbind, end),
            UserAction::Bind(end) => (Verb::Bind, end),
            UserAction::Pull(end) => (Verb::Pull, end),
            UserAction::Command(index) => (Verb::Command, End::Peripheral(index)),
            UserAction::Read(index) => (Verb::Read, End::Peripheral(index)),
            UserAction::Hold(index) => (Verb::Hold, End::Peripheral(index)),
            UserAction::CommandHeld(index) => (Verb::CommandHeld, End::Peripheral(index)),
            UserAction::AttachHeld(index) => (Verb::AttachHeld, End::Peripheral(index)),
            UserAction::UnregisterHeld(index) => (Verb::UnregisterHeld, End::Peripheral(index)),
            UserAction::Drop(index) => (Verb::Drop, End::Peripheral(index)),
            UserAction::CommandAndDrop(index) => (Verb::CommandAndDrop, End::Peripheral(index)),
            UserAction::CommandAndDropHost(index) => (Verb::CommandAndDropHost, End::Peripheral(index)),
            UserAction::DeclareGone(host) => (Verb::DeclareGone, End::Host(host)),
        };
        Act::Do(verb, self.target(end))
    }
}
