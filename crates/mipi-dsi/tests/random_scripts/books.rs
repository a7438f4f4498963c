//! The books of two hosts as a shell keeps them: each with a gate beside it, and with a note of who waits for what.
//!
//! The gate is a plain one; that of the bus, with its atomic words, is tested by itself.

use mipi_dsi::bus::machine::{Books, DeviceKey, Generation, HostBook, LinkHold, LinkKey, LinkState, Profile};
use mipi_dsi::bus::{adapter::Ended, report::WaitFor, Caller};
use std::collections::{BTreeMap, BTreeSet};

/// Hosts that can be there at a time.
pub(crate) const HOSTS: usize = 2;

/// This caller is an interrupt: it can't wait, and it carries out no errands.
pub(crate) fn is_interrupt(caller: Caller) -> bool {
    caller == Caller::from_number(3)
}

/// The books, who waits, and who has passed the gates.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct TheBooks {
    pub(crate) hosts: [HostBook; HOSTS],
    waits: BTreeMap<Caller, WaitFor>,
    gates: [Gate; HOSTS],
    /// Those whose wait may be over: they are asked again.
    woken: BTreeSet<Caller>,
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Gate {
    is_open: bool,
    inside: Vec<(Caller, DeviceKey)>,
}

impl TheBooks {
    pub(crate) fn new() -> Self {
        Self {
            hosts: [HostBook::EMPTY; HOSTS],
            waits: BTreeMap::new(),
            gates: Default::default(),
            woken: BTreeSet::new(),
        }
    }

    /// One section of the lock: the gate is closed before it and opened after it where that is allowed, and those wake
    /// whose wait may be over.
    pub(crate) fn section<R>(&mut self, slot: usize, caller: Caller, step: impl FnOnce(&mut Self) -> R) -> R {
        self.close_gate(slot);
        let result = step(self);
        let book = &mut self.hosts[slot];
        let gate = &mut self.gates[slot];
        if book.gate_may_open() && !book.gate_is_open && gate.inside.is_empty() {
            gate.is_open = true;
            book.gate_is_open = true;
        }
        let ended = Ended { slot, events: book.take_ended() };
        for (waiting, wait) in &self.waits {
            if *waiting != caller && ended.is_end_of(*wait) {
                self.woken.insert(*waiting);
            }
        }
        result
    }

    fn close_gate(&mut self, slot: usize) {
        let (book, gate) = (&mut self.hosts[slot], &mut self.gates[slot]);
        if !std::mem::take(&mut book.gate_is_open) {
            return;
        }
        gate.is_open = false;
        for (caller, device) in &gate.inside {
            if book.profile == Profile::Shared {
                book.devices[device.channel].senders += 1;
            } else {
                book.link = LinkState::Held(LinkHold::of_packet(*caller, device.channel));
            }
        }
    }

    /// Passes the gate, if it is open, free and lets this link pass.
    pub(crate) fn enter_gate(&mut self, caller: Caller, key: LinkKey) -> bool {
        let slot = key.device.host.slot;
        let (book, gate) = (&self.hosts[slot], &mut self.gates[slot]);
        let permit: Option<Generation> =
            if book.profile == Profile::Shared { Some(key.device.generation) } else { key.attachment };
        let is_free = book.profile == Profile::Shared || gate.inside.is_empty();
        let passes = gate.is_open && is_free && permit.is_some() && permit == book.permit(key.device.channel);
        if passes {
            gate.inside.push((caller, key.device));
        }
        passes
    }

    /// Leaves the gate again. Says whether it was closed meanwhile: then the book has to be told.
    pub(crate) fn leave_gate(&mut self, caller: Caller, device: DeviceKey) -> bool {
        let gate = &mut self.gates[device.host.slot];
        let own = gate.inside.iter().rposition(|inside| *inside == (caller, device));
        gate.inside.remove(own.expect("it has entered"));
        !gate.is_open
    }

    pub(crate) fn is_gate_open(&self, slot: usize) -> bool {
        self.gates[slot].is_open
    }

    /// A wait begins with a look.
    pub(crate) fn wake(&mut self, caller: Caller) {
        self.woken.insert(caller);
    }

    /// Whether this caller is about to look whether their wait is over.
    pub(crate) fn will_look(&self, caller: Caller) -> bool {
        self.woken.contains(&caller)
    }

    /// Whether this caller looks whether their wait is over.
    pub(crate) fn is_woken(&mut self, caller: Caller) -> bool {
        self.woken.remove(&caller)
    }
}

impl Books for TheBooks {
    fn host(&self, slot: usize) -> Option<&HostBook> {
        self.hosts.get(slot)
    }

    fn host_mut(&mut self, slot: usize) -> Option<&mut HostBook> {
        self.hosts.get_mut(slot)
    }

    fn waits_for(&self, caller: Caller) -> Option<WaitFor> {
        self.waits.get(&caller).copied()
    }

    fn note_wait(&mut self, caller: Caller, wait: Option<WaitFor>) -> bool {
        match wait {
            Some(_) if is_interrupt(caller) => return false,
            Some(wait) => self.waits.insert(caller, wait),
            None => self.waits.remove(&caller),
        };
        true
    }
}
