//! The folders of the cache, and the keys in their names.

use std::ffi::OsStr;
use std::io::{self, BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

/// `${XDG_CACHE_HOME:-~/.cache}/mipi-dsi`.
pub(super) fn root() -> Option<PathBuf> {
    let set = |name| std::env::var_os(name).filter(|value: &std::ffi::OsString| !value.is_empty());
    let cache = set("XDG_CACHE_HOME")
        .map_or_else(|| Some(PathBuf::from(set("HOME")?).join(".cache")), |dir| Some(dir.into()));
    Some(cache?.join("mipi-dsi"))
}

/// A key for the parts of something: other parts, or parts that are divided differently, give another key. For names of
/// folders, not against an adversary (FNV-1a, 64 bits).
pub(super) fn key<'a>(parts: impl IntoIterator<Item = &'a [u8]>) -> String {
    let mut hash: u64 = 0xcbf2_9ce4_8422_2325;
    let mut add = |byte: u8| hash = (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
    for part in parts {
        part.len().to_le_bytes().into_iter().for_each(&mut add);
        part.iter().copied().for_each(&mut add);
    }
    format!("{hash:016x}")
}

/// Exclusive use of a folder, among all processes that ask; dropping it gives the folder back.
#[derive(Debug)]
pub(super) struct Lock {
    holder: Child,
}

impl Lock {
    /// Waits until the folder is free. `waits` is called first, if it is not.
    pub(super) fn take(folder: &Path, waits: &mut dyn FnMut()) -> io::Result<Self> {
        if let Some(lock) = Self::hold(folder, &["--nonblock"])? {
            return Ok(lock);
        }
        waits();
        Self::hold(folder, &[])?.ok_or_else(|| io::Error::other("flock gave no lock"))
    }

    /// flock(1) holds it for as long as its command runs, and that runs for as long as we hold its input. It prints a
    /// line when it has the lock.
    fn hold(folder: &Path, options: &[&str]) -> io::Result<Option<Self>> {
        let mut holder = Command::new("flock")
            .args(options)
            .args([
                folder.join("lock").as_os_str(),
                OsStr::new("sh"),
                OsStr::new("-c"),
                OsStr::new("echo; cat"),
            ])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let mut line = String::new();
        if let Some(said) = holder.stdout.as_mut() {
            BufReader::new(said).read_line(&mut line)?;
        }
        if line.is_empty() {
            holder.wait()?;
            return Ok(None);
        }
        Ok(Some(Self { holder }))
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        drop(self.holder.stdin.take());
        // It ends with its input; if it was killed, the lock is free too.
        let _ = self.holder.wait();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lock_that_another_holds_is_told_and_waited_for() {
        let folder = std::env::temp_dir().join(format!("linux-lab-lock-{}", std::process::id()));
        std::fs::create_dir_all(&folder).expect("a folder");
        let first = Lock::take(&folder, &mut || panic!("it is free")).expect("it is free");
        let mut first = Some(first);
        let mut told = 0;
        // It is given back when the other waits.
        let second = Lock::take(&folder, &mut || {
            told += 1;
            drop(first.take());
        });
        second.expect("it is free again");
        assert_eq!(told, 1);
        std::fs::remove_dir_all(folder).expect("its own folder");
    }

    #[test]
    fn a_key_depends_on_every_byte_and_on_the_division() {
        let keys =
            [key([&b"ab"[..], b"c"]), key([&b"a"[..], b"bc"]), key([&b"ab"[..], b"d"]), key([&b"abc"[..]])];
        for (index, one) in keys.iter().enumerate() {
            assert!(!keys[..index].contains(one));
        }
    }
}
