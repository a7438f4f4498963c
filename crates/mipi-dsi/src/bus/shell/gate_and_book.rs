//! The gate of a host and its book: closes it, opens it, and lets packets through that show the right permit.
//!
//! All of it except `let_through` runs under the lock. A section of the lock closes the gate before it looks at the
//! book, and opens it at its end if the book allows that.

// The loom tests compile this file as a module of their own.
#![allow(unreachable_pub)]

use super::super::gate::{Gate, GateWord, Visit};
use super::super::link_config::Speed;
use super::super::machine::{DeviceBook, Generation, HostBook};
use super::super::wire::VirtualChannel;

/// Closes the gate, and notes in the book who is inside: from now on the book is the truth.
pub fn close<C, W: GateWord>(gate: &Gate<C, W>, book: &mut HostBook) {
    if book.gate_closes() {
        let found = gate.close(book.profile);
        book.note_inside(found.holder, found.senders);
    }
}

/// Opens the gate, if it is closed and nobody removes and nobody waits. `speed` returns that of a channel's commands.
pub fn open<C: Clone, W: GateWord>(
    gate: &Gate<C, W>,
    book: &mut HostBook,
    controller: &Option<C>,
    speed: impl Fn(VirtualChannel, &DeviceBook) -> Speed,
) {
    let Some(permits) = book.permits() else { return };
    let opened = gate.edit(book.profile, |pass| {
        if pass.controller.is_none() {
            pass.controller.clone_from(controller);
        }
        for channel in VirtualChannel::ALL {
            pass.permits[channel] = (permits[channel], speed(channel, &book.devices[channel]));
        }
        (true, ())
    });
    book.gate_is_open = opened.is_some();
}

/// Takes the controller's handle out of the gate, which is closed and has nobody inside.
pub fn surrender<C, W: GateWord>(gate: &Gate<C, W>, book: &HostBook) -> Option<C> {
    if !HostBook::HAS_GATE {
        return None;
    }
    gate.edit(book.profile, |pass| (false, pass.controller.take())).flatten()
}

/// Runs `work` for a packet to `channel` that is inside, if `permit` is what the gate asks for. Returns whether it was.
#[inline]
pub(crate) fn let_through<C, W: GateWord>(
    inside: &Visit<'_, C, W>,
    channel: VirtualChannel,
    permit: Generation,
    work: impl FnOnce(&C, Speed),
) -> bool {
    inside.with(|pass| match (&pass.controller, pass.permits[channel]) {
        (Some(controller), (expected, speed)) if expected == permit => {
            work(controller, speed);
            true
        }
        _ => false,
    })
}
