//! The thread's patch: the host's side takes the release actions of a managed peripheral away.
//!
//! `mipi_dsi_device` remembers the devices whose devres has an action for it, and `mipi_dsi_remove_device_fn` calls
//! `devm_remove_action` on them before it detaches. A release that has begun is not stopped by that:
//! `devres_release_all` has moved the list to one of its own, so the action is not found (-ENOENT, and a warning), and
//! both sides release. A driver that releases by hand is not helped at all.

use super::{Child, Rules, Step};
use crate::ownership::Progress;

/// The model.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct RemoveAction;

impl Rules for RemoveAction {
    const NAME: &'static str = "remove-action";
    const SENTENCE: &'static str = "the thread's patch: the host's side removes the devres actions";

    fn before_removal(child: Child) -> Option<Step> {
        Some(Progress::RemoveActions(child.device))
    }
}
