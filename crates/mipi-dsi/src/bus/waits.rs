//! Waits that would never end, found before they are entered.
//!
//! Somebody waits for what a worker does; that worker may himself be waiting, further down his stack, for what
//! another does. As each thing that can be waited for is done by one caller, following "who does it, and what does he
//! wait for" gives a chain. Where it comes back to the one who is about to wait, the wait is refused. No cycle is ever
//! entered, so the chain of those who wait already ends.
//!
//! Only the waits of one bus are seen; two buses with a lock each know nothing of each other. A caller who holds a lock of his own while he waits can deadlock through that,
//! as he can through any lock.

use super::book::{Books, HostPhase, Serving, Unregistering};
use super::caller::{Caller, WaitFor};

/// The caller who does what `wait` waits for; `None` if nobody does any more.
pub(super) fn who_ends<B: Books + ?Sized>(books: &B, wait: WaitFor) -> Option<Caller> {
    let worker = match wait {
        WaitFor::Link(host) => books.host(host.slot)?.link.as_ref().map(|hold| hold.worker),
        WaitFor::Cancel(host) => books.host(host.slot)?.cancel,
        WaitFor::HostRemoval(host) => match books.host(host.slot)?.phase {
            HostPhase::Leaving { worker, .. } => worker,
            HostPhase::Vacant | HostPhase::Present => None,
        },
        WaitFor::Notice(lease) => books.host(lease.host.slot)?.device(lease.channel).telling,
        WaitFor::Serving(lease) => match books.host(lease.host.slot)?.registration(lease).ok()?.serving {
            Serving::Attaching(worker) | Serving::Detaching { worker, .. } => Some(worker),
            Serving::Draining { worker, .. } => worker,
            Serving::Idle | Serving::Attached(_) => None,
        },
        WaitFor::DeviceRemoval(lease) => {
            match books.host(lease.host.slot)?.registration(lease).ok()?.unregistering {
                Unregistering::By(worker) => Some(worker),
                Unregistering::No | Unregistering::Stalled => None,
            }
        }
    };
    worker.map(|worker| worker.caller)
}

/// Whether `caller`, waiting for `wait`, would wait for himself.
pub(super) fn would_close_a_cycle<B: Books + ?Sized>(books: &B, caller: Caller, wait: WaitFor) -> bool {
    let mut wait = wait;
    loop {
        match who_ends(books, wait) {
            None => return false,
            Some(ending) if ending == caller => return true,
            Some(ending) => match what_he_waits_for(books, ending) {
                None => return false,
                Some(next) => wait = next,
            },
        }
    }
}

fn what_he_waits_for<B: Books + ?Sized>(books: &B, caller: Caller) -> Option<WaitFor> {
    (0..books.slots())
        .filter_map(|slot| books.host(slot))
        .flat_map(|host| host.workers())
        .find(|worker| worker.caller == caller && worker.waits_for.is_some())
        .and_then(|worker| worker.waits_for)
}

/// Notes on everything that `caller` does what he waits for now, or that he waits no longer.
pub(super) fn note<B: Books + ?Sized>(books: &mut B, caller: Caller, wait: Option<WaitFor>) {
    for slot in 0..books.slots() {
        let Some(host) = books.host_mut(slot) else { continue };
        for worker in host.workers_mut().filter(|worker| worker.caller == caller) {
            worker.waits_for = wait;
        }
    }
}
