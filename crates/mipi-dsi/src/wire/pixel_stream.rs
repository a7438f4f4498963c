//! The ways in which pixels are packed into long packets.
//!
//! DSI 1.3, sections 8.8.14 to 8.8.23: ten formats, each with its own data type. This module knows the
//! sizes of the formats, which is all that a packet needs. It does not know where the bits of a pixel lie.

use super::data_type::DataType;
use super::raw_packet::MAX_PAYLOAD_LEN;
use core::fmt;

/// How the pixels of a packet are packed.
///
/// A packet holds whole *groups*. A group is the smallest number of pixels that fills whole bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum PixelStream {
    /// RGB 5-6-5, 1 pixel in 2 bytes.
    Rgb565,
    /// RGB 6-6-6, 4 pixels in 9 bytes.
    Rgb666Packed,
    /// RGB 6-6-6, 1 pixel in 3 bytes, each colour in the top bits of its byte.
    Rgb666Loose,
    /// RGB 8-8-8, 1 pixel in 3 bytes.
    Rgb888,
    /// RGB 10-10-10, 4 pixels in 15 bytes.
    Rgb101010,
    /// RGB 12-12-12, 2 pixels in 9 bytes.
    Rgb121212,
    /// YCbCr 4:2:0, 8 bits per component, 2 pixels of a line in 3 bytes.
    YCbCr420,
    /// YCbCr 4:2:2, 8 bits per component, 2 pixels in 4 bytes.
    YCbCr422Bits16,
    /// YCbCr 4:2:2, 10 bits per component padded to 12, 2 pixels in 6 bytes.
    YCbCr422Bits20Loose,
    /// YCbCr 4:2:2, 12 bits per component, 2 pixels in 6 bytes.
    YCbCr422Bits24,
}

impl PixelStream {
    /// All formats, in the order of the variants.
    pub const ALL: [Self; 10] = [
        Self::Rgb565,
        Self::Rgb666Packed,
        Self::Rgb666Loose,
        Self::Rgb888,
        Self::Rgb101010,
        Self::Rgb121212,
        Self::YCbCr420,
        Self::YCbCr422Bits16,
        Self::YCbCr422Bits20Loose,
        Self::YCbCr422Bits24,
    ];

    /// The data type of packets with pixels in this format.
    #[must_use]
    pub const fn data_type(self) -> DataType {
        match self {
            Self::Rgb565 => DataType::PACKED_PIXEL_STREAM_16,
            Self::Rgb666Packed => DataType::PACKED_PIXEL_STREAM_18,
            Self::Rgb666Loose => DataType::LOOSELY_PACKED_PIXEL_STREAM_18,
            Self::Rgb888 => DataType::PACKED_PIXEL_STREAM_24,
            Self::Rgb101010 => DataType::PACKED_PIXEL_STREAM_30,
            Self::Rgb121212 => DataType::PACKED_PIXEL_STREAM_36,
            Self::YCbCr420 => DataType::PACKED_YCBCR_12,
            Self::YCbCr422Bits16 => DataType::PACKED_YCBCR_16,
            Self::YCbCr422Bits20Loose => DataType::LOOSELY_PACKED_YCBCR_20,
            Self::YCbCr422Bits24 => DataType::PACKED_YCBCR_24,
        }
    }

    /// The format of packets with this data type, or `None` if they hold no uncompressed pixels.
    #[must_use]
    pub fn from_data_type(data_type: DataType) -> Option<Self> {
        Self::ALL.into_iter().find(|format| format.data_type() == data_type)
    }

    /// Pixels per group.
    #[must_use]
    pub const fn group_pixels(self) -> usize {
        match self {
            Self::Rgb565 | Self::Rgb666Loose | Self::Rgb888 => 1,
            Self::Rgb666Packed | Self::Rgb101010 => 4,
            Self::Rgb121212
            | Self::YCbCr420
            | Self::YCbCr422Bits16
            | Self::YCbCr422Bits20Loose
            | Self::YCbCr422Bits24 => 2,
        }
    }

    /// Bytes per group.
    #[must_use]
    pub const fn group_bytes(self) -> usize {
        match self {
            Self::Rgb565 => 2,
            Self::Rgb666Loose | Self::Rgb888 | Self::YCbCr420 => 3,
            Self::YCbCr422Bits16 => 4,
            Self::YCbCr422Bits20Loose | Self::YCbCr422Bits24 => 6,
            Self::Rgb666Packed | Self::Rgb121212 => 9,
            Self::Rgb101010 => 15,
        }
    }

    /// Bits per pixel on the link, including padding.
    #[must_use]
    pub const fn bits_per_pixel(self) -> usize {
        self.group_bytes() * 8 / self.group_pixels()
    }

    /// Bytes of this many pixels, or `None` if they do not fill whole groups or do not fit in a packet.
    #[must_use]
    pub const fn bytes_of(self, pixels: usize) -> Option<usize> {
        if pixels % self.group_pixels() != 0 {
            return None;
        }
        match (pixels / self.group_pixels()).checked_mul(self.group_bytes()) {
            Some(bytes) if bytes <= MAX_PAYLOAD_LEN => Some(bytes),
            _ => None,
        }
    }

    /// Pixels in this many bytes, or `None` if the last group is cut.
    #[must_use]
    pub const fn pixels_in(self, bytes: usize) -> Option<usize> {
        if bytes % self.group_bytes() != 0 {
            return None;
        }
        Some(bytes / self.group_bytes() * self.group_pixels())
    }

    /// The most pixels that one packet can hold.
    #[must_use]
    pub const fn max_pixels(self) -> usize {
        MAX_PAYLOAD_LEN / self.group_bytes() * self.group_pixels()
    }
}

impl fmt::Display for PixelStream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.data_type().fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_format_has_the_bits_that_its_section_says() {
        let bits: [usize; 10] = PixelStream::ALL.map(PixelStream::bits_per_pixel);
        assert_eq!(bits, [16, 18, 24, 24, 30, 36, 12, 16, 24, 24]);
    }

    #[test]
    fn data_types_lead_back_to_their_format() {
        for format in PixelStream::ALL {
            assert!(format.data_type().is_long());
            assert_eq!(PixelStream::from_data_type(format.data_type()), Some(format));
        }
        assert_eq!(PixelStream::from_data_type(DataType::COMPRESSED_PIXEL_STREAM), None);
        assert_eq!(PixelStream::from_data_type(DataType::DCS_LONG_WRITE), None);
    }

    #[test]
    fn only_whole_groups_that_fit_have_a_length() {
        assert_eq!(PixelStream::Rgb666Packed.bytes_of(4), Some(9));
        assert_eq!(PixelStream::Rgb666Packed.bytes_of(3), None);
        assert_eq!(PixelStream::Rgb888.bytes_of(1920), Some(5760));
        assert_eq!(PixelStream::Rgb888.bytes_of(21845), Some(65535));
        assert_eq!(PixelStream::Rgb888.bytes_of(21846), None);
        assert_eq!(PixelStream::Rgb888.bytes_of(usize::MAX), None);
        assert_eq!(PixelStream::Rgb101010.pixels_in(15), Some(4));
        assert_eq!(PixelStream::Rgb101010.pixels_in(14), None);
        for format in PixelStream::ALL {
            let most = format.max_pixels();
            assert!(format.bytes_of(most).is_some());
            assert_eq!(format.bytes_of(most + format.group_pixels()), None);
        }
    }
}
