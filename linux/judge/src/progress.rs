//! The progress of a run: a bar on a terminal, and elsewhere a line now and then.

use indicatif::{ProgressBar, ProgressStyle};
use std::io::{IsTerminal, Write};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Without a bar, a line comes this often.
const EVERY: Duration = Duration::from_secs(10);

/// A bar or a spinner, on a terminal only.
pub(crate) fn bar(
    length: Option<u64>,
    template: &str,
) -> Result<ProgressBar, indicatif::style::TemplateError> {
    if !std::io::stderr().is_terminal() {
        return Ok(ProgressBar::hidden());
    }
    let bar = length.map_or_else(ProgressBar::new_spinner, ProgressBar::new);
    bar.set_style(ProgressStyle::with_template(template)?);
    bar.enable_steady_tick(Duration::from_millis(200));
    Ok(bar)
}

/// The progress of work on many things.
pub(crate) struct Progress {
    bar: ProgressBar,
    lines: Mutex<Lines>,
}

impl Progress {
    /// The progress of this many things, with this name.
    pub(crate) fn new(length: u64, things: &'static str) -> Result<Self, indicatif::style::TemplateError> {
        let bar = bar(Some(length), &format!("{{wide_bar}} {{pos}}/{{len}} {things}, {{eta}} to go"))?;
        Ok(Self { bar, lines: Mutex::new(Lines { done: 0, of: length, things, last: Instant::now() }) })
    }

    /// One more is done.
    pub(crate) fn has_done_one(&self) {
        self.bar.inc(1);
        let line = self.lines.lock().unwrap_or_else(PoisonError::into_inner).next(Instant::now());
        if let Some(line) = line.filter(|_| self.bar.is_hidden()) {
            // Who does not read it can do without.
            let _ = writeln!(std::io::stderr(), "linux/lab: {line}");
        }
    }

    /// All are done, or no more will be.
    pub(crate) fn end(&self) {
        self.bar.finish_and_clear();
    }
}

struct Lines {
    done: u64,
    of: u64,
    things: &'static str,
    /// When the last line was written, or the work began.
    last: Instant,
}

impl Lines {
    /// One more is done: the line for it, if it is time for one. The last one gets no line.
    fn next(&mut self, now: Instant) -> Option<String> {
        let Self { done, of, things, last } = self;
        *done += 1;
        if now.duration_since(*last) < EVERY || done >= of {
            return None;
        }
        *last = now;
        Some(format!("{done} of {of} {things}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_comes_now_and_then_and_not_for_the_last() {
        let began = Instant::now();
        let mut lines = Lines { done: 0, of: 5, things: "orders", last: began };
        let mut at = |seconds| lines.next(began + Duration::from_secs(seconds));
        assert_eq!(at(1), None);
        assert_eq!(at(10).as_deref(), Some("2 of 5 orders"));
        assert_eq!(at(19), None);
        assert_eq!(at(20).as_deref(), Some("4 of 5 orders"));
        assert_eq!(at(60), None, "it is the last");
    }
}
