//! The errors that a peripheral reports.
//!
//! DSI 1.3, section 8.9.5: sixteen bits that come back after a packet that asks for a response, or after
//! any other bus turn-around. A report covers everything since the last report.

use super::data_type::DataType;
use core::fmt;

/// One kind of error that a peripheral can report. The number is its bit in the report.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum PeripheralError {
    /// The start of a transmission was damaged but usable.
    StartOfTransmission = 0,
    /// The start of a transmission was not found.
    StartOfTransmissionSync = 1,
    /// A transmission did not end at a byte boundary.
    EndOfTransmissionSync = 2,
    /// The peripheral does not know the escape mode entry command.
    EscapeModeEntryCommand = 3,
    /// A low-power transmission did not end at a byte boundary.
    LowPowerTransmitSync = 4,
    /// The peripheral stopped waiting: a transmission was too long, or nobody fetched its response.
    PeripheralTimeout = 5,
    /// The line states came in an illegal order.
    FalseControl = 6,
    /// Both ends drove the line.
    ContentionDetected = 7,
    /// One bit of a header was wrong and was corrected.
    EccSingleBit = 8,
    /// More than one bit of a header was wrong; the packet was dropped.
    EccMultiBit = 9,
    /// The payload of a long packet did not match its checksum.
    Checksum = 10,
    /// The peripheral does not know the data type.
    DataTypeNotRecognized = 11,
    /// The peripheral does not have the virtual channel.
    VirtualChannelInvalid = 12,
    /// The length of a packet does not suit its command.
    InvalidTransmissionLength = 13,
    /// Not assigned by the specification.
    Reserved14 = 14,
    /// Another violation of the protocol.
    ProtocolViolation = 15,
}

impl PeripheralError {
    /// All errors, in the order of their bits.
    pub const ALL: [Self; 16] = [
        Self::StartOfTransmission,
        Self::StartOfTransmissionSync,
        Self::EndOfTransmissionSync,
        Self::EscapeModeEntryCommand,
        Self::LowPowerTransmitSync,
        Self::PeripheralTimeout,
        Self::FalseControl,
        Self::ContentionDetected,
        Self::EccSingleBit,
        Self::EccMultiBit,
        Self::Checksum,
        Self::DataTypeNotRecognized,
        Self::VirtualChannelInvalid,
        Self::InvalidTransmissionLength,
        Self::Reserved14,
        Self::ProtocolViolation,
    ];

    /// The number of its bit in the report, 0..=15.
    #[must_use]
    pub const fn bit(self) -> u8 {
        self as u8
    }

    /// The report with only its bit set.
    #[must_use]
    pub const fn mask(self) -> u16 {
        1 << self as u8
    }

    /// A short description for messages.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::StartOfTransmission => "SoT error",
            Self::StartOfTransmissionSync => "SoT sync error",
            Self::EndOfTransmissionSync => "EoT sync error",
            Self::EscapeModeEntryCommand => "escape mode entry command error",
            Self::LowPowerTransmitSync => "low-power transmit sync error",
            Self::PeripheralTimeout => "peripheral timeout",
            Self::FalseControl => "false control error",
            Self::ContentionDetected => "contention detected",
            Self::EccSingleBit => "single-bit ECC error, corrected",
            Self::EccMultiBit => "multi-bit ECC error",
            Self::Checksum => "checksum error",
            Self::DataTypeNotRecognized => "data type not recognized",
            Self::VirtualChannelInvalid => "invalid virtual channel",
            Self::InvalidTransmissionLength => "invalid transmission length",
            Self::Reserved14 => "reserved bit 14",
            Self::ProtocolViolation => "protocol violation",
        }
    }
}

impl fmt::Display for PeripheralError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// The set of errors in one report: any sixteen bits.
#[derive(Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct ErrorReport(u16);

impl ErrorReport {
    /// A report without errors.
    pub const NONE: Self = Self(0);

    /// Makes a report from the bits that the packet carries.
    #[must_use]
    pub const fn from_bits(bits: u16) -> Self {
        Self(bits)
    }

    /// The bits that the packet carries.
    #[must_use]
    pub const fn bits(self) -> u16 {
        self.0
    }

    /// Whether the report has no errors.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Whether the report has this error.
    #[must_use]
    pub const fn contains(self, error: PeripheralError) -> bool {
        self.0 & error.mask() != 0
    }

    /// Adds an error to the report.
    #[must_use]
    pub const fn with(self, error: PeripheralError) -> Self {
        Self(self.0 | error.mask())
    }

    /// Whether the peripheral could use the packet all the same: it reports at most a corrected bit and a
    /// damaged but usable start of transmission.
    #[must_use]
    pub const fn is_recoverable(self) -> bool {
        let harmless = PeripheralError::EccSingleBit.mask() | PeripheralError::StartOfTransmission.mask();
        self.0 & !harmless == 0
    }

    /// The errors, lowest bit first.
    pub fn iter(self) -> impl Iterator<Item = PeripheralError> + Clone {
        PeripheralError::ALL.into_iter().filter(move |error| self.contains(*error))
    }
}

impl FromIterator<PeripheralError> for ErrorReport {
    fn from_iter<I: IntoIterator<Item = PeripheralError>>(errors: I) -> Self {
        errors.into_iter().fold(Self::NONE, Self::with)
    }
}

impl fmt::Debug for ErrorReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ErrorReport({:#06x}: {self})", self.0)
    }
}

impl fmt::Display for ErrorReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_empty() {
            return f.write_str("no error");
        }
        let mut separator = "";
        for error in self.iter() {
            write!(f, "{separator}{error}")?;
            separator = ", ";
        }
        Ok(())
    }
}

/// Names the command that a response or a report follows, for messages and logs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct CommandId {
    /// The data type of the command's packet.
    pub data_type: DataType,
    /// The first byte of the payload, which is the opcode of a DCS command; `None` for an empty payload.
    pub first_byte: Option<u8>,
}

impl CommandId {
    /// Names the command with this data type and payload.
    #[must_use]
    pub const fn new(data_type: DataType, payload: &[u8]) -> Self {
        let first_byte = match payload {
            [first, ..] => Some(*first),
            [] => None,
        };
        Self { data_type, first_byte }
    }
}

impl fmt::Display for CommandId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.first_byte {
            Some(byte) => write!(f, "{} {byte:#04x}", self.data_type),
            None => self.data_type.fmt(f),
        }
    }
}

/// A report, and the command that it followed.
///
/// The errors belong to that command, or to one before it that did not ask for a response.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ReportedError {
    /// The errors.
    pub report: ErrorReport,
    /// The last command before the report.
    pub after: CommandId,
}

impl fmt::Display for ReportedError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "after {} the peripheral reports: {}", self.after, self.report)
    }
}

impl core::error::Error for ReportedError {}

#[cfg(test)]
mod tests {
    use super::*;
    use std::format;
    use std::vec::Vec;

    #[test]
    fn each_bit_is_one_error_with_a_name_of_its_own() {
        for (number, error) in PeripheralError::ALL.into_iter().enumerate() {
            assert_eq!(usize::from(error.bit()), number);
            let report = ErrorReport::from_bits(1 << number);
            assert_eq!(report.iter().collect::<Vec<_>>(), [error]);
            assert!(report.contains(error));
            assert_eq!(report, ErrorReport::NONE.with(error));
        }
        let mut names: Vec<_> = PeripheralError::ALL.iter().map(|error| error.name()).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), 16);
    }

    #[test]
    fn every_report_survives_its_errors() {
        for bits in 0..=u16::MAX {
            let report = ErrorReport::from_bits(bits);
            assert_eq!(report.iter().collect::<ErrorReport>().bits(), bits);
            assert_eq!(report.iter().count(), bits.count_ones() as usize);
        }
    }

    #[test]
    fn a_report_names_the_command_that_it_follows() {
        let after = CommandId::new(DataType::DCS_READ, &[0x0a]);
        let report = ErrorReport::from_bits(0x0500);
        assert_eq!(
            format!("{}", ReportedError { report, after }),
            "after DCS read 0x0a the peripheral reports: single-bit ECC error, corrected, checksum error"
        );
        assert_eq!(format!("{}", ErrorReport::NONE), "no error");
        assert_eq!(format!("{}", CommandId::new(DataType::EXECUTE_QUEUE, &[])), "execute queue");
    }

    #[test]
    fn only_what_was_put_right_is_recoverable() {
        assert!(ErrorReport::from_bits(0x0101).is_recoverable());
        for error in PeripheralError::ALL.into_iter().filter(|error| ![0, 8].contains(&error.bit())) {
            assert!(!ErrorReport::NONE.with(error).is_recoverable(), "{error}");
        }
    }
}
