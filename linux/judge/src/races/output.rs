//! How often each outcome was seen, as a table for people and as lines of JSON for programs.

use lab_orders::how_often::Row;
use lab_orders::measured::Said;
use lab_orders::{Step, step};
use serde_json::{Value, json};
use std::fmt::Write;

/// All outcomes of one order.
fn by_order(rows: &[Row]) -> impl Iterator<Item = &[Row]> {
    rows.chunk_by(|one, next| one.order == next.order)
}

/// The table: for each order with a report, how many times each outcome was seen, and the first seed that gave it; then
/// how many orders were reported always, sometimes and never. All rows of an order come after each other.
#[must_use]
pub fn table(rows: &[Row]) -> String {
    let mut text = String::new();
    let [mut always, mut sometimes, mut never] = [0; 3];
    let mut last_name = String::new();
    for rows in by_order(rows) {
        let Some(Row { order, of, .. }) = rows.first() else { continue };
        match rows.iter().filter(|row| row.outcome.is_reported()).map(|row| row.times).sum() {
            0 => {
                never += 1;
                continue;
            }
            times if times == *of => always += 1,
            _ => sometimes += 1,
        }
        let name = order.variant.name();
        if name != last_name {
            let _ = writeln!(text, "{name}");
            last_name = name;
        }
        let _ = writeln!(text, "  {}", step::list(&order.steps));
        for row in rows {
            let _ = writeln!(text, "    {:4} of {of}  {}; seed {}", row.times, in_words(row), row.seed);
        }
    }
    let count = always + sometimes + never;
    let _ = writeln!(
        text,
        "\n{count} orders: {always} reported every time, {sometimes} sometimes, {never} never"
    );
    text
}

fn in_words(row: &Row) -> String {
    match &row.outcome {
        Said::NotTaken => "too late for the last step".to_owned(),
        Said::Clean => "clean".to_owned(),
        Said::Reported { step, kind, function } => {
            let of_number = |number: usize| Some((number, row.order.steps.get(number.checked_sub(1)?)?));
            let place = match step.and_then(of_number) {
                Some((number, step)) => format!("step {number}, {step}"),
                None => "in no step".to_owned(),
            };
            format!("{kind} in {function} ({place})")
        }
    }
}

/// One line of JSON for each order. All rows of an order come after each other.
#[must_use]
pub fn json(rows: &[Row]) -> Vec<Value> {
    let line = |rows: &[Row]| {
        let Row { order, of, .. } = rows.first()?;
        let steps: Vec<_> = order.steps.iter().map(Step::to_string).collect();
        let outcomes: Vec<_> = rows.iter().map(outcome).collect();
        Some(json!({ "variant": order.variant.name(), "steps": steps, "of": of, "outcomes": outcomes }))
    };
    by_order(rows).filter_map(line).collect()
}

fn outcome(row: &Row) -> Value {
    let (times, seed) = (row.times, row.seed);
    match &row.outcome {
        Said::NotTaken => json!({ "times": times, "seed": seed, "verdict": "cannot" }),
        Said::Clean => json!({ "times": times, "seed": seed, "verdict": "clean" }),
        Said::Reported { step, kind, function } => json!({
            "times": times, "seed": seed, "verdict": "reported", "step": step, "kind": kind, "function": function,
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::races::{tally, tests::some_races};

    #[test]
    fn the_table_has_what_was_reported_and_counts_all() {
        let table = table(&tally(&some_races()).rows);
        let expected = "\
managed-bridge@slow-host
  start unbind host, unbind peripheral
       2 of 3  KASAN use-after-free in mipi_dsi_detach (step 2, unbind peripheral); seed 2
       1 of 3  clean; seed 1
  start unbind host, bind host
       3 of 3  KASAN use-after-free in mipi_dsi_detach (step 2, bind host); seed 1

4 orders: 1 reported every time, 1 sometimes, 2 never
";
        assert_eq!(table, expected);
    }

    #[test]
    fn a_line_of_json_has_all_outcomes_of_an_order() {
        let lines = json(&tally(&some_races()).rows);
        assert_eq!(lines.len(), 4);
        assert_eq!(lines[1]["steps"], json!(["start unbind host", "unbind peripheral"]));
        assert_eq!(lines[1]["of"], 3);
        assert_eq!(lines[1]["outcomes"][0]["function"], "mipi_dsi_detach");
        assert_eq!(lines[1]["outcomes"][1], json!({ "times": 1, "seed": 1, "verdict": "clean" }));
        assert_eq!(lines[3]["outcomes"][0]["verdict"], "cannot");
    }
}
