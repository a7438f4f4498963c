//! What is done with a bus, in which order. How each step is said to the bus is `glue`'s.

use crate::glue::operation::*;
use crate::glue::{fill, Kind};
use crate::machine::check;

pub fn run<K: Kind>() {
    fill::<K>();
    one_by_one::<K>();
    dropped::<K>();
    host_goes_first::<K>();
    #[cfg(surprise)]
    by_surprise::<K>();
    #[cfg(trace)]
    {
        full::<K>();
        interrupted::<K>();
    }
}

/// Each end takes back what it did, in the opposite order, and then again, when there is nothing left to take back.
#[cfg_attr(trace, inline(never))]
fn one_by_one<K: Kind>() {
    let host = register_host::<K>();
    let found = find_host::<K>();
    let device = register_device::<K>(&found);
    let link = attach::<K>(&device);
    check(write::<K>(&link));
    check(read::<K>(&link));
    check(transaction::<K>(&link));
    check(detach::<K>(&link));
    check(unregister_device::<K>(&device));
    check(unregister_host::<K>(&host));
    check(!write::<K>(&link));
    check(detach::<K>(&link));
    check(unregister_device::<K>(&device));
    check(unregister_host::<K>(&host));
}

/// Nobody says anything: drops do all.
#[cfg_attr(trace, inline(never))]
fn dropped<K: Kind>() {
    let host = register_host::<K>();
    let found = find_host::<K>();
    let device = register_device::<K>(&found);
    drop_found::<K>(found);
    let link = attach::<K>(&device);
    drop_link::<K>(link);
    drop_device::<K>(device);
    drop_host::<K>(host);
}

/// The host goes while a panel is attached, which sends its last commands.
#[cfg_attr(trace, inline(never))]
fn host_goes_first<K: Kind>() {
    let host = register_host::<K>();
    let found = find_host::<K>();
    let device = register_device::<K>(&found);
    let link = attach::<K>(&device);
    check(unregister_host::<K>(&host));
    check(!write::<K>(&link));
}

#[cfg(surprise)]
#[cfg_attr(trace, inline(never))]
fn by_surprise<K: Kind>() {
    let host = register_host_with_limits::<K>();
    let found = find_host::<K>();
    let device = register_device::<K>(&found);
    check(attach_too_much::<K>(&device));
    let link = attach::<K>(&device);
    check(declare_gone::<K>(&host));
    check(!write::<K>(&link));
    check(pull_device::<K>(&device));
    check(pull_host::<K>(&host));
}

/// A host that serves as many panels as it can goes first.
#[cfg(trace)]
#[inline(never)]
fn full<K: Kind>() {
    let host = register_host::<K>();
    let found = find_host::<K>();
    let panels = [0, 1, 2, 3].map(|channel| attached::<K>(&found, channel));
    check(unregister_host::<K>(&host));
    drop(panels);
}

/// In the middle of a write, and then of a transaction, an interrupt tries everything: what would have to wait is refused.
/// On a shared host neither senders nor a detach wait for a sender.
#[cfg(trace)]
#[inline(never)]
fn interrupted<K: Kind>() {
    use crate::machine::interrupt_once;
    let is_shared = cfg!(shared);

    let host = register_host::<K>();
    let found = find_host::<K>();
    let device = register_device::<K>(&found);
    let link = attach::<K>(&device);
    interrupt_once(&|| check(write::<K>(&link) == is_shared), || check(write::<K>(&link)));
    interrupt_once(&|| check(transaction::<K>(&link) == is_shared), || check(transaction::<K>(&link)));
    // A read is two packets; on a shared host nothing keeps the link for the second.
    interrupt_once(&|| check(!unregister_host::<K>(&host)), || check(read::<K>(&link) != is_shared));
    check(unregister_host::<K>(&host));

    let host = register_host::<K>();
    let found = find_host::<K>();
    let device = register_device::<K>(&found);
    let link = attach::<K>(&device);
    interrupt_once(&|| check(detach::<K>(&link) == is_shared), || check(write::<K>(&link)));
    check(detach::<K>(&link));
    let link = attach::<K>(&device);
    interrupt_once(&|| check(!unregister_device::<K>(&device)), || check(write::<K>(&link)));
    check(unregister_device::<K>(&device));

    // What an interrupt drops is carried out when the write has ended.
    let device = register_device::<K>(&found);
    let link = attach::<K>(&device);
    let dropped = core::cell::Cell::new(Some(attached::<K>(&found, 1)));
    interrupt_once(&|| drop(dropped.take()), || check(write::<K>(&link)));
    check(unregister_host::<K>(&host));
}
