//! Which steps can be taken from a state: which actor can set out to do what, and which can go on, fail or give up.

use crate::action::{End, UserAction};
use crate::ends::Bound;
use crate::ownership::Ownership;
use crate::shape::Control;
use crate::world::World;

/// One step of the search.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Step {
    /// An idle actor sets out to do something, and takes the first step.
    SetOut(usize, UserAction),
    /// An actor takes the next step.
    Go(usize),
    /// The probe that the actor is in, or the host's attach, fails for reasons of its own.
    Fail(usize),
    /// An actor who waits for the bus stops waiting.
    GiveUp(usize),
}

impl<O: Ownership> World<O> {
    /// All steps that can be taken from here.
    pub fn steps(&self, steps: &mut Vec<Step>) {
        if self.broke.is_fatal() {
            return;
        }
        // Idle actors are alike: the first sets out.
        if let Some(idle) = self.actors.iter().position(Option::is_none) {
            self.each_action(|action| steps.push(Step::SetOut(idle, action)));
        }
        let actors = || 0..self.actors.len();
        steps.extend(actors().filter(|actor| self.can_step(*actor)).map(Step::Go));
        steps.extend(actors().filter(|actor| self.can_fail(*actor)).map(Step::Fail));
        steps.extend(actors().filter(|actor| self.can_give_up(*actor)).map(Step::GiveUp));
    }

    /// Calls `found` with every action that somebody can set out for in this state, except those that would have no
    /// effect. If the model does not distinguish a surprise from an orderly removal, pulling is unbinding.
    fn each_action(&self, mut found: impl FnMut(UserAction)) {
        let callers = self.shape.callers;
        for (index, host) in self.hosts.iter().enumerate() {
            let end = End::Host(index);
            match host.bound {
                Bound::Yes => found(UserAction::Unbind(end)),
                Bound::No => found(UserAction::Bind(end)),
                Bound::Changing => {}
            }
            if O::CANCELS && host.bound == Bound::Yes {
                found(UserAction::Pull(end));
            }
            let is_there = host.bound == Bound::Yes && host.present;
            if O::CANCELS && callers.declare_gone && is_there {
                found(UserAction::DeclareGone(index));
            }
        }
        for (index, (peripheral, shape)) in self.peripherals.iter().zip(&self.shape.peripherals).enumerate() {
            let end = End::Peripheral(index);
            match peripheral.bound {
                Bound::Yes => {
                    [UserAction::Unbind(end), UserAction::Command(index), UserAction::Read(index)]
                        .into_iter()
                        .for_each(&mut found);
                    // Of a child of the host only the cable can be pulled, of which the bus does not hear.
                    // Who drops handles inside of callbacks has none left to say it with.
                    if O::CANCELS && shape.control == Control::Other && !callers.drop_in_callbacks {
                        found(UserAction::Pull(end));
                    }
                    if peripheral.held.is_none() {
                        found(UserAction::Hold(index));
                    }
                    if callers.drop_in_callbacks && shape.control == Control::Other {
                        found(UserAction::CommandAndDrop(index));
                    }
                    if O::HANDLES_RELEASE && callers.drop_host_in_callbacks {
                        found(UserAction::CommandAndDropHost(index));
                    }
                }
                Bound::No if self.can_bind(index) => found(UserAction::Bind(end)),
                Bound::No | Bound::Changing => {}
            }
            if peripheral.held.is_some() {
                [UserAction::CommandHeld(index), UserAction::Drop(index)].into_iter().for_each(&mut found);
                if callers.old_handles {
                    found(UserAction::AttachHeld(index));
                    if shape.control == Control::Other {
                        found(UserAction::UnregisterHeld(index));
                    }
                }
            }
        }
    }
}
