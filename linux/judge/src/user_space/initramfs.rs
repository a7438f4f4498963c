//! The content of a boot's memory: busybox, the kernel's modules, `init`, and the commands that it types.
//!
//! The format is the one that the kernel unpacks (cpio, "newc"); the kernel's own archive, which it unpacks first, has
//! /dev/console. The kernel takes archives that follow each other for one.

use std::fs;
use std::io;
use std::path::Path;

const INIT: &str = include_str!("../../../user-space/init");
/// From the package busybox-static.
const BUSYBOX: &str = "/bin/busybox";

const FOLDER: u32 = 0o040_755;
const PROGRAM: u32 = 0o100_755;
const FILE: u32 = 0o100_644;

/// An archive that is being written.
#[derive(Debug, Default)]
struct Archive {
    bytes: Vec<u8>,
    entries: u32,
}

impl Archive {
    fn add(&mut self, name: &str, mode: u32, data: &[u8]) -> io::Result<()> {
        let too_large = |_| io::Error::other(format!("{name} is too large for an initramfs"));
        let data_len = u32::try_from(data.len()).map_err(too_large)?;
        let name_len = u32::try_from(name.len() + 1).map_err(too_large)?;
        self.entries += 1;
        // Magic; number, mode, user, group, links, time, length, four device numbers, length of the name, check.
        let fields = [self.entries, mode, 0, 0, 1, 0, data_len, 0, 0, 0, 0, name_len, 0];
        self.bytes.extend(b"070701");
        for field in fields {
            self.bytes.extend(format!("{field:08x}").bytes());
        }
        self.bytes.extend(name.bytes());
        self.bytes.push(0);
        self.fill();
        self.bytes.extend(data);
        self.fill();
        Ok(())
    }

    /// Every part begins at a multiple of four.
    fn fill(&mut self) {
        self.bytes.resize(self.bytes.len().next_multiple_of(4), 0);
    }

    fn add_tree(&mut self, root: &Path, name: &str) -> io::Result<()> {
        self.add(name, FOLDER, &[])?;
        let mut entries = fs::read_dir(root.join(name))?.collect::<io::Result<Vec<_>>>()?;
        entries.sort_by_key(fs::DirEntry::file_name);
        for entry in entries {
            let path = format!("{name}/{}", entry.file_name().to_string_lossy());
            let kind = entry.file_type()?;
            if kind.is_dir() {
                self.add_tree(root, &path)?;
            } else if kind.is_file() {
                self.add(&path, FILE, &fs::read(entry.path())?)?;
            }
            // What is left are links to where the kernel was built.
        }
        Ok(())
    }

    fn end(mut self) -> io::Result<Vec<u8>> {
        self.add("TRAILER!!!", 0, &[])?;
        Ok(self.bytes)
    }
}

/// What is the same for all boots of a kernel. `modules` has lib/modules in it.
pub(super) fn base(modules: &Path) -> io::Result<Vec<u8>> {
    let mut archive = Archive::default();
    archive.add("bin", FOLDER, &[])?;
    archive.add("bin/busybox", PROGRAM, &fs::read(BUSYBOX)?)?;
    archive.add("init", PROGRAM, INIT.as_bytes())?;
    archive.add_tree(modules, "lib")?;
    archive.end()
}

/// What a boot types: what has to succeed first, and the order.
pub(super) fn commands(set_up: &[String], commands: &[String]) -> io::Result<Vec<u8>> {
    let text = |commands: &[String]| commands.iter().map(|line| format!("{line}\n")).collect::<String>();
    let mut archive = Archive::default();
    archive.add("set-up", FILE, text(set_up).as_bytes())?;
    archive.add("commands", FILE, text(commands).as_bytes())?;
    archive.end()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_archive_has_its_files_at_multiples_of_four() {
        let bytes = commands(&[], &["rmmod a".to_owned()]).expect("it is small");
        let text = String::from_utf8_lossy(&bytes);
        let heads: Vec<_> = text.match_indices("070701").map(|(at, _)| at).collect();
        assert_eq!(heads.len(), 3);
        assert!(heads.iter().all(|at| at % 4 == 0), "{heads:?}");
        assert!(text.contains("commands\0") && text.contains("rmmod a\n"));
        assert!(text.trim_end_matches('\0').ends_with("TRAILER!!!"));
    }
}
