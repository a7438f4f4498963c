//! What can be broken: one variant for each thing that must never be seen.

use std::fmt;

/// A broken property, seen at one step.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Breach {
    /// A callback of a host ran, or began, when the host driver's memory had been freed.
    UsedAfterFree,
    /// The host was asked to attach a channel that it serves, or to detach one that it does not.
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
    /// A removal from a thread of its own was refused.
    RefusedForNothing,
    /// A command was answered with the wrong side's leaving, or succeeded when the host was gone.
    WrongAnswer,
    /// Everything is unbound and something is still registered.
    Leaked,
    /// A host that came back could not be used.
    DeadAfterReturn,
}

impl fmt::Display for Breach {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::UsedAfterFree => "used after free",
            Self::NotExactlyOnce => "attached or detached more than once",
            Self::SentWhileDetached => "a command reached a host that does not serve its channel",
            Self::TwoTransfers => "two transfers at once",
            Self::CallbackAfterRemoval => "a callback runs after the host is gone",
            Self::LeftAttached => "a channel is left attached",
            Self::NotToldOnce => "the peripheral was not told exactly once",
            Self::CalledAfterUnregister => "the peripheral is called after its unregister",
            Self::RefusedForNothing => "a removal was refused that could have waited",
            Self::WrongAnswer => "a command got the wrong answer",
            Self::Leaked => "something is left when all is quiet",
            Self::DeadAfterReturn => "a host that came back does not work",
        })
    }
}
