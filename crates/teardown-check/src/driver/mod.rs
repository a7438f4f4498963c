//! The drivers, as programs: which requests a probe, a remove, a command and a notice make, and in which order.
//!
//! A program is a program counter and nothing else; the world has what it acts on. `crates/board` has the same drivers
//! for virtual hardware.

mod holder;
mod host;
mod peripheral;
mod removal;
mod sender;

use crate::note::Seen;
use crate::ownership::{Ownership, Reply, Request};
use crate::program::{Program, ProgramKind};
use crate::world::World;

/// What a program does next.
pub enum Next<H> {
    /// It sleeps until a device's lock is released.
    Sleeps,
    /// It makes a request, and goes on with the reply.
    Ask(Request<H>),
    /// It runs another program first.
    Run(Program<H>),
    /// It took a step.
    Goes,
    /// It has ended.
    Ends,
}

/// What a program has when it takes a step: the world, and the reply to its last request.
struct Context<'a, O: Ownership> {
    world: &'a mut World<O>,
    reply: Option<Reply<O::Handle>>,
    /// Whether nobody else has done anything since they set out.
    is_alone: bool,
    seen: &'a mut Seen,
}

impl<H: Clone> Program<H> {
    /// Whether this is a probe that could fail here, for reasons of its own, after it has acquired something.
    pub fn may_fail(&self) -> bool {
        match self.kind {
            ProgramKind::BindHost(_) => self.at == host::REGISTERED,
            ProgramKind::BindPeripheral(_) => (1..peripheral::FAILED).contains(&self.at),
            _ => false,
        }
    }

    /// The probe fails, after its last request was granted.
    pub fn fail(&mut self) {
        self.fails = true;
    }

    /// Its next step; `reply` is the reply to its last request.
    pub fn step<O: Ownership<Handle = H>>(
        &mut self,
        world: &mut World<O>,
        reply: Option<Reply<H>>,
        is_alone: bool,
        seen: &mut Seen,
    ) -> Next<H> {
        seen.lane = self.kind.lane();
        let context = Context { world, reply, is_alone, seen };
        let at = self.at;
        self.at = at.saturating_add(1);
        match self.kind {
            ProgramKind::BindHost(host) => host::bind(context, self, host, at),
            ProgramKind::UnbindHost { host, surprise } => host::unbind(context, self, host, at, surprise),
            ProgramKind::BindPeripheral(index) => peripheral::bind(context, self, index, at),
            ProgramKind::UnbindPeripheral { index, surprise } => {
                removal::unbind(context, index, at, surprise)
            }
            ProgramKind::Release { surprise } => removal::release(context, self, at, surprise),
            ProgramKind::Notice { index, link } => removal::notice(context, index, link, at),
            ProgramKind::RemoveChild(index) => removal::remove_child(context, self, index, at),
            ProgramKind::Command(index) => sender::command(context, self, index, at),
            ProgramKind::CommandOver { index, link } => sender::command_over(context, self, index, link, at),
            ProgramKind::Read(index) => sender::read(context, self, index, at),
            ProgramKind::Hold(index) => holder::hold(context, index, at),
            ProgramKind::CommandHeld(index) => holder::command(context, self, index, at),
            ProgramKind::AttachHeld(index) => holder::attach(context, self, index, at),
            ProgramKind::UnregisterHeld(index) => holder::unregister(context, self, index, at),
            ProgramKind::Drop(index) => holder::drop_held(context, index, at),
            ProgramKind::CommandAndDrop(index) | ProgramKind::CommandAndDropHost(index) => {
                sender::command_over(context, self, index, 0, at)
            }
            ProgramKind::DeclareGone(host) => host::declare_gone(context, host, at),
            ProgramKind::DropHandles => removal::drop_handles(context, self),
        }
    }
}
