//! The nodes for whose children Linux creates platform devices, from `populating_parents.tsv`.

use std::collections::HashSet;
use std::sync::LazyLock;

use super::table::{columns, rows};

static PARENTS: LazyLock<HashSet<&str>> = LazyLock::new(|| rows(TABLE).filter_map(parse).collect());

const TABLE: &str = include_str!("../../facts/populating_parents.tsv");

/// Whether the children of a node that has one of these compatibles become platform devices: a bus that Linux walks
/// through by itself, or a device whose driver does it.
pub fn populates<'a>(compatible: impl IntoIterator<Item = &'a str>) -> bool {
    compatible.into_iter().any(|name| PARENTS.contains(name))
}

fn parse(row: &'static str) -> Option<&'static str> {
    let [compatible, _driver, _function] = columns(row)?;
    Some(compatible)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_parses_and_no_compatible_comes_twice() {
        for row in rows(TABLE) {
            assert!(parse(row).is_some(), "{row}");
        }
        assert_eq!(PARENTS.len(), rows(TABLE).count());
        assert!(populates(["vendor,soc", "simple-bus"]));
        assert!(!populates(["vendor,soc"]));
    }
}
