//! What all committed tables have in common: how they are written and read, and how a run is compared with them.
//!
//! A table is text: a comment that says what it was measured on and by which command, the names of the columns, and
//! lines with tabs between their columns.

use crate::order::OrderError;
use std::collections::BTreeMap;
use std::num::ParseIntError;
use std::str::FromStr;
use thiserror::Error;

/// An order, and what was reported for it: the two parts of a line.
pub type Fact = (String, String);

/// A table that can't be read.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("line {line}: {reason}")]
pub struct TableError {
    /// Which line, from 1.
    pub line: usize,
    /// What is wrong with it.
    pub reason: LineError,
}

/// What is wrong with a line.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum LineError {
    /// It has another number of columns than the table.
    #[error("expected {expected} columns with tabs between them, there are {found}")]
    Columns {
        /// The columns of the table.
        expected: usize,
        /// The columns of the line.
        found: usize,
    },
    /// It does not name an order.
    #[error(transparent)]
    Order(OrderError),
    /// Its verdict, this one, can't be in a table. An order that could not be judged has none.
    #[error("the verdict is clean or reported, and not '{0}'")]
    Verdict(String),
    /// What is in the column of that name is not a number.
    #[error("the column '{0}': {1}")]
    Number(&'static str, ParseIntError),
}

/// The text of a table with these lines. `kernel` says what it was measured on, `command` how.
pub(crate) fn written(kernel: &str, command: &str, columns: &str, lines: &[String]) -> String {
    let lines: String = lines.iter().map(|line| format!("{line}\n")).collect();
    format!("# Measured on {kernel}, clang 19, by: {command}\n{columns}\n{lines}")
}

/// Reads each line of a table that is neither a comment nor the names of the columns.
pub(crate) fn rows<Row>(
    text: &str,
    head: &str,
    row: impl Fn(&str) -> Result<Row, LineError>,
) -> Result<Vec<Row>, TableError> {
    let is_row = |line: &str| !line.starts_with('#') && !line.trim().is_empty() && line != head;
    text.lines()
        .enumerate()
        .filter(|(_, line)| is_row(line))
        .map(|(index, line)| row(line).map_err(|reason| TableError { line: index + 1, reason }))
        .collect()
}

/// The columns of a line, which has to have this many.
pub(crate) fn columns<const COUNT: usize>(line: &str) -> Result<[&str; COUNT], LineError> {
    let columns: Vec<&str> = line.split('\t').collect();
    let found = columns.len();
    columns.try_into().map_err(|_| LineError::Columns { expected: COUNT, found })
}

/// The number in the column of that name.
pub(crate) fn number<N: FromStr<Err = ParseIntError>>(
    column: &'static str,
    text: &str,
) -> Result<N, LineError> {
    text.parse().map_err(|error| LineError::Number(column, error))
}

/// Which of the known facts the others contradict. Orders without a known fact are not compared.
pub(crate) fn differences(known: &[Fact], measured: &[Fact]) -> Vec<String> {
    let known: BTreeMap<&str, &str> = known.iter().map(|(name, said)| (&name[..], &said[..])).collect();
    let in_words = |text: &str| text.replace('\t', " ");
    let contradicts = |(name, said): &Fact| {
        let expected = known.get(&name[..]).filter(|expected| **expected != said)?;
        Some(format!(
            "{}\n    in the table: {}\n    measured:     {}",
            name.replacen('\t', ": ", 1),
            in_words(expected),
            in_words(said)
        ))
    };
    measured.iter().filter_map(contradicts).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_known_and_said_otherwise_is_a_difference() {
        let fact = |name: &str, said: &str| (name.to_owned(), said.to_owned());
        let known = [fact("panel\tunbind host", "reported\t1"), fact("panel\tcommand", "clean\t-")];
        assert_eq!(differences(&known, &known), [""; 0]);
        assert_eq!(differences(&known, &[fact("bridge\tcommand", "reported\t1")]), [""; 0]);
        assert_eq!(
            differences(&known, &[fact("panel\tunbind host", "clean\t-")]),
            ["panel: unbind host\n    in the table: reported 1\n    measured:     clean -"]
        );
    }
}
