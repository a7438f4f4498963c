//! Pictures: what the host sends, and what a viewer sees.
//!
//! Eight bits for each colour, in memory only; this module knows no file formats.

use core::fmt;

/// One pixel, eight bits for each colour.
#[derive(Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct Rgb {
    /// Red.
    pub r: u8,
    /// Green.
    pub g: u8,
    /// Blue.
    pub b: u8,
}

impl Rgb {
    /// No light.
    pub const BLACK: Self = Self::new(0, 0, 0);
    /// Full light.
    pub const WHITE: Self = Self::new(0xff, 0xff, 0xff);

    /// A pixel of these colours.
    pub const fn new(r: u8, g: u8, b: u8) -> Self {
        Self { r, g, b }
    }

    /// The complement, as invert mode shows it.
    #[must_use]
    pub const fn inverted(self) -> Self {
        Self::new(!self.r, !self.g, !self.b)
    }

    /// One of eight colours, as idle mode shows it: the highest bit of each colour decides.
    #[must_use]
    pub const fn eight_colours(self) -> Self {
        const fn full(colour: u8) -> u8 {
            if colour & 0x80 == 0 { 0 } else { 0xff }
        }
        Self::new(full(self.r), full(self.g), full(self.b))
    }

    /// Red and blue exchanged.
    #[must_use]
    pub const fn swapped(self) -> Self {
        Self::new(self.b, self.g, self.r)
    }
}

impl fmt::Debug for Rgb {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "#{:02x}{:02x}{:02x}", self.r, self.g, self.b)
    }
}

/// A picture: rows from the top, pixels from the left.
///
/// # Invariants
///
/// `pixels.len() == width * height`.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Picture {
    width: usize,
    height: usize,
    pixels: Vec<Rgb>,
}

impl Picture {
    /// A picture of one colour. Width and height are in pixels and may be zero.
    pub fn filled(width: u16, height: u16, colour: Rgb) -> Self {
        let (width, height) = (usize::from(width), usize::from(height));
        // INVARIANT: both factors are below 2^16, so that the product is one on 32 bits too.
        Self { width, height, pixels: vec![colour; width * height] }
    }

    /// A black picture.
    pub fn black(width: u16, height: u16) -> Self {
        Self::filled(width, height, Rgb::BLACK)
    }

    /// A picture whose pixel in column x of row y is `colour(x, y)`.
    pub fn from_fn(width: u16, height: u16, mut colour: impl FnMut(usize, usize) -> Rgb) -> Self {
        let mut picture = Self::black(width, height);
        for (y, row) in picture.rows_mut().enumerate() {
            for (x, pixel) in row.iter_mut().enumerate() {
                *pixel = colour(x, y);
            }
        }
        picture
    }

    /// Pixels in a row.
    pub const fn width(&self) -> usize {
        self.width
    }

    /// Rows.
    pub const fn height(&self) -> usize {
        self.height
    }

    /// The pixel in column `x` of row `y`; `None` outside.
    pub fn pixel(&self, x: usize, y: usize) -> Option<Rgb> {
        self.row(y)?.get(x).copied()
    }

    /// Sets a pixel; returns whether there is one.
    pub fn set_pixel(&mut self, x: usize, y: usize, colour: Rgb) -> bool {
        let pixel = self.row_mut(y).and_then(|row| row.get_mut(x));
        pixel.map(|pixel| *pixel = colour).is_some()
    }

    /// One row; `None` below the picture.
    pub fn row(&self, y: usize) -> Option<&[Rgb]> {
        if y >= self.height {
            return None;
        }
        self.pixels.get(y * self.width..(y + 1) * self.width)
    }

    /// One row, to be drawn into; `None` below the picture.
    pub fn row_mut(&mut self, y: usize) -> Option<&mut [Rgb]> {
        if y >= self.height {
            return None;
        }
        self.pixels.get_mut(y * self.width..(y + 1) * self.width)
    }

    /// All rows from the top.
    pub fn rows(&self) -> impl Iterator<Item = &[Rgb]> {
        (0..self.height).filter_map(|y| self.row(y))
    }

    fn rows_mut(&mut self) -> impl Iterator<Item = &mut [Rgb]> {
        // A chunk of no pixels does not exist; without pixels there is no chunk anyway.
        self.pixels.chunks_mut(self.width.max(1))
    }

    /// All pixels, row by row.
    pub fn pixels(&self) -> &[Rgb] {
        &self.pixels
    }

    /// All pixels as bytes: red, green, blue, the order that encoders of picture files take.
    pub fn rgb_bytes(&self) -> Vec<u8> {
        self.pixels.iter().flat_map(|pixel| [pixel.r, pixel.g, pixel.b]).collect()
    }

    /// The picture with each pixel changed.
    #[must_use]
    pub fn map(&self, change: impl Fn(Rgb) -> Rgb) -> Self {
        let pixels = self.pixels.iter().map(|pixel| change(*pixel)).collect();
        Self { width: self.width, height: self.height, pixels }
    }

    /// Whether every pixel has this colour.
    pub fn is_all(&self, colour: Rgb) -> bool {
        self.pixels.iter().all(|pixel| *pixel == colour)
    }

    /// Where the first pixel is that differs, and what it is here and there; `None` if there is none or the sizes
    /// differ. For the message of a test.
    pub fn first_difference(&self, other: &Self) -> Option<(usize, usize, Rgb, Rgb)> {
        if (self.width, self.height) != (other.width, other.height) {
            return None;
        }
        let index = self.pixels.iter().zip(&other.pixels).position(|(here, there)| here != there)?;
        let (here, there) = (self.pixels.get(index)?, other.pixels.get(index)?);
        Some((index % self.width, index / self.width, *here, *there))
    }
}

impl fmt::Debug for Picture {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Picture({} x {}", self.width, self.height)?;
        for row in self.rows().take(4) {
            write!(f, ", {:?}", row.get(..8).unwrap_or(row))?;
        }
        f.write_str(", ...)")
    }
}

/// The bars of the test picture, from the left.
const BARS: [Rgb; 8] = [
    Rgb::WHITE,
    Rgb::new(0xff, 0xff, 0),
    Rgb::new(0, 0xff, 0xff),
    Rgb::new(0, 0xff, 0),
    Rgb::new(0xff, 0, 0xff),
    Rgb::new(0xff, 0, 0),
    Rgb::new(0, 0, 0xff),
    Rgb::BLACK,
];

/// A picture on which transport faults can be recognised.
///
/// Eight colour bars in the upper half (exchanged colours show), below them a gradient with another period in each
/// colour (lost low bits and shifts show), around all of it a white border of one pixel (a line or column too many or
/// too few shows), and in the upper left corner, inside the border, a red mark that is wider than high with one green
/// pixel (mirroring and rotation show).
pub fn test_picture(width: u16, height: u16) -> Picture {
    let (right, bottom) = (usize::from(width).saturating_sub(1), usize::from(height).saturating_sub(1));
    let mark = (usize::from(width) / 4, usize::from(height) / 8);
    Picture::from_fn(width, height, |x, y| match (x, y) {
        (0, _) | (_, 0) => Rgb::WHITE,
        _ if x == right || y == bottom => Rgb::WHITE,
        (1, 1) => Rgb::new(0, 0xff, 0),
        _ if x <= mark.0 && y <= mark.1 => Rgb::new(0xff, 0, 0),
        _ if y <= bottom / 2 => BARS.get(x * BARS.len() / (right + 1)).copied().unwrap_or(Rgb::BLACK),
        // CAST: the gradient starts anew every 256 steps.
        _ => Rgb::new((x * 3) as u8, (y * 5) as u8, (x + y * 7) as u8),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_test_picture_shows_mirroring_rotation_and_shifts() {
        let picture = test_picture(32, 32);
        let (right, bottom) = (31, 31);
        type Place = fn(usize, usize) -> (usize, usize);
        let changes: [Place; 6] = [
            |x, y| (31 - x, y),
            |x, y| (x, 31 - y),
            |x, y| (31 - x, 31 - y),
            |x, y| (y, x),
            |x, y| ((x + 1) % 32, y),
            |x, y| (x, (y + 1) % 32),
        ];
        for change in changes {
            let changed = Picture::from_fn(32, 32, |x, y| {
                let (x, y) = change(x, y);
                picture.pixel(x, y).expect("inside")
            });
            assert_ne!(changed, picture);
        }
        assert_ne!(picture.map(Rgb::swapped), picture);
        for i in 0..32 {
            for (x, y) in [(i, 0), (0, i), (i, bottom), (right, i)] {
                assert_eq!(picture.pixel(x, y), Some(Rgb::WHITE));
            }
        }
        assert_eq!(picture.pixel(1, 1), Some(Rgb::new(0, 0xff, 0)));
    }

    #[test]
    fn pixels_outside_are_none() {
        let mut picture = Picture::black(3, 2);
        assert_eq!((picture.width(), picture.height(), picture.pixels().len()), (3, 2, 6));
        assert!(picture.set_pixel(2, 1, Rgb::WHITE));
        assert!(!picture.set_pixel(3, 0, Rgb::WHITE) && !picture.set_pixel(0, 2, Rgb::WHITE));
        assert_eq!(picture.pixel(3, 0), None);
        assert_eq!(picture.row(2), None);
        assert_eq!(picture.rgb_bytes()[15..], [0xff; 3]);
        assert_eq!(picture.pixels().iter().filter(|pixel| **pixel == Rgb::WHITE).count(), 1);
    }

    #[test]
    fn a_picture_may_be_empty() {
        for (width, height) in [(0, 0), (0, 5), (5, 0), (1, 1)] {
            let picture = test_picture(width, height);
            assert_eq!(picture.rows().count(), usize::from(height));
            assert_eq!(picture.pixels().len(), usize::from(width) * usize::from(height));
        }
    }

    #[test]
    fn the_first_difference_is_found() {
        let picture = test_picture(9, 7);
        let mut other = picture.clone();
        assert_eq!(picture.first_difference(&other), None);
        other.set_pixel(4, 5, Rgb::new(1, 2, 3));
        let was = picture.pixel(4, 5).expect("inside");
        assert_eq!(picture.first_difference(&other), Some((4, 5, was, Rgb::new(1, 2, 3))));
        assert_eq!(picture.first_difference(&Picture::black(1, 1)), None);
    }

    #[test]
    fn eight_colours_and_complement() {
        let colour = Rgb::new(0x7f, 0x80, 0xff);
        assert_eq!(colour.eight_colours(), Rgb::new(0, 0xff, 0xff));
        assert_eq!(colour.inverted(), Rgb::new(0x80, 0x7f, 0));
        assert_eq!(colour.swapped(), Rgb::new(0xff, 0x80, 0x7f));
    }
}
