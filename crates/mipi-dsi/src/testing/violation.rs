//! A violation: a call that the bus should not have made, with what was legal in its place.

use super::record::ChannelState;
use crate::wire::VirtualChannel;
use std::fmt;

/// A method of [`HostController`](crate::bus::HostController).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Call {
    /// [`attach`](crate::bus::HostController::attach).
    Attach,
    /// [`detach`](crate::bus::HostController::detach).
    Detach,
    /// [`transfer`](crate::bus::HostController::transfer).
    Transfer,
    /// [`cancel`](crate::bus::HostController::cancel).
    Cancel,
}

/// A call that the documentation of [`HostController`](crate::bus::HostController) forbids.
///
/// Its [`Display`](fmt::Display) names the call, what was going on, and what was legal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Violation {
    /// The call.
    pub call: Call,
    /// The channel of the call.
    pub channel: VirtualChannel,
    /// What makes it illegal.
    pub kind: ViolationKind,
}

/// What makes a call illegal: what was going on when it came.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ViolationKind {
    /// The channel was in a state that does not take this call.
    WrongState(ChannelState),
    /// A transfer came during the channel's `attach` or `detach`, and not from inside it.
    FromOutside(ChannelState),
    /// A call was running that has to return first.
    CallRuns {
        /// The running call.
        running: Call,
        /// Its channel.
        on: VirtualChannel,
    },
    /// A transfer followed the one that `cancel` asked to return.
    AfterCancel,
    /// A cancel came to a host of the shared profile.
    CancelOfShared,
    /// The host was not registered any more.
    AfterUnregistration,
    /// The call was still running when unregistering the host returned.
    RunsAtUnregistration,
    /// The call, always a `detach`, had not come when unregistering the host returned.
    MissingAtUnregistration,
    /// Somebody recorded the end of a call that had not begun: their record is wrong, and not the bus.
    NotBegun,
}

impl fmt::Display for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Attach => "attach",
            Self::Detach => "detach",
            Self::Transfer => "transfer",
            Self::Cancel => "cancel",
        })
    }
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { call, channel, kind } = self;
        match kind {
            ViolationKind::NotBegun => write!(f, "end of {call} of channel {channel}, ")?,
            ViolationKind::MissingAtUnregistration => write!(f, "no {call} of channel {channel}, ")?,
            _ => write!(f, "{call} of channel {channel} ")?,
        }
        match kind {
            ViolationKind::WrongState(state) => {
                write!(f, "while the channel is {state}; {}", legal_state(*call))
            }
            ViolationKind::FromOutside(state) => write!(
                f,
                "while the channel is {state}, from outside; during attach and detach, transfer is legal from \
                 inside of them"
            ),
            ViolationKind::CallRuns { running, on } => {
                let article = if *running == Call::Attach { "an" } else { "a" };
                let legal = legal_after(*call, *running, on == channel);
                write!(f, "while {article} {running} of channel {on} runs; {legal}")
            }
            ViolationKind::AfterCancel => f.write_str(
                "after cancel; from cancel to the next attach, only the transfer that was cancelled may still begin",
            ),
            ViolationKind::CancelOfShared => {
                f.write_str("of a shared host; nobody knows whose transfer it would reach")
            }
            ViolationKind::AfterUnregistration => {
                f.write_str("after the host was unregistered; no call is legal until it is registered again")
            }
            ViolationKind::RunsAtUnregistration => f.write_str(
                "is running although the host was unregistered; unregistering returns after the last call",
            ),
            ViolationKind::MissingAtUnregistration => f.write_str(
                "which is attached although the host was unregistered; each attached channel is detached first",
            ),
            ViolationKind::NotBegun => f.write_str("which is not running; only a call that has begun can end"),
        }
    }
}

/// In which state of its channel a call is legal.
const fn legal_state(call: Call) -> &'static str {
    match call {
        Call::Attach => "attach is legal while the channel is idle",
        Call::Detach => "detach is legal once after each attach that succeeded",
        Call::Transfer => "transfer is legal from a successful attach to its detach, and inside the two",
        Call::Cancel => "cancel is legal from a successful attach to its detach, and not inside the two",
    }
}

/// What a call has to wait for: one of its own channel (`is_own`), or of another.
const fn legal_after(call: Call, running: Call, is_own: bool) -> &'static str {
    match (call, running, is_own) {
        (Call::Transfer, Call::Transfer, _) => "a host has one transfer at a time",
        (Call::Attach, Call::Transfer, true) => {
            "attach is legal when the transfers of its channel have returned"
        }
        (Call::Detach, Call::Transfer, true) => {
            "detach is legal when the transfers of its channel have returned"
        }
        (Call::Transfer, Call::Cancel, _) => "no transfer is started before cancel has returned",
        (Call::Attach | Call::Detach, Call::Cancel, _) => {
            "a channel is served on when its cancel has returned"
        }
        _ => "a serialised host has one attach, detach or transfer at a time",
    }
}
