//! The first byte of a DCS command, which names the command.
//!
//! DCS 1.3, section 6, and `<video/mipi_display.h>`. Codes from 0xb0 on belong to the manufacturer. These and
//! all other codes without a name pass through unchanged. The other modules of `dcs` know the other bytes.

use core::fmt;

/// How many parameter bytes a command has, or that it reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Form {
    /// A write with this many parameter bytes.
    Exactly(usize),
    /// A write with at least the first and at most the second number of parameter bytes.
    Between(usize, usize),
    /// A write with any number of parameter bytes.
    Any,
    /// A read, without parameters.
    Read,
}

impl Form {
    /// Whether a write may have this many parameter bytes.
    #[must_use]
    pub const fn accepts(self, len: usize) -> bool {
        match self {
            Self::Exactly(expected) => len == expected,
            Self::Between(least, most) => least <= len && len <= most,
            Self::Any => true,
            Self::Read => false,
        }
    }
}

macro_rules! opcodes {
    ($( $(#[$doc:meta])* $constant:ident = $code:literal, $text:literal, $form:expr; )*) => {
        impl Opcode {
            $( $(#[$doc])* pub const $constant: Self = Self($code); )*

            /// Every command that DCS 1.3 and the kernel's header name, in the order of their codes.
            pub const KNOWN: &'static [Self] = &[$(Self::$constant),*];

            /// Its name in the specification, or `None` for a manufacturer's command.
            #[must_use]
            #[inline]
            pub const fn name(self) -> Option<&'static str> {
                match self.0 {
                    $( $code => Some($text), )*
                    _ => None,
                }
            }

            /// How the command is used, or `None` for a manufacturer's command.
            #[must_use]
            pub const fn form(self) -> Option<Form> {
                use Form::{Any, Between, Exactly, Read};
                match self.0 {
                    $( $code => Some($form), )*
                    _ => None,
                }
            }
        }
    };
}

/// The code of a DCS command: any byte.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Opcode(u8);

impl Opcode {
    /// Makes an opcode from its code.
    #[must_use]
    pub const fn new(code: u8) -> Self {
        Self(code)
    }

    /// The code, any byte.
    #[must_use]
    pub const fn get(self) -> u8 {
        self.0
    }

    /// Whether DCS 1.3 or the kernel's header names the command.
    #[must_use]
    pub const fn is_known(self) -> bool {
        self.name().is_some()
    }
}

impl From<u8> for Opcode {
    fn from(code: u8) -> Self {
        Self::new(code)
    }
}

impl fmt::Debug for Opcode {
    #[inline]
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name() {
            Some(name) => write!(f, "{:#04x} ({name})", self.0),
            None => write!(f, "{:#04x}", self.0),
        }
    }
}

impl fmt::Display for Opcode {
    #[inline]
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name() {
            Some(name) => f.write_str(name),
            None => write!(f, "command {:#04x}", self.0),
        }
    }
}

opcodes! {
    /// Does nothing, but ends a memory write.
    NOP = 0x00, "nop", Exactly(0);
    /// Resets the registers to their defaults.
    SOFT_RESET = 0x01, "soft_reset", Exactly(0);
    /// Reads whether and how pixels are compressed.
    GET_COMPRESSION_MODE = 0x03, "get_compression_mode", Read;
    /// Reads three identification bytes. From the vendors, not from DCS.
    GET_DISPLAY_ID = 0x04, "get_display_id", Read;
    /// Reads the number of damaged packets that the peripheral has seen.
    GET_ERROR_COUNT_ON_DSI = 0x05, "get_error_count_on_DSI", Read;
    /// Reads the red component of the first pixel.
    GET_RED_CHANNEL = 0x06, "get_red_channel", Read;
    /// Reads the green component of the first pixel.
    GET_GREEN_CHANNEL = 0x07, "get_green_channel", Read;
    /// Reads the blue component of the first pixel.
    GET_BLUE_CHANNEL = 0x08, "get_blue_channel", Read;
    /// Reads four bytes of status. From the vendors, not from DCS.
    GET_DISPLAY_STATUS = 0x09, "get_display_status", Read;
    /// Reads whether sleep, display, idle and partial mode are on.
    GET_POWER_MODE = 0x0a, "get_power_mode", Read;
    /// Reads the order in which the memory is written, read and shown.
    GET_ADDRESS_MODE = 0x0b, "get_address_mode", Read;
    /// Reads the bits per pixel.
    GET_PIXEL_FORMAT = 0x0c, "get_pixel_format", Read;
    /// Reads inversion, scrolling and gamma curve.
    GET_DISPLAY_MODE = 0x0d, "get_display_mode", Read;
    /// Reads the state of the tearing effect signal.
    GET_SIGNAL_MODE = 0x0e, "get_signal_mode", Read;
    /// Reads the results of the self test after sleep.
    GET_DIAGNOSTIC_RESULT = 0x0f, "get_diagnostic_result", Read;
    /// Turns most circuits off and keeps the memory.
    ENTER_SLEEP_MODE = 0x10, "enter_sleep_mode", Exactly(0);
    /// Turns all circuits on.
    EXIT_SLEEP_MODE = 0x11, "exit_sleep_mode", Exactly(0);
    /// Shows only the partial area.
    ENTER_PARTIAL_MODE = 0x12, "enter_partial_mode", Exactly(0);
    /// Shows the whole area.
    ENTER_NORMAL_MODE = 0x13, "enter_normal_mode", Exactly(0);
    /// Reads a checksum of the pixels before colour transformation.
    GET_IMAGE_CHECKSUM_RGB = 0x14, "get_image_checksum_rgb", Read;
    /// Reads a checksum of the pixels after colour transformation.
    GET_IMAGE_CHECKSUM_CT = 0x15, "get_image_checksum_ct", Read;
    /// Shows colours as they are.
    EXIT_INVERT_MODE = 0x20, "exit_invert_mode", Exactly(0);
    /// Inverts all colours.
    ENTER_INVERT_MODE = 0x21, "enter_invert_mode", Exactly(0);
    /// Selects a gamma curve.
    SET_GAMMA_CURVE = 0x26, "set_gamma_curve", Exactly(1);
    /// Blanks the display.
    SET_DISPLAY_OFF = 0x28, "set_display_off", Exactly(0);
    /// Shows the picture.
    SET_DISPLAY_ON = 0x29, "set_display_on", Exactly(0);
    /// Sets the columns that memory commands use.
    SET_COLUMN_ADDRESS = 0x2a, "set_column_address", Exactly(4);
    /// Sets the rows that memory commands use.
    SET_PAGE_ADDRESS = 0x2b, "set_page_address", Exactly(4);
    /// Writes pixels from the start of the window.
    WRITE_MEMORY_START = 0x2c, "write_memory_start", Any;
    /// Writes the colour look-up table.
    WRITE_LUT = 0x2d, "write_LUT", Any;
    /// Reads pixels from the start of the window.
    READ_MEMORY_START = 0x2e, "read_memory_start", Read;
    /// Sets the rows of the partial area.
    SET_PARTIAL_ROWS = 0x30, "set_partial_rows", Exactly(4);
    /// Sets the columns of the partial area.
    SET_PARTIAL_COLUMNS = 0x31, "set_partial_columns", Exactly(4);
    /// Sets the lines that scroll and the lines that stay.
    SET_SCROLL_AREA = 0x33, "set_scroll_area", Exactly(6);
    /// Turns the tearing effect signal off.
    SET_TEAR_OFF = 0x34, "set_tear_off", Exactly(0);
    /// Turns the tearing effect signal on.
    SET_TEAR_ON = 0x35, "set_tear_on", Exactly(1);
    /// Sets the order in which the memory is written, read and shown.
    SET_ADDRESS_MODE = 0x36, "set_address_mode", Exactly(1);
    /// Sets the line that the scrolling area begins with.
    SET_SCROLL_START = 0x37, "set_scroll_start", Exactly(2);
    /// Returns to full colour.
    EXIT_IDLE_MODE = 0x38, "exit_idle_mode", Exactly(0);
    /// Reduces the picture to eight colours.
    ENTER_IDLE_MODE = 0x39, "enter_idle_mode", Exactly(0);
    /// Sets the bits per pixel.
    SET_PIXEL_FORMAT = 0x3a, "set_pixel_format", Exactly(1);
    /// Writes pixels from where the last write ended.
    WRITE_MEMORY_CONTINUE = 0x3c, "write_memory_continue", Any;
    /// Sets how stereoscopic pictures are sent.
    SET_3D_CONTROL = 0x3d, "set_3D_control", Between(1, 2);
    /// Reads pixels from where the last read ended.
    READ_MEMORY_CONTINUE = 0x3e, "read_memory_continue", Read;
    /// Reads how stereoscopic pictures are sent.
    GET_3D_CONTROL = 0x3f, "get_3D_control", Read;
    /// Moves the vertical sync of the display.
    SET_VSYNC_TIMING = 0x40, "set_vsync_timing", Any;
    /// Sets the line that raises the tearing effect signal.
    SET_TEAR_SCANLINE = 0x44, "set_tear_scanline", Exactly(2);
    /// Reads the number of the line that the display is showing.
    GET_SCANLINE = 0x45, "get_scanline", Read;
    /// Sets the brightness.
    SET_DISPLAY_BRIGHTNESS = 0x51, "set_display_brightness", Between(1, 2);
    /// Reads the brightness.
    GET_DISPLAY_BRIGHTNESS = 0x52, "get_display_brightness", Read;
    /// Sets brightness control, dimming and backlight.
    WRITE_CONTROL_DISPLAY = 0x53, "write_control_display", Exactly(1);
    /// Reads brightness control, dimming and backlight.
    GET_CONTROL_DISPLAY = 0x54, "get_control_display", Read;
    /// Sets content adaptive brightness.
    WRITE_POWER_SAVE = 0x55, "write_power_save", Exactly(1);
    /// Reads the setting of content adaptive brightness.
    GET_POWER_SAVE = 0x56, "get_power_save", Read;
    /// Sets the smallest adaptive brightness.
    SET_CABC_MIN_BRIGHTNESS = 0x5e, "set_CABC_min_brightness", Between(1, 2);
    /// Reads the smallest adaptive brightness.
    GET_CABC_MIN_BRIGHTNESS = 0x5f, "get_CABC_min_brightness", Read;
    /// Reads the device descriptor block from its start.
    READ_DDB_START = 0xa1, "read_DDB_start", Read;
    /// Reads the picture parameter set from its start.
    READ_PPS_START = 0xa2, "read_PPS_start", Read;
    /// Reads the device descriptor block from where the last read ended.
    READ_DDB_CONTINUE = 0xa8, "read_DDB_continue", Read;
    /// Reads the picture parameter set from where the last read ended.
    READ_PPS_CONTINUE = 0xa9, "read_PPS_continue", Read;
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::format;

    /// The codes in `<video/mipi_display.h>` of Linux 6.12, in its order.
    const KERNEL: [u8; 60] = [
        0x00, 0x01, 0x03, 0x04, 0x05, 0x06, 0x07, 0x08, 0x09, 0x0a, 0x0b, 0x0c, 0x0d, 0x0e, 0x0f, 0x10, 0x11,
        0x12, 0x13, 0x14, 0x15, 0x20, 0x21, 0x26, 0x28, 0x29, 0x2a, 0x2b, 0x2c, 0x2d, 0x2e, 0x30, 0x31, 0x33,
        0x34, 0x35, 0x36, 0x37, 0x38, 0x39, 0x3a, 0x3c, 0x3d, 0x3e, 0x3f, 0x40, 0x44, 0x45, 0x51, 0x52, 0x53,
        0x54, 0x55, 0x56, 0x5e, 0x5f, 0xa1, 0xa2, 0xa8, 0xa9,
    ];

    #[test]
    fn codes_are_those_of_the_kernel() {
        assert!(Opcode::KNOWN.iter().map(|opcode| opcode.get()).eq(KERNEL));
    }

    #[test]
    fn codes_rise_and_names_differ() {
        assert_eq!(Opcode::KNOWN.len(), 60);
        for pair in Opcode::KNOWN.windows(2) {
            assert!(pair[0] < pair[1], "{pair:?}");
        }
        for (i, a) in Opcode::KNOWN.iter().enumerate() {
            assert!(Opcode::KNOWN[i + 1..].iter().all(|b| a.name() != b.name()), "{a}");
        }
    }

    #[test]
    fn names_of_reads_begin_with_get_or_read() {
        for opcode in Opcode::KNOWN {
            let name = opcode.name().expect("known");
            let reads = name.starts_with("get_") || name.starts_with("read_");
            assert_eq!(opcode.form() == Some(Form::Read), reads, "{name}");
        }
    }

    #[test]
    fn the_commands_of_manufacturers_survive() {
        let command = Opcode::new(0xf0);
        assert!(!command.is_known());
        assert_eq!(command.form(), None);
        assert_eq!(command.get(), 0xf0);
        assert_eq!(format!("{command} {:?}", Opcode::SET_TEAR_ON), "command 0xf0 0x35 (set_tear_on)");
    }

    #[test]
    fn forms_count_parameters() {
        assert!(Form::Exactly(2).accepts(2) && !Form::Exactly(2).accepts(3));
        assert!(Form::Between(1, 2).accepts(2) && !Form::Between(1, 2).accepts(0));
        assert!(Form::Any.accepts(7) && !Form::Read.accepts(0));
    }
}
