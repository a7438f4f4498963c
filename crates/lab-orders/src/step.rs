//! The steps of an order: those of the language of steps (`teardown_steps`) that mean something in the lab.
//!
//! `bound` says which of them are possible when; lab-driver has what they do to a kernel.

use std::fmt;
use teardown_steps::{self as language, Actor, Does, NoMeaning, ParseError, Script, Target, Until, Verb};
pub use teardown_steps::{End, Nth};
use thiserror::Error;

/// What a step does to the bench.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Act {
    /// Takes the driver from the device (device_release_driver).
    Unbind(End),
    /// Looks for a driver of the device (device_attach).
    Bind(End),
    /// Sends a DCS command on the first or the second DSI device.
    Command(Nth),
}

/// One step.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Step {
    /// It is over before the next begins.
    Do(Act),
    /// It begins in a thread of its own; the next step follows when that thread sleeps.
    Start(Act),
    /// Lets a while pass that is shorter than a call of a slow host.
    Wait,
    /// Plants one of the lab's own faults, by its name in lab-driver's plant.c.
    Plant(String),
}

impl Step {
    /// What it does to the bench, if anything.
    #[must_use]
    pub fn act(&self) -> Option<Act> {
        match self {
            Self::Do(act) | Self::Start(act) => Some(*act),
            Self::Wait | Self::Plant(_) => None,
        }
    }

    /// Whether it runs in a thread of its own.
    #[must_use]
    pub fn is_started(&self) -> bool {
        matches!(self, Self::Start(_))
    }

    /// The step as one word of the kernel's command line.
    #[must_use]
    pub fn word(&self) -> String {
        self.to_string().replace(' ', "-")
    }
}

impl From<Act> for language::Act {
    fn from(act: Act) -> Self {
        match act {
            Act::Unbind(end) => Self::Do(Verb::Unbind, Target::End(end)),
            Act::Bind(end) => Self::Do(Verb::Bind, Target::End(end)),
            Act::Command(Nth::First) => Self::Do(Verb::Command, Target::PERIPHERAL),
            Act::Command(Nth::Second) => Self::SecondCommand,
        }
    }
}

impl From<&Step> for language::Step {
    fn from(step: &Step) -> Self {
        match step {
            Step::Do(act) => Self::new((*act).into()),
            Step::Start(act) => Self::Start((*act).into()),
            Step::Wait => Self::Wait,
            Step::Plant(fault) => Self::Plant(fault.clone()),
        }
    }
}

impl TryFrom<&language::Step> for Step {
    type Error = NoMeaning;

    fn try_from(step: &language::Step) -> Result<Self, NoMeaning> {
        let lower = |act: &language::Act| match act {
            language::Act::Do(Verb::Unbind, Target::End(end)) => Ok(Act::Unbind(*end)),
            language::Act::Do(Verb::Bind, Target::End(end)) => Ok(Act::Bind(*end)),
            language::Act::Do(Verb::Command, target) if *target == Target::PERIPHERAL => {
                Ok(Act::Command(Nth::First))
            }
            language::Act::SecondCommand => Ok(Act::Command(Nth::Second)),
            language::Act::Do(..) => Err(step.refused_by_lab()),
        };
        match step {
            language::Step::By { actor: Actor::FIRST, does: Does::Act(act), until: Until::End } => {
                lower(act).map(Self::Do)
            }
            language::Step::By { .. } => Err(step.refused_by_lab()),
            language::Step::Start(act) => lower(act).map(Self::Start),
            language::Step::Wait => Ok(Self::Wait),
            language::Step::Plant(fault) => Ok(Self::Plant(fault.clone())),
        }
    }
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        language::Step::from(self).fmt(f)
    }
}

/// A text that is not a list of the lab's steps.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum StepsError {
    /// It is not in the language of steps.
    #[error("{0}; see docs/steps.md")]
    Parse(ParseError),
    /// A step means nothing in the lab.
    #[error(transparent)]
    NoMeaning(NoMeaning),
}

/// Steps with commas between them, as the user types them and the tables show them.
#[must_use]
pub fn list(steps: &[Step]) -> String {
    Script(steps.iter().map(language::Step::from).collect()).to_string()
}

/// The reverse of [`list`].
///
/// # Errors
///
/// The first word that can't be where it is, or the first step that means nothing in the lab.
pub fn parse_list(text: &str) -> Result<Vec<Step>, StepsError> {
    let script: Script = text.parse().map_err(StepsError::Parse)?;
    script.0.iter().map(|step| Step::try_from(step).map_err(StepsError::NoMeaning)).collect()
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
        assert_eq!(steps[4].word(), "plant-use-after-free");
        assert_eq!(parse_list("plant use-after-free").as_deref(), Ok(&steps[4..]));
    }

    #[test]
    fn what_means_nothing_in_the_lab_says_which_tool_takes_it() {
        for (text, why) in [
            ("load host", "`linux/lab type` loads and unloads"),
            ("start unload peripheral", "`linux/lab type` loads and unloads"),
            ("pull", "is for `dsi run`"),
            ("hold", "is for `dsi run --model`"),
            ("b: unbind host", "is for `dsi run --model`"),
            ("unbind host until waits", "is for `dsi run --model`"),
            ("on", "is for `dsi run --model`"),
            ("unbind 1-002c", "names what the lab does not have"),
            ("command second peripheral", "commands are 'command' and 'second command'"),
        ] {
            let said = parse_list(text).expect_err(text).to_string();
            assert!(said.contains(why), "{text}: {said}");
        }
    }
}
