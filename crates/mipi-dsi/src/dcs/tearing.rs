//! Which line the display shows, and when. A host that knows it can write a picture without tearing.
//!
//! DCS 1.3, set_tear_on and its neighbours. Lines are counted from the top. The link carries numbers high
//! byte first.

use super::command::{exact, exact_response, without_parameters};
use super::command::{ParameterError, ParseCommand, ReadCommand, ResponseError, WriteCommand};
use super::opcode::Opcode;

without_parameters! {
    /// Turns the tearing effect signal off. Mirrors `mipi_dsi_dcs_set_tear_off()`.
    SetTearOff = SET_TEAR_OFF;
}

/// Turns the tearing effect signal on. Mirrors `mipi_dsi_dcs_set_tear_on()`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct SetTearOn(u8);

impl SetTearOn {
    /// Raises the signal in vertical blanking only.
    pub const VERTICAL: Self = Self(0);
    /// Raises the signal in vertical and in horizontal blanking.
    pub const VERTICAL_AND_HORIZONTAL: Self = Self(1);

    /// Makes the command from its parameter byte.
    #[must_use]
    pub const fn from_bits(bits: u8) -> Self {
        Self(bits)
    }

    /// The parameter byte.
    #[must_use]
    pub const fn bits(self) -> u8 {
        self.0
    }

    /// Whether the signal is raised in horizontal blanking too (bit 0).
    #[must_use]
    pub const fn has_horizontal(self) -> bool {
        self.0 & 1 != 0
    }
}

impl WriteCommand for SetTearOn {
    const OPCODE: Opcode = Opcode::SET_TEAR_ON;
    type Parameters = [u8; 1];

    fn parameters(&self) -> [u8; 1] {
        [self.0]
    }
}

impl ParseCommand<'_> for SetTearOn {
    #[inline]
    fn parse(parameters: &[u8]) -> Result<Self, ParameterError> {
        exact(Self::OPCODE, parameters).map(|[bits]| Self(bits))
    }
}

/// Sets the line that raises the tearing effect signal. Mirrors `mipi_dsi_dcs_set_tear_scanline()`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct SetTearScanline(pub u16);

impl WriteCommand for SetTearScanline {
    const OPCODE: Opcode = Opcode::SET_TEAR_SCANLINE;
    type Parameters = [u8; 2];

    fn parameters(&self) -> [u8; 2] {
        self.0.to_be_bytes()
    }
}

impl ParseCommand<'_> for SetTearScanline {
    #[inline]
    fn parse(parameters: &[u8]) -> Result<Self, ParameterError> {
        exact(Self::OPCODE, parameters).map(|line| Self(u16::from_be_bytes(line)))
    }
}

/// Reads the number of the line that the display is showing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct GetScanline;

impl ReadCommand for GetScanline {
    const OPCODE: Opcode = Opcode::GET_SCANLINE;
    const RESPONSE_LEN: usize = 2;
    type Response = u16;

    #[inline]
    fn parse(response: &[u8]) -> Result<u16, ResponseError> {
        exact_response(Self::OPCODE, response).map(u16::from_be_bytes)
    }
}

/// Moves the vertical sync of the display relative to that of the host.
///
/// The parameters pass through unchanged, because their number differs between panels.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct SetVsyncTiming<'a>(pub &'a [u8]);

impl<'a> WriteCommand for SetVsyncTiming<'a> {
    const OPCODE: Opcode = Opcode::SET_VSYNC_TIMING;
    type Parameters = &'a [u8];

    fn parameters(&self) -> &'a [u8] {
        self.0
    }
}

impl<'a> ParseCommand<'a> for SetVsyncTiming<'a> {
    #[inline]
    fn parse(parameters: &'a [u8]) -> Result<Self, ParameterError> {
        Ok(Self(parameters))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_signal_has_two_modes_and_keeps_other_bits() {
        assert_eq!(SetTearOn::VERTICAL.parameters(), [0]);
        assert_eq!(SetTearOn::VERTICAL_AND_HORIZONTAL.parameters(), [1]);
        let odd = SetTearOn::parse(&[0x81]).expect("one parameter");
        assert!(odd.has_horizontal());
        assert_eq!(odd.parameters(), [0x81]);
        assert_eq!(SetTearOff::OPCODE.get(), 0x34);
    }

    #[test]
    fn lines_go_high_byte_first() {
        assert_eq!(SetTearScanline(0x0123).parameters(), [0x01, 0x23]);
        assert_eq!(SetTearScanline::parse(&[0x01, 0x23]), Ok(SetTearScanline(0x0123)));
        assert_eq!(GetScanline::parse(&[0x01, 0x23]), Ok(0x0123));
        let short = ResponseError { opcode: Opcode::GET_SCANLINE, expected: 2, got: 1 };
        assert_eq!(GetScanline::parse(&[0x01]), Err(short));
    }

    #[test]
    fn sync_timing_is_passed_through() {
        assert_eq!(SetVsyncTiming::parse(&[1, 2, 3]), Ok(SetVsyncTiming(&[1, 2, 3])));
        assert_eq!(SetVsyncTiming(&[0]).parameters(), [0]);
    }
}
