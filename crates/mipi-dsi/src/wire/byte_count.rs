//! Numbers of bytes in messages: "1 byte" and "2 bytes".

use core::fmt;

/// Shows a number of bytes with the right form of the noun.
#[derive(Clone, Copy)]
pub(in super::super) struct ByteCount(pub(in super::super) usize);

impl fmt::Display for ByteCount {
    #[inline]
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.0, if self.0 == 1 { "byte" } else { "bytes" })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::format;

    #[test]
    fn only_one_byte_is_singular() {
        assert_eq!([0, 1, 2].map(|count| format!("{}", ByteCount(count))), ["0 bytes", "1 byte", "2 bytes"]);
    }
}
