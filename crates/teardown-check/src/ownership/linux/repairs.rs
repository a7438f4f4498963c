//! Linux 6.12 as it is, and the repairs that were discussed, side by side: what each does differently.

use super::{Child, Rules, Step};
use crate::ownership::Progress;

/// Linux 6.12 as it is: the host's side and the peripheral's both believe that they own the one reference.
///
/// The steps are those of `host` and `device` with nothing changed: `mipi_dsi_host_unregister` detaches and unregisters
/// every child, and nobody tells the bridge's driver, whose `devm` actions (or remove) do the same again.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Linux612;

impl Rules for Linux612 {
    const NAME: &'static str = "linux-6.12";
    const SENTENCE: &'static str = "drm_mipi_dsi.c of Linux 6.12: one reference, two owners";
}

/// The thread's patch: the host's side takes the release actions of a managed peripheral away.
///
/// `mipi_dsi_device` remembers the devices whose devres has an action for it, and `mipi_dsi_remove_device_fn` calls
/// `devm_remove_action` on them before it detaches. This does not stop a release that has begun:
/// `devres_release_all` has moved the list to one of its own, so the action is not found (-ENOENT, and a warning), and
/// both sides release. It does not help a driver that releases by hand.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct RemoveAction;

impl Rules for RemoveAction {
    const NAME: &'static str = "remove-action";
    const SENTENCE: &'static str =
        "the patch on the kernel's list: the host's side removes the devres actions";

    fn before_removal(child: Child) -> Option<Step> {
        Some(Progress::RemoveActions(child.device))
    }
}

/// Both calls may be repeated; there is still one reference.
///
/// "Make both detach and unregister cope with being called multiple times": `mipi_dsi_detach` and
/// `mipi_dsi_device_unregister` look at flags in the device and return if there is nothing to do. The flags are in the
/// memory that the first unregistration frees.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Idempotent;

impl Rules for Idempotent {
    const NAME: &'static str = "idempotent";
    const SENTENCE: &'static str = "detach and unregister tolerate being repeated; still one reference";
    const TOLERATES_REPEATS: bool = true;

    fn puts(was_added: bool) -> u8 {
        u8::from(was_added)
    }
}

/// Both calls may be repeated, and each side has its own reference.
///
/// `mipi_dsi_device_register_full` takes a reference for the peripheral's side (`get_device`), which drops it in its
/// `mipi_dsi_device_unregister`, whoever took the device off the bus. The device's memory is safe; the host's, which
/// `dsi->host` points to, is not.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct OwnReferences;

impl Rules for OwnReferences {
    const NAME: &'static str = "own-references";
    const SENTENCE: &'static str = "calls tolerate being repeated, and each side has a reference of its own";
    const TOLERATES_REPEATS: bool = true;

    fn references(by_peripheral: bool) -> u8 {
        1 + u8::from(by_peripheral)
    }

    /// Its own, and the bus's if this side took the device off.
    fn puts(was_added: bool) -> u8 {
        1 + u8::from(was_added)
    }
}

/// Both calls may be repeated, each side has its own reference, and late calls fail.
///
/// "All those functions should start to fail graciously when the dsi_device has been unregistered": `mipi_dsi_attach`
/// and the transfers check whether the device is still registered, and return -ENODEV. It is the last proposal of the
/// thread, on top of `own_references`. It does not stop a call that has checked before the host leaves, and goes on
/// afterwards; and nobody waits for a running transfer.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct FailLate;

impl Rules for FailLate {
    const NAME: &'static str = "fail-late";
    const SENTENCE: &'static str = "own references, and calls on a device that was unregistered fail";
    const TOLERATES_REPEATS: bool = true;
    const FAILS_LATE: bool = true;

    fn references(by_peripheral: bool) -> u8 {
        OwnReferences::references(by_peripheral)
    }

    fn puts(was_added: bool) -> u8 {
        OwnReferences::puts(was_added)
    }
}

/// The peripheral is told, as drivers on the DSI bus are, and releases its device by itself.
///
/// `mipi_dsi_remove_device_fn` first calls the peripheral's side: the driver of a device on the DSI bus is unbound
/// (before the detach, so that D1 is mended too), and a bridge's driver on another bus gets a callback in which it
/// detaches and unregisters. Whatever is still on the bus afterwards is removed as before.
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
