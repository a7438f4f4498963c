//! How a peripheral's driver goes: remove, the release of what it has, and what it does when it is told.

use super::peripheral::{give_up, take_entries};
use super::{Context, Next};
use crate::actor::Asleep;
use crate::ends::{Bound, Entry, Left};
use crate::note::Seen;
use crate::ownership::{Ownership, Reply, Request};
use crate::program::{Program, ProgramKind};
use crate::property::{Event, Property};
use crate::shape::{Acquisition, Control, OnNotice, Release, Waiting};

/// Remove of a peripheral's driver, and the release of what it has: a driver on the DSI bus sends a last command; then
/// every driver detaches and unregisters.
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
    let gives_back = |what| O::HANDLES_RELEASE || release.gives_back(what);
    let forgets = !gives_back(Acquisition::Registration(0));
    let detaches = gives_back(Acquisition::Attachment(0));
    let drops_in_callbacks = world.shape.drops_in_callbacks();
    let runs = !forgets && !drops_in_callbacks && world.calls_of(index);
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
                    ("devres_release_all", "the driver core takes the list of managed resources")
                }
                Release::Plain | Release::Forgotten | Release::Abandoned => {
                    ("remove.release", "the peripheral driver's remove releases what it has")
                }
            };
            seen.note(place, does);
            let is_registration = |entry: &Entry<_>| matches!(entry.what, Acquisition::Registration(_));
            if surprise && drops_in_callbacks && !end.entries.iter().any(is_registration) {
                // Its device was dropped in a callback: nobody is left who could say that the hardware has gone, and a
                // transfer ends by the host's own timeout.
                end.present = true;
                world.wake(Asleep::OnHardware);
            }
            Next::Run(Program::release(take_entries(world, index), surprise))
        }
        _ => {
            // The registration of a child is the host's, which has its own rules for when it calls.
            seen.breaks_if(runs && control == Control::Other, Property::NothingCalledAfter);
            // Whatever the handle was worth, its attachment has ended now.
            if let Some(held) = end.held.as_mut().filter(|held| detaches && held.left != Left::Host) {
                let stays = control == Control::Dsi || forgets;
                held.left = match (drops_in_callbacks, stays) {
                    (true, _) => Left::Unknown,
                    (false, true) => Left::Detached,
                    (false, false) => Left::Device,
                };
            }
            seen.note("remove.end", "the peripheral driver is unbound, and its data freed");
            give_up(world, index)
        }
    }
}

/// Releases one entry after the other, the last first. If the hardware has gone, the unregistration says so and
/// detaches too.
pub(super) fn release<O: Ownership>(
    context: Context<'_, O>,
    program: &mut Program<O::Handle>,
    at: u8,
    surprise: bool,
) -> Next<O::Handle> {
    let Context { world, reply, seen, .. } = context;
    let refused = matches!(reply, Some(Reply::WouldDeadlock | Reply::Busy));
    // Who drops handles inside of callbacks may be waited for by those who release; what is refused is dropped.
    let callers = world.shape.callers;
    // And whoever drops a host inside of a callback may find that the host's hardware has gone, and tells from there.
    let drops_refused = callers.drop_in_callbacks || callers.drop_host_in_callbacks;
    seen.breaks_if(at > 0 && refused && !drops_refused, Property::NothingRefused);
    // Who may have to ask again keeps each entry until it is released.
    let keeps = world.shape.callers.waiting != Waiting::Forever || drops_refused;
    if keeps && at > 0 {
        program.at = at;
        match reply {
            Some(Reply::GaveUp) => {}
            Some(Reply::WouldDeadlock) => {
                let Some(entry) = program.entries.last().cloned() else { return Next::Ends };
                return Next::Ask(drop_of(entry, seen));
            }
            _ => {
                program.entries.pop();
            }
        }
    }
    loop {
        let Some(entry) = program.entries.last().cloned() else {
            seen.note("release.end", "everything has been released");
            return Next::Ends;
        };
        if !keeps {
            program.entries.pop();
        }
        match entry.what {
            Acquisition::Attachment(link) => {
                let is_registration = |entry: &Entry<_>| entry.what == Acquisition::Registration(link);
                let registered = program.entries.iter().any(is_registration);
                if O::CANCELS && surprise && registered {
                    if keeps {
                        program.entries.pop();
                    }
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

/// Drops one handle after the other, the last first.
pub(super) fn drop_handles<O: Ownership>(
    context: Context<'_, O>,
    program: &mut Program<O::Handle>,
) -> Next<O::Handle> {
    let Context { seen, .. } = context;
    program.at = 1;
    let Some(entry) = program.entries.pop() else {
        seen.note("drop-handles.end", "the handles are dropped");
        return Next::Ends;
    };
    Next::Ask(drop_of(entry, seen))
}

/// The request that drops a handle.
fn drop_of<H>(entry: Entry<H>, seen: &mut Seen) -> Request<H> {
    match entry.what {
        Acquisition::Attachment(_) => {
            seen.note("drop-handles.link", "the peripheral's side drops its link");
            Request::DropLink(entry.handle)
        }
        Acquisition::OwnDevice(_) => {
            seen.note("drop-handles.device", "the peripheral driver frees its own DSI device");
            Request::Free(entry.handle)
        }
        Acquisition::Registration(_) => {
            seen.note("drop-handles.device", "the peripheral's side drops its device");
            Request::DropDevice(entry.handle)
        }
    }
}

/// What a driver does when a host leaves on which it has registered a device. Any reply will do, as the driver may be
/// late itself.
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
            if !O::HANDLES_RELEASE {
                end.entries.retain(|entry| entry.what.link() != link);
            }
            seen.note("notice", "the peripheral driver is told, and lets go of its device");
            Next::Run(Program::release(let_go, false))
        }
        (OnNotice::DropHandles, 0) => {
            of.handle = None;
            let dropped = end.entries.iter().filter(|entry| entry.what.link() == link).cloned().collect();
            end.entries.retain(|entry| entry.what.link() != link);
            seen.note("notice", "the peripheral driver is told, and drops its handles");
            Next::Run(Program::drop_handles(dropped))
        }
        _ => {
            seen.note("notice.end", "the notice is over");
            Next::Ends
        }
    }
}

/// What the DSI bus does when a child's device leaves: nobody can bind to it any more, its driver is unbound
/// (`device_release_driver`), and the host's side drops what it kept for it.
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
                seen.note("device_del", "the host's side drops what it kept for the child");
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
