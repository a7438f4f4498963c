//! What a DSI host controller's driver implements, the counterpart of Linux's `struct mipi_dsi_host_ops`.
//!
//! The bus calls these methods; nobody else does. It is a trait only: drivers of controllers need it, [`Message`]
//! and the errors, and nothing of the book-keeping.

use super::link_config::LinkConfig;
use super::message::Message;
use super::transport::Transport;
use super::wire::{ErrorReport, VirtualChannel};
use core::fmt;

/// A DSI host controller.
///
/// # Legal call sequences
///
/// For each virtual channel the bus calls
///
/// ```text
/// ( attach -> Err
/// | attach -> Ok, transfer*, detach )*
/// ```
///
/// and nothing else: every `attach` that returned `Ok` is followed by exactly one `detach`, whoever removes the
/// device; `transfer` comes between the two, or from *inside* `attach` or `detach` of that channel through the
/// transport that those are lent.
///
/// Across channels:
///
/// * `transfer` calls are serialised: one runs at a time for the whole host. Several can follow each other as one
///   transaction, in which no other peripheral's transfer comes between.
/// * `attach` and `detach` of different channels may run at the same time as each other and as another channel's
///   `transfer`, from different threads.
/// * `cancel` comes while a `transfer` of that channel runs, from another thread, in surprise removals only. The
///   transfer should return soon, with [`HostError::Cancelled`] or with whatever it has. As nothing is locked,
///   `cancel` may arrive just before the transfer's first instruction or just after its last; no other transfer of
///   this channel follows before `detach`, so a host may keep the request until then. No transfer is started and no
///   channel detached while `cancel` runs.
///
/// When unregistering the host has returned, none of these runs and none will ever start.
///
/// # What may be called from here
///
/// The bus holds no lock during any of these calls. From inside `attach` and `detach` the host may send through the
/// lent transport, and may call any operation of the bus; one that would have to wait for the very call that it is
/// made from is refused with `WouldDeadlock`. From inside `transfer` and `cancel` it must not transfer on the same
/// host (refused in the same way).
///
/// # Cut short
///
/// A method that unwinds counts as failed: a panicking `attach` as refused, a panicking `detach` as done. The panic
/// goes on to whoever called the bus.
pub trait HostController {
    /// Starts to serve a peripheral with this configuration (`mipi_dsi_host_ops::attach`).
    ///
    /// # Errors
    ///
    /// [`AttachRefused`] if this host can't serve it; then nothing must stay behind, and `detach` is not called.
    fn attach(&self, attachment: &Attachment<'_>) -> Result<(), AttachRefused>;

    /// Stops to serve it (`mipi_dsi_host_ops::detach`). It cannot fail: when it returns, the host holds nothing of
    /// this peripheral's.
    fn detach(&self, attachment: &Attachment<'_>);

    /// Sends one packet, and if `answer` is not empty, turns the bus around and receives into it
    /// (`mipi_dsi_host_ops::transfer`).
    ///
    /// Gives the number of bytes received, at most `answer.len()`; 0 for a packet that asks for no answer.
    ///
    /// # Errors
    ///
    /// [`HostError`] if the packet could not be sent, or its answer not received.
    fn transfer(&self, message: &Message<'_>, answer: &mut [u8]) -> Result<usize, HostError>;

    /// Asks the transfer that runs on `channel` to return soon. The default lets it run to its own end.
    fn cancel(&self, channel: VirtualChannel) {
        let _ = channel;
    }
}

/// What a host is told of the peripheral that it serves.
///
/// It is lent for the length of the call: a host that needs something of it later copies the values, and cannot
/// keep a pointer to a device that is not its own.
#[derive(Clone, Copy)]
pub struct Attachment<'a> {
    /// The virtual channel.
    pub channel: VirtualChannel,
    /// The name that the device was registered with.
    pub name: &'a str,
    /// The link configuration that was agreed on.
    pub config: LinkConfig,
    /// Sends to this peripheral during the call.
    pub transport: &'a dyn Transport,
}

impl fmt::Debug for Attachment<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Attachment")
            .field("channel", &self.channel)
            .field("name", &self.name)
            .field("config", &self.config)
            .finish_non_exhaustive()
    }
}

/// Why a host refuses to attach.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum AttachRefused {
    /// Something that the host needs is not there yet; trying later makes sense (Linux's `-EPROBE_DEFER`).
    NotReady,
    /// The host serves as many peripherals as it can.
    NoCapacity,
    /// The host can't do what the configuration asks.
    Unsupported,
    /// A transfer that the host made during attach failed.
    Transfer(HostError),
    /// The hardware did not come up; the code is the driver's own.
    Hardware(i32),
}

impl fmt::Display for AttachRefused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotReady => f.write_str("the host is not ready yet"),
            Self::NoCapacity => f.write_str("the host serves as many peripherals as it can"),
            Self::Unsupported => f.write_str("the host does not support this configuration"),
            Self::Transfer(error) => write!(f, "a transfer during attach failed: {error}"),
            Self::Hardware(code) => write!(f, "the host's hardware failed with code {code}"),
        }
    }
}

impl core::error::Error for AttachRefused {}

/// What went wrong on the link or in the host during one packet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum HostError {
    /// The packet was not sent, or its answer did not come, in the host's time limit.
    Timeout,
    /// The transfer was given up because of [`HostController::cancel`].
    Cancelled,
    /// Both ends drove the lines at the same time.
    Contention,
    /// The answer's header had more wrong bits than its ECC can correct.
    AnswerEcc,
    /// The answer's payload did not match its checksum.
    AnswerChecksum,
    /// The answer is no packet that answers this one; its data type is given.
    UnexpectedAnswer(u8),
    /// The answer is longer than the room for it.
    AnswerTooLong {
        /// Bytes of room.
        expected: usize,
        /// Bytes that came.
        got: usize,
    },
    /// The peripheral answered with Acknowledge and Error Report (DSI 1.3 section 8.9.5).
    Reported(ErrorReport),
    /// There is nobody at the other end: the cable is out, or the panel has no power.
    NoPeripheral,
    /// This host has no way to send such a packet.
    Unsupported,
    /// The host's hardware failed; the code is the driver's own.
    Hardware(i32),
}

impl fmt::Display for HostError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Timeout => f.write_str("the transfer timed out"),
            Self::Cancelled => f.write_str("the transfer was cancelled"),
            Self::Contention => f.write_str("contention on the link"),
            Self::AnswerEcc => f.write_str("the answer's header is corrupted beyond its ECC"),
            Self::AnswerChecksum => f.write_str("the answer's checksum is wrong"),
            Self::UnexpectedAnswer(data_type) => {
                write!(f, "the answer has the unexpected data type {data_type:#04x}")
            }
            Self::AnswerTooLong { expected, got } => {
                write!(f, "the answer has {got} bytes where {expected} were expected at the most")
            }
            Self::Reported(bits) => write!(f, "the peripheral reported: {bits}"),
            Self::NoPeripheral => f.write_str("nobody answers at the other end of the link"),
            Self::Unsupported => f.write_str("the host can't send such a packet"),
            Self::Hardware(code) => write!(f, "the host's hardware failed with code {code}"),
        }
    }
}

impl core::error::Error for HostError {}
