//! `dsi check --lab`: what a model says that a kernel will say of the lab's orders, beside what a kernel said.
//!
//! Which orders there are and what was measured is `lab_orders`'; what the model says is `agreement`'s. Here is how it is
//! shown.

use super::{models, table::thousands};
use crate::cli::CheckArguments;
use crate::output::Output;
use crate::{Failure, Outcome};
use agreement::compare::{self, Compared, Counts, Standing};
use lab_orders::measured::{self, Row, Said};
use serde_json::{Value, json};
use std::io::Write;
use std::path::Path;
use teardown_check::Model;

/// The model that speaks of a kernel where none is named.
const LINUX: &str = "linux-6.12";
/// So many differences are shown.
const SHOWN: usize = 20;

/// A table of verdicts: where it is from, and its rows.
struct Measured {
    name: String,
    rows: Vec<Row>,
}

pub(crate) fn check(arguments: &CheckArguments) -> Result<Outcome, Failure> {
    let named = if arguments.model.is_empty() { vec![LINUX.to_owned()] } else { arguments.model.clone() };
    let [model] = models(&named)?[..] else {
        return Err(Failure::Input("--lab takes one --model".to_owned()));
    };
    let tables = tables(&arguments.verdicts)?;
    let mut compared = Vec::new();
    for table in &tables {
        let found = compare::with(model, &table.rows)
            .map_err(|error| Failure::Input(format!("{}: {error}", table.name)))?;
        compared.push(found);
    }
    let mut out = Output::new();
    if arguments.json {
        for row in compared.iter().flatten() {
            writeln!(out, "{}", of_row(model, row))?;
        }
    } else {
        write_tables(&mut out, model, &tables, &compared)?;
    }
    let agrees = |row: &Compared| row.standing() == Standing::Agree;
    Ok(if compared.iter().flatten().all(agrees) { Outcome::Fine } else { Outcome::ContractBroken })
}

/// The tables that were given, or those of Linux 6.12 that are built in.
fn tables(given: &[std::path::PathBuf]) -> Result<Vec<Measured>, Failure> {
    if given.is_empty() {
        let built_in = [measured::BASIC, measured::FURTHER, measured::RACES];
        return built_in.iter().map(|table| of_text(table.path, table.text)).collect();
    }
    let read = |path: &std::path::PathBuf| {
        let name = Path::display(path).to_string();
        let text =
            std::fs::read_to_string(path).map_err(|error| Failure::Input(format!("{name}: {error}")))?;
        of_text(&name, &text)
    };
    given.iter().map(read).collect()
}

fn of_text(name: &str, text: &str) -> Result<Measured, Failure> {
    let rows = measured::rows(text).map_err(|error| Failure::Input(format!("{name}: {error}")))?;
    Ok(Measured { name: name.to_owned(), rows })
}

fn of_row(model: &dyn Model, row: &Compared) -> Value {
    json!({
        "model": model.name(),
        "variant": row.order.variant.name(),
        "steps": row.order.steps.iter().map(ToString::to_string).collect::<Vec<_>>(),
        "says": of_said(&row.says),
        "saw": of_said(&row.saw),
        "allows": row.allows.iter().map(of_said).collect::<Vec<_>>(),
        "agrees": row.standing() == Standing::Agree,
    })
}

fn of_said(said: &Said) -> Value {
    match said {
        Said::Clean => json!({ "verdict": "clean" }),
        Said::Reported { step, kind, function } => {
            json!({ "verdict": "reported", "step": step, "kind": kind, "function": function })
        }
    }
}

fn write_tables(
    out: &mut Output,
    model: &dyn Model,
    tables: &[Measured],
    compared: &[Vec<Compared>],
) -> Result<(), Failure> {
    let head = |name: &str| {
        format!(
            "{name:<38} {:>6} {:>9} {:>9} {:>6} {:>7}",
            "orders", "reported", "predicted", "agree", "differ"
        )
    };
    let line = |name: &str, counts: &Counts| {
        let Counts { orders, reported, predicted, agree, .. } = counts;
        format!("{name:<38} {orders:>6} {reported:>9} {predicted:>9} {agree:>6} {:>7}", orders - agree)
    };
    out.line(&format!("{}: {}", model.name(), model.sentence()))?;
    let mut all = Counts::default();
    for (table, compared) in tables.iter().zip(compared) {
        out.line("")?;
        out.line(&head(&table.name))?;
        for (variant, counts) in compare::by_variant(compared) {
            out.line(&line(&format!("  {variant}"), &counts))?;
        }
        compared.iter().for_each(|row| all.count(row));
    }
    out.line("")?;
    out.line(&line("all", &all))?;
    let rows: Vec<&Compared> = compared.iter().flatten().collect();
    write_races(out, compared)?;
    write_differences(out, &rows)?;
    out.line("")?;
    out.line(&format!(
        "Of {} orders the model and the kernel agree in {}: in verdict, step, kind and function.",
        thousands(all.orders),
        thousands(all.agree)
    ))?;
    Ok(())
}

/// What the model allows in races: the lab's machine has one schedule, others have others.
fn write_races(out: &mut Output, compared: &[Vec<Compared>]) -> Result<(), Failure> {
    let all: Vec<Compared> = compared.iter().flatten().cloned().collect();
    let races = compare::races(&all);
    if races.is_empty() {
        return Ok(());
    }
    out.line("")?;
    out.line("In the orders with threads the model allows, whoever is faster:")?;
    out.line(&format!("  {:<58} {:>9} {:>9}", "", "orders", "seen in"))?;
    for ((kind, function), (allowed, seen)) in races {
        out.line(&format!("  {:<58} {allowed:>9} {seen:>9}", format!("{kind} in {function}")))?;
    }
    Ok(())
}

fn write_differences(out: &mut Output, rows: &[&Compared]) -> Result<(), Failure> {
    let differ: Vec<&&Compared> = rows.iter().filter(|row| row.standing() != Standing::Agree).collect();
    for row in differ.iter().take(SHOWN) {
        let elsewhere = match row.standing() {
            Standing::AllowedElsewhere => ", which the model allows where another is faster",
            Standing::Agree | Standing::Contradict => "",
        };
        out.line("")?;
        out.line(&row.order.to_string())?;
        out.line(&format!("  the model:  {}", in_words(&row.says)))?;
        out.line(&format!("  the kernel: {}{elsewhere}", in_words(&row.saw)))?;
    }
    if differ.len() > SHOWN {
        out.line("")?;
        out.line(&format!("and {} more; --json has all.", differ.len() - SHOWN))?;
    }
    Ok(())
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
