//! DCS and generic commands on top of a transport; Linux's `mipi_dsi_dcs_*` and `mipi_dsi_generic_*` helpers.
//!
//! What a command means is the `dcs` module's; here it is only put into packets of the right type. A read is one
//! exclusive transaction: Set Maximum Return Packet Size, then the read, then a check that all of the answer came.

use super::dcs::{ReadCommand, WriteCommand, MAX_FIXED_LEN};
use super::error::{ReadError, TransferError};
use super::transport::Transport;
use super::wire::{DataType, PayloadTooLong};

/// Commands for a peripheral, for everything that is a [`Transport`].
pub trait Commands: Transport {
    /// Writes a typed DCS command that carries none of the caller's data, such as `dcs::ExitSleepMode`.
    ///
    /// # Errors
    ///
    /// [`TransferError`], and [`TransferError::Buffer`] for a command that needs [`write_in`](Self::write_in).
    fn write(&self, command: impl WriteCommand) -> Result<(), TransferError> {
        self.write_in(command, &mut [0; MAX_FIXED_LEN])
    }

    /// Writes a typed DCS command of any length, put together in `buffer`.
    ///
    /// # Errors
    ///
    /// [`TransferError`], and [`TransferError::Buffer`] if opcode and parameters do not fit `buffer`.
    fn write_in(&self, command: impl WriteCommand, buffer: &mut [u8]) -> Result<(), TransferError> {
        self.dcs_write(command.encode(buffer).map_err(TransferError::Buffer)?)
    }

    /// Writes a DCS command from its bytes, opcode first (`mipi_dsi_dcs_write_buffer`).
    ///
    /// # Errors
    ///
    /// [`TransferError`], and [`TransferError::NoCommand`] for no bytes.
    fn dcs_write(&self, command: &[u8]) -> Result<(), TransferError> {
        match DataType::for_dcs_write(command.len()) {
            None => Err(TransferError::NoCommand),
            Some(data_type) => self.transfer(data_type, command, &mut []).map(|_| ()),
        }
    }

    /// Writes generic bytes (`mipi_dsi_generic_write`).
    ///
    /// # Errors
    ///
    /// [`TransferError`].
    fn generic_write(&self, payload: &[u8]) -> Result<(), TransferError> {
        self.transfer(DataType::for_generic_write(payload.len()), payload, &mut []).map(|_| ())
    }

    /// Reads with a typed DCS command, such as `dcs::GetPowerMode`.
    ///
    /// # Errors
    ///
    /// [`ReadError`].
    fn read<C: ReadCommand>(&self, command: C) -> Result<C::Answer, ReadError> {
        let _: C = command;
        let mut answer = [0; LONGEST_TYPED_ANSWER];
        let room = answer
            .get_mut(..C::ANSWER_LEN)
            .ok_or(ReadError::TooLong { asked: C::ANSWER_LEN, most: LONGEST_TYPED_ANSWER })?;
        self.dcs_read(C::OPCODE.get(), room)?;
        C::parse(room).map_err(ReadError::Answer)
    }

    /// Reads as many bytes with a DCS command as `answer` has room for (`mipi_dsi_dcs_read`).
    ///
    /// # Errors
    ///
    /// [`ReadError`]; the content of `answer` is then not to be used.
    fn dcs_read(&self, opcode: u8, answer: &mut [u8]) -> Result<(), ReadError> {
        read(self, DataType::DCS_READ, &[opcode], answer)
    }

    /// Reads as many generic bytes as `answer` has room for (`mipi_dsi_generic_read`), with at most two parameters.
    ///
    /// # Errors
    ///
    /// [`ReadError`]; the content of `answer` is then not to be used.
    fn generic_read(&self, parameters: &[u8], answer: &mut [u8]) -> Result<(), ReadError> {
        match DataType::for_generic_read(parameters.len()) {
            Some(data_type) => read(self, data_type, parameters, answer),
            None => {
                let too_long = PayloadTooLong { most: 2, got: parameters.len() };
                Err(ReadError::Transfer(TransferError::Message(too_long)))
            }
        }
    }
}

impl<T: Transport + ?Sized> Commands for T {}

/// The longest answer of a typed read command in bytes.
const LONGEST_TYPED_ANSWER: usize = 16;

fn read<T: Transport + ?Sized>(
    transport: &T,
    data_type: DataType,
    parameters: &[u8],
    answer: &mut [u8],
) -> Result<(), ReadError> {
    let asked = answer.len();
    if asked == 0 {
        return Err(ReadError::NothingAsked);
    }
    let [low, high, ..] = asked.to_le_bytes();
    if asked > usize::from(u16::MAX) {
        return Err(ReadError::TooLong { asked, most: usize::from(u16::MAX) });
    }
    let mut result = Ok(0);
    transport.transaction(&mut |link| {
        result = link
            .transfer(DataType::SET_MAXIMUM_RETURN_PACKET_SIZE, &[low, high], &mut [])
            .and_then(|_| link.transfer(data_type, parameters, answer));
    })?;
    match result? {
        got if got < asked => Err(ReadError::Short { expected: asked, got }),
        _ => Ok(()),
    }
}
