//! Lines of the user's own configuration that Kconfig did not take: an option that does not exist, or that needs others.
//!
//! Kconfig drops them silently, and then the kernel is not the one that the user asked for.

use std::collections::BTreeMap;
use std::fmt;

/// A line that Kconfig did not take.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dropped {
    /// The line.
    pub line: String,
    /// What the kernel's configuration says about the option instead; nothing if the line is not one of a `.config`.
    pub is: Option<String>,
}

impl fmt::Display for Dropped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.is {
            Some(is) => write!(f, "{} (it is {is})", self.line),
            None => write!(f, "{} (not a line of a .config)", self.line),
        }
    }
}

/// The lines of `wanted` that `config`, which Kconfig has made of them, does not have. If there are several lines for
/// one option, the last counts.
pub(super) fn lines(wanted: &str, config: &str) -> Vec<Dropped> {
    let set: BTreeMap<&str, &str> = config.lines().filter_map(setting).collect();
    let mut last: BTreeMap<&str, usize> = BTreeMap::new();
    for (number, line) in wanted.lines().enumerate() {
        last.extend(setting(line).map(|(option, _)| (option, number)));
    }
    let dropped = |(number, line): (usize, &str)| match setting(line) {
        Some((option, value)) => {
            let is = set.get(option).copied().unwrap_or("n");
            let counts = last.get(option) == Some(&number);
            (counts && is != value).then(|| Dropped { line: line.trim().to_owned(), is: Some(is.to_owned()) })
        }
        None if line.trim().is_empty() || line.starts_with('#') => None,
        None => Some(Dropped { line: line.trim().to_owned(), is: None }),
    };
    wanted.lines().enumerate().filter_map(dropped).collect()
}

/// The option and its value that a line sets: `CONFIG_A=y`, or `# CONFIG_A is not set`, which is `n`.
fn setting(line: &str) -> Option<(&str, &str)> {
    let line = line.trim();
    if let Some(rest) = line.strip_prefix("# CONFIG_") {
        return Some((rest.strip_suffix(" is not set")?, "n"));
    }
    line.strip_prefix("CONFIG_")?.split_once('=')
}

#[cfg(test)]
mod tests {
    use super::*;

    const CONFIG: &str =
        "#\n# Automatically generated file\n#\nCONFIG_A=y\nCONFIG_B=m\n# CONFIG_C is not set\nCONFIG_N=5\n";

    fn said(wanted: &str) -> Vec<String> {
        lines(wanted, CONFIG).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn what_is_in_the_configuration_was_taken() {
        assert_eq!(
            said(
                "# a remark\n\nCONFIG_A=y\n CONFIG_B=m\n# CONFIG_C is not set\nCONFIG_C=n\nCONFIG_N=5\nCONFIG_GONE=n"
            ),
            [""; 0]
        );
    }

    #[test]
    fn what_is_not_is_told_with_what_is() {
        assert_eq!(
            said("CONFIG_C=y\nCONFIG_GONE=y\nCONFIG_B=y\n# CONFIG_A is not set\nCONFIG_N=6\nKASAN=y"),
            [
                "CONFIG_C=y (it is n)",
                "CONFIG_GONE=y (it is n)",
                "CONFIG_B=y (it is m)",
                "# CONFIG_A is not set (it is y)",
                "CONFIG_N=6 (it is 5)",
                "KASAN=y (not a line of a .config)",
            ]
        );
    }

    #[test]
    fn of_two_lines_for_an_option_the_last_counts() {
        assert_eq!(said("CONFIG_A=n\nCONFIG_A=y"), [""; 0]);
        assert_eq!(said("CONFIG_A=y\nCONFIG_A=m"), ["CONFIG_A=m (it is y)"]);
    }
}
