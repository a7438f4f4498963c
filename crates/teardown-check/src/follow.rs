//! Following a script: what each of its steps sets out to do, and how far it goes.
//!
//! A search needs no modules and no list of deferred probes, as anybody may bind anything at any time in it. Who types a
//! script does: so here is what Linux's driver core does with a driver that is loaded, or a device that is plugged in, while
//! its host is missing. The probe is deferred, and tried again when something else has been bound. A bind by hand
//! (sysfs) is not.

use crate::action::{End, UserAction};
use crate::actor::Frame;
use crate::ends::Bound;
use crate::names::Names;
use crate::ownership::Ownership;
use crate::program::{Program, ProgramKind};
use crate::property::{Broken, Property};
use crate::replay::{Replay, Standing, Taken};
use crate::shape::Shape;
use crate::steps::Step;
use crate::world::World;
use std::collections::{BTreeSet, VecDeque};
use std::fmt;
use teardown_steps::{Act, Actor, Does, NoMeaning, Script, Step as ScriptStep, Target, Until, Verb};

/// A script that can't be followed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FollowError {
    /// The board does not come up under this model.
    NotUp(Broken),
    /// There are letters for fewer actors than this.
    TooManyActors(usize),
    /// A step means nothing to a model.
    NoMeaning(NoMeaning),
    /// Nothing of the board has this name.
    NoSuchDevice(String),
    /// What is done to a peripheral only is done to a host.
    NotAPeripheral(String),
    /// This can't be done now.
    NotNow(ScriptStep, &'static str),
    /// The actor is in the middle of something else.
    IsBusy(Actor),
    /// The actor is in the middle of nothing.
    IsIdle(Actor),
    /// The probe that the actor is in can't fail here, or they are in none.
    CantFail(Actor),
    /// The actor does not wait for what could be given up.
    CantGiveUp(Actor),
    /// The actor sleeps until another goes on.
    Sleeps(Actor),
    /// The actor never came to that place, but to these.
    NeverCame(Actor, String, Vec<&'static str>),
}

impl fmt::Display for FollowError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotUp(broken) => {
                let broken: Vec<&str> = broken.iter().map(Property::broken).collect();
                write!(f, "the board does not come up under this model: {}", broken.join(", "))
            }
            Self::TooManyActors(count) => {
                write!(f, "there are {} actors at most, and not {count}", Actor::COUNT)
            }
            Self::NoMeaning(error) => error.fmt(f),
            Self::NoSuchDevice(name) => write!(f, "there is no device '{name}' here"),
            Self::NotAPeripheral(name) => write!(f, "'{name}' is a host; this is done to a peripheral"),
            Self::NotNow(step, why) => write!(f, "'{step}' can't be done now: {why}"),
            Self::IsBusy(actor) => {
                write!(f, "{actor} is in the middle of something; '{actor}: on' lets them go on")
            }
            Self::IsIdle(actor) => write!(f, "{actor} is in the middle of nothing"),
            Self::CantFail(actor) => write!(f, "{actor} is in no probe that could fail here"),
            Self::CantGiveUp(actor) => write!(f, "{actor} does not wait for anything that can be given up"),
            Self::Sleeps(actor) => {
                write!(
                    f,
                    "{actor} has to wait; another has to go on first ('until waits' stops {actor} there)"
                )
            }
            Self::NeverCame(actor, place, came) => {
                write!(f, "{actor} never came to {place}, but to {}", came.join(" "))
            }
        }
    }
}

impl std::error::Error for FollowError {}

/// Follows a script. It ends where a step breaks `property`, or with none given, any.
///
/// # Errors
///
/// A step that can't be taken.
pub fn script<O: Ownership>(
    shape: &Shape,
    names: &Names,
    script: &Script,
    property: Option<Property>,
) -> Result<Replay, FollowError> {
    let mut player = Player::<O>::new(shape, script.actors())?;
    player.stops_at = Some(property);
    for step in &script.0 {
        player.follow(names, step)?;
        if player.has_stopped() {
            break;
        }
    }
    Ok(player.replay)
}

/// Takes steps, and notes what came of each.
pub(crate) struct Player<O: Ownership> {
    world: World<O>,
    doing: Vec<Doing>,
    /// Modules that are not loaded.
    unloaded: BTreeSet<usize>,
    /// Peripherals whose probe was deferred.
    deferred: BTreeSet<usize>,
    /// Those that are probed again as soon as an actor has ended what they do.
    queued: VecDeque<usize>,
    /// What has been taken.
    pub(crate) replay: Replay,
    /// The property at whose breach it stops, `Some(None)` for any.
    stops_at: Option<Option<Property>>,
}

/// What an actor set out to do last.
#[derive(Debug, Clone, Copy)]
struct Doing {
    actor: Actor,
    action: UserAction,
    /// A probe of it that is deferred is tried again.
    is_retried: bool,
}

impl<O: Ownership> Player<O> {
    /// With the board up.
    pub(crate) fn new(shape: &Shape, actors: usize) -> Result<Self, FollowError> {
        let doing = |index| {
            let actor = Actor::new(index)?;
            Some(Doing { actor, action: UserAction::Command(0), is_retried: false })
        };
        let doing: Option<Vec<Doing>> = (0..actors.max(1)).map(doing).collect();
        let doing = doing.ok_or(FollowError::TooManyActors(actors))?;
        let world = World::<O>::up(shape, actors).map_err(FollowError::NotUp)?;
        Ok(Self {
            replay: Replay { before: Standing::of(&world), taken: Vec::new() },
            world,
            doing,
            unloaded: BTreeSet::new(),
            deferred: BTreeSet::new(),
            queued: VecDeque::new(),
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
            after: Standing::of(&self.world),
        });
    }

    /// A host that comes brings devices, and the driver core probes them: not where their driver is not loaded.
    fn leave_out_unserved(&mut self, index: usize) {
        let Some(Some(actor)) = self.world.actors.get_mut(index) else { return };
        if let [
            ..,
            Frame::Call(_),
            Frame::Program(Program { kind: ProgramKind::BindPeripheral(child), at: 0, .. }),
        ] = actor.stack[..]
            && self
                .world
                .shape
                .module(End::Peripheral(child))
                .is_some_and(|module| self.unloaded.contains(&module))
        {
            actor.stack.pop();
        }
    }

    /// An actor has done what they set out to do: a probe that found a host missing is deferred, and something that was
    /// bound lets all that is deferred be probed again.
    fn ended(&mut self, doing: Doing) {
        let UserAction::Bind(end) = doing.action else { return };
        match end {
            _ if self.world.bound(end) == Bound::Yes => {
                self.queued.extend(std::mem::take(&mut self.deferred))
            }
            End::Peripheral(index) if doing.is_retried && self.misses_a_host(index) => {
                self.deferred.insert(index);
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

    fn has_stopped(&self) -> bool {
        let Some(broken) = self.replay.taken.last().map(|taken| taken.broken) else { return false };
        match self.stops_at {
            None => false,
            Some(None) => !broken.is_empty(),
            Some(Some(property)) => broken.has(property) || broken.is_fatal(),
        }
    }

    fn follow(&mut self, names: &Names, step: &ScriptStep) -> Result<(), FollowError> {
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

    /// Where the last step came to.
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
                if let Some(deferred) = self.queued.pop_front() {
                    self.set_out(actor, UserAction::Bind(End::Peripheral(deferred)), true);
                    places.extend(self.place());
                    continue;
                }
                return match until {
                    Until::End | Until::Waits => Ok(()),
                    Until::Place(place, _) => {
                        Err(FollowError::NeverCame(actor, place.clone(), std::mem::take(places)))
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

    /// What a step sets out to do: nothing, where it is a step without effect, as loading what is loaded; and whether a
    /// probe of it that is deferred is tried again.
    fn actions(
        &mut self,
        names: &Names,
        step: &ScriptStep,
        act: &Act,
    ) -> Result<(Vec<UserAction>, bool), FollowError> {
        let (verb, target) = match act {
            Act::Do(verb, target) => (*verb, target),
            Act::SecondCommand => (Verb::Command, &self.second_sender(step)?),
        };
        let end = names.find(target).ok_or_else(|| FollowError::NoSuchDevice(target.to_string()))?;
        let module = self.world.shape.module(end);
        let is_loaded = module.is_none_or(|module| !self.unloaded.contains(&module));
        let served = || -> Vec<End> {
            self.world.shape.ends().filter(|other| self.world.shape.module(*other) == module).collect()
        };
        match verb {
            Verb::Load if is_loaded => return Ok((Vec::new(), true)),
            Verb::Load => {
                let actions = served().into_iter().map(UserAction::Bind).collect();
                module.into_iter().for_each(|module| {
                    self.unloaded.remove(&module);
                });
                return Ok((actions, true));
            }
            // The last that was bound goes first.
            Verb::Unload => {
                let actions = served().into_iter().rev().map(UserAction::Unbind).collect();
                for end in served() {
                    if let End::Peripheral(index) = end {
                        self.deferred.remove(&index);
                        self.queued.retain(|queued| *queued != index);
                    }
                }
                self.unloaded.extend(module);
                return Ok((actions, false));
            }
            Verb::Plug => {
                return Ok((if is_loaded { vec![UserAction::Bind(end)] } else { Vec::new() }, true));
            }
            Verb::Bind if !is_loaded => {
                return Err(FollowError::NotNow(step.clone(), "its driver is not loaded; load it first"));
            }
            _ => {}
        }
        let action = match (Self::action(verb, end), end) {
            (Some(action), _) => action,
            (None, _) => return Err(FollowError::NotAPeripheral(target.to_string())),
        };
        match self.why_not_now(action, end) {
            Some(why) => Err(FollowError::NotNow(step.clone(), why)),
            None => Ok((vec![action], false)),
        }
    }

    /// Who sends the second command. A model's driver sends over each of its links.
    fn second_sender(&self, step: &ScriptStep) -> Result<Target, FollowError> {
        let shape = &self.world.shape;
        if shape.peripherals.len() < 2 && shape.peripherals.iter().any(|first| first.links.len() > 1) {
            let why =
                "under a model a peripheral's driver sends over each of its links; 'command' has it do so";
            return Err(FollowError::NotNow(step.clone(), why));
        }
        Ok(Target::End(teardown_steps::End::Peripheral(teardown_steps::Nth::Second)))
    }

    /// What a verb sets out to do to an end; nothing where that is a host, and it is done to peripherals only.
    fn action(verb: Verb, end: End) -> Option<UserAction> {
        Some(match (verb, end) {
            (Verb::Bind | Verb::Plug | Verb::Load, _) => UserAction::Bind(end),
            (Verb::Unbind | Verb::Unload, _) => UserAction::Unbind(end),
            (Verb::Pull, _) => UserAction::Pull(end),
            (_, End::Host(_)) => return None,
            (Verb::Command, End::Peripheral(index)) => UserAction::Command(index),
            (Verb::Read, End::Peripheral(index)) => UserAction::Read(index),
            (Verb::Hold, End::Peripheral(index)) => UserAction::Hold(index),
            (Verb::CommandHeld, End::Peripheral(index)) => UserAction::CommandHeld(index),
            (Verb::AttachHeld, End::Peripheral(index)) => UserAction::AttachHeld(index),
            (Verb::UnregisterHeld, End::Peripheral(index)) => UserAction::UnregisterHeld(index),
            (Verb::Drop, End::Peripheral(index)) => UserAction::Drop(index),
            (Verb::CommandAndDrop, End::Peripheral(index)) => UserAction::CommandAndDrop(index),
        })
    }

    /// Why an action can't be set out for in this state, if it can't. A bind or unbind takes the device's lock, and does
    /// nothing where there is nothing to do.
    fn why_not_now(&self, action: UserAction, end: End) -> Option<&'static str> {
        let is_held = match end {
            End::Peripheral(index) => self.world.peripherals.get(index).is_some_and(|end| end.held.is_some()),
            End::Host(_) => false,
        };
        match action {
            UserAction::Bind(End::Peripheral(index)) | UserAction::Unbind(End::Peripheral(index))
                if self.world.bound(end) == Bound::No && !self.world.can_bind(index) =>
            {
                Some("its device is there while its host is, which is gone")
            }
            UserAction::Command(_)
            | UserAction::CommandAndDrop(_)
            | UserAction::Read(_)
            | UserAction::Hold(_)
                if self.world.bound(end) != Bound::Yes =>
            {
                Some("no driver is bound to it; bind it first")
            }
            UserAction::Hold(_) if is_held => Some("somebody holds a handle already"),
            UserAction::CommandHeld(_)
            | UserAction::AttachHeld(_)
            | UserAction::UnregisterHeld(_)
            | UserAction::Drop(_)
                if !is_held =>
            {
                Some("nobody holds a handle to it; 'hold' takes one")
            }
            _ => None,
        }
    }
}
