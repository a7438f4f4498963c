//! Many orders, each in a boot of its own, on all cores.

use crate::boot::{self, Leaks, Starter};
use crate::kernel::Kernel;
use crate::verdict::{Judgement, Verdict, judge};
use lab_orders::variant::BASIC;
use lab_orders::{Act, Order, Step, Variant};
use std::ffi::OsString;
use std::fmt;
use std::io;
use std::num::NonZeroU32;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Whether lost memory is looked for where nobody says: in the orders in which a registration fails, which is where the
/// bus loses some.
#[must_use]
pub fn usual_leaks(order: &Order) -> Leaks {
    let name = order.variant.peripherals.name;
    let fails = ["-same-channel", "failing", "forgetful"].iter().any(|part| name.contains(part));
    if fails { Leaks::Looked } else { Leaks::NotLooked }
}

/// Why orders could not be run.
#[derive(Debug)]
pub enum RunError {
    /// The kernel could not be started.
    Boot(io::Error),
    /// The kernel overlooks a use after free that was planted: what it does not report means nothing.
    Blind(String),
}

impl fmt::Display for RunError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Boot(error) => write!(f, "the kernel could not be booted: {error}"),
            Self::Blind(what) => {
                write!(
                    f,
                    "the kernel is no judge: a use after free of the lab's own was planted, and the verdict was: {what}"
                )
            }
        }
    }
}

impl std::error::Error for RunError {}

/// A kernel that was seen to report a use after free.
#[derive(Debug)]
pub struct Judge<'kernel> {
    kernel: &'kernel Kernel,
    starter: Starter,
    /// Removed when the judge goes; boots that crash leave things there.
    scratch: PathBuf,
}

impl<'kernel> Judge<'kernel> {
    /// Tries the kernel.
    ///
    /// # Errors
    ///
    /// It can't be booted, or overlooks what it has to see.
    pub fn new(kernel: &'kernel Kernel) -> Result<Self, RunError> {
        /// Judges of one process share neither their initramfs nor their end.
        static JUDGES: AtomicUsize = AtomicUsize::new(0);
        let number = JUDGES.fetch_add(1, Ordering::Relaxed);
        let scratch = kernel.scratch.join(format!("{}-{number}", std::process::id()));
        std::fs::create_dir_all(&scratch).map_err(RunError::Boot)?;
        let judge = Self { kernel, starter: Starter::find(), scratch };
        let plant = Step::new(Act::Plant("use-after-free".to_owned()));
        let order = Order { variant: Variant::plain(BASIC[0]), steps: vec![plant] };
        match judge.judge(&order, Leaks::NotLooked).map_err(RunError::Boot)?.verdict {
            Verdict::Reported(report) if report.kind.to_string().contains("use-after-free") => Ok(judge),
            Verdict::Reported(report) => Err(RunError::Blind(report.kind.to_string())),
            Verdict::Clean => Err(RunError::Blind("clean".to_owned())),
            Verdict::Error(reason) => Err(RunError::Blind(reason.to_string())),
        }
    }

    /// Boots once, and judges.
    ///
    /// # Errors
    ///
    /// The kernel could not be started.
    pub fn judge(&self, order: &Order, leaks: Leaks) -> io::Result<Judgement> {
        Ok(self.hear(order, leaks, None)?.1)
    }

    /// Boots once, with times that are drawn from `seed` where there is one, and gives the log with the judgement.
    ///
    /// # Errors
    ///
    /// The kernel could not be started.
    pub fn hear(
        &self,
        order: &Order,
        leaks: Leaks,
        seed: Option<NonZeroU32>,
    ) -> io::Result<(String, Judgement)> {
        self.hear_with(&boot::arguments(order, leaks, seed))
    }

    /// Boots once with arguments of the caller's, and gives the log with the judgement.
    pub(crate) fn hear_with(&self, arguments: &[OsString]) -> io::Result<(String, Judgement)> {
        let boot = boot::boot(self.starter, &self.kernel.program, &self.scratch, arguments)?;
        let judgement = judge(&boot);
        Ok((boot.log, judgement))
    }

    /// Its kernel.
    pub(crate) fn kernel(&self) -> &Kernel {
        self.kernel
    }

    /// A folder that lasts as long as the judge.
    pub(crate) fn scratch(&self) -> &Path {
        &self.scratch
    }

    /// Judges all of `orders`, in parallel; the judgements are in their order. `leaks` says of which the lost memory is
    /// looked for, `progress` is called after each.
    ///
    /// # Errors
    ///
    /// The kernel could not be started.
    pub fn judge_all(
        &self,
        orders: &[Order],
        leaks: &(dyn Fn(&Order) -> Leaks + Sync),
        progress: &(dyn Fn() + Sync),
    ) -> io::Result<Vec<Judgement>> {
        on_all_cores(orders, &|order| {
            let judgement = self.judge(order, leaks(order));
            progress();
            judgement
        })
    }
}

/// Does `work` with each of `items`, on all cores; the results are in the items' order.
pub(crate) fn on_all_cores<T: Sync, R: Send>(
    items: &[T],
    work: &(dyn Fn(&T) -> io::Result<R> + Sync),
) -> io::Result<Vec<R>> {
    let next = AtomicUsize::new(0);
    let results = Mutex::new(items.iter().map(|_| None).collect::<Vec<_>>());
    let take_turns = || {
        while let Some((index, item)) = Some(next.fetch_add(1, Ordering::Relaxed))
            .and_then(|index| items.get(index).map(|item| (index, item)))
        {
            let result = work(item)?;
            if let Some(place) = lock(&results).get_mut(index) {
                *place = Some(result);
            }
        }
        Ok(())
    };
    let workers = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    std::thread::scope(|scope| {
        let workers: Vec<_> = (0..workers).map(|_| scope.spawn(take_turns)).collect();
        workers.into_iter().try_for_each(|worker| {
            worker
                .join()
                .unwrap_or_else(|_| Err(io::Error::other("a thread that boots kernels has panicked")))
        })
    })?;
    Ok(lock(&results).drain(..).flatten().collect())
}

impl Drop for Judge<'_> {
    fn drop(&mut self) {
        // What stays is in a cache, and small.
        let _ = std::fs::remove_dir_all(&self.scratch);
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}
