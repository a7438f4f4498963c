//! The actors: what each is in the middle of, and why a sleeping one sleeps.

use crate::hardware::HostCall;
use crate::ownership::{Ownership, Reply};
use crate::program::Program;

/// Why somebody sleeps.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Asleep {
    /// They do not sleep.
    No,
    /// For the bus: until what they wait for has ended.
    OnBus,
    /// For a device's lock.
    OnDevice,
    /// For a response of hardware that has gone: until they are cancelled.
    OnHardware,
}

/// Somebody who does something.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Actor<O: Ownership> {
    /// What they are in the middle of, the innermost last.
    pub stack: Vec<Frame<O>>,
    /// The reply to what the innermost program has asked.
    pub reply: Option<Reply<O::Handle>>,
    /// Whether they can go on.
    pub asleep: Asleep,
    /// Whether nobody else has done anything since they set out.
    pub is_alone: bool,
    /// Whether the host has refused what the innermost call of the bus has asked of it.
    pub refused: bool,
    /// Whether they have given up once, and wait now: see [`Waiting::Never`](crate::shape::Waiting::Never).
    pub is_patient: bool,
}

/// Something that an actor is in the middle of.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Frame<O: Ownership> {
    /// A driver's code.
    Program(Program<O::Handle>),
    /// A call of the bus.
    Call(O::Call),
    /// A callback of a host, which has begun.
    HostCall {
        /// Which host's.
        host: usize,
        /// Which callback.
        call: HostCall,
        /// Whether the data of the driver that it belongs to has been freed since.
        freed: bool,
    },
}
