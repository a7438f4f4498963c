//! The 128 bytes that set up a Display Stream Compression decoder.
//!
//! VESA DSC 1.2, table 4-1, with the fields of `struct drm_dsc_picture_parameter_set`. This module reads
//! and sets the fields; it does not compute rate control parameters.

use core::fmt;

/// The length of a picture parameter set in bytes.
pub const PPS_LEN: usize = 128;

/// A picture parameter set: any 128 bytes.
///
/// A setter takes as many low bits of its argument as the field has, and leaves the reserved bits around
/// the field unchanged.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct PictureParameterSet([u8; PPS_LEN]);

/// A field within the big-endian 16 bits that start at `first_byte`.
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
                #[must_use]
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

            /// All fields with their names, in the order of their bytes, for messages.
            #[must_use]
            pub fn fields(&self) -> [(&'static str, u16); PPS_FIELD_COUNT] {
                [$( (stringify!($get), self.$get()) ),*]
            }
        }

        /// The number of fields that [`PictureParameterSet::fields`] lists. Thresholds and ranges are not
        /// among them.
        pub const PPS_FIELD_COUNT: usize = [$(stringify!($get)),*].len();
    };
}

fields! {
    /// Major version of DSC: 1.
    version_major, with_version_major: 0, 12, 4;
    /// Minor version of DSC: 1 or 2.
    version_minor, with_version_minor: 0, 8, 4;
    /// A number that the application gives to this set.
    identifier, with_identifier: 1, 8, 8;
    /// Bits per component before compression: 8, 10, 12 or 14; 0 means 16.
    bits_per_component, with_bits_per_component: 3, 12, 4;
    /// Bits per component in the line buffer: 8..=15; 0 means 16.
    line_buffer_depth, with_line_buffer_depth: 3, 8, 4;
    /// 1 if the encoder uses block prediction.
    block_prediction, with_block_prediction: 4, 13, 1;
    /// 1 if the decoder converts colours from YCoCg to RGB.
    convert_rgb, with_convert_rgb: 4, 12, 1;
    /// 1 if the decoder drops chroma samples to make 4:2:2.
    simple_422, with_simple_422: 4, 11, 1;
    /// 1 if the bit rate varies.
    variable_rate, with_variable_rate: 4, 10, 1;
    /// Bits per pixel after compression, in sixteenths of a bit.
    bits_per_pixel, with_bits_per_pixel: 4, 0, 10;
    /// Height of the picture in pixels.
    picture_height, with_picture_height: 6, 0, 16;
    /// Width of the picture in pixels.
    picture_width, with_picture_width: 8, 0, 16;
    /// Height of a slice in pixels.
    slice_height, with_slice_height: 10, 0, 16;
    /// Width of a slice in pixels.
    slice_width, with_slice_width: 12, 0, 16;
    /// Bytes that each line of a slice has after compression.
    chunk_size, with_chunk_size: 14, 0, 16;
    /// How long the encoder waits before it sends, in pixel times.
    initial_transmit_delay, with_initial_transmit_delay: 16, 0, 10;
    /// How long the decoder waits before it shows a pixel, in pixel times.
    initial_decode_delay, with_initial_decode_delay: 18, 0, 16;
    /// The scale factor at the start of a slice, in eighths.
    initial_scale_value, with_initial_scale_value: 20, 0, 6;
    /// Groups between two increments of the scale factor.
    scale_increment_interval, with_scale_increment_interval: 22, 0, 16;
    /// Groups between two decrements of the scale factor.
    scale_decrement_interval, with_scale_decrement_interval: 24, 0, 12;
    /// Additional bits per group on the first line.
    first_line_bpg_offset, with_first_line_bpg_offset: 26, 0, 5;
    /// Bits taken from each group after the first line, in 1/2048 of a bit.
    nfl_bpg_offset, with_nfl_bpg_offset: 28, 0, 16;
    /// Bits taken from each group to keep to the size of the slice, in 1/2048 of a bit.
    slice_bpg_offset, with_slice_bpg_offset: 30, 0, 16;
    /// The offset of the rate control at the start of a slice.
    initial_offset, with_initial_offset: 32, 0, 16;
    /// The offset of the rate control at the end of a slice.
    final_offset, with_final_offset: 34, 0, 16;
    /// The smallest quantisation at which the encoder signals flatness.
    flatness_min_qp, with_flatness_min_qp: 36, 8, 5;
    /// The largest quantisation at which the encoder signals flatness.
    flatness_max_qp, with_flatness_max_qp: 36, 0, 5;
    /// The size of the rate control's buffer model in bits.
    rc_model_size, with_rc_model_size: 38, 0, 16;
    /// The ratio of activities above which the rate control assumes an edge.
    rc_edge_factor, with_rc_edge_factor: 40, 8, 4;
    /// The first limit for increasing the quantisation.
    rc_quant_incr_limit0, with_rc_quant_incr_limit0: 40, 0, 5;
    /// The second limit for increasing the quantisation.
    rc_quant_incr_limit1, with_rc_quant_incr_limit1: 42, 8, 5;
    /// How many bits above the target a group may be.
    rc_target_offset_high, with_rc_target_offset_high: 42, 4, 4;
    /// How many bits below the target a group may be.
    rc_target_offset_low, with_rc_target_offset_low: 42, 0, 4;
    /// 1 if pixels are compressed as 4:2:0 (DSC 1.2).
    native_420, with_native_420: 88, 9, 1;
    /// 1 if pixels are compressed as 4:2:2 (DSC 1.2).
    native_422, with_native_422: 88, 8, 1;
    /// Additional bits per group on the second line (DSC 1.2, 4:2:0).
    second_line_bpg_offset, with_second_line_bpg_offset: 88, 0, 5;
    /// Bits taken from each group after the second line, in 1/2048 of a bit (DSC 1.2, 4:2:0).
    nsl_bpg_offset, with_nsl_bpg_offset: 90, 0, 16;
    /// The adjustment of the offset on the second line (DSC 1.2, 4:2:0).
    second_line_offset_adjust, with_second_line_offset_adjust: 92, 0, 16;
}

/// The quantisation in one of the fifteen ranges of the rate control.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct RateRange {
    /// The smallest quantisation, 0..=31.
    pub min_qp: u8,
    /// The largest quantisation, 0..=31.
    pub max_qp: u8,
    /// The adjustment of the target in bits per group, -32..=31.
    pub bpg_offset: i8,
}

impl PictureParameterSet {
    /// All bytes zero, as a start for the setters.
    pub const EMPTY: Self = Self([0; PPS_LEN]);

    /// Makes a set from the bytes that the packet carries.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; PPS_LEN]) -> Self {
        Self(bytes)
    }

    /// The bytes that the packet carries.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; PPS_LEN] {
        &self.0
    }

    /// The fourteen thresholds between the ranges of the rate control, in units of 64 bits (bytes 44..=57).
    #[must_use]
    pub fn rate_thresholds(&self) -> [u8; 14] {
        core::array::from_fn(|i| self.byte(44 + i))
    }

    /// The fifteen ranges of the rate control (bytes 58..=87).
    #[must_use]
    pub fn rate_ranges(&self) -> [RateRange; 15] {
        core::array::from_fn(|i| {
            let word = u16::from_be_bytes([self.byte(58 + 2 * i), self.byte(59 + 2 * i)]);
            // The lowest six bits are a signed number. The shifts extend its sign.
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

    /// Sets [`rate_ranges`](Self::rate_ranges). Each number keeps only the bits that its field has.
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

    /// Checks what every decoder relies on: the version, the size of the slices and the size of the chunks.
    ///
    /// # Errors
    ///
    /// The first [`PpsFault`] that it finds.
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

    /// The byte with this number, or zero past the end.
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

impl fmt::Display for SliceSide {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Width => "width",
            Self::Height => "height",
        })
    }
}

/// What is wrong with a picture parameter set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PpsFault {
    /// The major version does not exist.
    Version {
        /// The only major version.
        expected: u16,
        /// The major version of the set.
        got: u16,
    },
    /// The slices are empty or larger than the picture.
    Slice {
        /// The side that is wrong.
        side: SliceSide,
        /// The size of the picture on this side, in pixels.
        picture: u16,
        /// The size of the slice on this side, in pixels.
        slice: u16,
    },
    /// A chunk does not have the length of a compressed line of a slice.
    ChunkSize {
        /// Bytes of a compressed line.
        expected: u32,
        /// Bytes of the chunk.
        got: u16,
    },
}

impl fmt::Display for PpsFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Version { expected, got } => write!(f, "the DSC version is {got} instead of {expected}"),
            Self::Slice { side, picture, slice } => {
                write!(f, "the {side} of a slice is {slice} pixels and that of the picture {picture}")
            }
            Self::ChunkSize { expected, got } => {
                write!(f, "a chunk has {got} bytes instead of the {expected} of a line of a slice")
            }
        }
    }
}

impl core::error::Error for PpsFault {}

#[cfg(test)]
mod tests {
    use super::*;

    /// 1080 x 2400 in slices of 540 x 20 at 8 bits per pixel; the values are computed from the definition.
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
        // Range 14 as the DSC example models have it for 8 bits per pixel: 15..=16, offset -12.
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
