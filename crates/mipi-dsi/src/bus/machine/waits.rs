//! Finds waits that would never end before anybody enters them.
//!
//! A caller waits for what other callers do, and those may themselves wait for others. This module follows "who ends it,
//! and what do they wait for"; if that leads back to the caller who is about to wait, the wait is refused. So no cycle of
//! waits ever forms, and each wait that was entered ends.
//!
//! It sees only the waits of one bus. A caller who holds a lock of their own while they wait can deadlock through that,
//! as with any lock. The book does not know who sends in the shared profile, so a wait for those is never refused.

use super::super::wire::VirtualChannel;
use super::book::{HostBook, HostPhase, Life, Serving};
use super::caller::{Caller, WaitFor, CALLERS_WAIT};
use super::key::DeviceKey;

/// The books of a bus, and who waits.
pub trait Books {
    /// The book of slot `slot`, if there is such a slot.
    fn host(&self, slot: usize) -> Option<&HostBook>;

    /// Mutable version of [`host`](Self::host).
    fn host_mut(&mut self, slot: usize) -> Option<&mut HostBook>;

    /// What this caller waits for.
    fn waits_for(&self, caller: Caller) -> Option<WaitFor>;

    /// Notes what this caller waits for from now on, or with `None` that they no longer wait. Returns whether there was
    /// room to note it; if not, they must not wait.
    fn note_wait(&mut self, caller: Caller, wait: Option<WaitFor>) -> bool;

    /// Whether one of `enders` waits for `caller`, directly or through others. A bus whose lock cannot wait says false.
    fn leads_to(&self, caller: Caller, enders: [Option<Caller>; 2]) -> bool {
        leads_to(self, caller, enders)
    }
}

/// Those who have to do something before `wait` ends; at most two.
pub(super) fn enders<B: Books + ?Sized>(books: &B, wait: &WaitFor) -> [Option<Caller>; 2] {
    let Some(host) = books.host(wait.host().slot) else { return [None; 2] };
    let of_device = |device: &DeviceKey| host.registration(*device).ok();
    let one = match wait {
        WaitFor::Link(_) => return host.hold().map_or([None; 2], |hold| hold.enders()),
        WaitFor::Cancel(_) => host.canceller(),
        WaitFor::HostRemoval(_) => match host.phase {
            HostPhase::Leaving { remover, .. } => remover,
            HostPhase::Vacant | HostPhase::Registering | HostPhase::Present => None,
        },
        WaitFor::Notice(device) => host.devices[device.channel].telling,
        WaitFor::Serving(device) => of_device(device).and_then(|registration| registration.serving.caller()),
        WaitFor::Registration(device) => of_device(device).and_then(|registration| match registration.life {
            Life::Registering(caller) => Some(caller),
            Life::Unregistering(caller) => caller,
            Life::Registered => None,
        }),
        WaitFor::Senders(_) => None,
    };
    [one, None]
}

/// Whether `caller`, waiting for `wait`, would wait for themselves.
pub(super) fn would_deadlock(books: &dyn Books, caller: Caller, wait: &WaitFor) -> bool {
    if !CALLERS_WAIT {
        return false;
    }
    let enders = enders(books, wait);
    enders.contains(&Some(caller)) || books.leads_to(caller, enders)
}

/// How many callers are looked at before a wait is refused because its chain is too long to follow.
const MAX_CHAIN: usize = 32;

/// See [`Books::leads_to`].
///
/// A wait that is over may stay noted until its caller has asked again. By then the same thing may be going on anew, with
/// another ender or even that very caller. So the noted waits can have cycles, and each caller is looked at only once.
pub(in super::super) fn leads_to<B: Books + ?Sized>(
    books: &B,
    caller: Caller,
    mut enders: [Option<Caller>; 2],
) -> bool {
    // It is almost always a chain; it forks at a packet that has a sender and a canceller.
    let mut chain = [None; MAX_CHAIN];
    let mut looked_at = 0_usize;
    loop {
        for ender in enders.into_iter().flatten() {
            if ender == caller {
                return true;
            }
            match chain.iter_mut().find(|room| room.is_none_or(|known| known == ender)) {
                Some(room) => *room = Some(ender),
                None => return true,
            }
        }
        // Find the next one who waits.
        let wait = loop {
            let Some(ender) = chain.get(looked_at).copied().flatten() else { return false };
            looked_at = looked_at.saturating_add(1);
            match books.waits_for(ender) {
                Some(next) if !is_over(books, ender, &next) => break next,
                _ => {}
            }
        };
        enders = self::enders(books, &wait);
    }
}

/// Whether the noted wait of this caller is over, although they have not looked again yet. Somebody else may hold the
/// link by now, but nothing is in the way of whoever attaches or detaches this device.
fn is_over<B: Books + ?Sized>(books: &B, waiter: Caller, wait: &WaitFor) -> bool {
    let WaitFor::Link(key) = wait else { return false };
    let Some(host) = books.host(key.slot) else { return false };
    let Some(hold) = host.hold() else { return false };
    VirtualChannel::ALL.into_iter().any(|channel| {
        let is_admitted = || hold.lets_in(waiter, channel);
        match host.devices[channel].registration().map(|registration| registration.serving) {
            // For the channel's work to end, and then perhaps for the link.
            Some(Serving::Draining { by: Some(by), .. }) if by == waiter => {
                !hold.is_work_of(channel) && (!host.profile.is_serialised() || is_admitted())
            }
            // To send from inside of the callback.
            Some(Serving::Attaching(by) | Serving::Detaching { by, .. }) if by == waiter => is_admitted(),
            _ => false,
        }
    })
}
