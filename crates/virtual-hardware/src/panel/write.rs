//! What a panel does with the commands that are written to it.

use super::breach::Rule;
use super::memory::{Span, inside};
use super::options::PanelOptions;
use super::state::{AllPixels, ManufacturerWrite, State};
use crate::clock::Instant;
use crate::pixels::MemoryDepth;
use mipi_dsi::dcs::{Opcode, PixelDepth, WriteCommand, WrittenCommand};

const ALL_PIXELS_OFF: u8 = 0x22;
const ALL_PIXELS_ON: u8 = 0x23;

/// Whether a sleeping panel takes a command, read or written. It takes all commands but those for the circuits that
/// sleep: the memory, the scan and the light.
pub(super) fn allowed_asleep(opcode: Opcode) -> bool {
    !matches!(
        opcode,
        Opcode::WRITE_MEMORY_START
            | Opcode::WRITE_MEMORY_CONTINUE
            | Opcode::READ_MEMORY_START
            | Opcode::READ_MEMORY_CONTINUE
            | Opcode::WRITE_LUT
            | Opcode::SET_DISPLAY_ON
            | Opcode::GET_SCANLINE
            | Opcode::GET_RED_CHANNEL
            | Opcode::GET_GREEN_CHANNEL
            | Opcode::GET_BLUE_CHANNEL
    )
}

impl State {
    /// A DCS write: opcode and parameters. A write that breaks a rule is recorded and not carried out.
    pub(super) fn dcs_write(&mut self, options: &PanelOptions, payload: &[u8], at: Instant) {
        let Some(&code) = payload.first() else { return };
        let opcode = Opcode::new(code);
        let asleep = self.registers.asleep;
        let done = self.timing.check(opcode, at).and_then(|()| self.obey(options, opcode, payload));
        match done {
            Ok(()) => {
                self.timing.carried_out(opcode, at, asleep);
                self.commands.push((at, opcode));
            }
            Err(rule) => self.breach(options, at, rule),
        }
    }

    /// A write that only the manufacturer understands.
    pub(super) fn manufacturer_write(&mut self, options: &PanelOptions, write: ManufacturerWrite) {
        if options.init.get(self.registers.init_done).is_some_and(|next| *next == write.bytes()) {
            self.registers.init_done += 1;
        }
        self.manufacturer.push(write);
    }

    fn obey(&mut self, options: &PanelOptions, opcode: Opcode, payload: &[u8]) -> Result<(), Rule> {
        if options.manufacturer.contains(&opcode.get()) {
            self.manufacturer_write(options, ManufacturerWrite::Dcs(payload.to_vec()));
            return Ok(());
        }
        if options.all_pixels_commands {
            match payload {
                [ALL_PIXELS_OFF] => {
                    self.registers.all_pixels = AllPixels::Off;
                    return Ok(());
                }
                [ALL_PIXELS_ON] => {
                    self.registers.all_pixels = AllPixels::On;
                    return Ok(());
                }
                _ => {}
            }
        }
        let write = WrittenCommand::parse(payload).map_err(Rule::Parameters)?;
        if self.registers.asleep && !allowed_asleep(opcode) {
            return Err(Rule::Asleep(opcode));
        }
        self.carry_out(options, opcode, write)
    }

    fn carry_out(
        &mut self,
        options: &PanelOptions,
        opcode: Opcode,
        write: WrittenCommand<'_>,
    ) -> Result<(), Rule> {
        let registers = &mut self.registers;
        match write {
            WrittenCommand::Nop(_) => {}
            WrittenCommand::SoftReset(_) => self.reset(options),
            WrittenCommand::EnterSleepMode(_) => registers.asleep = true,
            WrittenCommand::ExitSleepMode(_) => {
                registers.asleep = false;
                self.tested = true;
            }
            WrittenCommand::EnterPartialMode(_) => {
                registers.partial = true;
                registers.scrolling = false;
            }
            WrittenCommand::EnterNormalMode(_) => {
                registers.partial = false;
                registers.scrolling = false;
                registers.all_pixels = AllPixels::Normal;
            }
            WrittenCommand::EnterInvertMode(_) => registers.inverted = true,
            WrittenCommand::ExitInvertMode(_) => registers.inverted = false,
            WrittenCommand::EnterIdleMode(_) => registers.idle = true,
            WrittenCommand::ExitIdleMode(_) => registers.idle = false,
            WrittenCommand::DisplayOff(_) => registers.display_on = false,
            WrittenCommand::DisplayOn(_) => {
                let (expected, got) = (options.init.len(), registers.init_done);
                if got < expected {
                    return Err(Rule::InitIncomplete { expected, got });
                }
                registers.display_on = true;
            }
            WrittenCommand::GammaCurve(curve) => registers.gamma = curve.0.bits(),
            WrittenCommand::DisplayBrightness(level) => registers.brightness = level.parameters().to_vec(),
            WrittenCommand::DisplayBrightness16(level) => registers.brightness = level.parameters().to_vec(),
            WrittenCommand::ControlDisplay(control) => registers.control_display = control.0.bits(),
            WrittenCommand::PowerSave(save) => registers.power_save = save.0.bits(),
            WrittenCommand::CabcMinBrightness(level) => {
                registers.min_brightness = level.parameters().to_vec()
            }
            WrittenCommand::CabcMinBrightness16(level) => {
                registers.min_brightness = level.parameters().to_vec()
            }
            WrittenCommand::StereoControl(_) | WrittenCommand::VsyncTiming(_) => {
                return Err(Rule::Unsupported(opcode));
            }
            _ if !options.has_memory() => return self.carry_out_video(opcode, &write),
            _ => return self.carry_out_memory(options, opcode, &write),
        }
        Ok(())
    }

    /// The commands that remain for a panel without memory: the host decides how the picture is scanned.
    fn carry_out_video(&mut self, opcode: Opcode, write: &WrittenCommand<'_>) -> Result<(), Rule> {
        match write {
            WrittenCommand::AddressMode(mode) => self.memory.set_order(mode.0),
            WrittenCommand::PixelFormat(format) => self.registers.pixel_format = format.0,
            WrittenCommand::TearOff(_) => self.registers.tear = None,
            WrittenCommand::TearOn(tear) => self.registers.tear = Some(tear.has_horizontal()),
            WrittenCommand::Unknown { .. } => return Err(Rule::UnknownCommand(opcode)),
            _ => return Err(Rule::Unsupported(opcode)),
        }
        Ok(())
    }

    fn carry_out_memory(
        &mut self,
        options: &PanelOptions,
        opcode: Opcode,
        write: &WrittenCommand<'_>,
    ) -> Result<(), Rule> {
        let registers = &mut self.registers;
        match write {
            WrittenCommand::ColumnAddress(span) => {
                return self.memory.set_columns(Span { first: span.start(), last: span.end() });
            }
            WrittenCommand::PageAddress(span) => {
                return self.memory.set_rows(Span { first: span.start(), last: span.end() });
            }
            WrittenCommand::MemoryStart(data) => {
                return self.memory.write(opcode, self.depth(opcode)?, data.0);
            }
            WrittenCommand::MemoryContinue(data) => {
                return self.memory.write(opcode, self.depth(opcode)?, data.0);
            }
            WrittenCommand::AddressMode(mode) => self.memory.set_order(mode.0),
            WrittenCommand::PixelFormat(format) => {
                memory_depth(opcode, format.0.dbi())?;
                registers.pixel_format = format.0;
            }
            WrittenCommand::PartialRows(span) => {
                let span = Span { first: span.start(), last: span.end() };
                inside(opcode, span, options.height)?;
                registers.partial_rows = span;
            }
            WrittenCommand::PartialColumns(span) => {
                let span = Span { first: span.start(), last: span.end() };
                inside(opcode, span, options.width)?;
                registers.partial_columns = span;
            }
            WrittenCommand::ScrollArea(area) => {
                let height = u32::from(options.height);
                if area.lines() != height {
                    let last = area.lines().saturating_sub(1);
                    return Err(Rule::Outside { opcode, last, of: height });
                }
                registers.scroll_area = *area;
            }
            WrittenCommand::ScrollStart(start) => {
                let area = registers.scroll_area;
                let end = area.top.saturating_add(area.scrolling);
                if !(area.top..end).contains(&start.0) {
                    return Err(Rule::Outside { opcode, last: start.0.into(), of: end.into() });
                }
                registers.scroll_start = start.0;
                registers.scrolling = true;
            }
            WrittenCommand::TearOff(_) => registers.tear = None,
            WrittenCommand::TearOn(tear) => registers.tear = Some(tear.has_horizontal()),
            WrittenCommand::TearScanline(line) => {
                if line.0 >= options.height {
                    return Err(Rule::Outside { opcode, last: line.0.into(), of: options.height.into() });
                }
                registers.tear_line = line.0;
            }
            WrittenCommand::Unknown { .. } => return Err(Rule::UnknownCommand(opcode)),
            _ => return Err(Rule::Unsupported(opcode)),
        }
        Ok(())
    }

    /// The depth of memory commands.
    pub(super) fn depth(&self, opcode: Opcode) -> Result<MemoryDepth, Rule> {
        memory_depth(opcode, self.registers.pixel_format.dbi())
    }
}

/// A depth that a memory here can have.
fn memory_depth(opcode: Opcode, depth: PixelDepth) -> Result<MemoryDepth, Rule> {
    MemoryDepth::from_code(depth.code()).ok_or(Rule::Depth { opcode, depth })
}
