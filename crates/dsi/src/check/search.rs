//! Runs the searches, as many at a time as there are cores, and shows their progress on a terminal.

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::io::IsTerminal;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;
use teardown_check::{Checked, Model, Shape};

/// Searches every shape under every model. Returns the results by shape and then by model, in the given order.
pub(crate) fn all(shapes: &[Shape], models: &[&'static dyn Model], actors: usize) -> Vec<Vec<Checked>> {
    let mut tasks: Vec<(usize, usize)> =
        (0..shapes.len()).flat_map(|shape| (0..models.len()).map(move |model| (shape, model))).collect();
    // The largest first, so that no core is left with one at the end.
    let ends = |shape: usize| shapes.get(shape).map_or(0, |shape| shape.ends().count());
    tasks.sort_by_key(|(shape, model)| {
        let is_own = models.get(*model).is_some_and(|model| model.is_own());
        std::cmp::Reverse((ends(*shape), is_own))
    });
    let progress = Progress::new(tasks.len());
    let next = AtomicUsize::new(0);
    let results = Mutex::new(Vec::new());
    let workers = thread::available_parallelism().map_or(1, |cores| cores.get()).min(tasks.len());
    thread::scope(|scope| {
        for _ in 0..workers {
            scope.spawn(|| {
                while let Some((shape, model)) = tasks.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let (Some(searched), Some(under)) = (shapes.get(*shape), models.get(*model)) else {
                        continue;
                    };
                    let checked = under.check(searched, actors, &|states| progress.at(under.name(), states));
                    progress.has_done_one();
                    let mut results = results.lock().unwrap_or_else(PoisonError::into_inner);
                    results.push((*shape, *model, checked));
                }
            });
        }
    });
    progress.end();
    let mut results = results.into_inner().unwrap_or_else(PoisonError::into_inner);
    results.sort_by_key(|(shape, model, _)| (*shape, *model));
    let mut by_shape: Vec<Vec<Checked>> = shapes.iter().map(|_| Vec::new()).collect();
    for (shape, _, checked) in results {
        if let Some(of_shape) = by_shape.get_mut(shape) {
            of_shape.push(checked);
        }
    }
    by_shape
}

/// A line that shows the progress of the searches, on a terminal only.
struct Progress(ProgressBar);

impl Progress {
    fn new(searches: usize) -> Self {
        let target = if std::io::stderr().is_terminal() {
            ProgressDrawTarget::stderr()
        } else {
            ProgressDrawTarget::hidden()
        };
        let bar = ProgressBar::with_draw_target(Some(searches as u64), target);
        if let Ok(style) = ProgressStyle::with_template("{bar:20} search {pos} of {len}, {elapsed}  {msg}") {
            bar.set_style(style);
        }
        bar.enable_steady_tick(Duration::from_millis(100));
        Self(bar)
    }

    fn at(&self, model: &str, states: usize) {
        self.0.set_message(format!("{model}: {} states", super::table::thousands(states)));
    }

    fn has_done_one(&self) {
        self.0.inc(1);
    }

    fn end(&self) {
        self.0.finish_and_clear();
    }
}
