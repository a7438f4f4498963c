//! The driver of a peripheral: probe.

use super::{Context, Next};
use crate::ends::{Bound, Entries, Entry, HostEnd, Left};
use crate::note::Seen;
use crate::ownership::{Ownership, Reply, Request};
use crate::program::Program;
use crate::property::{Event, Property};
use crate::shape::{Acquisition, Control, LinkShape};
use crate::world::World;

/// Where a failed probe goes on after it has released what it had.
pub(super) const FAILED: u8 = 100;

/// Probe: find the host, register, attach, for each link. If a host is missing it fails, and is deferred.
pub(super) fn bind<O: Ownership>(
    context: Context<'_, O>,
    program: &mut Program<O::Handle>,
    index: usize,
    at: u8,
) -> Next<O::Handle> {
    let Context { world, reply, is_alone, seen, .. } = context;
    if at >= FAILED {
        seen.note("probe.fails", "the peripheral driver's probe fails, and nothing of it is left");
        return give_up(world, index);
    }
    if at == 0 {
        let is_changing = world.peripherals.get(index).is_some_and(|end| end.bound == Bound::Changing);
        if is_changing {
            return Next::Sleeps;
        }
        if !world.can_bind(index) {
            seen.note("probe", "nothing to bind");
            return Next::Ends;
        }
        begin(world, index);
    }
    let done = usize::from(at);
    let acquisition = |step: usize| world.shape.peripherals.get(index)?.acquisitions().nth(step);
    if let Some(acquired) = done.checked_sub(1).and_then(acquisition) {
        let refusal = match reply {
            Some(Reply::Done(Some(handle))) => {
                acquire(world, index, acquired, handle);
                None
            }
            refusal => refusal,
        };
        if let Some(refusal) = &refusal {
            check_refusal(world, index, acquired, refusal, is_alone, seen);
        }
        if refusal.is_some() || program.fails {
            program.fails = false;
            program.at = FAILED;
            seen.note("probe.failing", "the peripheral driver's probe fails: what it has is released");
            return Next::Run(Program::release(take_entries(world, index), false));
        }
    }
    let acquisition = |step: usize| world.shape.peripherals.get(index)?.acquisitions().nth(step);
    match acquisition(done) {
        Some(next) => {
            let Some(request) = request(world, index, next) else {
                // What it would attach has been taken from it by a notice.
                program.at = FAILED;
                seen.note("probe.failing", "the host has left in the middle of the probe");
                return Next::Run(Program::release(take_entries(world, index), false));
            };
            let (place, does) = match next {
                Acquisition::Registration(_) => {
                    ("probe.register", "the peripheral driver's probe registers a DSI device")
                }
                Acquisition::OwnDevice(_) => {
                    ("probe.make", "the peripheral driver's probe makes a DSI device of its own")
                }
                Acquisition::Attachment(_) => {
                    ("probe.attach", "the peripheral driver's probe attaches its DSI device")
                }
            };
            seen.note(place, does);
            Next::Ask(request)
        }
        None => {
            if let Some(end) = world.peripherals.get_mut(index) {
                end.bound = Bound::Yes;
            }
            seen.note("probe.end", "the peripheral driver is bound");
            seen.happens_if(true, Event::Rebound);
            Next::Ends
        }
    }
}

fn begin<O: Ownership>(world: &mut World<O>, index: usize) {
    let Some(end) = world.peripherals.get_mut(index) else { return };
    end.bound = Bound::Changing;
    for link in &mut end.links {
        link.told = 0;
        link.left = Left::Neither;
    }
}

/// The request for an acquisition. `None` if what it needs has gone.
fn request<O: Ownership>(
    world: &World<O>,
    index: usize,
    acquisition: Acquisition,
) -> Option<Request<O::Handle>> {
    let shape = world.shape.peripherals.get(index)?;
    let end = world.peripherals.get(index)?;
    match acquisition {
        Acquisition::Registration(link) => {
            let LinkShape { host, channel } = *shape.links.get(link)?;
            Some(Request::Register { host, channel })
        }
        Acquisition::OwnDevice(link) => {
            let LinkShape { host, channel } = *shape.links.get(link)?;
            Some(Request::Make { host, channel })
        }
        Acquisition::Attachment(0) if shape.control == Control::Dsi => {
            end.device.clone().map(Request::Attach)
        }
        Acquisition::Attachment(link) => end.links.get(link)?.handle.clone().map(Request::Attach),
    }
}

/// A request was granted: the driver has a handle, and something to release.
fn acquire<O: Ownership>(world: &mut World<O>, index: usize, what: Acquisition, handle: O::Handle) {
    let shape = world.shape.peripherals.get(index);
    // A handle that releases can't be forgotten.
    let gives_back = O::HANDLES_RELEASE || shape.is_none_or(|shape| shape.release.gives_back(what));
    let Some(end) = world.peripherals.get_mut(index) else { return };
    if let Some(link) = end.links.get_mut(what.link()) {
        link.handle = Some(handle.clone());
        link.registered = true;
    }
    if gives_back {
        end.entries.push(Entry { what, handle });
    }
}

/// A probe may be refused because somebody else is active, or its host is not there; for no other reason.
fn check_refusal<O: Ownership>(
    world: &World<O>,
    index: usize,
    what: Acquisition,
    refusal: &Reply<O::Handle>,
    is_alone: bool,
    seen: &mut Seen,
) {
    let link = world.shape.peripherals.get(index).and_then(|shape| shape.links.get(what.link()));
    let host_is_there = link.and_then(|link| world.hosts.get(link.host)).is_some_and(HostEnd::serves);
    // Two peripherals may be described with one channel.
    let is_taken = *refusal == Reply::Busy && link.is_some_and(|link| world.is_another_on(index, *link));
    let by_host = *refusal == Reply::Refused;
    seen.breaks_if(*refusal == Reply::WouldDeadlock, Property::NothingRefused);
    seen.breaks_if(is_alone && host_is_there && !is_taken && !by_host, Property::ComesBack);
}

/// The list of what to release belongs to the releasing driver now: nobody else takes an entry away any more.
pub(super) fn take_entries<O: Ownership>(world: &mut World<O>, index: usize) -> Entries<O::Handle> {
    world.peripherals.get_mut(index).map(|end| std::mem::take(&mut end.entries)).unwrap_or_default()
}

/// The driver's data is freed, and the device's lock released.
pub(super) fn give_up<O: Ownership>(world: &mut World<O>, index: usize) -> Next<O::Handle> {
    if let Some(end) = world.peripherals.get_mut(index) {
        for link in &mut end.links {
            link.handle = None;
            link.registered = false;
            link.told = 0;
            link.left = Left::Neither;
        }
        end.bound = Bound::No;
        end.present = true;
    }
    Next::Ends
}
