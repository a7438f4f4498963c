//! What the real kernel said of the basic and the further orders and of those that are typed: committed tables, by which
//! models are measured, and the comparison of a run with them.
//!
//! The tables are written by `linux/lab orders --group … --tsv` and `linux/lab user-space --tsv`, and by nobody else.
//! They say nothing about why.

use crate::order::Order;
use crate::output;
use crate::step;
use crate::user_space::typed::Typed;
use crate::verdict::{Judgement, Verdict};
use std::collections::BTreeMap;

/// A committed table.
#[derive(Debug, Clone, Copy)]
pub struct Table {
    /// Its file.
    pub path: &'static str,
    /// What is in it.
    pub text: &'static str,
    /// The command that writes it.
    command: &'static str,
    columns: &'static str,
}

/// Of the basic orders.
pub const ORDERS: Table = Table {
    path: "linux/verdicts-6.12.tsv",
    text: include_str!("../../verdicts-6.12.tsv"),
    command: "linux/lab orders --group basic --tsv",
    columns: "variant\tsteps\tverdict\tstep\tkind\tfunction",
};

/// Of the further ones.
pub const FURTHER: Table = Table {
    path: "linux/verdicts-6.12-further.tsv",
    text: include_str!("../../verdicts-6.12-further.tsv"),
    command: "linux/lab orders --group further --tsv",
    ..ORDERS
};

/// Of those that are typed.
pub const TYPED: Table = Table {
    path: "linux/verdicts-6.12-typed.tsv",
    text: include_str!("../../verdicts-6.12-typed.tsv"),
    command: "linux/lab user-space --tsv",
    columns: "pipeline\tcommands\tverdict\tcommand\tkind\tfunction",
};

/// A field that there is nothing to say in.
const NOTHING: &str = "-";

/// An order, and what was said of it: the two parts of a line.
pub type Fact = (String, String);

fn said(judgement: &Judgement) -> String {
    match &judgement.verdict {
        Verdict::Clean => format!("clean\t{NOTHING}\t{NOTHING}\t{NOTHING}"),
        Verdict::Error(_) => format!("error\t{NOTHING}\t{NOTHING}\t{NOTHING}"),
        Verdict::Reported(report) => format!(
            "reported\t{}\t{}\t{}",
            output::step_number(report).map_or_else(|| NOTHING.to_owned(), |number| number.to_string()),
            report.kind,
            report.function.as_deref().unwrap_or(NOTHING)
        ),
    }
}

/// What was said of orders that are built in.
#[must_use]
pub fn of_orders(judged: &[(Order, Judgement)]) -> Vec<Fact> {
    let name = |order: &Order| format!("{}\t{}", order.variant.name(), step::list(&order.steps));
    judged.iter().map(|(order, judgement)| (name(order), said(judgement))).collect()
}

/// What was said of orders that are typed.
#[must_use]
pub fn of_typed(judged: &[(Typed, Judgement)]) -> Vec<Fact> {
    let name = |typed: &Typed| format!("{}\t{}", typed.pipeline.name, typed.commands.join("; "));
    judged.iter().map(|(typed, judgement)| (name(typed), said(judgement))).collect()
}

impl Table {
    /// The text of the table that `facts` make, sorted. `kernel` says which kernel it was.
    #[must_use]
    pub fn written(&self, kernel: &str, facts: &[Fact]) -> String {
        let mut lines: Vec<String> = facts.iter().map(|(name, said)| format!("{name}\t{said}\n")).collect();
        lines.sort();
        let Self { command, columns, .. } = self;
        format!("# Measured on {kernel}, clang 19, by: {command}\n{columns}\n{}", lines.concat())
    }

    /// Which lines of the table `facts` contradict.
    #[must_use]
    pub fn differences(&self, facts: &[Fact]) -> Vec<String> {
        differences(self.text, facts)
    }
}

/// Orders that the table does not have are not compared.
fn differences(table: &str, facts: &[Fact]) -> Vec<String> {
    let known: BTreeMap<&str, &str> = table
        .lines()
        .filter_map(|line| {
            let (steps_end, _) = line.match_indices('\t').nth(1)?;
            Some((&line[..steps_end], &line[steps_end + 1..]))
        })
        .collect();
    facts
        .iter()
        .filter_map(|(name, said)| {
            let expected = known.get(name.as_str()).filter(|expected| **expected != said)?;
            let in_words = |text: &str| text.replace('\t', " ");
            let name = name.replacen('\t', ": ", 1);
            Some(format!(
                "{name}\n    in the table: {}\n    measured:     {}",
                in_words(expected),
                in_words(said)
            ))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::boot::Boot;
    use crate::orders::{Group, built_in};
    use crate::user_space::typed;
    use crate::variant::Variant;
    use crate::verdict::judge;

    fn judged(steps: &str, log: &str) -> (Order, Judgement) {
        let variant = Variant::named("managed-bridge").expect("the variant is known");
        let order = Order { variant, steps: step::parse_list(steps).expect("these are steps") };
        (order, judge(&Boot { log: log.to_owned(), timed_out: false }))
    }

    const FREED: &str = include_str!("log/logs/use_after_free.log");
    const CLEAN: &str = include_str!("log/logs/clean.log");

    fn assert_has_each_once(table: Table, mut orders: Vec<String>) {
        let mut lines = table.text.lines();
        assert!(lines.next().is_some_and(|line| line.starts_with("# Measured on linux-source-6.12 ")));
        assert_eq!(lines.next(), Some(table.columns));
        let mut names: Vec<String> =
            lines.map(|line| line.split('\t').take(2).collect::<Vec<_>>().join("\t")).collect();
        orders.sort();
        names.sort();
        assert_eq!(names, orders);
    }

    #[test]
    fn the_committed_tables_have_every_order_once() {
        let clean = judge(&Boot { log: CLEAN.to_owned(), timed_out: false });
        let orders: Vec<_> = built_in(Group::Basic).into_iter().map(|order| (order, clean.clone())).collect();
        assert_has_each_once(ORDERS, of_orders(&orders).into_iter().map(|fact| fact.0).collect());
        let further = built_in(Group::Further).into_iter().map(|order| (order, clean.clone()));
        let further: Vec<_> = further.collect();
        assert_has_each_once(FURTHER, of_orders(&further).into_iter().map(|fact| fact.0).collect());
        let typed: Vec<_> = typed::built_in().into_iter().map(|typed| (typed, clean.clone())).collect();
        assert_has_each_once(TYPED, of_typed(&typed).into_iter().map(|fact| fact.0).collect());
    }

    #[test]
    fn a_run_agrees_with_its_own_table_and_not_with_another() {
        let run = of_orders(&[judged("command", CLEAN), judged("unbind host, unbind peripheral", FREED)]);
        assert_eq!(differences(&ORDERS.written("a kernel", &run), &run), [""; 0]);
        let other = of_orders(&[judged("unbind host, unbind peripheral", CLEAN)]);
        let differences = differences(&ORDERS.written("a kernel", &other), &run);
        assert_eq!(differences.len(), 1);
        assert!(differences[0].contains("measured:     reported 2 KASAN"), "{}", differences[0]);
    }

    #[test]
    fn the_threads_own_order_is_in_the_committed_table() {
        let run = of_orders(&[judged("unbind host, unbind peripheral", FREED)]);
        assert_eq!(ORDERS.differences(&run), [""; 0]);
    }
}
