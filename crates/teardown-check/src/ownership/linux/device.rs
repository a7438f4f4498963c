//! `mipi_dsi_device_register_full`, `mipi_dsi_device_unregister`, attach, detach, transfer.

use super::super::{Progress, Reply};
use super::{DONE, Linux, LinuxCall, Pointer, Step, dangles};
use crate::hardware::HostCall;
use crate::note::{KernelReport, Seen};
use crate::property::Property;

impl Linux {
    /// `of_find_mipi_dsi_host_by_node`, and `mipi_dsi_device_register_full` with what it found.
    pub(super) fn register(
        &mut self,
        call: &mut LinuxCall,
        host: usize,
        channel: u8,
        seen: &mut Seen,
    ) -> Step {
        match call.at {
            1 => self.find_host(host, seen),
            2 => {
                seen.note("mipi_dsi_device_register_full", "a device is made on the host, and added");
                if call.host_freed {
                    seen.note("mipi_dsi_device_alloc", "the host's device is read for the new one's parent");
                    return dangles(seen);
                }
                if self.named(host, channel).is_some() {
                    // kfree() of what device_initialize() has made a device: its name and node are lost (D6).
                    seen.note(
                        "mipi_dsi_device_register_full",
                        "the name is taken: the new device is freed by kfree",
                    );
                    seen.says(KernelReport::Leak);
                    self.leaked = true;
                    return Progress::Done(Reply::Busy);
                }
                call.device = Some(self.allocate(host, channel, false));
                Progress::Goes
            }
            _ => {
                // device_add() links it into its parent's list at its end (D4).
                seen.note("device_add.end", "the device is among its parent's children");
                let Some(device) = call.device else { return Progress::Done(Reply::Busy) };
                if let Some(made) = self.follow(device, seen) {
                    made.linked = made.added;
                }
                Progress::Done(Reply::Done(Some(device)))
            }
        }
    }

    /// `of_find_mipi_dsi_host_by_node`. It drops the list's lock when it has found the host: nothing keeps the host
    /// there (D3).
    fn find_host(&self, host: usize, seen: &mut Seen) -> Step {
        if self.hosts.get(host).is_some_and(|host| host.listed) {
            seen.note("of_find_mipi_dsi_host_by_node", "the host is found; nothing holds it");
            return Progress::Goes;
        }
        seen.note("EPROBE_DEFER", "there is no such host: the probe is deferred");
        Progress::Done(Reply::HostGone)
    }

    /// `of_find_mipi_dsi_host_by_node`, and the driver's own device that points to the host it found. That device is
    /// nobody's child.
    pub(super) fn make(&mut self, call: &LinuxCall, host: usize, channel: u8, seen: &mut Seen) -> Step {
        if call.at == 1 {
            return self.find_host(host, seen);
        }
        seen.note("kzalloc", "a device is made, and points to the host");
        let device = self.allocate(host, channel, false);
        if let Some(made) = self.follow(device, seen) {
            made.added = false;
            made.references = 1;
            made.host_freed = call.host_freed;
        }
        Progress::Done(Reply::Done(Some(device)))
    }

    /// `mipi_dsi_attach`. The flag is set after `ops->attach` has returned (D9).
    pub(super) fn attach(
        &mut self,
        call: &mut LinuxCall,
        device: Pointer,
        refused: bool,
        seen: &mut Seen,
    ) -> Step {
        if call.at == 1 {
            if let Some(refused) = self.fails_late(device, seen) {
                return refused;
            }
            seen.note("mipi_dsi_attach", "ops->attach is called");
            let Some(found) = self.follow_to_host(device, seen) else { return dangles(seen) };
            return Progress::CallHost(found.host, HostCall::Attach(found.channel));
        }
        if refused {
            seen.note("mipi_dsi_attach.end", "ops->attach has failed");
            return Progress::Done(Reply::Refused);
        }
        seen.note("mipi_dsi_attach.end", "attached is set");
        let Some(found) = self.follow(device, seen) else { return dangles(seen) };
        found.attached = true;
        Progress::Done(Reply::Done(Some(device)))
    }

    /// `mipi_dsi_detach`, by the peripheral's side.
    pub(super) fn detach(&mut self, call: &mut LinuxCall, device: Pointer, seen: &mut Seen) -> Step {
        if call.at > 1 {
            seen.note("mipi_dsi_detach.end", "ops->detach has returned");
            return DONE;
        }
        seen.note("mipi_dsi_detach", "attached is cleared, and ops->detach called");
        let tolerates_repeats = self.rules.tolerates_repeats();
        let Some(found) = self.follow(device, seen) else {
            // It was detached before it was freed.
            seen.note("mipi_dsi_detach", "the peripheral's side detaches a device that was freed");
            seen.breaks(Property::DetachedOnce);
            return dangles(seen);
        };
        if tolerates_repeats && !found.attached {
            seen.note("mipi_dsi_detach", "the device is not attached: there is nothing to do");
            return DONE;
        }
        // The first thing that it reads is dsi->host->ops.
        let Some(found) = self.follow_to_host(device, seen) else { return dangles(seen) };
        if !found.attached {
            seen.note("mipi_dsi_detach", "WARN_ON(!dsi->attached): it is detached a second time");
            seen.breaks(Property::DetachedOnce);
            seen.says(KernelReport::Warn);
            return DONE;
        }
        found.attached = false;
        Progress::CallHost(found.host, HostCall::Detach(found.channel))
    }

    /// `mipi_dsi_device_unregister`, by the peripheral's side: `device_del`, then `put_device`.
    pub(super) fn unregister(&mut self, call: &mut LinuxCall, device: Pointer, seen: &mut Seen) -> Step {
        if call.at > 1 {
            seen.note("put_device", "the reference is dropped");
            for _ in 0..call.puts {
                self.put(device, seen);
            }
            return DONE;
        }
        seen.note("mipi_dsi_device_unregister", "the device is taken off the bus (device_del)");
        let Some(found) = self.follow(device, seen) else {
            // The function itself reads nothing of it.
            seen.note("device_del", "the peripheral's side unregisters a device that was freed");
            seen.breaks(Property::UnregisteredOnce);
            return dangles(seen);
        };
        let was_added = std::mem::take(&mut found.added);
        found.linked = false;
        if !was_added && !self.rules.tolerates_repeats() {
            seen.breaks(Property::UnregisteredOnce);
            // device_del() takes it from its parent's list (klist_del) once more.
            seen.says(KernelReport::Warn);
        }
        call.puts = self.rules.puts(was_added);
        Progress::Goes
    }

    /// `mipi_dsi_device_transfer`: it looks neither at `attached` nor at whether the host is there (D10).
    pub(super) fn transfer(&mut self, call: &mut LinuxCall, device: Pointer, seen: &mut Seen) -> Step {
        if call.at > 1 {
            seen.note("mipi_dsi_device_transfer.end", "ops->transfer has returned");
            return DONE;
        }
        seen.note("mipi_dsi_dcs_write_buffer", "the device is read for its channel and flags");
        if self.follow(device, seen).is_none() {
            return dangles(seen);
        }
        if let Some(refused) = self.fails_late(device, seen) {
            return refused;
        }
        seen.note("mipi_dsi_device_transfer", "ops->transfer is called");
        let Some(found) = self.follow_to_host(device, seen) else { return dangles(seen) };
        Progress::CallHost(found.host, HostCall::Transfer(found.channel))
    }

    /// Where a repair checks whether the device is still registered: -ENODEV if it is not, which does not say who left.
    fn fails_late(&mut self, device: Pointer, seen: &mut Seen) -> Option<Step> {
        if !self.rules.fails_late() {
            return None;
        }
        let Some(found) = self.follow(device, seen) else { return Some(dangles(seen)) };
        if found.added {
            return None;
        }
        seen.note("ENODEV", "the device is not registered any more: the call fails");
        Some(Progress::Done(Reply::Gone))
    }

    /// `mipi_dsi_set_maximum_return_packet_size`, then `mipi_dsi_dcs_read`: nothing keeps others from coming between.
    pub(super) fn read(&mut self, call: &mut LinuxCall, device: Pointer, seen: &mut Seen) -> Step {
        let (place, does) = match call.at {
            1 => ("mipi_dsi_set_maximum_return_packet_size", "ops->transfer is called with the first packet"),
            2 => ("mipi_dsi_dcs_read", "ops->transfer is called with the read"),
            _ => ("mipi_dsi_dcs_read.end", "ops->transfer has returned"),
        };
        seen.note(place, does);
        if call.at > 2 {
            return DONE;
        }
        if let Some(refused) = self.fails_late(device, seen) {
            return refused;
        }
        let Some(found) = self.follow_to_host(device, seen) else { return dangles(seen) };
        let (host, channel) = (found.host, found.channel);
        let packet = if call.at == 1 { HostCall::SetReturnSize(channel) } else { HostCall::Read(channel) };
        Progress::CallHost(host, packet)
    }

    /// `get_device` on a device of the bus, as `of_find_mipi_dsi_device_by_node` does for panels with a phandle
    /// `link2`. (It does not find a bridge that registered without a node: whoever holds such a device got its pointer
    /// from the driver.)
    pub(super) fn hold(&mut self, device: Pointer, seen: &mut Seen) -> Step {
        seen.note("get_device", "the device on the bus is referenced once more");
        match self.devices.get_mut(device).filter(|device| device.added && device.references > 0) {
            Some(found) => {
                found.references = found.references.saturating_add(1);
                Progress::Done(Reply::Done(Some(device)))
            }
            None => {
                seen.note("get_device", "the device is not on the bus any more");
                Progress::Done(Reply::DeviceGone)
            }
        }
    }
}
