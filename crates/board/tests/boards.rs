//! Every mainline board: the pipelines of those that were worked out apart from this crate, and no panic on any.

mod common;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use board::names::Names;
use board::overlay::libfdt;
use board::{Tree, pipeline};

use common::{boards, files, report};

/// Set, architecture, board.
type Key = (String, String, String);

/// One pipeline as in `boards.tsv`, from the host's path on.
type Row = [String; 9];

fn expected() -> BTreeMap<Key, Vec<Row>> {
    let mut boards: BTreeMap<Key, Vec<Row>> = BTreeMap::new();
    let table = include_str!("boards.tsv");
    for line in table.lines().filter(|line| !line.starts_with('#')).skip(1) {
        let columns: Vec<String> = line.split('\t').map(str::to_owned).collect();
        let (key, row) = columns.split_at(4);
        let key = (key[0].clone(), key[1].clone(), key[3].clone());
        let rows = boards.entry(key).or_default();
        let row: Row = row.to_vec().try_into().expect("nine columns behind the board");
        if row[0] != "-" {
            rows.push(row);
        }
    }
    boards
}

fn found(tree: &Tree) -> Vec<Row> {
    let text = |value: serde_json::Value| match value {
        serde_json::Value::Null => "-".to_owned(),
        serde_json::Value::String(text) => text,
        other => other.to_string(),
    };
    let json = serde_json::to_value(report(tree)).expect("a report is JSON");
    let pipelines = json["pipelines"].as_array().expect("a list").clone();
    let row = |pipeline: serde_json::Value| {
        let host = ["path", "compatible", "bus"].map(|key| pipeline["host"][key].clone());
        let device = ["path", "compatible", "kind", "control_bus", "channel", "connection"];
        let device = device.map(|key| pipeline["device"][key].clone());
        let row: Vec<String> = host.into_iter().chain(device).map(text).collect();
        row.try_into().expect("nine columns")
    };
    pipelines.into_iter().map(row).collect()
}

fn read(path: &Path) -> Tree {
    let bytes = std::fs::read(path).expect("a file of the cache can be read");
    Tree::from_dtb(&bytes).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Blobs by set, architecture and board.
fn blobs(folder: &Path) -> BTreeMap<Key, PathBuf> {
    let mut blobs = BTreeMap::new();
    for (set, name) in [("base", "base"), ("overlay", "combined")] {
        let folder = folder.join(name);
        for path in files(folder.clone(), "dtb") {
            let below = path.strip_prefix(&folder).expect("it is below");
            let arch = below.iter().next().expect("a folder each").to_string_lossy();
            let board = path.file_stem().expect("a name").to_string_lossy();
            blobs.insert((set.to_owned(), arch.into_owned(), board.into_owned()), path);
        }
    }
    blobs
}

#[test]
#[ignore = "takes the boards of mainline: scripts/test boards slow"]
fn the_boards_that_are_known_have_exactly_the_pipelines_that_are_known() {
    let blobs = blobs(&boards());
    let expected = expected();
    let mut wrong = Vec::new();
    for (key, rows) in &expected {
        match blobs.get(key) {
            None => wrong.push(format!("{key:?}: not compiled")),
            Some(path) => {
                let found = found(&read(path));
                if found != *rows {
                    wrong.push(format!("{key:?}\n  expected {rows:?}\n  found    {found:?}"));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), expected.len(), wrong.join("\n"));
    assert_eq!(expected.len(), 184);
    assert_eq!(expected.values().map(Vec::len).sum::<usize>(), 161);
}

#[test]
#[ignore = "takes the boards of mainline: scripts/test boards slow"]
fn no_board_makes_the_reader_fail_and_every_pipeline_has_names() {
    let blobs = blobs(&boards());
    assert!(blobs.len() > 1100, "{} boards", blobs.len());
    let mut nameless = Vec::new();
    let mut with_pipelines = 0;
    for (key, path) in &blobs {
        let tree = read(path);
        let names = Names::new(&tree);
        let pipelines = pipeline::find(&tree);
        with_pipelines += usize::from(!pipelines.is_empty());
        for pipeline in pipelines {
            let all = [names.host(&pipeline), names.dsi_device(&pipeline), names.peripheral(&pipeline)];
            if all.iter().any(Option::is_none) {
                nameless.push(format!("{key:?} {all:?}"));
            }
        }
    }
    assert!(nameless.is_empty(), "{}", nameless.join("\n"));
    // 263 with linux-source-6.12 6.12.117, of which 18 are combined from a base and overlays.
    assert!(with_pipelines > 250, "{with_pipelines} boards with a pipeline");
}

#[test]
#[ignore = "takes the boards of mainline: scripts/test boards slow"]
fn names_are_those_of_the_board_in_the_kernel() {
    let blobs = blobs(&boards());
    let names = |arch: &str, board: &str| {
        let path = &blobs[&("base".to_owned(), arch.to_owned(), board.to_owned())];
        let tree = read(path);
        let names = Names::new(&tree);
        let pipeline = pipeline::find(&tree).into_iter().next().expect("it has one");
        let text = |name: Option<board::names::Name>| name.expect("it has a name").text;
        [text(names.host(&pipeline)), text(names.dsi_device(&pipeline)), text(names.peripheral(&pipeline))]
    };
    assert_eq!(
        names("arm", "qcom-msm8974-lge-nexus5-hammerhead"),
        ["fd922800.dsi", "fd922800.dsi.0", "fd922800.dsi.0"]
    );
    assert_eq!(names("arm", "qcom-apq8016-sbc")[..2], ["1a98000.dsi", "1a98000.dsi.0"]);
}

/// Our overlay code and libfdt have to come to the same nodes, properties and phandles.
#[test]
#[ignore = "takes the boards of mainline: scripts/test boards slow"]
fn overlays_make_the_tree_that_the_kernels_own_tool_makes() {
    let folder = boards();
    let combined = std::fs::read_to_string(folder.join("combined.tsv")).expect("the script wrote it");
    let mut compared = 0;
    for line in combined.lines() {
        let files: Vec<&str> = line.split('\t').collect();
        let [result, base, overlays @ ..] = files.as_slice() else {
            panic!("{line}: expected a result, a base and overlays");
        };
        let result = folder.join("combined").join(result);
        if !result.exists() {
            continue;
        }
        let mut tree = read(&folder.join("base").join(base));
        for name in overlays {
            let overlay = read(&folder.join("overlay").join(name));
            let applied = libfdt::apply(&tree, &overlay);
            tree = applied.unwrap_or_else(|error| panic!("{name}: {error}")).tree;
        }
        let theirs = read(&result);
        assert_eq!(contents(&tree), contents(&theirs), "{line}");
        assert_eq!(found(&tree), found(&theirs), "{line}");
        compared += 1;
    }
    assert!(compared > 30, "{compared} combinations");
}

/// Each node's path with its properties, phandles' values included.
fn contents(tree: &Tree) -> BTreeMap<String, Vec<(String, Vec<u8>)>> {
    tree.nodes()
        .map(|node| {
            let properties = node.properties();
            let properties = properties.map(|(name, value)| (name.to_owned(), value.to_vec()));
            (node.path(), properties.collect())
        })
        .collect()
}
