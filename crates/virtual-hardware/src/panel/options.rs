//! The options of a virtual panel.

use core::ops::RangeInclusive;
use core::time::Duration;
use mipi_dsi::bus::{Lanes, LinkConfig, Mode, PixelFormat, Speed};
use mipi_dsi::wire::VirtualChannel;

/// The options of a virtual panel; start from [`PanelOptions::command`] or [`PanelOptions::video`].
#[derive(Clone, Debug)]
pub struct PanelOptions {
    /// The virtual channel that it listens to.
    pub channel: VirtualChannel,
    /// Pixels in a row.
    pub width: u16,
    /// Rows.
    pub height: u16,
    /// Command mode with a frame memory, or video without one.
    pub mode: Mode,
    /// The packing of its video; the depth of its memory is set by `set_pixel_format`.
    pub format: PixelFormat,
    /// The lanes that it listens on at high speed.
    pub lanes: Lanes,
    /// Whether it expects an EoTp after each high-speed transmission; if not, it expects none.
    pub end_of_transmission: bool,
    /// The only speed at which it takes commands; `None` for both.
    pub commands: Option<Speed>,
    /// The response to `get_display_id` and to the vendors' 0xda to 0xdc.
    pub display_id: [u8; 3],
    /// The response to `read_DDB_start`.
    pub descriptor: Vec<u8>,
    /// The manufacturers' commands, DCS or generic, that have to come in this order before the display is
    /// turned on. Others may come between.
    pub init: Vec<Vec<u8>>,
    /// Opcodes of the manufacturer, which are taken with any parameters and recorded.
    pub manufacturer: RangeInclusive<u8>,
    /// Responses to generic reads: the parameters of the read, and the bytes.
    pub generic_responses: Vec<(Vec<u8>, Vec<u8>)>,
    /// Whether it knows all-pixels-off (0x22) and all-pixels-on (0x23), which are the vendors' and not in DCS.
    pub all_pixels_commands: bool,
    /// Whether it has a decoder for compressed video: it then takes compression modes and picture parameter sets.
    pub compression: bool,
    /// Whether a breach also sets "protocol violation" in its next error report.
    pub reports_breaches: bool,
    /// Whether it reports packets to other channels as errors, like a panel that is alone on its link.
    pub alone_on_link: bool,
    /// How long it shows a frame; `get_scanline` depends on it.
    pub frame_time: Duration,
}

impl PanelOptions {
    /// A panel in command mode with a frame memory, on channel 0, with four lanes and an EoTp.
    pub fn command(width: u16, height: u16) -> Self {
        Self {
            channel: VirtualChannel::VC0,
            width,
            height,
            mode: Mode::Command,
            format: PixelFormat::Rgb888,
            lanes: Lanes::Four,
            end_of_transmission: true,
            commands: None,
            display_id: [0x00, 0x80, 0x00],
            descriptor: vec![0xff],
            init: Vec::new(),
            manufacturer: 0xb0..=0xff,
            generic_responses: Vec::new(),
            all_pixels_commands: false,
            compression: false,
            reports_breaches: false,
            alone_on_link: false,
            frame_time: Duration::from_nanos(16_666_667),
        }
    }

    /// A panel in video mode, on channel 0, that fits this link configuration.
    pub fn video(width: u16, height: u16, config: &LinkConfig) -> Self {
        Self {
            mode: config.mode,
            format: config.format,
            lanes: config.lanes,
            end_of_transmission: config.end_of_transmission,
            ..Self::command(width, height)
        }
    }

    /// The link configuration that it asks from its host.
    pub fn link_config(&self) -> LinkConfig {
        LinkConfig {
            mode: self.mode,
            end_of_transmission: self.end_of_transmission,
            commands: self.commands.unwrap_or(Speed::HighSpeed),
            ..LinkConfig::command(self.lanes, self.format)
        }
    }

    /// Whether it has a frame memory.
    pub(super) fn has_memory(&self) -> bool {
        self.mode == Mode::Command
    }
}
