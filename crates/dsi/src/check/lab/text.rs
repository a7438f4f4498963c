//! The table of agreement, and the differences one by one.

use super::{Rows, Table};
use crate::Failure;
use crate::check::table::thousands;
use crate::output::Output;
use agreement::compare::{self, Compared, Counts, Standing};
use agreement::often::Often;
use agreement::typed::{ComparedTyped, TypedStanding};
use lab_orders::measured::Said;
use std::collections::{BTreeMap, BTreeSet};
use teardown_check::Model;

/// So many differences are shown.
const SHOWN: usize = 20;

/// One line of the table: how many orders, those that were reported, those of which the model says so, those of which both
/// say the same, and those that are not the bus's.
#[derive(Debug, Clone, Copy, Default)]
struct Line {
    orders: usize,
    reported: usize,
    predicted: usize,
    agree: usize,
    beyond: usize,
}

impl Line {
    fn add(&mut self, other: Self) {
        self.orders += other.orders;
        self.reported += other.reported;
        self.predicted += other.predicted;
        self.agree += other.agree;
        self.beyond += other.beyond;
    }

    fn text(self, name: &str) -> String {
        let Self { orders, reported, predicted, agree, beyond } = self;
        let differ = orders - agree - beyond;
        format!("{name:<40} {orders:>6} {reported:>9} {predicted:>9} {agree:>6} {beyond:>7} {differ:>7}")
    }
}

impl From<Counts> for Line {
    fn from(Counts { orders, reported, predicted, agree, .. }: Counts) -> Self {
        Self { orders, reported, predicted, agree, beyond: 0 }
    }
}

fn head(name: &str) -> String {
    let [orders, reported, predicted, agree, beyond, differ] =
        ["orders", "reported", "predicted", "agree", "beyond", "differ"];
    format!("{name:<40} {orders:>6} {reported:>9} {predicted:>9} {agree:>6} {beyond:>7} {differ:>7}")
}

pub(super) fn write(out: &mut Output, model: &dyn Model, tables: &[Table]) -> Result<(), Failure> {
    out.line(&format!("{}: {}", model.name(), model.sentence()))?;
    let mut all = Line::default();
    for table in tables {
        let lines = lines(&table.rows);
        if lines.is_empty() {
            continue;
        }
        out.line("")?;
        out.line(&head(&table.name))?;
        for (name, line) in lines {
            out.line(&line.text(&format!("  {name}")))?;
            all.add(line);
        }
    }
    if all.orders > 0 {
        out.line("")?;
        out.line(&all.text("all"))?;
    }
    write_races(out, tables)?;
    write_differences(out, tables)?;
    out.line("")?;
    write_sums(out, all, tables)
}

fn write_sums(out: &mut Output, all: Line, tables: &[Table]) -> Result<(), Failure> {
    if all.orders > 0 {
        out.line(&format!(
            "Of {} orders model and kernel agree in {}: in verdict, step, kind and function.",
            thousands(all.orders),
            thousands(all.agree)
        ))?;
    }
    if all.beyond > 0 {
        out.line(&format!(
            "In {} the kernel first reports something beyond the bus, of which no model of the bus can speak.",
            thousands(all.beyond)
        ))?;
    }
    for table in tables {
        let Rows::Often(rows) = &table.rows else { continue };
        let of: u32 = rows.iter().map(|row| row.of).sum();
        let allowed = rows.iter().filter(|row| row.contradicting().next().is_none()).count();
        out.line(&format!(
            "Of {} orders with threads, taken {} times in all, the model allows all that was seen in {}.",
            thousands(rows.len()),
            thousands(of as usize),
            thousands(allowed)
        ))?;
    }
    Ok(())
}

/// A line for each variant or pipeline, in the order in which they come.
fn lines(rows: &Rows) -> Vec<(String, Line)> {
    let rows = match rows {
        Rows::BuiltIn(rows) => {
            let counts = compare::by_variant(rows).into_iter();
            return counts.map(|(name, counts)| (name, counts.into())).collect();
        }
        Rows::Typed(rows) => rows,
        // They are the races once more.
        Rows::Often(_) => return Vec::new(),
    };
    let mut lines: Vec<(String, Line)> = Vec::new();
    for compared in rows {
        let name = &compared.row.pipeline;
        let index = lines.iter().position(|(known, _)| known == name).unwrap_or_else(|| {
            lines.push((name.clone(), Line::default()));
            lines.len() - 1
        });
        if let Some((_, line)) = lines.get_mut(index) {
            let standing = compared.standing();
            line.add(Line {
                orders: 1,
                reported: usize::from(compared.row.said != Said::Clean),
                predicted: usize::from(compared.says != Said::Clean),
                agree: usize::from(standing == TypedStanding::Agree),
                beyond: usize::from(standing == TypedStanding::BeyondTheBus),
            });
        }
    }
    lines
}

/// What the model allows in races, whoever is faster, and in how many orders it was seen.
#[derive(Default)]
struct Allowed {
    orders: usize,
    /// In how many on the lab's schedule.
    seen: usize,
    /// In how many on one of the schedules that seeds make.
    seen_often: usize,
}

/// What is said of a race but for the step: kind and function.
type What = (String, String);

fn what(said: &Said) -> Option<What> {
    match said {
        Said::Clean => None,
        Said::Reported { kind, function, .. } => Some((kind.clone(), function.clone())),
    }
}

fn write_races(out: &mut Output, tables: &[Table]) -> Result<(), Failure> {
    let mut all: BTreeMap<What, Allowed> = BTreeMap::new();
    for table in tables {
        match &table.rows {
            Rows::BuiltIn(rows) => {
                for row in rows.iter().filter(|row| row.order.steps.iter().any(|step| step.started)) {
                    let allowed: BTreeSet<What> = row.allows.iter().filter_map(what).collect();
                    allowed.into_iter().for_each(|what| all.entry(what).or_default().orders += 1);
                    what(&row.saw).into_iter().for_each(|what| all.entry(what).or_default().seen += 1);
                }
            }
            Rows::Often(rows) => {
                for row in rows {
                    let seen: BTreeSet<What> = row.seen.iter().filter_map(|(said, _)| what(said)).collect();
                    seen.into_iter().for_each(|what| all.entry(what).or_default().seen_often += 1);
                }
            }
            Rows::Typed(_) => {}
        }
    }
    if all.is_empty() {
        return Ok(());
    }
    out.line("")?;
    out.line("What the model allows in orders with threads, whoever is faster, and in how many it was seen: on the lab's")?;
    out.line("schedule, and on those that seeds make:")?;
    out.line(&format!("  {:<58} {:>9} {:>9} {:>9}", "", "orders", "lab's", "seeds'"))?;
    for ((kind, function), Allowed { orders, seen, seen_often }) in all {
        let what = format!("{kind} in {function}");
        out.line(&format!("  {what:<58} {orders:>9} {seen:>9} {seen_often:>9}"))?;
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
        Standing::AllowedElsewhere => ", which the model allows where another is faster",
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
        Said::Reported { step, kind, function } => {
            let step = step.map_or_else(|| "after the last step".to_owned(), |step| format!("step {step}"));
            format!("{kind} in {function} ({step})")
        }
    }
}
