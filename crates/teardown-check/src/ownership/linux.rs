//! The bus core of Linux 6.12, and the repairs that the thread discusses: one body, and rules in which they differ.
//!
//! The steps stand for those of `drivers/gpu/drm/drm_mipi_dsi.c`: what is between two steps is where another thread can
//! get in. A device is memory with a reference count, a place on the bus, and the flag `attached`; a host is memory of its
//! driver's and a place in the list. No lock protects any of it.

use super::{HostCall, Ownership, Progress, Reply, Request};
use crate::breach::Breach;
use std::fmt::Debug;
use std::hash::Hash;
use std::marker::PhantomData;

/// In what the repairs differ.
pub trait Rules: Clone + Eq + Hash + Debug + Send + Sync + 'static {
    /// The name on the command line.
    const NAME: &'static str;
    /// Detach and unregister tolerate being repeated.
    const IDEMPOTENT: bool = false;
    /// The peripheral has a reference of its own to the device.
    const OWN_REFERENCES: bool = false;
    /// The host's side takes the release actions of a managed peripheral away (`devm_remove_action`).
    const REMOVES_ACTIONS: bool = false;
    /// The peripheral is told before the host's side removes its device.
    const TELLS: bool = false;
}

macro_rules! rules {
    ($( $(#[$doc:meta])* $name:ident = $text:literal { $($rule:ident)* } )*) => {
        $(
            $(#[$doc])*
            #[derive(Debug, Clone, PartialEq, Eq, Hash)]
            pub struct $name;

            impl Rules for $name {
                const NAME: &'static str = $text;
                $(const $rule: bool = true;)*
            }
        )*
    };
}

rules! {
    /// As it is.
    Linux612 = "linux-6.12" {}
    /// The thread's patch: the host's side removes the devres actions.
    RemoveAction = "remove-action" { REMOVES_ACTIONS }
    /// Both calls tolerate being repeated; there is still one reference.
    Idempotent = "idempotent" { IDEMPOTENT }
    /// Tolerant calls, and each side its own reference.
    OwnReferences = "own-references" { IDEMPOTENT OWN_REFERENCES }
    /// The peripheral is told, as drivers on the DSI bus are, and lets go by itself.
    Notify = "notify" { TELLS }
}

/// The bus core under some rules.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Linux<R> {
    hosts: Vec<LinuxHost>,
    devices: Vec<Device>,
    rules: PhantomData<R>,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
struct LinuxHost {
    allocated: bool,
    listed: bool,
}

/// A `struct mipi_dsi_device`, freed or not, and the devres actions that name it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Device {
    host: usize,
    channel: u8,
    references: u8,
    /// Added to the driver core, and not deleted.
    added: bool,
    attached: bool,
    managed: bool,
    action: Action,
}

/// The actions of a managed peripheral that release this device and its attachment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Action {
    /// Armed, or none was ever needed.
    Armed,
    /// `devres_release_all` has begun: they are on its private list.
    Taken,
    /// Taken away by the host's side.
    Removed,
}

/// A pointer to a device; what it points to may be freed.
pub(super) type Pointer = usize;

/// A function of the bus core, running.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct LinuxCall {
    request: Request<Pointer>,
    at: u8,
    /// The device that `mipi_dsi_host_unregister` is at.
    child: Option<Pointer>,
}

type Step = Progress<Pointer>;

impl<R: Rules> Linux<R> {
    /// A pointer is followed. `None` if the memory was freed.
    fn device(&mut self, pointer: Pointer) -> Option<&mut Device> {
        self.devices.get_mut(pointer).filter(|device| device.references > 0)
    }

    fn put(&mut self, pointer: Pointer) {
        if let Some(device) = self.device(pointer) {
            device.references -= 1;
        }
    }

    /// `mipi_dsi_device_register_full`, after `of_find_mipi_dsi_host_by_node`.
    fn register(&mut self, call: &mut LinuxCall, host: usize, channel: u8, managed: bool) -> Step {
        let Some(end) = self.hosts.get(host) else { return Progress::Done(Reply::HostGone) };
        if call.at == 1 {
            // The list's lock is dropped when the host is found: nothing keeps it there.
            return if end.listed { Progress::Goes } else { Progress::Done(Reply::HostGone) };
        }
        if !end.allocated {
            return Progress::Broke(Breach::UsedAfterFree);
        }
        let taken = |device: &Device| device.added && (device.host, device.channel) == (host, channel);
        if self.devices.iter().any(taken) {
            return Progress::Done(Reply::Busy);
        }
        self.devices.push(Device {
            host,
            channel,
            references: if R::OWN_REFERENCES { 2 } else { 1 },
            added: true,
            attached: false,
            managed,
            action: Action::Armed,
        });
        Progress::Done(Reply::Done(Some(self.devices.len() - 1)))
    }

    /// `mipi_dsi_attach`.
    fn attach(&mut self, call: &mut LinuxCall, pointer: Pointer) -> Step {
        let Some(device) = self.device(pointer) else { return Progress::Broke(Breach::UsedAfterFree) };
        if call.at == 1 {
            return Progress::CallHost(device.host, HostCall::Attach(device.channel));
        }
        device.attached = true;
        Progress::Done(Reply::Done(Some(pointer)))
    }

    /// `mipi_dsi_detach`, by the peripheral.
    fn detach(&mut self, call: &mut LinuxCall, pointer: Pointer) -> Step {
        if call.at > 1 || self.is_action_removed(pointer) {
            return Progress::Done(Reply::Done(None));
        }
        let Some(device) = self.device(pointer) else { return Progress::Broke(Breach::UsedAfterFree) };
        if !device.attached {
            return if R::IDEMPOTENT {
                Progress::Done(Reply::Done(None))
            } else {
                Progress::Broke(Breach::NotExactlyOnce)
            };
        }
        device.attached = false;
        Progress::CallHost(device.host, HostCall::Detach(device.channel))
    }

    /// `mipi_dsi_device_unregister`, by the peripheral.
    fn unregister(&mut self, call: &mut LinuxCall, pointer: Pointer) -> Step {
        if call.at == 1 && self.is_action_removed(pointer) {
            return Progress::Done(Reply::Done(None));
        }
        let Some(device) = self.device(pointer) else { return Progress::Broke(Breach::UsedAfterFree) };
        if call.at == 1 {
            if !device.added && !R::IDEMPOTENT {
                return Progress::Broke(Breach::NotExactlyOnce);
            }
            // With references of its own, the side that finds the device on the bus also drops the bus's.
            let last = std::mem::take(&mut device.added) && R::OWN_REFERENCES;
            if last {
                self.put(pointer);
            }
            return Progress::Goes;
        }
        self.put(pointer);
        Progress::Done(Reply::Done(None))
    }

    /// `mipi_dsi_device_transfer`.
    fn transfer(&mut self, call: &mut LinuxCall, pointer: Pointer) -> Step {
        if call.at > 1 {
            return Progress::Done(Reply::Done(None));
        }
        match self.device(pointer) {
            None => Progress::Broke(Breach::UsedAfterFree),
            Some(device) => Progress::CallHost(device.host, HostCall::Transfer(device.channel)),
        }
    }

    /// `mipi_dsi_host_unregister`: each child is detached and unregistered, then the host leaves the list.
    fn unregister_host(&mut self, call: &mut LinuxCall, host: usize) -> Step {
        let Some(pointer) = call.child else {
            let child = self.devices.iter().position(|device| device.added && device.host == host);
            if child.is_none() {
                if let Some(end) = self.hosts.get_mut(host) {
                    end.listed = false;
                }
                return Progress::Done(Reply::Done(None));
            }
            // The iterator of the driver core holds a reference to the child that it is at.
            if let Some(device) = child.and_then(|pointer| self.devices.get_mut(pointer)) {
                device.references += 1;
            }
            call.child = child;
            call.at = 0;
            return Progress::Goes;
        };
        let tells = R::TELLS;
        let Some(device) = self.device(pointer) else { return Progress::Broke(Breach::UsedAfterFree) };
        let channel = device.channel;
        match call.at {
            1 if tells => Progress::Tell { host, channel },
            1 | 2 => {
                call.at = 2;
                if !device.added {
                    // It has let go by itself.
                    call.child = None;
                    self.put(pointer);
                    return Progress::Goes;
                }
                let warns = R::REMOVES_ACTIONS && device.managed && device.action == Action::Taken;
                if R::REMOVES_ACTIONS && device.managed && device.action == Action::Armed {
                    device.action = Action::Removed;
                }
                if std::mem::take(&mut device.attached) {
                    return Progress::CallHost(host, HostCall::Detach(channel));
                }
                // devm_remove_action() of what is being released: -ENOENT, and a warning.
                if warns { Progress::Broke(Breach::NotExactlyOnce) } else { Progress::Goes }
            }
            _ => {
                if !std::mem::take(&mut device.added) {
                    return Progress::Broke(Breach::NotExactlyOnce);
                }
                // The bus's reference, and the iterator's.
                self.put(pointer);
                self.put(pointer);
                call.child = None;
                Progress::Goes
            }
        }
    }

    fn is_action_removed(&self, pointer: Pointer) -> bool {
        self.devices.get(pointer).is_some_and(|device| device.action == Action::Removed)
    }
}

impl<R: Rules> Ownership for Linux<R> {
    type Handle = Pointer;
    type Call = LinuxCall;

    const NAME: &'static str = R::NAME;

    fn new(hosts: usize) -> Self {
        Self { hosts: vec![LinuxHost::default(); hosts], devices: Vec::new(), rules: PhantomData }
    }

    fn memory(&mut self, host: usize, allocated: bool) {
        if let Some(end) = self.hosts.get_mut(host) {
            end.allocated = allocated;
        }
    }

    fn begin(&self, request: Request<Pointer>, _actor: usize) -> LinuxCall {
        LinuxCall { request, at: 0, child: None }
    }

    fn step(&mut self, call: &mut LinuxCall) -> Step {
        // Saturating: after a breach that is not fatal a call may be stepped on and on.
        call.at = call.at.saturating_add(1);
        match call.request {
            Request::RegisterHost(host) => {
                if let Some(end) = self.hosts.get_mut(host) {
                    end.listed = true;
                }
                Progress::Done(Reply::Done(None))
            }
            Request::UnregisterHost { host, .. } => self.unregister_host(call, host),
            Request::Register { host, channel, managed } => self.register(call, host, channel, managed),
            Request::TakeActions(pointer) => {
                // The entry is the peripheral's memory, and there whatever has become of the device.
                let armed = |device: &&mut Device| device.action == Action::Armed;
                if let Some(device) = self.devices.get_mut(pointer).filter(armed) {
                    device.action = Action::Taken;
                }
                Progress::Done(Reply::Done(None))
            }
            Request::Attach(pointer) => self.attach(call, pointer),
            Request::Detach(pointer) => self.detach(call, pointer),
            Request::Unregister(pointer) => self.unregister(call, pointer),
            Request::Transfer(pointer) => self.transfer(call, pointer),
        }
    }

    fn is_quiet(&self) -> bool {
        self.devices.iter().all(|device| !device.added && device.references == 0)
    }

    fn canonical<'a>(
        &mut self,
        calls: impl Iterator<Item = &'a mut LinuxCall>,
        handles: impl Iterator<Item = &'a mut Pointer>,
    ) {
        // Devices on the bus first, by place; then in the order in which they are pointed to; what leaked, last.
        let mut order: Vec<Pointer> = (0..self.devices.len()).collect();
        order.retain(|pointer| self.devices.get(*pointer).is_some_and(|device| device.added));
        order.sort_by_key(|pointer| self.devices.get(*pointer).map(|device| (device.host, device.channel)));
        let mut rename = |pointer: &mut Pointer| {
            let found = order.iter().position(|known| known == pointer).unwrap_or_else(|| {
                order.push(*pointer);
                order.len() - 1
            });
            *pointer = found;
        };
        for call in calls {
            match &mut call.request {
                Request::TakeActions(pointer)
                | Request::Attach(pointer)
                | Request::Detach(pointer)
                | Request::Unregister(pointer)
                | Request::Transfer(pointer) => rename(pointer),
                Request::RegisterHost(_) | Request::UnregisterHost { .. } | Request::Register { .. } => {}
            }
            if let Some(child) = &mut call.child {
                rename(child);
            }
        }
        handles.for_each(&mut rename);
        let leaked = |device: &&Device| device.references > 0;
        let rest = self.devices.iter().enumerate().filter(|(pointer, _)| !order.contains(pointer));
        let leaked = rest.map(|(_, device)| device).find(leaked).cloned();
        let mut kept: Vec<Device> =
            order.iter().filter_map(|pointer| self.devices.get(*pointer).cloned()).collect();
        // Of what was freed only that it was matters; of what leaked, that something did.
        for device in kept.iter_mut().filter(|device| device.references == 0) {
            device.added = false;
            device.attached = false;
        }
        kept.extend(leaked);
        self.devices = kept;
    }
}
