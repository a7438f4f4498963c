//! What can be broken: one variant for each thing that must never be seen.

use std::fmt;

/// A broken property, seen at one step.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Breach {
    /// A callback of a host ran, or began, when the host driver's memory had been freed.
    UsedAfterFree,
    /// An attach was undone twice, or a registration, or the host was asked to attach what it serves.
    NotExactlyOnce,
    /// The host was asked to send for a channel that it does not serve.
    SentWhileDetached,
    /// Two packets were sent at the same time.
    TwoTransfers,
    /// The host's unregistration returned, and one of its callbacks runs.
    CallbackAfterRemoval,
    /// The host's unregistration returned, and a channel is still attached.
    LeftAttached,
    /// The host's unregistration returned, and a peripheral that was registered on it was not told, or twice.
    NotToldOnce,
    /// A peripheral's unregister returned while its notice or its transfer ran.
    CalledAfterUnregister,
    /// A removal or a command from a thread of its own was refused, though it could have waited.
    RefusedForNothing,
    /// A host that came back could not be used.
    DeadAfterReturn,
}

impl Breach {
    /// All, in the order of the report.
    pub const ALL: [Self; 10] = [
        Self::UsedAfterFree,
        Self::NotExactlyOnce,
        Self::SentWhileDetached,
        Self::TwoTransfers,
        Self::CallbackAfterRemoval,
        Self::LeftAttached,
        Self::NotToldOnce,
        Self::CalledAfterUnregister,
        Self::RefusedForNothing,
        Self::DeadAfterReturn,
    ];

    /// Whether nothing that comes after it means anything.
    pub fn is_fatal(self) -> bool {
        self == Self::UsedAfterFree
    }
}

impl fmt::Display for Breach {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::UsedAfterFree => "used after free",
            Self::NotExactlyOnce => "detached or unregistered more than once",
            Self::SentWhileDetached => "a command reached a host that does not serve its channel",
            Self::TwoTransfers => "two transfers at once",
            Self::CallbackAfterRemoval => "a callback runs after the host is gone",
            Self::LeftAttached => "a channel is left attached",
            Self::NotToldOnce => "the peripheral was not told exactly once",
            Self::CalledAfterUnregister => "the peripheral is called after its unregister",
            Self::RefusedForNothing => "something was refused that could have waited",
            Self::DeadAfterReturn => "a host that came back does not work",
        })
    }
}
