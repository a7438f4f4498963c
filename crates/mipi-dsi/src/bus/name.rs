//! Names of hosts and devices, kept by value because the bus allocates nothing and outlives whoever named them.

use core::fmt;

/// The longest name in bytes; the longest that a mainline board gives a DSI host has 20.
pub const LONGEST_NAME: usize = 39;

/// A name of at most [`LONGEST_NAME`] bytes.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Name {
    length: u8,
    bytes: [u8; LONGEST_NAME],
}

impl Name {
    /// The empty name.
    pub const EMPTY: Self = Self { length: 0, bytes: [0; LONGEST_NAME] };

    /// Copies `name`.
    ///
    /// # Errors
    ///
    /// [`NameTooLong`] if it has more than [`LONGEST_NAME`] bytes: a name that was cut could be another's.
    pub fn new(name: &str) -> Result<Self, NameTooLong> {
        let mut bytes = [0; LONGEST_NAME];
        match (bytes.get_mut(..name.len()), u8::try_from(name.len())) {
            (Some(room), Ok(length)) => {
                room.copy_from_slice(name.as_bytes());
                Ok(Self { length, bytes })
            }
            _ => Err(NameTooLong { length: name.len(), most: LONGEST_NAME }),
        }
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        // The bytes are those of a `str`, whole, so this never takes the default.
        self.bytes
            .get(..usize::from(self.length))
            .and_then(|bytes| core::str::from_utf8(bytes).ok())
            .unwrap_or_default()
    }
}

impl fmt::Debug for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.as_str(), f)
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// A name that does not fit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NameTooLong {
    /// Its length in bytes.
    pub length: usize,
    /// The longest that fits.
    pub most: usize,
}

impl fmt::Display for NameTooLong {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the name has {} bytes, and at most {} fit", self.length, self.most)
    }
}

impl core::error::Error for NameTooLong {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_whole_or_refused() {
        let longest = "x".repeat(LONGEST_NAME);
        assert_eq!(Name::new(&longest).map(|name| name.as_str() == longest), Ok(true));
        let longer = "x".repeat(LONGEST_NAME + 1);
        let refused = NameTooLong { length: LONGEST_NAME + 1, most: LONGEST_NAME };
        assert_eq!(Name::new(&longer), Err(refused));
        assert_eq!(Name::new("dsi\u{fc}").map(|name| name.as_str().len()), Ok(5));
    }
}
