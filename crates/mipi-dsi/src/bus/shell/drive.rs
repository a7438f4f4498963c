//! The loop that drives an operation to its end. Compiled once, whatever the bus is made of.

use super::super::error::WaitError;
use super::super::machine::{Books, Callback, Next, Operation, Running, WaitFor};

/// What the loop needs from a bus.
pub trait Shell {
    /// Runs one step alone, under the lock.
    fn section(&mut self, step: &mut dyn FnMut(&mut dyn Books) -> Next) -> Next;

    /// Runs a step now and whenever `wait` may have ended, until it returns something other than `Wait(wait)`.
    fn wait(
        &mut self,
        wait: WaitFor,
        step: &mut dyn FnMut(&mut dyn Books) -> Next,
    ) -> Result<Next, WaitError>;

    /// Makes a callback, with no lock held. Returns whether it succeeded.
    fn perform(&mut self, callback: Callback) -> bool;

    /// Whether the last section has seen errands that this context may carry out.
    fn has_errands(&self) -> bool;

    /// Carries out those errands on the slot that can be carried out now.
    fn run_errands(&mut self);
}

/// Drives an operation to its end. Without `CAN_WAIT` the shell is never asked to wait.
#[inline(never)]
pub fn drive<const CAN_WAIT: bool>(shell: &mut dyn Shell, running: &mut Running<dyn Operation + '_>) {
    let mut next = shell.section(&mut |books| running.next_on::<CAN_WAIT>(books));
    loop {
        next = match next {
            Next::Done => return,
            Next::Call(callback) => {
                let unwinding = UnwindGuard { shell, running };
                let succeeded = unwinding.shell.perform(callback);
                // It has not unwound.
                core::mem::forget(unwinding);
                shell.section(&mut |books| {
                    running.returned(books, succeeded);
                    running.next_on::<CAN_WAIT>(books)
                })
            }
            Next::Wait(_) if !CAN_WAIT => return,
            Next::Wait(wait) => match shell.wait(wait, &mut |books| running.next_on::<CAN_WAIT>(books)) {
                Ok(next) => next,
                Err(why) => shell.section(&mut |books| {
                    running.give_up(books, why);
                    Next::Done
                }),
            },
        };
    }
}

/// If a callback unwinds, gives up what the operation has claimed in the book, and runs the errands that were left.
struct UnwindGuard<'a, 'b> {
    shell: &'a mut dyn Shell,
    running: &'a mut Running<dyn Operation + 'b>,
}

impl Drop for UnwindGuard<'_, '_> {
    fn drop(&mut self) {
        self.shell.section(&mut |books| {
            self.running.unwound(books);
            Next::Done
        });
        if self.shell.has_errands() {
            self.shell.run_errands();
        }
    }
}
