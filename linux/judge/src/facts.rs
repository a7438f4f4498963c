//! What the real kernel said of the basic orders: a committed table, by which models are measured, and the comparison of
//! a run with it.
//!
//! The table is written by `linux/lab orders --group basic --tsv`, and by nobody else. It says nothing about why.

use crate::order::Order;
use crate::output;
use crate::step;
use crate::verdict::{Judgement, Verdict};
use std::collections::BTreeMap;

/// The committed table.
pub const COMMITTED: &str = include_str!("../../verdicts-6.12.tsv");

const COLUMNS: &str = "variant\tsteps\tverdict\tstep\tkind\tfunction";
/// A field that there is nothing to say in.
const NOTHING: &str = "-";

/// An order, and what was said of it: the two parts of a line.
type Fact = (String, String);

fn fact(order: &Order, judgement: &Judgement) -> Fact {
    let name = format!("{}\t{}", order.variant.name(), step::list(&order.steps));
    let said = match &judgement.verdict {
        Verdict::Clean => format!("clean\t{NOTHING}\t{NOTHING}\t{NOTHING}"),
        Verdict::Error(_) => format!("error\t{NOTHING}\t{NOTHING}\t{NOTHING}"),
        Verdict::Reported(report) => format!(
            "reported\t{}\t{}\t{}",
            output::step_number(report).map_or_else(|| NOTHING.to_owned(), |number| number.to_string()),
            report.kind,
            report.function.as_deref().unwrap_or(NOTHING)
        ),
    };
    (name, said)
}

/// The table of a run, sorted. `kernel` says which kernel it was.
#[must_use]
pub fn table(kernel: &str, judged: &[(Order, Judgement)]) -> String {
    let mut lines: Vec<String> = judged
        .iter()
        .map(|(order, judgement)| fact(order, judgement))
        .map(|(name, said)| format!("{name}\t{said}\n"))
        .collect();
    lines.sort();
    format!(
        "# Measured on {kernel}, clang 19, by: linux/lab orders --group basic --tsv\n{COLUMNS}\n{}",
        lines.concat()
    )
}

/// Which lines of `table` the run contradicts. Orders that the table does not have are not compared.
#[must_use]
pub fn differences(table: &str, judged: &[(Order, Judgement)]) -> Vec<String> {
    let known: BTreeMap<&str, &str> = table
        .lines()
        .filter_map(|line| {
            let (steps_end, _) = line.match_indices('\t').nth(1)?;
            Some((&line[..steps_end], &line[steps_end + 1..]))
        })
        .collect();
    judged
        .iter()
        .map(|(order, judgement)| fact(order, judgement))
        .filter_map(|(name, said)| {
            let expected = known.get(name.as_str()).filter(|expected| **expected != said)?;
            let in_words = |text: &str| text.replace('\t', " ");
            let name = name.replacen('\t', ": ", 1);
            Some(format!(
                "{name}\n    in the table: {}\n    measured:     {}",
                in_words(expected),
                in_words(&said)
            ))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::boot::Boot;
    use crate::orders::{Group, built_in};
    use crate::variant::Variant;
    use crate::verdict::judge;

    fn judged(steps: &str, log: &str) -> (Order, Judgement) {
        let variant = Variant::named("managed-bridge").expect("the variant is known");
        let order = Order { variant, steps: step::parse_list(steps).expect("these are steps") };
        (order, judge(&Boot { log: log.to_owned(), timed_out: false }))
    }

    const FREED: &str = include_str!("log/logs/use_after_free.log");
    const CLEAN: &str = include_str!("log/logs/clean.log");

    #[test]
    fn the_committed_table_has_every_basic_order_once() {
        let mut lines = COMMITTED.lines();
        assert!(lines.next().is_some_and(|line| line.starts_with("# Measured on linux-source-6.12 ")));
        assert_eq!(lines.next(), Some(COLUMNS));
        let names: Vec<String> =
            lines.map(|line| line.split('\t').take(2).collect::<Vec<_>>().join("\t")).collect();
        let mut orders: Vec<String> = built_in(Group::Basic)
            .iter()
            .map(|order| format!("{}\t{}", order.variant.name(), step::list(&order.steps)))
            .collect();
        orders.sort();
        let mut sorted = names.clone();
        sorted.sort();
        assert_eq!(sorted, orders);
    }

    #[test]
    fn a_run_agrees_with_its_own_table_and_not_with_another() {
        let run = [judged("command", CLEAN), judged("unbind host, unbind peripheral", FREED)];
        let own = table("a kernel", &run);
        assert_eq!(differences(&own, &run), [""; 0]);
        let other = table("a kernel", &[judged("unbind host, unbind peripheral", CLEAN)]);
        let differences = differences(&other, &run);
        assert_eq!(differences.len(), 1);
        assert!(differences[0].contains("measured:     reported 2 KASAN"), "{}", differences[0]);
    }

    #[test]
    fn the_threads_own_order_is_in_the_committed_table() {
        let run = [judged("unbind host, unbind peripheral", FREED)];
        assert_eq!(differences(COMMITTED, &run), [""; 0]);
    }
}
