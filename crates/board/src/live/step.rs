//! The result of a step on a live board, or why nobody can take it: nobody can send a command from a
//! driver that is not bound.
//!
//! `teardown_steps` has the words; `stepping` has what a board does with them.

use teardown_steps::NoMeaning;
use thiserror::Error;

/// The result of a step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StepOutcome {
    /// What happened, as a sentence without a full stop.
    pub what: String,
    /// What broke the contract; empty if all is well.
    pub breaches: Vec<String>,
}

/// A step that nobody can take.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Refused {
    /// It means nothing to virtual hardware.
    #[error(transparent)]
    NoMeaning(NoMeaning),
    /// The board has no device of this name.
    #[error("there is no device '{name}'; there are: {}", .there_are.join(", "))]
    NoDevice {
        /// The name.
        name: String,
        /// The names that there are.
        there_are: Vec<String>,
    },
    /// The board has one DSI device, so no command goes over the second.
    #[error("there is no second DSI device; there is: {}", .there_are.join(", "))]
    NoSecondDevice {
        /// The name of the first.
        there_are: Vec<String>,
    },
    /// A command has to come from a peripheral.
    #[error("'{0}' is a host; a command comes from a peripheral")]
    NotAPeripheral(String),
    /// No driver is bound to the peripheral, so none can send a command.
    #[error("no driver is bound to '{0}', so no driver can send a command; bind it first")]
    NotBound(String),
    /// No driver is bound, and none can be: a device on the DSI bus exists while its host does.
    #[error(
        "no driver is bound to '{name}', so no driver can send a command: its host '{host}' is gone; bind \
         the host first"
    )]
    HostGone {
        /// The peripheral.
        name: String,
        /// Its host.
        host: String,
    },
    /// A second link has a cable and sends commands, but no driver of its own.
    #[error("'{name}' is the second link of '{of}', whose driver serves both; name '{of}' for this step")]
    SecondLink {
        /// The link.
        name: String,
        /// The peripheral that it is a link of.
        of: String,
    },
    /// No driver of Linux 6.12 knows the peripheral.
    #[error(
        "no driver of Linux 6.12 knows '{name}' ({compatible}), so it can't be bound and sends no command"
    )]
    NoDriver {
        /// The peripheral.
        name: String,
        /// Its compatible.
        compatible: String,
    },
}
