//! Sleep, display on and off, and the modes in which the picture is shown.
//!
//! DCS 1.3, section 6. These have no parameters, the gamma curve excepted. How long to wait after them
//! is in [`super::sequence`].

use super::command::{exact, one_byte_command, without_parameters};
use super::command::{ParameterError, ParseCommand, WriteCommand};
use super::opcode::Opcode;
use core::fmt;

without_parameters! {
    /// Does nothing, and ends a memory write. Mirrors `mipi_dsi_dcs_nop()`.
    Nop = NOP;
    /// Puts the registers back to their defaults; wait 5 ms. Mirrors `mipi_dsi_dcs_soft_reset()`.
    SoftReset = SOFT_RESET;
    /// Turns most circuits off and keeps the memory; wait 5 ms. Mirrors
    /// `mipi_dsi_dcs_enter_sleep_mode()`.
    EnterSleepMode = ENTER_SLEEP_MODE;
    /// Turns all circuits on; wait 5 ms, and 120 ms before going to sleep again. Mirrors
    /// `mipi_dsi_dcs_exit_sleep_mode()`.
    ExitSleepMode = EXIT_SLEEP_MODE;
    /// Shows only the partial area.
    EnterPartialMode = ENTER_PARTIAL_MODE;
    /// Shows the whole area.
    EnterNormalMode = ENTER_NORMAL_MODE;
    /// Shows colours as they are.
    ExitInvertMode = EXIT_INVERT_MODE;
    /// Shows every colour inverted.
    EnterInvertMode = ENTER_INVERT_MODE;
    /// Blanks the display. Mirrors `mipi_dsi_dcs_set_display_off()`.
    SetDisplayOff = SET_DISPLAY_OFF;
    /// Shows the picture. Mirrors `mipi_dsi_dcs_set_display_on()`.
    SetDisplayOn = SET_DISPLAY_ON;
    /// Full colour.
    ExitIdleMode = EXIT_IDLE_MODE;
    /// Eight colours.
    EnterIdleMode = ENTER_IDLE_MODE;
}

/// One of four gamma curves, of which one bit is set; any byte.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct GammaCurve(u8);

impl GammaCurve {
    /// Curve 1, the default.
    pub const CURVE_1: Self = Self(0x01);
    /// Curve 2.
    pub const CURVE_2: Self = Self(0x02);
    /// Curve 3.
    pub const CURVE_3: Self = Self(0x04);
    /// Curve 4.
    pub const CURVE_4: Self = Self(0x08);

    /// The selection with these bits.
    pub const fn from_bits(bits: u8) -> Self {
        Self(bits)
    }

    /// Its bits.
    pub const fn bits(self) -> u8 {
        self.0
    }

    /// The curve's number, 1..=4; `None` if not exactly one of the four bits is set.
    pub const fn number(self) -> Option<u8> {
        match self.0 {
            0x01 => Some(1),
            0x02 => Some(2),
            0x04 => Some(3),
            0x08 => Some(4),
            _ => None,
        }
    }
}

impl fmt::Debug for GammaCurve {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "GammaCurve({:#04x})", self.0)
    }
}

one_byte_command! {
    /// Selects a gamma curve.
    SetGammaCurve(GammaCurve) = SET_GAMMA_CURVE;
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bytes(command: impl WriteCommand) -> [u8; 3] {
        let mut buffer = [0xa5; 3];
        command.encode(&mut buffer).expect("there is room");
        buffer
    }

    #[test]
    fn commands_have_their_codes() {
        assert_eq!(bytes(Nop)[..2], [0x00, 0xa5]);
        assert_eq!(bytes(SoftReset)[..2], [0x01, 0xa5]);
        assert_eq!(bytes(EnterSleepMode)[..2], [0x10, 0xa5]);
        assert_eq!(bytes(ExitSleepMode)[..2], [0x11, 0xa5]);
        assert_eq!(bytes(EnterPartialMode)[..2], [0x12, 0xa5]);
        assert_eq!(bytes(EnterNormalMode)[..2], [0x13, 0xa5]);
        assert_eq!(bytes(ExitInvertMode)[..2], [0x20, 0xa5]);
        assert_eq!(bytes(EnterInvertMode)[..2], [0x21, 0xa5]);
        assert_eq!(bytes(SetDisplayOff)[..2], [0x28, 0xa5]);
        assert_eq!(bytes(SetDisplayOn)[..2], [0x29, 0xa5]);
        assert_eq!(bytes(ExitIdleMode)[..2], [0x38, 0xa5]);
        assert_eq!(bytes(EnterIdleMode)[..2], [0x39, 0xa5]);
        assert_eq!(bytes(SetGammaCurve(GammaCurve::CURVE_3)), [0x26, 0x04, 0xa5]);
    }

    #[test]
    fn a_curve_has_a_number_if_one_bit_says_so() {
        use GammaCurve as Curve;
        let curves = [Curve::CURVE_1, Curve::CURVE_2, Curve::CURVE_3, Curve::CURVE_4];
        assert_eq!(curves.map(GammaCurve::number), [Some(1), Some(2), Some(3), Some(4)]);
        assert_eq!(curves.map(GammaCurve::bits), [1, 2, 4, 8]);
        assert_eq!(GammaCurve::from_bits(0x03).number(), None);
        assert_eq!(SetGammaCurve::parse(&[0x03]), Ok(SetGammaCurve(GammaCurve::from_bits(0x03))));
    }
}
