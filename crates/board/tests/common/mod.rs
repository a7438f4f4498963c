//! Small device trees for the tests, written as nested calls and turned into blobs.

#![allow(dead_code, reason = "each test file uses its own part")]

pub(crate) mod random;

use std::path::PathBuf;
use std::process::Command;

use board::Tree;
use board::facts::Facts;
use board::report::Report;

/// A node or a property.
#[derive(Clone, Debug)]
pub(crate) enum Item {
    Node(String, Vec<Item>),
    Property(String, Vec<u8>),
}

pub(crate) fn node(name: &str, items: impl Into<Vec<Item>>) -> Item {
    Item::Node(name.to_owned(), items.into())
}

pub(crate) fn cells(name: &str, cells: &[u32]) -> Item {
    let value = cells.iter().flat_map(|cell| cell.to_be_bytes()).collect();
    Item::Property(name.to_owned(), value)
}

/// A property of one string; `\0` inside makes it several.
pub(crate) fn text(name: &str, value: &str) -> Item {
    Item::Property(name.to_owned(), [value.as_bytes(), b"\0"].concat())
}

pub(crate) fn flag(name: &str) -> Item {
    Item::Property(name.to_owned(), Vec::new())
}

pub(crate) fn compatible(value: &str) -> Item {
    text("compatible", value)
}

pub(crate) fn reg(address: u32) -> Item {
    cells("reg", &[address])
}

pub(crate) fn disabled() -> Item {
    text("status", "disabled")
}

/// An endpoint with its own phandle and the one that it refers to.
pub(crate) fn endpoint(phandle: u32, remote: u32) -> Item {
    node("endpoint", [cells("phandle", &[phandle]), cells("remote-endpoint", &[remote])])
}

/// `ports` with one numbered port, which has one endpoint.
pub(crate) fn ports(number: u32, endpoint: Item) -> Item {
    node("ports", [node(&format!("port@{number}"), [reg(number), endpoint])])
}

/// A DSI host with a child panel that its port 1 leads to, as the hosts of Synopsys want it; more goes into the host.
pub(crate) fn host_with_panel(name: &str, host: &str, panel: &str, more: &[Item]) -> Item {
    // Phandles that no other host of that tree has.
    let own = 0x100 + 2 * name.bytes().map(u32::from).sum::<u32>();
    let panel = [compatible(panel), reg(0), node("port", [endpoint(own + 1, own)])];
    let items = [compatible(host), ports(1, endpoint(own, own + 1)), node("panel@0", panel)];
    node(name, [more.to_vec(), items.to_vec()].concat())
}

/// The blob of a tree whose root contains `items`.
pub(crate) fn blob(items: impl Into<Vec<Item>>) -> Vec<u8> {
    let mut structure = Vec::new();
    let mut strings = Vec::new();
    emit(&node("", items), &mut structure, &mut strings);
    word(&mut structure, 9);
    let structure_start = 40 + 16;
    let strings_start = structure_start + structure.len();
    let total = strings_start + strings.len();
    let mut blob = Vec::new();
    for field in
        [0xd00d_feed, total, structure_start, strings_start, 40, 17, 16, 0, strings.len(), structure.len()]
    {
        word(&mut blob, field);
    }
    blob.extend([0; 16]);
    blob.extend(structure);
    blob.extend(strings);
    blob
}

fn emit(item: &Item, structure: &mut Vec<u8>, strings: &mut Vec<u8>) {
    match item {
        Item::Node(name, items) => {
            word(structure, 1);
            structure.extend(name.as_bytes());
            structure.push(0);
            pad(structure);
            // Properties come before children in a blob.
            let (properties, children): (Vec<_>, Vec<_>) =
                items.iter().partition(|item| matches!(item, Item::Property(..)));
            for item in properties.into_iter().chain(children) {
                emit(item, structure, strings);
            }
            word(structure, 2);
        }
        Item::Property(name, value) => {
            word(structure, 3);
            word(structure, value.len());
            word(structure, strings.len());
            structure.extend(value);
            pad(structure);
            strings.extend(name.as_bytes());
            strings.push(0);
        }
    }
}

fn word(bytes: &mut Vec<u8>, value: usize) {
    bytes.extend(u32::try_from(value).expect("a small blob").to_be_bytes());
}

fn pad(bytes: &mut Vec<u8>) {
    bytes.resize(bytes.len().next_multiple_of(4), 0);
}

pub(crate) fn tree(items: impl Into<Vec<Item>>) -> Tree {
    Tree::from_dtb(&blob(items)).expect("the builder makes valid blobs")
}

pub(crate) fn report(tree: &Tree) -> Report {
    Report::new(tree, Facts::of_linux(), &board::pipeline::find(tree))
}

/// The pipelines in one line each: host, device, connection as in the report.
pub(crate) fn lines(tree: &Tree) -> Vec<String> {
    report(tree)
        .pipelines
        .iter()
        .map(|pipeline| {
            let connection = serde_json::to_value(pipeline.device.connection).expect("a name");
            let connection = connection.as_str().expect("a name").to_owned();
            format!("{} {} {connection}", pipeline.host.path, pipeline.device.path)
        })
        .collect()
}

/// The folder of the compiled boards, compiled now if they have not been.
pub(crate) fn boards() -> PathBuf {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/../../scripts/boards");
    let output = Command::new(script).output().expect("scripts/boards can be run");
    assert!(
        output.status.success(),
        "scripts/boards could not compile the boards:\n{}",
        String::from_utf8_lossy(&output.stderr)
    );
    PathBuf::from(String::from_utf8_lossy(&output.stdout).trim())
}

/// All files below a folder with that extension, sorted.
pub(crate) fn files(folder: PathBuf, extension: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut pending = vec![folder];
    while let Some(folder) = pending.pop() {
        for entry in std::fs::read_dir(&folder).expect("a folder of the cache can be read") {
            let path = entry.expect("its entries too").path();
            if path.is_dir() {
                pending.push(path);
            } else if path.extension().is_some_and(|found| found == extension) {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

/// A board or an overlay of `tests/overlays`.
pub(crate) fn overlay_file(name: &str) -> Tree {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/overlays").join(name);
    let bytes = std::fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    Tree::from_dtb(&bytes).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}
