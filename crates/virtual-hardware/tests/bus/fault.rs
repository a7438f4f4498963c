//! Faults as values, and what each of them alone makes of an operation, in one table.

use crate::rig::{End, HostKind, ID, READ_ID};
use mipi_dsi::bus::{Commands, HostError, ReadError, TransferError};
use mipi_dsi::wire::{ErrorReport, PeripheralError};
use virtual_hardware::link::ResponseFault;

/// A fault of the wire, the cable, or the panel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// One wrong bit in the header of the next packet.
    HeaderBit,
    /// Two wrong bits in the header of the next packet.
    HeaderBits,
    /// A wrong bit in the payload of the next packet if that is long, else in the header of its EoTp.
    PayloadBit,
    /// Two wrong bits in the header of the packet after the next.
    LateHeaderBits,
    /// Responses are lost.
    ResponseLost,
    /// Responses meet contention.
    ResponseContention,
    /// One wrong bit in the header of each response.
    ResponseBit,
    /// Two wrong bits in the header of each response.
    ResponseBits,
    /// A wrong bit in the payload of each response that has one.
    ResponsePayloadBit,
    /// Responses are cut to two bytes.
    ResponseCut,
    /// The panel has no power.
    Unpowered,
    /// The cable is out.
    Pulled,
    /// The cable comes out after nine more bytes: behind a short packet and its EoTp, and within everything else.
    PulledSoon,
    /// The panel has an error of its own to report.
    Report,
}

use Fault as F;

impl Fault {
    pub(crate) const ALL: [Self; 14] = [
        F::HeaderBit,
        F::HeaderBits,
        F::PayloadBit,
        F::LateHeaderBits,
        F::ResponseLost,
        F::ResponseContention,
        F::ResponseBit,
        F::ResponseBits,
        F::ResponsePayloadBit,
        F::ResponseCut,
        F::Unpowered,
        F::Pulled,
        F::PulledSoon,
        F::Report,
    ];

    /// Whether it makes bits wrong that come from the host.
    pub(crate) fn is_of_requests(self) -> bool {
        matches!(self, F::HeaderBit | F::HeaderBits | F::PayloadBit | F::LateHeaderBits)
    }

    /// Whether it hits what comes back.
    pub(crate) fn is_of_responses(self) -> bool {
        self.of_responses().is_some()
    }

    fn of_responses(self) -> Option<ResponseFault> {
        Some(match self {
            F::ResponseLost => ResponseFault::Lost,
            F::ResponseContention => ResponseFault::Contention,
            F::ResponseBit => ResponseFault::FlipBit(17),
            F::ResponseBits => ResponseFault::FlipTwoBits(2, 26),
            F::ResponsePayloadBit => ResponseFault::FlipBit(40),
            F::ResponseCut => ResponseFault::CutTo(2),
            _ => return None,
        })
    }

    /// Lets it happen. Of two faults of responses, the later one hits the first response.
    pub(crate) fn happens(self, end: &End, after: &[Self]) {
        if let Some(fault) = self.of_responses() {
            return match after.iter().any(|other| other.is_of_responses()) {
                true => end.wire.next_response(fault),
                false => end.wire.every_response(Some(fault)),
            };
        }
        match self {
            F::HeaderBit => end.wire.flip_bits(&[3]),
            F::HeaderBits => end.wire.flip_bits(&[0, 9]),
            F::PayloadBit => end.wire.flip_bits(&[32 + 3]),
            F::LateHeaderBits => end.wire.flip_bits_after(1, &[4, 11]),
            F::Unpowered => end.panel.set_powered(false),
            F::Pulled => end.cable.pull(),
            F::PulledSoon if end.cable.is_plugged() => end.cable.pull_after_bytes(9),
            F::Report => end.panel.add_error(PeripheralError::ContentionDetected),
            _ => {}
        }
    }

    /// The errors that a panel may report because of it, now or later.
    pub(crate) fn reports(self) -> ErrorReport {
        use PeripheralError as E;
        let errors: &[E] = match self {
            F::HeaderBit => &[E::EccSingleBit],
            F::HeaderBits | F::LateHeaderBits => &[E::EccMultiBit],
            F::PayloadBit => &[E::Checksum, E::EccSingleBit],
            F::Report => &[E::ContentionDetected],
            // What was cut, and a read whose response nobody fetched.
            F::PulledSoon => &[E::InvalidTransmissionLength, E::ProtocolViolation],
            _ => &[],
        };
        errors.iter().copied().collect()
    }

    /// What comes of an operation that meets this fault and no other.
    pub(crate) fn alone(self, operation: Operation, host: HostKind) -> Outcome {
        let is_read = matches!(operation, Operation::Read | Operation::ReadOne);
        let asks = is_read || host == HostKind::Acknowledging;
        let nobody = if host == HostKind::Sensing { HostError::NoPeripheral } else { HostError::Timeout };
        let error = match self {
            F::HeaderBit | F::ResponseBit => None,
            F::HeaderBits => asks.then(|| HostError::Reported(self.reports())),
            F::PayloadBit if operation == Operation::Long => {
                asks.then(|| HostError::Reported(ErrorReport::NONE.with(PeripheralError::Checksum)))
            }
            F::PayloadBit => None,
            F::LateHeaderBits => is_read.then(|| HostError::Reported(self.reports())),
            F::ResponseLost => asks.then_some(HostError::Timeout),
            F::ResponseContention => asks.then_some(HostError::Contention),
            // The acknowledge of a write is no packet, and has no bits.
            F::ResponseBits => is_read.then_some(HostError::ResponseEcc),
            F::ResponsePayloadBit => (operation == Operation::Read).then_some(HostError::ResponseChecksum),
            F::ResponseCut => is_read.then_some(HostError::Timeout),
            F::Unpowered | F::Pulled => (asks || host == HostKind::Sensing).then_some(nobody),
            F::PulledSoon => (asks && operation != Operation::Short).then_some(HostError::Timeout),
            F::Report => asks.then(|| HostError::Reported(self.reports())),
        };
        error.map_or(Ok(()), Err)
    }
}

/// What came of an operation: what the host has to say of it.
pub(crate) type Outcome = Result<(), HostError>;

/// Something that a peripheral's driver does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Operation {
    /// A write in a short packet.
    Short,
    /// A write in a long packet.
    Long,
    /// A read whose response is a long packet.
    Read,
    /// A read whose response is a short packet.
    ReadOne,
}

impl Operation {
    pub(crate) const ALL: [Self; 4] = [Self::Short, Self::Long, Self::Read, Self::ReadOne];

    /// Does it. A read that succeeds has the right response.
    #[track_caller]
    pub(crate) fn run(self, end: &End) -> Result<(), TransferError> {
        let reads = |asked: &mut [u8], expected: &[u8]| {
            let read = end.link().dcs_read(READ_ID, asked);
            read.map(|()| assert_eq!(asked, expected))
        };
        let read = match self {
            Self::Short => return end.link().dcs_write(&[0x51, 0x21]),
            Self::Long => return end.link().dcs_write(&[0xb6, 1, 2, 3, 4]),
            Self::Read => reads(&mut [0xa5; 3], &ID),
            Self::ReadOne => reads(&mut [0xa5; 1], &ID[..1]),
        };
        read.map_err(|error| match error {
            ReadError::Transfer(error) => error,
            error => panic!("{error}: a read sets its size, and the panel gives as much"),
        })
    }
}
