//! One step of a sequence, and what makes one that can't be sent.

use super::super::super::wire::{DataType, MAX_PAYLOAD_LEN};
use super::super::command::{show_bytes, Payload};
use super::super::opcode::Opcode;
use core::fmt;

/// Most bytes that a [`Step::Check`] can compare.
pub const MAX_CHECK_LEN: usize = 16;

/// One step of a sequence.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Step<'a> {
    /// A DCS write: opcode and parameters.
    Dcs(&'a [u8]),
    /// A generic write, of any number of bytes.
    Generic(&'a [u8]),
    /// A DCS write that selects one of the manufacturer's pages; later opcodes are that page's.
    SelectPage {
        /// The page's number, for people.
        page: u8,
        /// The write.
        select: &'a [u8],
    },
    /// A DCS read whose answer has to be the expected one.
    Check {
        /// What is read.
        opcode: u8,
        /// The answer, 1..=[`MAX_CHECK_LEN`] bytes.
        expected: &'a [u8],
        /// The bits of each byte that count; all of them where the mask ends.
        mask: &'a [u8],
    },
    /// Waits at least this many milliseconds.
    DelayMs(u32),
    /// Waits at least this many microseconds.
    DelayUs(u32),
}

impl Step<'_> {
    /// Microseconds that it waits.
    pub(super) const fn waits_us(&self) -> u64 {
        match self {
            Self::DelayMs(time) => *time as u64 * 1000,
            Self::DelayUs(time) => *time as u64,
            _ => 0,
        }
    }

    /// What can't be sent of it.
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
            Self::Dcs(payload) => write!(f, "write {}", Payload(payload)),
            Self::Generic(payload) => {
                write!(f, "{}", DataType::for_generic_write(payload.len()))?;
                show_bytes(f, payload)
            }
            Self::SelectPage { page, .. } => write!(f, "select page {page:#04x}"),
            Self::Check { opcode, expected, .. } => {
                write!(f, "check that {} answers", Opcode::new(*opcode))?;
                show_bytes(f, expected)
            }
            Self::DelayMs(time) => write!(f, "wait {time} ms"),
            Self::DelayUs(time) => write!(f, "wait {time} us"),
        }
    }
}

/// What can't be sent of a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StepFault {
    /// A DCS write without a byte.
    NoOpcode,
    /// A check that expects no byte.
    NothingExpected,
    /// More bytes than can be sent or compared.
    TooLong {
        /// Bytes that can.
        most: usize,
        /// Bytes that the step has.
        got: usize,
    },
}

impl fmt::Display for StepFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoOpcode => f.write_str("it has no opcode"),
            Self::NothingExpected => f.write_str("it expects no answer"),
            Self::TooLong { most, got } => write!(f, "it has {got} bytes where {most} are the most"),
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
