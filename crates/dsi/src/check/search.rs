//! Runs the searches, as many at a time as there are cores, and shows their progress on a terminal.

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use rayon::prelude::*;
use std::io::IsTerminal;
use std::time::Duration;
use teardown_check::{Checked, Model, Shape};

/// Searches every shape under every model. Returns the results by shape and then by model, in the given order.
pub(crate) fn all(shapes: &[Shape], models: &[&'static dyn Model], actors: usize) -> Vec<Vec<Checked>> {
    let mut tasks: Vec<(usize, usize, &Shape, &dyn Model)> = Vec::new();
    for (number, shape) in shapes.iter().enumerate() {
        tasks.extend(models.iter().enumerate().map(|(column, model)| (number, column, shape, *model)));
    }
    // The largest first, so that no core is left with one at the end.
    tasks.sort_by_key(|(_, _, shape, model)| std::cmp::Reverse((shape.ends().count(), model.is_own())));
    let progress = Progress::new(tasks.len());
    // A bridge hands the tasks out one after the other, in this order; a parallel iterator would begin in the middle too.
    let search = |(number, column, shape, model): (usize, usize, &Shape, &dyn Model)| {
        let checked = model.check(shape, actors, &|states| progress.at(model.name(), states));
        progress.has_done_one();
        (number, column, checked)
    };
    let mut results: Vec<(usize, usize, Checked)> = tasks.into_iter().par_bridge().map(search).collect();
    progress.end();
    results.sort_by_key(|(number, column, _)| (*number, *column));
    let mut checked = results.into_iter().map(|(.., checked)| checked);
    shapes.iter().map(|_| checked.by_ref().take(models.len()).collect()).collect()
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
