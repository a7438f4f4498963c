//! The reference's handles: what each names, which the script still has, and which an operation uses.

use super::reference::{Key, Sender};
use super::script::Operation;

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Named {
    /// Slot and number of a host; the owner's handle.
    Host(usize, usize),
    /// The same, of one who has found it.
    Found(usize, usize),
    Device(Key),
    Link(Sender),
}

struct Handle {
    named: Named,
    /// Whether the script still has it.
    had: bool,
    users: usize,
}

#[derive(Default)]
pub(crate) struct Handles {
    /// In the order in which they were made, which within a kind is the order of the other side's.
    all: Vec<Handle>,
    /// What every handle that is not dropped yet names.
    counted: Vec<Named>,
}

impl Handles {
    pub(crate) fn make(&mut self, named: Named) {
        self.count(named);
        self.give(named);
    }

    /// The handle is counted.
    pub(crate) fn count(&mut self, named: Named) {
        self.counted.push(named);
    }

    /// The script has it.
    pub(crate) fn give(&mut self, named: Named) {
        self.all.push(Handle { named, had: true, users: 0 });
    }

    /// The handle that an operation chooses.
    pub(crate) fn choose(&self, operation: Operation) -> Option<usize> {
        let (which, is_kind): (usize, fn(&Named) -> bool) = match operation {
            Operation::UnregisterHost(which, _)
            | Operation::DeclareGone(which)
            | Operation::DropHost(which) => (which, |named| matches!(named, Named::Host(..))),
            Operation::DropFound(which) | Operation::RegisterDevice { found: which, .. } => {
                (which, |named| matches!(named, Named::Found(..)))
            }
            Operation::Attach(which)
            | Operation::UnregisterDevice(which, _)
            | Operation::DropDevice(which) => (which, |named| matches!(named, Named::Device(_))),
            Operation::Detach(which)
            | Operation::Transfer(which)
            | Operation::Transaction(which)
            | Operation::DropLink(which) => (which, |named| matches!(named, Named::Link(_))),
            Operation::RegisterHost { .. }
            | Operation::FindHost { .. }
            | Operation::LentTransfer
            | Operation::LentTransaction => return None,
        };
        let alive: Vec<usize> = (0..self.all.len())
            .filter(|index| self.all[*index].had && is_kind(&self.all[*index].named))
            .collect();
        alive.get(which.checked_rem(alive.len())?).copied()
    }

    pub(crate) fn named(&self, handle: usize) -> Named {
        self.all[handle].named
    }

    pub(crate) fn begin_use(&mut self, handle: usize) {
        self.all[handle].users += 1;
    }

    /// Whether the handle is to be dropped now.
    pub(crate) fn end_use(&mut self, handle: usize) -> bool {
        self.all[handle].users -= 1;
        self.all[handle].users == 0 && !self.all[handle].had
    }

    /// The script drops it; it was chosen for that. Whether the handle is to be dropped now.
    pub(crate) fn let_go(&mut self, handle: usize) -> bool {
        self.all[handle].had = false;
        self.end_use(handle)
    }

    /// It has been dropped.
    pub(crate) fn forget(&mut self, named: Named) {
        let index = self.counted.iter().position(|counted| *counted == named).expect("it was counted");
        self.counted.swap_remove(index);
    }

    /// At the end of a script: links first, then what was found, devices, and hosts.
    pub(crate) fn take_for_the_end(&mut self) -> Option<Named> {
        let rank = |named: &Named| match named {
            Named::Link(_) => 0,
            Named::Found(..) => 1,
            Named::Device(_) => 2,
            Named::Host(..) => 3,
        };
        let first =
            self.all.iter_mut().filter(|handle| handle.had).min_by_key(|handle| rank(&handle.named))?;
        first.had = false;
        Some(first.named)
    }

    /// Handles of the host `last` of a slot, and of those before it.
    pub(crate) fn count_hosts(&self, slot: usize, last: usize) -> (u32, u32) {
        self.count_those(|named| match named {
            Named::Host(its_slot, host) | Named::Found(its_slot, host) if *its_slot == slot => {
                Some(*host == last)
            }
            _ => None,
        })
    }

    /// Handles of the device `last` of a channel, links included, and of those before it.
    pub(crate) fn count_devices(&self, slot: usize, channel: usize, last: usize) -> (u32, u32) {
        self.count_those(|named| match named {
            Named::Device(key) | Named::Link(Sender { key, .. })
                if (key.slot, key.channel) == (slot, channel) =>
            {
                Some(key.number == last)
            }
            _ => None,
        })
    }

    fn count_those(&self, is_current: impl Fn(&Named) -> Option<bool>) -> (u32, u32) {
        let counted = self.counted.iter().filter_map(is_current);
        counted.fold((0, 0), |(current, old), is| if is { (current + 1, old) } else { (current, old + 1) })
    }
}
