// SPDX-License-Identifier: GPL-2.0 OR MIT
//! What lockdep is told of waits and of what is waited for.

use crate::books::{self, Slot};
use crate::bus::machine::{Callback, WaitFor};
use crate::wire::VirtualChannel;
use kernel::bindings::{
    self, mipi_dsi_glue_wait as Kind, mipi_dsi_glue_wait_MIPI_DSI_GLUE_REGISTRATION as REGISTRATION,
    mipi_dsi_glue_wait_MIPI_DSI_GLUE_REMOVAL as REMOVAL, mipi_dsi_glue_wait_MIPI_DSI_GLUE_SENDERS as SENDERS,
    mipi_dsi_glue_wait_MIPI_DSI_GLUE_SERVING as SERVING,
};

/// Something that others may wait for goes on until this is dropped.
pub(crate) struct Held {
    slot: &'static Slot,
    kind: Kind,
}

/// The caller is about to wait.
pub(crate) fn will_wait(slot: usize, wait: WaitFor) {
    let (kind, channel) = match wait {
        WaitFor::Serving(device) => (SERVING, device.channel),
        WaitFor::Notice(device) | WaitFor::Registration(device) => (REGISTRATION, device.channel),
        WaitFor::Senders(device) => (SENDERS, device.channel),
        WaitFor::HostRemoval(_) | WaitFor::Link(_) | WaitFor::Cancel(_) => (REMOVAL, VirtualChannel::VC0),
    };
    if let Some(slot) = books::with(|locked| locked.slot(slot)) {
        // SAFETY: the slot's maps are never freed.
        unsafe { bindings::mipi_dsi_glue_will_wait(slot.maps, kind, channel.get().into()) };
    }
}

/// A callback that others may wait for begins.
pub(crate) fn held(slot: usize, callback: Callback) -> Option<Held> {
    let (kind, channel) = match callback {
        Callback::Attach(device) | Callback::Detach(device) => (SERVING, device.channel),
        Callback::Announce(device) | Callback::Withdraw(device) => (REGISTRATION, device.channel),
        Callback::Transfer(device) => (SENDERS, device.channel),
        _ => return None,
    };
    books::with(|locked| locked.slot(slot)).map(|slot| begin(slot, kind, channel))
}

/// A transfer to a channel of this slot begins.
pub(crate) fn sends(slot: &'static Slot, channel: VirtualChannel) -> Option<Held> {
    Some(begin(slot, SENDERS, channel))
}

fn begin(slot: &'static Slot, kind: Kind, channel: VirtualChannel) -> Held {
    // SAFETY: the slot's maps are never freed.
    unsafe { bindings::mipi_dsi_glue_begin(slot.maps, kind, channel.get().into()) };
    Held { slot, kind }
}

impl Drop for Held {
    fn drop(&mut self) {
        // SAFETY: as in `begin`.
        unsafe { bindings::mipi_dsi_glue_end(self.slot.maps, self.kind) };
    }
}
