//! One report of one of the kernel's checkers.

use super::Place;
use super::frames::{frame, is_lab, is_machinery, stack, symbol};
use std::fmt;

/// Which checker reported, and what.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kind {
    /// KASAN, with the name that it gives to the fault, but for one: `slab-use-after-free` is `use-after-free` here. KASAN drops
    /// the `slab-` where the page of the object has gone back to the page allocator in the meantime, which is another
    /// allocation's doing.
    Kasan(String),
    /// A WARN in a source file.
    Warning,
    /// The reference counts' own warning.
    Refcount,
    /// A list whose links are wrong.
    List,
    /// Lockdep, with its words.
    Lockdep(String),
    /// The checker of undefined behaviour, with its word for it: array-index-out-of-bounds.
    Ubsan(String),
    /// A call that may sleep, where nothing may sleep.
    SleepInAtomic,
    /// Memory that nothing points to.
    Leak,
    /// A DSI device that was removed from the bus and whose memory was never given back, by the lab's count.
    NeverReleased,
    /// A task that waits and is never woken.
    Hang,
    /// The kernel did not end in real time: it is in an endless loop.
    Timeout,
    /// A BUG() in a source file.
    BugOn,
    /// Another BUG of the kernel, with its words.
    Bug(String),
    /// A panic without a report before it; in User Mode Linux also an access to no memory at all.
    Panic,
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Kasan(fault) => write!(f, "KASAN {fault}"),
            Self::Warning => f.write_str("WARN"),
            Self::Refcount => f.write_str("refcount"),
            Self::List => f.write_str("list corruption"),
            Self::Lockdep(what) => write!(f, "lockdep {what}"),
            Self::Ubsan(what) => write!(f, "UBSAN {what}"),
            Self::SleepInAtomic => f.write_str("sleep in atomic"),
            Self::Leak => f.write_str("kmemleak"),
            Self::NeverReleased => f.write_str("never released"),
            Self::Hang => f.write_str("hang"),
            Self::Timeout => f.write_str("timeout"),
            Self::BugOn => f.write_str("BUG"),
            Self::Bug(what) => write!(f, "BUG {what}"),
            Self::Panic => f.write_str("fault"),
        }
    }
}

/// A report.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// Which checker, and what.
    pub kind: Kind,
    /// Where in the order.
    pub place: Place,
    /// The kernel's function that the report names; if that is one of the checker's own, the function that called it.
    pub function: Option<String>,
    /// The file and line of a WARN or a BUG(), or of what UBSAN found.
    pub source: Option<String>,
    /// The functions of the stack, the innermost first, down to the lab's own.
    pub trace: Vec<String>,
    /// The report, without the parts that only help to find faults in the kernel's memory: raw stacks, guesses, dumps.
    pub text: Vec<String>,
    /// When the lost memory was allocated.
    pub(crate) jiffies: Option<u64>,
}

impl Report {
    /// The innermost function of the DSI bus in the report.
    #[must_use]
    pub fn dsi_function(&self) -> Option<&str> {
        let mut named = self.function.iter().chain(&self.trace);
        named
            .find(|name| name.starts_with("mipi_dsi_") || name.starts_with("devm_mipi_dsi_"))
            .map(String::as_str)
    }

    /// Reads the report at the beginning of `lines`; they may go on after it.
    pub(super) fn read(headline: Headline, lines: &[&str], place: Place) -> Self {
        let Headline { kind, function, source } = headline;
        // A stack of who allocated and who freed follows the one that matters.
        let first_stack = lines
            .iter()
            .skip(1)
            .position(|line| {
                ["Allocated by", "Freed by", "Last potentially", "Showing all locks"]
                    .iter()
                    .any(|next| line.starts_with(next))
            })
            .map_or(lines, |length| &lines[..=length]);
        let from = first_stack
            .iter()
            .position(|line| line.trim() == "Call Trace:" || line.contains("backtrace ("))
            .unwrap_or(0);
        let trace = stack(&first_stack[from..]);
        let function = function
            .filter(|name| !is_machinery(name))
            .or_else(|| keeper(&kind, lines))
            .or_else(|| trace.first().cloned());
        let jiffies =
            lines.iter().take(3).find_map(|line| line.split_once(", jiffies ")?.1.trim().parse().ok());
        Self { kind, place, function, source, trace, text: trimmed(lines), jiffies }
    }
}

/// The function that took the lock with which a task ends. It has returned long ago: the line of the lock names it, no
/// stack does.
fn keeper(kind: &Kind, lines: &[&str]) -> Option<String> {
    let is_kept = matches!(kind, Kind::Lockdep(what) if what == STILL_HELD);
    let taken_at = |line: &&str| symbol(line.split_once(", at: ")?.1).map(str::to_owned);
    lines.iter().filter(|_| is_kept).find_map(taken_at)
}

/// The number of the step in whose thread a report was made, if it was in one. The first task that is named counts:
/// the watchdog, which is named later, reports a hang.
pub(super) fn step_of_thread(report: &[&str]) -> Option<usize> {
    let task = report.iter().find_map(|line| {
        ["by task ", "Comm: ", "INFO: task "].iter().find_map(|before| Some(line.split_once(before)?.1))
    })?;
    let digits = task.strip_prefix("lab-step-")?.split(|c: char| !c.is_ascii_digit()).next()?;
    digits.parse().ok()
}

/// What lockdep says of a task that ends with a lock.
const STILL_HELD: &str = "still has locks held";

/// The first line of a report, taken apart.
pub(super) struct Headline {
    /// Which checker, and what.
    pub(super) kind: Kind,
    function: Option<String>,
    source: Option<String>,
}

impl Headline {
    /// Whether a report begins with `line`, which came after `before`.
    pub(super) fn read(before: &[&str], line: &str) -> Option<Self> {
        let of = |kind| Some(Self { kind, function: None, source: None });
        if let Some(rest) = line.strip_prefix("BUG: KASAN: ") {
            let (fault, place) = rest.split_once(" in ").unwrap_or((rest, ""));
            let fault = if fault == "slab-use-after-free" { "use-after-free" } else { fault };
            let function = symbol(place).map(str::to_owned);
            return Some(Self { kind: Kind::Kasan(fault.to_owned()), function, source: None });
        }
        if line.starts_with("BUG: sleeping function") || line.starts_with("BUG: scheduling while atomic") {
            return of(Kind::SleepInAtomic);
        }
        // What lockdep says of the nesting of locks, and of a lock that nobody initialised, it says in other words.
        if let Some(rest) = line.strip_prefix("[ BUG: ") {
            return of(Kind::Lockdep(rest.trim_end().trim_end_matches([' ', ']']).to_owned()));
        }
        if line.starts_with("INFO: trying to register non-static key") {
            return of(Kind::Lockdep("trying to register non-static key".to_owned()));
        }
        if let Some((fault, place)) = line.strip_prefix("UBSAN: ").and_then(|rest| rest.split_once(" in ")) {
            let source = Some(place.trim().to_owned());
            return Some(Self { kind: Kind::Ubsan(fault.to_owned()), function: None, source });
        }
        if let Some(place) = line.strip_prefix("BUG: failure at ") {
            return Some(Self::bug_on(place));
        }
        if let Some(rest) = line.strip_prefix("BUG: ") {
            return of(Kind::Bug(rest.to_owned()));
        }
        if let Some(rest) = line.strip_prefix("WARNING: ") {
            return Some(Self::warning(rest));
        }
        if line.starts_with("kmemleak: unreferenced object") {
            return of(Kind::Leak);
        }
        if line.starts_with("INFO: task ") && line.contains(" blocked ") {
            return of(Kind::Hang);
        }
        // With RCU's own prefix, on 6.12: `rcu: INFO: rcu_preempt self-detected stall on CPU`.
        if line.strip_prefix("rcu: ").unwrap_or(line).starts_with("INFO: rcu") {
            return of(Kind::Hang);
        }
        if line.starts_with("Kernel panic - not syncing") {
            // The registers, where it was a fault, came before.
            let function = before
                .iter()
                .rev()
                .take(16)
                .find_map(|line| symbol(line.strip_prefix("RIP: ")?.split_once(':')?.1))
                .map(str::to_owned);
            return Some(Self { kind: Kind::Panic, function, source: None });
        }
        None
    }

    /// `drivers/gpu/drm/drm_mipi_dsi.c:397/mipi_dsi_detach()!`
    fn bug_on(place: &str) -> Self {
        let (source, function) = place.rsplit_once('/').unwrap_or((place, ""));
        let function = function.split_once("()").map(|(name, _)| name.to_owned());
        Self { kind: Kind::BugOn, function, source: Some(source.to_owned()) }
    }

    /// Whether this is the panic with which a report of that kind goes on. BUG() itself says only where it is; the
    /// stack comes with the panic.
    pub(super) fn goes_on(&self, kind: &Kind) -> bool {
        self.kind == Kind::Panic && *kind == Kind::BugOn
    }

    /// `CPU: 0 PID: 1 at drivers/gpu/drm/drm_mipi_dsi.c:397 mipi_dsi_detach+0x1/0x2`, where later kernels say it in
    /// another order; lockdep's have no source.
    fn warning(text: &str) -> Self {
        let words = || text.split_whitespace().map(|word| word.trim_end_matches(','));
        let source = words().find(|word| {
            word.rsplit_once(':').is_some_and(|(file, line)| {
                (file.ends_with(".c") || file.ends_with(".h")) && line.parse::<u32>().is_ok()
            })
        });
        let Some(source) = source else {
            // `insmod/32 still has locks held!`: whose task it was is no part of the kind.
            let what = if text.contains(STILL_HELD) { STILL_HELD } else { text.trim() };
            return Self { kind: Kind::Lockdep(what.to_owned()), function: None, source: None };
        };
        let (kind, is_a_checkers) = match source.rsplit_once(':').map_or(source, |(file, _)| file) {
            "lib/refcount.c" => (Kind::Refcount, true),
            "lib/list_debug.c" => (Kind::List, true),
            _ => (Kind::Warning, false),
        };
        let function = words().find_map(symbol).filter(|_| !is_a_checkers).map(str::to_owned);
        Self { kind, function, source: Some(source.to_owned()) }
    }
}

/// Which part of the stack is shown next.
#[derive(PartialEq)]
enum Stack {
    /// The functions that matter are still to come.
    Machinery,
    Matter,
    /// The lab's own functions, from the one that takes the steps.
    Lab,
}

/// The lines that are useful to a reader.
fn trimmed(lines: &[&str]) -> Vec<String> {
    let mut kept = Vec::new();
    let mut in_words = false;
    let mut at = Stack::Machinery;
    for line in lines {
        let text = line.trim();
        if line.starts_with("The buggy address belongs to the physical page")
            || line.starts_with("hardirqs last")
            || line.starts_with("irq event stamp")
        {
            break;
        }
        if let Some(name) = frame(line) {
            at = match at {
                Stack::Machinery if is_machinery(name) => Stack::Machinery,
                Stack::Machinery | Stack::Matter if !is_lab(name) => Stack::Matter,
                _ => Stack::Lab,
            };
            if at == Stack::Matter {
                kept.push(format!("    {name}"));
            }
            continue;
        }
        let is_guess = text.starts_with("[<");
        let bare = text.strip_prefix("kmemleak:").unwrap_or(text).trim_start();
        let is_unnamed = bare.starts_with("0x") && !bare.contains(' ');
        if is_guess || is_unnamed {
            continue;
        }
        at = Stack::Machinery;
        match text {
            "Stack:" => in_words = true,
            "Call Trace:" => in_words = false,
            _ => (),
        }
        let is_rule = text.len() > 8 && text.chars().all(|c| c == '=' || c == '-');
        if !in_words && !is_rule && !text.is_empty() {
            kept.push((*line).to_owned());
        }
    }
    kept
}
