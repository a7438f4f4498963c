//! What a DSI host controller's driver implements, the counterpart of Linux's `struct mipi_dsi_host_ops`.
//!
//! The bus calls these methods; nobody else does. A controller's driver needs this trait, [`Message`] and the errors, and
//! none of the book-keeping.

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
/// and nothing else: exactly one `detach` follows every `attach` that returned `Ok`, whoever removes the device;
/// `transfer` comes between the two, or from *inside* `attach` or `detach` of that channel, by the caller who is in that
/// method.
///
/// Across channels:
///
/// * `transfer` calls are serialised: one runs at a time for the whole host. Several can follow each other as one
///   transaction, in which no other peripheral's transfer comes between.
/// * `attach` and `detach` of different channels may run at the same time as each other and as another channel's
///   `transfer`, from different threads. A host that can't allow that registers as
///   [`serialised`](super::HostInfo::serialised): then only one of the three runs at a time, apart from what an `attach`
///   or `detach` itself sends.
/// * `cancel` comes while a `transfer` of that channel runs, from another thread, in surprise removals only. The
///   transfer should return soon, with [`HostError::Cancelled`] or with whatever it has. As nothing is locked,
///   `cancel` may arrive just before the transfer's first instruction or just after its last. No other transfer of this
///   channel follows before the next `attach`, and no transfer of another channel begins while `cancel` runs.
/// * `cancel` comes only between an `attach` that returned `Ok` and its `detach`, never inside one of the two nor after
///   `detach`, and `detach` does not begin before `cancel` has returned. So a host may power its block down in `detach`,
///   and may keep the request until `attach` clears it: the request reaches no successor. What the host itself sends from
///   inside `attach` and `detach` is not cancelled: its own time limits end that, and after a surprise the bus refuses
///   each further packet with [`Gone`](super::Gone).
///
/// For a host that registers as [`shared`](super::HostInfo::shared) the rules are different: `transfer` comes at any time
/// from registration to unregistration of the device, also during `attach` and `detach` and several at once, and `cancel`
/// never comes.
///
/// When unregistering the host has returned `Ok`, none of these runs and none will ever start. The feature `testing`
/// has a checker of these sequences.
///
/// # What may be called from here
///
/// During any of these calls the bus holds nothing that anyone blocks on. From inside `attach` and `detach` the host may
/// send through the transport that it gets, and may call any operation of the bus; the bus refuses an operation that
/// would have to wait for the very call that it comes from, with `WouldDeadlock`. From inside `transfer` and `cancel` the
/// host must not transfer on itself (the bus refuses that in the same way).
///
/// # If a method panics
///
/// An `attach` that unwinds counts as refused, a `detach` that unwinds as done. The panic goes on to whoever called the
/// bus. Before that, the bus carries out the errands that the method left: if one of their callbacks panics too, the
/// process aborts, as for any panic during another.
pub trait HostController {
    /// Starts serving a peripheral with this configuration (`mipi_dsi_host_ops::attach`).
    ///
    /// # Errors
    ///
    /// [`HostAttachError`] if this host can't serve it. Then it must leave nothing behind: `detach` is not called.
    fn attach(&self, attachment: &Attachment<'_>) -> Result<(), HostAttachError>;

    /// Stops serving it (`mipi_dsi_host_ops::detach`). It cannot fail: when it returns, the host holds nothing of
    /// this peripheral's.
    fn detach(&self, attachment: &Attachment<'_>);

    /// Sends one packet, and if `response` is not empty, turns the bus around and receives into it
    /// (`mipi_dsi_host_ops::transfer`).
    ///
    /// Returns the number of bytes received, at most `response.len()`; 0 for a packet that asks for no response.
    ///
    /// # Errors
    ///
    /// [`HostError`] if it could not send the packet or receive its response.
    fn transfer(&self, message: &Message<'_>, response: &mut [u8]) -> Result<usize, HostError>;

    /// Asks the transfer that runs on `channel` to return soon. The default lets it run to its own end.
    fn cancel(&self, channel: VirtualChannel) {
        let _ = channel;
    }
}

/// What a host is told about the peripheral that it serves.
///
/// The host borrows it during the call: it copies the values that it needs later, and cannot keep a pointer to a device
/// that is not its own.
#[derive(Clone, Copy)]
pub struct Attachment<'a> {
    /// The virtual channel.
    pub channel: VirtualChannel,
    /// The name that the device was registered with.
    pub name: &'a str,
    /// The link configuration. Both ends can do what it asks, as far as their capabilities say. In a detach it has no
    /// timings: the bus does not keep them.
    pub config: &'a LinkConfig,
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
pub enum HostAttachError {
    /// Something that the host needs is not there yet: try again later (Linux's `-EPROBE_DEFER`).
    NotReady,
    /// The host can't serve another peripheral.
    NoCapacity,
    /// The host can't do what the configuration asks.
    Unsupported,
    /// A transfer that the host made during attach failed.
    Transfer(HostError),
    /// The hardware did not come up; the code is the driver's own.
    Hardware(i32),
    /// The bus that controls the host (SPI, I2C) failed; the code is that bus's own.
    ControlBus(i32),
}

impl HostAttachError {
    /// What kind of error it is, for callers that know no host.
    pub const fn kind(&self) -> HostErrorKind {
        match self {
            Self::NotReady => HostErrorKind::NotReady,
            Self::NoCapacity => HostErrorKind::NoCapacity,
            Self::Unsupported => HostErrorKind::Unsupported,
            Self::Transfer(error) => error.kind(),
            Self::Hardware(_) | Self::ControlBus(_) => HostErrorKind::Host,
        }
    }
}

impl fmt::Display for HostAttachError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotReady => f.write_str("the host is not ready yet"),
            Self::NoCapacity => f.write_str("the host can't serve another peripheral"),
            Self::Unsupported => f.write_str("the host does not support this configuration"),
            Self::Transfer(error) => write!(f, "a transfer during attach failed: {error}"),
            Self::Hardware(code) => write!(f, "the host's hardware failed with code {code}"),
            Self::ControlBus(code) => write!(f, "the bus that controls the host failed with code {code}"),
        }
    }
}

impl core::error::Error for HostAttachError {
    fn source(&self) -> Option<&(dyn core::error::Error + 'static)> {
        match self {
            Self::Transfer(error) => Some(error),
            _ => None,
        }
    }
}

/// What kind of error a host reported, for callers that know no host.
///
/// It says what a caller can do; the error itself says what happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum HostErrorKind {
    /// The host is not ready yet: try again later.
    NotReady,
    /// The host has no room for another peripheral until one has left.
    NoCapacity,
    /// This host can never do it.
    Unsupported,
    /// The transfer was cancelled, because the peripheral is leaving.
    Cancelled,
    /// The peripheral did not respond, or is not there.
    Silent,
    /// The response was damaged or did not fit the request; another try may work.
    Link,
    /// The peripheral reported errors.
    Reported,
    /// The host itself failed, or the bus that controls it.
    Host,
}

/// What went wrong on the link or in the host during one packet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum HostError {
    /// The packet was not sent, or its response did not come, within the host's time limit.
    Timeout,
    /// The host gave the transfer up because of [`HostController::cancel`].
    Cancelled,
    /// Both ends drove the lines at the same time.
    Contention,
    /// The response's header had more wrong bits than its ECC can correct.
    ResponseEcc,
    /// The response's payload did not match its checksum.
    ResponseChecksum,
    /// The response does not belong to this packet. The value is its data type.
    UnexpectedResponse(u8),
    /// The response is longer than the room for it.
    ResponseTooLong {
        /// Bytes of room.
        expected: usize,
        /// Bytes that came.
        got: usize,
    },
    /// The peripheral responded with Acknowledge and Error Report (DSI 1.3 section 8.9.5).
    Reported(ErrorReport),
    /// Nobody is at the other end: the cable is out, or the panel has no power.
    NoPeripheral,
    /// This host can't send such a packet.
    Unsupported,
    /// The host's hardware failed; the code is the driver's own.
    Hardware(i32),
    /// The bus that controls the host (SPI, I2C) failed; the code is that bus's own. Nobody knows what the peripheral
    /// got.
    ControlBus(i32),
}

impl HostError {
    /// What kind of error it is, for callers that know no host.
    pub const fn kind(&self) -> HostErrorKind {
        match self {
            Self::Timeout | Self::NoPeripheral => HostErrorKind::Silent,
            Self::Cancelled => HostErrorKind::Cancelled,
            Self::Contention
            | Self::ResponseEcc
            | Self::ResponseChecksum
            | Self::UnexpectedResponse(_)
            | Self::ResponseTooLong { .. } => HostErrorKind::Link,
            Self::Reported(_) => HostErrorKind::Reported,
            Self::Unsupported => HostErrorKind::Unsupported,
            Self::Hardware(_) | Self::ControlBus(_) => HostErrorKind::Host,
        }
    }
}

impl fmt::Display for HostError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Timeout => f.write_str("the transfer timed out"),
            Self::Cancelled => f.write_str("the transfer was cancelled"),
            Self::Contention => f.write_str("contention on the link"),
            Self::ResponseEcc => f.write_str("the response's header is corrupted beyond its ECC"),
            Self::ResponseChecksum => f.write_str("the response's checksum is wrong"),
            Self::UnexpectedResponse(data_type) => {
                write!(f, "the response has the unexpected data type {data_type:#04x}")
            }
            Self::ResponseTooLong { expected, got } => {
                write!(f, "the response has {got} bytes where {expected} were expected at most")
            }
            Self::Reported(bits) => write!(f, "the peripheral reported: {bits}"),
            Self::NoPeripheral => f.write_str("nobody responds at the other end of the link"),
            Self::Unsupported => f.write_str("the host can't send such a packet"),
            Self::Hardware(code) => write!(f, "the host's hardware failed with code {code}"),
            Self::ControlBus(code) => write!(f, "the bus that controls the host failed with code {code}"),
        }
    }
}

impl core::error::Error for HostError {}

#[cfg(test)]
mod tests {
    use super::*;
    use core::error::Error;
    use std::string::ToString;

    #[test]
    fn a_failed_control_bus_is_told_from_failed_hardware() {
        assert_ne!(HostError::ControlBus(-5), HostError::Hardware(-5));
        let text = "the bus that controls the host failed with code -5";
        assert_eq!(HostError::ControlBus(-5).to_string(), text);
        assert_eq!(HostAttachError::ControlBus(-5).to_string(), text);
        assert_eq!(HostError::ControlBus(-5).kind(), HostErrorKind::Host);
        assert_eq!(HostAttachError::ControlBus(-5).kind(), HostErrorKind::Host);
    }

    #[test]
    fn a_transfer_that_failed_during_attach_is_the_source_and_has_its_kind() {
        let refused = HostAttachError::Transfer(HostError::NoPeripheral);
        let source = refused.source().and_then(|source| source.downcast_ref::<HostError>());
        assert_eq!(source, Some(&HostError::NoPeripheral));
        assert_eq!(refused.kind(), HostErrorKind::Silent);
        assert!(HostAttachError::NotReady.source().is_none());
    }
}
