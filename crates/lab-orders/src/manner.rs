//! The manners of host that lab-driver has: how the driver of the host controllers differs from the plain one.

/// The manner of all hosts on the bench.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Manner {
    /// Does what every host does.
    Plain,
    /// Sleeps in attach, detach and transfer.
    Slow,
    /// Sleeps in attach: its removal is quick.
    SlowAttach,
    /// Sleeps in transfers: its removal is quick.
    SlowTransfer,
    /// Its detach callback sends commands to the peripheral.
    Sending,
    /// Its attach callback fails.
    Refusing,
    /// Its device has a child that is not a DSI device, with 0 where a DSI device has `attached`.
    Parent,
    /// The same with 1 in that place.
    Parent1,
}

impl Manner {
    /// All manners, the plain one first.
    pub const ALL: [Self; 8] = [
        Self::Plain,
        Self::Slow,
        Self::SlowAttach,
        Self::SlowTransfer,
        Self::Sending,
        Self::Refusing,
        Self::Parent,
        Self::Parent1,
    ];

    /// Its name on the kernel's command line.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Plain => "plain-host",
            Self::Slow => "slow-host",
            Self::SlowAttach => "slow-attach-host",
            Self::SlowTransfer => "slow-transfer-host",
            Self::Sending => "sending-host",
            Self::Refusing => "refusing-host",
            Self::Parent => "parent-host",
            Self::Parent1 => "parent-host-1",
        }
    }

    /// The manner of that name, if there is one.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|known| known.name() == name)
    }
}
