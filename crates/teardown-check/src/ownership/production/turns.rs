//! Who waits for the link of a host, in the order in which they came: nobody who came later gets it before them.

use mipi_dsi::bus::machine::{Caller, HostBook, Serving};
use mipi_dsi::wire::VirtualChannel;
use smallvec::SmallVec;

/// Those who wait for one host's link.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub(super) struct Turns(SmallVec<[Waiter; 1]>);

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct Waiter {
    caller: Caller,
    /// They drain this channel: only its senders are in their way.
    drains: Option<VirtualChannel>,
}

impl Turns {
    /// After each step of `caller`: whether they wait for the link now.
    pub(super) fn note(&mut self, book: &HostBook, caller: Caller, waits: bool) {
        let at = self.0.iter().position(|waiter| waiter.caller == caller);
        if !waits {
            if let Some(at) = at {
                self.0.remove(at);
            }
            return;
        }
        let is_drained = |channel: &VirtualChannel| {
            let registration = book.devices[*channel].registration();
            let serving = registration.map(|registration| registration.serving);
            matches!(serving, Some(Serving::Draining { by: Some(by), .. }) if by == caller)
        };
        let waiter = Waiter { caller, drains: VirtualChannel::ALL.into_iter().find(is_drained) };
        match at.and_then(|at| self.0.get_mut(at)) {
            Some(known) => *known = waiter,
            None => self.0.push(waiter),
        }
    }

    /// Whether somebody in the queue came before `caller`, who has just taken the link, which was free, for this
    /// channel. `is_there` says whether they wait for the present host and not for one that has gone.
    pub(super) fn overtakes(
        &self,
        caller: Caller,
        channel: VirtualChannel,
        sends: bool,
        is_there: impl Fn(Caller) -> bool,
    ) -> bool {
        let is_overtaken = |waiter: &Waiter| match waiter.drains {
            None => true,
            Some(drained) => sends && drained == channel,
        };
        let mut first = self.0.iter().take_while(|waiter| waiter.caller != caller);
        first.any(|waiter| is_there(waiter.caller) && is_overtaken(waiter))
    }
}
