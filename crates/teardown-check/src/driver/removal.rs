//! How a peripheral's driver goes: remove, the release of what it has, and what it does when it is told.

use super::peripheral::{give_up, take_entries};
use super::{Context, Next, Program, ProgramKind};
use crate::ownership::{Ownership, Reply, Request};
use crate::property::{Event, Property};
use crate::shape::{Acquisition, Control, OnNotice, Release};
use crate::world::{Bound, Entry, Left};

/// Remove of a peripheral's driver, and the release of what it has: a last command from one on the DSI bus, then detach,
/// unregister.
pub(super) fn unbind<O: Ownership>(
    context: Context<'_, O>,
    index: usize,
    at: u8,
    surprise: bool,
) -> Next<O::Handle> {
    let Context { world, seen, .. } = context;
    let Some(shape) = world.shape.peripherals.get(index) else { return Next::Ends };
    let (control, release) = (shape.control, shape.release);
    let host = shape.links.first().map(|link| link.host);
    let gives_back = |what| O::LEASES || release.gives_back(what);
    let forgets = !gives_back(Acquisition::Registration(0));
    let detaches = gives_back(Acquisition::Attachment(0));
    let runs = !forgets && world.calls_of(index);
    let Some(end) = world.peripherals.get_mut(index) else { return Next::Ends };
    match at {
        0 => {
            match end.bound {
                Bound::Changing => return Next::Sleeps,
                Bound::No => {
                    seen.note("remove", "nothing to unbind");
                    return Next::Ends;
                }
                Bound::Yes => {}
            }
            end.bound = Bound::Changing;
            end.present &= !surprise;
            let host_stays =
                host.and_then(|host| world.hosts.get(host)).is_some_and(|host| host.bound == Bound::Yes);
            seen.happens_if(host_stays, Event::PeripheralWentFirst);
            let handle = end.links.first().and_then(|link| link.handle.clone());
            match handle.filter(|_| control == Control::Dsi) {
                Some(handle) => {
                    seen.note("remove", "the peripheral driver's remove sends a last command");
                    Next::Ask(Request::Transfer(handle))
                }
                None => {
                    seen.note("remove", "the peripheral driver's remove begins");
                    Next::Goes
                }
            }
        }
        1 => {
            let (place, does) = match release {
                Release::Managed => {
                    ("devres_release_all", "the device model takes the list of what is managed")
                }
                Release::Plain | Release::Forgotten | Release::Abandoned => {
                    ("remove.release", "the peripheral driver's remove releases what it has")
                }
            };
            seen.note(place, does);
            Next::Run(Program::release(take_entries(world, index), surprise))
        }
        _ => {
            // The registration of a child is the host's, which has its own rules for when it calls.
            seen.breaks_if(runs && control == Control::Other, Property::NothingCalledAfter);
            // Whatever the handle was worth, its attachment has ended now.
            if let Some(held) = end.held.as_mut().filter(|held| detaches && held.left != Left::Host) {
                let stays = control == Control::Dsi || forgets;
                held.left = if stays { Left::Detached } else { Left::Device };
            }
            seen.note("remove.end", "the peripheral driver is unbound, and its data freed");
            give_up(world, index)
        }
    }
}

/// Releases entry after entry, the last first. Where the hardware has gone, the unregistration says so and detaches too.
pub(super) fn release<O: Ownership>(
    context: Context<'_, O>,
    program: &mut Program<O::Handle>,
    at: u8,
    surprise: bool,
) -> Next<O::Handle> {
    let Context { reply, seen, .. } = context;
    let refused = matches!(reply, Some(Reply::WouldDeadlock | Reply::Busy));
    seen.breaks_if(at > 0 && refused, Property::NothingRefused);
    loop {
        let Some(entry) = program.entries.pop() else {
            seen.note("release.end", "everything has been released");
            return Next::Ends;
        };
        match entry.what {
            Acquisition::Attachment(link) => {
                let registered =
                    program.entries.iter().any(|entry| entry.what == Acquisition::Registration(link));
                if O::CANCELS && surprise && registered {
                    continue;
                }
                seen.note("release.detach", "the peripheral's side detaches its DSI device");
                return Next::Ask(Request::Detach(entry.handle));
            }
            Acquisition::OwnDevice(_) => {
                seen.note("release.free", "the peripheral driver frees its own DSI device");
                return Next::Ask(Request::Free(entry.handle));
            }
            Acquisition::Registration(_) => {
                seen.note("release.unregister", "the peripheral's side unregisters its DSI device");
                return Next::Ask(Request::Unregister { device: entry.handle, surprise });
            }
        }
    }
}

/// What a driver does when the host leaves on which it has registered a device. Any answer will do: it may be late
/// itself.
pub(super) fn notice<O: Ownership>(
    context: Context<'_, O>,
    index: usize,
    link: usize,
    at: u8,
) -> Next<O::Handle> {
    let Context { world, seen, .. } = context;
    let Some(on_notice) = world.shape.peripherals.get(index).map(|shape| shape.on_notice) else {
        return Next::Ends;
    };
    let Some(end) = world.peripherals.get_mut(index) else { return Next::Ends };
    let Some(of) = end.links.get_mut(link) else { return Next::Ends };
    match (on_notice, at) {
        (OnNotice::LastCommand, 0) => {
            seen.note("notice", "the peripheral driver is told, and sends a last command");
            of.handle.clone().map_or(Next::Ends, |handle| Next::Ask(Request::Transfer(handle)))
        }
        (OnNotice::LetGo, 0) => {
            // It knows now, and keeps nothing that it could call with.
            of.handle = None;
            let let_go = end.entries.iter().filter(|entry| entry.what.link() == link).cloned().collect();
            if !O::LEASES {
                end.entries.retain(|entry| entry.what.link() != link);
            }
            seen.note("notice", "the peripheral driver is told, and lets go of its device");
            Next::Run(Program::release(let_go, false))
        }
        _ => {
            seen.note("notice.end", "the notice is over");
            Next::Ends
        }
    }
}

/// What the DSI bus does to a child's device that leaves: nobody binds to it any more, its driver is unbound
/// (`device_release_driver`), and the host's side drops what it kept of it.
pub(super) fn remove_child<O: Ownership>(
    context: Context<'_, O>,
    program: &mut Program<O::Handle>,
    index: usize,
    at: u8,
) -> Next<O::Handle> {
    let Context { world, seen, .. } = context;
    let Some(end) = world.peripherals.get_mut(index) else { return Next::Ends };
    if let Some(handle) = end.device.take() {
        program.entries.push(Entry { what: Acquisition::Registration(0), handle });
    }
    match at {
        0 => {
            seen.note("device_release_driver", "the driver of the child's device is unbound");
            Next::Run(Program::new(ProgramKind::UnbindPeripheral { index, surprise: false }))
        }
        1 => match program.entries.pop() {
            Some(entry) => {
                seen.note("device_del", "the host's side drops what it kept of the child");
                Next::Ask(Request::DropChild(entry.handle))
            }
            None => Next::Ends,
        },
        _ => {
            seen.note("device_del.end", "the child's device has left the DSI bus");
            Next::Ends
        }
    }
}
