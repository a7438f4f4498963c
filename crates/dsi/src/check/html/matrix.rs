//! The matrix of a shape: models down, properties across, in the order and with the names of the terminal. Each failing
//! cell links to the section that explains it.

use super::section;
use crate::check::table;
use teardown_check::check::model;
use teardown_check::{Checked, Property};

/// The row of one model.
pub(super) struct MatrixRow {
    pub(super) model: &'static str,
    pub(super) sentence: &'static str,
    pub(super) is_own: bool,
    pub(super) holds: bool,
    pub(super) verdict: String,
    pub(super) cells: Vec<Cell>,
    pub(super) states: String,
    /// Further notes: why the board did not come up, which expected event was never seen.
    pub(super) notes: Vec<String>,
}

/// A cell.
pub(super) struct Cell {
    pub(super) kind: &'static str,
    pub(super) text: String,
    /// The cell in words, for readers who do not see its column and row.
    pub(super) label: String,
    pub(super) link: Option<String>,
}

/// The row of a model on a shape (by index).
pub(super) fn row(shape: usize, checked: &Checked) -> MatrixRow {
    let under = model(checked.model);
    MatrixRow {
        model: checked.model,
        sentence: under.map_or("", |model| model.sentence()),
        is_own: under.is_some_and(|model| model.is_own()),
        holds: checked.holds(),
        verdict: verdict(checked.counterexamples.len(), std::iter::once(checked)),
        cells: Property::ALL.into_iter().map(|property| cell(shape, checked, property)).collect(),
        states: table::thousands(checked.states),
        notes: notes(checked),
    }
}

/// The result of a model's searches, which break this many properties, in a few words.
pub(super) fn verdict<'a>(broken: usize, mut searches: impl Iterator<Item = &'a Checked> + Clone) -> String {
    match broken {
        _ if searches.clone().any(|checked| checked.not_up.is_some()) => "does not come up".to_owned(),
        0 if searches.all(Checked::holds) => "holds".to_owned(),
        0 => "breaks none, but not every expected event was seen".to_owned(),
        _ => format!("breaks {broken} of {}", Property::ALL.len()),
    }
}

fn cell(shape: usize, checked: &Checked, property: Property) -> Cell {
    let text = table::cell(checked, property);
    let link = section::id(shape, checked, property).filter(|_| checked.not_up.is_none());
    let (kind, label) = match (&link, checked.not_up) {
        (_, Some(_)) => ("unknown", "not searched".to_owned()),
        (Some(_), None) => ("fails", format!("{}, {text}: {}", checked.model, property.broken())),
        (None, None) => ("holds", String::new()),
    };
    Cell { kind, text, label, link }
}

fn notes(checked: &Checked) -> Vec<String> {
    let not_up = checked.not_up.map(|broken| {
        let broken: Vec<&str> = broken.iter().map(Property::broken).collect();
        format!("{}: the board does not come up: {}", checked.model, broken.join(", "))
    });
    let never: Vec<&str> = checked.never.iter().map(|event| event.sentence()).collect();
    let never = (!never.is_empty()).then(|| format!("{}: never seen: {}", checked.model, never.join("; ")));
    not_up.into_iter().chain(never).collect()
}
