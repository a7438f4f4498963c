//! Where pixels go in the memory, which part of it the display shows, and in what order.
//!
//! DCS 1.3, section 6. Columns and rows ("pages") are counted in pixels, from 0. The link carries all
//! numbers high byte first.

use super::command::{exact, exact_response, flag_byte, one_byte_command, one_byte_response};
use super::command::{
    ParameterError, ParameterFault, ParseCommand, ReadCommand, ResponseError, WriteCommand,
};
use super::opcode::Opcode;

/// The bytes of two numbers, high byte first.
const fn pair(first: u16, second: u16) -> [u8; 4] {
    let [a, b] = first.to_be_bytes();
    let [c, d] = second.to_be_bytes();
    [a, b, c, d]
}

macro_rules! ranges {
    ($( $(#[$doc:meta])* $name:ident = $opcode:ident, $check:ident; )*) => {
        $(
            $(#[$doc])*
            #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
            pub struct $name {
                start: u16,
                end: u16,
            }

            impl $name {
                ranges!($check);

                /// The first column or row.
                #[must_use]
                pub const fn start(&self) -> u16 {
                    self.start
                }

                /// The last column or row, which is part of the range.
                #[must_use]
                pub const fn end(&self) -> u16 {
                    self.end
                }
            }

            impl WriteCommand for $name {
                const OPCODE: Opcode = Opcode::$opcode;
                type Parameters = [u8; 4];

                fn parameters(&self) -> [u8; 4] {
                    pair(self.start, self.end)
                }
            }

            impl ParseCommand<'_> for $name {
                #[inline]
                fn parse(parameters: &[u8]) -> Result<Self, ParameterError> {
                    let [a, b, c, d] = exact(Self::OPCODE, parameters)?;
                    let (start, end) = (u16::from_be_bytes([a, b]), u16::from_be_bytes([c, d]));
                    ranges!($check start, end)
                }
            }
        )*
    };
    (ordered) => {
        /// Makes the range from `start` to `end`, both included.
        ///
        /// # Errors
        ///
        /// [`ParameterFault::Reversed`] if the range ends before it starts.
        pub const fn new(start: u16, end: u16) -> Result<Self, ParameterError> {
            if start > end {
                let fault = ParameterFault::Reversed { start, end };
                return Err(ParameterError { opcode: Self::OPCODE, fault });
            }
            Ok(Self { start, end })
        }
    };
    (wrapping) => {
        /// Makes the range from `start` to `end`, both included. A range that ends before it starts wraps
        /// around.
        #[must_use]
        pub const fn new(start: u16, end: u16) -> Self {
            Self { start, end }
        }
    };
    (ordered $start:ident, $end:ident) => { Self::new($start, $end) };
    (wrapping $start:ident, $end:ident) => { Ok(Self::new($start, $end)) };
}

ranges! {
    /// Sets the columns that memory commands use. Mirrors `mipi_dsi_dcs_set_column_address()`.
    SetColumnAddress = SET_COLUMN_ADDRESS, ordered;
    /// Sets the rows that memory commands use. Mirrors `mipi_dsi_dcs_set_page_address()`.
    SetPageAddress = SET_PAGE_ADDRESS, ordered;
    /// Sets the rows of the partial area.
    SetPartialRows = SET_PARTIAL_ROWS, wrapping;
    /// Sets the columns of the partial area.
    SetPartialColumns = SET_PARTIAL_COLUMNS, wrapping;
}

flag_byte! {
    /// The order in which the memory is written, read and shown.
    AddressMode {
        /// Rows go from bottom to top.
        bottom_to_top, with_bottom_to_top: 7;
        /// Columns go from right to left.
        right_to_left, with_right_to_left: 6;
        /// Rows and columns are exchanged.
        exchanged, with_exchanged: 5;
        /// The display is refreshed from bottom to top.
        refresh_bottom_to_top, with_refresh_bottom_to_top: 4;
        /// Blue comes first.
        bgr, with_bgr: 3;
        /// The display is refreshed from right to left.
        refresh_right_to_left, with_refresh_right_to_left: 2;
        /// The picture is mirrored left to right, whatever the memory says.
        flip_horizontal, with_flip_horizontal: 1;
        /// The picture is mirrored top to bottom, whatever the memory says.
        flip_vertical, with_flip_vertical: 0;
    }
}

one_byte_command! {
    /// Sets the order in which the memory is written, read and shown.
    SetAddressMode(AddressMode) = SET_ADDRESS_MODE;
}

one_byte_response! {
    /// Reads the order in which the memory is written, read and shown.
    GetAddressMode -> AddressMode = GET_ADDRESS_MODE;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_go_high_byte_first() {
        let columns = SetColumnAddress::new(0, 1079).expect("in order");
        let mut buffer = [0xa5; 6];
        assert_eq!(columns.encode(&mut buffer).map(<[u8]>::len), Ok(5));
        assert_eq!(buffer, [0x2a, 0x00, 0x00, 0x04, 0x37, 0xa5]);
        assert_eq!(SetColumnAddress::parse(&buffer[1..5]), Ok(columns));
        assert_eq!(SetPageAddress::OPCODE.get(), 0x2b);
    }

    #[test]
    fn a_window_that_ends_before_it_starts_is_refused() {
        let fault = ParameterFault::Reversed { start: 8, end: 7 };
        let error = ParameterError { opcode: Opcode::SET_PAGE_ADDRESS, fault };
        assert_eq!(SetPageAddress::new(8, 7), Err(error));
        assert_eq!(SetPageAddress::parse(&[0, 8, 0, 7]), Err(error));
        assert!(SetPageAddress::new(7, 7).is_ok());
    }

    #[test]
    fn a_partial_area_may_wrap_around() {
        assert_eq!(SetPartialRows::parse(&[0, 8, 0, 7]), Ok(SetPartialRows::new(8, 7)));
        assert_eq!(SetPartialColumns::new(1, 0x203).parameters(), [0, 1, 2, 3]);
    }

    #[test]
    fn impossible_lengths_are_refused() {
        for got in (0..12).filter(|len| *len != 4) {
            let fault = ParameterFault::Length { least: 4, most: 4, got };
            let error = SetColumnAddress::parse(&[0; 12][..got]).map_err(|error| error.fault);
            assert_eq!(error, Err(fault));
        }
    }

    #[test]
    fn address_mode_is_read_as_it_is_written() {
        let mode = AddressMode::EMPTY.with_right_to_left(true).with_bgr(true);
        assert_eq!(SetAddressMode(mode).parameters(), [0x48]);
        assert_eq!(GetAddressMode::parse(&[0x48]), Ok(mode));
        assert!(GetAddressMode::parse(&[]).is_err());
        let mode = AddressMode::EMPTY;
        let bits = [
            mode.with_bottom_to_top(true),
            mode.with_right_to_left(true),
            mode.with_exchanged(true),
            mode.with_refresh_bottom_to_top(true),
            mode.with_bgr(true),
            mode.with_refresh_right_to_left(true),
            mode.with_flip_horizontal(true),
            mode.with_flip_vertical(true),
        ];
        assert_eq!(bits.map(AddressMode::bits), [0x80, 0x40, 0x20, 0x10, 0x08, 0x04, 0x02, 0x01]);
    }
}
