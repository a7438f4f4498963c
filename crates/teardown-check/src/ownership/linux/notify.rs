//! The peripheral is told, as drivers on the DSI bus are, and lets go by itself.
//!
//! `mipi_dsi_remove_device_fn` first calls the peripheral's side: the driver of a device on the DSI bus is unbound
//! (before the detach, so that D1 is mended too), and a bridge's driver on another bus gets a callback in which it
//! detaches and unregisters. What is still on the bus afterwards is removed as before.

use super::{Child, Rules, Step};
use crate::ownership::Progress;

/// The model.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Notify;

impl Rules for Notify {
    const NAME: &'static str = "notify";
    const SENTENCE: &'static str = "the peripheral is told before the host's side removes its device";
    const LOOKS_AGAIN: bool = true;

    fn before_removal(Child { host, channel, is_on_dsi_bus, .. }: Child) -> Option<Step> {
        Some(if is_on_dsi_bus {
            Progress::RemoveChild { host, channel }
        } else {
            Progress::Tell { host, channel }
        })
    }
}
