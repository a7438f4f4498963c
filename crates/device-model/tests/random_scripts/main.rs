//! Random scripts of operations, from outside and from inside every kind of callback, against a plain reference.
//!
//! What it is for: that whatever callbacks do, the model does what the rules say, in the order that they say, and
//! never panics. `script` is what both sides are given; `subject` plays it on the real model, `reference` on vectors
//! and indices. Both write down every event and every answer; the two lists have to be equal.

mod reference;
mod script;
mod subject;

use proptest::prelude::*;

use script::{Script, scripts};

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_000, ..ProptestConfig::default() })]

    #[test]
    fn the_model_does_what_the_reference_does(script in scripts()) {
        let expected = reference::play(&script);
        let got = subject::play(&script);
        let differs = (0..expected.len().max(got.lines.len()))
            .find(|line| expected.get(*line) != got.lines.get(*line));
        if let Some(line) = differs {
            let before = expected[..line.min(expected.len())].join("\n");
            prop_assert_eq!(got.lines.get(line), expected.get(line), "after\n{}", before);
        }
        prop_assert!(got.residue.is_empty(), "{}", got.residue);
        prop_assert_eq!(got.live_values, 0);
    }
}

/// The scripts are worth something only if they get anywhere.
#[test]
fn the_scripts_reach_what_matters() {
    use proptest::strategy::ValueTree;
    use proptest::test_runner::TestRunner;

    let mut runner = TestRunner::deterministic();
    let mut seen = String::new();
    for _ in 0..1_000 {
        let script: Script = scripts().new_tree(&mut runner).expect("nothing is filtered").current();
        seen.push_str(&reference::play(&script).join("\n"));
    }
    for rare in [
        "busy probe",
        "busy remove",
        "busy release",
        "busy retry",
        "busy shutdown",
        "removal waits",
        "retry by",
        "deferred by",
        "failed: ",
        "disowned",
        "stale",
        "removing",
        "unloading",
        "releasing",
        "shut down",
    ] {
        assert!(seen.contains(rare), "no script came to {rare:?}");
    }
}
