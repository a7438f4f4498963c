//! The generations in handles and calls, to bring a state to its canonical form. The book renames its own.

use super::{Answer, Handle, ProductionCall, Stage};
use crate::ownership::Reply;
use mipi_dsi::bus::{Generation, Rename};

impl Rename for Handle {
    fn rename(&mut self, name: &mut dyn FnMut(&mut Generation)) {
        self.lease.rename(name);
        self.attachment.rename(name);
    }
}

impl Rename for ProductionCall {
    fn rename(&mut self, name: &mut dyn FnMut(&mut Generation)) {
        self.waits_for.rename(name);
        match &mut self.stage {
            Stage::Immediate(request) => {
                if let Some(handle) = request.handle_mut() {
                    handle.rename(name);
                }
            }
            Stage::RegisterChildren(key, _) | Stage::RegisterOn(key, _) => key.rename(name),
            Stage::UnregisterHost(running) => running.rename(name),
            Stage::Attach(running, handle) => {
                running.rename(name);
                handle.rename(name);
            }
            Stage::Detach(running) => running.rename(name),
            Stage::Unregister(running) => running.rename(name),
            Stage::Transfer(running) => running.rename(name),
            Stage::Read(read) => read.rename(name),
            Stage::Errands(running, reply) => {
                running.rename(name);
                rename_reply(reply, name);
            }
        }
    }
}

pub(super) fn rename_reply(reply: &mut Answer, name: &mut dyn FnMut(&mut Generation)) {
    if let Reply::Done(Some(handle)) = reply {
        handle.rename(name);
    }
}
