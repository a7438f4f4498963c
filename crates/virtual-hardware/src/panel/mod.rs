//! A panel that understands DCS, stricter than any chip.
//!
//! [`DcsPanel`] is a [`LinkDevice`]: it takes bytes, corrects and checks them, carries out DCS commands or takes video,
//! and responds when the bus is turned around. Whatever breaks a rule of DSI or DCS is recorded as a [`Breach`] and not
//! carried out, where a real chip might do it, do something else, or do it until it overheats. Errors of the link are
//! collected and reported as section 8.9.5 of DSI 1.3 says.
//!
//! It does not know who drives it. Tests switch power, reset lines and backlights.

mod breach;
mod memory;
mod options;
mod read;
mod receive;
mod state;
mod timing;
mod view;
mod write;

pub use breach::{Breach, Rule};
pub use options::PanelOptions;
pub use state::ManufacturerWrite;
pub use timing::{SETTLE, SUPPLY};

use crate::clock::Instant;
use crate::link::{DeviceResponse, LinkDevice, Transmission, TurnAround};
use crate::picture::Picture;
use crate::sync::lock;
use mipi_dsi::dcs::Opcode;
use mipi_dsi::wire::{CompressionMode, ErrorReport, PeripheralError, PictureParameterSet};
use state::State;
use std::sync::Mutex;

/// A panel in software.
#[derive(Debug)]
pub struct DcsPanel {
    options: PanelOptions,
    state: Mutex<State>,
}

impl DcsPanel {
    /// A panel with power that has been asleep for long enough.
    pub fn new(options: PanelOptions) -> Self {
        let state = Mutex::new(State::new(&options));
        Self { options, state }
    }

    /// Its options.
    pub const fn options(&self) -> &PanelOptions {
        &self.options
    }

    /// What a viewer sees: the frame memory or the last video, as the modes show it; black if the display is off, the
    /// panel asleep or without power.
    pub fn picture(&self) -> Picture {
        view::picture(&self.options, &lock(&self.state))
    }

    /// The frame memory as it is, shown or not; black for a panel without one.
    pub fn memory(&self) -> Picture {
        lock(&self.state).memory.picture().clone()
    }

    /// The newest [`MAX_KEPT`](crate::MAX_KEPT) breaches, in order.
    pub fn breaches(&self) -> Vec<Breach> {
        lock(&self.state).breaches.to_vec()
    }

    /// How many breaches there were in all, since the list was last cleared.
    pub fn breach_count(&self) -> u64 {
        lock(&self.state).breaches.total()
    }

    /// The broken rules, in order: [`breaches`](Self::breaches) without the time.
    pub fn broken_rules(&self) -> Vec<Rule> {
        lock(&self.state).breaches.iter().map(|breach| breach.rule).collect()
    }

    /// Clears the list of breaches.
    pub fn clear_breaches(&self) {
        lock(&self.state).breaches.clear();
    }

    /// The newest [`MAX_KEPT`](crate::MAX_KEPT) DCS commands that were carried out, written and read, and when.
    pub fn commands(&self) -> Vec<(Instant, Opcode)> {
        lock(&self.state).commands.to_vec()
    }

    /// How many DCS commands were carried out in all.
    pub fn command_count(&self) -> u64 {
        lock(&self.state).commands.total()
    }

    /// The newest [`MAX_KEPT`](crate::MAX_KEPT) manufacturer's commands, in order.
    pub fn manufacturer_writes(&self) -> Vec<ManufacturerWrite> {
        lock(&self.state).manufacturer.to_vec()
    }

    /// How many manufacturer's commands there were in all.
    pub fn manufacturer_write_count(&self) -> u64 {
        lock(&self.state).manufacturer.total()
    }

    /// The compression mode that was set last.
    pub fn compression_mode(&self) -> CompressionMode {
        lock(&self.state).registers.compression
    }

    /// The picture parameter set that came last, if the panel has a decoder for it. The decoder is a register only:
    /// compressed pixels are refused.
    pub fn picture_parameter_set(&self) -> Option<PictureParameterSet> {
        lock(&self.state).registers.picture_parameters
    }

    /// Whether it is asleep.
    pub fn is_asleep(&self) -> bool {
        lock(&self.state).registers.asleep
    }

    /// Whether the display is on; even then it shows nothing while it is asleep.
    pub fn is_display_on(&self) -> bool {
        lock(&self.state).registers.display_on
    }

    /// The brightness as it was written, one byte or two.
    pub fn brightness(&self) -> Vec<u8> {
        lock(&self.state).registers.brightness.clone()
    }

    /// The errors that the next report will have.
    pub fn pending_errors(&self) -> ErrorReport {
        lock(&self.state).errors
    }

    /// Adds an error to the next report, as if its receiver had seen one.
    pub fn add_error(&self, error: PeripheralError) {
        lock(&self.state).error(error);
    }

    /// Video frames whose last pixel has arrived.
    pub fn frames(&self) -> u64 {
        lock(&self.state).video.frames()
    }

    /// Whether it has power.
    pub fn is_powered(&self) -> bool {
        lock(&self.state).powered
    }

    /// Switches its power. Without power it hears and says nothing; with power it begins as new, with an empty
    /// memory, but with its lists of what happened.
    pub fn set_powered(&self, powered: bool) {
        let mut state = lock(&self.state);
        if state.powered == powered {
            return;
        }
        let fresh = State::new(&self.options);
        let old = std::mem::replace(&mut *state, fresh);
        state.powered = powered;
        state.breaches = old.breaches;
        state.commands = old.commands;
        state.manufacturer = old.manufacturer;
    }

    /// Pulls its reset line at this time: like `soft_reset`, and the link errors are forgotten.
    pub fn reset(&self, at: Instant) {
        let mut state = lock(&self.state);
        let asleep = state.registers.asleep;
        state.reset(&self.options);
        state.errors = ErrorReport::NONE;
        state.pending = None;
        state.timing.carried_out(Opcode::SOFT_RESET, at, asleep);
    }
}

impl LinkDevice for DcsPanel {
    fn receive(&self, transmission: &Transmission<'_>) {
        lock(&self.state).receive(&self.options, transmission);
    }

    fn respond(&self, turn: &TurnAround) -> DeviceResponse {
        lock(&self.state).respond(&self.options, turn)
    }

    fn is_present(&self) -> bool {
        self.is_powered()
    }
}
