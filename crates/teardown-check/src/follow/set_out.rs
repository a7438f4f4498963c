//! What a step of a script sets out to do, or why it can't be done now.

use super::error::FollowError;
use super::player::Player;
use crate::action::{End, UserAction};
use crate::ends::Bound;
use crate::names::Names;
use crate::ownership::Ownership;
use crate::shape::Control;
use teardown_steps::{Act, Does, Step as ScriptStep, Target, Verb};

impl<O: Ownership> Player<O> {
    /// What a step does to which end, if that makes sense in any state.
    fn aim(&self, names: &Names, step: &ScriptStep, act: &Act) -> Result<(Verb, End), FollowError> {
        let (verb, target) = match act {
            Act::Do(verb, target) => (*verb, target),
            Act::SecondCommand => (Verb::Command, &self.second_sender(step)?),
        };
        let end = names.find(target).ok_or_else(|| FollowError::NoSuchDevice {
            name: target.to_string(),
            there_are: names.hosts.iter().chain(&names.peripherals).cloned().collect(),
        })?;
        if verb == Verb::CommandAndDropHost && !O::HANDLES_RELEASE {
            return Err(FollowError::NotUnderModel(step.clone(), "a host's driver has no handle to drop"));
        }
        if verb == Verb::Pull && self.is_on_dsi_bus(end) {
            let why = "only its cable can be pulled, of which the bus does not hear; pull its host";
            return Err(FollowError::NotUnderModel(step.clone(), why));
        }
        match (Self::action(verb, end), verb) {
            (Some(_), _) => Ok((verb, end)),
            (None, Verb::DeclareGone) => Err(FollowError::NotAHost(target.to_string())),
            (None, _) => Err(FollowError::NotAPeripheral(target.to_string())),
        }
    }

    /// Refuses a step that can't be taken in any state.
    pub(super) fn refuse_nonsense(&self, names: &Names, step: &ScriptStep) -> Result<(), FollowError> {
        match step.for_model().map_err(FollowError::NoMeaning)? {
            (_, Does::Act(act), _) => self.aim(names, step, act).map(|_| ()),
            (_, Does::GoesOn | Does::Fails | Does::GivesUp, _) => Ok(()),
        }
    }

    /// What a step sets out to do; nothing if it has no effect, such as loading what is loaded. And whether its probe is
    /// tried again if it is deferred.
    pub(super) fn actions(
        &mut self,
        names: &Names,
        step: &ScriptStep,
        act: &Act,
    ) -> Result<(Vec<UserAction>, bool), FollowError> {
        let (verb, end) = self.aim(names, step, act)?;
        let module = self.world.shape.module(end);
        let is_loaded = self.core.is_loaded(module);
        let served = || -> Vec<End> {
            self.world.shape.ends().filter(|other| self.world.shape.module(*other) == module).collect()
        };
        match verb {
            Verb::Load if is_loaded => return Ok((Vec::new(), true)),
            Verb::Load => {
                let actions = served().into_iter().map(UserAction::Bind).collect();
                module.into_iter().for_each(|module| self.core.load(module));
                return Ok((actions, true));
            }
            // The last that was bound goes first.
            Verb::Unload => {
                let actions = served().into_iter().rev().map(UserAction::Unbind).collect();
                let peripheral = |end: End| match end {
                    End::Peripheral(index) => Some(index),
                    End::Host(_) => None,
                };
                let served: Vec<usize> = served().into_iter().filter_map(peripheral).collect();
                module.into_iter().for_each(|module| self.core.unload(module, &served));
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
        let Some(action) = Self::action(verb, end) else { return Ok((Vec::new(), false)) };
        match self.why_not_now(action, end) {
            Some(why) => Err(FollowError::NotNow(step.clone(), why)),
            None => Ok((vec![action], false)),
        }
    }

    /// Whether it is a peripheral that is its host's child, and so has no board of its own.
    fn is_on_dsi_bus(&self, end: End) -> bool {
        let End::Peripheral(index) = end else { return false };
        self.world.shape.peripherals.get(index).is_some_and(|shape| shape.control == Control::Dsi)
    }

    /// Which peripheral sends the second command. A model's driver sends over each of its links.
    fn second_sender(&self, step: &ScriptStep) -> Result<Target, FollowError> {
        let shape = &self.world.shape;
        if shape.peripherals.len() < 2 && shape.peripherals.iter().any(|first| first.links.len() > 1) {
            let why = "under a model a peripheral's driver sends over each of its links; use 'command'";
            return Err(FollowError::NotNow(step.clone(), why));
        }
        Ok(Target::End(teardown_steps::End::Peripheral(teardown_steps::Nth::Second)))
    }

    /// What a verb sets out to do to an end; nothing if that is a host and the verb is for peripherals.
    fn action(verb: Verb, end: End) -> Option<UserAction> {
        Some(match (verb, end) {
            (Verb::Bind | Verb::Plug | Verb::Load, _) => UserAction::Bind(end),
            (Verb::Unbind | Verb::Unload, _) => UserAction::Unbind(end),
            (Verb::Pull, _) => UserAction::Pull(end),
            (Verb::DeclareGone, End::Host(host)) => UserAction::DeclareGone(host),
            (Verb::DeclareGone, End::Peripheral(_)) | (_, End::Host(_)) => return None,
            (Verb::Command, End::Peripheral(index)) => UserAction::Command(index),
            (Verb::Read, End::Peripheral(index)) => UserAction::Read(index),
            (Verb::Hold, End::Peripheral(index)) => UserAction::Hold(index),
            (Verb::CommandHeld, End::Peripheral(index)) => UserAction::CommandHeld(index),
            (Verb::AttachHeld, End::Peripheral(index)) => UserAction::AttachHeld(index),
            (Verb::UnregisterHeld, End::Peripheral(index)) => UserAction::UnregisterHeld(index),
            (Verb::Drop, End::Peripheral(index)) => UserAction::Drop(index),
            (Verb::CommandAndDrop, End::Peripheral(index)) => UserAction::CommandAndDrop(index),
            (Verb::CommandAndDropHost, End::Peripheral(index)) => UserAction::CommandAndDropHost(index),
        })
    }

    /// Why nobody can set out for an action in this state, if so. A bind or unbind takes the device's lock, and does
    /// nothing if there is nothing to do.
    fn why_not_now(&self, action: UserAction, end: End) -> Option<&'static str> {
        let is_held = match end {
            End::Peripheral(index) => self.world.peripherals.get(index).is_some_and(|end| end.held.is_some()),
            End::Host(_) => false,
        };
        match action {
            UserAction::Bind(End::Peripheral(index)) | UserAction::Unbind(End::Peripheral(index))
                if self.world.bound(end) == Bound::No && !self.world.can_bind(index) =>
            {
                Some("its device exists only while its host does, and its host is gone")
            }
            UserAction::Command(_)
            | UserAction::CommandAndDrop(_)
            | UserAction::CommandAndDropHost(_)
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
