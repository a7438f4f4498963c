//! How a panel responds to reads.

use super::breach::Rule;
use super::options::PanelOptions;
use super::state::{AllPixels, Pending, State};
use super::write::allowed_asleep;
use crate::clock::Instant;
use mipi_dsi::dcs::{DiagnosticResult, DisplayMode, Form, Opcode, PowerMode, SignalMode};

/// The opcodes with which most vendors let the three bytes of the display id be read one by one.
const DISPLAY_ID_1: u8 = 0xda;
const DISPLAY_ID_2: u8 = 0xdb;
const DISPLAY_ID_3: u8 = 0xdc;

impl State {
    /// A DCS read: prepares the response, cut to the maximum return packet size.
    pub(super) fn dcs_read(&mut self, options: &PanelOptions, code: u8, at: Instant) {
        let opcode = Opcode::new(code);
        let response = self.timing.check(opcode, at).and_then(|()| self.look_up(options, opcode, at));
        self.pending = Some(match response {
            Ok(mut bytes) => {
                bytes.truncate(usize::from(self.registers.max_return));
                self.commands.push((at, opcode));
                Pending::Dcs(bytes)
            }
            Err(rule) => {
                self.breach(options, at, rule);
                Pending::Nothing
            }
        });
    }

    /// A generic read: the response that the options have for it.
    pub(super) fn generic_read(&mut self, options: &PanelOptions, parameters: &[u8], at: Instant) {
        let known = options.generic_responses.iter().find(|(asked, _)| asked == parameters);
        self.pending = Some(match known {
            Some((_, bytes)) => {
                let most = usize::from(self.registers.max_return);
                Pending::Generic(bytes.get(..most).unwrap_or(bytes).to_vec())
            }
            None => {
                self.breach(options, at, Rule::UnknownGenericRead(parameters.first().copied()));
                Pending::Nothing
            }
        });
    }

    fn look_up(&mut self, options: &PanelOptions, opcode: Opcode, at: Instant) -> Result<Vec<u8>, Rule> {
        if self.registers.asleep && !allowed_asleep(opcode) {
            return Err(Rule::Asleep(opcode));
        }
        let [id_1, id_2, id_3] = options.display_id;
        match opcode.get() {
            DISPLAY_ID_1 => return Ok(vec![id_1]),
            DISPLAY_ID_2 => return Ok(vec![id_2]),
            DISPLAY_ID_3 => return Ok(vec![id_3]),
            _ => {}
        }
        match opcode.form() {
            Some(Form::Read) => {}
            Some(_) => return Err(Rule::NotRead(opcode)),
            None => return Err(Rule::UnknownCommand(opcode)),
        }
        let registers = &self.registers;
        Ok(match opcode {
            // The response is the first byte of the compression mode packet.
            Opcode::GET_COMPRESSION_MODE if options.compression => {
                registers.compression.to_bytes()[..1].to_vec()
            }
            Opcode::GET_DISPLAY_ID => options.display_id.to_vec(),
            Opcode::GET_ERROR_COUNT_ON_DSI => vec![std::mem::take(&mut self.damaged)],
            Opcode::GET_RED_CHANNEL => vec![self.first_pixel(options).r],
            Opcode::GET_GREEN_CHANNEL => vec![self.first_pixel(options).g],
            Opcode::GET_BLUE_CHANNEL => vec![self.first_pixel(options).b],
            Opcode::GET_DISPLAY_STATUS => self.display_status().to_be_bytes().to_vec(),
            Opcode::GET_POWER_MODE => vec![self.power_mode().bits()],
            Opcode::GET_ADDRESS_MODE => vec![self.memory.order.bits()],
            Opcode::GET_PIXEL_FORMAT => vec![registers.pixel_format.bits()],
            Opcode::GET_DISPLAY_MODE => vec![self.display_mode()],
            Opcode::GET_SIGNAL_MODE => vec![
                SignalMode::EMPTY
                    .with_tearing_effect(registers.tear.is_some())
                    .with_tearing_effect_horizontal(registers.tear == Some(true))
                    .bits(),
            ],
            Opcode::GET_DIAGNOSTIC_RESULT => vec![
                DiagnosticResult::EMPTY
                    .with_registers_loaded(self.tested)
                    .with_functional(self.tested)
                    .bits(),
            ],
            Opcode::READ_MEMORY_START | Opcode::READ_MEMORY_CONTINUE if options.has_memory() => {
                let most = usize::from(registers.max_return);
                let depth = self.depth(opcode)?;
                self.memory.read(opcode, depth, most)?
            }
            Opcode::GET_SCANLINE => scanline(options, at).to_be_bytes().to_vec(),
            Opcode::GET_DISPLAY_BRIGHTNESS => registers.brightness.clone(),
            Opcode::GET_CONTROL_DISPLAY => vec![registers.control_display],
            Opcode::GET_POWER_SAVE => vec![registers.power_save],
            Opcode::GET_CABC_MIN_BRIGHTNESS => registers.min_brightness.clone(),
            Opcode::READ_DDB_START => self.descriptor(options, 0),
            Opcode::READ_DDB_CONTINUE => self.descriptor(options, registers.descriptor_read),
            _ => return Err(Rule::Unsupported(opcode)),
        })
    }

    /// A part of the device descriptor block, as long as a response may be.
    fn descriptor(&mut self, options: &PanelOptions, from: usize) -> Vec<u8> {
        let rest = options.descriptor.get(from..).unwrap_or_default();
        let part = rest.get(..usize::from(self.registers.max_return)).unwrap_or(rest);
        self.registers.descriptor_read = from + part.len();
        part.to_vec()
    }

    fn first_pixel(&self, options: &PanelOptions) -> crate::picture::Rgb {
        let picture = if options.has_memory() { self.memory.picture() } else { self.video.picture() };
        picture.pixel(0, 0).unwrap_or_default()
    }

    fn power_mode(&self) -> PowerMode {
        let registers = &self.registers;
        PowerMode::EMPTY
            .with_booster(!registers.asleep)
            .with_idle(registers.idle)
            .with_partial(registers.partial)
            .with_awake(!registers.asleep)
            .with_normal(!registers.partial)
            .with_display_on(registers.display_on)
    }

    fn display_mode(&self) -> u8 {
        let registers = &self.registers;
        let curve = registers.gamma.checked_ilog2().unwrap_or(0) as u8 & 0x07;
        let mode = DisplayMode::EMPTY
            .with_scrolling(registers.scrolling)
            .with_inverted(registers.inverted)
            .with_all_pixels_on(registers.all_pixels == AllPixels::On)
            .with_all_pixels_off(registers.all_pixels == AllPixels::Off);
        mode.bits() | curve
    }

    /// The bits that `mipi_dsi::dcs::DisplayStatus` names.
    fn display_status(&self) -> u32 {
        let registers = &self.registers;
        u32::from(!registers.asleep) << 31
            | u32::from(registers.idle) << 19
            | u32::from(registers.partial) << 18
            | u32::from(!registers.asleep) << 17
            | u32::from(!registers.partial) << 16
            | u32::from(registers.display_on) << 10
    }
}

/// The row that the display shows at this time; the scan runs since the start of time.
fn scanline(options: &PanelOptions, at: Instant) -> u16 {
    let frame = u64::try_from(options.frame_time.as_nanos()).unwrap_or(u64::MAX).max(1);
    let into = u128::from(at.as_nanos() % frame);
    // CAST: `into` is less than `frame`, so the row is less than the height.
    (into * u128::from(options.height) / u128::from(frame)) as u16
}

#[cfg(test)]
mod tests {
    use super::*;
    use core::time::Duration;

    fn awake() -> (PanelOptions, State) {
        let options =
            PanelOptions { frame_time: Duration::from_micros(1000), ..PanelOptions::command(4, 10) };
        let mut state = State::new(&options);
        state.registers.asleep = false;
        state.registers.max_return = 16;
        (options, state)
    }

    fn response(state: &mut State, options: &PanelOptions, code: u8) -> Vec<u8> {
        state.dcs_read(options, code, Instant::START);
        match state.pending.take() {
            Some(Pending::Dcs(bytes)) => bytes,
            other => panic!("{code:#04x} gives {other:?}"),
        }
    }

    #[test]
    fn the_scan_line_goes_from_the_first_row_to_the_last_and_begins_anew() {
        let (options, _) = awake();
        let at = |micros: u64| scanline(&options, Instant::from_nanos(micros * 1000));
        assert_eq!([0, 99, 100, 999, 1000, 2950].map(at), [0, 0, 1, 9, 0, 9]);
        let still = PanelOptions { frame_time: Duration::ZERO, ..options.clone() };
        assert_eq!(scanline(&still, Instant::from_nanos(77)), 0);
    }

    #[test]
    fn each_mode_is_a_bit_of_its_own_in_power_mode_and_status() {
        type Change = fn(&mut State);
        let cases: [(Change, u8, u32); 5] = [
            (|_| {}, 0x98, 0x8003_0000),
            (|state| state.registers.asleep = true, 0x08, 0x0001_0000),
            (|state| state.registers.idle = true, 0xd8, 0x800b_0000),
            (|state| state.registers.partial = true, 0xb0, 0x8006_0000),
            (|state| state.registers.display_on = true, 0x9c, 0x8003_0400),
        ];
        for (change, power, status) in cases {
            let (options, mut state) = awake();
            change(&mut state);
            assert_eq!(response(&mut state, &options, 0x0a), [power]);
            assert_eq!(response(&mut state, &options, 0x09), status.to_be_bytes());
        }
    }

    #[test]
    fn every_response_is_cut_to_the_return_size() {
        let (options, mut state) = awake();
        let options = PanelOptions {
            descriptor: vec![1, 2, 3, 4, 5, 6],
            generic_responses: vec![(vec![7], vec![8, 9, 10])],
            ..options
        };
        state.registers.max_return = 2;
        assert_eq!(response(&mut state, &options, 0x04), options.display_id[..2]);
        assert_eq!(response(&mut state, &options, 0xa1), [1, 2]);
        assert_eq!(response(&mut state, &options, 0xa8), [3, 4], "and goes on where it was cut");
        state.generic_read(&options, &[7], Instant::START);
        assert_eq!(state.pending, Some(Pending::Generic(vec![8, 9])));
        assert_eq!(response(&mut state, &options, 0x2e).len(), 2);
    }

    #[test]
    fn the_error_count_is_read_once_and_stops_at_its_end() {
        let (options, mut state) = awake();
        for _ in 0..127 {
            state.damaged(mipi_dsi::wire::PeripheralError::Checksum);
        }
        assert_eq!(response(&mut state, &options, 0x05), [0x7f]);
        assert_eq!(response(&mut state, &options, 0x05), [0]);
        for _ in 0..300 {
            state.damaged(mipi_dsi::wire::PeripheralError::Checksum);
        }
        assert_eq!(response(&mut state, &options, 0x05), [0xff], "more than seven bits");
    }
}
