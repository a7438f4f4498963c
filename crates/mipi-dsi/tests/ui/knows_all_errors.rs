//! New errors may come: whoever matches says what he does with one that he does not know.
use mipi_dsi::bus::TransferError;

fn is_late(error: TransferError) -> bool {
    match error {
        TransferError::Gone(_) => true,
        TransferError::Message(_)
        | TransferError::Buffer(_)
        | TransferError::StillRunning(_)
        | TransferError::Host(_) => false,
    }
}

fn main() {}
