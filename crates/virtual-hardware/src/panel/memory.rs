//! The frame memory: a window, an order to go through it, and pixels.
//!
//! DCS 1.3, sections of `set_column_address`, `set_page_address`, `set_address_mode`, `write_memory_start` and
//! `read_memory_start`. How the memory is shown is in `view`.

use super::breach::Rule;
use crate::picture::{Picture, Rgb};
use crate::pixels::{self, MemoryDepth};
use mipi_dsi::dcs::{AddressMode, Opcode};

/// First and last column or row, both included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Span {
    pub(super) first: u16,
    pub(super) last: u16,
}

impl Span {
    pub(super) const fn whole(length: u16) -> Self {
        Self { first: 0, last: length.saturating_sub(1) }
    }

    fn len(self) -> usize {
        usize::from(self.last.saturating_sub(self.first)) + 1
    }
}

/// A frame memory.
#[derive(Debug)]
pub(super) struct FrameMemory {
    picture: Picture,
    width: u16,
    height: u16,
    columns: Span,
    rows: Span,
    pub(super) order: AddressMode,
    /// Pixels of the window that have been written, once something has.
    written: Option<usize>,
    /// Bytes of the window that have been read, once something has.
    read: Option<usize>,
}

impl FrameMemory {
    pub(super) fn new(width: u16, height: u16) -> Self {
        Self {
            picture: Picture::black(width, height),
            width,
            height,
            columns: Span::whole(width),
            rows: Span::whole(height),
            order: AddressMode::EMPTY,
            written: None,
            read: None,
        }
    }

    /// Resets everything but the pixels to its default.
    pub(super) fn reset(&mut self) {
        self.columns = Span::whole(self.width);
        self.rows = Span::whole(self.height);
        self.order = AddressMode::EMPTY;
        self.forget_position();
    }

    pub(super) const fn picture(&self) -> &Picture {
        &self.picture
    }

    /// Columns and rows as the host counts them, which depends on whether they are exchanged.
    const fn logical_size(&self) -> (u16, u16) {
        if self.order.exchanged() { (self.height, self.width) } else { (self.width, self.height) }
    }

    pub(super) fn set_columns(&mut self, span: Span) -> Result<(), Rule> {
        inside(Opcode::SET_COLUMN_ADDRESS, span, self.logical_size().0)?;
        self.columns = span;
        self.forget_position();
        Ok(())
    }

    pub(super) fn set_rows(&mut self, span: Span) -> Result<(), Rule> {
        inside(Opcode::SET_PAGE_ADDRESS, span, self.logical_size().1)?;
        self.rows = span;
        self.forget_position();
        Ok(())
    }

    pub(super) fn set_order(&mut self, order: AddressMode) {
        self.order = order;
        self.forget_position();
    }

    fn forget_position(&mut self) {
        self.written = None;
        self.read = None;
    }

    fn window_len(&self) -> usize {
        self.columns.len() * self.rows.len()
    }

    /// The place in the memory of the pixel with this number in the window; `None` if the window, set before the order
    /// was changed, reaches beyond the memory.
    fn place(&self, index: usize) -> Option<(usize, usize)> {
        let columns = self.columns.len();
        let column = usize::from(self.columns.first) + index % columns;
        let row = usize::from(self.rows.first) + index / columns;
        let (x, y) = if self.order.exchanged() { (row, column) } else { (column, row) };
        let from_far = |position: usize, length: u16| usize::from(length).checked_sub(position + 1);
        let x = if self.order.right_to_left() { from_far(x, self.width)? } else { x };
        let y = if self.order.bottom_to_top() { from_far(y, self.height)? } else { y };
        Some((x, y))
    }

    /// Writes pixels, from the start of the window or from where the last write ended.
    pub(super) fn write(&mut self, opcode: Opcode, depth: MemoryDepth, data: &[u8]) -> Result<(), Rule> {
        let start = match opcode {
            Opcode::WRITE_MEMORY_START => 0,
            _ => self.written.ok_or(Rule::NothingToContinue(opcode))?,
        };
        let room = self.window_len().saturating_sub(start);
        let pixels = pixels::unpack_memory(depth, data);
        let mut outside = None;
        for (index, pixel) in pixels.iter().take(room).enumerate() {
            let place = self.place(start + index);
            if !place.is_some_and(|(x, y)| self.picture.set_pixel(x, y, *pixel)) {
                outside = Some(self.outside(opcode));
            }
        }
        self.written = Some(start + pixels.len().min(room));
        if let Some(rule) = outside {
            return Err(rule);
        }
        if pixels.len() > room {
            return Err(Rule::PastWindow { surplus: pixels.len() - room });
        }
        match data.len() % depth.bytes() {
            0 => Ok(()),
            rest => Err(Rule::PartialPixel { rest }),
        }
    }

    fn outside(&self, opcode: Opcode) -> Rule {
        let (columns, rows) = self.logical_size();
        if self.columns.last >= columns {
            Rule::Outside { opcode, last: self.columns.last.into(), of: columns.into() }
        } else {
            Rule::Outside { opcode, last: self.rows.last.into(), of: rows.into() }
        }
    }

    /// Reads at most `most` bytes, from the start of the window or from where the last read ended.
    pub(super) fn read(&mut self, opcode: Opcode, depth: MemoryDepth, most: usize) -> Result<Vec<u8>, Rule> {
        let start = match opcode {
            Opcode::READ_MEMORY_START => 0,
            _ => self.read.ok_or(Rule::NothingToContinue(opcode))?,
        };
        let end = (self.window_len() * depth.bytes()).min(start + most);
        let first = start / depth.bytes();
        let pixels: Vec<Rgb> = (first..end.div_ceil(depth.bytes()))
            .map(|index| self.place(index).and_then(|(x, y)| self.picture.pixel(x, y)).unwrap_or_default())
            .collect();
        let bytes = pixels::pack_memory(depth, &pixels);
        self.read = Some(end);
        let skipped = start - first * depth.bytes();
        Ok(bytes.into_iter().skip(skipped).take(end.saturating_sub(start)).collect())
    }
}

/// Whether a span lies within so many columns or rows.
pub(super) fn inside(opcode: Opcode, span: Span, length: u16) -> Result<(), Rule> {
    let last = span.last.max(span.first);
    if last < length {
        return Ok(());
    }
    Err(Rule::Outside { opcode, last: last.into(), of: length.into() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::picture::test_picture;

    const DEPTH: MemoryDepth = MemoryDepth::Bits24;
    const START: Opcode = Opcode::WRITE_MEMORY_START;
    const CONTINUE: Opcode = Opcode::WRITE_MEMORY_CONTINUE;

    fn bytes(picture: &Picture) -> Vec<u8> {
        pixels::pack_memory(DEPTH, picture.pixels())
    }

    fn window(memory: &mut FrameMemory, columns: (u16, u16), rows: (u16, u16)) {
        memory.set_columns(Span { first: columns.0, last: columns.1 }).expect("inside");
        memory.set_rows(Span { first: rows.0, last: rows.1 }).expect("inside");
    }

    #[test]
    fn a_window_is_written_and_nothing_around_it() {
        let mut memory = FrameMemory::new(8, 6);
        window(&mut memory, (2, 5), (1, 3));
        let part = test_picture(4, 3);
        let data = bytes(&part);
        memory.write(START, DEPTH, &data[..15]).expect("fits");
        memory.write(CONTINUE, DEPTH, &data[15..]).expect("fits");
        let expected = Picture::from_fn(8, 6, |x, y| {
            let inside = (2..6).contains(&x) && (1..4).contains(&y);
            if inside { part.pixel(x - 2, y - 1).expect("inside") } else { Rgb::BLACK }
        });
        assert_eq!(*memory.picture(), expected);
        assert_eq!(memory.read(Opcode::READ_MEMORY_START, DEPTH, 7).expect("some"), data[..7]);
        assert_eq!(memory.read(Opcode::READ_MEMORY_CONTINUE, DEPTH, 4).expect("some"), data[7..11]);
        assert_eq!(memory.read(Opcode::READ_MEMORY_CONTINUE, DEPTH, 999).expect("some"), data[11..]);
        assert_eq!(memory.read(Opcode::READ_MEMORY_CONTINUE, DEPTH, 9), Ok(vec![]));
    }

    #[test]
    fn each_order_is_its_own_change_of_the_picture() {
        let picture = test_picture(6, 4);
        type Place = fn(usize, usize) -> (usize, usize);
        let orders: [(u8, Place); 4] = [
            (0x00, |x, y| (x, y)),
            (0x40, |x, y| (5 - x, y)),
            (0x80, |x, y| (x, 3 - y)),
            (0xc0, |x, y| (5 - x, 3 - y)),
        ];
        for (bits, place) in orders {
            let mut memory = FrameMemory::new(6, 4);
            memory.set_order(AddressMode::from_bits(bits));
            memory.write(START, DEPTH, &bytes(&picture)).expect("fits");
            let expected = Picture::from_fn(6, 4, |x, y| {
                let (x, y) = place(x, y);
                picture.pixel(x, y).expect("inside")
            });
            assert_eq!(*memory.picture(), expected, "{bits:#04x}");
        }
        let mut memory = FrameMemory::new(6, 4);
        memory.set_order(AddressMode::from_bits(0x20));
        window(&mut memory, (0, 3), (0, 5));
        memory.write(START, DEPTH, &bytes(&test_picture(4, 6))).expect("fits");
        let turned = Picture::from_fn(6, 4, |x, y| test_picture(4, 6).pixel(y, x).expect("inside"));
        assert_eq!(*memory.picture(), turned);
    }

    #[test]
    fn what_does_not_fit_is_told_and_dropped() {
        let mut memory = FrameMemory::new(4, 4);
        assert_eq!(memory.write(CONTINUE, DEPTH, &[0; 3]), Err(Rule::NothingToContinue(CONTINUE)));
        let read = Opcode::READ_MEMORY_CONTINUE;
        assert_eq!(memory.read(read, DEPTH, 1), Err(Rule::NothingToContinue(read)));
        assert_eq!(memory.write(START, DEPTH, &[0xff; 4]), Err(Rule::PartialPixel { rest: 1 }));
        window(&mut memory, (1, 1), (1, 2));
        assert_eq!(memory.write(START, DEPTH, &[0xff; 9]), Err(Rule::PastWindow { surplus: 1 }));
        assert_eq!(memory.write(CONTINUE, DEPTH, &[0xff; 3]), Err(Rule::PastWindow { surplus: 1 }));
        let white = memory.picture().pixels().iter().filter(|pixel| **pixel == Rgb::WHITE).count();
        assert_eq!(white, 3);
        window(&mut memory, (1, 1), (1, 2));
        memory.write(START, DEPTH, &[0xff; 3]).expect("fits");
        memory.set_rows(Span { first: 1, last: 2 }).expect("inside");
        assert_eq!(memory.write(CONTINUE, DEPTH, &[0xff; 3]), Err(Rule::NothingToContinue(CONTINUE)));
        let outside = Rule::Outside { opcode: Opcode::SET_COLUMN_ADDRESS, last: 4, of: 4 };
        assert_eq!(memory.set_columns(Span { first: 0, last: 4 }), Err(outside));
        let outside = Rule::Outside { opcode: Opcode::SET_PAGE_ADDRESS, last: 9, of: 4 };
        assert_eq!(memory.set_rows(Span { first: 9, last: 9 }), Err(outside));
    }

    #[test]
    fn a_window_from_before_an_exchange_may_reach_outside() {
        let mut memory = FrameMemory::new(4, 2);
        memory.set_order(AddressMode::from_bits(0x20));
        let outside = Rule::Outside { opcode: START, last: 3, of: 2 };
        assert_eq!(memory.write(START, DEPTH, &[0; 24]), Err(outside));
    }
}
