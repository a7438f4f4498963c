//! Vertical scrolling.
//!
//! DCS 1.3, set_scroll_area and set_scroll_start. Lines are counted from the top of the memory. The link
//! carries numbers high byte first.

use super::command::{exact, ParameterError, ParseCommand, WriteCommand};
use super::opcode::Opcode;

/// Sets the lines that scroll, and the lines at the top and at the bottom that stay.
///
/// Together they have to be all the lines of the memory. Nothing here checks that, because the command does
/// not know the size of the memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct SetScrollArea {
    /// Lines at the top that stay.
    pub top: u16,
    /// Lines that scroll.
    pub scrolling: u16,
    /// Lines at the bottom that stay.
    pub bottom: u16,
}

impl SetScrollArea {
    /// Makes the command from three numbers of lines, from top to bottom.
    #[must_use]
    pub const fn new(top: u16, scrolling: u16, bottom: u16) -> Self {
        Self { top, scrolling, bottom }
    }

    /// The number of all lines together.
    #[must_use]
    pub const fn lines(&self) -> u32 {
        self.top as u32 + self.scrolling as u32 + self.bottom as u32
    }
}

impl WriteCommand for SetScrollArea {
    const OPCODE: Opcode = Opcode::SET_SCROLL_AREA;
    type Parameters = [u8; 6];

    fn parameters(&self) -> [u8; 6] {
        let [a, b] = self.top.to_be_bytes();
        let [c, d] = self.scrolling.to_be_bytes();
        let [e, f] = self.bottom.to_be_bytes();
        [a, b, c, d, e, f]
    }
}

impl ParseCommand<'_> for SetScrollArea {
    #[inline]
    fn parse(parameters: &[u8]) -> Result<Self, ParameterError> {
        let [a, b, c, d, e, f] = exact(Self::OPCODE, parameters)?;
        Ok(Self {
            top: u16::from_be_bytes([a, b]),
            scrolling: u16::from_be_bytes([c, d]),
            bottom: u16::from_be_bytes([e, f]),
        })
    }
}

/// Sets the line of the memory that the scrolling area shows first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct SetScrollStart(pub u16);

impl WriteCommand for SetScrollStart {
    const OPCODE: Opcode = Opcode::SET_SCROLL_START;
    type Parameters = [u8; 2];

    fn parameters(&self) -> [u8; 2] {
        self.0.to_be_bytes()
    }
}

impl ParseCommand<'_> for SetScrollStart {
    #[inline]
    fn parse(parameters: &[u8]) -> Result<Self, ParameterError> {
        exact(Self::OPCODE, parameters).map(|line| Self(u16::from_be_bytes(line)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_area_is_written_high_byte_first() {
        let area = SetScrollArea::new(0x0102, 0x0304, 0x0506);
        let mut buffer = [0xa5; 8];
        assert_eq!(area.encode(&mut buffer), Ok(&[0x33, 1, 2, 3, 4, 5, 6][..]));
        assert_eq!(buffer[7], 0xa5);
        assert_eq!(SetScrollArea::parse(&buffer[1..7]), Ok(area));
        assert!(SetScrollArea::parse(&buffer[1..6]).is_err());
        assert_eq!(SetScrollArea::new(u16::MAX, u16::MAX, 1).lines(), 131_071);
    }

    #[test]
    fn a_start_is_written_high_byte_first() {
        assert_eq!(SetScrollStart(0x0123).parameters(), [0x01, 0x23]);
        assert_eq!(SetScrollStart::parse(&[0x01, 0x23]), Ok(SetScrollStart(0x0123)));
        assert_eq!(SetScrollStart::OPCODE.get(), 0x37);
    }
}
