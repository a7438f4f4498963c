//! Sending to one peripheral: the trait that links, transactions and callbacks offer.
//!
//! [`Transport`] is what can be lent as a trait object; [`Commands`](super::Commands) puts DCS and generic commands on top of it. Who
//! may send when is decided by the transfer operation, not here.

use super::error::TransferError;
use super::wire::DataType;

/// Sends packets to one peripheral.
pub trait Transport {
    /// Sends one packet; if `answer` is not empty, receives into it. Gives the number of bytes received, at most its length.
    /// Waits for the link where another has it.
    ///
    /// # Errors
    ///
    /// [`TransferError`] says which side has left, why waiting was refused, or what the host reported.
    fn transfer(
        &self,
        data_type: DataType,
        payload: &[u8],
        answer: &mut [u8],
    ) -> Result<usize, TransferError>;

    /// Runs `body` with the link to itself: no other peripheral's packet comes between those that it sends.
    ///
    /// # Errors
    ///
    /// [`TransferError`] if the link could not be had; then `body` was not run.
    fn transaction(&self, body: &mut dyn FnMut(&dyn Transport)) -> Result<(), TransferError>;
}
