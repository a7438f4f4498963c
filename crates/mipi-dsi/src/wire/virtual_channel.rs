//! The virtual channel of a packet, which says to which of a link's four peripherals it belongs.
//!
//! DSI 1.3, section 8.5.1.1. This module has only the two-bit number; `bus` knows who uses a channel.

use core::fmt;

/// One of the four virtual channels of a link, 0..=3.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct VirtualChannel(u8);

impl VirtualChannel {
    /// Virtual channel 0, which nearly every panel uses.
    pub const VC0: Self = Self(0);
    /// Virtual channel 1.
    pub const VC1: Self = Self(1);
    /// Virtual channel 2.
    pub const VC2: Self = Self(2);
    /// Virtual channel 3.
    pub const VC3: Self = Self(3);

    /// All four channels: `ALL[channel.index()] == channel`.
    pub const ALL: [Self; 4] = [Self::VC0, Self::VC1, Self::VC2, Self::VC3];

    /// Makes a channel from its number.
    ///
    /// # Errors
    ///
    /// [`InvalidChannel`] if the number is above 3.
    pub const fn new(number: u8) -> Result<Self, InvalidChannel> {
        if number <= 3 {
            Ok(Self(number))
        } else {
            Err(InvalidChannel(number))
        }
    }

    /// Reads the channel from the top two bits of a data identifier, which is the first byte of a header.
    #[must_use]
    pub const fn from_data_identifier(data_identifier: u8) -> Self {
        Self(data_identifier >> 6)
    }

    /// The number, 0..=3.
    #[must_use]
    pub const fn get(self) -> u8 {
        self.0
    }

    /// The number as an index into an array of four.
    #[must_use]
    pub const fn index(self) -> usize {
        self.0 as usize
    }
}

impl TryFrom<u8> for VirtualChannel {
    type Error = InvalidChannel;

    fn try_from(number: u8) -> Result<Self, InvalidChannel> {
        Self::new(number)
    }
}

impl From<VirtualChannel> for u8 {
    fn from(channel: VirtualChannel) -> Self {
        channel.get()
    }
}

impl fmt::Debug for VirtualChannel {
    #[inline]
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "VC{}", self.0)
    }
}

impl fmt::Display for VirtualChannel {
    #[inline]
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

/// There is no virtual channel with this number: the numbers are 0..=3.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct InvalidChannel(pub u8);

impl fmt::Display for InvalidChannel {
    #[inline]
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "there is no virtual channel {}, only 0 to 3", self.0)
    }
}

impl core::error::Error for InvalidChannel {}

#[cfg(test)]
mod tests {
    use super::*;
    use std::format;

    #[test]
    fn exactly_four_channels_exist() {
        for number in 0..=u8::MAX {
            match VirtualChannel::new(number) {
                Ok(channel) => {
                    assert!(number < 4);
                    assert_eq!(channel.get(), number);
                    assert_eq!(VirtualChannel::ALL[channel.index()], channel);
                }
                Err(InvalidChannel(got)) => {
                    assert!(number >= 4);
                    assert_eq!(got, number);
                }
            }
        }
    }

    #[test]
    fn the_top_two_bits_of_the_data_identifier_name_the_channel() {
        assert_eq!(VirtualChannel::from_data_identifier(0x39), VirtualChannel::VC0);
        assert_eq!(VirtualChannel::from_data_identifier(0x79), VirtualChannel::VC1);
        assert_eq!(VirtualChannel::from_data_identifier(0xb9), VirtualChannel::VC2);
        assert_eq!(VirtualChannel::from_data_identifier(0xf9), VirtualChannel::VC3);
    }

    #[test]
    fn messages_show_the_number() {
        assert_eq!(format!("{:?} {}", VirtualChannel::VC2, VirtualChannel::VC2), "VC2 2");
        assert!(format!("{}", InvalidChannel(7)).contains('7'));
    }
}
