//! The driver of a host controller: probe and remove.

use super::{Context, Next};
use crate::ends::Bound;
use crate::note::KernelReport;
use crate::ownership::{Ownership, Reply, Request};
use crate::program::{Program, ProgramKind};
use crate::property::Property;
use crate::world::World;

/// Where the probe is when the host has been registered.
pub(super) const REGISTERED: u8 = 1;
/// Where remove is when the host has been unregistered.
const UNREGISTERED: u8 = 2;
/// Where it waits for the unregistration of a host whose handle it has dropped.
const RELEASED: u8 = 10;

/// Probe: allocate, register. (`Bound::Changing` is the device's lock.)
pub(super) fn bind<O: Ownership>(
    context: Context<'_, O>,
    program: &mut Program<O::Handle>,
    host: usize,
    at: u8,
) -> Next<O::Handle> {
    let Context { world, reply, seen, .. } = context;
    let children = world.shape.children(host).fold(0, |bits, (channel, _)| bits | (1 << channel));
    let Some(end) = world.hosts.get_mut(host) else { return Next::Ends };
    match at {
        0 => {
            if end.bound == Bound::Changing {
                return Next::Sleeps;
            }
            if end.bound == Bound::Yes {
                seen.note("probe.host", "nothing to bind");
                return Next::Ends;
            }
            end.bound = Bound::Changing;
            end.controller = Default::default();
            world.host_memory(host, true);
            seen.note("probe.host", "the host driver's probe allocates its data and registers the host");
            Next::Ask(Request::RegisterHost { host, children })
        }
        REGISTERED if program.fails => {
            seen.note("probe.host.fails", "the host driver's probe fails: it unregisters the host");
            // What remove does undoes it.
            *program = Program::new(ProgramKind::UnbindHost { host, surprise: false });
            program.at = 1;
            ask_unregister(world, host, false)
        }
        _ => {
            seen.breaks_if(reply != Some(Reply::Done(None)), Property::ComesBack);
            seen.note("probe.host.end", "the host driver is bound");
            end.bound = Bound::Yes;
            end.has_handle = true;
            Next::Ends
        }
    }
}

fn ask_unregister<O: Ownership>(world: &World<O>, host: usize, surprise: bool) -> Next<O::Handle> {
    let other_child = world.shape.hosts.get(host).and_then(|shape| shape.other_child);
    Next::Ask(Request::UnregisterHost { host, surprise, other_child })
}

/// Remove: unregister, free.
pub(super) fn unbind<O: Ownership>(
    context: Context<'_, O>,
    program: &mut Program<O::Handle>,
    host: usize,
    at: u8,
    surprise: bool,
) -> Next<O::Handle> {
    let Context { world, reply, seen, .. } = context;
    let asks_again = match reply {
        Some(Reply::GaveUp) => true,
        // One who drops a handle inside of a callback waits for this removal, which would wait for the callback.
        Some(Reply::WouldDeadlock) => world.shape.callers.drop_in_callbacks,
        _ => false,
    };
    match at {
        0 => {
            let Some(end) = world.hosts.get_mut(host) else { return Next::Ends };
            match end.bound {
                Bound::Changing => return Next::Sleeps,
                Bound::No => {
                    seen.note("remove.host", "nothing to unbind");
                    return Next::Ends;
                }
                Bound::Yes => {}
            }
            end.bound = Bound::Changing;
            end.present &= !surprise;
            if !std::mem::take(&mut end.has_handle) {
                program.at = RELEASED;
                seen.note(
                    "remove.host.without-handle",
                    "the host driver no longer has a handle to unregister with",
                );
                return if surprise { Next::Ask(Request::DeclareGone { host }) } else { Next::Goes };
            }
            world.removal_begins(host, seen);
            let how = if surprise {
                "the host is pulled; its driver's remove unregisters it as one whose hardware has gone"
            } else {
                "the host driver's remove unregisters the host"
            };
            seen.note("remove.host", how);
            ask_unregister(world, host, surprise)
        }
        1 if asks_again => {
            program.at = at;
            seen.note("remove.host", "the host driver's remove asks once more");
            ask_unregister(world, host, surprise)
        }
        1 => {
            seen.breaks_if(!matches!(reply, Some(Reply::Done(_))), Property::NothingRefused);
            if let Some(broken) = world.removal_has_returned(host) {
                seen.breaks(broken);
            }
            seen.note("remove.host.unregistered", "the host is unregistered");
            Next::Goes
        }
        RELEASED => {
            // It waits for its controller's last handle to be dropped.
            if world.bus.has_host(host) {
                return Next::Sleeps;
            }
            program.at = UNREGISTERED;
            if let Some(broken) = world.removal_has_returned(host) {
                seen.breaks(broken);
            }
            seen.note("remove.host.unregistered", "whoever carried out the errand has unregistered the host");
            Next::Goes
        }
        _ => {
            if let Some(end) = world.hosts.get_mut(host) {
                end.bound = Bound::No;
                end.present = true;
                end.controller = Default::default();
            }
            world.host_memory(host, false);
            let has_other_child =
                world.shape.hosts.get(host).is_some_and(|shape| shape.other_child.is_some());
            if has_other_child && O::TAKES_OTHER_CHILDREN {
                seen.note("device_del", "the PHY's owner, the host driver, unregisters it a second time");
                seen.breaks(Property::UnregisteredOnce);
                seen.says(KernelReport::UseAfterFree);
                return Next::Ends;
            }
            seen.note("remove.host.end", "the host driver's data is freed");
            Next::Ends
        }
    }
}

/// The hardware goes, and whoever notices that says so. The driver is unbound later.
pub(super) fn declare_gone<O: Ownership>(context: Context<'_, O>, host: usize, at: u8) -> Next<O::Handle> {
    let Context { world, reply, is_alone, seen } = context;
    if at == 0 {
        if let Some(end) = world.hosts.get_mut(host) {
            end.present = false;
        }
        seen.note("declare-gone", "the host's hardware goes, and its owner says so");
        return Next::Ask(Request::DeclareGone { host });
    }
    // Whoever is alone knows that it was this host.
    if is_alone && reply == Some(Reply::Done(None)) {
        world.host_has_left(host);
    }
    seen.note("declare-gone.end", "the host no longer responds");
    Next::Ends
}
