//! What the tool writes: its output, and the files that the user asked for.

use crate::Failure;
use board::text::visible;
use std::io::{self, ErrorKind, StdoutLock, Write};
use std::os::unix::fs::FileTypeExt;
use std::path::Path;

/// The standard output. Once its reader has gone (`dsi run | head -1`), it swallows the rest: the tool still takes the
/// steps, writes the files and gives the verdict in its exit code.
pub(crate) struct Output {
    stdout: StdoutLock<'static>,
    nobody_reads: bool,
}

impl Output {
    pub(crate) fn new() -> Self {
        Self { stdout: io::stdout().lock(), nobody_reads: false }
    }

    fn try_to<T>(
        &mut self,
        swallowed: T,
        act: impl FnOnce(&mut StdoutLock<'static>) -> io::Result<T>,
    ) -> io::Result<T> {
        if self.nobody_reads {
            return Ok(swallowed);
        }
        match act(&mut self.stdout) {
            Err(error) if error.kind() == ErrorKind::BrokenPipe => {
                self.nobody_reads = true;
                Ok(swallowed)
            }
            result => result,
        }
    }
}

impl Output {
    /// One line for people: control characters in what a hostile blob calls its nodes do not reach the terminal.
    pub(crate) fn line(&mut self, text: &str) -> io::Result<()> {
        writeln!(self, "{}", visible(text))
    }

    /// Text of several lines, each of which is already visible text.
    pub(crate) fn lines(&mut self, text: impl std::fmt::Display) -> io::Result<()> {
        write!(self, "{text}")
    }
}

impl Write for Output {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.try_to(bytes.len(), |stdout| stdout.write(bytes))
    }

    fn flush(&mut self) -> io::Result<()> {
        self.try_to((), Write::flush)
    }
}

/// Writes a whole file, or says which one could not be written.
pub(crate) fn write_file(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    refuse_what_is_no_file(path)?;
    std::fs::write(path, bytes)
        .map_err(|error| Failure::Input(format!("{}: can't be written: {error}", path.display())))
}

/// Refuses a directory, and files that would wait for somebody at their other end, before opening them.
pub(crate) fn refuse_what_is_no_file(path: &Path) -> Result<(), Failure> {
    // What does not exist is told, or made, by whoever opens it.
    let Ok(metadata) = std::fs::metadata(path) else { return Ok(()) };
    let kind = metadata.file_type();
    let is = if kind.is_dir() {
        "a directory"
    } else if kind.is_fifo() {
        "a pipe"
    } else if kind.is_socket() {
        "a socket"
    } else {
        return Ok(());
    };
    Err(Failure::Input(format!("{}: this is {is}; give a file", path.display())))
}
