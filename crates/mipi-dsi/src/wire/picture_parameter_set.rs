//! The 128 bytes that set up a Display Stream Compression decoder.
//!
//! VESA DSC 1.2, table 4-1; the same fields as `struct drm_dsc_picture_parameter_set`. This shows and
//! sets the fields; it computes no rate control parameters.

use core::fmt;

/// Bytes of a picture parameter set.
pub const PPS_LEN: usize = 128;

/// A picture parameter set; any 128 bytes.
///
/// Setters take the low bits of their argument that the field has room for, and leave the reserved
/// bits around the field as they are.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct PictureParameterSet([u8; PPS_LEN]);

/// A field within the 16 bits (big-endian) that begin at a byte.
#[derive(Clone, Copy)]
struct Field {
    first_byte: usize,
    shift: u32,
    width: u32,
}

impl Field {
    const fn mask(self) -> u16 {
        (0xffffu32 >> (16 - self.width)) as u16
    }
}

macro_rules! fields {
    ($( $(#[$doc:meta])* $get:ident, $set:ident: $first:literal, $shift:literal, $width:literal; )*) => {
        impl PictureParameterSet {
            $(
                $(#[$doc])*
                pub const fn $get(&self) -> u16 {
                    const FIELD: Field = Field { first_byte: $first, shift: $shift, width: $width };
                    let word = u16::from_be_bytes([self.0[FIELD.first_byte], self.0[FIELD.first_byte + 1]]);
                    (word >> FIELD.shift) & FIELD.mask()
                }

                #[doc = concat!("Sets [`", stringify!($get), "`](Self::", stringify!($get), ").")]
                #[must_use]
                pub const fn $set(mut self, value: u16) -> Self {
                    const FIELD: Field = Field { first_byte: $first, shift: $shift, width: $width };
                    let word = u16::from_be_bytes([self.0[FIELD.first_byte], self.0[FIELD.first_byte + 1]]);
                    let kept = word & !(FIELD.mask() << FIELD.shift);
                    let [high, low] = (kept | (value & FIELD.mask()) << FIELD.shift).to_be_bytes();
                    self.0[FIELD.first_byte] = high;
                    self.0[FIELD.first_byte + 1] = low;
                    self
                }
            )*

            /// Every field with its name, in the order of the bytes; for people.
            pub fn fields(&self) -> [(&'static str, u16); PPS_FIELD_COUNT] {
                [$( (stringify!($get), self.$get()) ),*]
            }
        }

        /// How many fields [`PictureParameterSet::fields`] lists; thresholds and ranges are apart.
        pub const PPS_FIELD_COUNT: usize = [$(stringify!($get)),*].len();
    };
}

fields! {
    /// Major version of DSC: 1.
    version_major, with_version_major: 0, 12, 4;
    /// Minor version of DSC: 1 or 2.
    version_minor, with_version_minor: 0, 8, 4;
    /// The application's number for this set.
    identifier, with_identifier: 1, 8, 8;
    /// Bits of a component before compression: 8, 10, 12, 14; 0 means 16.
    bits_per_component, with_bits_per_component: 3, 12, 4;
    /// Bits of the line buffer: 8..=15; 0 means 16.
    line_buffer_depth, with_line_buffer_depth: 3, 8, 4;
    /// 1 if block prediction is used.
    block_prediction, with_block_prediction: 4, 13, 1;
    /// 1 if colours are converted to YCoCg.
    convert_rgb, with_convert_rgb: 4, 12, 1;
    /// 1 if the decoder drops samples to make 4:2:2.
    simple_422, with_simple_422: 4, 11, 1;
    /// 1 if the bit rate varies.
    variable_rate, with_variable_rate: 4, 10, 1;
    /// Bits of a pixel after compression, in sixteenths.
    bits_per_pixel, with_bits_per_pixel: 4, 0, 10;
    /// Rows of the picture, pixels.
    picture_height, with_picture_height: 6, 0, 16;
    /// Columns of the picture, pixels.
    picture_width, with_picture_width: 8, 0, 16;
    /// Rows of a slice, pixels.
    slice_height, with_slice_height: 10, 0, 16;
    /// Columns of a slice, pixels.
    slice_width, with_slice_width: 12, 0, 16;
    /// Bytes of a slice's chunk on each line.
    chunk_size, with_chunk_size: 14, 0, 16;
    /// Pixel times that the encoder waits before it sends.
    initial_transmit_delay, with_initial_transmit_delay: 16, 0, 10;
    /// Pixel times that the decoder waits before it shows.
    initial_decode_delay, with_initial_decode_delay: 18, 0, 16;
    /// Scale factor at the start of a slice, in eighths.
    initial_scale_value, with_initial_scale_value: 20, 0, 6;
    /// Groups between increments of the scale factor.
    scale_increment_interval, with_scale_increment_interval: 22, 0, 16;
    /// Groups between decrements of the scale factor.
    scale_decrement_interval, with_scale_decrement_interval: 24, 0, 12;
    /// Additional bits a group on the first line.
    first_line_bpg_offset, with_first_line_bpg_offset: 26, 0, 5;
    /// Bits taken from each group after the first line, in 1/2048.
    nfl_bpg_offset, with_nfl_bpg_offset: 28, 0, 16;
    /// Bits taken from each group to hold the slice's size, in 1/2048.
    slice_bpg_offset, with_slice_bpg_offset: 30, 0, 16;
    /// Offset of the rate control at the start.
    initial_offset, with_initial_offset: 32, 0, 16;
    /// Offset of the rate control at the end of a slice.
    final_offset, with_final_offset: 34, 0, 16;
    /// Least quantisation with which flatness is told.
    flatness_min_qp, with_flatness_min_qp: 36, 8, 5;
    /// Greatest quantisation with which flatness is told.
    flatness_max_qp, with_flatness_max_qp: 36, 0, 5;
    /// Bits in the model of the rate control.
    rc_model_size, with_rc_model_size: 38, 0, 16;
    /// Ratio of activities that makes an edge.
    rc_edge_factor, with_rc_edge_factor: 40, 8, 4;
    /// First limit of the quantisation's increase.
    rc_quant_incr_limit0, with_rc_quant_incr_limit0: 40, 0, 5;
    /// Second limit of the quantisation's increase.
    rc_quant_incr_limit1, with_rc_quant_incr_limit1: 42, 8, 5;
    /// How far above the target a group may be.
    rc_target_offset_high, with_rc_target_offset_high: 42, 4, 4;
    /// How far below the target a group may be.
    rc_target_offset_low, with_rc_target_offset_low: 42, 0, 4;
    /// 1 if 4:2:0 is sent as it is (DSC 1.2).
    native_420, with_native_420: 88, 9, 1;
    /// 1 if 4:2:2 is sent as it is (DSC 1.2).
    native_422, with_native_422: 88, 8, 1;
    /// Additional bits a group on the second line (DSC 1.2, 4:2:0).
    second_line_bpg_offset, with_second_line_bpg_offset: 88, 0, 5;
    /// Bits taken from each group after the second line (DSC 1.2, 4:2:0).
    nsl_bpg_offset, with_nsl_bpg_offset: 90, 0, 16;
    /// Adjustment of the offset on the second line (DSC 1.2, 4:2:0).
    second_line_offset_adjust, with_second_line_offset_adjust: 92, 0, 16;
}

/// How the rate control quantises in one of its fifteen ranges.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct RateRange {
    /// Least quantisation, 0..=31.
    pub min_qp: u8,
    /// Greatest quantisation, 0..=31.
    pub max_qp: u8,
    /// Adjustment of the target, -32..=31 bits a group.
    pub bpg_offset: i8,
}

impl PictureParameterSet {
    /// All bytes zero: what setters start from.
    pub const EMPTY: Self = Self([0; PPS_LEN]);

    /// The set that these bytes are.
    pub const fn from_bytes(bytes: [u8; PPS_LEN]) -> Self {
        Self(bytes)
    }

    /// Its bytes, as the packet carries them.
    pub const fn as_bytes(&self) -> &[u8; PPS_LEN] {
        &self.0
    }

    /// The fourteen thresholds between the ranges of the rate control, in 64 bits (bytes 44..=57).
    pub fn rate_thresholds(&self) -> [u8; 14] {
        core::array::from_fn(|i| self.byte(44 + i))
    }

    /// The fifteen ranges of the rate control (bytes 58..=87).
    pub fn rate_ranges(&self) -> [RateRange; 15] {
        core::array::from_fn(|i| {
            let word = u16::from_be_bytes([self.byte(58 + 2 * i), self.byte(59 + 2 * i)]);
            // The lowest six bits are a signed number: moved to the top of a byte and back.
            let bpg_offset = ((word << 2) as u8 as i8) >> 2;
            RateRange { min_qp: (word >> 11) as u8, max_qp: (word >> 6 & 0x1f) as u8, bpg_offset }
        })
    }

    /// Sets [`rate_thresholds`](Self::rate_thresholds).
    #[must_use]
    pub fn with_rate_thresholds(mut self, thresholds: [u8; 14]) -> Self {
        for (to, from) in self.0.iter_mut().skip(44).zip(thresholds) {
            *to = from;
        }
        self
    }

    /// Sets [`rate_ranges`](Self::rate_ranges); of each number the bits that it has room for.
    #[must_use]
    pub fn with_rate_ranges(mut self, ranges: [RateRange; 15]) -> Self {
        let bytes = ranges.into_iter().flat_map(|RateRange { min_qp, max_qp, bpg_offset }| {
            let quantisation = u16::from(min_qp & 0x1f) << 11 | u16::from(max_qp & 0x1f) << 6;
            (quantisation | u16::from(bpg_offset as u8 & 0x3f)).to_be_bytes()
        });
        for (to, from) in self.0.iter_mut().skip(58).zip(bytes) {
            *to = from;
        }
        self
    }

    /// Checks what every decoder relies on.
    ///
    /// # Errors
    ///
    /// [`PpsFault`], the first that is found.
    pub fn check(&self) -> Result<(), PpsFault> {
        if self.version_major() != 1 {
            return Err(PpsFault::Version { expected: 1, got: self.version_major() });
        }
        for (side, picture, slice) in [
            (SliceSide::Width, self.picture_width(), self.slice_width()),
            (SliceSide::Height, self.picture_height(), self.slice_height()),
        ] {
            if slice == 0 || slice > picture {
                return Err(PpsFault::Slice { side, picture, slice });
            }
        }
        // Chunks of native 4:2:2 and 4:2:0 cover two pixels at a time.
        let halved = self.native_420() | self.native_422();
        let columns = u32::from(self.slice_width()) >> halved;
        let expected = (columns * u32::from(self.bits_per_pixel())).div_ceil(8 * 16);
        if u32::from(self.chunk_size()) != expected {
            return Err(PpsFault::ChunkSize { expected, got: self.chunk_size() });
        }
        Ok(())
    }

    /// A byte by its number; zero where there is none.
    fn byte(&self, number: usize) -> u8 {
        self.0.get(number).copied().unwrap_or(0)
    }
}

impl fmt::Debug for PictureParameterSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.fields()).finish()
    }
}

/// A side of a picture or a slice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SliceSide {
    /// From left to right.
    Width,
    /// From top to bottom.
    Height,
}

/// What contradicts itself in a picture parameter set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PpsFault {
    /// A major version that does not exist.
    Version {
        /// The one that exists.
        expected: u16,
        /// The one that came.
        got: u16,
    },
    /// Slices that are empty or larger than the picture.
    Slice {
        /// The side on which.
        side: SliceSide,
        /// Pixels of the picture.
        picture: u16,
        /// Pixels of the slice.
        slice: u16,
    },
    /// A chunk that is not as long as a slice's line.
    ChunkSize {
        /// Bytes of a slice's line.
        expected: u32,
        /// Bytes that came.
        got: u16,
    },
}

impl fmt::Display for PpsFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Version { expected, got } => write!(f, "DSC version {got} instead of {expected}"),
            Self::Slice { side, picture, slice } => {
                write!(f, "{side:?} of a slice is {slice} in a picture of {picture}")
            }
            Self::ChunkSize { expected, got } => {
                write!(f, "a chunk of {got} bytes where a slice's line has {expected}")
            }
        }
    }
}

impl core::error::Error for PpsFault {}

#[cfg(test)]
mod tests {
    use super::*;

    /// 1080 x 2400 in slices of 540 x 20 at 8 bits a pixel; values computed from the definition.
    fn example() -> PictureParameterSet {
        PictureParameterSet::EMPTY
            .with_version_major(1)
            .with_version_minor(1)
            .with_bits_per_component(8)
            .with_bits_per_pixel(8 * 16)
            .with_picture_width(1080)
            .with_picture_height(2400)
            .with_slice_width(540)
            .with_slice_height(20)
            .with_chunk_size(540)
    }

    #[test]
    fn fields_lie_where_the_kernel_structure_has_them() {
        let bytes = *example().as_bytes();
        assert_eq!(bytes[0], 0x11);
        assert_eq!(bytes[3], 0x80);
        assert_eq!(bytes[4..6], [0x00, 0x80]);
        assert_eq!(bytes[6..8], 2400u16.to_be_bytes());
        assert_eq!(bytes[8..10], 1080u16.to_be_bytes());
        assert_eq!(bytes[14..16], 540u16.to_be_bytes());
        let marked = PictureParameterSet::EMPTY.with_initial_scale_value(0xffff);
        assert_eq!(marked.as_bytes()[20..22], [0, 0x3f]);
        let marked = PictureParameterSet::EMPTY.with_rc_quant_incr_limit1(0xffff);
        assert_eq!(marked.as_bytes()[42..44], [0x1f, 0]);
        let marked = PictureParameterSet::EMPTY.with_native_420(1);
        assert_eq!(marked.as_bytes()[88], 0x02);
    }

    #[test]
    fn no_two_fields_share_a_bit() {
        let full = PictureParameterSet::from_bytes([0xff; PPS_LEN]);
        let bits: u32 = full.fields().iter().map(|(_, value)| value.count_ones()).sum();
        let mut alone = 0;
        for byte in 0..PPS_LEN {
            for bit in 0..8 {
                let mut bytes = [0; PPS_LEN];
                bytes[byte] = 1 << bit;
                let set = PictureParameterSet::from_bytes(bytes);
                let fields = set.fields().iter().filter(|(_, value)| *value != 0).count();
                assert!(fields <= 1, "byte {byte} bit {bit}");
                alone += fields as u32;
            }
        }
        assert_eq!(alone, bits);
        assert_eq!(PPS_FIELD_COUNT, 38);
    }

    #[test]
    fn a_set_that_fits_together_passes_and_others_say_why_not() {
        assert_eq!(example().check(), Ok(()));
        assert_eq!(
            example().with_chunk_size(541).check(),
            Err(PpsFault::ChunkSize { expected: 540, got: 541 })
        );
        assert_eq!(
            example().with_slice_height(0).check(),
            Err(PpsFault::Slice { side: SliceSide::Height, picture: 2400, slice: 0 })
        );
        // Two pixels share the bits in native 4:2:2 and 4:2:0.
        assert_eq!(example().with_native_422(1).with_chunk_size(270).check(), Ok(()));
        assert_eq!(
            example().with_native_420(1).check(),
            Err(PpsFault::ChunkSize { expected: 270, got: 540 })
        );
        let version = PpsFault::Version { expected: 1, got: 0 };
        assert_eq!(PictureParameterSet::EMPTY.check(), Err(version));
    }

    #[test]
    fn ranges_of_the_rate_control_are_signed() {
        let mut bytes = [0; PPS_LEN];
        // Range 14 as the DSC example models have it for 8 bits a pixel: 15..=16, offset -12.
        bytes[86..88].copy_from_slice(&(15u16 << 11 | 16 << 6 | 0x34).to_be_bytes());
        bytes[57] = 0x7e;
        let set = PictureParameterSet::from_bytes(bytes);
        assert_eq!(set.rate_ranges()[14], RateRange { min_qp: 15, max_qp: 16, bpg_offset: -12 });
        assert_eq!(set.rate_thresholds()[13], 0x7e);
    }

    #[test]
    fn what_is_set_of_the_rate_control_is_read_and_nothing_else_changes() {
        let thresholds: [u8; 14] = core::array::from_fn(|i| 0x80 | i as u8);
        let ranges: [RateRange; 15] = core::array::from_fn(|i| RateRange {
            min_qp: i as u8,
            max_qp: 31 - i as u8,
            bpg_offset: 2 * i as i8 - 14,
        });
        let set = example().with_rate_thresholds(thresholds).with_rate_ranges(ranges);
        assert_eq!(set.rate_thresholds(), thresholds);
        assert_eq!(set.rate_ranges(), ranges);
        assert_eq!(set.as_bytes()[..44], example().as_bytes()[..44]);
        assert_eq!(set.as_bytes()[88..], example().as_bytes()[88..]);
    }
}
