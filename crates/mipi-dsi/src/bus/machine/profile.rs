//! The profiles: who may send to the devices of a host. What the code asks about them is constant where a feature is off,
//! so that the compiler leaves out what only the other profiles need.

/// Who may send to the devices of a host, stated when the host is registered.
///
/// # Features
///
/// A profile is there with the feature of its name. Where one is missing, a `match` needs an arm for the others.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "exclusive", derive(Default))]
#[cfg_attr(not(all(feature = "exclusive", feature = "serialised", feature = "shared")), non_exhaustive)]
pub enum Profile {
    /// One caller at a time sends, while the device is attached. Senders are served in the order in which they came, and
    /// can keep the link for several packets.
    #[cfg(feature = "exclusive")]
    #[default]
    Exclusive,
    /// As `Exclusive`, and the host's attach and detach hold the link while they run: for a host that is itself behind an
    /// SPI or I2C bus.
    #[cfg(feature = "serialised")]
    Serialised,
    /// Anybody sends while the device is registered, several at a time and during attach and detach too, as drivers of
    /// Linux do. The host orders the packets itself.
    #[cfg(feature = "shared")]
    Shared,
    /// Without a feature there is no profile, and no host can be registered.
    #[cfg(not(any(feature = "exclusive", feature = "serialised", feature = "shared")))]
    #[doc(hidden)]
    None,
}

#[allow(unreachable_patterns)] // where a profile is the only one
impl Profile {
    /// Whether there are profiles in which somebody holds the link of a host. Without them nobody ever does.
    pub(in super::super) const WITH_LINK: bool = cfg!(any(feature = "exclusive", feature = "serialised"));

    /// That of a slot in which nothing was ever registered. All zero bytes.
    pub(super) const EMPTY: Self = {
        #[cfg(feature = "exclusive")]
        let first = Self::Exclusive;
        #[cfg(all(feature = "serialised", not(feature = "exclusive")))]
        let first = Self::Serialised;
        #[cfg(all(feature = "shared", not(any(feature = "exclusive", feature = "serialised"))))]
        let first = Self::Shared;
        #[cfg(not(any(feature = "exclusive", feature = "serialised", feature = "shared")))]
        let first = Self::None;
        first
    };

    /// Whether several callers send at a time, and nobody holds the link.
    #[inline]
    #[must_use]
    pub const fn is_shared(self) -> bool {
        match self {
            #[cfg(feature = "shared")]
            Self::Shared => true,
            _ => false,
        }
    }

    /// Whether the host's attach and detach hold the link.
    #[inline]
    #[must_use]
    pub const fn is_serialised(self) -> bool {
        match self {
            #[cfg(feature = "serialised")]
            Self::Serialised => true,
            _ => false,
        }
    }
}
