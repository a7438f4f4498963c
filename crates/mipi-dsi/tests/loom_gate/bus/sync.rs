//! What the gate takes of the outside, of loom's parts.
//!
//! Loom's parts can't be made in a const, and a gate is one to begin with. So each is made when it is first used, which
//! [`World`](crate::world) and the scenes do before they start a second thread.

use loom::cell::UnsafeCell;
use loom::sync::atomic::AtomicUsize as LoomUsize;
pub(crate) use loom::sync::atomic::Ordering;
use std::sync::OnceLock;

/// An atomic number that loom watches.
#[derive(Debug)]
pub(crate) struct AtomicUsize {
    initial: usize,
    number: OnceLock<LoomUsize>,
}

impl AtomicUsize {
    pub(crate) const fn new(initial: usize) -> Self {
        Self { initial, number: OnceLock::new() }
    }

    fn get(&self) -> &LoomUsize {
        self.number.get_or_init(|| LoomUsize::new(self.initial))
    }

    pub(crate) fn load(&self, order: Ordering) -> usize {
        self.get().load(order)
    }

    pub(crate) fn store(&self, to: usize, order: Ordering) {
        self.get().store(to, order);
    }

    pub(crate) fn compare_exchange(
        &self,
        from: usize,
        to: usize,
        success: Ordering,
        failure: Ordering,
    ) -> Result<usize, usize> {
        self.get().compare_exchange(from, to, success, failure)
    }

    pub(crate) fn fetch_sub(&self, amount: usize, order: Ordering) -> usize {
        self.get().fetch_sub(amount, order)
    }

    pub(crate) fn fetch_and(&self, mask: usize, order: Ordering) -> usize {
        self.get().fetch_and(mask, order)
    }
}

/// A cell whose accesses loom watches: two at a time, one of them to write, fail the test.
#[derive(Debug)]
pub(crate) struct Cell<T> {
    initial: std::sync::Mutex<Option<T>>,
    cell: OnceLock<UnsafeCell<T>>,
}

impl<T> Cell<T> {
    pub(crate) const fn new(value: T) -> Self {
        Self { initial: std::sync::Mutex::new(Some(value)), cell: OnceLock::new() }
    }

    fn get(&self) -> &UnsafeCell<T> {
        self.cell.get_or_init(|| {
            let initial = self.initial.lock().expect("nobody panics with it").take();
            UnsafeCell::new(initial.expect("it is made once"))
        })
    }

    pub(crate) fn with<R>(&self, work: impl FnOnce(*const T) -> R) -> R {
        self.get().with(work)
    }

    pub(crate) fn with_mut<R>(&self, work: impl FnOnce(*mut T) -> R) -> R {
        self.get().with_mut(work)
    }
}

/// A mutex of loom's stands for the critical section.
pub(crate) mod critical_section {
    loom::lazy_static! {
        static ref SECTION: loom::sync::Mutex<()> = loom::sync::Mutex::new(());
    }

    /// Shows that its holder is in the critical section.
    #[derive(Clone, Copy)]
    pub(crate) struct Token<'a>(core::marker::PhantomData<&'a ()>);

    pub(crate) fn with<R>(section: impl FnOnce(Token<'_>) -> R) -> R {
        let _guard = SECTION.lock().expect("no section panics");
        section(Token(core::marker::PhantomData))
    }

    #[derive(Debug)]
    pub(crate) struct Mutex<T>(T);

    impl<T> Mutex<T> {
        pub(crate) const fn new(value: T) -> Self {
            Self(value)
        }

        pub(crate) fn borrow<'a>(&'a self, _: Token<'a>) -> &'a T {
            &self.0
        }
    }
}
