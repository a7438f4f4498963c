//! Repairs of the bus, put into a kernel so that it can be judged: those that were discussed, of which `dsi check` has
//! models, and the smallest mends of single defects.
//!
//! A repair is a file in `linux/repairs`: pieces of our code, each with a comment before it which names the function of
//! `drm_mipi_dsi.c` that it goes into, or whose body it takes the place of. None of the kernel's own text is in it.

use std::ops::Range;
use thiserror::Error;

/// A repair.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Repair {
    /// Its name; that of the model in `dsi check`, if there is one.
    pub name: &'static str,
    /// The texts of its files: one may build on another.
    texts: &'static [&'static str],
}

const OWN_REFERENCES: &str = include_str!("../../../repairs/own-references.c");

/// All repairs. (`notify` is not one of them: telling bridges needs other drivers.)
pub const REPAIRS: [Repair; 10] = [
    Repair { name: "remove-action", texts: &[include_str!("../../../repairs/remove-action.c")] },
    Repair { name: "idempotent", texts: &[include_str!("../../../repairs/idempotent.c")] },
    Repair { name: "own-references", texts: &[OWN_REFERENCES] },
    Repair { name: "fail-late", texts: &[OWN_REFERENCES, include_str!("../../../repairs/fail-late.c")] },
    Repair { name: "dsi-children", texts: &[include_str!("../../../repairs/dsi-children.c")] },
    Repair { name: "checked-host", texts: &[include_str!("../../../repairs/checked-host.c")] },
    Repair { name: "unlist-first", texts: &[include_str!("../../../repairs/unlist-first.c")] },
    Repair { name: "put-device", texts: &[include_str!("../../../repairs/put-device.c")] },
    Repair { name: "put-node", texts: &[include_str!("../../../repairs/put-node.c")] },
    Repair { name: "book", texts: &[include_str!("../../../repairs/book.c")] },
];

/// Where a piece goes in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    /// Before the function, at the level of the file.
    Before,
    /// As its first lines.
    Entry,
    /// In place of all its lines.
    Body,
    /// Before its last return.
    Leave,
}

/// The comment before each piece, with the name of a function after it.
const REMARKS: [(&str, Place); 4] = [
    ("/* at the entry of ", Place::Entry),
    ("/* in place of the body of ", Place::Body),
    ("/* before the last return of ", Place::Leave),
    ("/* before ", Place::Before),
];

/// The repair does not fit the source: this function is not defined there, or has no return.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("the repair {repair} does not fit: the bus has no function {function} as it needs it")]
pub struct RepairError {
    /// The repair.
    pub repair: &'static str,
    /// The function.
    pub function: String,
}

impl Repair {
    /// The repair of that name, if there is one.
    #[must_use]
    pub fn named(name: &str) -> Option<&'static Self> {
        REPAIRS.iter().find(|repair| repair.name == name)
    }

    /// The source of the bus with the repair in it.
    pub(super) fn apply(&self, source: &str) -> Result<String, RepairError> {
        let mut lines: Vec<&str> = source.lines().collect();
        for (place, function, piece) in self.pieces() {
            let at = find(&lines, place, function)
                .ok_or_else(|| RepairError { repair: self.name, function: function.to_owned() })?;
            lines.splice(at, piece);
        }
        Ok(lines.join("\n") + "\n")
    }

    /// Its pieces, in the files' order.
    fn pieces(&self) -> Vec<Piece> {
        self.texts.iter().flat_map(|text| pieces(text)).collect()
    }
}

/// Where a piece goes in, at which function, and its lines.
type Piece = (Place, &'static str, Vec<&'static str>);

fn pieces(text: &'static str) -> Vec<Piece> {
    let mut pieces: Vec<Piece> = Vec::new();
    for line in text.lines() {
        let remark = REMARKS
            .iter()
            .find_map(|(words, place)| Some((*place, line.strip_prefix(words)?.strip_suffix(" */")?)));
        match (remark, pieces.last_mut()) {
            (Some((place, function)), _) => pieces.push((place, function, Vec::new())),
            (None, Some((_, _, piece))) => piece.push(line),
            // What the file says of itself.
            (None, None) => {}
        }
    }
    pieces
}

/// The lines in whose place a piece comes: none, and the line before which it goes in, but for a body.
fn find(lines: &[&str], place: Place, function: &str) -> Option<Range<usize>> {
    let call = format!("{function}(");
    let starts = (0..lines.len()).filter(|line| {
        lines.get(*line).is_some_and(|line| !line.starts_with([' ', '\t', '*', '/']) && names(line, &call))
    });
    let (start, open) = starts.into_iter().find_map(|start| {
        let rest = lines.get(start..)?;
        let open = rest.iter().position(|line| *line == "{" || line.ends_with(';'))?;
        (rest.get(open) == Some(&"{")).then_some((start, start + open))
    })?;
    let end = open + lines.get(open..)?.iter().position(|line| *line == "}")?;
    let before = |line: usize| Some(line..line);
    match place {
        // Its type may stand on a line of its own before it.
        Place::Before => {
            let above = start.checked_sub(1).and_then(|above| lines.get(above));
            let is_type =
                above.is_some_and(|line| line.starts_with(|first: char| first.is_ascii_lowercase()));
            before(start - usize::from(is_type))
        }
        Place::Entry => before(open + 1),
        Place::Body => Some(open + 1..end),
        Place::Leave => {
            let last =
                lines.get(open..end)?.iter().rposition(|line| line.trim_start().starts_with("return "))?;
            before(open + last)
        }
    }
}

/// Whether a line calls this function, and not one whose name ends in the same way.
fn names(line: &str, call: &str) -> bool {
    line.match_indices(call)
        .any(|(at, _)| !line[..at].ends_with(|before: char| before.is_ascii_alphanumeric() || before == '_'))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Laid out like the kernel's functions; what is in them is made up.
    const SOURCE: &str = "\
int mipi_dsi_detach(struct one *one);

static int devm_mipi_dsi_detach(void *arg)
{
\treturn 1;
}

struct one *
mipi_dsi_detach(struct one *one)
{
\tif (one)
\t\treturn first;

\treturn last;
}
";

    fn repaired(text: &'static str) -> Result<String, RepairError> {
        let texts: &'static [&'static str] = vec![text].leak();
        Repair { name: "ours", texts }.apply(SOURCE)
    }

    #[test]
    fn a_piece_goes_in_where_its_remark_says() {
        let entry =
            repaired("// a remark\n/* at the entry of mipi_dsi_detach */\n\tours;\n").expect("it fits");
        assert_eq!(entry, SOURCE.replace("{\n\tif (one)", "{\n\tours;\n\tif (one)"));
        let body = repaired("/* in place of the body of mipi_dsi_detach */\n\tours;\n").expect("it fits");
        let theirs = "\tif (one)\n\t\treturn first;\n\n\treturn last;\n";
        assert_eq!(body, SOURCE.replace(theirs, "\tours;\n"));
        let leave = repaired("/* before the last return of mipi_dsi_detach */\n\tours;\n").expect("it fits");
        assert_eq!(leave, SOURCE.replace("\n\treturn last", "\n\tours;\n\treturn last"));
        let before = repaired("/* before mipi_dsi_detach */\nours;\n").expect("it fits");
        assert_eq!(before, SOURCE.replace("struct one *\nmipi", "ours;\nstruct one *\nmipi"));
    }

    #[test]
    fn a_function_that_is_not_there_is_named() {
        let error = repaired("/* at the entry of mipi_dsi */\n\tours;\n").expect_err("it does not fit");
        assert_eq!(error.function, "mipi_dsi");
    }

    #[test]
    fn every_repair_has_pieces() {
        for repair in &REPAIRS {
            assert!(!repair.pieces().is_empty(), "{}", repair.name);
        }
    }
}
