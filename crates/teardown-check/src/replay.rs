//! Replays: the steps of a script or of a counterexample, taken one by one, with what each did and who holds what then.

use crate::action::{End, UserAction};
use crate::ends::Bound;
use crate::names::{Names, Target};
use crate::note::Seen;
use crate::ownership::{Holding, Ownership};
use crate::property::{Broken, Property};
use crate::script::{Does, Script, ScriptStep, Until, Verb, letter, words_for};
use crate::shape::Shape;
use crate::steps::Step;
use crate::world::World;
use std::fmt;

/// Steps that were taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Replay {
    /// How things stand before the first.
    pub before: Standing,
    /// Each, in order.
    pub taken: Vec<Taken>,
}

/// One step that was taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Taken {
    /// By whom.
    pub actor: usize,
    /// What they are in the middle of.
    pub action: UserAction,
    /// Whether it is the first of the action.
    pub sets_out: bool,
    /// Whether the action has ended with it.
    pub ends: bool,
    /// The probe that the actor is in, or the host's attach, fails with it.
    pub fails: bool,
    /// The actor waits no longer.
    pub gives_up: bool,
    /// What it did; nothing, if they fell asleep.
    pub seen: Option<Seen>,
    /// What is broken in the state that it led to.
    pub broken: Broken,
    /// How things stand after it.
    pub after: Standing,
}

/// How things stand: who is bound, and who holds what.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    /// Which drivers are bound.
    pub bound: Vec<(End, Bound)>,
    /// What the bus has.
    pub holdings: Vec<Holding>,
}

impl Standing {
    fn of<O: Ownership>(world: &World<O>) -> Self {
        let bound = world.shape.ends().map(|end| (end, world.bound(end))).collect();
        let mut holdings = world.bus.holdings();
        let held = world.peripherals.iter().enumerate().filter(|(_, end)| end.held.is_some());
        holdings.extend(held.map(|(index, _)| Holding::held(index)));
        Self { bound, holdings }
    }
}

/// A script that cannot be followed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ReplayError {
    /// The board does not come up under this model.
    NotUp(Broken),
    /// Nothing of the board has this name.
    NoSuchDevice(String),
    /// What is done to a peripheral only is done to a host.
    NotAPeripheral(String),
    /// They can't set out to do this now.
    NotNow(ScriptStep, &'static str),
    /// They are in the middle of something else.
    IsBusy(usize),
    /// They are in the middle of nothing.
    IsIdle(usize),
    /// The probe that they are in can't fail here, or they are in none.
    CantFail(usize),
    /// The actor does not wait for what could be given up.
    CantGiveUp(usize),
    /// They sleep until another goes on.
    Sleeps(usize),
    /// They never came there.
    NeverCame(usize, String, Vec<&'static str>),
}

impl fmt::Display for ReplayError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotUp(broken) => {
                let broken: Vec<&str> = broken.iter().map(Property::broken).collect();
                write!(f, "the board does not come up under this model: {}", broken.join(", "))
            }
            Self::NoSuchDevice(name) => write!(f, "there is no device '{name}' here"),
            Self::NotAPeripheral(name) => write!(f, "'{name}' is a host; this is done to a peripheral"),
            Self::NotNow(step, why) => {
                write!(f, "'{}' can't be done now: {why}", Script(vec![step.clone()]))
            }
            Self::IsBusy(actor) => {
                write!(f, "{} is in the middle of something; '{0}: on' lets them go on", letter(*actor))
            }
            Self::IsIdle(actor) => write!(f, "{} is in the middle of nothing", letter(*actor)),
            Self::CantFail(actor) => {
                write!(f, "{} is in no probe that could fail at this point", letter(*actor))
            }
            Self::CantGiveUp(actor) => {
                write!(f, "{} does not wait for anything that can be given up", letter(*actor))
            }
            Self::Sleeps(actor) => {
                write!(
                    f,
                    "{} has to wait; another has to go on first ('until waits' stops them there)",
                    letter(*actor)
                )
            }
            Self::NeverCame(actor, place, came) => {
                write!(f, "{} never came to {place}; they came to {}", letter(*actor), came.join(" "))
            }
        }
    }
}

impl std::error::Error for ReplayError {}

/// Takes the steps of a path that a search has found.
pub fn of_path<O: Ownership>(shape: &Shape, actors: usize, path: &[Step]) -> Result<Replay, ReplayError> {
    let mut player = Player::<O>::new(shape, actors)?;
    for step in path {
        player.take(*step);
    }
    Ok(player.replay)
}

/// Follows a script. It ends where a step breaks `property`, or with none given, any.
pub fn of_script<O: Ownership>(
    shape: &Shape,
    names: &Names,
    script: &Script,
    property: Option<Property>,
) -> Result<Replay, ReplayError> {
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

struct Player<O: Ownership> {
    world: World<O>,
    /// What each actor set out to do last.
    doing: Vec<UserAction>,
    replay: Replay,
    /// The property at whose breach it stops, `Some(None)` for any.
    stops_at: Option<Option<Property>>,
}

impl<O: Ownership> Player<O> {
    fn new(shape: &Shape, actors: usize) -> Result<Self, ReplayError> {
        let world = World::<O>::up(shape, actors).map_err(ReplayError::NotUp)?;
        let replay = Replay { before: Standing::of(&world), taken: Vec::new() };
        let doing = vec![UserAction::Command(0); actors.max(1)];
        Ok(Self { world, doing, replay, stops_at: None })
    }

    fn take(&mut self, step: Step) {
        let (Step::SetOut(actor, _) | Step::Go(actor) | Step::Fail(actor) | Step::GiveUp(actor)) = step;
        if let (Step::SetOut(_, action), Some(doing)) = (step, self.doing.get_mut(actor)) {
            *doing = action;
        }
        let seen = self.world.take(step);
        self.replay.taken.push(Taken {
            actor,
            action: self.doing.get(actor).copied().unwrap_or(UserAction::Command(0)),
            sets_out: matches!(step, Step::SetOut(..)),
            ends: self.is_idle(actor),
            fails: matches!(step, Step::Fail(_)),
            gives_up: matches!(step, Step::GiveUp(_)),
            seen,
            broken: self.world.broken(),
            after: Standing::of(&self.world),
        });
    }

    fn is_idle(&self, actor: usize) -> bool {
        self.world.actors.get(actor).is_none_or(Option::is_none)
    }

    fn has_stopped(&self) -> bool {
        let Some(broken) = self.replay.taken.last().map(|taken| taken.broken) else { return false };
        match self.stops_at {
            None => false,
            Some(None) => !broken.is_empty(),
            Some(Some(property)) => broken.has(property) || broken.is_fatal(),
        }
    }

    fn follow(&mut self, names: &Names, step: &ScriptStep) -> Result<(), ReplayError> {
        let actor = step.actor;
        let mut places = Vec::new();
        match &step.does {
            Does::GoesOn if self.is_idle(actor) => return Err(ReplayError::IsIdle(actor)),
            Does::GoesOn => {}
            Does::Fails if !self.world.can_fail(actor) => return Err(ReplayError::CantFail(actor)),
            Does::Fails => {
                self.take(Step::Fail(actor));
                places.extend(self.place());
            }
            Does::GivesUp if !self.world.can_give_up(actor) => return Err(ReplayError::CantGiveUp(actor)),
            Does::GivesUp => {
                self.take(Step::GiveUp(actor));
                places.extend(self.place());
            }
            Does::SetsOut(..) if !self.is_idle(actor) => return Err(ReplayError::IsBusy(actor)),
            Does::SetsOut(verb, target) => {
                let actions = self.actions(names, step, *verb, target)?;
                // Of several (a module that serves several ends) all but the last are taken to their end.
                for (index, action) in actions.iter().enumerate() {
                    self.take(Step::SetOut(actor, *action));
                    places = self.place().into_iter().collect();
                    if index + 1 < actions.len() {
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
        self.go(actor, &step.until, &mut places)
    }

    /// Where the last step came to.
    fn place(&self) -> Option<&'static str> {
        self.replay.taken.last()?.seen.map(|seen| seen.at)
    }

    fn go(&mut self, actor: usize, until: &Until, places: &mut Vec<&'static str>) -> Result<(), ReplayError> {
        loop {
            if self.has_stopped() {
                return Ok(());
            }
            let is_there =
                |wanted: &str, count: usize| places.iter().filter(|place| **place == wanted).count() >= count;
            match until {
                Until::Place(place, count) if is_there(place, *count) => return Ok(()),
                Until::Place(place, _) if self.is_idle(actor) => {
                    let came = std::mem::take(places);
                    return Err(ReplayError::NeverCame(actor, place.clone(), came));
                }
                Until::End | Until::Waits if self.is_idle(actor) => return Ok(()),
                _ => {}
            }
            if !self.world.can_step(actor) {
                let waits = *until == Until::Waits;
                return if waits { Ok(()) } else { Err(ReplayError::Sleeps(actor)) };
            }
            self.take(Step::Go(actor));
            places.extend(self.place());
        }
    }

    /// What a step sets out to do: nothing, where it is a step without effect, as binding what is bound.
    fn actions(
        &self,
        names: &Names,
        step: &ScriptStep,
        verb: Verb,
        target: &Target,
    ) -> Result<Vec<UserAction>, ReplayError> {
        let end = names.find(target).ok_or_else(|| ReplayError::NoSuchDevice(target.to_string()))?;
        let served = || -> Vec<End> {
            let module = self.world.shape.module(end);
            self.world.shape.ends().filter(|other| self.world.shape.module(*other) == module).collect()
        };
        let one = |action: UserAction| vec![action];
        let not_now = |why| Err(ReplayError::NotNow(step.clone(), why));
        let peripheral = match end {
            End::Peripheral(index) => Some(index),
            End::Host(_) => None,
        };
        let actions = match (verb, peripheral) {
            (Verb::Bind | Verb::Plug, _) => one(UserAction::Bind(end)),
            (Verb::Unbind, _) => one(UserAction::Unbind(end)),
            (Verb::Load, _) => served().into_iter().map(UserAction::Bind).collect(),
            (Verb::Unload, _) => served().into_iter().map(UserAction::Unbind).collect(),
            (Verb::Pull, _) => one(UserAction::Pull(end)),
            (Verb::DeclareGone, _) => match end {
                End::Host(host) => one(UserAction::DeclareGone(host)),
                End::Peripheral(_) => return not_now("only a host's owner says that its hardware has gone"),
            },
            (_, None) => return Err(ReplayError::NotAPeripheral(target.to_string())),
            (Verb::Command, Some(index)) => one(UserAction::Command(index)),
            (Verb::Read, Some(index)) => one(UserAction::Read(index)),
            (Verb::Hold, Some(index)) => one(UserAction::Hold(index)),
            (Verb::CommandHeld, Some(index)) => one(UserAction::CommandHeld(index)),
            (Verb::AttachHeld, Some(index)) => one(UserAction::AttachHeld(index)),
            (Verb::UnregisterHeld, Some(index)) => one(UserAction::UnregisterHeld(index)),
            (Verb::Drop, Some(index)) => one(UserAction::Drop(index)),
            (Verb::CommandAndDrop, Some(index)) => one(UserAction::CommandAndDrop(index)),
            (Verb::CommandAndDropHost, Some(index)) => one(UserAction::CommandAndDropHost(index)),
        };
        // A bind or unbind takes the device's lock, and does nothing where there is nothing to do.
        let [action] = actions[..] else { return Ok(actions) };
        let held =
            peripheral.and_then(|index| self.world.peripherals.get(index)).map(|end| end.held.is_some());
        match action {
            UserAction::Bind(End::Peripheral(index)) | UserAction::Unbind(End::Peripheral(index))
                if self.world.bound(end) == Bound::No && !self.world.can_bind(index) =>
            {
                not_now("its device is there while its host is, which is gone")
            }
            UserAction::Command(_)
            | UserAction::CommandAndDrop(_)
            | UserAction::CommandAndDropHost(_)
            | UserAction::Read(_)
            | UserAction::Hold(_)
                if self.world.bound(end) != Bound::Yes =>
            {
                not_now("no driver is bound to it; bind it first")
            }
            UserAction::Hold(_) if held == Some(true) => not_now("somebody holds a handle already"),
            UserAction::CommandHeld(_)
            | UserAction::AttachHeld(_)
            | UserAction::UnregisterHeld(_)
            | UserAction::Drop(_)
                if held != Some(true) =>
            {
                not_now("nobody holds a handle to it; 'hold' takes one")
            }
            action => Ok(one(action)),
        }
    }
}

/// The script that takes the steps of a replay.
pub fn script_of(replay: &Replay, names: &Names) -> Script {
    let mut steps: Vec<ScriptStep> = Vec::new();
    // Places that the present step came to.
    let mut places: Vec<&'static str> = Vec::new();
    let mut last: Option<&Taken> = None;
    for taken in &replay.taken {
        let goes_on = last.is_some_and(|last| last.actor == taken.actor && !last.ends)
            && !taken.sets_out
            && !taken.fails
            && !taken.gives_up;
        if !goes_on {
            // An actor who was left in the middle of something stays where they came to.
            if let (Some(step), Some(last)) = (steps.last_mut(), last) {
                step.until = stopped_at(last, &places);
            }
            places.clear();
            let does = if taken.sets_out {
                let (verb, target) = words_for(taken.action, names);
                Does::SetsOut(verb, target)
            } else if taken.fails {
                Does::Fails
            } else if taken.gives_up {
                Does::GivesUp
            } else {
                Does::GoesOn
            };
            steps.push(ScriptStep { actor: taken.actor, does, until: Until::End });
        }
        places.extend(taken.seen.map(|seen| seen.at));
        last = Some(taken);
    }
    if let (Some(step), Some(Taken { seen: None, .. })) = (steps.last_mut(), last) {
        step.until = Until::Waits;
    }
    Script(steps)
}

fn stopped_at(last: &Taken, places: &[&'static str]) -> Until {
    match last.seen {
        _ if last.ends => Until::End,
        None => Until::Waits,
        Some(seen) => {
            let count = places.iter().filter(|place| **place == seen.at).count();
            Until::Place(seen.at.to_owned(), count.max(1))
        }
    }
}
