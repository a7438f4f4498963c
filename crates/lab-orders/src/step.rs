//! The steps of an order, in the words that the kernel's side of the lab takes from its command line.
//!
//! Which steps can be made when is `bound`'s subject; what they do to a kernel is lab-driver's.

use std::fmt;
use std::str::FromStr;

/// Whose driver a step binds or unbinds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum End {
    /// A host controller, by its number.
    Host(usize),
    /// A peripheral, by its number.
    Peripheral(usize),
}

/// What a step does.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Act {
    /// Takes the driver from the device (device_release_driver).
    Unbind(End),
    /// Looks for a driver of the device (device_attach).
    Bind(End),
    /// Sends a DCS command on the first or the second DSI device.
    Command(usize),
    /// Lets a while pass that is shorter than a call of a slow host.
    Wait,
    /// A fault of the lab's own, by its name in lab-driver's plant.c.
    Plant(String),
}

/// One step.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Step {
    /// Begun in a thread of its own; the next step follows when that sleeps.
    pub started: bool,
    /// What it does.
    pub act: Act,
}

impl Step {
    /// A step that is over before the next begins.
    #[must_use]
    pub fn new(act: Act) -> Self {
        Self { started: false, act }
    }

    /// A step in a thread of its own.
    #[must_use]
    pub fn started(act: Act) -> Self {
        Self { started: true, act }
    }

    /// The step as one word of the kernel's command line.
    #[must_use]
    pub fn word(&self) -> String {
        self.to_string().replace(' ', "-")
    }
}

impl fmt::Display for End {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (name, number) = match *self {
            Self::Host(number) => ("host", number),
            Self::Peripheral(number) => ("peripheral", number),
        };
        if number > 0 {
            f.write_str("second ")?;
        }
        f.write_str(name)
    }
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.started {
            f.write_str("start ")?;
        }
        match &self.act {
            Act::Unbind(end) => write!(f, "unbind {end}"),
            Act::Bind(end) => write!(f, "bind {end}"),
            Act::Command(0) => f.write_str("command"),
            Act::Command(_) => f.write_str("second command"),
            Act::Wait => f.write_str("wait"),
            Act::Plant(fault) => write!(f, "plant {}", fault.replace('-', " ")),
        }
    }
}

/// A text that names no step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnknownStep(pub String);

impl fmt::Display for UnknownStep {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "'{}' is no step; steps are: unbind or bind, then host, second host, peripheral or second peripheral; \
             command, second command, wait; any of them after 'start'; plant and a fault",
            self.0
        )
    }
}

impl std::error::Error for UnknownStep {}

impl FromStr for Step {
    type Err = UnknownStep;

    /// Takes words with spaces or, as in the kernel's log, with dashes between them.
    fn from_str(text: &str) -> Result<Self, UnknownStep> {
        let unknown = || UnknownStep(text.to_owned());
        let words = text.replace('-', " ");
        let words: Vec<_> = words.split_whitespace().collect();
        let (started, words) = match words.as_slice() {
            ["start", rest @ ..] => (true, rest),
            all => (false, all),
        };
        let end = |words: &[&str]| {
            let (number, name) = match words {
                ["second", name] => (1, *name),
                [name] => (0, *name),
                _ => return Err(unknown()),
            };
            match name {
                "host" => Ok(End::Host(number)),
                "peripheral" => Ok(End::Peripheral(number)),
                _ => Err(unknown()),
            }
        };
        let act = match words {
            ["unbind", whom @ ..] => Act::Unbind(end(whom)?),
            ["bind", whom @ ..] => Act::Bind(end(whom)?),
            ["command"] => Act::Command(0),
            ["second", "command"] => Act::Command(1),
            ["wait"] => Act::Wait,
            ["plant", fault @ ..] if !fault.is_empty() => Act::Plant(fault.join("-")),
            _ => return Err(unknown()),
        };
        Ok(Self { started, act })
    }
}

/// Steps with commas between them, as the user types them and the tables show them.
#[must_use]
pub fn list(steps: &[Step]) -> String {
    steps.iter().map(Step::to_string).collect::<Vec<_>>().join(", ")
}

/// The reverse of [`list`].
///
/// # Errors
///
/// The first text that names no step.
pub fn parse_list(text: &str) -> Result<Vec<Step>, UnknownStep> {
    text.split(',').map(str::trim).filter(|part| !part.is_empty()).map(str::parse).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_shown_can_be_typed() {
        let text = "unbind host, start bind second peripheral, second command, wait, plant use after free";
        let steps = parse_list(text).expect("all are steps");
        assert_eq!(list(&steps), text);
        assert_eq!(steps[1].word(), "start-bind-second-peripheral");
        assert_eq!("start-bind-second-peripheral".parse(), Ok(steps[1].clone()));
    }

    #[test]
    fn what_is_no_step_is_named() {
        for text in ["unbind", "unbind screen", "bind second third host", "commands", "start", "plant"] {
            assert_eq!(parse_list(text), Err(UnknownStep(text.to_owned())));
        }
    }
}
