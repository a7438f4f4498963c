//! What the tool writes: its output, and files that the user asked for.

use crate::Failure;
use std::io::{self, ErrorKind, StdoutLock, Write};
use std::path::Path;

/// The standard output. Once its reader has gone (`dsi run | head -1`) it swallows what comes: the steps are taken, the
/// files written and the verdict told by the exit code all the same.
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
    std::fs::write(path, bytes)
        .map_err(|error| Failure::Input(format!("{}: can't be written: {error}", path.display())))
}
