//! What a viewer sees of the frame memory or the video.

use super::memory::{FrameMemory, Span};
use super::options::PanelOptions;
use super::state::{AllPixels, Registers, State};
use crate::picture::{Picture, Rgb};

/// The picture as it is seen.
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
