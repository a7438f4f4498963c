//! Scripts: who does what, and how far they go before another goes on, in words.
//!
//! ```text
//! unbind host, unbind peripheral
//! a: bind peripheral until of_find_mipi_dsi_host_by_node, b: unbind host, a: on
//! ```
//!
//! A step is an action, or `on` for an actor who is in the middle of one, `fail` for one whose probe (or the host's attach) fails
//! there, or `give-up` for one who waits no longer.
//! A comma in a name has a backslash before it. Without `until` they go to its end; else until they have come to that place (`#2`: for the second time), or `until waits`
//! until they sleep. Actors are letters; who is not named is `a`. Nothing is taken here; see `replay`.

use crate::action::{End, UserAction};
use crate::names::{Names, Target};
use std::fmt;
use std::str::FromStr;

/// A script: steps with commas between them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Script(pub Vec<ScriptStep>);

/// One step of a script.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScriptStep {
    /// Who.
    pub actor: usize,
    /// What they do.
    pub does: Does,
    /// How far they go.
    pub until: Until,
}

/// What an actor does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Does {
    /// They set out to do something. A verb and the name of what it is done to.
    SetsOut(Verb, Target),
    /// They go on with what they are in the middle of.
    GoesOn,
    /// The probe that the actor is in fails, or the host's attach.
    Fails,
    /// The actor waits no longer.
    GivesUp,
}

/// What is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Verb {
    /// Bind a driver to the device.
    Bind,
    /// Unbind its driver.
    Unbind,
    /// Load its driver's module: bind all that it serves.
    Load,
    /// Unload it: unbind all that it serves.
    Unload,
    /// Pull it out.
    Pull,
    /// Plug it in: its driver binds.
    Plug,
    /// Have the peripheral's driver send a command.
    Command,
    /// Have it read.
    Read,
    /// Take a handle to its device, over everything.
    Hold,
    /// Send a command with that handle.
    CommandHeld,
    /// Attach its device with that handle.
    AttachHeld,
    /// Unregister its device with that handle.
    UnregisterHeld,
    /// Drop it.
    Drop,
    /// Send a command, and drop its driver's handles inside of the transfer callback.
    CommandAndDrop,
    /// Send a command, and drop the handle of the host's registration inside of the transfer callback.
    CommandAndDropHost,
    /// The host's hardware goes, and its owner says so.
    DeclareGone,
}

/// How far an actor goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Until {
    /// To the end of the action.
    End,
    /// Until the actor sleeps.
    Waits,
    /// Until the actor has come to a place for the n-th time in this step, from 1.
    Place(String, usize),
}

impl Verb {
    /// All, with the words for them.
    pub const ALL: [(Self, &'static str); 16] = [
        (Self::Bind, "bind"),
        (Self::Unbind, "unbind"),
        (Self::Load, "load"),
        (Self::Unload, "unload"),
        (Self::Pull, "pull"),
        (Self::Plug, "plug"),
        (Self::Command, "command"),
        (Self::Read, "read"),
        (Self::Hold, "hold"),
        (Self::CommandHeld, "command-held"),
        (Self::AttachHeld, "attach-held"),
        (Self::UnregisterHeld, "unregister-held"),
        (Self::Drop, "drop"),
        (Self::CommandAndDrop, "command-and-drop"),
        (Self::CommandAndDropHost, "command-and-drop-host"),
        (Self::DeclareGone, "declare-gone"),
    ];

    /// The verb for an action, and the end that it is done to.
    pub fn of(action: UserAction) -> (Self, End) {
        match action {
            UserAction::Unbind(end) => (Self::Unbind, end),
            UserAction::Bind(end) => (Self::Bind, end),
            UserAction::Pull(end) => (Self::Pull, end),
            UserAction::Command(index) => (Self::Command, End::Peripheral(index)),
            UserAction::Read(index) => (Self::Read, End::Peripheral(index)),
            UserAction::Hold(index) => (Self::Hold, End::Peripheral(index)),
            UserAction::CommandHeld(index) => (Self::CommandHeld, End::Peripheral(index)),
            UserAction::AttachHeld(index) => (Self::AttachHeld, End::Peripheral(index)),
            UserAction::UnregisterHeld(index) => (Self::UnregisterHeld, End::Peripheral(index)),
            UserAction::Drop(index) => (Self::Drop, End::Peripheral(index)),
            UserAction::CommandAndDrop(index) => (Self::CommandAndDrop, End::Peripheral(index)),
            UserAction::CommandAndDropHost(index) => (Self::CommandAndDropHost, End::Peripheral(index)),
            UserAction::DeclareGone(host) => (Self::DeclareGone, End::Host(host)),
        }
    }

    /// The word for it.
    pub fn word(self) -> &'static str {
        Self::ALL.iter().find(|(verb, _)| *verb == self).map_or("", |(_, word)| word)
    }
}

/// A text that is no script.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScriptError {
    /// The step that is none.
    pub got: String,
    /// What is wrong with it.
    pub reason: &'static str,
}

impl fmt::Display for ScriptError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let verbs: Vec<&str> = Verb::ALL.iter().map(|(_, word)| *word).collect();
        write!(
            f,
            "'{}' is no step: {}; a step is one of {} and then host, peripheral or the name of a device, or 'on', \
             'fail' or 'give-up'; before it 'b:' for a second actor, after it 'until PLACE' or 'until waits'",
            self.got,
            self.reason,
            verbs.join(", ")
        )
    }
}

impl std::error::Error for ScriptError {}

impl FromStr for Script {
    type Err = ScriptError;

    fn from_str(text: &str) -> Result<Self, ScriptError> {
        // A name may have a comma in it, which is written with a backslash before it.
        let text = text.replace("\\,", "\u{0}");
        let steps = text.split(',').map(|step| step.replace('\u{0}', ",").parse());
        Ok(Self(steps.collect::<Result<_, _>>()?))
    }
}

impl FromStr for ScriptStep {
    type Err = ScriptError;

    fn from_str(text: &str) -> Result<Self, ScriptError> {
        let error = |reason| ScriptError { got: text.trim().to_owned(), reason };
        let mut words = text.split_whitespace().peekable();
        let actor = match words.peek().and_then(|word| word.strip_suffix(':')) {
            None => 0,
            Some(letter) => {
                words.next();
                match letter.as_bytes() {
                    [letter @ b'a'..=b'f'] => usize::from(letter - b'a'),
                    _ => return Err(error("an actor is a letter from a to f")),
                }
            }
        };
        let does = match words.next().ok_or(error("it is empty"))? {
            "on" => Does::GoesOn,
            "fail" => Does::Fails,
            "give-up" => Does::GivesUp,
            word => {
                let verb = Verb::ALL.iter().find(|(_, known)| *known == word);
                let (verb, _) = *verb.ok_or(error("there is no such verb"))?;
                let target = match words.next_if(|word| *word != "until") {
                    None if matches!(verb, Verb::Bind | Verb::Unbind | Verb::Load | Verb::Unload) => {
                        return Err(error("it names no target"));
                    }
                    None | Some("peripheral") => Target::Peripheral,
                    Some("host") => Target::Host,
                    Some(name) => Target::Named(name.to_owned()),
                };
                Does::SetsOut(verb, target)
            }
        };
        let until = match (words.next(), words.next()) {
            (None, _) => Until::End,
            (Some("until"), Some("waits")) => Until::Waits,
            (Some("until"), Some(place)) => match place.rsplit_once('#') {
                None => Until::Place(place.to_owned(), 1),
                Some((place, count)) => match count.parse() {
                    Ok(count @ 1..) => Until::Place(place.to_owned(), count),
                    _ => return Err(error("after '#' comes a number from 1")),
                },
            },
            (Some("until"), None) => return Err(error("it does not say until where")),
            (Some(_), _) => return Err(error("it has too many words")),
        };
        match words.next() {
            None => Ok(Self { actor, does, until }),
            Some(_) => Err(error("it has too many words")),
        }
    }
}

impl Script {
    /// How many actors are in it.
    pub fn actors(&self) -> usize {
        self.0.iter().map(|step| step.actor + 1).max().unwrap_or(1)
    }
}

impl fmt::Display for Script {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names_actors = self.actors() > 1;
        for (index, step) in self.0.iter().enumerate() {
            if index > 0 {
                f.write_str(", ")?;
            }
            if names_actors {
                write!(f, "{}: ", letter(step.actor))?;
            }
            match &step.does {
                Does::SetsOut(verb, Target::Peripheral) if *verb == Verb::Command => {
                    f.write_str("command")?
                }
                Does::SetsOut(verb, target) => {
                    write!(f, "{} {}", verb.word(), target.to_string().replace(',', "\\,"))?;
                }
                Does::GoesOn => f.write_str("on")?,
                Does::Fails => f.write_str("fail")?,
                Does::GivesUp => f.write_str("give-up")?,
            }
            match &step.until {
                Until::End => {}
                Until::Waits => f.write_str(" until waits")?,
                Until::Place(place, 1) => write!(f, " until {place}")?,
                Until::Place(place, count) => write!(f, " until {place}#{count}")?,
            }
        }
        Ok(())
    }
}

/// The verb and the target of an action.
pub fn words_for(action: UserAction, names: &Names) -> (Verb, Target) {
    let (verb, end) = Verb::of(action);
    (verb, names.target(end))
}

/// The letter of an actor.
pub fn letter(actor: usize) -> char {
    char::from(b'a'.saturating_add(u8::try_from(actor).unwrap_or(25)))
}
