//! What a viewer sees of the frame memory or the video.

use super::memory::{FrameMemory, Span};
use super::options::PanelOptions;
use super::state::{AllPixels, Registers, State};
use crate::picture::{Picture, Rgb};

/// The picture that a viewer sees.
pub(super) fn picture(options: &PanelOptions, state: &State) -> Picture {
    let registers = &state.registers;
    let dark = !state.powered || registers.asleep || !registers.display_on || registers.shut_down;
    match registers.all_pixels {
        _ if dark => Picture::black(options.width, options.height),
        AllPixels::Off => Picture::black(options.width, options.height),
        AllPixels::On => Picture::filled(options.width, options.height, Rgb::WHITE),
        AllPixels::Normal => {
            let base = if options.has_memory() {
                from_memory(options, registers, &state.memory)
            } else {
                state.video.picture().clone()
            };
            base.map(|pixel| shown(registers, pixel))
        }
    }
}

fn shown(registers: &Registers, pixel: Rgb) -> Rgb {
    let pixel = if registers.inverted { pixel.inverted() } else { pixel };
    if registers.idle { pixel.eight_colours() } else { pixel }
}

/// The memory as the address mode, scrolling and partial mode show it. Outside the partial area the display is dark.
fn from_memory(options: &PanelOptions, registers: &Registers, memory: &FrameMemory) -> Picture {
    let (last_x, last_y) =
        (usize::from(options.width.saturating_sub(1)), usize::from(options.height.saturating_sub(1)));
    let order = memory.order;
    Picture::from_fn(options.width, options.height, |x, y| {
        let hidden =
            registers.partial && !(within(registers.partial_rows, y) && within(registers.partial_columns, x));
        if hidden {
            // What inversion makes of it afterwards has to be dark again.
            return if registers.inverted { Rgb::WHITE } else { Rgb::BLACK };
        }
        let x = if order.flip_horizontal() { last_x - x } else { x };
        let y = if order.flip_vertical() { last_y - y } else { y };
        let y = if registers.scrolling { scrolled(registers, y) } else { y };
        let pixel = memory.picture().pixel(x, y).unwrap_or_default();
        if order.bgr() { pixel.swapped() } else { pixel }
    })
}

/// Whether a row or column is in a partial area, which wraps around if it ends before it starts (DCS 1.3,
/// `set_partial_rows`).
fn within(span: Span, position: usize) -> bool {
    let (first, last) = (usize::from(span.first), usize::from(span.last));
    if first <= last { (first..=last).contains(&position) } else { position >= first || position <= last }
}

/// The row of the memory that a row of the display shows (DCS 1.3, `set_scroll_start`).
fn scrolled(registers: &Registers, y: usize) -> usize {
    let area = registers.scroll_area;
    let (top, lines) = (usize::from(area.top), usize::from(area.scrolling));
    if lines == 0 || !(top..top + lines).contains(&y) {
        return y;
    }
    let start = usize::from(registers.scroll_start).saturating_sub(top);
    top + (y - top + start) % lines
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::picture::test_picture;
    use crate::pixels::{MemoryDepth, pack_memory};
    use mipi_dsi::dcs::{AddressMode, Opcode, SetScrollArea};

    const GREY: Rgb = Rgb::new(0x90, 0x10, 0x20);

    /// An awake panel of 4 by 6 whose memory has the test picture.
    fn lit() -> (PanelOptions, State) {
        let options = PanelOptions::command(4, 6);
        let mut state = State::new(&options);
        (state.registers.asleep, state.registers.display_on) = (false, true);
        let bytes = pack_memory(MemoryDepth::Bits24, test_picture(4, 6).pixels());
        state.memory.write(Opcode::WRITE_MEMORY_START, MemoryDepth::Bits24, &bytes).expect("fits");
        (options, state)
    }

    /// What a viewer sees after a change of the registers, at the place of a test picture's pixel.
    fn assert_seen(change: impl Fn(&mut State), place: impl Fn(usize, usize) -> Option<(usize, usize)>) {
        let (options, mut state) = lit();
        change(&mut state);
        let of = test_picture(4, 6);
        let expected = Picture::from_fn(4, 6, |x, y| {
            place(x, y).map_or(Rgb::BLACK, |(x, y)| of.pixel(x, y).expect("inside"))
        });
        assert_eq!(picture(&options, &state).first_difference(&expected), None);
    }

    #[test]
    fn each_of_what_keeps_it_dark_does_so_alone() {
        assert_seen(|_| {}, |x, y| Some((x, y)));
        let darkening: [fn(&mut State); 4] = [
            |state| state.powered = false,
            |state| state.registers.asleep = true,
            |state| state.registers.display_on = false,
            |state| state.registers.shut_down = true,
        ];
        for dark in darkening {
            assert_seen(dark, |_, _| None);
            let both = |state: &mut State| {
                state.registers.all_pixels = AllPixels::On;
                dark(state);
            };
            assert_seen(both, |_, _| None);
        }
        assert_seen(|state| state.registers.all_pixels = AllPixels::Off, |_, _| None);
    }

    #[test]
    fn a_partial_area_may_wrap_and_is_dark_around_itself_also_inverted() {
        let rows = |first, last| {
            move |state: &mut State| {
                state.registers.partial = true;
                state.registers.partial_rows = Span { first, last };
            }
        };
        assert_seen(rows(1, 3), |x, y| (1..=3).contains(&y).then_some((x, y)));
        assert_seen(rows(4, 1), |x, y| (y >= 4 || y <= 1).then_some((x, y)));
        let (options, mut state) = lit();
        rows(2, 2)(&mut state);
        state.registers.inverted = true;
        let seen = picture(&options, &state);
        assert_eq!(seen.pixel(0, 0), Some(Rgb::BLACK));
        assert_eq!(seen.pixel(1, 2), test_picture(4, 6).pixel(1, 2).map(Rgb::inverted));
    }

    #[test]
    fn the_scrolling_rows_move_round_and_the_fixed_ones_stay() {
        for start in 1..5 {
            let scroll = |state: &mut State| {
                state.registers.scroll_area = SetScrollArea::new(1, 4, 1);
                state.registers.scroll_start = start;
                state.registers.scrolling = true;
            };
            let moved = |y| 1 + (y - 1 + usize::from(start) - 1) % 4;
            assert_seen(scroll, |x, y| Some((x, if (1..5).contains(&y) { moved(y) } else { y })));
        }
    }

    #[test]
    fn flips_are_of_the_view_and_not_of_the_memory() {
        let flip = |bits| move |state: &mut State| state.memory.order = AddressMode::from_bits(bits);
        assert_seen(flip(0x02), |x, y| Some((3 - x, y)));
        assert_seen(flip(0x01), |x, y| Some((x, 5 - y)));
        let (options, mut state) = lit();
        flip(0x08)(&mut state);
        let seen = picture(&options, &state);
        assert_eq!(seen.pixel(2, 3), test_picture(4, 6).pixel(2, 3).map(Rgb::swapped), "blue, green, red");
    }

    #[test]
    fn idle_shows_eight_colours_of_what_is_inverted_first() {
        let (_, mut state) = lit();
        let registers = &mut state.registers;
        registers.idle = true;
        assert_eq!(shown(registers, GREY), Rgb::new(0xff, 0, 0));
        registers.inverted = true;
        assert_eq!(shown(registers, GREY), Rgb::new(0, 0xff, 0xff));
    }
}
