//! `dsi check --lab`: what a model predicts for the lab's orders, compared with what a kernel reported.
//!
//! `lab_orders` has the orders and the measurements; `agreement` has the predictions.
//!
//! * `text`: the output for people.
//! * `json`: the output for programs.

mod json;
mod text;

use super::models;
use crate::cli::CheckArguments;
use crate::output::Output;
use crate::{Failure, Outcome};
use agreement::compare::{self, Compared, Standing};
use agreement::often::{self, Often};
use agreement::typed::{self, ComparedTyped, TypedStanding};
use lab_orders::built_in::{Group, built_in};
use lab_orders::how_often;
use lab_orders::measured::{self, RUST, RUST_TYPED, TYPED};
use lab_orders::typed::built_in as typed_orders;
use std::fmt::Display;
use std::path::PathBuf;
use teardown_check::Model;

/// The model that predicts if the user names none.
const LINUX: &str = "linux-6.12";

/// A table of verdicts, each with what the model predicts.
struct Table {
    name: String,
    rows: Rows,
}

enum Rows {
    /// Orders that the lab's own drivers take.
    BuiltIn(Vec<Compared>),
    /// Orders that are typed at the kernel's own drivers.
    Typed(Vec<ComparedTyped>),
    /// Races that were taken many times.
    Often(Vec<Often>),
}

pub(super) fn check(arguments: &CheckArguments) -> Result<Outcome, Failure> {
    let named = if arguments.model.is_empty() { vec![LINUX.to_owned()] } else { arguments.model.clone() };
    let [model] = models(&named)?[..] else {
        return Err(Failure::Input("--lab takes one --model".to_owned()));
    };
    let tables = tables(model, &arguments.verdicts)?;
    let mut out = Output::new();
    if arguments.json {
        json::write(&mut out, model, &tables)?;
    } else {
        text::write(&mut out, model, &tables)?;
    }
    let agrees = tables.iter().all(|table| match &table.rows {
        Rows::BuiltIn(rows) => rows.iter().all(|row| row.standing() == Standing::Agree),
        Rows::Typed(rows) => rows.iter().all(|row| row.standing() != TypedStanding::Contradict),
        Rows::Often(rows) => rows.iter().all(|row| row.contradicting().next().is_none()),
    });
    Ok(if agrees { Outcome::Fine } else { Outcome::ContractBroken })
}

/// The tables that the user gave; otherwise, for a repair, those of a kernel with that repair, for this project's own model
/// those of a kernel with the drop-in, and for every other model those of Linux 6.12 as it is.
fn tables(model: &dyn Model, given: &[PathBuf]) -> Result<Vec<Table>, Failure> {
    if given.is_empty() {
        if let Some((_, table)) = measured::REPAIRED.iter().find(|(repair, _)| *repair == model.name()) {
            return Ok(vec![compared(model, table.path, table.text)?]);
        }
        if model.is_own() {
            let orders = Group::ALL.into_iter().flat_map(built_in).map(|order| order.row_name());
            let typed = typed_orders().into_iter().map(|typed| typed.row_name());
            let tables = [(RUST.path, RUST.whole(orders)), (RUST_TYPED.path, RUST_TYPED.whole(typed))];
            return tables.iter().map(|(path, text)| compared(model, path, text)).collect();
        }
        let built_in = [measured::BASIC, measured::FURTHER, measured::RACES, TYPED];
        let built_in = built_in.iter().map(|table| (table.path, table.text));
        let built_in = built_in.chain([(how_often::PATH, how_often::TEXT)]);
        return built_in.map(|(path, text)| compared(model, path, text)).collect();
    }
    let read = |path: &PathBuf| {
        let name = path.display().to_string();
        let text =
            std::fs::read_to_string(path).map_err(|error| Failure::Input(format!("{name}: {error}")))?;
        compared(model, &name, &text)
    };
    given.iter().map(read).collect()
}

fn compared(model: &dyn Model, name: &str, text: &str) -> Result<Table, Failure> {
    let failed = |error: &dyn Display| Failure::Input(format!("{name}: {error}"));
    let has_head = |columns: &str| text.lines().any(|line| line == columns);
    let rows = if has_head(TYPED.columns()) {
        let rows = measured::typed_rows(text).map_err(|error| failed(&error))?;
        Rows::Typed(typed::with(model, rows).map_err(|error| failed(&error))?)
    } else if has_head(how_often::COLUMNS) {
        let rows = how_often::rows(text).map_err(|error| failed(&error))?;
        Rows::Often(often::with(model, rows).map_err(|error| failed(&error))?)
    } else {
        let rows = measured::rows(text).map_err(|error| failed(&error))?;
        Rows::BuiltIn(compare::with(model, &rows).map_err(|error| failed(&error))?)
    };
    let is_empty = match &rows {
        Rows::BuiltIn(rows) => rows.is_empty(),
        Rows::Typed(rows) => rows.is_empty(),
        Rows::Often(rows) => rows.is_empty(),
    };
    // A run of the lab that has failed leaves a table like this.
    if is_empty {
        return Err(Failure::Input(format!("{name}: it has no orders")));
    }
    Ok(Table { name: name.to_owned(), rows })
}
