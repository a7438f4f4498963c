//! Changes in files of a kernel's source: lines of ours, at a line of its own.

use super::repair::{Repair, RepairError};

/// A change in one file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edit {
    /// The file, from the top of the source.
    pub path: &'static str,
    /// What is done to it.
    pub change: Change,
}

/// What is done to a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// These lines come at its end.
    Append(String),
    /// These lines come before this line.
    Before {
        /// The line, whole.
        line: &'static str,
        /// The lines, each with its end.
        text: &'static str,
    },
    /// These lines come around this line.
    Around {
        /// The line, whole.
        line: &'static str,
        /// What comes before it.
        before: &'static str,
        /// What comes after it.
        after: &'static str,
    },
    /// It is repaired.
    Repair(Repair),
}

/// A change that does not fit its file.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EditError {
    /// The file has no such line.
    #[error("{path} has no line '{line}'")]
    NoLine {
        /// The file.
        path: &'static str,
        /// The line.
        line: &'static str,
    },
    /// It is a repair that does not fit.
    #[error(transparent)]
    Repair(#[from] RepairError),
}

impl Edit {
    /// The file's text, changed.
    ///
    /// # Errors
    ///
    /// [`EditError`] if the file has not the line or the function that the change is about.
    pub fn apply(&self, text: &str) -> Result<String, EditError> {
        let around = |line: &'static str, before: &str, after: &str| {
            let lines: Vec<&str> = text.lines().collect();
            let at = lines
                .iter()
                .position(|found| *found == line)
                .ok_or(EditError::NoLine { path: self.path, line })?;
            let (above, below) = lines.split_at(at);
            let join = |lines: &[&str]| lines.iter().map(|line| format!("{line}\n")).collect::<String>();
            let (first, rest) = below.split_at(1);
            Ok(join(above) + before + &join(first) + after + &join(rest))
        };
        match &self.change {
            Change::Append(lines) => Ok(format!("{text}\n{lines}")),
            Change::Before { line, text } => around(line, text, ""),
            Change::Around { line, before, after } => around(line, before, after),
            Change::Repair(repair) => Ok(repair.apply(text)?),
        }
    }

    /// The file's text as it was before the change; `None` if the change is not in it.
    #[must_use]
    pub fn undo(&self, text: &str) -> Option<String> {
        let without = |part: &str, text: &str| text.contains(part).then(|| text.replacen(part, "", 1));
        match &self.change {
            Change::Append(lines) => text.strip_suffix(&format!("\n{lines}")).map(str::to_owned),
            Change::Before { text: part, .. } => without(part, text),
            Change::Around { before, line, after } => {
                let changed = format!("{before}{line}\n{after}");
                text.contains(&changed).then(|| text.replacen(&changed, &format!("{line}\n"), 1))
            }
            Change::Repair(_) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "one\ntwo\nthree\n";

    #[test]
    fn a_change_is_where_it_says_and_can_be_undone() {
        let before = Change::Before { line: "two", text: "new\n" };
        let around = Change::Around { line: "two", before: "(\n", after: ")\n" };
        for (change, expected) in [
            (Change::Append("four\n".to_owned()), "one\ntwo\nthree\n\nfour\n"),
            (before, "one\nnew\ntwo\nthree\n"),
            (around, "one\n(\ntwo\n)\nthree\n"),
        ] {
            let edit = Edit { path: "file", change };
            let changed = edit.apply(TEXT).expect("it fits");
            assert_eq!(changed, expected);
            assert_eq!(edit.undo(&changed).as_deref(), Some(TEXT));
            assert_eq!(edit.undo(TEXT), None);
        }
    }

    #[test]
    fn a_line_that_is_not_there_is_named() {
        let edit = Edit { path: "file", change: Change::Before { line: "four", text: "" } };
        assert_eq!(
            edit.apply(TEXT).map_err(|error| error.to_string()),
            Err("file has no line 'four'".to_owned())
        );
    }
}
