//! Names of things in the model that can't be mistaken for a successor: an index and a generation.
//!
//! What it is for: a driver keeps an id for as long as it likes; once the thing has gone, the id is refused with
//! [`Stale`], also when the slot has a new tenant. The slots themselves are in `slab`.
//!
//! What it is not: a reference count. An id keeps nothing alive. It has a meaning only in the model that gave it;
//! two models that run the same script give equal ids, which is what a search over scripts wants.

use std::error::Error;
use std::fmt;

/// How a slab makes and reads an id.
pub(crate) trait SlabId: Copy + Eq {
    fn from_parts(index: usize, generation: u64) -> Self;
    fn index(self) -> usize;
    fn generation(self) -> u64;
}

macro_rules! id_type {
    ($(#[$doc:meta])* $name:ident, $letter:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name {
            index: usize,
            generation: u64,
        }

        impl SlabId for $name {
            fn from_parts(index: usize, generation: u64) -> Self {
                Self { index, generation }
            }

            fn index(self) -> usize {
                self.index
            }

            fn generation(self) -> u64 {
                self.generation
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!($letter, "{}.{}"), self.index, self.generation)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(self, f)
            }
        }
    };
}

id_type!(
    /// One device, from its adding to its removal.
    DeviceId,
    "device#"
);
id_type!(
    /// One driver, from its load to its unload.
    DriverId,
    "driver#"
);
id_type!(
    /// One managed entry, from its acquisition until it is released or disowned.
    ManagedId,
    "managed#"
);

/// An id whose thing has gone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stale<I> {
    /// The id that was given.
    pub got: I,
    /// What is in that slot now, if anything.
    pub now: Option<I>,
}

impl<I: fmt::Display> fmt::Display for Stale<I> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} has gone", self.got)?;
        match &self.now {
            Some(now) => write!(f, " (its place is taken by {now})"),
            None => Ok(()),
        }
    }
}

impl<I: fmt::Display + fmt::Debug> Error for Stale<I> {}
