//! A host that does nothing, for measuring what the bus itself does.
#![allow(dead_code, unreachable_pub)] // each user takes its part

use mipi_dsi::bus::{
    AttachRefused, Attachment, HostController, HostError, HostSlot, Lanes, LinkConfig, Message, Notice,
    Peripheral, PixelFormat, Registry,
};
use std::hint::black_box;

pub const CONFIG: LinkConfig = LinkConfig::video(Lanes::Four, PixelFormat::Rgb888);

/// Answers each read with zeros.
pub struct StillHost;

impl HostController for StillHost {
    fn attach(&self, attachment: &Attachment<'_>) -> Result<(), AttachRefused> {
        black_box(attachment);
        Ok(())
    }

    fn detach(&self, attachment: &Attachment<'_>) {
        black_box(attachment);
    }

    fn transfer(&self, message: &Message<'_>, answer: &mut [u8]) -> Result<usize, HostError> {
        black_box(message);
        Ok(answer.len())
    }
}

/// Hears everything and does nothing.
pub struct StillPeripheral;

impl Peripheral for StillPeripheral {
    fn leaving(&self, notice: &Notice<'_>) {
        black_box(notice);
    }
}

pub type Slot<C> = HostSlot<C, &'static StillPeripheral>;
pub type Slots<C> = Registry<C, &'static StillPeripheral, [Slot<C>; 2]>;

pub fn registry<C>() -> Slots<C> {
    Registry::new([const { HostSlot::NEW }; 2])
}
