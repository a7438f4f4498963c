//! Locks that survive a panic.
//!
//! The failure of a test that panics while it holds a lock shows as that panic; whoever looks at the hardware afterwards
//! still can.

use std::sync::{Mutex, MutexGuard, PoisonError};

/// Locks, whether or not a holder has panicked.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
