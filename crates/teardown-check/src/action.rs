//! What users and drivers do, each as one action that an actor carries out step by step.

use crate::ownership::Ownership;
use crate::world::{Bound, World};
use std::fmt;

/// One thing that somebody sets out to do. Hosts and peripherals by their index.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum UserAction {
    /// Unbind the host controller's driver, orderly.
    UnbindHost(usize),
    /// Pull the host: its hardware is gone, and its driver is unbound by surprise.
    PullHost(usize),
    /// Bind it.
    BindHost(usize),
    /// Unbind the peripheral's driver.
    UnbindPeripheral(usize),
    /// Bind it.
    BindPeripheral(usize),
    /// The peripheral's driver sends a command.
    Command(usize),
}

impl UserAction {
    /// All that can be set out to do in this state: what would be a step without effect is left out.
    pub fn possible<O: Ownership>(world: &World<O>) -> Vec<Self> {
        let mut actions = Vec::new();
        for (index, host) in world.hosts.iter().enumerate() {
            match host.bound {
                Bound::No => actions.push(Self::BindHost(index)),
                Bound::Yes => actions.extend([Self::UnbindHost(index), Self::PullHost(index)]),
                Bound::Changing => {}
            }
        }
        for (index, peripheral) in world.peripherals.iter().enumerate() {
            match peripheral.bound {
                Bound::No => actions.push(Self::BindPeripheral(index)),
                Bound::Yes => actions.extend([Self::UnbindPeripheral(index), Self::Command(index)]),
                Bound::Changing => {}
            }
        }
        actions
    }
}

impl fmt::Display for UserAction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UnbindHost(index) => write!(f, "unbind host {index}"),
            Self::PullHost(index) => write!(f, "pull host {index}"),
            Self::BindHost(index) => write!(f, "bind host {index}"),
            Self::UnbindPeripheral(index) => write!(f, "unbind peripheral {index}"),
            Self::BindPeripheral(index) => write!(f, "bind peripheral {index}"),
            Self::Command(index) => write!(f, "command from peripheral {index}"),
        }
    }
}
