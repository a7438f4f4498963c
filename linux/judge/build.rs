//! Makes a list of the drop-in's files, with their texts: the parts of crates/mipi-dsi that a kernel takes, and the glue.

use std::fmt::Write;
use std::path::{Path, PathBuf};

fn main() {
    let root = PathBuf::from(std::env::var_os("CARGO_MANIFEST_DIR").expect("cargo sets it")).join("../..");
    let mut list = String::from("&[\n");
    for module in ["bus", "dcs", "wire"] {
        let folder = root.join("crates/mipi-dsi/src").join(module);
        add(&mut list, &folder, &format!("core/src/{module}"));
    }
    let contract = root.join("docs/contract.md");
    writeln!(list, "(\"core/contract.md\", include_str!({contract:?})),").expect("memory");
    add(&mut list, &root.join("linux/drop-in"), "");
    list.push(']');
    println!("cargo:rerun-if-changed={}", contract.display());
    let output = PathBuf::from(std::env::var_os("OUT_DIR").expect("cargo sets it"));
    std::fs::write(output.join("drop_in.rs"), list).expect("cargo's folder");
}

/// Adds the files of a folder, and of those in it, under the name `inside`.
fn add(list: &mut String, folder: &Path, inside: &str) {
    println!("cargo:rerun-if-changed={}", folder.display());
    let mut paths: Vec<_> =
        std::fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path()).collect();
    paths.sort();
    for path in paths {
        let name = path.file_name().expect("a name").to_string_lossy().into_owned();
        let inside = if inside.is_empty() { name } else { format!("{inside}/{name}") };
        if path.is_dir() {
            add(list, &path, &inside);
        } else {
            writeln!(list, "({inside:?}, include_str!({path:?})),").expect("memory");
        }
    }
}
