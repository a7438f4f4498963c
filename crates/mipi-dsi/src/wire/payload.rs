//! What a packet carries, in one piece or in two.
//!
//! A command and its pixels lie in different places, and joining them would copy every frame. So a [`Payload`] has two
//! slices, and whoever sends it takes one after the other. A payload in one piece has an empty head.

use super::packet_error::BufferTooSmall;
use core::fmt;

/// The bytes that a packet carries: `head`, then `body`.
///
/// Where the head ends is not part of the value: two payloads are equal if their bytes are.
///
/// ```
/// use mipi_dsi::wire::Payload;
/// let pixels = [0xff, 0x80, 0x00];
/// let payload = Payload::new(&[0x2c], &pixels);
/// assert_eq!(payload.len(), 4);
/// assert_eq!(payload, [0x2c, 0xff, 0x80, 0x00]);
/// ```
#[derive(Clone, Copy, Default)]
pub struct Payload<'a> {
    head: &'a [u8],
    body: &'a [u8],
}

impl<'a> Payload<'a> {
    /// A payload without a byte.
    pub const EMPTY: Self = Self::new(&[], &[]);

    /// A payload of two parts, either of which may be empty.
    pub const fn new(head: &'a [u8], body: &'a [u8]) -> Self {
        Self { head, body }
    }

    /// Bytes of both parts together.
    pub const fn len(&self) -> usize {
        self.head.len().saturating_add(self.body.len())
    }

    /// Whether neither part has a byte.
    pub const fn is_empty(&self) -> bool {
        self.head.is_empty() && self.body.is_empty()
    }

    /// Head and body, in the order in which they are sent.
    pub const fn parts(&self) -> [&'a [u8]; 2] {
        [self.head, self.body]
    }

    /// The bytes of both parts, in the order in which they are sent.
    pub fn bytes(&self) -> impl Iterator<Item = u8> + Clone + 'a {
        self.head.iter().chain(self.body).copied()
    }

    /// Copies both parts to the start of `buffer` and returns that part of it.
    ///
    /// # Errors
    ///
    /// [`BufferTooSmall`]; nothing is written then.
    pub fn copy_to<'b>(&self, buffer: &'b mut [u8]) -> Result<&'b [u8], BufferTooSmall> {
        let too_small = BufferTooSmall { needed: self.len(), available: buffer.len() };
        let room = buffer.get_mut(..self.len()).ok_or(too_small)?;
        let (head, body) = room.split_at_mut_checked(self.head.len()).ok_or(too_small)?;
        head.copy_from_slice(self.head);
        body.copy_from_slice(self.body);
        Ok(room)
    }

    /// The first two bytes, zero where there are none, if there are no more: what a short packet carries.
    pub(super) fn short_data(&self) -> Option<[u8; 2]> {
        match (self.head, self.body) {
            ([], []) => Some([0, 0]),
            ([first], []) | ([], [first]) => Some([*first, 0]),
            ([first, second], []) | ([first], [second]) | ([], [first, second]) => Some([*first, *second]),
            _ => None,
        }
    }
}

impl<'a> From<&'a [u8]> for Payload<'a> {
    fn from(bytes: &'a [u8]) -> Self {
        Self::new(&[], bytes)
    }
}

impl<'a, const N: usize> From<&'a [u8; N]> for Payload<'a> {
    fn from(bytes: &'a [u8; N]) -> Self {
        Self::new(&[], bytes)
    }
}

impl PartialEq for Payload<'_> {
    fn eq(&self, other: &Payload<'_>) -> bool {
        self.len() == other.len() && self.bytes().eq(other.bytes())
    }
}

impl Eq for Payload<'_> {}

impl PartialEq<[u8]> for Payload<'_> {
    fn eq(&self, other: &[u8]) -> bool {
        *self == Payload::from(other)
    }
}

impl PartialEq<&[u8]> for Payload<'_> {
    fn eq(&self, other: &&[u8]) -> bool {
        *self == Payload::from(*other)
    }
}

impl<const N: usize> PartialEq<[u8; N]> for Payload<'_> {
    fn eq(&self, other: &[u8; N]) -> bool {
        *self == Payload::from(other)
    }
}

impl<const N: usize> PartialEq<&[u8; N]> for Payload<'_> {
    fn eq(&self, other: &&[u8; N]) -> bool {
        *self == Payload::from(*other)
    }
}

impl fmt::Debug for Payload<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.bytes()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::format;
    use std::vec::Vec;

    const BYTES: [u8; 4] = [0x2c, 1, 2, 3];

    #[test]
    fn where_it_is_split_does_not_matter() {
        let whole = Payload::from(&BYTES);
        for split in 0..=BYTES.len() {
            let (head, body) = BYTES.split_at(split);
            let payload = Payload::new(head, body);
            assert_eq!(payload, whole);
            assert_eq!(payload, BYTES);
            assert_eq!(payload, &BYTES[..]);
            assert_eq!(payload.len(), 4);
            assert_eq!(payload.parts(), [head, body]);
            assert_eq!(payload.bytes().collect::<Vec<_>>(), BYTES);
            assert_eq!(format!("{payload:?}"), "[44, 1, 2, 3]");
        }
    }

    #[test]
    fn other_bytes_are_another_payload() {
        let payload = Payload::new(&BYTES[..1], &BYTES[1..]);
        assert_ne!(payload, [0x2c, 1, 2]);
        assert_ne!(payload, [0x2c, 1, 2, 3, 0]);
        assert_ne!(payload, [0x2c, 1, 2, 4]);
        assert_ne!(payload, [0x2d, 1, 2, 3]);
        assert!(!payload.is_empty() && Payload::EMPTY.is_empty());
        assert!(!Payload::new(&[1], &[]).is_empty() && !Payload::new(&[], &[1]).is_empty());
    }

    #[test]
    fn both_parts_are_copied_and_nothing_after_them() {
        let payload = Payload::new(&BYTES[..1], &BYTES[1..]);
        let mut buffer = [0xa5; 6];
        assert_eq!(payload.copy_to(&mut buffer), Ok(&BYTES[..]));
        assert_eq!(buffer[4..], [0xa5; 2]);
        for available in 0..4 {
            let mut buffer = [0xa5; 3];
            let error = payload.copy_to(&mut buffer[..available]);
            assert_eq!(error, Err(BufferTooSmall { needed: 4, available }));
            assert_eq!(buffer, [0xa5; 3]);
        }
    }
}
