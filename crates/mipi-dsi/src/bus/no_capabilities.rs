//! In place of what the ends of a link can do, without the feature `capabilities`: no end says it, and attach asks the host
//! only.

use super::link_config::{Lanes, LinkConfig};
use core::fmt;

/// What an end of a link can do: nobody says it.
#[allow(unreachable_pub)] // its place is a public one
#[derive(Debug, Clone, Copy)]
pub struct Capabilities(());

impl Capabilities {
    /// Whether attach checks them.
    pub(super) const ARE_CHECKED: bool = false;

    /// The capabilities of an empty slot.
    pub(super) const NONE: Self = Self(());

    /// Those of an end that says nothing.
    pub(super) const fn all(_: Lanes) -> Self {
        Self(())
    }

    /// Refuses nothing.
    pub(super) fn check(&self, _: &LinkConfig) -> Result<(), UnsupportedFeature> {
        Ok(())
    }
}

/// The part of a configuration that an end can't do: without the feature `capabilities`, there is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum UnsupportedFeature {}

impl fmt::Display for UnsupportedFeature {
    fn fmt(&self, _: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {}
    }
}

impl core::error::Error for UnsupportedFeature {}
