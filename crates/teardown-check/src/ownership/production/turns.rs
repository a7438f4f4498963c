//! Who waits for the link of a host, in the order in which they came: nobody who came later gets it before them, unless they
//! are refused anyway.

use mipi_dsi::bus::machine::{Caller, HostBook, Serving};
use mipi_dsi::wire::VirtualChannel;
use smallvec::SmallVec;

/// Those who wait for one host's link.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub(super) struct Turns(SmallVec<[Waiter; 1]>);

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct Waiter {
    caller: Caller,
    wants: Wants,
}

/// What somebody who waits wants with the link.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Wants {
    /// To send to this channel. When its device is about to be detached, they are refused.
    Send(VirtualChannel),
    /// To drain this channel: only its senders are in their way.
    Drain(VirtualChannel),
    /// Something else.
    Another,
}

impl Waiter {
    /// Whether somebody is in their way who has the link now for this channel, and sends to it or not.
    fn is_overtaken(&self, book: &HostBook, channel: VirtualChannel, sends: bool) -> bool {
        match self.wants {
            Wants::Send(to) => match serving(book, to) {
                Some(Serving::Attached(_)) => true,
                // From inside of the callback they send; others are refused.
                serving => serving.is_some_and(|serving| serving.caller() == Some(self.caller)),
            },
            Wants::Drain(drained) => sends && drained == channel,
            Wants::Another => true,
        }
    }
}

fn serving(book: &HostBook, channel: VirtualChannel) -> Option<Serving> {
    book.devices[channel].registration().map(|registration| registration.serving)
}

impl Turns {
    /// After each step of `caller`: whether they wait for the link now, and to which channel they want to send if they do.
    pub(super) fn note(
        &mut self,
        book: &HostBook,
        caller: Caller,
        waits: bool,
        sends_to: Option<VirtualChannel>,
    ) {
        let at = self.0.iter().position(|waiter| waiter.caller == caller);
        if !waits {
            if let Some(at) = at {
                self.0.remove(at);
            }
            return;
        }
        let is_drained = |channel: &VirtualChannel| matches!(serving(book, *channel), Some(Serving::Draining { by: Some(by), .. }) if by == caller);
        let drains = VirtualChannel::ALL.into_iter().find(is_drained).map(Wants::Drain);
        let wants = sends_to.map(Wants::Send).or(drains).unwrap_or(Wants::Another);
        let waiter = Waiter { caller, wants };
        match at.and_then(|at| self.0.get_mut(at)) {
            Some(known) => *known = waiter,
            None => self.0.push(waiter),
        }
    }

    /// Whether somebody in the queue came before `caller`, who has just taken the link, which was free, for this
    /// channel. `is_there` says whether they wait for the present host and not for one that has gone.
    pub(super) fn overtakes(
        &self,
        book: &HostBook,
        caller: Caller,
        channel: VirtualChannel,
        sends: bool,
        is_there: impl Fn(Caller) -> bool,
    ) -> bool {
        let mut first = self.0.iter().take_while(|waiter| waiter.caller != caller);
        first.any(|waiter| is_there(waiter.caller) && waiter.is_overtaken(book, channel, sends))
    }
}
