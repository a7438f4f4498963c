//! What the real kernel said of the built-in orders and of those that are typed: the committed tables of verdicts, how
//! they are written, and the comparison of a run with them.
//!
//! The tables are written by `linux/lab orders --group … --tsv` and `linux/lab user-space --tsv`, and by nobody else.
//! They say nothing about why.

use crate::order::{Order, OrderError};
use std::collections::BTreeMap;
use std::fmt;
use std::num::ParseIntError;

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
pub const BASIC: Table = Table {
    path: "linux/verdicts-6.12.tsv",
    text: include_str!("../../../linux/verdicts-6.12.tsv"),
    command: "linux/lab orders --group basic --tsv",
    columns: "variant\tsteps\tverdict\tstep\tkind\tfunction",
};

/// Of the further ones.
pub const FURTHER: Table = Table {
    path: "linux/verdicts-6.12-further.tsv",
    text: include_str!("../../../linux/verdicts-6.12-further.tsv"),
    command: "linux/lab orders --group further --tsv",
    ..BASIC
};

/// Of the races.
pub const RACES: Table = Table {
    path: "linux/verdicts-6.12-races.tsv",
    text: include_str!("../../../linux/verdicts-6.12-races.tsv"),
    command: "linux/lab orders --group races --tsv",
    ..BASIC
};

/// Of those that are typed.
pub const TYPED: Table = Table {
    path: "linux/verdicts-6.12-typed.tsv",
    text: include_str!("../../../linux/verdicts-6.12-typed.tsv"),
    command: "linux/lab user-space --tsv",
    columns: "pipeline\tcommands\tverdict\tcommand\tkind\tfunction",
};

/// A field that there is nothing to say in.
pub const NOTHING: &str = "-";

/// An order, and what was said of it: the two parts of a line.
pub type Fact = (String, String);

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

    /// The names of its columns.
    #[must_use]
    pub fn columns(&self) -> &'static str {
        self.columns
    }
}

/// Orders that the table does not have are not compared.
#[must_use]
pub fn differences(table: &str, facts: &[Fact]) -> Vec<String> {
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

/// What was said of an order: nothing, or the first report.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Said {
    /// Every step was taken, and no checker said anything.
    Clean,
    /// A checker reported.
    Reported {
        /// The step in which it did, from 1; none before the first and after the last.
        step: Option<usize>,
        /// What: `KASAN slab-use-after-free`, `WARN`, `kmemleak`.
        kind: String,
        /// In which function of the kernel.
        function: String,
    },
}

impl fmt::Display for Said {
    /// The columns of a table, with tabs between them.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Clean => write!(f, "clean\t{NOTHING}\t{NOTHING}\t{NOTHING}"),
            Self::Reported { step, kind, function } => {
                f.write_str("reported\t")?;
                match step {
                    Some(step) => write!(f, "{step}")?,
                    None => f.write_str(NOTHING)?,
                }
                write!(f, "\t{kind}\t{function}")
            }
        }
    }
}

/// One line of a table of orders.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// The order.
    pub order: Order,
    /// What was said.
    pub said: Said,
}

/// A table that can't be read: the number of the line, from 1, and what is wrong with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TableError {
    /// Which line, from 1.
    pub line: usize,
    /// What is wrong.
    pub reason: LineError,
}

/// What is wrong with a line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LineError {
    /// It has not the six columns; so many.
    Columns(usize),
    /// It names no order.
    Order(OrderError),
    /// Its verdict is neither `clean` nor `reported`: this. An order that could not be judged has none.
    Verdict(String),
    /// Its step is no number.
    Step(ParseIntError),
}

impl fmt::Display for TableError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: ", self.line)?;
        match &self.reason {
            LineError::Columns(count) => {
                write!(f, "expected six columns with tabs between them, there are {count}")
            }
            LineError::Order(error) => write!(f, "{error}"),
            LineError::Verdict(verdict) => write!(f, "the verdict is clean or reported, and not '{verdict}'"),
            LineError::Step(error) => write!(f, "the step: {error}"),
        }
    }
}

impl std::error::Error for TableError {}

/// Reads a table as `linux/lab orders --tsv` writes it.
///
/// # Errors
///
/// The first line that is none of such a table.
pub fn rows(text: &str) -> Result<Vec<Row>, TableError> {
    lines(text, BASIC.columns)
        .map(|(line, text)| row(text).map_err(|reason| TableError { line, reason }))
        .collect()
}

fn row(line: &str) -> Result<Row, LineError> {
    let columns: Vec<&str> = line.split('\t').collect();
    let [variant, steps, verdict, step, kind, function] = columns[..] else {
        return Err(LineError::Columns(columns.len()));
    };
    let order = Order::parse(variant, steps).map_err(LineError::Order)?;
    Ok(Row { order, said: said([verdict, step, kind, function])? })
}

/// The last four columns.
pub(crate) fn said([verdict, step, kind, function]: [&str; 4]) -> Result<Said, LineError> {
    Ok(match verdict {
        "clean" => Said::Clean,
        "reported" => Said::Reported {
            step: match step {
                NOTHING => None,
                number => Some(number.parse().map_err(LineError::Step)?),
            },
            kind: kind.to_owned(),
            function: function.to_owned(),
        },
        other => return Err(LineError::Verdict(other.to_owned())),
    })
}

/// One line of a table of orders that are typed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TypedRow {
    /// The name of the pipeline.
    pub pipeline: String,
    /// The commands.
    pub commands: Vec<String>,
    /// What was said; its step is the number of the command.
    pub said: Said,
}

/// Reads a table as `linux/lab user-space --tsv` writes it.
///
/// # Errors
///
/// The first line that is none of such a table.
pub fn typed_rows(text: &str) -> Result<Vec<TypedRow>, TableError> {
    let row = |line: &str| {
        let columns: Vec<&str> = line.split('\t').collect();
        let [pipeline, commands, verdict, step, kind, function] = columns[..] else {
            return Err(LineError::Columns(columns.len()));
        };
        let commands = commands.split("; ").map(str::to_owned).collect();
        Ok(TypedRow { pipeline: pipeline.to_owned(), commands, said: said([verdict, step, kind, function])? })
    };
    lines(text, TYPED.columns)
        .map(|(line, text)| row(text).map_err(|reason| TableError { line, reason }))
        .collect()
}

/// The lines of a table that are neither a comment nor its head, with their numbers from 1.
pub(crate) fn lines<'text>(text: &'text str, head: &'text str) -> impl Iterator<Item = (usize, &'text str)> {
    let is_row = move |line: &str| !line.starts_with('#') && !line.trim().is_empty() && line != head;
    text.lines().enumerate().map(|(index, line)| (index + 1, line)).filter(move |(_, line)| is_row(line))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::built_in::{Group, built_in};

    #[test]
    fn the_committed_tables_have_every_order_once() {
        for (group, table) in [(Group::Basic, BASIC), (Group::Further, FURTHER), (Group::Races, RACES)] {
            assert!(table.text.starts_with("# Measured on linux-source-6.12 "), "{}", table.path);
            assert_eq!(table.text.lines().nth(1), Some(table.columns));
            let names = |orders: Vec<Order>| {
                let mut names: Vec<String> = orders.iter().map(ToString::to_string).collect();
                names.sort();
                names
            };
            let measured = rows(table.text).expect("it can be read").into_iter().map(|row| row.order);
            assert_eq!(names(measured.collect()), names(built_in(group)), "{}", table.path);
        }
    }

    #[test]
    fn what_was_said_is_read_as_it_was_written() {
        let line = "plain-panel\tunbind host\treported\t1\tWARN\tmipi_dsi_detach";
        let row = row(line).expect("it is a line");
        assert_eq!(format!("plain-panel\tunbind host\t{}", row.said), line);
    }

    #[test]
    fn what_is_no_line_of_a_table_is_named() {
        let error =
            |line: &str| rows(&format!("# a comment\n{line}\n")).expect_err("it is no line").to_string();
        assert_eq!(error("plain-panel"), "line 2: expected six columns with tabs between them, there are 1");
        assert_eq!(
            error("plain-panel\tunbind host\terror\t-\t-\t-"),
            "line 2: the verdict is clean or reported, and not 'error'"
        );
        assert!(error("plain\tunbind host\tclean\t-\t-\t-").contains("no variant 'plain'"));
        assert!(error("plain-panel\tunbind\tclean\t-\t-\t-").contains("'unbind' is no step"));
        assert!(error("plain-panel\tunbind host\treported\tx\tWARN\tf").contains("the step: invalid digit"));
    }

    #[test]
    fn a_run_agrees_with_its_own_table_and_not_with_another() {
        let fact = |said: &str| vec![("plain-panel\tunbind host".to_owned(), said.to_owned())];
        let table = BASIC.written("a kernel", &fact("reported\t1\tWARN\tmipi_dsi_detach"));
        assert_eq!(differences(&table, &fact("reported\t1\tWARN\tmipi_dsi_detach")), [""; 0]);
        let differences = differences(&table, &fact("clean\t-\t-\t-"));
        assert_eq!(differences.len(), 1);
        assert!(differences[0].contains("measured:     clean"), "{}", differences[0]);
    }
}
