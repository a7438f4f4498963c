//! What a host did that no data sheet allows.
//!
//! Real panels often accept this silently and fail on another day. This panel records it, and does not carry out
//! what breaks a rule.

use crate::clock::Instant;
use crate::video_receiver::VideoFault;
use core::fmt;
use core::time::Duration;
use mipi_dsi::bus::{Lanes, Speed};
use mipi_dsi::dcs::{Opcode, ParameterError, PixelDepth};
use mipi_dsi::wire::{DataType, RequestError};

/// A broken rule, and when it was broken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Breach {
    /// When the transmission ended that broke the rule.
    pub at: Instant,
    /// The rule.
    pub rule: Rule,
}

impl fmt::Display for Breach {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.at, self.rule)
    }
}

/// A rule, and what broke it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Rule {
    /// Something was sent while the panel had no power.
    NoPower,
    /// A high-speed transmission used other lanes than those that the panel listens on.
    Lanes {
        /// What it listens on.
        expected: Lanes,
        /// What was used.
        got: Lanes,
    },
    /// A command came at a speed at which the panel does not take commands.
    Speed {
        /// The speed at which it takes them.
        expected: Speed,
    },
    /// A high-speed transmission ended without EoTp.
    NoEndOfTransmission,
    /// An EoTp came although none was agreed on.
    UnexpectedEndOfTransmission,
    /// A packet followed the EoTp in one transmission.
    AfterEndOfTransmission,
    /// A transmission ended within a packet.
    CutPacket {
        /// Bytes that the packet has, as far as can be told.
        needed: usize,
        /// Bytes that came.
        got: usize,
    },
    /// A data type that the panel has no use for.
    DataType(DataType),
    /// A packet without the form of its data type.
    Malformed(RequestError),
    /// A packet followed a read whose response was not fetched.
    ResponseNotFetched,
    /// Responses of zero bytes were asked for.
    NoReturnSize,
    /// A command came too early after another one.
    TooEarly {
        /// The command.
        opcode: Opcode,
        /// The earlier one.
        after: Opcode,
        /// The pause that is needed.
        needed: Duration,
        /// The pause that there was.
        elapsed: Duration,
    },
    /// A command that a sleeping panel does not take.
    Asleep(Opcode),
    /// A command that neither DCS nor the panel's manufacturer knows.
    UnknownCommand(Opcode),
    /// A command that this panel does not have, though DCS does.
    Unsupported(Opcode),
    /// A depth of the memory that this panel does not have: it has 16, 18 and 24 bits a pixel.
    Depth {
        /// The command that asked for it.
        opcode: Opcode,
        /// The depth.
        depth: PixelDepth,
    },
    /// A command with wrong parameters.
    Parameters(ParameterError),
    /// A write command was read.
    NotRead(Opcode),
    /// A generic read with parameters that the panel has no response for; the first of them.
    UnknownGenericRead(Option<u8>),
    /// A window, partial or scroll area that does not lie within the panel.
    Outside {
        /// The command.
        opcode: Opcode,
        /// The last column or row that it names, counted from 0.
        last: u32,
        /// How many there are.
        of: u32,
    },
    /// More pixels were written than the window has room for; the surplus is dropped.
    PastWindow {
        /// How many.
        surplus: usize,
    },
    /// A memory command with bytes that are not whole pixels; the rest is dropped.
    PartialPixel {
        /// Bytes after the last whole pixel.
        rest: usize,
    },
    /// A memory command to continue, though nothing had begun since the window was set.
    NothingToContinue(Opcode),
    /// The display was turned on before the manufacturer's commands had come.
    InitIncomplete {
        /// How many of them there are.
        expected: usize,
        /// How many had come in their order.
        got: usize,
    },
    /// Something is wrong with the video.
    Video(VideoFault),
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoPower => f.write_str("sent to a panel without power"),
            Self::Lanes { expected, got } => write!(f, "sent on {got} to a panel on {expected}"),
            Self::Speed { expected: Speed::LowPower } => {
                f.write_str("a command at high speed to a panel that takes them in low power only")
            }
            Self::Speed { expected: Speed::HighSpeed } => {
                f.write_str("a command in low power to a panel that takes them at high speed only")
            }
            Self::NoEndOfTransmission => f.write_str("a transmission without end of transmission packet"),
            Self::UnexpectedEndOfTransmission => {
                f.write_str("an end of transmission packet though none was agreed on")
            }
            Self::AfterEndOfTransmission => f.write_str("a packet after the end of transmission packet"),
            Self::CutPacket { needed, got } => write!(f, "a packet cut to {got} of {needed} bytes"),
            Self::DataType(data_type) => write!(f, "{data_type} to a panel that has no use for it"),
            Self::Malformed(error) => error.fmt(f),
            Self::ResponseNotFetched => f.write_str("a packet before the response to a read was fetched"),
            Self::NoReturnSize => f.write_str("responses of 0 bytes asked for"),
            Self::TooEarly { opcode, after, needed, elapsed } => {
                write!(f, "{opcode} {elapsed:?} after {after}, which needs {needed:?}")
            }
            Self::Asleep(opcode) => write!(f, "{opcode} to a sleeping panel"),
            Self::UnknownCommand(opcode) => write!(f, "{opcode} is not known to the panel"),
            Self::Unsupported(opcode) => write!(f, "the panel has no {opcode}"),
            Self::Depth { opcode, depth } => write!(f, "{opcode} of a memory with {depth:?} a pixel"),
            Self::Parameters(error) => error.fmt(f),
            Self::NotRead(opcode) => write!(f, "{opcode} is written, not read"),
            Self::UnknownGenericRead(Some(byte)) => write!(f, "generic read of {byte:#04x}"),
            Self::UnknownGenericRead(None) => f.write_str("generic read without parameters"),
            Self::Outside { opcode, last, of } => write!(f, "{opcode} up to {last}, but there are {of}"),
            Self::PastWindow { surplus } => write!(f, "{surplus} pixels too many for the window"),
            Self::PartialPixel { rest } => write!(f, "{rest} bytes after the last whole pixel"),
            Self::NothingToContinue(opcode) => write!(f, "{opcode} with nothing to continue"),
            Self::InitIncomplete { expected, got } => {
                write!(f, "display on after {got} of {expected} commands of the manufacturer")
            }
            Self::Video(fault) => fault.fmt(f),
        }
    }
}
