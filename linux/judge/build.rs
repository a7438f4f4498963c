//! Makes a list of the drop-in's files, with their texts: the glue, and those files of crates/mipi-dsi that it names.

use std::fmt::Write;
use std::path::{Path, PathBuf};

/// What stands before the name of a file of the crate, in the files of `core`.
const NAMES: &str = "#[path = \"src/";

fn main() {
    let root = PathBuf::from(std::env::var_os("CARGO_MANIFEST_DIR").expect("cargo sets it")).join("../..");
    let (drop_in, source) = (root.join("linux/drop-in"), root.join("crates/mipi-dsi/src"));
    let mut list = String::from("&[\n");
    add(&mut list, &drop_in, "");
    for file in entries(&drop_in.join("core")) {
        let text = std::fs::read_to_string(file).expect("a text");
        for name in text.lines().filter_map(|line| line.strip_prefix(NAMES)?.strip_suffix("\"]")) {
            // A module with a folder takes the folder along.
            match name.strip_suffix("/mod.rs") {
                Some(folder) => add(&mut list, &source.join(folder), &format!("core/src/{folder}")),
                None => add_file(&mut list, &source.join(name), &format!("core/src/{name}")),
            }
        }
    }
    list.push(']');
    let output = PathBuf::from(std::env::var_os("OUT_DIR").expect("cargo sets it"));
    std::fs::write(output.join("drop_in.rs"), list).expect("cargo's folder");
}

fn entries(folder: &Path) -> Vec<PathBuf> {
    println!("cargo:rerun-if-changed={}", folder.display());
    let entries = std::fs::read_dir(folder).expect("a folder");
    let mut paths: Vec<_> = entries.map(|entry| entry.expect("an entry").path()).collect();
    paths.sort();
    paths
}

/// Adds the files of a folder, and of those in it, under the name `inside`.
fn add(list: &mut String, folder: &Path, inside: &str) {
    for path in entries(folder) {
        let name = path.file_name().expect("a name").to_string_lossy().into_owned();
        let inside = if inside.is_empty() { name } else { format!("{inside}/{name}") };
        if path.is_dir() {
            add(list, &path, &inside);
        } else {
            add_file(list, &path, &inside);
        }
    }
}

fn add_file(list: &mut String, path: &Path, inside: &str) {
    println!("cargo:rerun-if-changed={}", path.display());
    writeln!(list, "({inside:?}, include_str!({path:?})),").expect("memory");
}
