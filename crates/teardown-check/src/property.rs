//! What must hold in every state, as sentences; and what has to happen in some state, so that no search is empty.

use std::fmt;

/// What must hold. A step that breaks one says so in [`Seen`](crate::note::Seen).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Property {
    /// Each attach of a channel is followed by one detach, and no channel is attached twice.
    DetachedOnce,
    /// Each registration is followed by one unregistration.
    UnregisteredOnce,
    /// Nothing that was freed is used: no device, and no host driver's data.
    NeverUsedAfterFree,
    /// When an unregistration has returned, nothing of its caller's is running or called any more.
    NothingCalledAfter,
    /// A command to what has gone fails, and says which side has left; none reaches a host that does not serve it.
    LateCommandsFail,
    /// A peripheral whose host leaves hears of it, once, before the removal returns.
    ToldOnce,
    /// A link carries one packet at a time, and nothing comes between the packets of a read.
    OneTransfer,
    /// Nobody waits for ever: not because everybody waits, not because later callers are served first, and not because a
    /// removal still has to end more and more.
    NoDeadlock,
    /// The bus does not refuse what could be done.
    NothingRefused,
    /// A host or peripheral that comes back works again.
    ComesBack,
    /// When nobody does anything and nothing is bound, nothing is registered or allocated; and when nobody does
    /// anything, nothing that is over hinders a command.
    NothingLeaked,
}

impl Property {
    /// All properties, in the order of the reports.
    pub const ALL: [Self; 11] = [
        Self::DetachedOnce,
        Self::UnregisteredOnce,
        Self::NeverUsedAfterFree,
        Self::NothingCalledAfter,
        Self::LateCommandsFail,
        Self::ToldOnce,
        Self::OneTransfer,
        Self::NoDeadlock,
        Self::NothingRefused,
        Self::ComesBack,
        Self::NothingLeaked,
    ];

    /// Whether everything after it is meaningless.
    pub fn is_fatal(self) -> bool {
        self == Self::NeverUsedAfterFree
    }

    /// What must hold, as a sentence without a full stop.
    pub fn sentence(self) -> &'static str {
        self.words().sentence
    }

    /// What was seen if it does not hold.
    pub fn broken(self) -> &'static str {
        self.words().broken
    }

    /// A name for the command line, and for the head of a column.
    pub fn name(self) -> &'static str {
        self.words().name
    }

    fn words(self) -> Words {
        let words = |name, sentence, broken| Words { name, sentence, broken };
        match self {
            Self::DetachedOnce => words(
                "detached-once",
                "every attach is detached exactly once",
                "a channel is attached or detached twice, or stays attached",
            ),
            Self::UnregisteredOnce => words(
                "unregistered-once",
                "every registration is unregistered exactly once",
                "a device is unregistered twice",
            ),
            Self::NeverUsedAfterFree => words(
                "use-after-free",
                "nothing is used after it was freed",
                "memory is used after it was freed",
            ),
            Self::NothingCalledAfter => words(
                "late-callback",
                "no callback runs after its owner has unregistered",
                "a callback runs after its owner has unregistered",
            ),
            Self::LateCommandsFail => words(
                "late-command",
                "a command to what has gone fails, with the right error",
                "a command to what has gone is sent, or fails with the wrong error",
            ),
            Self::ToldOnce => words(
                "told-once",
                "the peripheral is told once that its host leaves",
                "the peripheral is not told, or told twice, that its host leaves",
            ),
            Self::OneTransfer => words(
                "one-packet",
                "a link carries one packet at a time",
                "two packets are on the link at once, or one in the middle of a read",
            ),
            Self::NoDeadlock => words("deadlock", "nobody waits for ever", "everybody waits"),
            Self::NothingRefused => words(
                "refused",
                "nothing is refused that could be done",
                "something is refused that could be done",
            ),
            Self::ComesBack => {
                words("comes-back", "whoever comes back works again", "whoever came back does not work")
            }
            Self::NothingLeaked => {
                words("leak", "nothing is left when all is quiet", "something is left though all is quiet")
            }
        }
    }
}

/// What people read of a property.
struct Words {
    name: &'static str,
    sentence: &'static str,
    broken: &'static str,
}

impl fmt::Display for Property {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.sentence())
    }
}

/// A set of properties: those that a step broke.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Broken(u16);

impl Broken {
    /// The empty set.
    pub const NOTHING: Self = Self(0);

    /// The set as a number: one bit each.
    pub(crate) fn bits(self) -> u16 {
        self.0
    }

    /// The set of such a number.
    pub(crate) fn from_bits(bits: u16) -> Self {
        Self(bits)
    }

    /// Adds this property.
    pub fn add(&mut self, property: Property) {
        self.0 |= 1 << property as u16;
    }

    /// Whether this property is in the set.
    pub fn has(self, property: Property) -> bool {
        self.0 & (1 << property as u16) != 0
    }

    /// Whether the set is empty.
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Whether everything after these is meaningless.
    pub fn is_fatal(self) -> bool {
        self.iter().any(Property::is_fatal)
    }

    /// The properties in the set.
    pub fn iter(self) -> impl Iterator<Item = Property> {
        Property::ALL.into_iter().filter(move |property| self.has(*property))
    }
}

/// What has to happen in some state of every search.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Event {
    /// The removal of a host began while a peripheral on it was bound.
    HostWentFirst,
    /// A peripheral was unbound while its host was bound.
    PeripheralWentFirst,
    /// A transfer was in flight when its host began to leave.
    TransferInFlight,
    /// A peripheral was bound again.
    Rebound,
}

impl Event {
    /// All events.
    pub const ALL: [Self; 4] =
        [Self::HostWentFirst, Self::PeripheralWentFirst, Self::TransferInFlight, Self::Rebound];

    /// Its bit in a set.
    pub fn bit(self) -> u8 {
        1 << self as u8
    }

    /// What has happened, as a sentence without a full stop.
    pub fn sentence(self) -> &'static str {
        match self {
            Self::HostWentFirst => "the host went first",
            Self::PeripheralWentFirst => "the peripheral went first",
            Self::TransferInFlight => "a transfer was in flight when its host began to leave",
            Self::Rebound => "a peripheral was bound again",
        }
    }
}
