//! The machine: a Cortex-M4, or what qemu-user shows of one. Start, end, interrupts, registers.

use core::arch::asm;
use core::cell::UnsafeCell;
#[cfg(bus)]
use core::sync::atomic::{AtomicU32, Ordering};

/// Ends the program (Linux's `exit`, as qemu-user has it).
pub fn exit(code: u32) -> ! {
    // SAFETY: it does not return, so it may leave r7 as it is.
    unsafe { asm!("mov r7, #1", "svc #0", in("r0") code, options(noreturn)) }
}

#[panic_handler]
fn panic(_: &core::panic::PanicInfo<'_>) -> ! {
    exit(255)
}

/// Ends the program with the number of the caller's line unless `holds`.
#[cfg(trace)]
#[track_caller]
pub fn check(holds: bool) {
    if !holds {
        exit(core::panic::Location::caller().line() & 0xff)
    }
}

/// Ends the program unless `holds`. Lines are not kept here: the programs that are weighed have no use for them.
#[cfg(not(trace))]
pub fn check(holds: bool) {
    if !holds {
        exit(1)
    }
}

/// The number of the interrupt that is being handled, 0 for none.
#[cfg(bus)]
static HANDLING: AtomicU32 = AtomicU32::new(0);

#[cfg(bus)]
pub fn handling() -> u32 {
    HANDLING.load(Ordering::Relaxed)
}

/// A register of a peripheral of the chip. The compiler keeps each access.
pub struct Register(UnsafeCell<u32>);

// SAFETY: accesses are whole, volatile words.
unsafe impl Sync for Register {}

impl Register {
    pub const fn new() -> Self {
        Self(UnsafeCell::new(0))
    }

    pub fn write(&self, value: u32) {
        // SAFETY: it is a valid word.
        unsafe { self.0.get().write_volatile(value) }
    }

    pub fn read(&self) -> u32 {
        // SAFETY: as above.
        unsafe { self.0.get().read_volatile() }
    }
}

struct Section;
critical_section::set_impl!(Section);

// SAFETY: interrupts are off from `acquire` to `release`, on one core.
unsafe impl critical_section::Impl for Section {
    #[cfg_attr(trace, inline(never))]
    unsafe fn acquire() -> bool {
        mask::set() == 0
    }

    #[cfg_attr(trace, inline(never))]
    unsafe fn release(were_on: bool) {
        if were_on {
            mask::clear();
        }
    }
}

/// Runs `work` with interrupts below a priority off: the second way to have a section.
#[cfg(all(bus, second))]
pub fn below_priority<R>(work: impl FnOnce() -> R) -> R {
    let before = mask::raise(0x40);
    let result = work();
    mask::raise(before);
    result
}

/// The registers of a Cortex-M that turn interrupts off.
#[cfg(not(trace))]
mod mask {
    use core::arch::asm;

    pub fn set() -> u32 {
        let before: u32;
        // SAFETY: it changes PRIMASK and nothing else.
        unsafe { asm!("mrs {}, PRIMASK", "cpsid i", out(reg) before) };
        before
    }

    pub fn clear() {
        // SAFETY: as above.
        unsafe { asm!("cpsie i") }
    }

    #[cfg(all(bus, second))]
    pub fn raise(to: u32) -> u32 {
        let before: u32;
        // SAFETY: it changes BASEPRI and nothing else.
        unsafe { asm!("mrs {}, BASEPRI", "msr BASEPRI, {}", out(reg) before, in(reg) to) };
        before
    }
}

/// Words in place of them: user space has no such registers.
#[cfg(trace)]
mod mask {
    use super::Register;

    static PRIMASK: Register = Register::new();
    #[cfg(all(bus, second))]
    static BASEPRI: Register = Register::new();

    pub fn set() -> u32 {
        let before = PRIMASK.read();
        PRIMASK.write(1);
        before
    }

    pub fn clear() {
        PRIMASK.write(0);
    }

    #[cfg(all(bus, second))]
    pub fn raise(to: u32) -> u32 {
        let before = BASEPRI.read();
        BASEPRI.write(to);
        before
    }
}

#[cfg(all(bus, trace))]
mod interrupt {
    use super::{Ordering, HANDLING};
    use core::cell::Cell;

    struct Pending(Cell<Option<*const dyn Fn()>>);

    // SAFETY: there is one thread, and its interrupts are calls.
    unsafe impl Sync for Pending {}

    static PENDING: Pending = Pending(Cell::new(None));

    /// Runs `body`, with `handler` as an interrupt in the middle of the first transfer.
    pub fn interrupt_once<'a>(handler: &'a (dyn Fn() + 'a), body: impl FnOnce()) {
        // SAFETY: it is only called inside `body`.
        let handler = unsafe { core::mem::transmute::<&'a (dyn Fn() + 'a), &'static dyn Fn()>(handler) };
        PENDING.0.set(Some(handler));
        body();
        super::check(PENDING.0.take().is_none());
    }

    /// Where an interrupt comes, if one is pending.
    pub fn here() {
        if let Some(handler) = PENDING.0.take() {
            HANDLING.store(1, Ordering::Relaxed);
            // SAFETY: see `interrupt_once`.
            unsafe { (*handler)() };
            HANDLING.store(0, Ordering::Relaxed);
        }
    }
}

#[cfg(all(bus, trace))]
pub use interrupt::{here as interrupt, interrupt_once};
