//! A bridge that is set up over I2C and shows the video that arrives over DSI on a screen.
//!
//! It has two sides: an [`I2cTarget`] with [`registers`], and a [`LinkDevice`] that takes video. It never responds over
//! DSI: its errors are in a register. Like the panel, it keeps a list of everything that no chip should be asked to do.

pub mod registers;
mod screen;

pub use screen::Screen;

use crate::i2c::I2cTarget;
use crate::link::{DeviceResponse, LinkDevice, Transmission, TurnAround};
use crate::sync::lock;
use crate::video_receiver::{VideoFault, VideoReceiver};
use core::fmt;
use mipi_dsi::bus::{Lanes, Mode, PixelFormat, Speed};
use mipi_dsi::wire::{
    ChecksumCheck, DataType, Decoded, Decoder, HeaderCheck, Piece, Request, SlicedCrc, VirtualChannel,
};
use registers::{Access, access};
use std::sync::{Arc, Mutex};

/// The configuration of a virtual bridge.
#[derive(Clone, Debug)]
pub struct BridgeOptions {
    /// The virtual channel that it listens to.
    pub channel: VirtualChannel,
    /// Whether it takes commands over DSI (and records them); most bridges have no use for them.
    pub takes_commands: bool,
    /// The value of its revision register.
    pub revision: u8,
}

impl Default for BridgeOptions {
    fn default() -> Self {
        Self { channel: VirtualChannel::VC0, takes_commands: false, revision: 1 }
    }
}

/// What a bridge was asked to do and should not have been; it did not do it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum BridgeBreach {
    /// A register that does not exist was written.
    NoRegister(u8),
    /// A register that can only be read was written.
    ReadOnly(u8),
    /// A setting was changed while the bridge was enabled.
    Enabled(u8),
    /// A value that the register does not have.
    Value {
        /// The register.
        register: u8,
        /// The value.
        got: u8,
    },
    /// It was enabled with another size than the screen's.
    Size {
        /// The size that was set.
        set: (u16, u16),
        /// The screen's size.
        screen: (u16, u16),
    },
    /// Something was sent over DSI while it was not enabled.
    NotEnabled,
    /// A packet that it has no use for.
    Packet(DataType),
    /// Something is wrong with the video.
    Video(VideoFault),
}

impl fmt::Display for BridgeBreach {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoRegister(register) => write!(f, "there is no register {register:#04x}"),
            Self::ReadOnly(register) => write!(f, "register {register:#04x} is read only"),
            Self::Enabled(register) => write!(f, "register {register:#04x} set while enabled"),
            Self::Value { register, got } => write!(f, "register {register:#04x} set to {got:#04x}"),
            Self::Size { set: (w, h), screen: (sw, sh) } => {
                write!(f, "enabled for {w} x {h}, and the screen has {sw} x {sh}")
            }
            Self::NotEnabled => f.write_str("a transmission before the bridge was enabled"),
            Self::Packet(data_type) => write!(f, "{data_type} to a bridge that has no use for it"),
            Self::Video(fault) => fault.fmt(f),
        }
    }
}

/// A bridge in software.
pub struct Bridge {
    options: BridgeOptions,
    screen: Arc<Screen>,
    state: Mutex<State>,
}

struct State {
    powered: bool,
    registers: [u8; 256],
    selected: u8,
    /// Present while it is enabled.
    receiver: Option<VideoReceiver>,
    writes: Vec<Vec<u8>>,
    breaches: Vec<BridgeBreach>,
}

impl State {
    fn new(options: &BridgeOptions) -> Self {
        let mut registers = [0; 256];
        let [id_low, id_high] = registers::CHIP_ID_VALUE;
        for (register, value) in registers.iter_mut().zip([id_low, id_high, options.revision]) {
            *register = value;
        }
        Self {
            powered: true,
            registers,
            selected: 0,
            receiver: None,
            writes: Vec::new(),
            breaches: Vec::new(),
        }
    }

    fn register(&self, address: u8) -> u8 {
        // An array of 256 has all addresses of one byte.
        self.registers[usize::from(address)]
    }

    fn set(&mut self, address: u8, value: u8) {
        self.registers[usize::from(address)] = value;
    }

    fn pair(&self, address: u8) -> u16 {
        u16::from_le_bytes([self.register(address), self.register(address.wrapping_add(1))])
    }

    fn error(&mut self, bit: u8) {
        self.set(registers::ERRORS, self.register(registers::ERRORS) | bit);
    }

    fn frames(&self) -> u64 {
        self.receiver.as_ref().map_or(0, VideoReceiver::frames)
    }

    fn lanes(&self) -> Lanes {
        Lanes::from_count(self.register(registers::LANES) + 1).unwrap_or(Lanes::Four)
    }

    /// Writes a register. A breach is recorded, and the byte is not acknowledged.
    fn write(&mut self, screen: &Screen, register: u8, value: u8) -> Result<(), BridgeBreach> {
        match access(register).ok_or(BridgeBreach::NoRegister(register))? {
            Access::ReadOnly => return Err(BridgeBreach::ReadOnly(register)),
            Access::Setting { .. } if self.receiver.is_some() => return Err(BridgeBreach::Enabled(register)),
            Access::Setting { most } | Access::Control { most } if value > most => {
                return Err(BridgeBreach::Value { register, got: value });
            }
            Access::ClearedByOnes => self.set(register, self.register(register) & !value),
            Access::Control { .. } => self.enable(screen, value == 1)?,
            Access::Setting { .. } => self.set(register, value),
        }
        Ok(())
    }

    fn enable(&mut self, screen: &Screen, enable: bool) -> Result<(), BridgeBreach> {
        if enable && self.receiver.is_none() {
            let set = (self.pair(registers::WIDTH), self.pair(registers::HEIGHT));
            let size = (screen.width(), screen.height());
            if set != size {
                return Err(BridgeBreach::Size { set, screen: size });
            }
            let format = match self.register(registers::FORMAT) {
                0 => PixelFormat::Rgb888,
                1 => PixelFormat::Rgb666,
                2 => PixelFormat::Rgb666Packed,
                _ => PixelFormat::Rgb565,
            };
            let mode = match self.register(registers::VIDEO_MODE) {
                0 => Mode::VideoSyncEvents,
                1 => Mode::VideoSyncPulses,
                _ => Mode::VideoBurst,
            };
            self.receiver = Some(VideoReceiver::new(set.0, set.1, format, mode));
        } else if !enable {
            self.receiver = None;
            self.set(registers::STATUS, 0);
        }
        self.set(registers::ENABLE, u8::from(enable));
        Ok(())
    }

    fn receive(&mut self, options: &BridgeOptions, transmission: &Transmission<'_>) {
        if self.receiver.is_none() {
            self.breaches.push(BridgeBreach::NotEnabled);
            return;
        }
        if transmission.speed == Speed::HighSpeed && transmission.lanes != self.lanes() {
            return self.error(registers::ERROR_TRANSMISSION);
        }
        for piece in Decoder::<DataType, SlicedCrc>::with_checksum(transmission.bytes, SlicedCrc) {
            match piece {
                Piece::Packet(decoded) => self.packet(options, &decoded),
                Piece::Skipped(_) => return self.error(registers::ERROR_ECC_MULTI),
                Piece::Incomplete { .. } => return self.error(registers::ERROR_TRANSMISSION),
            }
        }
    }

    fn packet(&mut self, options: &BridgeOptions, decoded: &Decoded<'_>) {
        if decoded.header != HeaderCheck::Clean {
            self.error(registers::ERROR_ECC_SINGLE);
        }
        if decoded.is_end_of_transmission() || decoded.packet.channel() != options.channel {
            return;
        }
        if matches!(decoded.checksum, ChecksumCheck::Bad { .. }) {
            return self.error(registers::ERROR_CHECKSUM);
        }
        match Request::parse(&decoded.packet) {
            Ok(Request::DcsWrite(bytes) | Request::GenericWrite(bytes)) if options.takes_commands => {
                self.writes.push(bytes.to_vec());
            }
            Ok(Request::Null(_) | Request::Blanking(_)) => {}
            Ok(
                request @ (Request::VSyncStart(_)
                | Request::VSyncEnd
                | Request::HSyncStart
                | Request::HSyncEnd
                | Request::Pixels { .. }),
            ) => self.video(&request),
            _ => {
                self.error(registers::ERROR_PACKET);
                self.breaches.push(BridgeBreach::Packet(decoded.packet.data_type()));
            }
        }
    }

    fn video(&mut self, request: &Request<'_>) {
        let Some(receiver) = &mut self.receiver else { return };
        let faults = receiver.take(request);
        if receiver.frames() > 0 {
            self.set(registers::STATUS, registers::STATUS_VIDEO);
        }
        for fault in faults.into_iter().flatten() {
            self.error(registers::ERROR_VIDEO);
            self.breaches.push(BridgeBreach::Video(fault));
        }
    }
}

impl Bridge {
    /// A bridge with power, disabled, in front of a screen.
    pub fn new(options: BridgeOptions, screen: Arc<Screen>) -> Self {
        let state = Mutex::new(State::new(&options));
        Self { options, screen, state }
    }

    /// The screen behind it.
    pub const fn screen(&self) -> &Arc<Screen> {
        &self.screen
    }

    /// Whether its receiver and output are enabled.
    pub fn is_enabled(&self) -> bool {
        lock(&self.state).receiver.is_some()
    }

    /// Frames whose last pixel has arrived since it was enabled.
    pub fn frames(&self) -> u64 {
        lock(&self.state).frames()
    }

    /// A register, as it would be read over I2C.
    pub fn register(&self, address: u8) -> u8 {
        lock(&self.state).register(address)
    }

    /// What was written to it over DSI, if it takes commands.
    pub fn dsi_writes(&self) -> Vec<Vec<u8>> {
        lock(&self.state).writes.clone()
    }

    /// What it was asked to do and should not have been, in order.
    pub fn breaches(&self) -> Vec<BridgeBreach> {
        lock(&self.state).breaches.clone()
    }

    /// Switches its power, or its enable pin. Without power the bridge acknowledges nothing and shows nothing; with
    /// power its registers have their defaults.
    pub fn set_powered(&self, powered: bool) {
        {
            let mut state = lock(&self.state);
            if state.powered == powered {
                return;
            }
            let old = std::mem::replace(&mut *state, State::new(&self.options));
            state.powered = powered;
            state.breaches = old.breaches;
            state.writes = old.writes;
        }
        self.refresh();
    }

    /// Shows on the screen what the receiver has: after each whole frame, so that nobody sees an incomplete frame.
    fn refresh(&self) {
        let shown = lock(&self.state).receiver.as_ref().map(|receiver| receiver.picture().clone());
        self.screen.show(shown);
    }
}

impl I2cTarget for Bridge {
    fn write(&self, bytes: &[u8]) -> usize {
        let accepted = {
            let state = &mut *lock(&self.state);
            let Some((register, values)) = bytes.split_first().filter(|_| state.powered) else { return 0 };
            state.selected = *register;
            let mut accepted = 1;
            for value in values {
                if let Err(breach) = state.write(&self.screen, state.selected, *value) {
                    state.breaches.push(breach);
                    break;
                }
                state.selected = state.selected.wrapping_add(1);
                accepted += 1;
            }
            accepted
        };
        self.refresh();
        accepted
    }

    fn read(&self, bytes: &mut [u8]) {
        let mut state = lock(&self.state);
        for byte in bytes {
            // A bus that nobody drives reads as ones.
            *byte = if state.powered { state.register(state.selected) } else { 0xff };
            state.selected = state.selected.wrapping_add(1);
        }
    }
}

impl LinkDevice for Bridge {
    fn receive(&self, transmission: &Transmission<'_>) {
        let whole_frame = {
            let mut state = lock(&self.state);
            if !state.powered {
                return;
            }
            let before = state.frames();
            state.receive(&self.options, transmission);
            state.frames() != before
        };
        if whole_frame {
            self.refresh();
        }
    }

    fn respond(&self, _turn: &TurnAround) -> DeviceResponse {
        DeviceResponse::Silence
    }

    fn is_present(&self) -> bool {
        lock(&self.state).powered
    }
}
