//! Reads the bytes of a DCS write back as a command, for the other end of the link: a virtual panel, a trace.
//!
//! Manufacturers use the opcodes from 0xb0 on. Many use all opcodes after the host has selected one of
//! their pages, so a panel that knows its pages looks at the opcode before it calls this module.

use super::super::wire::BufferTooSmall;
use super::address_window::{
    SetAddressMode, SetColumnAddress, SetPageAddress, SetPartialColumns, SetPartialRows,
};
use super::brightness::{
    SetCabcMinBrightness, SetCabcMinBrightness16, SetDisplayBrightness, SetDisplayBrightness16,
    WriteControlDisplay, WritePowerSave,
};
use super::command::{write_payload, ParameterError, ParameterFault, ParseCommand, WriteCommand};
use super::memory::{WriteLut, WriteMemoryContinue, WriteMemoryStart};
use super::opcode::{Form, Opcode};
use super::pixel_format::SetPixelFormat;
use super::scrolling::{SetScrollArea, SetScrollStart};
use super::sleep_and_display::{
    EnterIdleMode, EnterInvertMode, EnterNormalMode, EnterPartialMode, EnterSleepMode, ExitIdleMode,
    ExitInvertMode, ExitSleepMode, Nop, SetDisplayOff, SetDisplayOn, SetGammaCurve, SoftReset,
};
use super::stereo::Set3dControl;
use super::tearing::{SetTearOff, SetTearOn, SetTearScanline, SetVsyncTiming};

macro_rules! writes {
    ($( $(#[$doc:meta])* $name:ident($type:ty), $opcode:ident; )*) => {
        /// A command that the host has written.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum WrittenCommand<'a> {
            $( $(#[$doc])* $name($type), )*
            /// The brightness in two bytes, read high byte first.
            DisplayBrightness16(SetDisplayBrightness16),
            /// The smallest adaptive brightness in two bytes, read high byte first.
            CabcMinBrightness16(SetCabcMinBrightness16),
            /// A manufacturer's command, which DCS does not name.
            Unknown {
                /// Its opcode.
                opcode: Opcode,
                /// Its parameters.
                parameters: &'a [u8],
            },
        }

        impl<'a> WrittenCommand<'a> {
            fn from_parts(opcode: Opcode, parameters: &'a [u8]) -> Result<Self, ParameterError> {
                if let Some(fault) = opcode.form().and_then(|form| fault(form, parameters.len())) {
                    return Err(ParameterError { opcode, fault });
                }
                match opcode {
                    // These two commands have one byte or two, and a type for each.
                    Opcode::SET_DISPLAY_BRIGHTNESS if parameters.len() == 2 => {
                        SetDisplayBrightness16::parse(parameters).map(Self::DisplayBrightness16)
                    }
                    Opcode::SET_CABC_MIN_BRIGHTNESS if parameters.len() == 2 => {
                        SetCabcMinBrightness16::parse(parameters).map(Self::CabcMinBrightness16)
                    }
                    $( Opcode::$opcode => <$type>::parse(parameters).map(Self::$name), )*
                    _ => Ok(Self::Unknown { opcode, parameters }),
                }
            }

            /// The opcode of the command.
            #[must_use]
            pub const fn opcode(&self) -> Opcode {
                match self {
                    $( Self::$name(_) => Opcode::$opcode, )*
                    Self::DisplayBrightness16(_) => Opcode::SET_DISPLAY_BRIGHTNESS,
                    Self::CabcMinBrightness16(_) => Opcode::SET_CABC_MIN_BRIGHTNESS,
                    Self::Unknown { opcode, .. } => *opcode,
                }
            }

            /// Writes the opcode and the parameters to the start of `buffer`, and returns that part of it.
            ///
            /// # Errors
            ///
            /// [`BufferTooSmall`], in which case nothing is written.
            pub fn encode<'b>(&self, buffer: &'b mut [u8]) -> Result<&'b [u8], BufferTooSmall> {
                match self {
                    $( Self::$name(command) => command.encode(buffer), )*
                    Self::DisplayBrightness16(command) => command.encode(buffer),
                    Self::CabcMinBrightness16(command) => command.encode(buffer),
                    Self::Unknown { opcode, parameters } => write_payload(*opcode, parameters, buffer),
                }
            }
        }
    };
}

writes! {
    /// Does nothing, but ends a memory write.
    Nop(Nop), NOP;
    /// Resets the registers to their defaults.
    SoftReset(SoftReset), SOFT_RESET;
    /// Turns most circuits off and keeps the memory.
    EnterSleepMode(EnterSleepMode), ENTER_SLEEP_MODE;
    /// Turns all circuits on.
    ExitSleepMode(ExitSleepMode), EXIT_SLEEP_MODE;
    /// Shows only the partial area.
    EnterPartialMode(EnterPartialMode), ENTER_PARTIAL_MODE;
    /// Shows the whole area.
    EnterNormalMode(EnterNormalMode), ENTER_NORMAL_MODE;
    /// Shows colours as they are.
    ExitInvertMode(ExitInvertMode), EXIT_INVERT_MODE;
    /// Inverts all colours.
    EnterInvertMode(EnterInvertMode), ENTER_INVERT_MODE;
    /// Selects a gamma curve.
    GammaCurve(SetGammaCurve), SET_GAMMA_CURVE;
    /// Blanks the display.
    DisplayOff(SetDisplayOff), SET_DISPLAY_OFF;
    /// Shows the picture.
    DisplayOn(SetDisplayOn), SET_DISPLAY_ON;
    /// Sets the columns that memory commands use.
    ColumnAddress(SetColumnAddress), SET_COLUMN_ADDRESS;
    /// Sets the rows that memory commands use.
    PageAddress(SetPageAddress), SET_PAGE_ADDRESS;
    /// Writes pixels from the start of the window.
    MemoryStart(WriteMemoryStart<'a>), WRITE_MEMORY_START;
    /// Writes the colour look-up table.
    Lut(WriteLut<'a>), WRITE_LUT;
    /// Sets the rows of the partial area.
    PartialRows(SetPartialRows), SET_PARTIAL_ROWS;
    /// Sets the columns of the partial area.
    PartialColumns(SetPartialColumns), SET_PARTIAL_COLUMNS;
    /// Sets the lines that scroll and the lines that stay.
    ScrollArea(SetScrollArea), SET_SCROLL_AREA;
    /// Turns the tearing effect signal off.
    TearOff(SetTearOff), SET_TEAR_OFF;
    /// Turns the tearing effect signal on.
    TearOn(SetTearOn), SET_TEAR_ON;
    /// Sets the order in which the memory is written, read and shown.
    AddressMode(SetAddressMode), SET_ADDRESS_MODE;
    /// Sets the line that the scrolling area begins with.
    ScrollStart(SetScrollStart), SET_SCROLL_START;
    /// Returns to full colour.
    ExitIdleMode(ExitIdleMode), EXIT_IDLE_MODE;
    /// Reduces the picture to eight colours.
    EnterIdleMode(EnterIdleMode), ENTER_IDLE_MODE;
    /// Sets the bits per pixel.
    PixelFormat(SetPixelFormat), SET_PIXEL_FORMAT;
    /// Writes pixels from where the last write ended.
    MemoryContinue(WriteMemoryContinue<'a>), WRITE_MEMORY_CONTINUE;
    /// Sets how stereoscopic pictures are sent.
    StereoControl(Set3dControl), SET_3D_CONTROL;
    /// Moves the vertical sync of the display.
    VsyncTiming(SetVsyncTiming<'a>), SET_VSYNC_TIMING;
    /// Sets the line that raises the tearing effect signal.
    TearScanline(SetTearScanline), SET_TEAR_SCANLINE;
    /// Sets the brightness, in one byte.
    DisplayBrightness(SetDisplayBrightness), SET_DISPLAY_BRIGHTNESS;
    /// Sets brightness control, dimming and backlight.
    ControlDisplay(WriteControlDisplay), WRITE_CONTROL_DISPLAY;
    /// Sets content adaptive brightness.
    PowerSave(WritePowerSave), WRITE_POWER_SAVE;
    /// Sets the smallest adaptive brightness, in one byte.
    CabcMinBrightness(SetCabcMinBrightness), SET_CABC_MIN_BRIGHTNESS;
}

impl<'a> WrittenCommand<'a> {
    /// Reads the payload of a DCS write: opcode and parameters.
    ///
    /// # Errors
    ///
    /// [`ParameterError`] if DCS names the command and the parameters are wrong for it.
    pub fn parse(payload: &'a [u8]) -> Result<Self, ParameterError> {
        let [opcode, parameters @ ..] = payload else {
            return Err(ParameterError { opcode: Opcode::NOP, fault: ParameterFault::Empty });
        };
        Self::from_parts(Opcode::new(*opcode), parameters)
    }

    /// Like [`parse`](Self::parse), but returns surplus parameters instead of refusing them. Panels accept
    /// them too: many init tables write `11 00` and mean `11`.
    ///
    /// # Errors
    ///
    /// [`ParameterError`] if there are too few parameters, or a range ends before it starts.
    pub fn parse_leniently(payload: &'a [u8]) -> Result<(Self, &'a [u8]), ParameterError> {
        let [opcode, parameters @ ..] = payload else {
            return Err(ParameterError { opcode: Opcode::NOP, fault: ParameterFault::Empty });
        };
        let opcode = Opcode::new(*opcode);
        let most = match opcode.form() {
            Some(Form::Exactly(most) | Form::Between(_, most)) => most,
            Some(Form::Any | Form::Read) | None => parameters.len(),
        };
        let (used, surplus) = parameters.split_at_checked(most).unwrap_or((parameters, &[]));
        Ok((Self::from_parts(opcode, used)?, surplus))
    }
}

/// What is wrong with a write of `got` parameter bytes, if anything.
const fn fault(form: Form, got: usize) -> Option<ParameterFault> {
    if form.accepts(got) {
        return None;
    }
    match form {
        Form::Exactly(len) => Some(ParameterFault::Length { least: len, most: len, got }),
        Form::Between(least, most) => Some(ParameterFault::Length { least, most, got }),
        Form::Any => None,
        Form::Read => Some(ParameterFault::NotWritten),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_written_command_has_a_meaning_for_the_parameters_that_it_has() {
        for opcode in Opcode::KNOWN.iter().copied() {
            let form = opcode.form().expect("known");
            for len in 0..9 {
                let mut payload = [0; 9];
                payload[0] = opcode.get();
                let write = WrittenCommand::parse(&payload[..1 + len.min(8)]);
                assert_eq!(write.is_ok(), form.accepts(len.min(8)), "{opcode} with {len}");
                if let Ok(write) = write {
                    assert!(!matches!(write, WrittenCommand::Unknown { .. }), "{opcode}");
                    assert_eq!(write.opcode(), opcode);
                }
            }
        }
    }

    #[test]
    fn commands_of_a_common_start_sequence_are_understood() {
        let columns = SetColumnAddress::new(0, 239).expect("in order");
        assert_eq!(WrittenCommand::parse(&[0x2a, 0, 0, 0, 239]), Ok(WrittenCommand::ColumnAddress(columns)));
        assert_eq!(WrittenCommand::parse(&[0x11]), Ok(WrittenCommand::ExitSleepMode(ExitSleepMode)));
        assert_eq!(
            WrittenCommand::parse(&[0x2c, 1, 2]),
            Ok(WrittenCommand::MemoryStart(WriteMemoryStart(&[1, 2])))
        );
        assert_eq!(
            WrittenCommand::parse(&[0x51, 0x01, 0x23]),
            Ok(WrittenCommand::DisplayBrightness16(SetDisplayBrightness16(0x0123)))
        );
        assert_eq!(
            WrittenCommand::parse(&[0x51, 0x23]),
            Ok(WrittenCommand::DisplayBrightness(SetDisplayBrightness(0x23)))
        );
    }

    #[test]
    fn a_manufacturers_command_survives() {
        let bytes = [0xf0, 0x55, 0xaa, 0x52];
        let write = WrittenCommand::parse(&bytes).expect("anything goes");
        assert_eq!(write, WrittenCommand::Unknown { opcode: Opcode::new(0xf0), parameters: &bytes[1..] });
        let mut buffer = [0xa5; 5];
        assert_eq!(write.encode(&mut buffer), Ok(&bytes[..]));
        assert_eq!(write.encode(&mut [0; 3]), Err(BufferTooSmall { needed: 4, available: 3 }));
    }

    #[test]
    fn a_payload_that_is_not_a_write_says_why() {
        let fault = |payload| WrittenCommand::parse(payload).map_err(|error| error.fault).map(|_| ());
        assert_eq!(fault(&[]), Err(ParameterFault::Empty));
        assert_eq!(fault(&[0x0a]), Err(ParameterFault::NotWritten));
        assert_eq!(fault(&[0x11, 0]), Err(ParameterFault::Length { least: 0, most: 0, got: 1 }));
        assert_eq!(fault(&[0x51]), Err(ParameterFault::Length { least: 1, most: 2, got: 0 }));
        assert_eq!(fault(&[0x5e, 1, 2, 3]), Err(ParameterFault::Length { least: 1, most: 2, got: 3 }));
        assert_eq!(fault(&[0x2a, 0, 1, 0, 0]), Err(ParameterFault::Reversed { start: 1, end: 0 }));
    }

    #[test]
    fn surplus_parameters_are_given_back() {
        let asleep = WrittenCommand::parse_leniently(&[0x11, 0x00]).expect("one too many");
        assert_eq!(asleep, (WrittenCommand::ExitSleepMode(ExitSleepMode), &[0x00][..]));
        assert!(WrittenCommand::parse_leniently(&[0x2a, 0, 0]).is_err());
        let (write, surplus) = WrittenCommand::parse_leniently(&[0xff, 1, 2]).expect("anything goes");
        assert!(matches!(write, WrittenCommand::Unknown { parameters: [1, 2], .. }));
        assert!(surplus.is_empty());
    }
}
