//! Both calls tolerate being repeated; there is still one reference.
//!
//! "Make both detach and unregister cope with being called multiple times": `mipi_dsi_detach` and
//! `mipi_dsi_device_unregister` look at flags in the device and return where there is nothing to do. The flags are in the
//! memory that the first unregistration frees.

use super::Rules;

/// The model.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Idempotent;

impl Rules for Idempotent {
    const NAME: &'static str = "idempotent";
    const SENTENCE: &'static str = "detach and unregister tolerate being repeated; still one reference";
    const TOLERATES_REPEATS: bool = true;

    fn puts(was_added: bool) -> u8 {
        u8::from(was_added)
    }
}
