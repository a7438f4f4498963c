//! What can go wrong, one type for each operation.
//!
//! Each says what was expected and what came. Errors of the host's own are in `host_controller`, those of a message
//! in `message`; this module has what the bus itself answers.

use super::caller::WaitFor;
use super::capabilities::Feature;
use super::dcs;
use super::host_controller::{AttachRefused, HostError};
use super::name::NameTooLong;
use super::wire::{BufferTooSmall, PayloadTooLong, VirtualChannel};
use core::fmt;

/// Which side has left, the answer to every late call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Gone {
    /// The host was unregistered, or is leaving.
    HostRemoved,
    /// The host is still registered; the device was unregistered by the peripheral's side.
    Unregistered,
    /// The device is still registered; this link to it was detached.
    Detached,
}

impl fmt::Display for Gone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::HostRemoved => "the host has been removed",
            Self::Unregistered => "the peripheral has unregistered the device",
            Self::Detached => "the device has been detached",
        })
    }
}

impl core::error::Error for Gone {}

/// Why an operation did not wait for as long as it takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum WhyNot {
    /// Waiting would close a cycle: what is waited for can't end before this call returns (or only by somebody's
    /// deadline).
    WouldDeadlock,
    /// The deadline has passed.
    DeadlinePassed,
    /// This lock cannot wait (firmware without threads, or an interrupt).
    CannotWait,
}

/// An operation was not finished, because something that still runs was not waited for.
///
/// After [`WhyNot::WouldDeadlock`] from a peripheral's own call nothing has changed. Otherwise what was begun stays
/// begun (nothing new starts), and the operation can be called again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct StillRunning {
    /// What runs.
    pub waiting_for: WaitFor,
    /// Why it was not waited for.
    pub why: WhyNot,
}

impl fmt::Display for StillRunning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { waiting_for, why } = self;
        match why {
            WhyNot::WouldDeadlock => write!(f, "waiting for {waiting_for} from here would never end"),
            WhyNot::DeadlinePassed => write!(f, "{waiting_for} still runs at the deadline"),
            WhyNot::CannotWait => write!(f, "{waiting_for} still runs, and this lock cannot wait"),
        }
    }
}

impl core::error::Error for StillRunning {}

/// Why a host was not registered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum RegisterHostError {
    /// All of the bus's host slots are taken.
    NoSlot {
        /// How many there are.
        slots: usize,
    },
    /// The name does not fit.
    Name(NameTooLong),
}

impl fmt::Display for RegisterHostError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoSlot { slots } => write!(f, "all {slots} host slots of the bus are taken"),
            Self::Name(error) => error.fmt(f),
        }
    }
}

impl core::error::Error for RegisterHostError {}

/// Why a device was not registered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum RegisterDeviceError {
    /// The host has left, or is leaving.
    Gone(Gone),
    /// Another device has this virtual channel.
    ChannelTaken(VirtualChannel),
    /// The name does not fit.
    Name(NameTooLong),
}

impl fmt::Display for RegisterDeviceError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Gone(gone) => gone.fmt(f),
            Self::ChannelTaken(channel) => write!(f, "virtual channel {channel} is taken"),
            Self::Name(error) => error.fmt(f),
        }
    }
}

impl core::error::Error for RegisterDeviceError {}

/// One of the two ends of a link.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Side {
    /// The host controller.
    Host,
    /// The panel or bridge.
    Peripheral,
}

/// Why a device was not attached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum AttachError {
    /// The host or the device has left, or is leaving.
    Gone(Gone),
    /// The device is attached already.
    AlreadyAttached,
    /// One end can't do what the configuration asks; the host was not called.
    Unsupported {
        /// Which end.
        side: Side,
        /// What it can't do.
        feature: Feature,
    },
    /// The host was called and refused.
    Refused(AttachRefused),
    /// Another caller attaches or detaches this device, and was not waited for.
    StillRunning(StillRunning),
}

impl fmt::Display for AttachError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Gone(gone) => gone.fmt(f),
            Self::AlreadyAttached => f.write_str("the device is attached already"),
            Self::Unsupported { side: Side::Host, feature } => write!(f, "the host can't do {feature}"),
            Self::Unsupported { side: Side::Peripheral, feature } => {
                write!(f, "the peripheral can't do {feature}")
            }
            Self::Refused(error) => error.fmt(f),
            Self::StillRunning(error) => error.fmt(f),
        }
    }
}

impl core::error::Error for AttachError {}

/// Why a packet was not sent, or its answer not received.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum TransferError {
    /// The host, the device or the link has left. The host was not called.
    Gone(Gone),
    /// The payload does not fit its packet. The host was not called.
    Message(PayloadTooLong),
    /// There is no DCS command without an opcode. The host was not called.
    NoCommand,
    /// A typed command does not fit the buffer that it is put together in. The host was not called.
    Buffer(BufferTooSmall),
    /// Another transfer has the link, and was not waited for. The host was not called.
    StillRunning(StillRunning),
    /// The host was called, and reported this.
    Host(HostError),
}

impl fmt::Display for TransferError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Gone(gone) => gone.fmt(f),
            Self::Message(error) => error.fmt(f),
            Self::NoCommand => f.write_str("there is no DCS command without an opcode"),
            Self::Buffer(error) => error.fmt(f),
            Self::StillRunning(error) => error.fmt(f),
            Self::Host(error) => error.fmt(f),
        }
    }
}

impl core::error::Error for TransferError {}

impl From<Gone> for TransferError {
    fn from(gone: Gone) -> Self {
        Self::Gone(gone)
    }
}

/// Why a read gave no answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum ReadError {
    /// A packet of the read transaction failed.
    Transfer(TransferError),
    /// The peripheral's answer is shorter than what was asked for.
    Short {
        /// Bytes asked for.
        expected: usize,
        /// Bytes that came.
        got: usize,
    },
    /// No byte was asked for. Nothing was sent.
    NothingAsked,
    /// More was asked for than Set Maximum Return Packet Size can name.
    TooLong {
        /// Bytes asked for.
        asked: usize,
        /// The most that can be asked for.
        most: usize,
    },
    /// The answer came, and is not one that this command has.
    Answer(dcs::AnswerError),
}

impl fmt::Display for ReadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Transfer(error) => error.fmt(f),
            Self::Short { expected, got } => {
                write!(f, "the answer has {got} bytes where {expected} were asked for")
            }
            Self::NothingAsked => f.write_str("no byte was asked for"),
            Self::TooLong { asked, most } => {
                write!(f, "{asked} bytes were asked for, and an answer has at most {most}")
            }
            Self::Answer(error) => error.fmt(f),
        }
    }
}

impl core::error::Error for ReadError {}

impl From<TransferError> for ReadError {
    fn from(error: TransferError) -> Self {
        Self::Transfer(error)
    }
}
