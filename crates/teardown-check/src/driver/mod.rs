//! The drivers, as programs: which requests a probe, a remove, a command and a notice make, and in which order.
//!
//! A program counter and nothing else; what a program acts on is in the world. `crates/board` has the same drivers for
//! virtual hardware.

mod host;
mod peripheral;
mod removal;
mod sender;

use crate::action::{End, UserAction};
use crate::note::{Lane, Seen};
use crate::ownership::{Ownership, Reply, Request};
use crate::world::{Entries, Left, World};

/// A driver's code, running.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Program<H> {
    /// What it does.
    pub kind: ProgramKind,
    /// Where it is.
    pub at: u8,
    /// What it still has to release.
    pub entries: Entries<H>,
    /// What had left, as an onlooker knew it, when the command that it waits for was sent.
    pub left: Left,
    /// It is a probe, and fails at its next step.
    pub fails: bool,
}

/// Which code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ProgramKind {
    /// Probe of a host controller's driver.
    BindHost(usize),
    /// Remove of a host controller's driver.
    UnbindHost {
        /// Which host.
        host: usize,
        /// Its hardware has gone.
        surprise: bool,
    },
    /// Probe of a peripheral's driver.
    BindPeripheral(usize),
    /// Remove of a peripheral's driver, and the release of what it has.
    UnbindPeripheral {
        /// Which peripheral.
        index: usize,
        /// Its hardware has gone.
        surprise: bool,
    },
    /// The release of what a driver has, the last first.
    Release {
        /// The hardware has gone.
        surprise: bool,
    },
    /// What a peripheral's driver does when it is told that the host of one of its links leaves.
    Notice {
        /// Which peripheral.
        index: usize,
        /// Which of its links.
        link: usize,
    },
    /// What the DSI bus does to a child's device that leaves: its driver is unbound.
    RemoveChild(usize),
    /// A peripheral's driver sends a command over each link.
    Command(usize),
    /// A peripheral's driver sends a command over one of its links.
    CommandOver {
        /// Which peripheral.
        index: usize,
        /// Which of its links.
        link: usize,
    },
    /// A peripheral's driver reads over its first link.
    Read(usize),
    /// Somebody takes a handle to a peripheral's device.
    Hold(usize),
    /// He sends a command with it.
    CommandHeld(usize),
    /// He drops it.
    Drop(usize),
}

impl ProgramKind {
    /// What somebody runs who sets out to do this.
    pub fn of(action: UserAction) -> Self {
        match action {
            UserAction::Bind(end) => Self::bind(end),
            UserAction::Unbind(end) => Self::unbind(end),
            UserAction::Pull(End::Host(host)) => Self::UnbindHost { host, surprise: true },
            UserAction::Pull(End::Peripheral(index)) => Self::UnbindPeripheral { index, surprise: true },
            UserAction::Command(index) => Self::Command(index),
            UserAction::Read(index) => Self::Read(index),
            UserAction::Hold(index) => Self::Hold(index),
            UserAction::CommandHeld(index) => Self::CommandHeld(index),
            UserAction::Drop(index) => Self::Drop(index),
        }
    }

    /// Whose code it is.
    fn lane(self) -> Lane {
        match self {
            Self::BindHost(_) | Self::UnbindHost { .. } => Lane::HostDriver,
            Self::RemoveChild(_) => Lane::Bus,
            _ => Lane::PeripheralDriver,
        }
    }

    /// How a driver of this end is unbound.
    fn unbind(end: End) -> Self {
        match end {
            End::Host(host) => Self::UnbindHost { host, surprise: false },
            End::Peripheral(index) => Self::UnbindPeripheral { index, surprise: false },
        }
    }

    /// How it is bound.
    fn bind(end: End) -> Self {
        match end {
            End::Host(host) => Self::BindHost(host),
            End::Peripheral(index) => Self::BindPeripheral(index),
        }
    }
}

/// What a program does next.
pub enum Next<H> {
    /// It sleeps until a device's lock is released.
    Sleeps,
    /// It makes a request, and goes on with the reply.
    Ask(Request<H>),
    /// It runs another program first.
    Run(Program<H>),
    /// It took a step.
    Goes,
    /// It has ended.
    Ends,
}

/// What a program finds when it takes a step: the world, and the reply to what it asked last.
struct Context<'a, O: Ownership> {
    world: &'a mut World<O>,
    reply: Option<Reply<O::Handle>>,
    /// Nobody else has done anything since he set out.
    is_alone: bool,
    seen: &'a mut Seen,
}

impl<H: Clone> Program<H> {
    /// At its beginning.
    pub fn new(kind: ProgramKind) -> Self {
        Self { kind, at: 0, entries: Entries::new(), left: Left::Neither, fails: false }
    }

    /// The release of these entries.
    fn release(entries: Entries<H>, surprise: bool) -> Self {
        Self { entries, ..Self::new(ProgramKind::Release { surprise }) }
    }

    /// The handles in it.
    pub fn handles(&mut self) -> impl Iterator<Item = &mut H> {
        self.entries.iter_mut().map(|entry| &mut entry.handle)
    }

    /// Whether it is a probe that could fail here, for reasons of its own, with something acquired.
    pub fn may_fail(&self) -> bool {
        match self.kind {
            ProgramKind::BindHost(_) => self.at == host::REGISTERED,
            ProgramKind::BindPeripheral(_) => (1..peripheral::FAILED).contains(&self.at),
            _ => false,
        }
    }

    /// The probe fails, after what it has asked for last was granted.
    pub fn fail(&mut self) {
        self.fails = true;
    }

    /// Its next step; `reply` is the answer to what it asked last.
    pub fn step<O: Ownership<Handle = H>>(
        &mut self,
        world: &mut World<O>,
        reply: Option<Reply<H>>,
        is_alone: bool,
        seen: &mut Seen,
    ) -> Next<H> {
        seen.lane = self.kind.lane();
        let context = Context { world, reply, is_alone, seen };
        let at = self.at;
        self.at = at.saturating_add(1);
        match self.kind {
            ProgramKind::BindHost(host) => host::bind(context, self, host, at),
            ProgramKind::UnbindHost { host, surprise } => host::unbind(context, host, at, surprise),
            ProgramKind::BindPeripheral(index) => peripheral::bind(context, self, index, at),
            ProgramKind::UnbindPeripheral { index, surprise } => {
                removal::unbind(context, index, at, surprise)
            }
            ProgramKind::Release { surprise } => removal::release(context, self, at, surprise),
            ProgramKind::Notice { index, link } => removal::notice(context, index, link, at),
            ProgramKind::RemoveChild(index) => removal::remove_child(context, self, index, at),
            ProgramKind::Command(index) => sender::command(context, self, index, at),
            ProgramKind::CommandOver { index, link } => sender::command_over(context, self, index, link, at),
            ProgramKind::Read(index) => sender::read(context, self, index, at),
            ProgramKind::Hold(index) => sender::hold(context, index, at),
            ProgramKind::CommandHeld(index) => sender::command_held(context, self, index, at),
            ProgramKind::Drop(index) => sender::drop_held(context, index, at),
        }
    }
}
