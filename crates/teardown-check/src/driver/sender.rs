//! Commands and reads of a peripheral's driver, and how each command has to end.

use super::{Context, Next};
use crate::ends::{Bound, HostEnd, Left};
use crate::note::Seen;
use crate::ownership::{Ownership, Reply, Request};
use crate::program::Program;
use crate::property::Property;
use crate::shape::Profile;
use crate::world::World;

/// A command from a bound peripheral, over each of its links.
pub(super) fn command<O: Ownership>(
    context: Context<'_, O>,
    program: &mut Program<O::Handle>,
    index: usize,
    at: u8,
) -> Next<O::Handle> {
    let Context { world, reply, is_alone, seen, .. } = context;
    if let Some(reply) = reply {
        let link = usize::from(at).saturating_sub(1);
        check(world, index, link, program.left, &reply, is_alone, seen);
    }
    let next = world.peripherals.get(index).and_then(|end| end.links.get(usize::from(at)));
    let next = next.and_then(|link| Some((link.handle.clone()?, link.left)));
    seen.note("command", "the peripheral driver sends a command");
    send(program, next, Request::Transfer, seen, ("command.end", "the command has ended"))
}

/// A command over one of its links.
pub(super) fn command_over<O: Ownership>(
    context: Context<'_, O>,
    program: &mut Program<O::Handle>,
    index: usize,
    link: usize,
    at: u8,
) -> Next<O::Handle> {
    context.seen.note("command", "the peripheral driver sends a command");
    let end = ("command.end", "the command has ended");
    send_once(context, program, index, link, at, Request::Transfer, end)
}

/// A read over its first link.
pub(super) fn read<O: Ownership>(
    context: Context<'_, O>,
    program: &mut Program<O::Handle>,
    index: usize,
    at: u8,
) -> Next<O::Handle> {
    context.seen.note("read", "the peripheral driver reads");
    send_once(context, program, index, 0, at, Request::Read, ("read.end", "the read has ended"))
}

/// One request over one link, and its `end`.
fn send_once<O: Ownership>(
    context: Context<'_, O>,
    program: &mut Program<O::Handle>,
    index: usize,
    link: usize,
    at: u8,
    request: fn(O::Handle) -> Request<O::Handle>,
    end: (&'static str, &'static str),
) -> Next<O::Handle> {
    let Context { world, reply, is_alone, seen } = context;
    if let Some(reply) = reply {
        check(world, index, link, program.left, &reply, is_alone, seen);
    }
    let next = world.peripherals.get(index).and_then(|end| end.links.get(link)).filter(|_| at == 0);
    let next = next.and_then(|link| Some((link.handle.clone()?, link.left)));
    send(program, next, request, seen, end)
}

/// Sends with the next handle, and remembers what had left of what the handle names; with no handle left it is at its
/// `end`.
pub(super) fn send<H>(
    program: &mut Program<H>,
    next: Option<(H, Left)>,
    request: fn(H) -> Request<H>,
    seen: &mut Seen,
    end: (&'static str, &'static str),
) -> Next<H> {
    let Some((handle, left)) = next else {
        seen.note(end.0, end.1);
        return Next::Ends;
    };
    program.left = left;
    Next::Ask(request(handle))
}

/// Whether a command that was sent when this had left has ended as it has to.
pub(super) fn check<O: Ownership>(
    world: &World<O>,
    index: usize,
    link: usize,
    left: Left,
    reply: &Reply<O::Handle>,
    is_alone: bool,
    seen: &mut Seen,
) {
    let is_refused = !matches!(reply, Reply::Done(_));
    let shape = world.shape.peripherals.get(index).and_then(|shape| shape.links.get(link));
    let is_shared = shape
        .and_then(|link| world.shape.hosts.get(link.host))
        .is_some_and(|host| host.profile == Profile::Shared);
    let is_right = match left {
        Left::Host => matches!(reply, Reply::HostGone | Reply::Gone),
        // The host may have left since.
        Left::Device => matches!(reply, Reply::DeviceGone | Reply::HostGone | Reply::Gone),
        // A link ends with its attachment; a pointer to a device of the host's is good again with the next. Over a shared host
        // everybody sends to what is registered.
        Left::Detached if O::HANDLES_RELEASE && !is_shared => {
            matches!(reply, Reply::DeviceGone | Reply::HostGone)
        }
        Left::Detached | Left::Neither | Left::Unknown => true,
    };
    seen.breaks_if(!is_right, Property::LateCommandsFail);
    // From a thread of its own it can always wait.
    seen.breaks_if(matches!(reply, Reply::WouldDeadlock | Reply::Busy), Property::NothingRefused);
    let host_is_bound = shape.and_then(|link| world.hosts.get(link.host)).is_some_and(HostEnd::serves);
    let peripheral_is_bound = world.peripherals.get(index).is_some_and(|end| end.bound == Bound::Yes);
    let nothing_in_the_way = is_alone && host_is_bound && peripheral_is_bound;
    seen.breaks_if(is_refused && left == Left::Neither && nothing_in_the_way, Property::NothingRefused);
}
