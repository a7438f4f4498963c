//! A step as a value, and the words for it.

use std::num::NonZeroUsize;

/// One step.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Step {
    /// An actor does something, up to this point; then comes the next step.
    By {
        /// Who.
        actor: Actor,
        /// What they do.
        does: Does,
        /// How far they go.
        until: Until,
    },
    /// A thread of its own does something; the next step comes when that thread sleeps.
    Start(Act),
    /// A while passes.
    Wait,
    /// The lab plants a fault of its own: this one, a word such as `use-after-free`.
    Plant(String),
}

/// What an actor does.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Does {
    /// They set out to do something.
    Act(Act),
    /// They go on with what they are in the middle of.
    GoesOn,
    /// The probe that they are in, or the host's attach, fails.
    Fails,
    /// They stop waiting.
    GivesUp,
}

/// What to do, and to what.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Act {
    /// Does this to that.
    Do(Verb, Target),
    /// A command goes over the second DSI device: that of a second peripheral, or of a second link.
    SecondCommand,
}

impl Act {
    /// The target, if it is given.
    pub fn target(&self) -> Option<&Target> {
        match self {
            Self::Do(_, target) => Some(target),
            Self::SecondCommand => None,
        }
    }
}

/// What to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Verb {
    /// Bind a driver to the device (`echo NAME > …/bind`).
    Bind,
    /// Unbind its driver (`echo NAME > …/unbind`).
    Unbind,
    /// Load its driver's module (modprobe): the driver binds to every device that it serves.
    Load,
    /// Unload its driver's module (rmmod): the driver is unbound from every device that it serves.
    Unload,
    /// Pull the peripheral's cable, or the host with its whole board.
    Pull,
    /// Plug it in again.
    Plug,
    /// Have the peripheral's driver send a command.
    Command,
    /// Have it read.
    Read,
    /// Take a handle to the peripheral's device, and keep it, whatever happens.
    Hold,
    /// Send a command with that handle.
    CommandHeld,
    /// Attach the device with that handle.
    AttachHeld,
    /// Unregister the device with that handle.
    UnregisterHeld,
    /// Drop that handle.
    Drop,
    /// Send a command, and drop the driver's handles inside the transfer callback.
    CommandAndDrop,
    /// Send a command, and drop the handle of the host's registration inside the transfer callback.
    CommandAndDropHost,
    /// The host's hardware goes, and its owner says so before its driver is unbound.
    DeclareGone,
}

impl Verb {
    /// All verbs, with the word for each.
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

    /// The word for it.
    pub fn word(self) -> &'static str {
        Self::ALL.iter().find(|(verb, _)| *verb == self).map_or("", |(_, word)| word)
    }

    /// The verb of that word.
    pub fn named(word: &str) -> Option<Self> {
        Self::ALL.iter().find(|(_, known)| *known == word).map(|(verb, _)| *verb)
    }

    /// Whether it needs a target. Without one, every other verb is for the first peripheral.
    pub fn needs_target(self) -> bool {
        matches!(self, Self::Bind | Self::Unbind | Self::Load | Self::Unload | Self::DeclareGone)
    }
}

/// The target of a verb.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Target {
    /// An end of the board's pipelines, by its number.
    End(End),
    /// The device of this name in sysfs. Not empty.
    Named(String),
}

impl Target {
    /// The first host.
    pub const HOST: Self = Self::End(End::Host(Nth::First));
    /// The first peripheral.
    pub const PERIPHERAL: Self = Self::End(End::Peripheral(Nth::First));

    /// The device of this name.
    pub fn named(name: &str) -> Self {
        Self::Named(name.to_owned())
    }
}

/// An end of a pipeline: a host or a peripheral.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum End {
    /// A host controller.
    Host(Nth),
    /// A peripheral.
    Peripheral(Nth),
}

/// Which of several. From the third on, ends have to be named.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Nth {
    /// The first.
    First,
    /// The second.
    Second,
}

impl Nth {
    /// Both, in order.
    pub const ALL: [Self; 2] = [Self::First, Self::Second];

    /// Its number, from 0.
    pub fn index(self) -> usize {
        match self {
            Self::First => 0,
            Self::Second => 1,
        }
    }
}

/// One of several actors: `a` to `f`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Actor(u8);

impl Actor {
    /// The first, who is meant if nobody is named.
    pub const FIRST: Self = Self(0);
    /// How many there may be.
    pub const COUNT: usize = 6;

    /// The actor of this number, from 0.
    pub fn new(index: usize) -> Option<Self> {
        let index = u8::try_from(index).ok()?;
        (usize::from(index) < Self::COUNT).then_some(Self(index))
    }

    /// All actors, in the order of the alphabet.
    pub fn all() -> impl Iterator<Item = Self> {
        (0..Self::COUNT).filter_map(Self::new)
    }

    /// Their number, from 0.
    pub fn index(self) -> usize {
        usize::from(self.0)
    }

    /// Their letter.
    pub fn letter(self) -> char {
        char::from(b'a' + self.0)
    }

    /// The actor of this letter.
    pub fn of_letter(letter: &str) -> Option<Self> {
        match *letter.as_bytes() {
            [letter @ b'a'..=b'z'] => Self::new(usize::from(letter - b'a')),
            _ => None,
        }
    }
}

/// How far an actor goes.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Until {
    /// To the end of what they do.
    End,
    /// Until they sleep.
    Waits,
    /// Until they have come to a place for the n-th time in this step, from 1. The place is not empty.
    Place(String, NonZeroUsize),
}

impl Step {
    /// The first actor does this, to its end.
    pub fn new(act: Act) -> Self {
        Self::By { actor: Actor::FIRST, does: Does::Act(act), until: Until::End }
    }
}
