//! How bright the display is, and what controls the brightness.
//!
//! DCS 1.3, set_display_brightness and its neighbours. DCS sends two bytes of brightness high byte first, but
//! many panels expect the low byte first, and older panels have only one byte. So each has its own command
//! type. A brightness is a fraction of the panel's full scale, which is 255 for one byte and often less than
//! 65535 for two.

use super::command::{exact, exact_response, flag_byte, one_byte_command, one_byte_response};
use super::command::{ParameterError, ParseCommand, ReadCommand, ResponseError, WriteCommand};
use super::opcode::Opcode;
use core::fmt;

/// Sets the brightness of a panel with one byte of brightness, 0..=255.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct SetDisplayBrightness(pub u8);

impl WriteCommand for SetDisplayBrightness {
    const OPCODE: Opcode = Opcode::SET_DISPLAY_BRIGHTNESS;
    type Parameters = [u8; 1];

    fn parameters(&self) -> [u8; 1] {
        [self.0]
    }
}

impl ParseCommand<'_> for SetDisplayBrightness {
    #[inline]
    fn parse(parameters: &[u8]) -> Result<Self, ParameterError> {
        exact(Self::OPCODE, parameters).map(|[value]| Self(value))
    }
}

/// Sets the brightness of a panel with two bytes of brightness, in the order of DCS: high byte first.
/// Mirrors `mipi_dsi_dcs_set_display_brightness_large()`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct SetDisplayBrightness16(pub u16);

impl WriteCommand for SetDisplayBrightness16 {
    const OPCODE: Opcode = Opcode::SET_DISPLAY_BRIGHTNESS;
    type Parameters = [u8; 2];

    fn parameters(&self) -> [u8; 2] {
        self.0.to_be_bytes()
    }
}

impl ParseCommand<'_> for SetDisplayBrightness16 {
    #[inline]
    fn parse(parameters: &[u8]) -> Result<Self, ParameterError> {
        exact(Self::OPCODE, parameters).map(|value| Self(u16::from_be_bytes(value)))
    }
}

/// Sets the brightness of a panel that expects two bytes in the other order: low byte first.
/// Mirrors `mipi_dsi_dcs_set_display_brightness()`.
///
/// The bytes on the link do not tell this from [`SetDisplayBrightness16`], so
/// [`WrittenCommand`](super::WrittenCommand) reads it as the latter.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct SetDisplayBrightness16Swapped(pub u16);

impl WriteCommand for SetDisplayBrightness16Swapped {
    const OPCODE: Opcode = Opcode::SET_DISPLAY_BRIGHTNESS;
    type Parameters = [u8; 2];

    fn parameters(&self) -> [u8; 2] {
        self.0.to_le_bytes()
    }
}

impl ParseCommand<'_> for SetDisplayBrightness16Swapped {
    #[inline]
    fn parse(parameters: &[u8]) -> Result<Self, ParameterError> {
        exact(Self::OPCODE, parameters).map(|value| Self(u16::from_le_bytes(value)))
    }
}

/// Reads the brightness of a panel with one byte of brightness, 0..=255.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct GetDisplayBrightness;

impl ReadCommand for GetDisplayBrightness {
    const OPCODE: Opcode = Opcode::GET_DISPLAY_BRIGHTNESS;
    const RESPONSE_LEN: usize = 1;
    type Response = u8;

    #[inline]
    fn parse(response: &[u8]) -> Result<u8, ResponseError> {
        exact_response(Self::OPCODE, response).map(|[value]| value)
    }
}

/// Reads the brightness of a panel with two bytes of brightness, high byte first. Mirrors
/// `mipi_dsi_dcs_get_display_brightness_large()`, but a response of one byte is an error.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct GetDisplayBrightness16;

impl ReadCommand for GetDisplayBrightness16 {
    const OPCODE: Opcode = Opcode::GET_DISPLAY_BRIGHTNESS;
    const RESPONSE_LEN: usize = 2;
    type Response = u16;

    #[inline]
    fn parse(response: &[u8]) -> Result<u16, ResponseError> {
        exact_response(Self::OPCODE, response).map(u16::from_be_bytes)
    }
}

/// Reads the brightness of a panel that sends its two bytes low byte first. Mirrors
/// `mipi_dsi_dcs_get_display_brightness()`, but a response of one byte is an error.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct GetDisplayBrightness16Swapped;

impl ReadCommand for GetDisplayBrightness16Swapped {
    const OPCODE: Opcode = Opcode::GET_DISPLAY_BRIGHTNESS;
    const RESPONSE_LEN: usize = 2;
    type Response = u16;

    #[inline]
    fn parse(response: &[u8]) -> Result<u16, ResponseError> {
        exact_response(Self::OPCODE, response).map(u16::from_le_bytes)
    }
}

flag_byte! {
    /// What controls the brightness.
    ControlDisplay {
        /// The brightness registers control the brightness.
        brightness_control, with_brightness_control: 5;
        /// The brightness changes gradually.
        dimming, with_dimming: 3;
        /// The backlight is on.
        backlight, with_backlight: 2;
    }
}

/// Content adaptive brightness, and picture enhancement if the panel has it: any byte.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct PowerSave(u8);

/// The content that the brightness adapts to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum AdaptiveBrightness {
    /// The brightness does not adapt.
    Off,
    /// The content is a user interface.
    UserInterface,
    /// The content is a still picture.
    StillPicture,
    /// The content is a moving picture.
    MovingImage,
}

impl PowerSave {
    /// Makes a setting with this adaptation and without enhancement.
    #[must_use]
    pub const fn new(adaptive: AdaptiveBrightness) -> Self {
        Self(adaptive as u8)
    }

    /// Makes a setting from its byte.
    #[must_use]
    pub const fn from_bits(bits: u8) -> Self {
        Self(bits)
    }

    /// The byte of the setting.
    #[must_use]
    pub const fn bits(self) -> u8 {
        self.0
    }

    /// The content that the brightness adapts to (bits 1:0).
    #[must_use]
    pub const fn adaptive(self) -> AdaptiveBrightness {
        match self.0 & 0x03 {
            0 => AdaptiveBrightness::Off,
            1 => AdaptiveBrightness::UserInterface,
            2 => AdaptiveBrightness::StillPicture,
            _ => AdaptiveBrightness::MovingImage,
        }
    }
}

impl fmt::Debug for PowerSave {
    #[inline]
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PowerSave({:#04x}: {:?})", self.0, self.adaptive())
    }
}

/// The smallest adaptive brightness of a panel with one byte of brightness, on the scale of the
/// brightness.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct MinBrightness(u8);

impl MinBrightness {
    /// Makes a setting from its value.
    #[must_use]
    pub const fn from_bits(value: u8) -> Self {
        Self(value)
    }

    /// The value, 0..=255.
    #[must_use]
    pub const fn bits(self) -> u8 {
        self.0
    }
}

/// Sets the smallest adaptive brightness of a panel with two bytes of brightness, high byte first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct SetCabcMinBrightness16(pub u16);

impl WriteCommand for SetCabcMinBrightness16 {
    const OPCODE: Opcode = Opcode::SET_CABC_MIN_BRIGHTNESS;
    type Parameters = [u8; 2];

    fn parameters(&self) -> [u8; 2] {
        self.0.to_be_bytes()
    }
}

impl ParseCommand<'_> for SetCabcMinBrightness16 {
    #[inline]
    fn parse(parameters: &[u8]) -> Result<Self, ParameterError> {
        exact(Self::OPCODE, parameters).map(|value| Self(u16::from_be_bytes(value)))
    }
}

one_byte_command! {
    /// Sets what controls the brightness.
    WriteControlDisplay(ControlDisplay) = WRITE_CONTROL_DISPLAY;
    /// Sets content adaptive brightness.
    WritePowerSave(PowerSave) = WRITE_POWER_SAVE;
    /// Sets the smallest adaptive brightness, in one byte.
    SetCabcMinBrightness(MinBrightness) = SET_CABC_MIN_BRIGHTNESS;
}

one_byte_response! {
    /// Reads what controls the brightness.
    GetControlDisplay -> ControlDisplay = GET_CONTROL_DISPLAY;
    /// Reads the setting of content adaptive brightness.
    GetPowerSave -> PowerSave = GET_POWER_SAVE;
    /// Reads the smallest adaptive brightness, in one byte.
    GetCabcMinBrightness -> MinBrightness = GET_CABC_MIN_BRIGHTNESS;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_order_of_bytes_is_its_own_command() {
        assert_eq!(SetDisplayBrightness(0x12).parameters(), [0x12]);
        assert_eq!(SetDisplayBrightness16(0x0123).parameters(), [0x01, 0x23]);
        assert_eq!(SetDisplayBrightness16Swapped(0x0123).parameters(), [0x23, 0x01]);
        assert_eq!(GetDisplayBrightness16::parse(&[0x01, 0x23]), Ok(0x0123));
        assert_eq!(GetDisplayBrightness16Swapped::parse(&[0x23, 0x01]), Ok(0x0123));
        let parsed = SetDisplayBrightness16Swapped::parse(&[0x23, 0x01]);
        assert_eq!(parsed, Ok(SetDisplayBrightness16Swapped(0x0123)));
    }

    /// The kernel takes the one byte and leaves the other as it was. That is a defect, so this code differs.
    #[test]
    fn a_response_of_one_byte_is_no_brightness_of_two() {
        let error = ResponseError { opcode: Opcode::GET_DISPLAY_BRIGHTNESS, expected: 2, got: 1 };
        assert_eq!(GetDisplayBrightness16::parse(&[0x12]), Err(error));
        assert_eq!(GetDisplayBrightness16Swapped::parse(&[0x12]), Err(error));
        assert_eq!(GetDisplayBrightness::parse(&[0x12]), Ok(0x12));
        assert!(GetDisplayBrightness::parse(&[0x12, 0x34]).is_err());
    }

    #[test]
    fn controls_have_their_bits_and_keep_the_others() {
        let on = ControlDisplay::EMPTY.with_brightness_control(true).with_backlight(true);
        assert_eq!(WriteControlDisplay(on).parameters(), [0x24]);
        assert_eq!(ControlDisplay::EMPTY.with_dimming(true).bits(), 0x08);
        assert_eq!(SetCabcMinBrightness16(0x0123).encode(&mut [0; 3]), Ok(&[0x5e, 0x01, 0x23][..]));
        assert_eq!(GetControlDisplay::parse(&[0xff]).map(ControlDisplay::bits), Ok(0xff));
        let save = PowerSave::from_bits(0x91);
        assert_eq!(save.adaptive(), AdaptiveBrightness::UserInterface);
        assert_eq!(WritePowerSave(save).parameters(), [0x91]);
        assert_eq!(PowerSave::new(AdaptiveBrightness::MovingImage).bits(), 0x03);
    }
}
