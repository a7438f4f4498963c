//! Linux 6.12 as it is, and the repairs that were discussed, side by side: what each does differently.

use super::{Child, Step};
use crate::ownership::Progress;

/// What the bus core does where the models differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Rules {
    /// Linux 6.12 as it is: the host's side and the peripheral's both believe that they own the one reference.
    ///
    /// The steps are those of `host` and `device` with nothing changed: `mipi_dsi_host_unregister` detaches and unregisters
    /// every child, and nobody tells the bridge's driver, whose `devm` actions (or remove) do the same again.
    Linux612,
    /// The thread's patch: the host's side takes the release actions of a managed peripheral away.
    ///
    /// `mipi_dsi_device` remembers the devices whose devres has an action for it, and `mipi_dsi_remove_device_fn` calls
    /// `devm_remove_action` on them before it detaches. This does not stop a release that has begun:
    /// `devres_release_all` has moved the list to one of its own, so the action is not found (-ENOENT, and a warning), and
    /// both sides release. It does not help a driver that releases by hand.
    RemoveAction,
    /// Both calls may be repeated; there is still one reference.
    ///
    /// "Make both detach and unregister cope with being called multiple times": `mipi_dsi_detach` and
    /// `mipi_dsi_device_unregister` look at flags in the device and return if there is nothing to do. The flags are in the
    /// memory that the first unregistration frees.
    Idempotent,
    /// Both calls may be repeated, and each side has its own reference.
    ///
    /// `mipi_dsi_device_register_full` takes a reference for the peripheral's side (`get_device`), which drops it in its
    /// `mipi_dsi_device_unregister`, whoever took the device off the bus. The device's memory is safe; the host's, which
    /// `dsi->host` points to, is not.
    OwnReferences,
    /// Both calls may be repeated, each side has its own reference, and late calls fail.
    ///
    /// "All those functions should start to fail graciously when the dsi_device has been unregistered": `mipi_dsi_attach`
    /// and the transfers check whether the device is still registered, and return -ENODEV. It is the last proposal of the
    /// thread, on top of [`OwnReferences`](Self::OwnReferences). It does not stop a call that has checked before the host
    /// leaves, and goes on afterwards; and nobody waits for a running transfer.
    FailLate,
    /// The peripheral is told, as drivers on the DSI bus are, and releases its device by itself.
    ///
    /// `mipi_dsi_remove_device_fn` first calls the peripheral's side: the driver of a device on the DSI bus is unbound
    /// (before the detach, so that D1 is mended too), and a bridge's driver on another bus gets a callback in which it
    /// detaches and unregisters. Whatever is still on the bus afterwards is removed as before.
    Notify,
}

impl Rules {
    /// Whether `mipi_dsi_detach` and `mipi_dsi_device_unregister` look at the device's flags first, and return if there
    /// is nothing to do.
    pub(super) fn tolerates_repeats(self) -> bool {
        matches!(self, Self::Idempotent | Self::OwnReferences | Self::FailLate)
    }

    /// Whether attach and transfer first check that the device is still registered, and fail if it is not.
    pub(super) fn fails_late(self) -> bool {
        self == Self::FailLate
    }

    /// Whether the host's side looks again before it goes on: what `before_removal` starts may take the device away.
    pub(super) fn looks_again(self) -> bool {
        self == Self::Notify
    }

    /// Whether the peripheral has a reference of its own.
    fn each_side_has_a_reference(self) -> bool {
        matches!(self, Self::OwnReferences | Self::FailLate)
    }

    /// The references of a new device: the bus's, and if `by_peripheral`, the peripheral's own.
    pub(super) fn references(self, by_peripheral: bool) -> u8 {
        1 + u8::from(by_peripheral && self.each_side_has_a_reference())
    }

    /// How many references `mipi_dsi_device_unregister` by the peripheral drops: the only one, which both sides believe to
    /// be theirs; or its own, and the bus's if it took the device off the bus. `was_added`: whether this call did.
    pub(super) fn puts(self, was_added: bool) -> u8 {
        if self.each_side_has_a_reference() {
            1 + u8::from(was_added)
        } else {
            u8::from(was_added || !self.tolerates_repeats())
        }
    }

    /// What `mipi_dsi_remove_device_fn` does before it detaches a child of the host.
    pub(super) fn before_removal(self, child: Child) -> Option<Step> {
        let Child { host, channel, device, is_on_dsi_bus } = child;
        match self {
            Self::RemoveAction => Some(Progress::RemoveActions(device)),
            Self::Notify if is_on_dsi_bus => Some(Progress::RemoveChild { host, channel }),
            Self::Notify => Some(Progress::Tell { host, channel }),
            Self::Linux612 | Self::Idempotent | Self::OwnReferences | Self::FailLate => None,
        }
    }
}
