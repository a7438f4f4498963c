//! How pixels are packed into bytes: on the link in video mode, and in DCS memory commands.
//!
//! The two differ. Pixel streams are packed lowest bit first (DSI 1.3, sections 8.8.20 to 8.8.23), memory commands
//! highest byte first (DCS 1.3, annex on pixel formats). Formats with fewer than eight bits a colour lose the low
//! bits; unpacking repeats the high bits in their place, so that black stays black and white stays white, and what
//! was packed once comes through any number of times unchanged.

use crate::picture::Rgb;
use mipi_dsi::bus::PixelFormat;
use mipi_dsi::wire::PixelStream;

/// The packing of a pixel stream that a link configuration's format means.
pub const fn stream_of(format: PixelFormat) -> PixelStream {
    match format {
        PixelFormat::Rgb888 => PixelStream::Rgb888,
        PixelFormat::Rgb666 => PixelStream::Rgb666Loose,
        PixelFormat::Rgb666Packed => PixelStream::Rgb666Packed,
        PixelFormat::Rgb565 => PixelStream::Rgb565,
    }
}

/// What this format keeps of a pixel.
pub const fn after(format: PixelFormat, pixel: Rgb) -> Rgb {
    match format {
        PixelFormat::Rgb888 => pixel,
        PixelFormat::Rgb666 | PixelFormat::Rgb666Packed => {
            Rgb::new(six(pixel.r >> 2), six(pixel.g >> 2), six(pixel.b >> 2))
        }
        PixelFormat::Rgb565 => Rgb::new(five(pixel.r >> 3), six(pixel.g >> 2), five(pixel.b >> 3)),
    }
}

/// Five bits as eight.
const fn five(bits: u8) -> u8 {
    let bits = bits & 0x1f;
    bits << 3 | bits >> 2
}

/// Six bits as eight.
const fn six(bits: u8) -> u8 {
    let bits = bits & 0x3f;
    bits << 2 | bits >> 4
}

/// Packs a row for a pixel stream packet.
///
/// A last group that is not full is filled with black; see [`PixelStream::group_pixels`].
pub fn pack_stream(format: PixelFormat, pixels: &[Rgb]) -> Vec<u8> {
    match format {
        PixelFormat::Rgb888 => pixels.iter().flat_map(|p| [p.r, p.g, p.b]).collect(),
        PixelFormat::Rgb666 => pixels.iter().flat_map(|p| [p.r & 0xfc, p.g & 0xfc, p.b & 0xfc]).collect(),
        PixelFormat::Rgb565 => pixels
            .iter()
            .flat_map(|p| {
                let (r, g, b) = (p.r >> 3, p.g >> 2, p.b >> 3);
                [r | g << 5, g >> 3 | b << 3]
            })
            .collect(),
        PixelFormat::Rgb666Packed => pixels.chunks(4).flat_map(pack_four).collect(),
    }
}

/// Four pixels of six bits a colour in nine bytes, the first pixel's red in the lowest bits.
fn pack_four(group: &[Rgb]) -> [u8; 9] {
    let colours = group.iter().flat_map(|p| [p.r, p.g, p.b]);
    let bits = colours.enumerate().fold(0u128, |bits, (i, colour)| bits | u128::from(colour >> 2) << (6 * i));
    let mut bytes = [0; 9];
    for (byte, from) in bytes.iter_mut().zip(bits.to_le_bytes()) {
        *byte = from;
    }
    bytes
}

/// Unpacks the payload of a pixel stream packet; leaves the bytes of an incomplete group.
pub fn unpack_stream(format: PixelFormat, bytes: &[u8]) -> Vec<Rgb> {
    match format {
        PixelFormat::Rgb888 => triples(bytes).map(|[r, g, b]| Rgb::new(r, g, b)).collect(),
        PixelFormat::Rgb666 => loose(bytes).collect(),
        PixelFormat::Rgb565 => pairs(bytes)
            .map(|[low, high]| Rgb::new(five(low), six(low >> 5 | high << 3), five(high >> 3)))
            .collect(),
        PixelFormat::Rgb666Packed => bytes.chunks_exact(9).flat_map(unpack_four).collect(),
    }
}

fn unpack_four(group: &[u8]) -> [Rgb; 4] {
    let bits = group.iter().enumerate().fold(0u128, |bits, (i, byte)| bits | u128::from(*byte) << (8 * i));
    // CAST: `six` uses the low six bits only.
    let colour = |i: usize| six((bits >> (6 * i)) as u8);
    [0, 3, 6, 9].map(|i| Rgb::new(colour(i), colour(i + 1), colour(i + 2)))
}

/// The sizes of a pixel in frame memory commands that [`pack_memory`] knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum MemoryDepth {
    /// 5, 6 and 5 bits, in two bytes.
    Bits16,
    /// 6 bits a colour, in the high bits of three bytes.
    Bits18,
    /// 8 bits a colour.
    Bits24,
}

impl MemoryDepth {
    /// Bytes of a pixel.
    pub const fn bytes(self) -> usize {
        match self {
            Self::Bits16 => 2,
            Self::Bits18 | Self::Bits24 => 3,
        }
    }

    /// From the three bits of `set_pixel_format`; `None` for those that are not supported here.
    pub const fn from_code(code: u8) -> Option<Self> {
        match code {
            5 => Some(Self::Bits16),
            6 => Some(Self::Bits18),
            7 => Some(Self::Bits24),
            _ => None,
        }
    }

    /// What this depth keeps of a pixel.
    pub const fn after(self, pixel: Rgb) -> Rgb {
        after(
            match self {
                Self::Bits16 => PixelFormat::Rgb565,
                Self::Bits18 => PixelFormat::Rgb666,
                Self::Bits24 => PixelFormat::Rgb888,
            },
            pixel,
        )
    }
}

/// Packs pixels for `write_memory_start` and `write_memory_continue`.
pub fn pack_memory(depth: MemoryDepth, pixels: &[Rgb]) -> Vec<u8> {
    match depth {
        MemoryDepth::Bits24 => pack_stream(PixelFormat::Rgb888, pixels),
        MemoryDepth::Bits18 => pack_stream(PixelFormat::Rgb666, pixels),
        MemoryDepth::Bits16 => pixels
            .iter()
            .flat_map(|p| {
                let (r, g, b) = (p.r >> 3, p.g >> 2, p.b >> 3);
                [r << 3 | g >> 3, g << 5 | b]
            })
            .collect(),
    }
}

/// Unpacks pixels of memory commands; leaves the bytes of an incomplete pixel.
pub fn unpack_memory(depth: MemoryDepth, bytes: &[u8]) -> Vec<Rgb> {
    match depth {
        MemoryDepth::Bits24 => triples(bytes).map(|[r, g, b]| Rgb::new(r, g, b)).collect(),
        MemoryDepth::Bits18 => loose(bytes).collect(),
        MemoryDepth::Bits16 => pairs(bytes)
            .map(|[high, low]| Rgb::new(five(high >> 3), six(high << 3 | low >> 5), five(low)))
            .collect(),
    }
}

fn loose(bytes: &[u8]) -> impl Iterator<Item = Rgb> {
    triples(bytes).map(|[r, g, b]| Rgb::new(six(r >> 2), six(g >> 2), six(b >> 2)))
}

fn triples(bytes: &[u8]) -> impl Iterator<Item = [u8; 3]> {
    bytes.chunks_exact(3).filter_map(|chunk| chunk.first_chunk().copied())
}

fn pairs(bytes: &[u8]) -> impl Iterator<Item = [u8; 2]> {
    bytes.chunks_exact(2).filter_map(|chunk| chunk.first_chunk().copied())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const FORMATS: [PixelFormat; 4] =
        [PixelFormat::Rgb888, PixelFormat::Rgb666, PixelFormat::Rgb666Packed, PixelFormat::Rgb565];
    const DEPTHS: [MemoryDepth; 3] = [MemoryDepth::Bits16, MemoryDepth::Bits18, MemoryDepth::Bits24];
    const RED: Rgb = Rgb::new(0xff, 0, 0);
    const GREEN: Rgb = Rgb::new(0, 0xff, 0);
    const BLUE: Rgb = Rgb::new(0, 0, 0xff);

    /// Bit layouts of the figures of DSI 1.3 sections 8.8.20 to 8.8.23 for pure colours.
    #[test]
    fn pure_colours_have_the_bits_of_the_figures() {
        let packed = |format, pixel| pack_stream(format, &[pixel]);
        assert_eq!(packed(PixelFormat::Rgb565, RED), [0x1f, 0x00]);
        assert_eq!(packed(PixelFormat::Rgb565, GREEN), [0xe0, 0x07]);
        assert_eq!(packed(PixelFormat::Rgb565, BLUE), [0x00, 0xf8]);
        assert_eq!(packed(PixelFormat::Rgb666, RED), [0xfc, 0, 0]);
        assert_eq!(packed(PixelFormat::Rgb888, BLUE), [0, 0, 0xff]);
        let four = pack_stream(PixelFormat::Rgb666Packed, &[RED, GREEN, BLUE, Rgb::WHITE]);
        assert_eq!(four, [0x3f, 0, 0, 0x3f, 0, 0, 0xff, 0xff, 0xff]);
        assert_eq!(packed(PixelFormat::Rgb666Packed, GREEN), [0xc0, 0x0f, 0, 0, 0, 0, 0, 0, 0]);
    }

    #[test]
    fn memory_commands_send_the_high_byte_first() {
        assert_eq!(pack_memory(MemoryDepth::Bits16, &[RED]), [0xf8, 0x00]);
        assert_eq!(pack_memory(MemoryDepth::Bits16, &[GREEN]), [0x07, 0xe0]);
        assert_eq!(pack_memory(MemoryDepth::Bits16, &[BLUE]), [0x00, 0x1f]);
        assert_eq!(pack_memory(MemoryDepth::Bits18, &[GREEN]), [0, 0xfc, 0]);
    }

    #[test]
    fn the_loss_is_exactly_the_low_bits() {
        assert_eq!(after(PixelFormat::Rgb565, Rgb::new(0x87, 0x87, 0x0f)), Rgb::new(0x84, 0x86, 0x08));
        assert_eq!(after(PixelFormat::Rgb666, Rgb::new(0x87, 0x03, 0xff)), Rgb::new(0x86, 0x00, 0xff));
        for format in FORMATS {
            assert_eq!(after(format, Rgb::BLACK), Rgb::BLACK);
            assert_eq!(after(format, Rgb::WHITE), Rgb::WHITE);
        }
    }

    proptest! {
        #[test]
        fn a_row_comes_through_with_the_loss_of_its_format(
            colours in proptest::collection::vec(any::<[u8; 3]>(), 0..40),
            which in 0usize..4,
        ) {
            let format = FORMATS[which];
            let pixels: Vec<Rgb> = colours.iter().map(|[r, g, b]| Rgb::new(*r, *g, *b)).collect();
            let bytes = pack_stream(format, &pixels);
            let stream = stream_of(format);
            let groups = pixels.len().div_ceil(stream.group_pixels());
            prop_assert_eq!(Some(bytes.len()), stream.bytes_of(groups * stream.group_pixels()));
            let got = unpack_stream(format, &bytes);
            let expected: Vec<Rgb> = pixels.iter().map(|pixel| after(format, *pixel)).collect();
            prop_assert_eq!(&got[..pixels.len()], &expected[..]);
            prop_assert!(got[pixels.len()..].iter().all(|pixel| *pixel == Rgb::BLACK));
            prop_assert_eq!(pack_stream(format, &got), bytes);
        }

        #[test]
        fn memory_comes_through_with_the_loss_of_its_depth(
            colours in proptest::collection::vec(any::<[u8; 3]>(), 0..40),
            which in 0usize..3,
        ) {
            let depth = DEPTHS[which];
            let pixels: Vec<Rgb> = colours.iter().map(|[r, g, b]| Rgb::new(*r, *g, *b)).collect();
            let bytes = pack_memory(depth, &pixels);
            prop_assert_eq!(bytes.len(), pixels.len() * depth.bytes());
            let expected: Vec<Rgb> = pixels.iter().map(|pixel| depth.after(*pixel)).collect();
            prop_assert_eq!(unpack_memory(depth, &bytes), expected);
        }
    }
}
