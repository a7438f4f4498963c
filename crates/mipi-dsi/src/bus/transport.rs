//! Sending to one peripheral: the trait that links, transactions and callbacks offer.
//!
//! [`Transport`] can be lent as a trait object; [`Commands`](super::Commands) puts DCS and generic commands on top of it.
//! The gate and the operation `UseLink` decide who may send when.

use super::error::TransferError;
use super::wire::{DataType, Payload};

/// Sends packets to one peripheral.
pub trait Transport {
    /// Sends one packet; if `response` is not empty, receives into it. Returns the number of bytes received, at most its
    /// length. Waits for the link if another caller has it.
    ///
    /// # Errors
    ///
    /// [`TransferError`] says which side has left, why waiting was refused, or what the host reported.
    fn transfer(
        &self,
        data_type: DataType,
        payload: Payload<'_>,
        response: &mut [u8],
    ) -> Result<usize, TransferError>;

    /// Runs `body` with the link to itself: no other peripheral's packet comes between those that it sends.
    ///
    /// # Errors
    ///
    /// [`TransferError`] if the link could not be taken; then `body` was not run.
    fn transaction(&self, body: &mut dyn FnMut(&dyn Transport)) -> Result<(), TransferError>;
}
