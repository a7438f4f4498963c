//! The wider worlds, in which the bus of `mipi-dsi` is searched beyond what a board does by itself: each adds one thing.

use crate::action::UserAction;
use crate::shape::{AttachAnswer, Callers, Control, HostShape, OnNotice, Profile, Release, Shape, Waiting};

/// A world that adds one thing to a board.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WideWorld {
    /// Its name: what it adds, and on which bus its peripheral is, if that matters.
    pub name: &'static str,
    /// Its shape.
    pub shape: Shape,
    /// How many actors there are.
    pub actors: usize,
    /// What they set out to do.
    pub actions: Actions,
}

/// What actors set out to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Actions {
    /// Everything that can be done.
    All,
    /// They bind, unbind and send commands: the most for which a search ends if everything is too much.
    BindUnbindCommand,
}

impl Actions {
    /// Whether this action is one of them.
    pub fn has(self, action: UserAction) -> bool {
        match self {
            Self::All => true,
            Self::BindUnbindCommand => {
                matches!(action, UserAction::Bind(_) | UserAction::Unbind(_) | UserAction::Command(_))
            }
        }
    }
}

/// All of them, the smaller first.
pub fn all() -> Vec<WideWorld> {
    let bridge = Shape::thread;
    let panel = || Shape::of_one(Control::Dsi, Release::Plain);
    let two = |control| Shape::two_on_one_host(control, Release::Managed);
    let old_handles = Callers { old_handles: true, ..Callers::default() };
    let drop_in_callbacks = Callers { drop_in_callbacks: true, ..Callers::default() };
    let drop_host = Callers { drop_host_in_callbacks: true, ..Callers::default() };
    let declare_gone = Callers { declare_gone: true, ..Callers::default() };
    let waiting = |waiting| Callers { waiting, ..Callers::default() };
    let serialised = |host: &mut HostShape| host.profile = Profile::Serialised;
    let shared = |host: &mut HostShape| host.profile = Profile::Shared;
    let may_refuse = |shape: Shape| shape.with_hosts(|host| host.attach = AttachAnswer::Either);
    let sends_in_attach = |host: &mut HostShape| host.sends_in_attach = true;
    let sends_in_detach = |host: &mut HostShape| host.sends_in_detach = true;
    let worlds = [
        ("may-refuse", may_refuse(bridge()), 2),
        ("may-refuse-panel", may_refuse(panel()), 2),
        ("sends-in-attach", bridge().with_hosts(sends_in_attach), 2),
        ("sends-in-attach-panel", panel().with_hosts(sends_in_attach), 2),
        ("sends-in-detach", bridge().with_hosts(sends_in_detach), 2),
        ("sends-in-detach-panel", panel().with_hosts(sends_in_detach), 2),
        ("old-handles", bridge().with_callers(old_handles), 2),
        ("old-handles-panel", panel().with_callers(old_handles), 2),
        ("drops-when-told", bridge().on_notice(OnNotice::DropHandles), 2),
        ("drops-in-transfer", bridge().with_callers(drop_in_callbacks), 2),
        ("drops-host-in-transfer", bridge().with_callers(drop_host), 2),
        ("declares-gone", bridge().with_callers(declare_gone), 2),
        ("declares-gone-panel", panel().with_callers(declare_gone), 2),
        ("deadlines", bridge().with_callers(waiting(Waiting::UntilDeadline)), 2),
        ("deadlines-panel", panel().with_callers(waiting(Waiting::UntilDeadline)), 2),
        (
            "deadlines-last-command",
            bridge().on_notice(OnNotice::LastCommand).with_callers(waiting(Waiting::UntilDeadline)),
            2,
        ),
        ("cannot-wait", bridge().with_callers(waiting(Waiting::Never)), 2),
        ("cannot-wait-panel", panel().with_callers(waiting(Waiting::Never)), 2),
        (
            "cannot-wait-last-command",
            bridge().on_notice(OnNotice::LastCommand).with_callers(waiting(Waiting::Never)),
            2,
        ),
        ("serialised", bridge().with_hosts(serialised), 2),
        ("serialised-panel", panel().with_hosts(serialised), 2),
        ("serialised-sends-in-detach", bridge().with_hosts(serialised).with_hosts(sends_in_detach), 2),
        ("shared", bridge().with_hosts(shared), 2),
        ("shared-panel", panel().with_hosts(shared), 2),
        ("shared-may-refuse", may_refuse(bridge()).with_hosts(shared), 2),
        ("shared-sends-in-attach", bridge().with_hosts(shared).with_hosts(sends_in_attach), 2),
        ("shared-sends-in-detach", bridge().with_hosts(shared).with_hosts(sends_in_detach), 2),
        ("shared-deadlines", bridge().with_hosts(shared).with_callers(waiting(Waiting::UntilDeadline)), 2),
        ("shared-cannot-wait", bridge().with_hosts(shared).with_callers(waiting(Waiting::Never)), 2),
        ("shared-old-handles", bridge().with_hosts(shared).with_callers(old_handles), 2),
        ("shared-declares-gone", bridge().with_hosts(shared).with_callers(declare_gone), 2),
        ("shared-drops-when-told", bridge().on_notice(OnNotice::DropHandles).with_hosts(shared), 2),
        ("two-panels", two(Control::Dsi), 2),
        ("two-panels-serialised", two(Control::Dsi).with_hosts(serialised), 2),
        ("two-panels-shared", two(Control::Dsi).with_hosts(shared), 2),
        ("two-bridges", two(Control::Other), 2),
        ("two-bridges-shared", two(Control::Other).with_hosts(shared), 2),
        ("three-actors-panel", panel(), 3),
        ("three-nothing-when-told", bridge().on_notice(OnNotice::Nothing), 3),
        ("three-actors", bridge(), 3),
        ("three-may-refuse", may_refuse(bridge()), 3),
        ("three-sends-in-attach", bridge().with_hosts(sends_in_attach), 3),
        ("three-sends-in-detach", bridge().with_hosts(sends_in_detach), 3),
        ("three-serialised", bridge().with_hosts(serialised), 3),
        ("three-shared", bridge().with_hosts(shared), 3),
        ("three-declares-gone", bridge().with_callers(declare_gone), 3),
        ("three-drops-when-told", bridge().on_notice(OnNotice::DropHandles), 3),
        ("three-drops-in-transfer", bridge().with_callers(drop_in_callbacks), 3),
        ("three-drops-host", bridge().with_callers(drop_host), 3),
        ("three-deadlines", bridge().with_callers(waiting(Waiting::UntilDeadline)), 3),
        ("three-cannot-wait", bridge().with_callers(waiting(Waiting::Never)), 3),
        ("three-old-handles", bridge().with_callers(old_handles), 3),
        ("three-two-bridges-commands", two(Control::Other), 3),
        ("three-two-bridges", two(Control::Other), 3),
    ];
    let actions = |name: &str| match name.ends_with("-commands") {
        true => Actions::BindUnbindCommand,
        false => Actions::All,
    };
    let world = |(name, shape, actors)| WideWorld { name, shape, actors, actions: actions(name) };
    worlds.into_iter().map(world).collect()
}
