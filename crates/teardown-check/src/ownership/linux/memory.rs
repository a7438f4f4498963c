//! Devices and hosts as memory: allocated or freed, with references, and pointed to by whoever remembers where they were.

use super::super::{Holding, Subject};
use super::{Linux, LinuxCall, Pointer};
use crate::note::{KernelReport, Seen};
use crate::property::Property;
use smallvec::SmallVec;

/// What a host driver's data is to the bus core: a `struct mipi_dsi_host` is embedded in it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub(super) struct HostMemory {
    pub(super) allocated: bool,
    /// In `host_list`.
    pub(super) listed: bool,
}

/// A `struct mipi_dsi_device`, freed or not.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Device {
    pub(super) host: usize,
    pub(super) channel: u8,
    /// Whether the host's side created it for a child, so that its driver is on the DSI bus.
    pub(super) is_on_dsi_bus: bool,
    /// The references; it is freed when there is none.
    pub(super) references: u8,
    /// `device_add` was called, and `device_del` was not: its name is taken.
    pub(super) added: bool,
    /// In its parent's `klist_children`, so that `device_for_each_child` finds it.
    pub(super) linked: bool,
    /// The flag `attached`.
    pub(super) attached: bool,
    /// Whether the data that its pointer `host` points to was freed.
    pub(super) host_freed: bool,
}

impl Linux {
    /// Follows a pointer to a device.
    pub(super) fn follow(&mut self, pointer: Pointer, seen: &mut Seen) -> Option<&mut Device> {
        let device = self.devices.get_mut(pointer).filter(|device| device.references > 0);
        if device.is_none() {
            uses_after_free(seen);
        }
        device
    }

    /// Follows a pointer to a device, and the device's pointer to the host.
    pub(super) fn follow_to_host(&mut self, pointer: Pointer, seen: &mut Seen) -> Option<&mut Device> {
        let device = self.follow(pointer, seen)?;
        if device.host_freed {
            uses_after_free(seen);
            return None;
        }
        Some(device)
    }

    /// Whether the device is on the bus.
    pub(super) fn is_added(&self, pointer: Pointer) -> bool {
        self.devices.get(pointer).is_some_and(|device| device.added)
    }

    /// `put_device`: at the last one the memory is freed.
    pub(super) fn put(&mut self, pointer: Pointer, seen: &mut Seen) {
        if let Some(device) = self.follow(pointer, seen) {
            device.references -= 1;
        }
    }

    /// The device that has this name, `host.channel`.
    pub(super) fn named(&self, host: usize, channel: u8) -> Option<Pointer> {
        self.devices
            .iter()
            .position(|device| device.added && (device.host, device.channel) == (host, channel))
    }

    /// Brings pointers to a canonical form: devices on the bus first, by place; then in the order in which something
    /// points to them. Of what was freed only that it was matters; of what leaked, only that something did.
    pub(super) fn rename<'a>(
        &mut self,
        ends: impl Iterator<Item = &'a mut Pointer>,
        calls: impl Iterator<Item = &'a mut LinuxCall>,
        programs: impl Iterator<Item = &'a mut Pointer>,
    ) {
        let mut order: SmallVec<[Pointer; 16]> = (0..self.devices.len()).collect();
        order.retain(|pointer| self.devices.get(*pointer).is_some_and(|device| device.added));
        order.sort_by_key(|pointer| self.devices.get(*pointer).map(|device| (device.host, device.channel)));
        let mut rename = |pointer: &mut Pointer| {
            let found = order.iter().position(|known| known == pointer).unwrap_or_else(|| {
                order.push(*pointer);
                order.len() - 1
            });
            *pointer = found;
        };
        ends.for_each(&mut rename);
        for call in calls {
            call.request.handle_mut().into_iter().for_each(&mut rename);
            call.device.iter_mut().for_each(&mut rename);
        }
        programs.for_each(&mut rename);
        let is_lost = |(pointer, device): (usize, &Device)| {
            device.references > 0 && !device.added && !order.contains(&pointer)
        };
        self.leaked |= self.devices.iter().enumerate().any(is_lost);
        let mut kept: SmallVec<[Device; 4]> =
            order.iter().filter_map(|pointer| self.devices.get(*pointer).cloned()).collect();
        for device in kept.iter_mut().filter(|device| device.references == 0) {
            *device = Device { attached: false, host_freed: true, linked: false, ..device.clone() };
        }
        self.devices = kept;
    }
}

/// Somebody follows a pointer to freed memory.
pub(super) fn uses_after_free(seen: &mut Seen) {
    seen.breaks(Property::NeverUsedAfterFree);
    seen.says(KernelReport::UseAfterFree);
}

/// Who holds what, for a reader.
pub(super) fn holdings(hosts: &[HostMemory], devices: &[Device], leaked: bool) -> Vec<Holding> {
    let mut holdings = Vec::new();
    for (index, host) in hosts.iter().enumerate() {
        let memory = if host.allocated { "allocated" } else { "freed" };
        let listed = if host.listed { ", in host_list" } else { "" };
        let is = format!("{memory}{listed}");
        holdings.push(Holding { what: Subject::HostData(index), is });
    }
    for device in devices {
        let mut is = match device.references {
            0 => "freed".to_owned(),
            1 => "1 reference".to_owned(),
            count => format!("{count} references"),
        };
        if device.references > 0 {
            let notes = [
                (device.added, "on the bus"),
                (device.added && !device.linked, "not among its parent's children yet"),
                (device.attached, "attached"),
                (device.host_freed, "its pointer to the host dangles"),
            ];
            for (_, note) in notes.into_iter().filter(|(holds, _)| *holds) {
                is.push_str(", ");
                is.push_str(note);
            }
        }
        let what = Subject::Device { host: device.host, channel: device.channel };
        holdings.push(Holding { what, is });
    }
    if leaked {
        holdings.push(Holding { what: Subject::Lost, is: "nothing points to it".to_owned() });
    }
    holdings
}
