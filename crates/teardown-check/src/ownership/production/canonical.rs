//! The canonical form of a state: generations named by their first appearance, and queues turned to their beginning.

use super::{Dropped, Handle, Production, ProductionCall, Response, Slot, Stage};
use crate::ownership::Reply;
use mipi_dsi::bus::machine::{Canonical, Generation};
use smallvec::{SmallVec, smallvec};

impl Production {
    pub(super) fn make_canonical<'a>(
        &mut self,
        calls: impl Iterator<Item = &'a mut ProductionCall>,
        handles: impl Iterator<Item = &'a mut Handle>,
    ) {
        let turned: SmallVec<[u8; 2]> = self.slots.iter_mut().map(|slot| slot.book.queue.turn()).collect();
        // A name for each generation, by its first appearance. One namespace does for all slots.
        let mut seen: SmallVec<[Generation; 16]> = smallvec![Generation::NONE];
        let mut name = |generation: &mut Generation| {
            let found = seen.iter().position(|other| other == generation).unwrap_or_else(|| {
                seen.push(*generation);
                seen.len() - 1
            });
            *generation = Generation::new(found as u32);
        };
        for Slot { book, gate, .. } in &mut self.slots {
            book.rename(&mut name);
            gate.rename(&mut name);
        }
        for call in calls {
            call.rename(&mut name);
            if let Some(by) = turned.get(call.slot).filter(|by| **by > 0) {
                call.turn(*by);
            }
        }
        for handle in handles {
            handle.rename(&mut name);
        }
        // They are in calls, too, and have their names already.
        for wait in self.waits.iter_mut().flatten() {
            wait.rename(&mut name);
        }
        let newest = Generation::new((seen.len() - 1) as u32);
        for slot in &mut self.slots {
            slot.book.newest = newest;
        }
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
            Stage::Attach(running, device) => {
                running.rename(name);
                device.rename(name);
            }
            Stage::Detach(running) => running.rename(name),
            Stage::Unregister(running) => running.rename(name),
            Stage::Packet(packet) => packet.rename(name),
            Stage::Read(read) => read.rename(name),
            Stage::DropLink(running, device, attachment) => {
                running.rename(name);
                device.rename(name);
                attachment.iter_mut().for_each(&mut *name);
            }
            Stage::DropDevice(running, device) => {
                running.rename(name);
                device.rename(name);
            }
            Stage::LeaveErrand(device, dropped) => {
                device.rename(name);
                if let Dropped::Link(Some(attachment)) = dropped {
                    name(attachment);
                }
            }
            Stage::Errands(running, reply) => {
                running.rename(name);
                rename_reply(reply, name);
            }
        }
    }
}

impl ProductionCall {
    /// Turns its tickets by as many places as the queue of its host was turned.
    pub(super) fn turn(&mut self, by: u8) {
        match &mut self.stage {
            Stage::Count(_)
            | Stage::BeginHost(_)
            | Stage::FinishHost(..)
            | Stage::RegisterChildren(..)
            | Stage::Find(_)
            | Stage::LeaveErrand(..) => {}
            Stage::RegisterChild(running, _) | Stage::RegisterOn(running) => running.turn(by),
            Stage::UnregisterHost(running) => running.turn(by),
            Stage::Attach(running, _) => running.turn(by),
            Stage::Detach(running) | Stage::DropLink(running, ..) => running.turn(by),
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
