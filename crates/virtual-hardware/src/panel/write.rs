//! What a panel does with the commands that are written to it.

use super::breach::Rule;
use super::memory::{Span, inside};
use super::options::PanelOptions;
use super::state::{AllPixels, ManufacturerWrite, State};
use crate::clock::Instant;
use crate::pixels::MemoryDepth;
use mipi_dsi::dcs::{Opcode, PixelDepth, Write, WriteCommand};

const ALL_PIXELS_OFF: u8 = 0x22;
const ALL_PIXELS_ON: u8 = 0x23;

/// Whether a sleeping panel takes a command, read or written. It takes all but those that need the circuits which
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
    /// A DCS write: opcode and parameters. What is in breach is recorded and not carried out.
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

    /// A write that is the manufacturer's to understand.
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
        let write = Write::parse(payload).map_err(Rule::Parameters)?;
        if self.registers.asleep && !allowed_asleep(opcode) {
            return Err(Rule::Asleep(opcode));
        }
        self.carry_out(options, opcode, write)
    }

    fn carry_out(&mut self, options: &PanelOptions, opcode: Opcode, write: Write<'_>) -> Result<(), Rule> {
        let registers = &mut self.registers;
        match write {
            Write::Nop(_) => {}
            Write::SoftReset(_) => self.reset(options),
            Write::EnterSleepMode(_) => registers.asleep = true,
            Write::ExitSleepMode(_) => {
                registers.asleep = false;
                self.tested = true;
            }
            Write::EnterPartialMode(_) => {
                registers.partial = true;
                registers.scrolling = false;
            }
            Write::EnterNormalMode(_) => {
                registers.partial = false;
                registers.scrolling = false;
                registers.all_pixels = AllPixels::Normal;
            }
            Write::EnterInvertMode(_) => registers.inverted = true,
            Write::ExitInvertMode(_) => registers.inverted = false,
            Write::EnterIdleMode(_) => registers.idle = true,
            Write::ExitIdleMode(_) => registers.idle = false,
            Write::DisplayOff(_) => registers.display_on = false,
            Write::DisplayOn(_) => {
                let (expected, got) = (options.init.len(), registers.init_done);
                if got < expected {
                    return Err(Rule::InitIncomplete { expected, got });
                }
                registers.display_on = true;
            }
            Write::GammaCurve(curve) => registers.gamma = curve.0.bits(),
            Write::DisplayBrightness(level) => registers.brightness = level.parameters().to_vec(),
            Write::DisplayBrightness16(level) => registers.brightness = level.parameters().to_vec(),
            Write::ControlDisplay(control) => registers.control_display = control.0.bits(),
            Write::PowerSave(save) => registers.power_save = save.0.bits(),
            Write::CabcMinBrightness(level) => registers.min_brightness = level.parameters().to_vec(),
            Write::CabcMinBrightness16(level) => registers.min_brightness = level.parameters().to_vec(),
            Write::StereoControl(_) | Write::VsyncTiming(_) => return Err(Rule::Unsupported(opcode)),
            _ if !options.has_memory() => return self.carry_out_video(opcode, &write),
            _ => return self.carry_out_memory(options, opcode, &write),
        }
        Ok(())
    }

    /// What is left for a panel without memory: how the picture is scanned is the host's business.
    fn carry_out_video(&mut self, opcode: Opcode, write: &Write<'_>) -> Result<(), Rule> {
        match write {
            Write::AddressMode(mode) => self.memory.set_order(mode.0),
            Write::PixelFormat(format) => self.registers.pixel_format = format.0,
            Write::TearOff(_) => self.registers.tear = None,
            Write::TearOn(tear) => self.registers.tear = Some(tear.has_horizontal()),
            Write::Unknown { .. } => return Err(Rule::UnknownCommand(opcode)),
            _ => return Err(Rule::Unsupported(opcode)),
        }
        Ok(())
    }

    fn carry_out_memory(
        &mut self,
        options: &PanelOptions,
        opcode: Opcode,
        write: &Write<'_>,
    ) -> Result<(), Rule> {
        let registers = &mut self.registers;
        match write {
            Write::ColumnAddress(span) => {
                return self.memory.set_columns(Span { first: span.start(), last: span.end() });
            }
            Write::PageAddress(span) => {
                return self.memory.set_rows(Span { first: span.start(), last: span.end() });
            }
            Write::MemoryStart(data) => return self.memory.write(opcode, self.depth(opcode)?, data.0),
            Write::MemoryContinue(data) => return self.memory.write(opcode, self.depth(opcode)?, data.0),
            Write::AddressMode(mode) => self.memory.set_order(mode.0),
            Write::PixelFormat(format) => {
                memory_depth(opcode, format.0.dbi())?;
                registers.pixel_format = format.0;
            }
            Write::PartialRows(span) => {
                let span = Span { first: span.start(), last: span.end() };
                inside(opcode, span, options.height)?;
                registers.partial_rows = span;
            }
            Write::PartialColumns(span) => {
                let span = Span { first: span.start(), last: span.end() };
                inside(opcode, span, options.width)?;
                registers.partial_columns = span;
            }
            Write::ScrollArea(area) => {
                let height = u32::from(options.height);
                if area.lines() != height {
                    let last = area.lines().saturating_sub(1);
                    return Err(Rule::Outside { opcode, last, of: height });
                }
                registers.scroll_area = *area;
            }
            Write::ScrollStart(start) => {
                let area = registers.scroll_area;
                let end = area.top.saturating_add(area.scrolling);
                if !(area.top..end).contains(&start.0) {
                    return Err(Rule::Outside { opcode, last: start.0.into(), of: end.into() });
                }
                registers.scroll_start = start.0;
                registers.scrolling = true;
            }
            Write::TearOff(_) => registers.tear = None,
            Write::TearOn(tear) => registers.tear = Some(tear.has_horizontal()),
            Write::TearScanline(line) => {
                if line.0 >= options.height {
                    return Err(Rule::Outside { opcode, last: line.0.into(), of: options.height.into() });
                }
                registers.tear_line = line.0;
            }
            Write::Unknown { .. } => return Err(Rule::UnknownCommand(opcode)),
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
