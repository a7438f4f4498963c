//! Tolerant calls, and each side its own reference.
//!
//! `mipi_dsi_device_register_full` takes a reference for the peripheral's side (`get_device`), which drops it in its
//! `mipi_dsi_device_unregister`, whoever took the device off the bus. The device's memory is safe; the host's, which
//! `dsi->host` points to, is not.

use super::Rules;

/// The model.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct OwnReferences;

impl Rules for OwnReferences {
    const NAME: &'static str = "own-references";
    const SENTENCE: &'static str = "calls tolerate being repeated, and each side has a reference of its own";
    const TOLERATES_REPEATS: bool = true;

    fn references(by_peripheral: bool) -> u8 {
        1 + u8::from(by_peripheral)
    }

    /// Its own, and the bus's where it was this side that took the device off.
    fn puts(was_added: bool) -> u8 {
        1 + u8::from(was_added)
    }
}
