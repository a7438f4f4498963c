//! Steps that nobody else can notice: they look at nothing and change nothing but what their actor alone has.
//!
//! A search may take such a step at once, together with the one before it, and leave out all states in which others go
//! on first. Whoever goes on first finds the same and leaves the same, so whatever their order, the states that are
//! reached afterwards are the same. And an actor who has such a step is awake, so no state with one is a deadlock or is
//! quiet. (This is the smallest of partial order reductions: a persistent set of one step. No cycle is made of such
//! steps, as each program has a few and then asks the bus or ends.)
//!
//! Others see two things through the frames of an actor, which therefore end where they did before: a notice
//! (`calls_of`), and a callback. A command that has its reply counts as over a step earlier (`is_sending`, `is_alone`),
//! which is stricter.

use crate::actor::{Actor, Asleep, Frame};
use crate::ends::Left;
use crate::ownership::{Ownership, Reply};
use crate::program::{Program, ProgramKind};
use crate::steps::Step;
use crate::world::World;

impl<O: Ownership> World<O> {
    /// Takes a step, and with it all following steps that nobody else can notice. Calls `follows` with each of those.
    /// What they break, and what happens in them, counts for the first step.
    pub(crate) fn take_with_private(&mut self, step: Step, mut follows: impl FnMut(Step)) {
        self.take(step);
        while !self.broke.is_fatal()
            && let Some(actor) = self.has_private_step()
        {
            let (broke, events) = (self.broke, self.events);
            self.take(Step::Go(actor));
            follows(Step::Go(actor));
            broke.iter().for_each(|property| self.broke.add(property));
            self.events |= events;
        }
    }

    /// An actor whose next step nobody else can notice.
    fn has_private_step(&self) -> Option<usize> {
        let is_private = |actor: &Option<Actor<O>>| {
            let awake = actor.as_ref().filter(|actor| actor.asleep == Asleep::No);
            awake.is_some_and(|actor| match actor.stack.last() {
                Some(Frame::Program(program)) => self.is_private_in(program, actor),
                Some(Frame::Call(call)) => O::is_private(call),
                Some(Frame::HostCall { .. }) | None => false,
            })
        };
        self.actors.iter().position(is_private)
    }

    /// Whether the next step of a program that this actor runs is private.
    fn is_private_in(&self, program: &Program<O::Handle>, actor: &Actor<O>) -> bool {
        let links = |index: usize| self.shape.peripherals.get(index).map_or(0, |shape| shape.links.len());
        let sent = match program.kind {
            ProgramKind::Release { .. } | ProgramKind::DropHandles => return true,
            ProgramKind::AttachHeld(_) | ProgramKind::Drop(_) => return program.at > 0,
            // Over each of its links: the next one's handle is its driver's.
            ProgramKind::Command(index) => usize::from(program.at) >= links(index),
            ProgramKind::CommandOver { .. }
            | ProgramKind::CommandAndDrop(_)
            | ProgramKind::CommandAndDropHost(_)
            | ProgramKind::Read(_)
            | ProgramKind::CommandHeld(_) => program.at > 0,
            _ => false,
        };
        // One who was alone and is refused looks at who is bound.
        let is_refused = !matches!(actor.reply, None | Some(Reply::Done(_)));
        sent && !(is_refused && actor.is_alone && program.left == Left::Neither)
    }
}
