//! Sleep, display on and off, and the modes that change how the display shows the picture.
//!
//! DCS 1.3, section 6. Only the gamma curve has a parameter. [`super::sequence::check_pauses`] knows how long
//! to wait after these commands.

use super::command::{exact, one_byte_command, without_parameters};
use super::command::{ParameterError, ParseCommand, WriteCommand};
use super::opcode::Opcode;
use core::fmt;

without_parameters! {
    /// Does nothing, but ends a memory write. Mirrors `mipi_dsi_dcs_nop()`.
    Nop = NOP;
    /// Resets the registers to their defaults; wait 5 ms after it. Mirrors `mipi_dsi_dcs_soft_reset()`.
    SoftReset = SOFT_RESET;
    /// Turns most circuits off and keeps the memory; wait 5 ms after it. Mirrors
    /// `mipi_dsi_dcs_enter_sleep_mode()`.
    EnterSleepMode = ENTER_SLEEP_MODE;
    /// Turns all circuits on; wait 5 ms after it, and 120 ms before [`EnterSleepMode`]. Mirrors
    /// `mipi_dsi_dcs_exit_sleep_mode()`.
    ExitSleepMode = EXIT_SLEEP_MODE;
    /// Shows only the partial area.
    EnterPartialMode = ENTER_PARTIAL_MODE;
    /// Shows the whole area.
    EnterNormalMode = ENTER_NORMAL_MODE;
    /// Shows colours as they are.
    ExitInvertMode = EXIT_INVERT_MODE;
    /// Inverts all colours.
    EnterInvertMode = ENTER_INVERT_MODE;
    /// Blanks the display. Mirrors `mipi_dsi_dcs_set_display_off()`.
    SetDisplayOff = SET_DISPLAY_OFF;
    /// Shows the picture. Mirrors `mipi_dsi_dcs_set_display_on()`.
    SetDisplayOn = SET_DISPLAY_ON;
    /// Returns to full colour.
    ExitIdleMode = EXIT_IDLE_MODE;
    /// Reduces the picture to eight colours.
    EnterIdleMode = ENTER_IDLE_MODE;
}

/// The selection of a gamma curve: any byte, of which one of the low four bits should be set.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct GammaCurve(u8);

impl GammaCurve {
    /// Curve 1, bit 0, which is the default.
    pub const CURVE_1: Self = Self(0x01);
    /// Curve 2, bit 1.
    pub const CURVE_2: Self = Self(0x02);
    /// Curve 3, bit 2.
    pub const CURVE_3: Self = Self(0x04);
    /// Curve 4, bit 3.
    pub const CURVE_4: Self = Self(0x08);

    /// Makes a selection from its byte.
    #[must_use]
    pub const fn from_bits(bits: u8) -> Self {
        Self(bits)
    }

    /// The byte of the selection.
    #[must_use]
    pub const fn bits(self) -> u8 {
        self.0
    }

    /// The number of the curve, 1..=4, or `None` unless exactly one of the low four bits is set and no other.
    #[must_use]
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
    #[inline]
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
