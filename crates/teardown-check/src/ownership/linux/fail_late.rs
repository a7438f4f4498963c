//! Tolerant calls, a reference for each side, and late calls that fail.
//!
//! "All those functions should start to fail graciously when the dsi_device has been unregistered": `mipi_dsi_attach` and
//! the transfers look whether the device is still registered, and return -ENODEV. It is the last proposal of the thread
//! on top of `own_references`. Who has looked before the host leaves, and calls it afterwards, is not stopped by it, and
//! nobody waits for a transfer that runs.

use super::Rules;

/// The model.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct FailLate;

impl Rules for FailLate {
    const NAME: &'static str = "fail-late";
    const SENTENCE: &'static str = "own references, and calls on a device that was unregistered fail";
    const TOLERATES_REPEATS: bool = true;
    const FAILS_LATE: bool = true;

    fn references(by_peripheral: bool) -> u8 {
        super::OwnReferences::references(by_peripheral)
    }

    fn puts(was_added: bool) -> u8 {
        super::OwnReferences::puts(was_added)
    }
}
