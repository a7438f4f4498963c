//! A three-wire SPI connection to a panel that is set up over it.
//!
//! Each word has nine bits: the highest says whether the other eight are a command (0) or a parameter (1). SPI has no
//! acknowledgement: writing to a panel that is not there succeeds in the same way. This module knows only writes; reads
//! return zeros.

use crate::sync::lock;
use embedded_hal::spi::{ErrorKind, ErrorType, Operation, SpiDevice};
use std::sync::{Arc, Mutex};
use thiserror::Error;

/// A command with its parameters.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct RegisterWrite {
    /// The command.
    pub command: u8,
    /// The words with the ninth bit set that followed it while the chip was selected.
    pub parameters: Vec<u8>,
}

/// What can't be sent to a three-wire panel.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Error)]
pub enum SpiError {
    /// A word with more than nine bits.
    #[error("{0:#06x} has more than nine bits")]
    Word(u16),
    /// A parameter before the first command since the chip was selected.
    #[error("parameter {parameter:#04x} without a command")]
    NoCommand {
        /// The parameter.
        parameter: u8,
    },
}

impl embedded_hal::spi::Error for SpiError {
    fn kind(&self) -> ErrorKind {
        ErrorKind::Other
    }
}

/// A handle to a three-wire connection; clones share it.
#[derive(Clone, Debug, Default)]
pub struct ThreeWireSpi(Arc<Mutex<State>>);

#[derive(Debug, Default)]
struct State {
    unplugged: bool,
    writes: Vec<RegisterWrite>,
}

impl ThreeWireSpi {
    /// A connection to a panel.
    pub fn new() -> Self {
        Self::default()
    }

    /// What was sent to the panel, in order.
    pub fn writes(&self) -> Vec<RegisterWrite> {
        lock(&self.0).writes.clone()
    }

    /// Takes the panel away or brings it back. While it is away, everything that is sent is lost.
    pub fn set_plugged(&self, plugged: bool) {
        lock(&self.0).unplugged = !plugged;
    }
}

/// Adds a word to the commands of one selection of the chip.
fn take(selection: &mut Vec<RegisterWrite>, word: u16) -> Result<(), SpiError> {
    let [high, low] = word.to_be_bytes();
    match (high, selection.last_mut()) {
        (0, _) => selection.push(RegisterWrite { command: low, parameters: Vec::new() }),
        (1, Some(write)) => write.parameters.push(low),
        (1, None) => return Err(SpiError::NoCommand { parameter: low }),
        _ => return Err(SpiError::Word(word)),
    }
    Ok(())
}

impl ErrorType for ThreeWireSpi {
    type Error = SpiError;
}

impl SpiDevice<u16> for ThreeWireSpi {
    /// One selection of the chip. If a word is refused, nothing of the selection is recorded.
    fn transaction(&mut self, operations: &mut [Operation<'_, u16>]) -> Result<(), SpiError> {
        let mut selection = Vec::new();
        for operation in operations {
            match operation {
                Operation::Write(words) => words.iter().try_for_each(|word| take(&mut selection, *word))?,
                Operation::Transfer(room, words) => {
                    words.iter().try_for_each(|word| take(&mut selection, *word))?;
                    room.fill(0);
                }
                Operation::TransferInPlace(words) => {
                    words.iter().try_for_each(|word| take(&mut selection, *word))?;
                    words.fill(0);
                }
                Operation::Read(room) => room.fill(0),
                Operation::DelayNs(_) => {}
            }
        }
        let mut state = lock(&self.0);
        if !state.unplugged {
            state.writes.append(&mut selection);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_become_commands_with_parameters() {
        let mut spi = ThreeWireSpi::new();
        spi.write(&[0x011, 0x036, 0x148]).expect("nine bits");
        spi.transaction(&mut [Operation::Write(&[0x0b0]), Operation::Write(&[0x101, 0x102])])
            .expect("nine bits");
        spi.transfer_in_place(&mut [0x0b1, 0x103]).expect("nine bits");
        spi.transfer(&mut [0; 2], &[0x0b2, 0x104]).expect("nine bits");
        let write = |command, parameters: &[u8]| RegisterWrite { command, parameters: parameters.to_vec() };
        let first = [write(0x11, &[]), write(0x36, &[0x48]), write(0xb0, &[1, 2])];
        assert_eq!(spi.writes(), [&first[..], &[write(0xb1, &[3]), write(0xb2, &[4])]].concat());
    }

    #[test]
    fn what_is_no_command_is_refused_and_not_recorded() {
        let mut spi = ThreeWireSpi::new();
        assert_eq!(spi.write(&[0x011, 0x200]), Err(SpiError::Word(0x200)));
        assert_eq!(spi.write(&[0x1aa]), Err(SpiError::NoCommand { parameter: 0xaa }));
        assert_eq!(spi.writes(), []);
    }

    #[test]
    fn a_panel_that_is_not_there_hears_nothing_and_nobody_is_told() {
        let (mut spi, other) = (ThreeWireSpi::new(), ThreeWireSpi::new());
        spi.set_plugged(false);
        assert_eq!(spi.clone().write(&[0x011]), Ok(()));
        spi.set_plugged(true);
        let mut room = [0xffff; 2];
        spi.read(&mut room).expect("reads as nothing");
        assert_eq!((spi.writes(), room), (vec![], [0; 2]));
        assert_eq!(other.writes(), []);
    }
}
