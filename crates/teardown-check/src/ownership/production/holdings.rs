//! Who holds what, as the book has it.

use crate::ownership::{Holding, Subject};
use mipi_dsi::bus::machine::{HostBook, HostPhase, Serving};
use mipi_dsi::wire::VirtualChannel;

/// Of one host slot.
pub(super) fn of(slot: usize, book: &HostBook) -> Vec<Holding> {
    let phase = match &book.phase {
        HostPhase::Vacant => "gone",
        HostPhase::Registering => "being registered",
        HostPhase::Present => "registered",
        HostPhase::Leaving { .. } => "leaving",
    };
    let line = |what: Subject, is: String| Holding { what, is };
    let mut lines = vec![line(Subject::Host(slot), phase.to_owned())];
    for channel in VirtualChannel::ALL {
        let Some(registration) = book.devices[channel].registration() else { continue };
        let serving = match &registration.serving {
            Serving::Idle => "registered",
            Serving::Attaching(_) => "being attached",
            Serving::Attached(_) => "attached",
            Serving::Draining { .. } => "draining: no transfer begins",
            Serving::Detaching { .. } => "being detached",
            Serving::Ending(_) => "detached, while the hardware sends its last packet",
        };
        let told = if registration.is_told { ", told" } else { "" };
        let what = Subject::Device { host: slot, channel: channel.get() };
        lines.push(line(what, format!("{serving}{told}")));
    }
    if let Some(hold) = book.hold() {
        let by = format!("held by channel {}", hold.channel);
        lines.push(line(Subject::Wires(slot), by));
    }
    lines
}
