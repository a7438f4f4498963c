//! The tree that is built: the lab's folders, in them links to the files of the source, and the lab's own drivers.
//!
//! So the user's own tree is only read, may have been built in, and is up to date without a copy: make follows the links
//! when it compares times. One Makefile is a file of its own, with lines that name the drivers' folders.

use std::ffi::OsStr;
use std::fs;
use std::io::{self, ErrorKind};
use std::os::unix::fs::symlink;
use std::path::Path;

/// A folder of the lab's own: its name, and its files with their texts.
pub(super) type Folder<'text> = (&'text str, &'text [(&'text str, &'text str)]);

/// The Makefile that names the lab's folders, in the tree.
const MAKEFILE: &str = "drivers/gpu/drm/Makefile";
/// The bus: this file is the tree's own too, since a repair changes it.
const BUS: &str = "drivers/gpu/drm/drm_mipi_dsi.c";
/// Where the folders are, in the tree.
const PARENT: &str = "drivers/gpu/drm";
/// The bus is compiled without inlining, so that a report names the same function as the source.
const BUS_LINE: &str = "CFLAGS_drm_mipi_dsi.o += -fno-inline\n";

/// The lines that are added to the Makefile, which name the folders.
pub(super) fn added_lines(folders: &[Folder<'_>]) -> String {
    let lines: String = folders.iter().map(|(name, _)| format!("obj-y += {name}/\n")).collect();
    lines + BUS_LINE
}

/// Makes `tree` from the files of `source` and the lab's folders, or brings it up to date. What `repaired` returns
/// replaces the bus's own text.
pub(super) fn make(
    source: &Path,
    tree: &Path,
    folders: &[Folder<'_>],
    repaired: impl FnOnce(String) -> io::Result<String>,
) -> io::Result<()> {
    link_folder(source, tree, Path::new(""))?;
    let bus = repaired(fs::read_to_string(source.join(BUS))?)?;
    write_if_other(&tree.join(BUS), &bus)?;
    let mut makefile = fs::read_to_string(source.join(MAKEFILE))?;
    makefile.push('\n');
    write_if_other(&tree.join(MAKEFILE), &(makefile + &added_lines(folders)))?;
    for (name, files) in folders {
        let folder = tree.join(PARENT).join(name);
        fs::create_dir_all(&folder)?;
        for (name, text) in *files {
            write_if_other(&folder.join(name), text)?;
        }
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

fn link_folder(source: &Path, tree: &Path, inside: &Path) -> io::Result<()> {
    let folder = tree.join(inside);
    fs::create_dir_all(&folder)?;
    for entry in fs::read_dir(source.join(inside))? {
        let entry = entry?;
        let path = inside.join(entry.file_name());
        if is_left_out(inside, &entry.file_name()) || [MAKEFILE, BUS].map(Path::new).contains(&path.as_path())
        {
            continue;
        }
        if entry.file_type()?.is_dir() {
            link_folder(source, tree, &path)?;
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
    use super::*;

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
        let ours: [Folder<'_>; 1] = [("dsi-lab", &[("main.c", "ours")])];
        make(&source, &tree, &ours, Ok).unwrap();
        let bus = fs::metadata(tree.join(BUS)).unwrap().modified().unwrap();

        put("drivers/gpu/drm/drm.c", "two");
        fs::remove_file(source.join("drivers/gpu/drm/old.c")).unwrap();
        make(&source, &tree, &ours, |bus| Ok(bus + " repaired")).unwrap();
        assert_eq!(fs::read_to_string(tree.join(BUS)).unwrap(), "bus repaired");
        make(&source, &tree, &ours, Ok).unwrap();
        // make would take the repaired one's object for it if it were as old as before.
        assert!(fs::metadata(tree.join(BUS)).unwrap().modified().unwrap() > bus);

        let read = |path: &str| fs::read_to_string(tree.join(path)).ok();
        assert_eq!(
            read(MAKEFILE).as_deref(),
            Some(&*format!("obj-y += drm.o\nobj-y += dsi-lab/\n{BUS_LINE}"))
        );
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
