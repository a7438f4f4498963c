//! Errands: what handles that were dropped in an unsuitable place left to do.
//!
//! Inside a callback a drop can't wait for that very callback, and has nobody to give an error to. It leaves an errand
//! in the book, and whoever ends a call on the host tries to carry it out. An errand never waits: what still runs has
//! somebody who will end it, and who will try in turn.

use super::*;

/// Carries out what can be carried out of a host slot's errands.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Errands {
    slot: usize,
    /// The next to try: a channel's, and after the last channel the host's.
    next: usize,
    current: Current,
    /// A call was made: its callback may have left another errand, on a channel that was passed already.
    called: bool,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Current {
    None,
    Detach(Detach),
    Unregister(UnregisterDevice),
    Host(UnregisterHost),
}

impl Errands {
    /// Of this slot.
    pub fn new(slot: usize) -> Self {
        Self { slot, next: 0, current: Current::None, called: false }
    }

    /// The next errand that nobody is carrying out already.
    fn find(&mut self, host: &HostBook) -> Option<Current> {
        let key = HostKey { slot: self.slot, generation: host.generation };
        while let Some(channel) = VirtualChannel::ALL.get(self.next).copied() {
            self.next = self.next.saturating_add(1);
            let device = host.device(channel);
            let Some(registration) = &device.registration else { continue };
            let lease = Lease { host: key, channel, generation: device.generation };
            let unattended = matches!(
                registration.serving,
                Serving::Idle | Serving::Attached(_) | Serving::Draining { worker: None, .. }
            );
            match (&registration.unregistering, registration.errand) {
                (Unregistering::By(_), _) | (_, Errand::None) => {}
                (_, Errand::Detach(attachment)) if unattended => {
                    return Some(Current::Detach(Detach::link(lease, attachment)));
                }
                (_, Errand::Unregister) if unattended => {
                    let unregister = UnregisterDevice::new(lease, Side::Peripheral, Removal::Orderly);
                    return Some(Current::Unregister(unregister));
                }
                (_, Errand::Detach(_) | Errand::Unregister) => {}
            }
        }
        let attended = matches!(host.phase, HostPhase::Vacant | HostPhase::Leaving { worker: Some(_), .. });
        if self.next > CHANNELS || !host.errand || attended {
            return None;
        }
        self.next = self.next.saturating_add(1);
        Some(Current::Host(UnregisterHost::new(key, Removal::Orderly)))
    }
}

impl Operation for Errands {
    type Answer = ();

    fn advance<B: Books + ?Sized>(&mut self, books: &mut B, caller: Caller) -> Next<()> {
        loop {
            let next = match &mut self.current {
                Current::None => {
                    let Some(host) = books.host(self.slot) else { return Next::Done(()) };
                    match self.find(host) {
                        None => return Next::Done(()),
                        Some(found) => self.current = found,
                    }
                    continue;
                }
                Current::Detach(detach) => detach.advance(books, caller),
                Current::Unregister(unregister) => unregister.advance(books, caller),
                Current::Host(unregister) => unregister.advance(books, caller),
            };
            match next {
                Next::Call(call) => return Next::Call(call),
                // What has been begun stays begun: nobody has a handle any more who could rely on it.
                Next::Wait(_) => self.give_up(books, false),
                Next::Done(_) => {
                    self.current = Current::None;
                    // This ends: each errand that is carried out is one less.
                    if core::mem::take(&mut self.called) {
                        self.next = 0;
                    }
                }
            }
        }
    }

    fn returned<B: Books + ?Sized>(&mut self, books: &mut B, succeeded: bool) {
        self.called = true;
        match &mut self.current {
            Current::None => {}
            Current::Detach(detach) => detach.returned(books, succeeded),
            Current::Unregister(unregister) => unregister.returned(books, succeeded),
            Current::Host(unregister) => unregister.returned(books, succeeded),
        }
    }

    fn give_up<B: Books + ?Sized>(&mut self, books: &mut B, refused: bool) {
        match &mut self.current {
            Current::None => {}
            Current::Detach(detach) => detach.give_up(books, refused),
            Current::Unregister(unregister) => unregister.give_up(books, refused),
            Current::Host(unregister) => unregister.give_up(books, refused),
        }
        self.current = Current::None;
    }

    fn answer_to(_still_running: StillRunning) {}
}

impl Rename for Errands {
    fn rename(&mut self, name: &mut dyn FnMut(&mut Generation)) {
        match &mut self.current {
            Current::None => {}
            Current::Detach(detach) => detach.rename(name),
            Current::Unregister(unregister) => unregister.rename(name),
            Current::Host(unregister) => unregister.rename(name),
        }
    }
}
