//! `mipi_dsi_host_register` and `mipi_dsi_host_unregister`.

use super::super::{Progress, Reply};
use super::memory::Device;
use super::{Child, Linux, LinuxCall, Pointer, Step, dangles};
use crate::hardware::HostCall;
use crate::note::{KernelReport, Seen};
use crate::property::Property;
use crate::shape::OtherChild;

/// How far the removal of one child is: the values of `LinuxCall::at` from the moment that the child was found.
mod child {
    /// What a repair does first.
    pub(super) const REPAIR: u8 = 1;
    /// Detach.
    pub(super) const DETACH: u8 = 2;
    /// `device_del`, and with it the child's driver is unbound.
    pub(super) const DELETE: u8 = 3;
    /// The references are dropped.
    pub(super) const PUT: u8 = 4;
}

impl Linux {
    /// `mipi_dsi_host_register`: it creates devices for the children, which are probed, and only then adds the host to
    /// the list (D5).
    pub(super) fn register_host(
        &mut self,
        call: &mut LinuxCall,
        host: usize,
        children: u8,
        seen: &mut Seen,
    ) -> Step {
        if let Some(device) = call.device.take() {
            // device_add() links the child into its parent's list at its end, after it was probed (D4).
            if let Some(device) = self.follow(device, seen) {
                device.linked = device.added;
            }
            seen.note("device_add.end", "the child's device is among its parent's children");
            return Progress::Goes;
        }
        let missing = (0..8).find(|channel| children & (1 << channel) & !call.registered != 0);
        let Some(channel) = missing else {
            if let Some(end) = self.hosts.get_mut(host) {
                end.listed = true;
            }
            seen.note("mipi_dsi_host_register", "the host is added to host_list");
            return Progress::Done(Reply::Done(None));
        };
        call.registered |= 1 << channel;
        if self.named(host, channel).is_some() {
            seen.note("of_mipi_dsi_device_add", "there is a device of this name: the child is left out");
            return Progress::Goes;
        }
        let device = self.allocate(host, channel, true);
        call.device = Some(device);
        seen.note("of_mipi_dsi_device_add", "a device is made for the child, and probed");
        Progress::AddChild { host, channel, device }
    }

    /// A new device, on the bus, not among its parent's children yet.
    pub(super) fn allocate(&mut self, host: usize, channel: u8, is_on_dsi_bus: bool) -> Pointer {
        self.devices.push(Device {
            host,
            channel,
            is_on_dsi_bus,
            references: self.rules.references(!is_on_dsi_bus),
            added: true,
            linked: false,
            attached: false,
            host_freed: false,
        });
        self.devices.len() - 1
    }

    /// `mipi_dsi_host_unregister`: it detaches and unregisters each child, then takes the host out of the list (D4).
    pub(super) fn unregister_host(
        &mut self,
        call: &mut LinuxCall,
        host: usize,
        other_child: Option<OtherChild>,
        seen: &mut Seen,
    ) -> Step {
        let Some(device) = call.device else { return self.next_child(call, host, other_child, seen) };
        if call.at <= child::REPAIR {
            call.at = child::REPAIR;
            let Some(found) = self.follow(device, seen) else { return dangles(seen) };
            let (channel, is_on_dsi_bus) = (found.channel, found.is_on_dsi_bus);
            if let Some(step) = self.rules.before_removal(Child { host, channel, device, is_on_dsi_bus }) {
                seen.note(
                    "mipi_dsi_remove_device_fn",
                    "the peripheral's side is told, or its actions taken away",
                );
                return step;
            }
            call.at = child::DETACH;
        }
        if call.at == child::DETACH && self.rules.looks_again() && !self.is_added(device) {
            seen.note("mipi_dsi_remove_device_fn", "the peripheral's side has let go by itself");
            call.puts = 1;
            call.at = child::DELETE;
            return Progress::Goes;
        }
        match call.at {
            child::DETACH => self.detach_child(device, host, seen),
            child::DELETE => self.delete_child(call, device, host, seen),
            child::PUT => {
                // The bus's reference (mipi_dsi_device_unregister), and the iterator's.
                seen.note("put_device", "the bus's reference is dropped, and the iterator's");
                for _ in 0..call.puts {
                    self.put(device, seen);
                }
                call.device = None;
                Progress::Goes
            }
            _ => {
                call.device = None;
                Progress::Goes
            }
        }
    }

    /// `device_for_each_child` finds the next child, and holds a reference to it while it works on it.
    fn next_child(
        &mut self,
        call: &mut LinuxCall,
        host: usize,
        other_child: Option<OtherChild>,
        seen: &mut Seen,
    ) -> Step {
        // Bit 7 says that the other child has been met; it stands first among the children.
        if let Some(other_child) = other_child.filter(|_| call.registered & 0x80 == 0) {
            call.registered |= 0x80;
            if other_child == OtherChild::LooksAttached {
                seen.note(
                    "mipi_dsi_detach",
                    "a child that is not a DSI device (a PHY) is taken for an attached one: its host is read from the bytes before it",
                );
                seen.breaks(Property::DetachedOnce);
                seen.says(KernelReport::OutOfBounds);
                return Progress::Goes;
            }
            seen.note(
                "mipi_dsi_remove_device_fn",
                "a child that is not a DSI device (a PHY) is taken for one, and unregistered",
            );
            return Progress::Goes;
        }
        let found = self.devices.iter().position(|device| device.linked && device.host == host);
        if let Some(device) = found.and_then(|found| self.devices.get_mut(found)) {
            device.references += 1;
            call.device = found;
            call.at = 0;
            call.puts = 2;
            seen.note(
                "device_for_each_child",
                "a child of the host is found, and referenced by the iterator",
            );
            return Progress::Goes;
        }
        if let Some(end) = self.hosts.get_mut(host) {
            end.listed = false;
        }
        seen.note("mipi_dsi_host_unregister", "there is no child left: the host leaves host_list");
        Progress::Done(Reply::Done(None))
    }

    /// `mipi_dsi_remove_device_fn`: detach, if the flag says so.
    fn detach_child(&mut self, device: Pointer, host: usize, seen: &mut Seen) -> Step {
        let Some(found) = self.follow(device, seen) else { return dangles(seen) };
        if found.attached {
            let Some(found) = self.follow_to_host(device, seen) else { return dangles(seen) };
            let channel = found.channel;
            found.attached = false;
            seen.note("mipi_dsi_remove_device_fn", "the host's side clears attached and calls ops->detach");
            return Progress::CallHost(host, HostCall::Detach(channel));
        }
        seen.note("mipi_dsi_remove_device_fn", "the host's side finds the device not attached");
        Progress::Goes
    }

    /// `device_unregister`, its first half: `device_del`. The driver of a device on the DSI bus is unbound here, after
    /// the detach (D1).
    fn delete_child(&mut self, call: &mut LinuxCall, device: Pointer, host: usize, seen: &mut Seen) -> Step {
        let Some(found) = self.follow(device, seen) else { return dangles(seen) };
        seen.note("mipi_dsi_device_unregister", "the host's side takes the device off the bus (device_del)");
        let channel = found.channel;
        let was_added = std::mem::take(&mut found.added);
        found.linked = false;
        if !was_added {
            if self.rules.tolerates_repeats() {
                call.puts = 1;
            } else {
                seen.breaks(Property::UnregisteredOnce);
                seen.says(KernelReport::Warn);
            }
            return Progress::Goes;
        }
        Progress::RemoveChild { host, channel }
    }
}
