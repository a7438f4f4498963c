//! Takes steps, and notes the result of each.

use super::driver_core::DriverCore;
use super::error::FollowError;
use crate::action::{End, UserAction};
use crate::actor::Frame;
use crate::ends::Bound;
use crate::names::Names;
use crate::ownership::Ownership;
use crate::program::{Program, ProgramKind};
use crate::property::Property;
use crate::replay::{Replay, Snapshot, Taken};
use crate::shape::Shape;
use crate::steps::Step;
use crate::world::World;
use teardown_steps::{Actor, Does, Step as ScriptStep, Until};

/// Takes steps, and notes the result of each.
pub(crate) struct Player<O: Ownership> {
    pub(super) world: World<O>,
    doing: Vec<Doing>,
    pub(super) core: DriverCore,
    /// The steps taken so far.
    pub(crate) replay: Replay,
    /// The property whose breach stops it; `Some(None)` for any property.
    pub(super) stops_at: Option<Option<Property>>,
}

/// What an actor set out to do last.
#[derive(Debug, Clone, Copy)]
struct Doing {
    actor: Actor,
    action: UserAction,
    /// Whether its probe is tried again if it is deferred.
    is_retried: bool,
}

impl<O: Ownership> Player<O> {
    /// The player, with the board up.
    pub(crate) fn new(rules: O::Rules, shape: &Shape, actors: usize) -> Result<Self, FollowError> {
        let doing = |index| {
            let actor = Actor::new(index)?;
            Some(Doing { actor, action: UserAction::Command(0), is_retried: false })
        };
        let doing: Option<Vec<Doing>> = (0..actors.max(1)).map(doing).collect();
        let doing = doing.ok_or(FollowError::TooManyActors(actors))?;
        let world = World::<O>::up(rules, shape, actors).map_err(FollowError::NotUp)?;
        Ok(Self {
            replay: Replay { before: Snapshot::of(&world), taken: Vec::new() },
            world,
            doing,
            core: DriverCore::default(),
            stops_at: None,
        })
    }

    /// Takes a step.
    pub(crate) fn take(&mut self, step: Step) {
        let (Step::SetOut(index, _) | Step::Go(index) | Step::Fail(index) | Step::GiveUp(index)) = step;
        let Some(doing) = self.doing.get_mut(index) else { return };
        if let Step::SetOut(_, action) = step {
            doing.action = action;
        }
        let doing = *doing;
        let seen = self.world.take(step);
        self.leave_out_unserved(index);
        let ends = self.is_idle(index);
        if ends {
            self.ended(doing);
        }
        self.replay.taken.push(Taken {
            actor: doing.actor,
            action: doing.action,
            sets_out: matches!(step, Step::SetOut(..)),
            ends,
            fails: matches!(step, Step::Fail(_)),
            gives_up: matches!(step, Step::GiveUp(_)),
            seen,
            broken: self.world.broken(),
            after: Snapshot::of(&self.world),
        });
    }

    /// A host that comes brings devices, and the driver core probes those whose driver is loaded.
    fn leave_out_unserved(&mut self, index: usize) {
        let Some(Some(actor)) = self.world.actors.get_mut(index) else { return };
        if let [
            ..,
            Frame::Call(_),
            Frame::Program(Program { kind: ProgramKind::BindPeripheral(child), at: 0, .. }),
        ] = actor.stack[..]
            && !self.core.is_loaded(self.world.shape.module(End::Peripheral(child)))
        {
            actor.stack.pop();
        }
    }

    /// An actor has finished their action: a probe that found a host missing is deferred, and if something was
    /// bound, every deferred probe may be tried again.
    fn ended(&mut self, doing: Doing) {
        let UserAction::Bind(end) = doing.action else { return };
        match end {
            _ if self.world.bound(end) == Bound::Yes => self.core.has_bound(),
            End::Peripheral(index) if doing.is_retried && self.misses_a_host(index) => {
                self.core.defer(index);
            }
            End::Peripheral(_) | End::Host(_) => {}
        }
    }

    fn misses_a_host(&self, index: usize) -> bool {
        let links = self.world.shape.peripherals.get(index).map(|shape| &shape.links);
        links.into_iter().flatten().any(|link| self.world.bound(End::Host(link.host)) != Bound::Yes)
    }

    fn is_idle(&self, index: usize) -> bool {
        self.world.actors.get(index).is_none_or(Option::is_none)
    }

    pub(super) fn has_stopped(&self) -> bool {
        let Some(broken) = self.replay.taken.last().map(|taken| taken.broken) else { return false };
        match self.stops_at {
            None => false,
            Some(None) => !broken.is_empty(),
            Some(Some(property)) => broken.has(property) || broken.is_fatal(),
        }
    }

    /// Does what a step of a script says.
    pub(super) fn follow(&mut self, names: &Names, step: &ScriptStep) -> Result<(), FollowError> {
        let (actor, does, until) = step.for_model().map_err(FollowError::NoMeaning)?;
        let index = actor.index();
        let mut places = Vec::new();
        match does {
            Does::GoesOn if self.is_idle(index) => return Err(FollowError::IsIdle(actor)),
            Does::GoesOn => {}
            Does::Fails if !self.world.can_fail(index) => return Err(FollowError::CantFail(actor)),
            Does::Fails => {
                self.take(Step::Fail(index));
                places.extend(self.place());
            }
            Does::GivesUp if !self.world.can_give_up(index) => return Err(FollowError::CantGiveUp(actor)),
            Does::GivesUp => {
                self.take(Step::GiveUp(index));
                places.extend(self.place());
            }
            Does::Act(_) if !self.is_idle(index) => return Err(FollowError::IsBusy(actor)),
            Does::Act(act) => {
                let (actions, is_retried) = self.actions(names, step, act)?;
                // Of several (a module that serves several ends) all but the last are taken to their end.
                for (number, action) in actions.iter().enumerate() {
                    self.set_out(actor, *action, is_retried);
                    places = self.place().into_iter().collect();
                    if number + 1 < actions.len() {
                        self.go(actor, &Until::End, &mut places)?;
                    }
                    if self.has_stopped() {
                        return Ok(());
                    }
                }
                if actions.is_empty() {
                    return Ok(());
                }
            }
        }
        self.go(actor, until, &mut places)
    }

    fn set_out(&mut self, actor: Actor, action: UserAction, is_retried: bool) {
        if let Some(doing) = self.doing.get_mut(actor.index()) {
            doing.is_retried = is_retried;
        }
        self.take(Step::SetOut(actor.index(), action));
    }

    /// The place that the last step has reached.
    fn place(&self) -> Option<&'static str> {
        self.replay.taken.last()?.seen.map(|seen| seen.at)
    }

    fn go(&mut self, actor: Actor, until: &Until, places: &mut Vec<&'static str>) -> Result<(), FollowError> {
        let index = actor.index();
        loop {
            if self.has_stopped() {
                return Ok(());
            }
            let times = |wanted: &str| places.iter().filter(|place| **place == wanted).count();
            if let Until::Place(place, count) = until
                && times(place) >= count.get()
            {
                return Ok(());
            }
            if self.is_idle(index) {
                if let Some(deferred) = self.core.next() {
                    self.set_out(actor, UserAction::Bind(End::Peripheral(deferred)), true);
                    places.extend(self.place());
                    continue;
                }
                return match until {
                    Until::End | Until::Waits => Ok(()),
                    Until::Place(place, times) => {
                        Err(FollowError::NeverCame(actor, place.clone(), *times, std::mem::take(places)))
                    }
                };
            }
            if !self.world.can_step(index) {
                let waits = *until == Until::Waits;
                return if waits { Ok(()) } else { Err(FollowError::Sleeps(actor)) };
            }
            self.take(Step::Go(index));
            places.extend(self.place());
        }
    }
}
