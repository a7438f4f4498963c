//! Plays a sequence over a link: in one transaction, so that no other peripheral's packets come between.

use super::commands::Commands;
use super::dcs::sequence::{self, SequenceError, SequenceLink, Step};
use super::error::{ReadError, TransferError};
use super::transport::Transport;
use core::fmt;

/// Why a sequence was not played to its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PlayError<'a> {
    /// The link could not be taken. Nothing was sent.
    Link(TransferError),
    /// A step failed. What was sent before it stays sent.
    Step(SequenceError<'a, ReadError>),
}

impl fmt::Display for PlayError<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Link(error) => error.fmt(f),
            Self::Step(error) => error.fmt(f),
        }
    }
}

impl core::error::Error for PlayError<'_> {}

pub(super) fn play<'a>(
    transport: &dyn Transport,
    steps: &[Step<'a>],
    delay_us: &mut dyn FnMut(u32),
) -> Result<(), PlayError<'a>> {
    let mut result = Ok(());
    transport
        .transaction(&mut |transport| {
            let mut player = Player { transport, delay_us: &mut *delay_us };
            result = sequence::play(steps, &mut player).map_err(PlayError::Step);
        })
        .map_err(PlayError::Link)?;
    result
}

struct Player<'t, 'd> {
    transport: &'t dyn Transport,
    delay_us: &'d mut dyn FnMut(u32),
}

impl SequenceLink for Player<'_, '_> {
    type Error = ReadError;

    fn write_dcs(&mut self, payload: &[u8]) -> Result<(), ReadError> {
        self.transport.dcs_write(payload).map_err(ReadError::Transfer)
    }

    fn write_generic(&mut self, payload: &[u8]) -> Result<(), ReadError> {
        self.transport.generic_write(payload).map_err(ReadError::Transfer)
    }

    fn read_dcs(&mut self, opcode: u8, response: &mut [u8]) -> Result<usize, ReadError> {
        let asked = response.len();
        self.transport.dcs_read(opcode, response).map(|()| asked)
    }

    fn delay_us(&mut self, microseconds: u32) {
        (self.delay_us)(microseconds);
    }
}
