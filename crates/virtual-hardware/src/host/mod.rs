//! A DSI host controller in software, with real bytes on its link.
//!
//! [`VirtualHost`] implements `HostController`: every message becomes a packet with error correction code, checksum
//! and, if the attached peripheral asked for it, an end of transmission packet; it takes responses apart with the same
//! care. Up to four devices share the link and hear everything. It keeps a list of all calls that the documentation of
//! `HostController` forbids ([`VirtualHost::violations`]), and goes on.
//!
//! It does not own its devices and knows nothing of drivers.

mod gate;
mod options;
mod record;
mod response;
mod scan_out;

pub use gate::Gate;
pub use mipi_dsi::testing::{Call, ChannelState, Violation, ViolationKind};
pub use options::{Blanking, Gates, HostOptions};
pub use record::Counts;
pub use response::ACKNOWLEDGE_TRIGGER;
pub use scan_out::ScanOutError;

use crate::clock::VirtualClock;
use crate::link::{DeviceResponse, LinkDevice, Transmission, TurnAround};
use crate::sync::lock;
use core::fmt;
use core::time::Duration;
use gate::Passage;
use mipi_dsi::bus::{
    Attachment, Capabilities, HostAttachError, HostController, HostError, Lanes, LinkConfig, Message,
    Payload, Profile, Speed, TransferError, Transport,
};
use mipi_dsi::testing::CallChecker;
use mipi_dsi::wire::{
    Checksum, DataType, EncodedPacket, ErrorReport, MAX_PACKET_LEN, Packet, Request, SlicedCrc,
    VirtualChannel,
};
use record::Ledger;
use response::{Expected, Received};
use std::sync::{Arc, Mutex};
use thiserror::Error;

/// The most devices on one link: one for each virtual channel.
pub const MAX_DEVICES: usize = 4;

/// A DSI host controller.
pub struct VirtualHost {
    clock: VirtualClock,
    options: HostOptions,
    checker: CallChecker,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    ledger: Ledger,
    devices: Vec<Arc<dyn LinkDevice>>,
    refuse: Option<HostAttachError>,
    lent: Vec<Result<usize, TransferError>>,
    last_report: ErrorReport,
    corrected: usize,
}

/// The link has four devices already.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("a link has at most {MAX_DEVICES} devices")]
pub struct TooManyDevices;

impl VirtualHost {
    /// A host with nothing on its link.
    pub fn new(clock: VirtualClock, options: HostOptions) -> Self {
        let checker = CallChecker::new(Profile::Exclusive);
        Self { clock, options, checker, state: Mutex::new(State::default()) }
    }

    /// Connects a device to the link; all devices of the link hear everything that is sent.
    ///
    /// # Errors
    ///
    /// [`TooManyDevices`], if there are four.
    pub fn connect(&self, device: Arc<dyn LinkDevice>) -> Result<(), TooManyDevices> {
        let devices = &mut lock(&self.state).devices;
        if devices.len() >= MAX_DEVICES {
            return Err(TooManyDevices);
        }
        devices.push(device);
        Ok(())
    }

    /// Its capabilities, with which to register it.
    pub const fn capabilities(&self) -> Capabilities {
        self.options.capabilities
    }

    /// Its clock.
    pub const fn clock(&self) -> &VirtualClock {
        &self.clock
    }

    /// Its options.
    pub const fn options(&self) -> &HostOptions {
        &self.options
    }

    /// Lets every `attach` fail with this error from now on; `None` ends that.
    pub fn refuse_attach(&self, error: Option<HostAttachError>) {
        lock(&self.state).refuse = error;
    }

    /// Says that unregistering it has returned: every call from now on is a violation, and so is every one that still
    /// runs.
    pub fn retired(&self) {
        self.checker.host_unregistered();
    }

    /// Says that it is registered again: calls are legal again.
    pub fn registered_anew(&self) {
        self.checker.host_registered();
    }

    /// All illegal calls so far, in their order.
    pub fn violations(&self) -> Vec<Violation> {
        self.checker.violations()
    }

    /// How many calls there were.
    pub fn counts(&self) -> Counts {
        lock(&self.state).ledger.counts()
    }

    /// The channels that are attached.
    pub fn attached(&self) -> Vec<VirtualChannel> {
        let attached = |channel: &VirtualChannel| self.checker.state(*channel) == ChannelState::Attached;
        VirtualChannel::ALL.into_iter().filter(attached).collect()
    }

    /// The configuration of an attached channel.
    pub fn config(&self, channel: VirtualChannel) -> Option<LinkConfig> {
        lock(&self.state).ledger.config(channel)
    }

    /// The results of the commands that `attach` and `detach` sent through the transport that they were lent, in order.
    pub fn lent_transfers(&self) -> Vec<Result<usize, TransferError>> {
        lock(&self.state).lent.clone()
    }

    /// The last report of errors that came beside a response and did not make it fail.
    pub fn last_report(&self) -> ErrorReport {
        lock(&self.state).last_report
    }

    /// How many headers of responses were corrected so far.
    pub fn corrected_responses(&self) -> usize {
        lock(&self.state).corrected
    }

    /// Sends a transmission to all devices; the time that its bits take passes.
    fn transmit(&self, bytes: &[u8], speed: Speed, lanes: Lanes) {
        let (rate, lane_count) = match speed {
            Speed::HighSpeed => (self.options.lane_rate, u64::from(lanes.count())),
            Speed::LowPower => (self.options.low_power_rate, 1),
        };
        let bits = bytes.len() as u64 * 8;
        let nanos = bits.saturating_mul(1_000_000_000) / rate.saturating_mul(lane_count).max(1);
        let at = self.clock.advance(Duration::from_nanos(nanos));
        let transmission = Transmission { bytes, speed, lanes, at };
        for device in self.devices() {
            device.receive(&transmission);
        }
    }

    /// Turns the bus around and takes what comes back.
    fn receive(
        &self,
        channel: VirtualChannel,
        expected: Expected,
        room: &mut [u8],
    ) -> Result<usize, HostError> {
        let turn = TurnAround { channel, at: self.clock.now() };
        let mut responses = self
            .devices()
            .into_iter()
            .map(|device| device.respond(&turn))
            .filter(|a| *a != DeviceResponse::Silence);
        let (first, second) = (responses.next(), responses.next());
        // The others have responded too, before anybody knew.
        responses.for_each(drop);
        let received = match (first, second) {
            (None, _) => Err(HostError::Timeout),
            (Some(_), Some(_)) | (Some(DeviceResponse::Contention), None) => Err(HostError::Contention),
            (Some(DeviceResponse::Packets(bytes)), None) => {
                let nanos = bytes.len() as u64 * 8_000_000_000 / self.options.low_power_rate.max(1);
                self.clock.advance(Duration::from_nanos(nanos));
                response::decode(&bytes, channel, expected, room)
            }
            (Some(DeviceResponse::Acknowledge | DeviceResponse::Silence), None)
                if expected == Expected::Nothing =>
            {
                Ok(Received::default())
            }
            (Some(DeviceResponse::Acknowledge | DeviceResponse::Silence), None) => {
                Err(HostError::UnexpectedResponse(ACKNOWLEDGE_TRIGGER))
            }
        };
        if received == Err(HostError::Timeout) {
            self.clock.advance(self.options.response_timeout);
        }
        let received = received?;
        let mut state = lock(&self.state);
        state.corrected += received.corrected;
        if !received.report.is_empty() {
            state.last_report = received.report;
        }
        Ok(received.len)
    }

    fn devices(&self) -> Vec<Arc<dyn LinkDevice>> {
        lock(&self.state).devices.clone()
    }

    /// The checks before anything is sent: a line measurement, and a cancel.
    fn check_link(&self, channel: VirtualChannel) -> Result<(), HostError> {
        if self.is_cancelled(channel) {
            return Err(HostError::Cancelled);
        }
        if self.options.senses_lines && !self.devices().iter().any(LinkDevice::is_present) {
            return Err(HostError::NoPeripheral);
        }
        Ok(())
    }

    fn is_cancelled(&self, channel: VirtualChannel) -> bool {
        lock(&self.state).ledger.is_cancelled(channel)
    }

    fn transfer_in_turn(&self, message: &Message<'_>, room: &mut [u8]) -> Result<usize, HostError> {
        let channel = message.channel();
        let gate = self.options.gates.transfer.as_ref();
        let passage = gate.map(|gate| gate.pass(|| self.is_cancelled(channel)));
        if passage == Some(Passage::CalledBack) {
            return Err(HostError::Cancelled);
        }
        self.clock.advance(self.options.transfer_time);
        self.check_link(channel)?;
        let config = lock(&self.state).ledger.config(channel);
        let (lanes, ends) = config.map_or((Lanes::One, true), |c| (c.lanes, c.end_of_transmission));
        let packet = EncodedPacket::new(channel, message.data_type(), message.payload(), &SlicedCrc)
            .map_err(|_| HostError::Unsupported)?;
        let mut bytes = packet.slices().concat();
        if ends && message.speed() == Speed::HighSpeed {
            push_end(&mut bytes)?;
        }
        self.transmit(&bytes, message.speed(), lanes);
        if room.is_empty() && !self.options.acknowledge_writes {
            return Ok(0);
        }
        self.receive(channel, Expected::after(message.data_type()), room)
    }

    /// Sends commands through a lent transport and stops at the first that fails.
    fn send_lent(&self, transport: &dyn Transport, commands: &[Vec<u8>]) -> Result<(), TransferError> {
        for command in commands {
            let Some(data_type) = DataType::for_dcs_write(command.len()) else { continue };
            let sent = transport.transfer(data_type, Payload::from(&command[..]), &mut []);
            lock(&self.state).lent.push(sent);
            sent?;
        }
        Ok(())
    }

    fn attach_in_turn(&self, attachment: &Attachment<'_>) -> Result<(), HostAttachError> {
        if let Some(gate) = &self.options.gates.attach {
            gate.pass(|| false);
        }
        self.clock.advance(self.options.attach_time);
        if let Some(error) = lock(&self.state).refuse {
            return Err(error);
        }
        if self.options.capabilities.check(attachment.config).is_err() {
            return Err(HostAttachError::Unsupported);
        }
        self.send_lent(attachment.transport, &self.options.attach_commands).map_err(|error| match error {
            TransferError::Host(error) => HostAttachError::Transfer(error),
            _ => HostAttachError::NotReady,
        })
    }
}

/// Appends a packet's bytes.
fn push_packet(bytes: &mut Vec<u8>, packet: &Packet<'_>, checksum: &impl Checksum) -> Result<(), HostError> {
    let start = bytes.len();
    bytes.resize(start + packet.encoded_len().min(MAX_PACKET_LEN), 0);
    let room = bytes.get_mut(start..).unwrap_or_default();
    packet.emit(room, checksum).map(|_| ()).map_err(|_| HostError::Unsupported)
}

/// Appends an end of transmission packet; it is on channel 0 whatever came before (DSI 1.3, section 8.8.2).
fn push_end(bytes: &mut Vec<u8>) -> Result<(), HostError> {
    let end = Request::EndOfTransmission.packet(VirtualChannel::VC0).map_err(|_| HostError::Unsupported)?;
    push_packet(bytes, &end, &SlicedCrc)
}

impl HostController for VirtualHost {
    fn attach(&self, attachment: &Attachment<'_>) -> Result<(), HostAttachError> {
        let channel = attachment.channel;
        self.checker.attach(channel, || {
            lock(&self.state).ledger.attach_begins(channel, *attachment.config);
            let mut end =
                OnDrop { succeeded: false, end: |ok| lock(&self.state).ledger.attach_ends(channel, ok) };
            let result = self.attach_in_turn(attachment);
            end.succeeded = result.is_ok();
            result
        })
    }

    fn detach(&self, attachment: &Attachment<'_>) {
        let channel = attachment.channel;
        self.checker.detach(channel, || {
            lock(&self.state).ledger.detach_begins();
            let _end = OnDrop { succeeded: true, end: |_| lock(&self.state).ledger.detach_ends(channel) };
            if let Some(gate) = &self.options.gates.detach {
                gate.pass(|| false);
            }
            // Whether the panel has heard its last commands changes nothing here; `lent_transfers` tells.
            let _ = self.send_lent(attachment.transport, &self.options.detach_commands);
            self.clock.advance(self.options.detach_time);
        });
    }

    fn transfer(&self, message: &Message<'_>, response: &mut [u8]) -> Result<usize, HostError> {
        self.checker.transfer(message.channel(), || {
            lock(&self.state).ledger.transfer_begins();
            self.transfer_in_turn(message, response)
        })
    }

    fn cancel(&self, channel: VirtualChannel) {
        self.checker.cancel(channel, || {
            lock(&self.state).ledger.cancel(channel);
            if let Some(gate) = &self.options.gates.transfer {
                gate.look_again();
            }
        });
    }
}

/// Ends a call in the record, also if a device or a listener unwinds through it.
struct OnDrop<F: FnMut(bool)> {
    succeeded: bool,
    end: F,
}

impl<F: FnMut(bool)> Drop for OnDrop<F> {
    fn drop(&mut self) {
        (self.end)(self.succeeded);
    }
}

impl fmt::Debug for VirtualHost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = lock(&self.state);
        f.debug_struct("VirtualHost")
            .field("counts", &state.ledger.counts())
            .field("violations", &self.checker.violations())
            .finish_non_exhaustive()
    }
}
