//! Names of hosts and devices: copied into the bus, or kept as references where they live for ever.

use core::fmt;

/// Length in bytes of the longest name. The longest that a mainline board gives a DSI host has 20.
pub const MAX_NAME_LEN: usize = 39;

/// A name of at most [`MAX_NAME_LEN`] bytes.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Name {
    length: u8,
    bytes: [u8; MAX_NAME_LEN],
}

impl Name {
    /// The empty name.
    pub const EMPTY: Self = Self { length: 0, bytes: [0; MAX_NAME_LEN] };

    /// Copies `name`.
    ///
    /// # Errors
    ///
    /// [`NameTooLong`] if it has more than [`MAX_NAME_LEN`] bytes. It is not cut, as it could then equal another name.
    pub fn new(name: &str) -> Result<Self, NameTooLong> {
        let mut bytes = [0; MAX_NAME_LEN];
        match (bytes.get_mut(..name.len()), u8::try_from(name.len())) {
            (Some(room), Ok(length)) => {
                room.copy_from_slice(name.as_bytes());
                Ok(Self { length, bytes })
            }
            _ => Err(NameTooLong { length: name.len(), most: MAX_NAME_LEN }),
        }
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        // The bytes are those of a whole `str`, so this never takes the default.
        self.bytes
            .get(..usize::from(self.length))
            .and_then(|bytes| core::str::from_utf8(bytes).ok())
            .unwrap_or_default()
    }
}

/// The form in which a bus keeps a name.
pub trait HostName: Copy {
    /// The name.
    fn as_str(&self) -> &str;
}

impl HostName for &'static str {
    fn as_str(&self) -> &str {
        self
    }
}

impl HostName for Name {
    fn as_str(&self) -> &str {
        self.as_str()
    }
}

/// A name that is given for as long as `'n`, kept as `Self`.
pub trait KeepName<'n>: HostName + Sized {
    /// Keeps the name.
    ///
    /// # Errors
    ///
    /// [`NameTooLong`] if it does not fit.
    fn keep(name: &'n str) -> Result<Self, NameTooLong>;
}

impl KeepName<'static> for &'static str {
    fn keep(name: &'static str) -> Result<Self, NameTooLong> {
        Ok(name)
    }
}

impl<'n> KeepName<'n> for Name {
    fn keep(name: &'n str) -> Result<Self, NameTooLong> {
        Self::new(name)
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
        let longest = "x".repeat(MAX_NAME_LEN);
        assert_eq!(Name::new(&longest).map(|name| name.as_str() == longest), Ok(true));
        let longer = "x".repeat(MAX_NAME_LEN + 1);
        let refused = NameTooLong { length: MAX_NAME_LEN + 1, most: MAX_NAME_LEN };
        assert_eq!(Name::new(&longer), Err(refused));
        assert_eq!(Name::new("dsi\u{fc}").map(|name| name.as_str().len()), Ok(5));
    }
}
