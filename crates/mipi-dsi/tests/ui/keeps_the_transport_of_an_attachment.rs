//! What a host is lent in `attach` ends with the call.
use mipi_dsi::bus::{Attachment, HostAttachError, HostController, HostError, Message, Transport};
use std::cell::Cell;

struct Keeper {
    kept: Cell<Option<&'static dyn Transport>>,
}

impl HostController for Keeper {
    fn attach(&self, attachment: &Attachment<'_>) -> Result<(), HostAttachError> {
        self.kept.set(Some(attachment.transport));
        Ok(())
    }

    fn detach(&self, _: &Attachment<'_>) {}

    fn transfer(&self, _: &Message<'_>, _: &mut [u8]) -> Result<usize, HostError> {
        Ok(0)
    }
}

fn main() {}
