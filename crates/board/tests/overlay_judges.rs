//! Random overlays on random boards, merged here and by other tools: `fdtoverlay`, which `scripts/boards` builds from the
//! kernel's source, and `dtmerge` of the Raspberry Pi's utilities, which Debian does not have.

mod common;

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::LazyLock;

use board::Tree;
use board::overlay::{
    Applied, OverlayError, Parameter, ParameterError, ParameterErrorKind, firmware, libfdt,
};
use proptest::prelude::*;

use common::random::{Pair, pair};
use common::{Item, blob};

static FDTOVERLAY: LazyLock<PathBuf> = LazyLock::new(|| common::boards().join("bin/fdtoverlay"));

/// A folder of its own for each run, as several tests run at a time.
fn write(folder: &Path, name: &str, items: &[Item]) -> PathBuf {
    let path = folder.join(name);
    std::fs::write(&path, blob(items)).expect("a file of the test's");
    path
}

fn read(path: &Path) -> Tree {
    Tree::from_dtb(&std::fs::read(path).expect("the judge wrote it")).expect("a tree")
}

type Properties = Vec<(String, Vec<u8>)>;

/// Nodes in order, each with its properties.
fn contents(tree: &Tree) -> Vec<(String, Properties)> {
    let properties = |node: board::Node<'_>| {
        // Where a label of the root comes from the overlay, dtmerge forgets the end of the string.
        let end = |value: &[u8]| if value == b"/" { b"/\0".to_vec() } else { value.to_vec() };
        node.properties().map(|(name, value)| (name.to_owned(), end(value))).collect()
    };
    tree.nodes().map(|node| (node.path(), properties(node))).collect()
}

/// What a judge makes of a pair; none where it refuses.
fn ask(judge: &mut Command, merged: &Path) -> Option<Tree> {
    let output = judge.output().unwrap_or_else(|error| panic!("{judge:?}: {error}"));
    (output.status.success() && merged.exists()).then(|| read(merged))
}

fn folder(name: &str) -> PathBuf {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
    std::fs::create_dir_all(&folder).expect("a folder of the test's");
    folder
}

fn compare(ours: Result<Applied, OverlayError>, theirs: Option<Tree>) -> Result<(), TestCaseError> {
    match (ours, theirs) {
        (Ok(ours), Some(theirs)) => prop_assert_eq!(contents(&ours.tree), contents(&theirs)),
        (Ok(_), None) => prop_assert!(false, "only the judge refuses"),
        (Err(error), Some(_)) => prop_assert!(false, "only we refuse: {}", error),
        (Err(_), None) => {}
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    #[ignore = "takes what scripts/boards builds: scripts/test boards slow"]
    fn libfdt_comes_to_the_same(pair in pair()) {
        let Pair { base, overlay, .. } = pair;
        let folder = folder("libfdt");
        let (base_path, overlay_path) = (write(&folder, "a.dtb", &base), write(&folder, "b.dtbo", &overlay));
        let merged = folder.join("c.dtb");
        let _ = std::fs::remove_file(&merged);
        let mut judge = Command::new(FDTOVERLAY.as_path());
        let theirs = ask(judge.arg("-i").arg(base_path).arg("-o").arg(&merged).arg(overlay_path), &merged);
        let ours = libfdt::apply(&common::tree(base), &common::tree(overlay));
        compare(ours, theirs)?;
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 3000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    #[ignore = "needs dtmerge in the PATH"]
    fn dtmerge_comes_to_the_same(pair in pair()) {
        let Pair { base, overlay, parameters } = pair;
        let given: Vec<String> = parameters.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let parameters: Vec<Parameter> =
            parameters.into_iter().map(|(name, value)| Parameter { name, value }).collect();
        let ours =
            firmware::apply(&common::tree(base.clone()), &common::tree(overlay.clone()), &parameters);
        // dtmerge gives a node any name, such as none.
        let bad_name = |error: &ParameterError| matches!(error.kind, ParameterErrorKind::BadName { .. });
        prop_assume!(!matches!(&ours, Err(OverlayError::Parameter(error)) if bad_name(error)));
        let folder = folder("dtmerge");
        let (base_path, overlay_path) = (write(&folder, "a.dtb", &base), write(&folder, "b.dtbo", &overlay));
        let merged = folder.join("c.dtb");
        let _ = std::fs::remove_file(&merged);
        let mut judge = Command::new("dtmerge");
        let theirs = ask(judge.arg(base_path).arg(&merged).arg(overlay_path).args(given), &merged);
        compare(ours, theirs)?;
    }
}
