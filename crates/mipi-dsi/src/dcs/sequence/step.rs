//! The steps of a sequence, and why a step cannot be sent.

use super::super::super::wire::{ByteCount, DataType, MAX_PAYLOAD_LEN};
use super::super::command::{show_bytes, ShowPayload};
use super::super::opcode::Opcode;
use core::fmt;

/// The most bytes that a [`Step::Check`] can compare.
pub const MAX_CHECK_LEN: usize = 16;

/// One step of a sequence.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Step<'a> {
    /// A DCS write of 1..=65535 bytes: opcode and parameters.
    Dcs(&'a [u8]),
    /// A generic write of 0..=65535 bytes.
    Generic(&'a [u8]),
    /// A DCS write that selects one of the manufacturer's pages. Later opcodes are those of that page.
    SelectPage {
        /// The number of the page, for messages.
        page: u8,
        /// The bytes of the write.
        select: &'a [u8],
    },
    /// A DCS read whose response has to be as expected.
    Check {
        /// The opcode of the read.
        opcode: u8,
        /// The expected response, 1..=[`MAX_CHECK_LEN`] bytes.
        expected: &'a [u8],
        /// The bits of each byte to compare. In bytes past the end of the mask, all bits are compared.
        mask: &'a [u8],
    },
    /// A pause of at least this many milliseconds.
    DelayMs(u32),
    /// A pause of at least this many microseconds.
    DelayUs(u32),
}

impl Step<'_> {
    /// The pause that this step makes, in microseconds.
    pub(super) const fn waits_us(&self) -> u64 {
        match self {
            Self::DelayMs(time) => *time as u64 * 1000,
            Self::DelayUs(time) => *time as u64,
            _ => 0,
        }
    }

    /// Why the step cannot be sent, or `None` if it can.
    pub(super) const fn fault(&self) -> Option<StepFault> {
        match self {
            Self::Dcs([]) | Self::SelectPage { select: [], .. } => Some(StepFault::NoOpcode),
            Self::Dcs(payload) | Self::Generic(payload) | Self::SelectPage { select: payload, .. } => {
                if payload.len() > MAX_PAYLOAD_LEN {
                    return Some(StepFault::TooLong { most: MAX_PAYLOAD_LEN, got: payload.len() });
                }
                None
            }
            Self::Check { expected: [], .. } => Some(StepFault::NothingExpected),
            Self::Check { expected, mask, .. } => {
                if expected.len() > MAX_CHECK_LEN {
                    return Some(StepFault::TooLong { most: MAX_CHECK_LEN, got: expected.len() });
                }
                if mask.len() > expected.len() {
                    return Some(StepFault::TooLong { most: expected.len(), got: mask.len() });
                }
                None
            }
            Self::DelayMs(_) | Self::DelayUs(_) => None,
        }
    }
}

impl fmt::Display for Step<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Dcs(payload) => write!(f, "write {}", ShowPayload(payload)),
            Self::Generic(payload) => {
                write!(f, "{}", DataType::for_generic_write(payload.len()))?;
                show_bytes(f, payload)
            }
            Self::SelectPage { page, .. } => write!(f, "select page {page:#04x}"),
            Self::Check { opcode, expected, .. } => {
                write!(f, "check that the response to {} is", Opcode::new(*opcode))?;
                show_bytes(f, expected)
            }
            Self::DelayMs(time) => write!(f, "wait {time} ms"),
            Self::DelayUs(time) => write!(f, "wait {time} us"),
        }
    }
}

/// Why a step cannot be sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StepFault {
    /// A DCS write has no bytes.
    NoOpcode,
    /// A check expects no bytes.
    NothingExpected,
    /// The step has more bytes than can be sent or compared.
    TooLong {
        /// The most bytes that can be sent or compared.
        most: usize,
        /// The bytes of the step.
        got: usize,
    },
}

impl core::error::Error for StepFault {}

impl fmt::Display for StepFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoOpcode => f.write_str("the write has no opcode"),
            Self::NothingExpected => f.write_str("the check expects no bytes"),
            Self::TooLong { most, got } => {
                write!(f, "the step has {} and may have at most {most}", ByteCount(*got))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::format;

    #[test]
    fn steps_show_what_they_do() {
        assert_eq!(format!("{}", Step::Dcs(&[0x35, 0x00])), "write set_tear_on 00");
        assert_eq!(
            format!("{}", Step::Dcs(&[0xf0, 1, 2, 3, 4, 5, 6, 7, 8, 9])),
            "write command 0xf0 01 02 03 04 05 06 07 08 ... (9 bytes)"
        );
        assert_eq!(format!("{}", Step::Generic(&[1, 2, 3])), "generic long write 01 02 03");
        assert_eq!(format!("{}", Step::SelectPage { page: 4, select: &[0xff] }), "select page 0x04");
        assert_eq!(format!("{}", Step::DelayMs(5)), "wait 5 ms");
    }
}
