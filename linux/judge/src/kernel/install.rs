//! Puts the drop-in, or only its KUnit suite, into a kernel's tree of the user's own, and takes it out again.

use super::edit::{Edit, EditError};
use super::{drop_in, kunit};
use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// What is put into the tree.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum What {
    /// The drop-in and the suite.
    All,
    /// The suite alone.
    Kunit,
}

/// The kernel that the drop-in is for.
const VERSION: (u32, u32) = (6, 12);

const BUS: &str = "drivers/gpu/drm/drm_mipi_dsi.c";
const HEADER: &str = "include/drm/drm_mipi_dsi.h";

/// The structures of the header that drivers and hosts share with the bus, and their fields in 6.12.
const FIELDS: [(&str, &[&str]); 8] = [
    ("mipi_dsi_msg", &["channel", "type", "flags", "tx_len", "tx_buf", "rx_len", "rx_buf"]),
    ("mipi_dsi_packet", &["size", "header", "payload_length", "payload"]),
    ("mipi_dsi_host_ops", &["attach", "detach", "transfer"]),
    ("mipi_dsi_host", &["dev", "ops", "list"]),
    ("mipi_dsi_device_info", &["type", "channel", "node"]),
    (
        "mipi_dsi_device",
        &[
            "host",
            "dev",
            "attached",
            "name",
            "channel",
            "lanes",
            "format",
            "mode_flags",
            "hs_rate",
            "lp_rate",
            "dsc",
        ],
    ),
    ("mipi_dsi_multi_context", &["dsi", "accum_err"]),
    ("mipi_dsi_driver", &["driver", "probe", "remove", "shutdown"]),
];

/// Why nothing was put into the tree, or taken out.
#[derive(Debug, thiserror::Error)]
pub enum InstallError {
    /// A file or a folder.
    #[error("{path}: {error}", path = .0.display(), error = .1)]
    Io(PathBuf, io::Error),
    /// The folder is not the top of a kernel's tree.
    #[error("{} is not the top of a kernel's tree: it has no {BUS}", .0.display())]
    NoKernel(PathBuf),
    /// The kernel is another, or its bus is.
    #[error("this is Linux {version}, and the drop-in is for {}.{}.y; {}", VERSION.0, VERSION.1, show(differences))]
    Other {
        /// Its version: `6.14.2`.
        version: String,
        /// Symbols and fields that differ, with what there is: `+` for more than in 6.12, `-` for less.
        differences: Vec<String>,
    },
    /// A file of the kernel's is not what it was in 6.12.
    #[error(transparent)]
    Edit(#[from] EditError),
}

fn show(differences: &[String]) -> String {
    match differences {
        [] => "the bus's symbols and fields are the same".to_owned(),
        differences => format!("its bus differs:\n{}", differences.join("\n")),
    }
}

type Result<T> = std::result::Result<T, InstallError>;

/// Puts it into the tree, in place of what was put there before.
///
/// # Errors
///
/// [`InstallError`]; if that is about the kernel, nothing was changed.
pub fn install(kernel: &Path, what: What) -> Result<()> {
    check(kernel, what)?;
    remove(kernel)?;
    let mut changed: Vec<(PathBuf, String)> = Vec::new();
    for edit in edits(what) {
        let path = kernel.join(edit.path);
        let text = match changed.iter().position(|(known, _)| *known == path) {
            Some(at) => changed.remove(at).1,
            None => read(&path)?,
        };
        changed.push((path, edit.apply(&text)?));
    }
    for (path, text) in files(what) {
        write(&kernel.join(path), text)?;
    }
    changed.iter().try_for_each(|(path, text)| write(path, text))
}

/// Takes whatever was put into the tree out of it: the kernel's own files are as they were.
///
/// # Errors
///
/// [`InstallError::Io`].
pub fn remove(kernel: &Path) -> Result<()> {
    let mut edits = edits(What::All);
    // The last first: each finds the file as it has left it.
    edits.reverse();
    for edit in edits {
        let path = kernel.join(edit.path);
        // A tree without Rust has not all of them.
        if !path.exists() {
            continue;
        }
        if let Some(text) = edit.undo(&read(&path)?) {
            write(&path, &text)?;
        }
    }
    for path in [drop_in::FOLDER, kunit::FOLDER].map(|folder| kernel.join(folder)) {
        if path.exists() {
            fs::remove_dir_all(&path).map_err(|error| InstallError::Io(path.clone(), error))?;
        }
    }
    for (_, path) in drop_in::HEADERS {
        let header = kernel.join(path);
        match fs::remove_file(&header) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                return Err(InstallError::Io(header, error));
            }
            _ => {}
        }
    }
    Ok(())
}

/// The options that have to be on in the kernel's configuration.
#[must_use]
pub fn options(what: What) -> Vec<&'static str> {
    let of_core = if what == What::All { drop_in::CONFIG } else { "" };
    let lines = kunit::CONFIG.lines().chain(of_core.lines());
    lines.filter_map(|line| line.strip_prefix("CONFIG_")?.strip_suffix("=y")).collect()
}

fn edits(what: What) -> Vec<Edit> {
    let mut edits: Vec<Edit> = kunit::edits().into();
    if what == What::All {
        edits.extend(drop_in::edits());
    }
    edits
}

fn files(what: What) -> Vec<(String, &'static str)> {
    let mut files = kunit::files();
    if what == What::All {
        files.extend(drop_in::files());
    }
    files
}

fn read(path: &Path) -> Result<String> {
    fs::read_to_string(path).map_err(|error| InstallError::Io(path.to_owned(), error))
}

fn write(path: &Path, text: &str) -> Result<()> {
    let io = |error| InstallError::Io(path.to_owned(), error);
    path.parent().map_or(Ok(()), fs::create_dir_all).map_err(io)?;
    fs::write(path, text).map_err(io)
}

/// Refuses a kernel whose bus is not that of 6.12. The suite alone goes into any kernel that has a bus.
fn check(kernel: &Path, what: What) -> Result<()> {
    if !kernel.join(BUS).exists() || !kernel.join("Makefile").exists() {
        return Err(InstallError::NoKernel(kernel.to_owned()));
    }
    if what == What::Kunit {
        return Ok(());
    }
    let makefile = read(&kernel.join("Makefile"))?;
    let number = |name: &str| {
        let line = makefile.lines().find_map(|line| line.strip_prefix(name)?.trim().strip_prefix('='));
        line.map_or("", str::trim)
    };
    let (major, minor) = (number("VERSION"), number("PATCHLEVEL"));
    let differences = differences(&read(&kernel.join(BUS))?, &read(&kernel.join(HEADER))?);
    let is_ours = (major.parse(), minor.parse()) == (Ok(VERSION.0), Ok(VERSION.1));
    if is_ours && differences.is_empty() {
        return Ok(());
    }
    let version = format!("{major}.{minor}.{}", number("SUBLEVEL"));
    Err(InstallError::Other { version, differences })
}

/// The symbols and fields by which a bus differs from 6.12's.
fn differences(bus: &str, header: &str) -> Vec<String> {
    let ours = drop_in::files().into_iter().find(|(path, _)| path.ends_with("drm_mipi_dsi_glue.c"));
    let ours = ours.map_or("", |(_, text)| text);
    let mut found = differing("symbol ", &exported(bus), &exported(ours));
    for (structure, expected) in FIELDS {
        let expected: BTreeSet<&str> = expected.iter().copied().collect();
        found.extend(differing(&format!("field {structure}."), &fields(header, structure), &expected));
    }
    found
}

fn differing(what: &str, found: &BTreeSet<&str>, expected: &BTreeSet<&str>) -> Vec<String> {
    let more = found.difference(expected).map(|name| format!("  + {what}{name}"));
    let less = expected.difference(found).map(|name| format!("  - {what}{name}"));
    more.chain(less).collect()
}

/// The symbols that a C file exports.
fn exported(text: &str) -> BTreeSet<&str> {
    let name = |line: &'_ str| -> Option<(usize, usize)> {
        let rest = line.strip_prefix("EXPORT_SYMBOL")?;
        let rest = rest.strip_prefix("_GPL").unwrap_or(rest);
        let begin = line.len() - rest.len() + 1;
        Some((begin, begin + rest.strip_prefix('(')?.find(')')?))
    };
    text.lines().filter_map(|line| name(line).and_then(|(begin, end)| line.get(begin..end))).collect()
}

/// The fields of a structure, in a header that is laid out as the kernel's are.
fn fields<'text>(header: &'text str, structure: &str) -> BTreeSet<&'text str> {
    let begin = format!("struct {structure} {{");
    let lines = header.lines().skip_while(|line| *line != begin).skip(1).take_while(|line| *line != "};");
    lines.filter_map(field).collect()
}

/// The field that a line declares: `u8 header[4];`, `int (*attach)(struct mipi_dsi_host *host,`.
fn field(line: &str) -> Option<&str> {
    let is_declaration = line.starts_with('\t') && !line.starts_with("\t\t") && !line.starts_with("\t *");
    if !is_declaration || line.trim_start().starts_with(['/', '*']) {
        return None;
    }
    let is_name = |c: char| c.is_ascii_alphanumeric() || c == '_';
    if let Some((_, pointer)) = line.split_once("(*") {
        return pointer.split(|c| !is_name(c)).next();
    }
    let declared = line.trim_end().strip_suffix(';')?;
    let declared = declared.split('[').next()?;
    declared.rsplit(|c| !is_name(c)).next()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A tree that is laid out as a kernel's; what is in it is made up, but for names.
    struct Tree(PathBuf);

    impl Tree {
        fn new(name: &str, version: &str, header: &str) -> Self {
            let folder = std::env::temp_dir().join(format!("linux-install-{name}-{}", std::process::id()));
            let _ = fs::remove_dir_all(&folder);
            let symbols: String =
                exported(glue()).iter().map(|name| format!("EXPORT_SYMBOL({name});\n")).collect();
            let put = |path: &str, text: &str| write(&folder.join(path), text).expect("a file");
            put("Makefile", version);
            put(BUS, &symbols);
            put(HEADER, header);
            put("drivers/gpu/drm/Makefile", "one\nobj-$(CONFIG_DRM_MIPI_DSI) += drm_mipi_dsi.o\ntwo\n");
            put("drivers/gpu/drm/Kconfig", "config DRM\n\nconfig DRM_MIPI_DSI\n\tbool\n");
            put("rust/bindings/bindings_helper.h", "#include <kunit/test.h>\n#include <linux/slab.h>\n");
            Self(folder)
        }

        fn texts(&self) -> Vec<(PathBuf, String)> {
            let mut texts = Vec::new();
            let mut folders = vec![self.0.clone()];
            while let Some(folder) = folders.pop() {
                for entry in fs::read_dir(folder).expect("a folder") {
                    let path = entry.expect("an entry").path();
                    if path.is_dir() {
                        folders.push(path);
                    } else {
                        let text = read(&path).expect("a text");
                        texts.push((path, text));
                    }
                }
            }
            texts.sort();
            texts
        }
    }

    impl Drop for Tree {
        fn drop(&mut self) {
            let _ = fs::remove_dir_all(&self.0);
        }
    }

    const V6_12: &str = "VERSION = 6\nPATCHLEVEL = 12\nSUBLEVEL = 117\n";

    fn glue() -> &'static str {
        drop_in::files().into_iter().find(|(path, _)| path.ends_with("glue.c")).expect("it is there").1
    }

    /// A header with the fields of 6.12.
    fn header() -> String {
        let structure = |(name, fields): &(&str, &[&str])| {
            let fields: String = fields.iter().map(|field| format!("\tint {field};\n")).collect();
            format!("struct {name} {{\n\t/** @a: text */\n{fields}}};\n")
        };
        FIELDS.iter().map(structure).collect()
    }

    #[test]
    fn what_was_put_in_is_taken_out_again() {
        for what in [What::All, What::Kunit] {
            let tree = Tree::new("round", V6_12, &header());
            let before = tree.texts();
            install(&tree.0, what).expect("it fits");
            let installed = tree.texts();
            assert_ne!(before, installed);
            // Once more is the same as once.
            install(&tree.0, what).expect("it fits");
            assert_eq!(tree.texts(), installed);
            remove(&tree.0).expect("it is there");
            assert_eq!(tree.texts(), before);
        }
    }

    #[test]
    fn another_kernel_is_refused_with_what_differs_and_left_alone() {
        let other = header().replace("\tint lanes;\n", "\tint lanes_max;\n");
        let tree = Tree::new("other", "VERSION = 6\nPATCHLEVEL = 14\nSUBLEVEL = 2\n", &other);
        let before = tree.texts();
        let said = install(&tree.0, What::All).expect_err("it is another").to_string();
        assert!(said.contains("Linux 6.14.2"), "{said}");
        assert!(
            said.contains("  + field mipi_dsi_device.lanes_max\n  - field mipi_dsi_device.lanes"),
            "{said}"
        );
        assert_eq!(tree.texts(), before);
        install(&tree.0, What::Kunit).expect("the suite fits every kernel");
    }

    #[test]
    fn a_folder_without_a_kernel_is_refused() {
        let said = install(&std::env::temp_dir().join("no-kernel"), What::All).expect_err("none").to_string();
        assert!(said.contains("not the top of a kernel's tree"), "{said}");
    }

    #[test]
    fn fields_are_found_however_they_are_declared() {
        let header = "struct mipi_dsi_host_ops {\n\tint (*attach)(struct mipi_dsi_host *host,\n\t\t      int a);\n\tu8 header[4];\n\t/**\n\t * @dsi: text; more\n\t */\n\tconst void *tx_buf;\n};\n";
        let found = fields(header, "mipi_dsi_host_ops");
        assert_eq!(found.into_iter().collect::<Vec<_>>(), ["attach", "header", "tx_buf"]);
    }

    #[test]
    fn the_drop_in_exports_what_6_12_does() {
        assert_eq!(exported(glue()).len(), 63);
    }
}
