//! The message for a full disk: how much the lab needs, and where else it can keep its files.

use std::fmt::Display;
use std::io::{self, ErrorKind};

/// What a program prints that finds the disk full.
const NO_SPACE: &str = "No space left on device";

/// What to do about it.
const HINT: &str = "the lab keeps some 3 GB in its cache; make room, remove folders of the cache that you do not need, or \
                    set XDG_CACHE_HOME to a larger disk";

/// An error of the system's, at a path or in another place; if the disk is full, with what to do about it.
pub(crate) fn in_words(place: impl Display, error: &io::Error) -> String {
    match error.kind() {
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => {
            format!("{place}: the disk is full ({error}); {HINT}")
        }
        _ => format!("{place}: {error}"),
    }
}

/// What to do, if this output of a program says that the disk is full.
pub(crate) fn hint_of(output: &str) -> Option<String> {
    output.contains(NO_SPACE).then(|| format!("the disk is full; {HINT}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_disk_is_told_with_what_to_do() {
        // A file of the kernel's that is always full.
        let error = std::fs::write("/dev/full", "x").expect_err("there is no room");
        let said = in_words("/dev/full", &error);
        assert!(said.starts_with("/dev/full: the disk is full (No space left on device"), "{said}");
        assert!(said.contains("XDG_CACHE_HOME"), "{said}");
        let other = std::fs::read("/nowhere").expect_err("there is no such file");
        assert_eq!(in_words("/nowhere", &other), format!("/nowhere: {other}"));
    }

    #[test]
    fn what_a_program_says_of_it_is_understood() {
        let ld = "ld.lld: error: cannot open output file linux: No space left on device";
        assert!(hint_of(ld).is_some_and(|hint| hint.starts_with("the disk is full; ")));
        assert_eq!(hint_of("make: *** [Makefile:224: __sub-make] Error 2"), None);
    }
}
