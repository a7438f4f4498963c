//! DCS and generic commands on top of a transport; Linux's `mipi_dsi_dcs_*` and `mipi_dsi_generic_*` helpers.
//!
//! The `dcs` module says what a command means; this one only puts it into packets of the right type. A read is one
//! exclusive transaction: Set Maximum Return Packet Size, then the read, then a check that all of the response came.

use super::dcs::{ReadCommand, WriteCommand};
use super::error::{ReadError, TransferError};
use super::transport::Transport;
use super::wire::{DataType, Payload, PayloadTooLong};

/// Sends commands to a peripheral, over everything that is a [`Transport`].
pub trait Commands: Transport {
    /// Writes a typed DCS command, such as `dcs::ExitSleepMode` or `dcs::WriteMemoryStart`. Pixels are not copied.
    ///
    /// # Errors
    ///
    /// [`TransferError`].
    fn write<C: WriteCommand>(&self, command: C) -> Result<(), TransferError> {
        self.dcs_write_with(C::OPCODE.get(), command.parameters().as_ref())
    }

    /// Writes a DCS command from its opcode and its parameters, which are not copied (`mipi_dsi_dcs_write`).
    ///
    /// # Errors
    ///
    /// [`TransferError`].
    fn dcs_write_with(&self, opcode: u8, parameters: &[u8]) -> Result<(), TransferError> {
        dcs_write(self, Payload::new(&[opcode], parameters))
    }

    /// Writes a DCS command from its bytes, opcode first (`mipi_dsi_dcs_write_buffer`).
    ///
    /// # Errors
    ///
    /// [`TransferError`]; [`TransferError::NoCommand`] if there are no bytes.
    fn dcs_write(&self, command: &[u8]) -> Result<(), TransferError> {
        dcs_write(self, command.into())
    }

    /// Writes generic bytes (`mipi_dsi_generic_write`), none included.
    ///
    /// # Errors
    ///
    /// [`TransferError`].
    fn generic_write(&self, payload: &[u8]) -> Result<(), TransferError> {
        self.transfer(DataType::for_generic_write(payload.len()), payload.into(), &mut []).map(|_| ())
    }

    /// Reads with a typed DCS command, such as `dcs::GetPowerMode`.
    ///
    /// # Errors
    ///
    /// [`ReadError`]; [`ReadError::TooLong`] for a response of more than 16 bytes.
    fn read<C: ReadCommand>(&self, command: C) -> Result<C::Response, ReadError> {
        let _: C = command;
        let mut response = [0; MAX_TYPED_RESPONSE_LEN];
        let room = response
            .get_mut(..C::RESPONSE_LEN)
            .ok_or(ReadError::TooLong { asked: C::RESPONSE_LEN, most: MAX_TYPED_RESPONSE_LEN })?;
        self.dcs_read(C::OPCODE.get(), room)?;
        C::parse(room).map_err(ReadError::Response)
    }

    /// Reads as many bytes with a DCS command as `response` has room for, 1 to 65535 (`mipi_dsi_dcs_read`).
    ///
    /// # Errors
    ///
    /// [`ReadError`]; the content of `response` is then not to be used.
    fn dcs_read(&self, opcode: u8, response: &mut [u8]) -> Result<(), ReadError> {
        read(self, DataType::DCS_READ, &[opcode], response)
    }

    /// Reads as many generic bytes as `response` has room for, 1 to 65535 (`mipi_dsi_generic_read`), with at most two
    /// parameters.
    ///
    /// # Errors
    ///
    /// [`ReadError`]; the content of `response` is then not to be used.
    fn generic_read(&self, parameters: &[u8], response: &mut [u8]) -> Result<(), ReadError> {
        match DataType::for_generic_read(parameters.len()) {
            Some(data_type) => read(self, data_type, parameters, response),
            None => {
                let too_long = PayloadTooLong { most: 2, got: parameters.len() };
                Err(ReadError::Transfer(TransferError::Message(too_long)))
            }
        }
    }
}

impl<T: Transport + ?Sized> Commands for T {}

/// Length in bytes of the longest response of a typed read command.
const MAX_TYPED_RESPONSE_LEN: usize = 16;

fn dcs_write<T: Transport + ?Sized>(transport: &T, command: Payload<'_>) -> Result<(), TransferError> {
    match DataType::for_dcs_write(command.len()) {
        None => Err(TransferError::NoCommand),
        Some(data_type) => transport.transfer(data_type, command, &mut []).map(|_| ()),
    }
}

fn read<T: Transport + ?Sized>(
    transport: &T,
    data_type: DataType,
    parameters: &[u8],
    response: &mut [u8],
) -> Result<(), ReadError> {
    let asked = response.len();
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
            .transfer(DataType::SET_MAXIMUM_RETURN_PACKET_SIZE, Payload::from(&[low, high]), &mut [])
            .and_then(|_| link.transfer(data_type, parameters.into(), response));
    })?;
    match result? {
        got if got < asked => Err(ReadError::Short { expected: asked, got }),
        _ => Ok(()),
    }
}
