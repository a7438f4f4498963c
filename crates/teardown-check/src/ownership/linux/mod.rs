//! The bus core of Linux 6.12, `drivers/gpu/drm/drm_mipi_dsi.c`, and the repairs that the thread discusses.
//!
//! One implementation, and for each model what it does differently ([`Rules`]). Every step stands for a part
//! of the kernel's function that it names; between two steps another thread can get in. No lock protects any of this
//! but that of the list of hosts and, while drivers are bound and unbound, that of the device.
//!
//! Here a function reads and changes a flag in one step, as if with `test_and_set_bit`. The kernel's
//! `attached` is a plain bool, so some interleavings in between are left out: they can only break more.
//!
//! * `memory`: devices and hosts as memory with references, and pointers that may dangle.
//! * `host`: `mipi_dsi_host_register`, `mipi_dsi_host_unregister`.
//! * `device`: `mipi_dsi_device_register_full`, `mipi_dsi_device_unregister`, attach, detach, transfer.

mod device;
mod host;
mod memory;
mod rules;

pub use rules::Rules;

use super::{Holding, Ownership, Progress, Reply, Request};
use crate::note::Seen;
use crate::shape::Shape;
use memory::{Device, HostMemory};
use smallvec::{SmallVec, smallvec};
use std::fmt::Debug;
use std::hash::Hash;

/// A pointer to a device; what it points to may be freed.
pub(crate) type Pointer = usize;

/// The result of a step of the kernel.
type Step = Progress<Pointer>;

const DONE: Step = Progress::Done(Reply::Done(None));

/// A child of a host that is being removed, as a repair sees it.
#[derive(Debug, Clone, Copy)]
pub struct Child {
    /// The host, by index.
    pub host: usize,
    /// The virtual channel.
    pub channel: u8,
    /// Its device.
    pub device: Pointer,
    /// Whether its driver is on the DSI bus.
    pub is_on_dsi_bus: bool,
}

/// The bus core under some rules.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Linux {
    hosts: SmallVec<[HostMemory; 2]>,
    devices: SmallVec<[Device; 4]>,
    /// Whether something was lost that nothing points to any more.
    leaked: bool,
    rules: Rules,
}

/// A function of the bus core, running.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct LinuxCall {
    request: Request<Pointer>,
    /// The step that it is at.
    at: u8,
    /// Children that were registered, one bit each.
    registered: u8,
    /// The device that it created, or the child that it works on.
    device: Option<Pointer>,
    /// The references to the current child that it drops.
    puts: u8,
    /// Whether the data that its pointer to the host points to was freed.
    host_freed: bool,
}

impl Ownership for Linux {
    type Handle = Pointer;
    type Call = LinuxCall;
    type Rules = Rules;

    const HANDLES_RELEASE: bool = false;
    const TAKES_OTHER_CHILDREN: bool = true;
    const CANCELS: bool = false;
    const SAYS_WHAT_ENDS: bool = false;

    fn new(rules: Rules, shape: &Shape) -> Self {
        let hosts = shape.hosts.len();
        Self {
            hosts: smallvec![HostMemory::default(); hosts],
            devices: SmallVec::new(),
            leaked: false,
            rules,
        }
    }

    fn host_memory<'a>(
        &mut self,
        host: usize,
        is_allocated: bool,
        calls: impl Iterator<Item = &'a mut LinuxCall>,
    ) {
        if let Some(end) = self.hosts.get_mut(host) {
            end.allocated = is_allocated;
        }
        if is_allocated {
            return;
        }
        for device in self.devices.iter_mut().filter(|device| device.host == host) {
            device.host_freed = true;
        }
        for call in calls {
            // Those who have looked the host up and not made a device yet.
            let is_of = matches!(call.request,
                Request::Register { host: of, .. } | Request::Make { host: of, .. } if of == host);
            if is_of && call.at > 0 {
                call.host_freed = true;
            }
        }
    }

    /// Whether the callback has a pointer to the device.
    fn lent(&self, call: &LinuxCall, _host: usize, _channel: u8) -> Option<Pointer> {
        match call.request {
            Request::Attach(device) | Request::Detach(device) => Some(device),
            _ => call.device,
        }
    }

    fn is_same_device(one: &Pointer, other: &Pointer) -> bool {
        one == other
    }

    fn begin(&self, request: Request<Pointer>, _actor: usize) -> LinuxCall {
        LinuxCall { request, at: 0, registered: 0, device: None, puts: 0, host_freed: false }
    }

    fn step(&mut self, call: &mut LinuxCall, refused: bool, seen: &mut Seen) -> Step {
        // Saturating: after a breach that is not fatal a call may be stepped on and on.
        call.at = call.at.saturating_add(1);
        match call.request {
            Request::RegisterHost { host, children } => self.register_host(call, host, children, seen),
            Request::UnregisterHost { host, other_child, .. } => {
                self.unregister_host(call, host, other_child, seen)
            }
            Request::Register { host, channel } => self.register(call, host, channel, seen),
            Request::Make { host, channel } => self.make(call, host, channel, seen),
            Request::Free(device) => {
                seen.note("kfree", "the driver's own device is freed");
                self.put(device, seen);
                DONE
            }
            Request::Attach(device) => self.attach(call, device, refused, seen),
            Request::Detach(device) | Request::DropLink(device) => self.detach(call, device, seen),
            Request::Unregister { device, .. } | Request::DropDevice(device) => {
                self.unregister(call, device, seen)
            }
            Request::Transfer(device) => self.transfer(call, device, seen),
            Request::Read(device) => self.read(call, device, seen),
            Request::Hold(device) => self.hold(device, seen),
            Request::Drop(device) => {
                seen.note("put_device", "the holder's reference is dropped");
                self.put(device, seen);
                DONE
            }
            // There is no handle to drop, and neither a search nor a script asks for it.
            Request::DropHost { .. } => DONE,
            // A script may ask for this.
            Request::DeclareGone { .. } => {
                seen.note("no-call", "nothing happens: this bus has no call that says so");
                DONE
            }
            Request::DropChild(_) => {
                seen.note("device_del", "the bus has nothing more of the child's driver");
                DONE
            }
        }
    }

    fn is_quiet(&self) -> bool {
        !self.leaked
            && self.hosts.iter().all(|host| !host.listed)
            && self.devices.iter().all(|device| !device.added && device.references == 0)
    }

    fn canonical<'a>(
        &mut self,
        ends: impl Iterator<Item = &'a mut Pointer>,
        calls: impl Iterator<Item = &'a mut LinuxCall>,
        programs: impl Iterator<Item = &'a mut Pointer>,
    ) {
        self.rename(ends, calls, programs);
    }

    fn holdings(&self) -> Vec<Holding> {
        memory::holdings(&self.hosts, &self.devices, self.leaked)
    }
}

/// Somebody follows a pointer to something that is gone.
fn dangles(seen: &mut Seen) -> Step {
    memory::uses_after_free(seen);
    Progress::Done(Reply::Busy)
}
