//! The same lock as `StdLock`, of shuttle's parts, so that shuttle decides who goes on. It has no clock: a deadline is a
//! number of wake-ups.

use mipi_dsi::bus::{Caller, Lock, Unwaited};
use shuttle::sync::{Condvar, Mutex};
use shuttle::thread;

/// The lock.
pub(crate) struct ShuttleLock<D> {
    data: Mutex<D>,
    changed: Condvar,
}

impl<D> ShuttleLock<D> {
    /// Around this.
    pub(crate) fn new(data: D) -> Self {
        Self { data: Mutex::new(data), changed: Condvar::new() }
    }
}

impl<D> Lock for ShuttleLock<D> {
    type Data = D;
    type Deadline = usize;

    fn caller(&self) -> Caller {
        Caller(usize::from(thread::current().id()) as u64)
    }

    fn with<R>(&self, work: impl FnOnce(&mut D) -> R) -> R {
        let result = work(&mut self.data.lock().unwrap());
        self.changed.notify_all();
        result
    }

    fn wait<R>(
        &self,
        deadline: Option<usize>,
        mut ready: impl FnMut(&mut D) -> Option<R>,
    ) -> Result<R, Unwaited> {
        let mut data = self.data.lock().unwrap();
        let mut wakeups = deadline;
        loop {
            if let Some(result) = ready(&mut data) {
                self.changed.notify_all();
                return Ok(result);
            }
            wakeups = match wakeups {
                Some(0) => return Err(Unwaited::DeadlinePassed),
                wakeups => wakeups.map(|left| left - 1),
            };
            data = self.changed.wait(data).unwrap();
        }
    }
}
