//! The table of agreement, and the differences one by one.

use super::{Rows, Table};
use crate::Failure;
use crate::check::table::thousands;
use crate::output::Output;
use agreement::compare::{self, Compared, Counts, Standing};
use agreement::often::Often;
use agreement::predict;
use agreement::typed::{ComparedTyped, TypedStanding};
use lab_orders::Order;
use lab_orders::measured::Said;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Display;
use teardown_check::Model;

/// How many differences to show.
const SHOWN: usize = 20;

fn row(name: &str, cells: [&dyn Display; 6]) -> String {
    let [orders, reported, predicted, agree, beyond, differ] = cells;
    format!("{name:<40} {orders:>6} {reported:>9} {predicted:>9} {agree:>6} {beyond:>7} {differ:>7}")
}

fn head(name: &str) -> String {
    row(name, [&"orders", &"reported", &"predicted", &"agree", &"beyond", &"differ"])
}

fn line(name: &str, counts: Counts) -> String {
    let Counts { orders, reported, predicted, agree, beyond } = counts;
    row(name, [&orders, &reported, &predicted, &agree, &beyond, &counts.differ()])
}

pub(super) fn write(out: &mut Output, model: &dyn Model, tables: &[Table]) -> Result<(), Failure> {
    out.line(&format!("{}: {}", model.name(), model.sentence()))?;
    let mut all = Counts::default();
    for table in tables {
        let by_name = by_name(&table.rows);
        if by_name.is_empty() {
            continue;
        }
        out.line("")?;
        out.line(&head(&table.name))?;
        for (name, counts) in by_name {
            out.line(&line(&format!("  {name}"), counts))?;
            all.add(counts);
        }
    }
    if all.orders > 0 {
        out.line("")?;
        out.line(&line("all", all))?;
    }
    write_races(out, tables)?;
    write_differences(out, tables)?;
    out.line("")?;
    write_sums(out, all, tables)
}

fn write_sums(out: &mut Output, all: Counts, tables: &[Table]) -> Result<(), Failure> {
    if all.orders > 0 {
        out.line(&format!(
            "Of {} orders model and kernel agree in {}: in verdict, step, kind and function.",
            thousands(all.orders),
            thousands(all.agree)
        ))?;
    }
    if all.beyond > 0 {
        out.line(&format!(
            "In {} the kernel first reports something beyond the bus, of which a model of the bus knows nothing.",
            thousands(all.beyond)
        ))?;
    }
    for table in tables {
        let Rows::Often(rows) = &table.rows else { continue };
        let of: u32 = rows.iter().map(|row| row.of).sum();
        let allowed = rows.iter().filter(|row| row.contradicting().next().is_none()).count();
        let outcomes: usize = rows.iter().map(|row| row.allowed.on_one_cpu.len()).sum();
        let not_seen: usize = rows.iter().map(|row| row.not_seen().count()).sum();
        out.line(&format!(
            "Of {} orders with threads, taken {} times in all, the model allows everything that was seen in {}.",
            thousands(rows.len()),
            thousands(of as usize),
            thousands(allowed)
        ))?;
        out.line(&format!(
            "Of the {} outcomes that it allows on one CPU, {not_seen} were not seen.",
            thousands(outcomes)
        ))?;
    }
    Ok(())
}

/// The counts of each variant or pipeline, in the order in which they come. Races that were taken many times do not
/// count again: their orders are in another table.
fn by_name(rows: &Rows) -> Vec<(String, Counts)> {
    match rows {
        Rows::BuiltIn(rows) => {
            compare::by_name(rows.iter().map(|row| (row.order.variant.name(), Counts::from(row))))
        }
        Rows::Typed(rows) => {
            compare::by_name(rows.iter().map(|row| (row.row.pipeline.clone(), Counts::from(row))))
        }
        Rows::Often(_) => Vec::new(),
    }
}

/// In how many races the model allows a report, and in how many it was seen.
#[derive(Default)]
struct Allowed {
    /// On any machine: the orders.
    on_any: BTreeSet<String>,
    /// On one with one CPU.
    on_one_cpu: BTreeSet<String>,
    /// On the lab's schedule.
    seen: BTreeSet<String>,
    /// On one of those that seeds make.
    seen_often: BTreeSet<String>,
}

/// What a report says of a race apart from the step: kind and function.
type What = (String, String);

fn what(said: &Said) -> Option<What> {
    match said {
        Said::Clean | Said::NotTaken => None,
        Said::Reported { kind, function, .. } => Some((kind.clone(), function.clone())),
    }
}

/// Notes what was said of an order, in the set of orders that `into` chooses.
fn note<'a>(
    all: &mut BTreeMap<What, Allowed>,
    order: &Order,
    said: impl IntoIterator<Item = &'a Said>,
    into: fn(&mut Allowed) -> &mut BTreeSet<String>,
) {
    for what in said.into_iter().filter_map(what) {
        into(all.entry(what).or_default()).insert(order.to_string());
    }
}

fn note_allowed(all: &mut BTreeMap<What, Allowed>, order: &Order, allowed: &predict::Allowed) {
    note(all, order, &allowed.on_any, |allowed| &mut allowed.on_any);
    note(all, order, &allowed.on_one_cpu, |allowed| &mut allowed.on_one_cpu);
}

fn write_races(out: &mut Output, tables: &[Table]) -> Result<(), Failure> {
    let mut all: BTreeMap<What, Allowed> = BTreeMap::new();
    for table in tables {
        match &table.rows {
            Rows::BuiltIn(rows) => {
                for row in rows.iter().filter(|row| row.order.has_threads()) {
                    note_allowed(&mut all, &row.order, &row.allowed);
                    note(&mut all, &row.order, [&row.saw], |allowed| &mut allowed.seen);
                }
            }
            Rows::Often(rows) => {
                for row in rows {
                    note_allowed(&mut all, &row.order, &row.allowed);
                    let seen = row.seen.iter().map(|(said, _)| said);
                    note(&mut all, &row.order, seen, |allowed| &mut allowed.seen_often);
                }
            }
            Rows::Typed(_) => {}
        }
    }
    if all.is_empty() {
        return Ok(());
    }
    out.line("")?;
    out.line("For each report, the number of orders with threads in which the model allows it, on any machine and on one with one")?;
    out.line("CPU, however long the threads sleep; and in which it was seen, on the lab's schedule and on those that seeds make:")?;
    out.line(&format!("  {:<52} {:>8} {:>8} {:>8} {:>8}", "", "any", "one CPU", "lab's", "seeds'"))?;
    for ((kind, function), Allowed { on_any, on_one_cpu, seen, seen_often }) in all {
        let what = format!("{kind} in {function}");
        let [any, one, lab, seeds] = [on_any, on_one_cpu, seen, seen_often].map(|orders| orders.len());
        out.line(&format!("  {what:<52} {any:>8} {one:>8} {lab:>8} {seeds:>8}"))?;
    }
    Ok(())
}

fn write_differences(out: &mut Output, tables: &[Table]) -> Result<(), Failure> {
    let differences: Vec<[String; 3]> = tables
        .iter()
        .flat_map(|table| match &table.rows {
            Rows::BuiltIn(rows) => rows.iter().filter_map(of_order).collect::<Vec<_>>(),
            Rows::Typed(rows) => rows.iter().filter_map(of_typed).collect(),
            Rows::Often(rows) => rows.iter().flat_map(of_often).collect(),
        })
        .collect();
    for lines in differences.iter().take(SHOWN) {
        out.line("")?;
        for line in lines {
            out.line(line)?;
        }
    }
    if differences.len() > SHOWN {
        out.line("")?;
        out.line(&format!("and {} more; --json has all.", differences.len() - SHOWN))?;
    }
    Ok(())
}

fn of_order(row: &Compared) -> Option<[String; 3]> {
    let elsewhere = match row.standing() {
        Standing::Agree => return None,
        Standing::WithOtherSleeps => ", which the model allows with other sleeps",
        Standing::OnAnotherMachine => ", which the model allows on another machine",
        Standing::Contradict => "",
    };
    Some([
        row.order.to_string(),
        format!("  the model:  {}", in_words(&row.says)),
        format!("  the kernel: {}{elsewhere}", in_words(&row.saw)),
    ])
}

fn of_typed(compared: &ComparedTyped) -> Option<[String; 3]> {
    let ComparedTyped { row, says } = compared;
    (compared.standing() == TypedStanding::Contradict).then(|| {
        [
            format!("{}: {}", row.pipeline, row.commands.join("; ")),
            format!("  the model:  {}", in_words(says)),
            format!("  the kernel: {}", in_words(&row.said)),
        ]
    })
}

fn of_often(row: &Often) -> Vec<[String; 3]> {
    let of = row.of;
    let lines = |(said, times): &(Said, u32)| {
        [
            row.order.to_string(),
            "  the model does not allow it".to_owned(),
            format!("  the kernel: {}, {times} times of {of}", in_words(said)),
        ]
    };
    row.contradicting().map(lines).collect()
}

fn in_words(said: &Said) -> String {
    match said {
        Said::Clean => "clean".to_owned(),
        Said::NotTaken => "a step could not be taken".to_owned(),
        Said::Reported { step, kind, function } => {
            let step = step.map_or_else(|| "after the last step".to_owned(), |step| format!("step {step}"));
            format!("{kind} in {function} ({step})")
        }
    }
}
