//! A driver's code as a value: which code, and where in it. `driver` has what its steps do.

use crate::action::{End, UserAction};
use crate::ends::{Entries, Left};
use crate::note::Lane;

/// A driver's code, running.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Program<H> {
    /// What it does.
    pub kind: ProgramKind,
    /// Where in it.
    pub at: u8,
    /// What it still has to release.
    pub entries: Entries<H>,
    /// What had left, as an onlooker knew it, when the command was sent that it waits for.
    pub left: Left,
    /// Whether it is a probe that fails at its next step.
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
        /// Whether its hardware has gone.
        surprise: bool,
    },
    /// Probe of a peripheral's driver.
    BindPeripheral(usize),
    /// Remove of a peripheral's driver, and the release of what it has.
    UnbindPeripheral {
        /// Which peripheral.
        index: usize,
        /// Whether its hardware has gone.
        surprise: bool,
    },
    /// The release of what a driver has, the last first.
    Release {
        /// Whether the hardware has gone.
        surprise: bool,
    },
    /// What a peripheral's driver does when it is told that the host of one of its links leaves.
    Notice {
        /// Which peripheral.
        index: usize,
        /// Which of its links.
        link: usize,
    },
    /// What the DSI bus does when a child's device leaves: it unbinds its driver.
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
    /// They send a command with it.
    CommandHeld(usize),
    /// They attach its device with it, and detach it again.
    AttachHeld(usize),
    /// They unregister its device with it.
    UnregisterHeld(usize),
    /// They drop it.
    Drop(usize),
    /// A peripheral's driver sends a command, and inside the host's transfer callback its handles are dropped.
    CommandAndDrop(usize),
    /// A peripheral's driver sends a command, and inside the transfer callback the host's driver drops the handle of its
    /// registration.
    CommandAndDropHost(usize),
    /// The owner of a host's controller says that its hardware has gone.
    DeclareGone(usize),
    /// Handles are dropped, the last first; a drop can't be refused.
    DropHandles,
}

impl ProgramKind {
    /// The program of an actor who sets out to do this.
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
            UserAction::AttachHeld(index) => Self::AttachHeld(index),
            UserAction::UnregisterHeld(index) => Self::UnregisterHeld(index),
            UserAction::Drop(index) => Self::Drop(index),
            UserAction::CommandAndDrop(index) => Self::CommandAndDrop(index),
            UserAction::CommandAndDropHost(index) => Self::CommandAndDropHost(index),
            UserAction::DeclareGone(host) => Self::DeclareGone(host),
        }
    }

    /// Whose code it is.
    pub(crate) fn lane(self) -> Lane {
        match self {
            Self::BindHost(_) | Self::UnbindHost { .. } | Self::DeclareGone(_) => Lane::HostDriver,
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

impl<H: Clone> Program<H> {
    /// A program at its beginning.
    pub fn new(kind: ProgramKind) -> Self {
        Self { kind, at: 0, entries: Entries::new(), left: Left::Neither, fails: false }
    }

    /// The release of these entries.
    pub(crate) fn release(entries: Entries<H>, surprise: bool) -> Self {
        Self { entries, ..Self::new(ProgramKind::Release { surprise }) }
    }

    /// The drop of these handles.
    pub(crate) fn drop_handles(entries: Entries<H>) -> Self {
        Self { entries, ..Self::new(ProgramKind::DropHandles) }
    }

    /// The handles in it.
    pub fn handles(&mut self) -> impl Iterator<Item = &mut H> {
        self.entries.iter_mut().map(|entry| &mut entry.handle)
    }
}
