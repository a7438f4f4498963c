//! A counterexample, step by step, with who holds what.

use teardown_check::Names;
use teardown_check::check::Counterexample;
use teardown_check::ends::Bound;
use teardown_check::replay::{Replay, Snapshot, Taken};
use teardown_steps::Actor;
use teardown_steps::shell::{in_quotes, quote};

/// The lines of a replay: a heading for each action that an actor sets out to do, what each step does, and what has
/// changed.
pub(crate) fn lines(replay: &Replay, names: &Names) -> Vec<String> {
    let several = replay.taken.iter().any(|taken| taken.actor != Actor::FIRST);
    let mut lines: Vec<String> = things(&replay.before, names).into_iter().map(|line| held(&line)).collect();
    let mut before = &replay.before;
    let mut last: Option<&Taken> = None;
    for taken in &replay.taken {
        let is_new = taken.sets_out || last.is_none_or(|last| last.actor != taken.actor);
        if is_new {
            lines.push(String::new());
            lines.push(head(taken, names, several));
        }
        lines.push(step(taken));
        lines.extend(changes(before, &taken.after, names).iter().map(held));
        lines.extend(taken.broken.iter().map(|property| format!("  BROKEN: {}", property.broken())));
        before = &taken.after;
        last = Some(taken);
    }
    lines
}

fn head(taken: &Taken, names: &Names, several: bool) -> String {
    let act = names.act(taken.action);
    let who = if several { format!("{}: ", taken.actor) } else { String::new() };
    let on = if taken.sets_out { "" } else { ", goes on" };
    format!("{who}{act}{on}")
}

fn step(taken: &Taken) -> String {
    match taken.seen {
        Some(seen) => format!("  {:<30} {}", seen.at, seen.does),
        None => format!("  {:<30} waits until another actor goes on", ""),
    }
}

fn held((what, is): &(String, String)) -> String {
    format!("  {:<30} | {what}: {is}", "")
}

/// Who is bound, and who holds what: a thing, and its state.
pub(crate) fn things(snapshot: &Snapshot, names: &Names) -> Vec<(String, String)> {
    let bound = snapshot.bound.iter().map(|(end, bound)| {
        let is = match bound {
            Bound::Yes => "bound",
            Bound::No => "not bound",
            Bound::Changing => "being bound or unbound",
        };
        (format!("driver of {}", names.of(*end)), is.to_owned())
    });
    let holdings = snapshot.holdings.iter().map(|holding| (holding.what.name(names), holding.is.clone()));
    bound.chain(holdings).collect()
}

/// What a step has changed in that.
pub(crate) fn changes(before: &Snapshot, after: &Snapshot, names: &Names) -> Vec<(String, String)> {
    let was = things(before, names);
    let mut is = things(after, names);
    let has_gone = |(what, _): &&(String, String)| !is.iter().any(|(other, _)| other == what);
    let gone: Vec<_> =
        was.iter().filter(has_gone).map(|(what, _)| (what.clone(), "gone".to_owned())).collect();
    is.retain(|line| !was.contains(line));
    is.extend(gone);
    is
}

/// The command line that takes the steps again. `board` is how the user gave the board: its file, and overlays.
pub(crate) fn replay_line(
    board: &[String],
    model: &str,
    counterexample: &Counterexample,
    names: &Names,
) -> String {
    let board: String = board.iter().map(|word| format!(" {}", quote(word))).collect();
    let script = counterexample.script(names).to_string();
    // Always in quotes, as most scripts have spaces in them.
    format!(
        "dsi run{board} --model {model} --property {} --steps {}",
        counterexample.property.name(),
        in_quotes(&script)
    )
}
