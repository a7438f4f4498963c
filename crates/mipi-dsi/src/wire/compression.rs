//! The compression mode command, which turns compression on and off.
//!
//! DSI 1.3, compression mode command (data type 0x07); mirrors `mipi_dsi_compression_mode_ext()`. The
//! parameters of the decoder are a [`PictureParameterSet`](super::PictureParameterSet).

use core::fmt;

/// The compression algorithm, bits 2:1 of the mode.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CompressionAlgorithm {
    /// VESA Display Stream Compression 1.1, or a later version if the picture parameter set says so.
    Dsc,
    /// Code 1, not assigned.
    Reserved1,
    /// Code 2, not assigned.
    Reserved2,
    /// The vendor's own algorithm.
    Vendor,
}

/// The two data bytes of a compression mode packet: any sixteen bits.
///
/// The response to the DCS command get_compression_mode is the first of them.
#[derive(Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct CompressionMode(u16);

impl CompressionMode {
    /// Compression is off.
    pub const OFF: Self = Self(0);

    /// Turns compression on with this algorithm and the stored picture parameter set `selector`, 0..=3.
    ///
    /// # Errors
    ///
    /// [`InvalidSelector`] if `selector` is above 3.
    pub const fn on(algorithm: CompressionAlgorithm, selector: u8) -> Result<Self, InvalidSelector> {
        if selector > 3 {
            return Err(InvalidSelector(selector));
        }
        Ok(Self(1 | (algorithm as u16) << 1 | (selector as u16) << 4))
    }

    /// Reads the mode from the data bytes of a packet.
    #[must_use]
    pub const fn from_bytes(data: [u8; 2]) -> Self {
        Self(u16::from_le_bytes(data))
    }

    /// The data bytes of the packet.
    #[must_use]
    pub const fn to_bytes(self) -> [u8; 2] {
        self.0.to_le_bytes()
    }

    /// Whether compression is on (bit 0).
    #[must_use]
    pub const fn is_on(self) -> bool {
        self.0 & 1 != 0
    }

    /// The algorithm, bits 2:1.
    #[must_use]
    pub const fn algorithm(self) -> CompressionAlgorithm {
        match self.0 >> 1 & 0x03 {
            0 => CompressionAlgorithm::Dsc,
            1 => CompressionAlgorithm::Reserved1,
            2 => CompressionAlgorithm::Reserved2,
            _ => CompressionAlgorithm::Vendor,
        }
    }

    /// Which stored picture parameter set is used, 0..=3 (bits 5:4).
    #[must_use]
    pub const fn selector(self) -> u8 {
        (self.0 >> 4 & 0x03) as u8
    }
}

impl fmt::Debug for CompressionMode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CompressionMode({:#06x})", self.0)
    }
}

/// There is no stored picture parameter set with this number: the numbers are 0..=3.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InvalidSelector(pub u8);

impl fmt::Display for InvalidSelector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "there is no stored picture parameter set {}, only 0 to 3", self.0)
    }
}

impl core::error::Error for InvalidSelector {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_lie_where_the_kernel_puts_them() {
        let on =
            |algorithm, selector| CompressionMode::on(algorithm, selector).map(CompressionMode::to_bytes);
        assert_eq!(on(CompressionAlgorithm::Dsc, 0), Ok([0x01, 0x00]));
        assert_eq!(on(CompressionAlgorithm::Vendor, 2), Ok([0x27, 0x00]));
        assert_eq!(on(CompressionAlgorithm::Dsc, 4), Err(InvalidSelector(4)));
        assert_eq!(CompressionMode::OFF.to_bytes(), [0, 0]);
    }

    #[test]
    fn any_bytes_survive() {
        let mode = CompressionMode::from_bytes([0xff, 0xc3]);
        assert!(mode.is_on());
        assert_eq!(mode.algorithm(), CompressionAlgorithm::Vendor);
        assert_eq!(mode.selector(), 3);
        assert_eq!(mode.to_bytes(), [0xff, 0xc3]);
    }
}
