//! Random overlays on random boards, merged here and by other tools: `fdtoverlay`, which `scripts/boards` builds from the
//! kernel's source, and `dtmerge` of the Raspberry Pi's utilities, which Debian does not have.

mod common;

use std::path::{Path, PathBuf};
use std::process::Command;

use board::Tree;
use board::overlay::{Parameter, firmware, libfdt};
use proptest::prelude::*;

use common::random::{Pair, pair};
use common::{Item, blob};

/// A folder of its own for each run, as several tests run at a time.
fn write(folder: &Path, name: &str, items: &[Item]) -> PathBuf {
    let path = folder.join(name);
    std::fs::write(&path, blob(items)).expect("a file of the test's");
    path
}

fn read(path: &Path) -> Tree {
    Tree::from_dtb(&std::fs::read(path).expect("the judge wrote it")).expect("a tree")
}

/// Nodes in order, each with its properties.
fn contents(tree: &Tree) -> Vec<(String, Vec<(String, Vec<u8>)>)> {
    let properties = |node: board::Node<'_>| {
        node.properties().map(|(name, value)| (name.to_owned(), value.to_vec())).collect()
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

fn compare(ours: Option<Tree>, theirs: Option<Tree>) -> Result<(), TestCaseError> {
    match (ours, theirs) {
        (Some(ours), Some(theirs)) => prop_assert_eq!(contents(&ours), contents(&theirs)),
        (ours, theirs) => prop_assert_eq!(ours.is_some(), theirs.is_some(), "only one refuses"),
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]

    #[test]
    fn libfdt_comes_to_the_same(pair in pair()) {
        let Pair { base, overlay, .. } = pair;
        let folder = folder("libfdt");
        let (base_path, overlay_path) = (write(&folder, "a.dtb", &base), write(&folder, "b.dtbo", &overlay));
        let merged = folder.join("c.dtb");
        let _ = std::fs::remove_file(&merged);
        let mut judge = Command::new(common::boards().join("bin/fdtoverlay"));
        let theirs = ask(judge.arg("-i").arg(base_path).arg("-o").arg(&merged).arg(overlay_path), &merged);
        let ours = libfdt::apply(&common::tree(base), &common::tree(overlay));
        compare(ours.ok().map(|applied| applied.tree), theirs)?;
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 3000, ..ProptestConfig::default() })]

    #[test]
    #[ignore = "needs dtmerge in the PATH"]
    fn dtmerge_comes_to_the_same(pair in pair()) {
        let Pair { base, overlay, parameters } = pair;
        let folder = folder("dtmerge");
        let (base_path, overlay_path) = (write(&folder, "a.dtb", &base), write(&folder, "b.dtbo", &overlay));
        let merged = folder.join("c.dtb");
        let _ = std::fs::remove_file(&merged);
        let given = parameters.iter().map(|(name, value)| format!("{name}={value}"));
        let mut judge = Command::new("dtmerge");
        let theirs = ask(judge.arg(base_path).arg(&merged).arg(overlay_path).args(given), &merged);
        let parameters: Vec<Parameter> =
            parameters.into_iter().map(|(name, value)| Parameter { name, value }).collect();
        let ours = firmware::apply(&common::tree(base), &common::tree(overlay), &parameters);
        compare(ours.ok().map(|applied| applied.tree), theirs)?;
    }
}
