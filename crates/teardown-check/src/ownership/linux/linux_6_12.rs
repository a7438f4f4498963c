//! Linux 6.12 as it is: the host's side and the peripheral's both believe that they own the one reference.
//!
//! The steps are those of `host` and `device` with nothing changed: `mipi_dsi_host_unregister` detaches and unregisters
//! every child, and nobody tells the bridge's driver, whose `devm` actions (or remove) do the same again.

use super::Rules;

/// The model.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Linux612;

impl Rules for Linux612 {
    const NAME: &'static str = "linux-6.12";
    const SENTENCE: &'static str = "drm_mipi_dsi.c of Linux 6.12: one reference, two owners";
}
