//! Counts of the handles that name a registration. No decision depends on them: they are for reports.

use super::book::HostBook;
use super::key::{DeviceKey, Generation, HostKey};

/// How many handles name a registration, so that "gone but still held" can be shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct HandleCount {
    /// Handles of the present or last registration.
    pub current: u32,
    /// Handles of all earlier registrations together.
    pub old: u32,
}

impl HandleCount {
    /// Whether handles are counted.
    pub(in super::super) const IS_KEPT: bool = true;

    /// No handles.
    pub const ZERO: Self = Self { current: 0, old: 0 };

    /// A new registration begins: the handles so far are those of earlier ones.
    pub(super) fn begin_registration(&mut self) {
        *self = Self { current: 0, old: self.old.saturating_add(self.current) };
    }

    fn of(&mut self, named: Generation, newest: Generation) -> &mut u32 {
        if named == newest {
            &mut self.current
        } else {
            &mut self.old
        }
    }
}

/// Adds a handle (`more`), or takes one away.
fn change(count: &mut u32, more: bool) {
    *count = if more { count.saturating_add(1) } else { count.saturating_sub(1) };
}

impl HostBook {
    /// Counts a handle of a host: one more, or one less.
    pub fn count_host_handle(&mut self, host: HostKey, more: bool) {
        change(self.handles.of(host.generation, self.generation), more);
    }

    /// Counts a handle of a device: one more, or one less.
    pub fn count_device_handle(&mut self, device: DeviceKey, more: bool) {
        let book = &mut self.devices[device.channel];
        change(book.handles.of(device.generation, book.generation), more);
    }
}
