//! How something goes away.

use core::fmt;

/// How something goes away.
///
/// # Features
///
/// Without the feature `surprise` there are only orderly removals, and a `match` needs an arm for others.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(not(feature = "surprise"), non_exhaustive)]
pub enum RemovalKind {
    /// Everything still works: last commands can be sent, running work is waited for.
    Orderly,
    /// The hardware has gone already: transfers fail at once, and running ones are cancelled.
    #[cfg(feature = "surprise")]
    Surprise,
}

impl RemovalKind {
    /// Whether there are surprise removals. Without them nobody cancels.
    pub(super) const WITH_SURPRISE: bool = cfg!(feature = "surprise");

    /// Whether the hardware has gone already.
    #[inline]
    #[must_use]
    pub const fn is_surprise(self) -> bool {
        match self {
            Self::Orderly => false,
            #[cfg(feature = "surprise")]
            Self::Surprise => true,
        }
    }
}

impl fmt::Display for RemovalKind {
    #[inline]
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.is_surprise() { "surprise removal" } else { "orderly removal" })
    }
}
