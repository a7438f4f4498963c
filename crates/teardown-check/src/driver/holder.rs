//! Somebody else who keeps a handle, whatever happens: an open file, another driver.

use super::sender::{check, send};
use super::{Context, Next};
use crate::ends::{Bound, Entry, Held, Left, LinkEnd};
use crate::ownership::{Ownership, Reply, Request};
use crate::program::Program;
use crate::property::Property;
use crate::shape::Acquisition;

/// Somebody else takes a handle to the device of a bound peripheral.
pub(super) fn hold<O: Ownership>(context: Context<'_, O>, index: usize, at: u8) -> Next<O::Handle> {
    let Context { world, reply, seen, .. } = context;
    let Some(end) = world.peripherals.get_mut(index) else { return Next::Ends };
    match (at, reply, end.links.first()) {
        (0, _, Some(link)) => {
            seen.note("hold", "somebody else looks the device up");
            link.handle.clone().map_or(Next::Ends, |handle| Next::Ask(Request::Hold(handle)))
        }
        (_, Some(Reply::Done(Some(handle))), Some(link)) if end.held.is_none() => {
            let left = match (link.left, end.bound) {
                (Left::Host, _) => Left::Host,
                // What it is worth is decided by who was faster.
                _ if link.handle.as_ref() != Some(&handle) => Left::Unknown,
                (_, Bound::No | Bound::Changing) => Left::Unknown,
                (left, Bound::Yes) => left,
            };
            seen.note("hold.end", "they hold a handle over everything that comes");
            end.held = Some(Held { handle, left });
            Next::Ends
        }
        (_, Some(Reply::Done(Some(handle))), _) => {
            seen.note("hold.drop", "they have one already, and drop the second");
            Next::Ask(Request::Drop(handle))
        }
        _ => {
            seen.note("hold.end", "there is nothing to hold");
            Next::Ends
        }
    }
}

/// They send a command with it.
pub(super) fn command<O: Ownership>(
    context: Context<'_, O>,
    program: &mut Program<O::Handle>,
    index: usize,
    at: u8,
) -> Next<O::Handle> {
    let Context { world, reply, is_alone, seen, .. } = context;
    if let Some(reply) = reply {
        check(world, index, 0, program.left, &reply, is_alone, seen);
    }
    let held = world.peripherals.get(index).and_then(|end| end.held.as_ref()).filter(|_| at == 0);
    let next = held.map(|held| (held.handle.clone(), held.left));
    seen.note("command-held", "somebody else sends a command with the handle that they hold");
    send(program, next, Request::Transfer, seen, ("command-held.end", "the command has ended"))
}

/// They attach the device with it, and detach what they have attached.
pub(super) fn attach<O: Ownership>(
    context: Context<'_, O>,
    program: &mut Program<O::Handle>,
    index: usize,
    at: u8,
) -> Next<O::Handle> {
    let Context { world, reply, seen, .. } = context;
    match (at, reply) {
        (0, _) => {
            seen.note("attach-held", "somebody else attaches the device with the handle that they hold");
            let held = world.peripherals.get(index).and_then(|end| end.held.clone());
            let Some(Held { handle, left }) = held else { return Next::Ends };
            program.left = left;
            Next::Ask(Request::Attach(handle))
        }
        (1, Some(reply)) => {
            let is_right = match program.left {
                Left::Host => matches!(reply, Reply::HostGone | Reply::Gone),
                Left::Device => matches!(reply, Reply::DeviceGone | Reply::HostGone | Reply::Gone),
                Left::Neither | Left::Detached | Left::Unknown => true,
            };
            seen.breaks_if(!is_right, Property::LateCommandsFail);
            seen.breaks_if(reply == Reply::WouldDeadlock, Property::NothingRefused);
            match reply {
                Reply::Done(Some(handle)) => {
                    seen.note("attach-held.detach", "it is attached, and they detach it again");
                    Next::Ask(Request::Detach(handle))
                }
                _ => {
                    seen.note("attach-held.end", "it is not attached");
                    Next::Ends
                }
            }
        }
        (_, reply) => {
            seen.breaks_if(reply == Some(Reply::WouldDeadlock), Property::NothingRefused);
            seen.note("attach-held.end", "what they have attached is detached");
            Next::Ends
        }
    }
}

/// They unregister the device with it.
pub(super) fn unregister<O: Ownership>(
    context: Context<'_, O>,
    program: &mut Program<O::Handle>,
    index: usize,
    at: u8,
) -> Next<O::Handle> {
    let Context { world, reply, seen, .. } = context;
    let Some(end) = world.peripherals.get_mut(index) else { return Next::Ends };
    if at == 0 {
        seen.note("unregister-held", "somebody else unregisters the device with the handle that they hold");
        let Some(held) = end.held.as_mut() else { return Next::Ends };
        if held.left != Left::Host {
            held.left = Left::Unknown;
        }
        let handle = held.handle.clone();
        // The driver's own device is not its own any more, and whether it hears of that is decided by who is faster.
        let is_it = |link: &&mut LinkEnd<O::Handle>| {
            link.handle.as_ref().is_some_and(|of| O::is_same_device(of, &handle))
        };
        for link in end.links.iter_mut().filter(is_it) {
            link.registered = false;
            link.expects_notice = false;
            link.left = Left::Unknown;
        }
        program.entries.push(Entry { what: Acquisition::Registration(0), handle: handle.clone() });
        return Next::Ask(Request::Unregister { device: handle, surprise: false });
    }
    seen.breaks_if(matches!(reply, Some(Reply::WouldDeadlock | Reply::Busy)), Property::NothingRefused);
    let asked_with = program.entries.pop();
    let is_still_held = |held: &&mut Held<O::Handle>| {
        held.left != Left::Host && asked_with.is_some_and(|entry| entry.handle == held.handle)
    };
    if let (Some(Reply::Done(_)), Some(held)) = (reply, end.held.as_mut().filter(is_still_held)) {
        held.left = Left::Device;
    }
    seen.note("unregister-held.end", "the device is unregistered, or was before");
    Next::Ends
}

/// They drop it.
pub(super) fn drop_held<O: Ownership>(context: Context<'_, O>, index: usize, at: u8) -> Next<O::Handle> {
    let Context { world, seen, .. } = context;
    let end = world.peripherals.get_mut(index).filter(|_| at == 0);
    match end.and_then(|end| end.held.take()) {
        Some(held) => {
            seen.note("drop", "they drop their handle");
            Next::Ask(Request::Drop(held.handle))
        }
        None => {
            seen.note("drop.end", "the handle is dropped");
            Next::Ends
        }
    }
}
