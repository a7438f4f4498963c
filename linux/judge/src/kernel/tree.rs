//! The tree that is built: the lab's folders, in them links to the files of the source, and the lab's own drivers.
//!
//! So the user's own tree is only read, may have been built in, and is up to date without a copy: make follows the links
//! when it compares times. What is changed is a file of the tree's own.

use super::{Additions, BUS};
use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs;
use std::io::{self, ErrorKind};
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

/// Makes `tree` of the files of `source` and of what is added, or brings it up to date.
pub(super) fn make(source: &Path, tree: &Path, additions: &Additions) -> io::Result<()> {
    let mut own: BTreeMap<PathBuf, String> = BTreeMap::new();
    // The bus is a file of the tree's own also where nothing is changed in it: with a repair, or after one, it is another.
    own.insert(BUS.into(), fs::read_to_string(source.join(BUS))?);
    own.extend(additions.files.iter().map(|(path, text)| (path.into(), (*text).to_owned())));
    for edit in &additions.edits {
        let text = match own.remove(Path::new(edit.path)) {
            Some(text) => text,
            None => fs::read_to_string(source.join(edit.path))?,
        };
        own.insert(edit.path.into(), edit.apply(&text).map_err(io::Error::other)?);
    }
    link_folder(source, tree, Path::new(""), &own)?;
    for (path, text) in own {
        let path = tree.join(path);
        path.parent().map_or(Ok(()), fs::create_dir_all)?;
        write_if_other(&path, &text)?;
    }
    Ok(())
}

/// A file that is written again is compiled again.
fn write_if_other(path: &Path, text: &str) -> io::Result<()> {
    match fs::read_to_string(path) {
        Ok(old) if old == text => return Ok(()),
        Ok(_) => fs::remove_file(path)?,
        Err(error) if error.kind() == ErrorKind::NotFound => (),
        Err(error) => return Err(error),
    }
    fs::write(path, text)
}

/// What a build has left in the source, and what is not source: a build elsewhere refuses the one and has no use
/// for the other.
fn is_left_out(inside: &Path, name: &OsStr) -> bool {
    let name = name.to_string_lossy();
    let is_generated = (inside == Path::new("include") && matches!(&*name, "config" | "generated"))
        || (inside.starts_with("arch") && inside.ends_with("include") && name == "generated");
    // The certificates' and the boot tables' dotfiles are sources: only these are not.
    let is_built = [".o", ".a", ".ko", ".cmd", ".mod"].iter().any(|end| name.ends_with(end));
    is_generated || is_built || matches!(&*name, ".git" | ".config" | ".config.old")
}

/// Links all files of a folder but those that the tree has of its own.
fn link_folder(source: &Path, tree: &Path, inside: &Path, own: &BTreeMap<PathBuf, String>) -> io::Result<()> {
    let folder = tree.join(inside);
    fs::create_dir_all(&folder)?;
    for entry in fs::read_dir(source.join(inside))? {
        let entry = entry?;
        let path = inside.join(entry.file_name());
        if is_left_out(inside, &entry.file_name()) || own.contains_key(&path) {
            continue;
        }
        if entry.file_type()?.is_dir() {
            link_folder(source, tree, &path, own)?;
            continue;
        }
        match symlink(entry.path(), tree.join(&path)) {
            Err(error) if error.kind() != ErrorKind::AlreadyExists => return Err(error),
            _ => (),
        }
    }
    // What has gone from the source goes here too: make would stop at a link to nothing.
    for entry in fs::read_dir(&folder)? {
        let entry = entry?;
        if entry.file_type()?.is_symlink() && !entry.path().exists() {
            fs::remove_file(entry.path())?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::edit::{Change, Edit};
    use super::*;

    const MAKEFILE: &str = "drivers/gpu/drm/Makefile";

    fn append(path: &'static str, text: &str) -> Edit {
        Edit { path, change: Change::Append(text.to_owned()) }
    }

    #[test]
    fn a_tree_is_links_with_the_driver_and_without_what_was_built() {
        let scratch = std::env::temp_dir().join(format!("linux-lab-tree-{}", std::process::id()));
        let (source, tree) = (scratch.join("source"), scratch.join("tree"));
        let put = |path: &str, text: &str| {
            let path = source.join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        };
        put(MAKEFILE, "obj-y += drm.o");
        put("drivers/gpu/drm/drm.c", "one");
        put(BUS, "bus");
        put("drivers/gpu/drm/old.c", "");
        put("drivers/gpu/drm/drm.o", "built");
        put("include/generated/autoconf.h", "built");
        put(".config", "built");
        let mut additions = Additions {
            files: vec![("drivers/gpu/drm/dsi-lab/main.c".to_owned(), "ours")],
            edits: vec![append(MAKEFILE, "obj-y += dsi-lab/\n")],
        };
        make(&source, &tree, &additions).unwrap();
        let bus = fs::metadata(tree.join(BUS)).unwrap().modified().unwrap();

        put("drivers/gpu/drm/drm.c", "two");
        fs::remove_file(source.join("drivers/gpu/drm/old.c")).unwrap();
        additions.edits.push(append(BUS, "repaired"));
        make(&source, &tree, &additions).unwrap();
        assert_eq!(fs::read_to_string(tree.join(BUS)).unwrap(), "bus\nrepaired");
        additions.edits.pop();
        make(&source, &tree, &additions).unwrap();
        // make would take the repaired one's object for it if it were as old as before.
        assert!(fs::metadata(tree.join(BUS)).unwrap().modified().unwrap() > bus);

        let read = |path: &str| fs::read_to_string(tree.join(path)).ok();
        assert_eq!(read(MAKEFILE).as_deref(), Some("obj-y += drm.o\nobj-y += dsi-lab/\n"));
        assert_eq!(read("drivers/gpu/drm/drm.c").as_deref(), Some("two"));
        assert_eq!(read("drivers/gpu/drm/dsi-lab/main.c").as_deref(), Some("ours"));
        for gone in
            ["drivers/gpu/drm/old.c", "drivers/gpu/drm/drm.o", "include/generated/autoconf.h", ".config"]
        {
            assert_eq!(read(gone), None, "{gone}");
        }
        assert_eq!(fs::read_to_string(source.join(MAKEFILE)).unwrap(), "obj-y += drm.o");
        fs::remove_dir_all(scratch).unwrap();
    }
}
