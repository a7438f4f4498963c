//! Judgements as a table for people and as lines of JSON for programs.

use crate::log::{Place, Report};
use crate::verdict::{Judgement, Verdict};
use lab_orders::{Order, Step, step};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::fmt::Write;

/// One line of JSON for an order.
#[must_use]
pub fn json(order: &Order, judgement: &Judgement) -> Value {
    let steps: Vec<_> = order.steps.iter().map(Step::to_string).collect();
    let mut line = json!({
        "variant": order.variant.name(),
        "steps": steps,
        "attaches": judgement.counts.attaches,
        "detaches": judgement.counts.detaches,
        "transfers": judgement.counts.transfers,
    });
    if let (Value::Object(line), Value::Object(more)) = (&mut line, verdict_json(judgement)) {
        line.extend(more);
    }
    line
}

/// The verdict's part of a line of JSON.
pub(crate) fn verdict_json(judgement: &Judgement) -> Value {
    let mut line = json!({ "reports": judgement.reports.iter().map(said).collect::<Vec<_>>() });
    let more = match &judgement.verdict {
        Verdict::Clean => json!({ "verdict": "clean" }),
        Verdict::NotTaken(step) => json!({ "verdict": "cannot", "step": step }),
        Verdict::Error(reason) => json!({ "verdict": "error", "reason": reason.to_string() }),
        Verdict::Reported(report) => json!({
            "verdict": "reported",
            "step": step_number(report),
            "place": place(report),
            "kind": report.kind.to_string(),
            "function": report.function,
            "dsi_function": report.dsi_function(),
            "source": report.source,
            "trace": report.trace,
        }),
    };
    if let (Value::Object(line), Value::Object(more)) = (&mut line, more) {
        line.extend(more);
    }
    line
}

/// The number of the step, from 1; none if it was before the first or after the last.
pub(crate) fn step_number(report: &Report) -> Option<usize> {
    match report.place {
        Place::Step(number, _) => Some(number),
        Place::SetUp | Place::After => None,
    }
}

/// Where in the order, in words.
#[must_use]
pub fn place(report: &Report) -> String {
    match &report.place {
        Place::SetUp => "set up".to_owned(),
        // A command that was typed is shown as it was.
        Place::Step(number, word) if word.contains(' ') => format!("{number}: {word}"),
        Place::Step(number, word) => format!("step {number}, {}", word.replace('-', " ")),
        Place::After => "after the last step".to_owned(),
    }
}

/// Kind and function.
pub(crate) fn said(report: &Report) -> String {
    format!("{} in {}", report.kind, report.function.as_deref().unwrap_or("?"))
}

/// A verdict in one line.
#[must_use]
pub fn line(judgement: &Judgement) -> String {
    match &judgement.verdict {
        Verdict::Clean => "clean".to_owned(),
        Verdict::NotTaken(step) => format!("the step {} could not be taken", step.replace('-', " ")),
        Verdict::Error(reason) => format!("error: {reason}"),
        Verdict::Reported(report) => {
            format!("{} ({})", said(report), place(report))
        }
    }
}

/// The table: what was reported, in which orders, and how many of each variant. Of orders with the same report at the
/// same step, it leaves out those that only add steps to a listed one.
#[must_use]
pub fn table(judged: &[(Order, Judgement)]) -> String {
    let mut text = String::new();
    let mut counts: BTreeMap<(usize, String), [usize; 4]> = BTreeMap::new();
    let mut names: Vec<String> = Vec::new();
    let mut total = [0; 4];
    for (order, judgement) in judged {
        let name = order.variant.name();
        if !names.contains(&name) {
            names.push(name.clone());
        }
        let number = names.iter().position(|known| *known == name).unwrap_or(0);
        let column = match judgement.verdict {
            Verdict::Clean => 0,
            Verdict::Reported(_) => 1,
            Verdict::NotTaken(_) => 2,
            Verdict::Error(_) => 3,
        };
        counts.entry((number, name)).or_default()[column] += 1;
        total[column] += 1;
    }
    let mut kinds: BTreeMap<String, usize> = BTreeMap::new();
    for name in &names {
        let mut shown: Vec<(&[Step], String)> = Vec::new();
        for (order, judgement) in judged.iter().filter(|(order, _)| order.variant.name() == *name) {
            if judgement.verdict == Verdict::Clean {
                continue;
            }
            let in_words = line(judgement);
            let without_place = match &judgement.verdict {
                Verdict::Reported(report) => {
                    *kinds.entry(said(report)).or_default() += 1;
                    said(report)
                }
                _ => in_words.clone(),
            };
            let is_longer = |(steps, known): &(&[Step], String)| {
                *known == without_place && is_subsequence(steps, &order.steps)
            };
            if shown.iter().any(is_longer) {
                continue;
            }
            if shown.is_empty() {
                let _ = writeln!(text, "{name}");
            }
            let _ = writeln!(text, "  {}\n      {in_words}", step::list(&order.steps));
            shown.push((&order.steps, without_place));
        }
    }
    let width = names.iter().map(String::len).max().unwrap_or(0).max("together".len());
    let _ = writeln!(text, "\n{:width$}  clean  reported  not taken  errors", "");
    let line = |name: &str, [clean, reported, not_taken, errors]: [usize; 4]| {
        format!("{name:width$}  {clean:5}  {reported:8}  {not_taken:9}  {errors:6}\n")
    };
    text.extend(counts.iter().map(|((_, name), counts)| line(name, *counts)));
    let _ = writeln!(text, "{}", line("together", total));
    for (kind, count) in kinds {
        let _ = writeln!(text, "{count:5}  {kind}");
    }
    text
}

/// Whether all of `steps` are among `others`, in their order.
fn is_subsequence(steps: &[Step], others: &[Step]) -> bool {
    let mut rest = others.iter();
    steps.iter().all(|step| rest.any(|other| other == step))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::boot::Boot;
    use crate::verdict::judge;
    use lab_orders::Variant;

    fn judged(variant: &str, steps: &str, log: &str) -> (Order, Judgement) {
        let variant = Variant::named(variant).expect("the variant is known");
        let order = Order { variant, steps: step::parse_list(steps).expect("these are steps") };
        (order, judge(&Boot { log: log.to_owned(), timed_out: false }))
    }

    const FREED: &str = include_str!("log/logs/use_after_free.log");
    const CLEAN: &str = include_str!("log/logs/clean.log");

    #[test]
    fn a_line_of_json_has_all_that_a_model_is_compared_with() {
        let (order, judgement) = judged("managed-bridge", "unbind host, unbind peripheral", FREED);
        let line = json(&order, &judgement);
        assert_eq!(line["variant"], "managed-bridge");
        assert_eq!(line["steps"], json!(["unbind host", "unbind peripheral"]));
        assert_eq!(line["verdict"], "reported");
        assert_eq!(line["step"], 2);
        assert_eq!(line["kind"], "KASAN use-after-free");
        assert_eq!(line["function"], "mipi_dsi_detach");
        assert_eq!(line["attaches"], 1);
    }

    #[test]
    fn the_table_shows_the_shortest_of_orders_with_the_same_report() {
        let table = table(&[
            judged("managed-bridge", "command", CLEAN),
            judged("managed-bridge", "unbind host, unbind peripheral", FREED),
            judged("managed-bridge", "unbind host, bind host, unbind peripheral", FREED),
        ]);
        assert!(table.contains("  unbind host, unbind peripheral\n"), "{table}");
        assert!(!table.contains("bind host, unbind peripheral\n\n"), "{table}");
        assert!(!table.contains("unbind host, bind host"), "{table}");
        assert!(table.contains("together            1         2          0       0"), "{table}");
        assert!(table.contains("    2  KASAN use-after-free in mipi_dsi_detach"), "{table}");
    }
}
