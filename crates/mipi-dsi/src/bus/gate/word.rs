//! The word of a gate: an atomic number, or one in critical sections where the processor has no compare-and-swap.

#[cfg(feature = "critical-section")]
use super::super::sync::critical_section;
#[cfg(target_has_atomic = "ptr")]
use super::super::sync::{AtomicUsize, Ordering};

/// A number that several callers change.
///
/// # Safety
///
/// Each operation takes effect at once for all callers (no change is lost); operations that read acquire what the last
/// change released, and operations that change release. The gate lends references to its cell on the strength of that.
pub unsafe trait GateWord {
    /// A word with the number 0.
    #[allow(clippy::declare_interior_mutable_const)] // a value to begin with, and not one to share
    const ZERO: Self;

    /// The number.
    fn load(&self) -> usize;

    /// Sets the number.
    fn store(&self, to: usize);

    /// Sets it to `to` if it is `from`. Returns what it was.
    ///
    /// # Errors
    ///
    /// What it is, if that is not `from`.
    fn compare_exchange(&self, from: usize, to: usize) -> Result<usize, usize>;

    /// Subtracts `amount`. Returns what it was before.
    fn subtract(&self, amount: usize) -> usize;

    /// Clears these bits. Returns what it was before.
    fn clear(&self, bits: usize) -> usize;
}

/// A word that the processor changes atomically.
#[cfg(target_has_atomic = "ptr")]
#[derive(Debug)]
pub struct AtomicWord(AtomicUsize);

// SAFETY: atomic operations on one variable take effect in one order, and the orderings are those asked for.
#[cfg(target_has_atomic = "ptr")]
unsafe impl GateWord for AtomicWord {
    #[allow(clippy::declare_interior_mutable_const)]
    const ZERO: Self = Self(AtomicUsize::new(0));

    #[inline]
    fn load(&self) -> usize {
        self.0.load(Ordering::Acquire)
    }

    #[inline]
    fn store(&self, to: usize) {
        self.0.store(to, Ordering::Release);
    }

    #[inline]
    fn compare_exchange(&self, from: usize, to: usize) -> Result<usize, usize> {
        self.0.compare_exchange(from, to, Ordering::AcqRel, Ordering::Acquire)
    }

    #[inline]
    fn subtract(&self, amount: usize) -> usize {
        self.0.fetch_sub(amount, Ordering::AcqRel)
    }

    #[inline]
    fn clear(&self, bits: usize) -> usize {
        self.0.fetch_and(!bits, Ordering::AcqRel)
    }
}

/// A word for processors without compare-and-swap: each change is a critical section.
#[cfg(feature = "critical-section")]
#[derive(Debug)]
pub struct CriticalSectionWord(critical_section::Mutex<core::cell::Cell<usize>>);

// SAFETY: a critical section excludes all others, and begins after the last has ended.
#[cfg(feature = "critical-section")]
unsafe impl GateWord for CriticalSectionWord {
    #[allow(clippy::declare_interior_mutable_const)]
    const ZERO: Self = Self(critical_section::Mutex::new(core::cell::Cell::new(0)));

    fn load(&self) -> usize {
        critical_section::with(|section| self.0.borrow(section).get())
    }

    fn store(&self, to: usize) {
        critical_section::with(|section| self.0.borrow(section).set(to));
    }

    fn compare_exchange(&self, from: usize, to: usize) -> Result<usize, usize> {
        critical_section::with(|section| {
            let cell = self.0.borrow(section);
            let found = cell.get();
            if found != from {
                return Err(found);
            }
            cell.set(to);
            Ok(found)
        })
    }

    fn subtract(&self, amount: usize) -> usize {
        critical_section::with(|section| {
            let cell = self.0.borrow(section);
            cell.replace(cell.get().wrapping_sub(amount))
        })
    }

    fn clear(&self, bits: usize) -> usize {
        critical_section::with(|section| {
            let cell = self.0.borrow(section);
            cell.replace(cell.get() & !bits)
        })
    }
}
