//! What the gate and the std lock use from outside, so that loom and shuttle can put their own in its place.

#![allow(unreachable_pub)] // tests take its users with a module of their own in its place

#[cfg(feature = "critical-section")]
pub use critical_section;

#[cfg(target_has_atomic = "ptr")]
pub use core::sync::atomic::{AtomicUsize, Ordering};
#[cfg(feature = "std")]
pub use std::{
    sync::{Condvar, Mutex, MutexGuard, PoisonError},
    thread_local,
    time::Instant,
};

#[cfg(feature = "std")]
extern crate std;

/// A cell whose accesses loom can watch.
#[derive(Debug)]
pub struct Cell<T>(core::cell::UnsafeCell<T>);

impl<T> Cell<T> {
    /// A cell with this in it.
    pub const fn new(value: T) -> Self {
        Self(core::cell::UnsafeCell::new(value))
    }

    /// Runs `work` with a pointer to read through.
    #[inline]
    pub fn with<R>(&self, work: impl FnOnce(*const T) -> R) -> R {
        work(self.0.get())
    }

    /// Runs `work` with a pointer to write through.
    #[inline]
    pub fn with_mut<R>(&self, work: impl FnOnce(*mut T) -> R) -> R {
        work(self.0.get())
    }
}
