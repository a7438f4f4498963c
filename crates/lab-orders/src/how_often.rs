//! How often the real kernel reported the orders that need two threads: the committed table.
//!
//! Each order was taken many times, every time with other lengths of sleeps, which come from a seed. The same seed gives
//! the same outcome. Only `linux/lab races --tsv` writes the table.

use crate::measured::{self, Said};
use crate::order::Order;
use crate::table::{self, Fact, LineError, TableError};
use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::num::NonZeroU32;

/// The table's file.
pub const PATH: &str = "linux/how-often-6.12.tsv";

/// What is in it.
pub const TEXT: &str = include_str!("../../../linux/how-often-6.12.tsv");

/// The names of its columns.
pub const COLUMNS: &str = "variant\tsteps\ttimes\tof\tverdict\tstep\tkind\tfunction\tseed";

/// One line of the table: an order, and one of its outcomes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// The order.
    pub order: Order,
    /// How many times it had this outcome. 1 <= times <= of
    pub times: u32,
    /// How many times it was taken: with the seeds from 1 to this.
    pub of: u32,
    /// The outcome.
    pub outcome: Said,
    /// The first seed that gave it. 1 <= seed <= of
    pub seed: NonZeroU32,
}

/// Reads a table as `linux/lab races --tsv` writes it.
///
/// # Errors
///
/// The first line that can't be in such a table.
pub fn rows(text: &str) -> Result<Vec<Row>, TableError> {
    table::rows(text, COLUMNS, row)
}

fn row(line: &str) -> Result<Row, LineError> {
    let [variant, steps, times, of, verdict, step, kind, function, seed] = table::columns(line)?;
    let outcome = measured::said([verdict, step, kind, function])?;
    Ok(Row {
        order: Order::parse(variant, steps).map_err(LineError::Order)?,
        times: table::number("times", times)?,
        of: table::number("of", of)?,
        outcome,
        seed: table::number("seed", seed)?,
    })
}

/// The text of the table of `rows`: the orders sorted, and for each its most frequent outcome first. `kernel` says which
/// kernel it was.
#[must_use]
pub fn written(kernel: &str, rows: &[Row]) -> String {
    let of = rows.first().map_or(0, |row| row.of);
    let line = |row: &Row| {
        let Row { order, times, of, outcome, seed } = row;
        format!("{}\t{times}\t{of}\t{outcome}\t{seed}", order.to_string().replacen(": ", "\t", 1))
    };
    let lines: Vec<String> = by_order(rows).into_values().flatten().map(line).collect();
    table::written(kernel, &format!("linux/lab races --times {of} --tsv"), COLUMNS, &lines)
}

/// Where `rows` contradict the table `text`. Orders that the table does not have, or has with another number of times,
/// are not compared.
///
/// # Errors
///
/// The table can't be read.
pub fn differences(text: &str, rows: &[Row]) -> Result<Vec<String>, TableError> {
    Ok(table::differences(&facts(&self::rows(text)?), &facts(rows)))
}

/// Each order with how many times it was taken, and all its outcomes.
fn facts(rows: &[Row]) -> Vec<Fact> {
    let outcome = |row: &&Row| {
        let Row { times, of, outcome, seed, .. } = row;
        format!("{times} of {of} {outcome}, seed {seed}")
    };
    let fact = |((order, of), rows): ((String, u32), Vec<&Row>)| {
        (format!("{order}, {of} times"), rows.iter().map(outcome).collect::<Vec<_>>().join("; "))
    };
    by_order(rows).into_iter().map(fact).collect()
}

/// The rows of each order that was taken this many times, the most frequent outcome first.
fn by_order(rows: &[Row]) -> BTreeMap<(String, u32), Vec<&Row>> {
    let mut sorted: Vec<&Row> = rows.iter().collect();
    sorted.sort_by_key(|row| (Reverse(row.times), row.seed));
    let mut orders: BTreeMap<_, Vec<&Row>> = BTreeMap::new();
    for row in sorted {
        orders.entry((row.order.to_string(), row.of)).or_default().push(row);
    }
    orders
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::built_in::{Group, built_in};

    const CLEAN: &str = "plain-bridge@slow-host\tstart unbind host, command\t5\t8\tclean\t-\t-\t-\t1";
    const CANNOT: &str = "plain-bridge@slow-host\tstart unbind host, command\t3\t8\tcannot\t-\t-\t-\t4";

    #[test]
    fn the_committed_table_has_every_race_as_often_as_it_was_taken() {
        assert!(TEXT.starts_with("# Measured on linux-source-6.12 "));
        assert_eq!(TEXT.lines().nth(1), Some(COLUMNS));
        let rows = rows(TEXT).expect("it can be read");
        let mut counts: BTreeMap<String, u32> = BTreeMap::new();
        for Row { order, times, of, seed, .. } in &rows {
            assert_eq!(*of, 20, "{order}");
            assert!((1..=20).contains(&seed.get()), "{order}");
            *counts.entry(order.to_string()).or_default() += times;
        }
        let races: BTreeMap<String, u32> =
            built_in(Group::Races).iter().map(|order| (order.to_string(), 20)).collect();
        assert_eq!(counts, races);
    }

    #[test]
    fn the_committed_table_is_as_it_would_be_written() {
        let rows = rows(TEXT).expect("it can be read");
        let kernel = TEXT.strip_prefix("# Measured on ").and_then(|rest| rest.split_once(", clang"));
        assert_eq!(written(kernel.expect("it names a kernel").0, &rows), TEXT);
    }

    #[test]
    fn what_is_read_is_written_with_the_most_frequent_first() {
        let rows = rows(&format!("{CANNOT}\n{CLEAN}\n")).expect("these are lines");
        assert_eq!(rows[0].outcome, Said::NotTaken);
        assert_eq!((rows[1].times, rows[1].of, rows[1].seed.get()), (5, 8, 1));
        let text = written("a kernel", &rows);
        let command = "by: linux/lab races --times 8 --tsv";
        assert_eq!(
            text,
            format!("# Measured on a kernel, clang 19, {command}\n{COLUMNS}\n{CLEAN}\n{CANNOT}\n")
        );
    }

    #[test]
    fn a_run_differs_where_it_was_taken_as_often_and_came_out_otherwise() {
        let table = format!("{CLEAN}\n{CANNOT}\n");
        let differences = |text: &str| differences(&table, &rows(text).expect("these are lines"));
        assert_eq!(differences(&table), Ok(Vec::new()));
        assert_eq!(differences(&CLEAN.replace("5\t8", "5\t5")), Ok(Vec::new()));
        let told = differences(&CLEAN.replace("5\t8", "8\t8")).expect("it can be read").concat();
        let expected = "in the table: 5 of 8 clean - - -, seed 1; 3 of 8 cannot - - -, seed 4\n    measured:     8 of 8 clean";
        assert!(told.contains(expected), "{told}");
    }

    #[test]
    fn what_is_no_line_of_the_table_is_named() {
        let error = |line: &str| rows(&format!("# a remark\n{line}")).expect_err("it is no line").to_string();
        assert_eq!(error("plain-bridge"), "line 2: expected 9 columns with tabs between them, there are 1");
        assert_eq!(
            error(&CLEAN.replace("5\t8", "five\t8")),
            "line 2: the column 'times': invalid digit found in string"
        );
        assert_eq!(
            error(&CLEAN.replace("-\t1", "-\t0")),
            "line 2: the column 'seed': number would be zero for non-zero type"
        );
        for verdict in ["error", "verdict"] {
            let line = CLEAN.replace("clean", verdict);
            assert_eq!(
                error(&line),
                format!("line 2: the verdict is clean or reported, and not '{verdict}'")
            );
        }
        assert!(error(&CANNOT.replace("plain", "odd")).contains("no variant 'odd-bridge'"));
        assert!(
            error(&CLEAN.replace("start unbind host", "unbind"))
                .contains("the end of step 1 (character 7): expected host")
        );
    }
}
