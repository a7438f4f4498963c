//! What the KUnit suite of the bus says of a kernel.

use std::fmt;

/// The suite's name.
const SUITE: &str = "drm_mipi_dsi_lifetimes";

/// What came of one test.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// It has passed.
    Passed,
    /// It has failed.
    Failed,
    /// It was not run.
    Skipped,
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Passed => "passed",
            Self::Failed => "failed",
            Self::Skipped => "skipped",
        })
    }
}

/// One test.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Test {
    /// Its name.
    pub name: String,
    /// What came of it.
    pub outcome: Outcome,
}

/// What a kernel is told that runs the suite, and halts. With `only` it runs this test alone, even if it may crash.
#[must_use]
pub fn arguments(only: Option<&str>) -> Vec<String> {
    let tests = only.unwrap_or("*");
    let mut arguments = vec![
        "kunit.enable=1".to_owned(),
        format!("kunit.filter_glob={SUITE}.{tests}"),
        "kunit_shutdown=poweroff".to_owned(),
    ];
    arguments.extend(only.map(|_| "drm_mipi_dsi_lifetimes_test.crashing=1".to_owned()));
    arguments
}

/// Reads the tests out of a boot's log; `None` if the suite did not come to its end.
#[must_use]
pub fn read(log: &str) -> Option<Vec<Test>> {
    let mut tests = Vec::new();
    for line in log.lines() {
        let line = line.trim_end();
        let result = |line: &str| {
            let (outcome, rest) = match (line.strip_prefix("ok "), line.strip_prefix("not ok ")) {
                (Some(rest), _) => (Outcome::Passed, rest),
                (None, rest) => (Outcome::Failed, rest?),
            };
            Some((outcome, rest.split_once(' ')?.1.to_owned()))
        };
        if result(line).is_some_and(|(_, name)| name.split(' ').next() == Some(SUITE)) {
            return Some(tests);
        }
        // A test's line is indented below the suite's.
        let Some((outcome, name)) = line.strip_prefix("    ").and_then(result) else { continue };
        let is_skipped = name.contains(" # SKIP");
        let name = name.split(' ').next().unwrap_or_default().to_owned();
        tests.push(Test { name, outcome: if is_skipped { Outcome::Skipped } else { outcome } });
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    const LOG: &str = "\
KTAP version 1
1..1
    KTAP version 1
    # Subtest: drm_mipi_dsi_lifetimes
    1..3
    ok 1 the_peripheral_goes_first
    # the_host_goes_first: ASSERTION FAILED at drivers/gpu/drm/x.c:1
    not ok 2 the_host_goes_first
    ok 3 managed_resources_survive_the_host # SKIP crashes
# drm_mipi_dsi_lifetimes: pass:1 fail:1 skip:1 total:3
not ok 1 drm_mipi_dsi_lifetimes
reboot: Power down
";

    #[test]
    fn tests_are_read_with_what_came_of_them() {
        let read: Vec<_> = read(LOG)
            .expect("it has ended")
            .into_iter()
            .map(|test| format!("{}: {}", test.name, test.outcome))
            .collect();
        assert_eq!(
            read,
            [
                "the_peripheral_goes_first: passed",
                "the_host_goes_first: failed",
                "managed_resources_survive_the_host: skipped"
            ]
        );
    }

    #[test]
    fn a_suite_that_did_not_end_is_none() {
        assert_eq!(read(LOG.split("# drm_mipi").next().expect("a part")), None);
    }
}
