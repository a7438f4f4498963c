//! In place of the counts of handles, without the feature `handle-counts`.

use super::book::HostBook;
use super::key::{DeviceKey, HostKey};

/// How many handles name a registration: without the feature `handle-counts`, nobody knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub struct HandleCount {}

impl HandleCount {
    /// Whether handles are counted.
    pub(in super::super) const IS_KEPT: bool = false;

    /// Nothing is known.
    pub const ZERO: Self = Self {};

    /// A new registration begins.
    pub(super) fn begin_registration(&mut self) {}
}

impl HostBook {
    /// Counts no handle of a host.
    pub fn count_host_handle(&mut self, _: HostKey, _: bool) {}

    /// Counts no handle of a device.
    pub fn count_device_handle(&mut self, _: DeviceKey, _: bool) {}
}
