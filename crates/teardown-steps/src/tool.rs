//! Which steps mean something to which tool: `dsi run` (virtual hardware), `dsi run --model` (a model of the bus), and
//! `linux/lab run` (the lab's drivers in a real kernel).
//!
//! A tool refuses a step that means nothing to it before it does anything, with a sentence that says
//! which tool takes it.

use crate::step::{Act, Actor, Does, Step, Target, Until, Verb};
use thiserror::Error;

/// A step that means nothing to a tool.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("'{}' {why}", shown(.step))]
pub struct NoMeaning {
    /// The step.
    pub step: Step,
    /// Why, and which tool takes it: the rest of a sentence that begins with the step.
    pub why: &'static str,
}

/// The step with its actor, unless that is the first.
fn shown(step: &Step) -> String {
    match step {
        Step::By { actor, .. } if *actor != Actor::FIRST => format!("{actor}: {step}"),
        step => step.to_string(),
    }
}

const IS_THE_LABS: &str = "is for the kernel lab: `linux/lab run` takes it";
const NEEDS_MODEL: &str = "needs --model: on virtual hardware each step is over before the next begins";
const NEEDS_MODEL_FOR_HANDLES: &str =
    "needs --model: on virtual hardware nobody but the drivers has handles to a device";
const NEEDS_MODEL_TO_READ: &str = "needs --model: on virtual hardware the drivers read nothing on request";

/// What can be done to a board on virtual hardware.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BoardAct<'a> {
    /// Bind by hand.
    Bind(&'a Target),
    /// Unbind by hand.
    Unbind(&'a Target),
    /// Load the driver's module.
    Load(&'a Target),
    /// Unload it.
    Unload(&'a Target),
    /// Pull the cable, or the host.
    Pull(&'a Target),
    /// Plug it in.
    Plug(&'a Target),
    /// Have the driver send a command.
    Command(&'a Target),
    /// Have a command sent over the second DSI device.
    SecondCommand,
}

impl Step {
    /// What is done to a board on virtual hardware.
    ///
    /// # Errors
    ///
    /// It means nothing there.
    pub fn for_hardware(&self) -> Result<BoardAct<'_>, NoMeaning> {
        let no = |why| Err(NoMeaning { step: self.clone(), why });
        match self {
            Self::By { actor: Actor::FIRST, does: Does::Act(act), until: Until::End } => match act {
                Act::SecondCommand => Ok(BoardAct::SecondCommand),
                Act::Do(verb, target) => match verb {
                    Verb::Bind => Ok(BoardAct::Bind(target)),
                    Verb::Unbind => Ok(BoardAct::Unbind(target)),
                    Verb::Load => Ok(BoardAct::Load(target)),
                    Verb::Unload => Ok(BoardAct::Unload(target)),
                    Verb::Pull => Ok(BoardAct::Pull(target)),
                    Verb::Plug => Ok(BoardAct::Plug(target)),
                    Verb::Command => Ok(BoardAct::Command(target)),
                    Verb::Read => no(NEEDS_MODEL_TO_READ),
                    Verb::Hold
                    | Verb::CommandHeld
                    | Verb::AttachHeld
                    | Verb::UnregisterHeld
                    | Verb::Drop
                    | Verb::CommandAndDrop
                    | Verb::CommandAndDropHost
                    | Verb::DeclareGone => no(NEEDS_MODEL_FOR_HANDLES),
                },
            },
            Self::By { .. } => no(NEEDS_MODEL),
            Self::Start(_) | Self::Wait | Self::Plant(_) => no(IS_THE_LABS),
        }
    }

    /// Who does what under a model, and how far they go.
    ///
    /// # Errors
    ///
    /// It means nothing there.
    pub fn for_model(&self) -> Result<(Actor, &Does, &Until), NoMeaning> {
        let no = |why| Err(NoMeaning { step: self.clone(), why });
        match self {
            Self::By { actor, does, until } => Ok((*actor, does, until)),
            Self::Start(_) => no(
                "lets the lab's kernel decide who goes on when; under a model the script decides, as in 'b: unbind host until waits'",
            ),
            Self::Wait => no("takes time, and a model has no time: any actor may go on at any moment"),
            Self::Plant(_) => no(IS_THE_LABS),
        }
    }

    /// Why the lab does not take a step that means nothing there. The lab decides about all others.
    pub fn refused_by_lab(&self) -> NoMeaning {
        let why = match self {
            Self::By { actor, does, until }
                if *actor != Actor::FIRST || *until != Until::End || !matches!(does, Does::Act(_)) =>
            {
                "is for `dsi run --model`: in the lab the kernel decides how far a thread goes; 'start' before a step \
                 runs it in a thread of its own"
            }
            Self::By { does: Does::Act(Act::Do(verb, _)), .. } | Self::Start(Act::Do(verb, _)) => {
                match verb {
                    Verb::Bind | Verb::Unbind | Verb::Command => {
                        "names what the lab does not have: its bench has host, second host, peripheral and second \
                     peripheral, and commands are 'command' and 'second command'"
                    }
                    Verb::Load | Verb::Unload => {
                        "is for the kernel's own drivers: `linux/lab type` loads and unloads their modules; the lab's are \
                     built in"
                    }
                    Verb::Pull | Verb::Plug => "is for `dsi run`: the lab has no hardware to pull out",
                    _ => "is for `dsi run --model`",
                }
            }
            _ => "is not for the lab",
        };
        NoMeaning { step: self.clone(), why }
    }
}
