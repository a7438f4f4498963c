//! New errors may come: whoever matches says what they do with one that they do not know.
use mipi_dsi::bus::TransferError;

fn is_late(error: TransferError) -> bool {
    match error {
        TransferError::Gone(_) => true,
        TransferError::Message(_)
        | TransferError::NoCommand
        | TransferError::StillRunning(_)
        | TransferError::Host(_) => false,
    }
}

fn main() {}
