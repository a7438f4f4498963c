//! Everything that a panel remembers.

use super::breach::{Breach, Rule};
use super::memory::{FrameMemory, Span};
use super::options::PanelOptions;
use super::timing::Timing;
use crate::clock::Instant;
use crate::kept::Kept;
use crate::video_receiver::VideoReceiver;
use mipi_dsi::dcs::{Opcode, PixelDepth, PixelFormatSetting, SetScrollArea};
use mipi_dsi::wire::{CompressionMode, ErrorReport, PeripheralError, PictureParameterSet};

/// What the pixels show, whatever the memory says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum AllPixels {
    #[default]
    Normal,
    Off,
    On,
}

/// What a reset puts back to its default.
#[derive(Clone, Debug)]
pub(super) struct Registers {
    pub(super) asleep: bool,
    pub(super) display_on: bool,
    pub(super) partial: bool,
    pub(super) scrolling: bool,
    pub(super) idle: bool,
    pub(super) inverted: bool,
    pub(super) all_pixels: AllPixels,
    /// Whether Shut Down Peripheral has turned it off, which only video panels know.
    pub(super) shut_down: bool,
    pub(super) pixel_format: PixelFormatSetting,
    pub(super) partial_rows: Span,
    pub(super) partial_columns: Span,
    pub(super) scroll_area: SetScrollArea,
    pub(super) scroll_start: u16,
    /// On, and whether in horizontal blanking too.
    pub(super) tear: Option<bool>,
    pub(super) tear_line: u16,
    pub(super) gamma: u8,
    /// As many bytes as were written.
    pub(super) brightness: Vec<u8>,
    pub(super) control_display: u8,
    pub(super) power_save: u8,
    pub(super) min_brightness: Vec<u8>,
    pub(super) max_return: u16,
    pub(super) compression: CompressionMode,
    /// The last that came.
    pub(super) picture_parameters: Option<PictureParameterSet>,
    /// Commands of the expected init sequence that have come.
    pub(super) init_done: usize,
    /// Bytes of the device descriptor that have been read.
    pub(super) descriptor_read: usize,
}

impl Registers {
    fn new(options: &PanelOptions) -> Self {
        Self {
            asleep: true,
            display_on: false,
            partial: false,
            scrolling: false,
            idle: false,
            inverted: false,
            all_pixels: AllPixels::Normal,
            shut_down: false,
            pixel_format: PixelFormatSetting::both(PixelDepth::BITS_24),
            partial_rows: Span::whole(options.height),
            partial_columns: Span::whole(options.width),
            scroll_area: SetScrollArea::new(0, options.height, 0),
            scroll_start: 0,
            tear: None,
            tear_line: 0,
            gamma: 0,
            brightness: vec![0],
            control_display: 0,
            power_save: 0,
            min_brightness: vec![0],
            max_return: 1,
            compression: CompressionMode::OFF,
            picture_parameters: None,
            init_done: 0,
            descriptor_read: 0,
        }
    }
}

/// The response to a read, sent once the bus is turned around.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Pending {
    Dcs(Vec<u8>),
    Generic(Vec<u8>),
    /// Nothing: the read was in breach.
    Nothing,
}

/// A write that only the manufacturer understands.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum ManufacturerWrite {
    /// A DCS write, opcode first.
    Dcs(Vec<u8>),
    /// A generic write.
    Generic(Vec<u8>),
}

impl ManufacturerWrite {
    /// Its bytes.
    pub fn bytes(&self) -> &[u8] {
        match self {
            Self::Dcs(bytes) | Self::Generic(bytes) => bytes,
        }
    }
}

/// A panel's state.
#[derive(Debug)]
pub(super) struct State {
    pub(super) powered: bool,
    pub(super) registers: Registers,
    pub(super) memory: FrameMemory,
    pub(super) video: VideoReceiver,
    pub(super) timing: Timing,
    /// Since the last report.
    pub(super) errors: ErrorReport,
    /// Damaged packets since the last `get_error_count_on_DSI`.
    pub(super) damaged: u8,
    pub(super) pending: Option<Pending>,
    /// Whether sleep has been left since the last reset: the self test has run.
    pub(super) tested: bool,
    pub(super) breaches: Kept<Breach>,
    pub(super) commands: Kept<(Instant, Opcode)>,
    pub(super) manufacturer: Kept<ManufacturerWrite>,
}

impl State {
    pub(super) fn new(options: &PanelOptions) -> Self {
        let video = VideoReceiver::new(options.width, options.height, options.format, options.mode);
        Self {
            powered: true,
            registers: Registers::new(options),
            memory: FrameMemory::new(options.width, options.height),
            video,
            timing: Timing::default(),
            errors: ErrorReport::NONE,
            damaged: 0,
            pending: None,
            tested: false,
            breaches: Kept::new(),
            commands: Kept::new(),
            manufacturer: Kept::new(),
        }
    }

    /// Resets the registers to their defaults. The memory keeps its pixels.
    pub(super) fn reset(&mut self, options: &PanelOptions) {
        self.registers = Registers::new(options);
        self.memory.reset();
        self.tested = false;
    }

    pub(super) fn breach(&mut self, options: &PanelOptions, at: Instant, rule: Rule) {
        self.breaches.push(Breach { at, rule });
        if options.reports_breaches {
            self.error(PeripheralError::ProtocolViolation);
        }
    }

    pub(super) fn error(&mut self, error: PeripheralError) {
        self.errors = self.errors.with(error);
    }

    /// A damaged packet came; DCS 1.3, `get_error_count_on_DSI`: seven bits, and the eighth if there were more.
    pub(super) fn damaged(&mut self, error: PeripheralError) {
        self.error(error);
        self.damaged = if self.damaged >= 0x7f { 0xff } else { self.damaged + 1 };
    }
}
