//! A host that does nothing, for measuring what the bus itself does.
#![allow(dead_code, unreachable_pub)] // each user takes its part

use mipi_dsi::bus::{
    Attachment, DeviceListener, HostAttachError, HostController, HostError, Lanes, LinkConfig, Message,
    Notice, PixelFormat, StdBus,
};
use std::hint::black_box;

pub const CONFIG: LinkConfig = LinkConfig::video(Lanes::Four, PixelFormat::Rgb888);

/// Responds to each read with zeros.
pub struct StillHost;

impl HostController for StillHost {
    fn attach(&self, attachment: &Attachment<'_>) -> Result<(), HostAttachError> {
        black_box(attachment);
        Ok(())
    }

    fn detach(&self, attachment: &Attachment<'_>) {
        black_box(attachment);
    }

    fn transfer(&self, message: &Message<'_>, response: &mut [u8]) -> Result<usize, HostError> {
        black_box(message);
        Ok(response.len())
    }
}

/// Hears everything and does nothing.
pub struct StillListener;

impl DeviceListener for StillListener {
    fn host_leaving(&self, notice: &Notice<'_>) {
        black_box(notice);
    }
}

/// Hosts that the bus can have at a time.
pub const HOSTS: usize = 2;

pub type StillBus<C> = StdBus<C, &'static StillListener>;
