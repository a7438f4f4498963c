//! What the real kernel reported for the built-in orders and for the typed ones: the committed tables of verdicts.
//!
//! Only `linux/lab orders --group … --tsv` and `linux/lab user-space --tsv` write these tables.
//! They say nothing about why.

use crate::order::Order;
use crate::table::{self, Fact, LineError, TableError};
use std::fmt;

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
    /// Whether it leaves out the orders that are clean.
    leaves_out_clean: bool,
}

/// The basic orders.
pub const BASIC: Table = Table {
    path: "linux/verdicts-6.12.tsv",
    text: include_str!("../../../linux/verdicts-6.12.tsv"),
    command: "linux/lab orders --group basic --tsv",
    columns: "variant\tsteps\tverdict\tstep\tkind\tfunction",
    leaves_out_clean: false,
};

/// The further orders.
pub const FURTHER: Table = Table {
    path: "linux/verdicts-6.12-further.tsv",
    text: include_str!("../../../linux/verdicts-6.12-further.tsv"),
    command: "linux/lab orders --group further --tsv",
    ..BASIC
};

/// The races.
pub const RACES: Table = Table {
    path: "linux/verdicts-6.12-races.tsv",
    text: include_str!("../../../linux/verdicts-6.12-races.tsv"),
    command: "linux/lab orders --group races --tsv",
    ..BASIC
};

/// The basic orders again, on kernels with repairs of the bus (`linux/repairs`): each table with the name of the repair.
pub const REPAIRED: [(&str, Table); 4] = [
    (
        "remove-action",
        repaired("linux/repairs/remove-action.tsv", include_str!("../../../linux/repairs/remove-action.tsv")),
    ),
    (
        "idempotent",
        repaired("linux/repairs/idempotent.tsv", include_str!("../../../linux/repairs/idempotent.tsv")),
    ),
    (
        "own-references",
        repaired(
            "linux/repairs/own-references.tsv",
            include_str!("../../../linux/repairs/own-references.tsv"),
        ),
    ),
    (
        "fail-late",
        repaired("linux/repairs/fail-late.tsv", include_str!("../../../linux/repairs/fail-late.tsv")),
    ),
];

const fn repaired(path: &'static str, text: &'static str) -> Table {
    Table { path, text, ..BASIC }
}

/// The built-in orders on the Rust core that are not clean; every other one is.
pub const RUST: Table = Table {
    path: "linux/verdicts-6.12-rust.tsv",
    text: include_str!("../../../linux/verdicts-6.12-rust.tsv"),
    command: "linux/lab orders --core rust --tsv",
    leaves_out_clean: true,
    ..BASIC
};

/// The typed orders.
pub const TYPED: Table = Table {
    path: "linux/verdicts-6.12-typed.tsv",
    text: include_str!("../../../linux/verdicts-6.12-typed.tsv"),
    command: "linux/lab user-space --tsv",
    columns: "pipeline\tcommands\tverdict\tcommand\tkind\tfunction",
    leaves_out_clean: false,
};

/// The typed orders on the Rust core that are not clean; every other one is.
pub const RUST_TYPED: Table = Table {
    path: "linux/verdicts-6.12-rust-typed.tsv",
    text: include_str!("../../../linux/verdicts-6.12-rust-typed.tsv"),
    command: "linux/lab user-space --core rust --tsv",
    leaves_out_clean: true,
    ..TYPED
};

/// An empty field.
pub const NOTHING: &str = "-";

impl Table {
    /// The text of the table with the lines `facts`, sorted. `kernel` says which kernel it was.
    #[must_use]
    pub fn written(&self, kernel: &str, facts: &[Fact]) -> String {
        let clean = Said::Clean.to_string();
        let is_in_it = |(_, said): &&Fact| !self.leaves_out_clean || *said != clean;
        let mut lines: Vec<String> =
            facts.iter().filter(is_in_it).map(|(name, said)| format!("{name}\t{said}")).collect();
        lines.sort();
        table::written(kernel, self.command, self.columns, &lines)
    }

    /// Which lines of the table `facts` contradict. An order that the table does not have is not compared, unless the table
    /// leaves out the clean ones: then it has to be clean.
    #[must_use]
    pub fn differences(&self, facts: &[Fact]) -> Vec<String> {
        let clean = facts.iter().filter(|_| self.leaves_out_clean);
        let clean = clean.map(|(name, _)| (name.clone(), Said::Clean.to_string()));
        let expected: Vec<Fact> = clean.chain(known(self.text)).collect();
        table::differences(&expected, facts)
    }

    /// The text of the table; if it leaves out the orders that are clean, with a line for each of `orders` that it does not
    /// have. They are names as in its first two columns, with a tab between them.
    #[must_use]
    pub fn whole(&self, orders: impl Iterator<Item = String>) -> String {
        let mut text = self.text.to_owned();
        if self.leaves_out_clean {
            let known = known(self.text);
            let is_new = |order: &String| !known.iter().any(|(name, _)| name == order);
            text.extend(orders.filter(is_new).map(|order| format!("{order}\t{}\n", Said::Clean)));
        }
        text
    }

    /// The names of its columns.
    #[must_use]
    pub fn columns(&self) -> &'static str {
        self.columns
    }
}

/// The lines of a table as facts.
fn known(text: &str) -> Vec<Fact> {
    let fact = |line: &str| {
        let (name_end, _) = line.match_indices('\t').nth(1)?;
        Some((line[..name_end].to_owned(), line[name_end + 1..].to_owned()))
    };
    text.lines().filter_map(fact).collect()
}

/// What a kernel reported for an order: nothing, or the first report.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Said {
    /// Every step was taken, and no checker said anything.
    Clean,
    /// A checker reported.
    Reported {
        /// The step of the report, from 1; none before the first and after the last.
        step: Option<usize>,
        /// The kind: `KASAN use-after-free`, `WARN`, `kmemleak`.
        kind: String,
        /// The function of the kernel.
        function: String,
    },
    /// A step could not be taken: a thread that was started before it had taken away what it needs. No checker said anything.
    NotTaken,
}

impl Said {
    /// Whether a checker reported.
    #[must_use]
    pub fn is_reported(&self) -> bool {
        matches!(self, Self::Reported { .. })
    }
}

/// The verdict of an order with a step that could not be taken.
pub(crate) const NOT_TAKEN: &str = "cannot";

impl fmt::Display for Said {
    /// The columns of a table, with tabs between them.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Clean => write!(f, "clean\t{NOTHING}\t{NOTHING}\t{NOTHING}"),
            Self::NotTaken => write!(f, "{NOT_TAKEN}\t{NOTHING}\t{NOTHING}\t{NOTHING}"),
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

/// Reads a table as `linux/lab orders --tsv` writes it.
///
/// # Errors
///
/// The first line that can't be in such a table.
pub fn rows(text: &str) -> Result<Vec<Row>, TableError> {
    table::rows(text, BASIC.columns, row)
}

fn row(line: &str) -> Result<Row, LineError> {
    let [variant, steps, verdict, step, kind, function] = table::columns(line)?;
    let order = Order::parse(variant, steps).map_err(LineError::Order)?;
    Ok(Row { order, said: said([verdict, step, kind, function])? })
}

/// The columns `verdict`, `step`, `kind` and `function`.
pub(crate) fn said([verdict, step, kind, function]: [&str; 4]) -> Result<Said, LineError> {
    Ok(match verdict {
        "clean" => Said::Clean,
        NOT_TAKEN => Said::NotTaken,
        "reported" => Said::Reported {
            step: match step {
                NOTHING => None,
                number => Some(table::number("step", number)?),
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
/// The first line that can't be in such a table.
pub fn typed_rows(text: &str) -> Result<Vec<TypedRow>, TableError> {
    let row = |line: &str| {
        let [pipeline, commands, verdict, step, kind, function] = table::columns(line)?;
        let commands = commands.split("; ").map(str::to_owned).collect();
        Ok(TypedRow { pipeline: pipeline.to_owned(), commands, said: said([verdict, step, kind, function])? })
    };
    table::rows(text, TYPED.columns, row)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::built_in::{Group, built_in};
    use crate::typed;

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
    fn the_committed_table_has_every_typed_order_once() {
        let mut orders: Vec<_> = typed::built_in()
            .into_iter()
            .map(|typed| (typed.pipeline.name.to_owned(), typed.commands))
            .collect();
        let rows = typed_rows(TYPED.text).expect("it can be read");
        let mut measured: Vec<_> = rows.into_iter().map(|row| (row.pipeline, row.commands)).collect();
        orders.sort();
        measured.sort();
        assert_eq!(measured, orders);
    }

    #[test]
    fn those_of_repaired_kernels_have_every_basic_order_once() {
        for (name, table) in REPAIRED {
            let head = table.text.lines().next().unwrap_or_default();
            assert!(head.contains(&format!(" with the repair {name}, ")), "{head}");
            let names = |orders: Vec<Order>| {
                let mut names: Vec<String> = orders.iter().map(ToString::to_string).collect();
                names.sort();
                names
            };
            let measured = rows(table.text).expect("it can be read").into_iter().map(|row| row.order);
            assert_eq!(names(measured.collect()), names(built_in(Group::Basic)), "{}", table.path);
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
        assert_eq!(error("plain-panel"), "line 2: expected 6 columns with tabs between them, there are 1");
        assert_eq!(
            error("plain-panel\tunbind host\terror\t-\t-\t-"),
            "line 2: the verdict is clean or reported, and not 'error'"
        );
        assert!(error("plain\tunbind host\tclean\t-\t-\t-").contains("no variant 'plain'"));
        assert!(
            error("plain-panel\tunbind\tclean\t-\t-\t-")
                .contains("the end of step 1 (character 7): expected host")
        );
        assert!(
            error("plain-panel\tunbind host\treported\tx\tWARN\tf")
                .contains("the column 'step': invalid digit")
        );
    }

    #[test]
    fn a_table_without_the_clean_orders_takes_every_other_for_clean() {
        let fact = |name: &str, said: &str| (name.to_owned(), said.to_owned());
        let (clean, reported) = ("clean\t-\t-\t-", "reported\t1\tWARN\tmipi_dsi_detach");
        let facts = [fact("plain-panel\tbind host", clean), fact("plain-panel\tcommand", reported)];
        let written = RUST.written("a kernel", &facts);
        assert_eq!(known(&written)[1..], facts[1..], "{written}");
        assert_eq!(RUST.differences(&facts[..1]), [""; 0]);
        assert_eq!(RUST.differences(&facts).len(), 1);
        assert_eq!(BASIC.differences(&[fact("no variant\tcommand", reported)]), [""; 0]);
    }

    #[test]
    fn a_run_agrees_with_its_own_table_and_not_with_another() {
        let fact = |said: &str| vec![("plain-panel\tunbind host".to_owned(), said.to_owned())];
        let reported = fact("reported\t1\tWARN\tmipi_dsi_detach");
        let table = BASIC.written("a kernel", &reported);
        assert_eq!(known(&table).last(), reported.last());
        assert_eq!(BASIC.differences(&reported), [""; 0]);
        let differences = BASIC.differences(&fact("clean\t-\t-\t-"));
        assert_eq!(differences.len(), 1);
        assert!(differences[0].contains("measured:     clean"), "{}", differences[0]);
    }
}
