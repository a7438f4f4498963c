//! The canonical form of a state: generations named by their first appearance, and queues rotated to their beginning.
//!
//! What only actors still name has separate names, from `PRIVATE_NAMES` on, so that no other name depends on which
//! actor is which.

use super::{Dropped, Handle, Production, ProductionCall, Response, Slot, Stage};
use crate::encoding::PRIVATE_NAMES;
use crate::ownership::Reply;
use mipi_dsi::bus::machine::{Canonical, Generation};
use smallvec::{SmallVec, smallvec};

impl Production {
    pub(super) fn make_canonical<'a>(
        &mut self,
        ends: impl Iterator<Item = &'a mut Handle>,
        calls: impl Iterator<Item = &'a mut ProductionCall>,
        programs: impl Iterator<Item = &'a mut Handle>,
    ) {
        let turned: SmallVec<[u8; 2]> = self.slots.iter_mut().map(|slot| slot.book.queue.turn()).collect();
        let mut names = Names { seen: smallvec![Generation::NONE], shared: usize::MAX };
        let mut name = |generation: &mut Generation| names.name(generation);
        for Slot { book, gate, .. } in &mut self.slots {
            book.rename(&mut name);
            gate.rename(&mut name);
        }
        ends.for_each(|handle| handle.rename(&mut name));
        let newest = names.seen.len() - 1;
        names.shared = newest;
        let mut name = |generation: &mut Generation| names.name(generation);
        for call in calls {
            call.rename(&mut name);
            if let Some(by) = turned.get(call.slot).filter(|by| **by > 0) {
                call.turn(*by);
            }
        }
        programs.for_each(|handle| handle.rename(&mut name));
        // They are in calls, too, and have their names already.
        for wait in self.waits.iter_mut().flatten() {
            wait.rename(&mut name);
        }
        for slot in &mut self.slots {
            slot.book.newest = Generation::new(newest as u32);
        }
    }
}

/// A name for each generation, by its first appearance. One namespace is enough for all slots.
struct Names {
    seen: SmallVec<[Generation; 16]>,
    /// Generations that are named after this many are named only by actors.
    shared: usize,
}

impl Names {
    fn name(&mut self, generation: &mut Generation) {
        let found = self.seen.iter().position(|other| other == generation).unwrap_or_else(|| {
            self.seen.push(*generation);
            self.seen.len() - 1
        });
        let number = found as u32;
        let above = found.checked_sub(self.shared).filter(|above| *above > 0);
        *generation = Generation::new(above.map_or(number, |above| PRIVATE_NAMES as u32 + above as u32));
    }
}

impl Handle {
    fn rename(&mut self, name: &mut dyn FnMut(&mut Generation)) {
        self.device.rename(name);
        if let Some(attachment) = &mut self.attachment {
            name(attachment);
        }
    }
}

impl Dropped {
    fn rename(&mut self, name: &mut dyn FnMut(&mut Generation)) {
        match self {
            Self::Link(handle) => handle.rename(name),
            Self::Device(device) => device.rename(name),
            Self::Host(host) => host.rename(name),
        }
    }
}

impl Canonical for ProductionCall {
    fn rename(&mut self, name: &mut dyn FnMut(&mut Generation)) {
        if let Some(wait) = &mut self.waits_for {
            wait.rename(name);
        }
        match &mut self.stage {
            Stage::BeginHost(_) | Stage::Find(_) => {}
            Stage::Count(reply) => rename_reply(reply, name),
            Stage::FinishHost(key, _) | Stage::RegisterChildren(key, _) => key.rename(name),
            Stage::RegisterChild(running, _) | Stage::RegisterOn(running) => running.rename(name),
            Stage::UnregisterHost(running) => running.rename(name),
            Stage::DropHost(running, dropped) => {
                running.rename(name);
                dropped.rename(name);
            }
            Stage::DeclareGone(running) => running.rename(name),
            Stage::Attach(running, device) => {
                running.rename(name);
                device.rename(name);
            }
            Stage::Detach(running) => running.rename(name),
            Stage::Unregister(running) => running.rename(name),
            Stage::Packet(packet) => packet.rename(name),
            Stage::Read(read) => read.rename(name),
            Stage::DropLink(running, dropped) => {
                running.rename(name);
                dropped.rename(name);
            }
            Stage::DropDevice(running, dropped) => {
                running.rename(name);
                dropped.rename(name);
            }
            Stage::LeaveErrand(dropped) => dropped.rename(name),
            Stage::Errands(running, reply) => {
                running.rename(name);
                rename_reply(reply, name);
            }
        }
    }
}

impl ProductionCall {
    /// Moves its tickets by as many places as the queue of its host was rotated.
    pub(super) fn turn(&mut self, by: u8) {
        match &mut self.stage {
            Stage::Count(_)
            | Stage::BeginHost(_)
            | Stage::FinishHost(..)
            | Stage::RegisterChildren(..)
            | Stage::Find(_)
            | Stage::LeaveErrand(_) => {}
            Stage::RegisterChild(running, _) | Stage::RegisterOn(running) => running.turn(by),
            Stage::UnregisterHost(running) | Stage::DropHost(running, _) => running.turn(by),
            Stage::DeclareGone(running) => running.turn(by),
            Stage::Attach(running, _) => running.turn(by),
            Stage::Detach(running) | Stage::DropLink(running, _) => running.turn(by),
            Stage::Unregister(running) | Stage::DropDevice(running, _) => running.turn(by),
            Stage::Packet(packet) => packet.turn(by),
            Stage::Read(read) => read.turn(by),
            Stage::Errands(running, _) => running.turn(by),
        }
    }
}

pub(super) fn rename_reply(reply: &mut Response, name: &mut dyn FnMut(&mut Generation)) {
    if let Reply::Done(Some(handle)) = reply {
        handle.rename(name);
    }
}
