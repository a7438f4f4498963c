//! What the display reports about itself.
//!
//! DCS 1.3, get_power_mode and its neighbours. DCS does not define get_display_status and the error count,
//! but many vendors have them. Bits marked "vendors'" are not in DCS either: several data sheets agree on
//! them. All other bits are kept.

use super::command::{exact_response, flag_byte, one_byte_response, ReadCommand, ResponseError};
use super::opcode::Opcode;
use super::sleep_and_display::GammaCurve;

flag_byte! {
    /// The modes of the display that are on. The bits are those of `MIPI_DCS_POWER_MODE_*`.
    PowerMode {
        /// The booster is on (vendors').
        booster, with_booster: 7;
        /// The picture has only eight colours.
        idle, with_idle: 6;
        /// The display shows only the partial area.
        partial, with_partial: 5;
        /// The display is not asleep.
        awake, with_awake: 4;
        /// The display shows the whole area.
        normal, with_normal: 3;
        /// The display shows the picture.
        display_on, with_display_on: 2;
    }
}

flag_byte! {
    /// How the display shows the picture.
    DisplayMode {
        /// The picture scrolls.
        scrolling, with_scrolling: 7;
        /// Colours are inverted.
        inverted, with_inverted: 5;
        /// All pixels are on, whatever the memory says (vendors').
        all_pixels_on, with_all_pixels_on: 4;
        /// All pixels are off, whatever the memory says (vendors').
        all_pixels_off, with_all_pixels_off: 3;
    }
}

impl DisplayMode {
    /// The gamma curve (bits 2:0), or `None` for the four values that are not assigned.
    #[must_use]
    pub const fn gamma_curve(self) -> Option<GammaCurve> {
        match self.bits() & 0x07 {
            0 => Some(GammaCurve::CURVE_1),
            1 => Some(GammaCurve::CURVE_2),
            2 => Some(GammaCurve::CURVE_3),
            3 => Some(GammaCurve::CURVE_4),
            _ => None,
        }
    }
}

flag_byte! {
    /// The signals between display and host.
    SignalMode {
        /// The tearing effect signal is on.
        tearing_effect, with_tearing_effect: 7;
        /// The tearing effect signal is raised in horizontal blanking too.
        tearing_effect_horizontal, with_tearing_effect_horizontal: 6;
        /// The display receives a horizontal sync (vendors').
        horizontal_sync, with_horizontal_sync: 5;
        /// The display receives a vertical sync (vendors').
        vertical_sync, with_vertical_sync: 4;
        /// The display receives a pixel clock (vendors').
        pixel_clock, with_pixel_clock: 3;
        /// The display receives data enable (vendors').
        data_enable, with_data_enable: 2;
        /// The display has seen an error on the link (vendors').
        link_error, with_link_error: 0;
    }
}

flag_byte! {
    /// The results of the self test. The top two bits *change* each time the test passes after sleep, so one
    /// value alone does not show whether it passed.
    DiagnosticResult {
        /// Changes when the display has loaded its registers.
        registers_loaded, with_registers_loaded: 7;
        /// Changes when the display works.
        functional, with_functional: 6;
        /// A chip has come off.
        chip_detached, with_chip_detached: 5;
        /// The glass is broken.
        glass_broken, with_glass_broken: 4;
    }
}

/// The number of damaged packets that the peripheral has seen. Most vendors clear it when it is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ErrorCount(u8);

impl ErrorCount {
    /// Makes a count from the byte of the response.
    #[must_use]
    pub const fn from_bits(bits: u8) -> Self {
        Self(bits)
    }

    /// The byte of the response.
    #[must_use]
    pub const fn bits(self) -> u8 {
        self.0
    }

    /// The count, 0..=127.
    #[must_use]
    pub const fn count(self) -> u8 {
        self.0 & 0x7f
    }

    /// Whether there were more than 127 damaged packets.
    #[must_use]
    pub const fn overflowed(self) -> bool {
        self.0 & 0x80 != 0
    }
}

one_byte_response! {
    /// Reads which modes are on. Mirrors `mipi_dsi_dcs_get_power_mode()`.
    GetPowerMode -> PowerMode = GET_POWER_MODE;
    /// Reads how the display shows the picture.
    GetDisplayMode -> DisplayMode = GET_DISPLAY_MODE;
    /// Reads the signals between display and host.
    GetSignalMode -> SignalMode = GET_SIGNAL_MODE;
    /// Reads the results of the self test.
    GetDiagnosticResult -> DiagnosticResult = GET_DIAGNOSTIC_RESULT;
    /// Reads the number of damaged packets that the peripheral has seen.
    GetErrorCountOnDsi -> ErrorCount = GET_ERROR_COUNT_ON_DSI;
}

/// Four bytes of status: any 32 bits.
///
/// It is not part of DCS. The data sheets of ILI9341 and ST7735 agree on the bits that have names here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct DisplayStatus(u32);

impl DisplayStatus {
    /// Makes a status from its bits. The first byte of the response is the highest.
    #[must_use]
    pub const fn from_bits(bits: u32) -> Self {
        Self(bits)
    }

    /// The bits, with the first byte of the response as the highest.
    #[must_use]
    pub const fn bits(self) -> u32 {
        self.0
    }

    /// Whether the picture has only eight colours (bit 19).
    #[must_use]
    pub const fn idle(self) -> bool {
        self.0 & 1 << 19 != 0
    }

    /// Whether the display shows only the partial area (bit 18).
    #[must_use]
    pub const fn partial(self) -> bool {
        self.0 & 1 << 18 != 0
    }

    /// Whether the display is not asleep (bit 17).
    #[must_use]
    pub const fn awake(self) -> bool {
        self.0 & 1 << 17 != 0
    }

    /// Whether the display shows the whole area (bit 16).
    #[must_use]
    pub const fn normal(self) -> bool {
        self.0 & 1 << 16 != 0
    }

    /// Whether the display shows the picture (bit 10).
    #[must_use]
    pub const fn display_on(self) -> bool {
        self.0 & 1 << 10 != 0
    }
}

/// Reads four bytes of status.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct GetDisplayStatus;

impl ReadCommand for GetDisplayStatus {
    const OPCODE: Opcode = Opcode::GET_DISPLAY_STATUS;
    const RESPONSE_LEN: usize = 4;
    type Response = DisplayStatus;

    #[inline]
    fn parse(response: &[u8]) -> Result<DisplayStatus, ResponseError> {
        exact_response(Self::OPCODE, response).map(|bytes| DisplayStatus(u32::from_be_bytes(bytes)))
    }
}

macro_rules! checksums {
    ($( $(#[$doc:meta])* $name:ident = $opcode:ident; )*) => {
        $(
            $(#[$doc])*
            #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
            pub struct $name;

            impl ReadCommand for $name {
                const OPCODE: Opcode = Opcode::$opcode;
                const RESPONSE_LEN: usize = 2;
                type Response = u16;

                #[inline]
                fn parse(response: &[u8]) -> Result<u16, ResponseError> {
                    exact_response(Self::OPCODE, response).map(u16::from_be_bytes)
                }
            }
        )*
    };
}

checksums! {
    /// Reads a checksum of the pixels of the last frame, before colour transformation. High byte first.
    GetImageChecksumRgb = GET_IMAGE_CHECKSUM_RGB;
    /// Reads a checksum of the pixels of the last frame, after colour transformation. High byte
    /// first.
    GetImageChecksumCt = GET_IMAGE_CHECKSUM_CT;
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::format;

    #[test]
    fn a_display_that_is_on_says_0x9c() {
        let mode = GetPowerMode::parse(&[0x9c]).expect("one byte");
        assert!(mode.booster() && mode.awake() && mode.normal() && mode.display_on());
        assert!(!mode.idle() && !mode.partial());
        assert_eq!(format!("{mode:?}"), "PowerMode(0x9c booster awake normal display_on)");
        // The value after power-on in the data sheet of ILI9163C.
        assert_eq!(PowerMode::EMPTY.with_normal(true).bits(), 0x08);
    }

    #[test]
    fn each_named_bit_is_where_the_data_sheets_have_it() {
        let power = PowerMode::EMPTY;
        let power = [
            power.with_booster(true),
            power.with_idle(true),
            power.with_partial(true),
            power.with_awake(true),
        ];
        assert_eq!(power.map(PowerMode::bits), [0x80, 0x40, 0x20, 0x10]);
        let mode = DisplayMode::EMPTY;
        let mode = [
            mode.with_scrolling(true),
            mode.with_inverted(true),
            mode.with_all_pixels_on(true),
            mode.with_all_pixels_off(true),
        ];
        assert_eq!(mode.map(DisplayMode::bits), [0x80, 0x20, 0x10, 0x08]);
        let signal = SignalMode::EMPTY;
        let signal = [
            signal.with_tearing_effect(true),
            signal.with_tearing_effect_horizontal(true),
            signal.with_horizontal_sync(true),
            signal.with_vertical_sync(true),
            signal.with_pixel_clock(true),
            signal.with_data_enable(true),
            signal.with_link_error(true),
        ];
        assert_eq!(signal.map(SignalMode::bits), [0x80, 0x40, 0x20, 0x10, 0x08, 0x04, 0x01]);
        let result = DiagnosticResult::EMPTY;
        let result = [
            result.with_registers_loaded(true),
            result.with_functional(true),
            result.with_chip_detached(true),
            result.with_glass_broken(true),
        ];
        assert_eq!(result.map(DiagnosticResult::bits), [0x80, 0x40, 0x20, 0x10]);
    }

    #[test]
    fn responses_keep_bits_without_a_name() {
        assert_eq!(GetPowerMode::parse(&[0x03]).map(PowerMode::bits), Ok(0x03));
        assert_eq!(GetDisplayMode::parse(&[0x47]).map(DisplayMode::bits), Ok(0x47));
        assert_eq!(GetSignalMode::parse(&[0x02]).map(SignalMode::bits), Ok(0x02));
        assert_eq!(GetDiagnosticResult::parse(&[0x0f]).map(DiagnosticResult::bits), Ok(0x0f));
    }

    #[test]
    fn the_gamma_curve_is_three_bits_of_the_display_mode() {
        let curve = |bits| DisplayMode::from_bits(bits).gamma_curve();
        assert_eq!(curve(0x20), Some(GammaCurve::CURVE_1));
        assert_eq!(curve(0xa3), Some(GammaCurve::CURVE_4));
        assert_eq!(curve(0x04), None);
    }

    #[test]
    fn status_and_checksums_come_high_byte_first() {
        let status = GetDisplayStatus::parse(&[0x00, 0x73, 0x04, 0x00]).expect("four bytes");
        assert!(status.awake() && status.normal() && status.display_on());
        assert!(!status.idle() && !status.partial());
        assert_eq!(status.bits(), 0x0073_0400);
        assert_eq!(GetImageChecksumRgb::parse(&[0x12, 0x34]), Ok(0x1234));
        assert_eq!(GetImageChecksumCt::OPCODE.get(), 0x15);
    }

    #[test]
    fn impossible_lengths_are_refused() {
        for len in (0..9).filter(|len| *len != 4) {
            let error = ResponseError { opcode: Opcode::GET_DISPLAY_STATUS, expected: 4, got: len };
            assert_eq!(GetDisplayStatus::parse(&[0; 9][..len]), Err(error));
        }
        assert!(GetPowerMode::parse(&[]).is_err());
    }

    #[test]
    fn errors_are_counted_to_127() {
        let count = GetErrorCountOnDsi::parse(&[0x85]).expect("one byte");
        assert_eq!((count.count(), count.overflowed()), (5, true));
    }
}
