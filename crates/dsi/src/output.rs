//! Writing files that the user asked for.

use crate::Failure;
use std::path::Path;

/// Writes a whole file, or says which one could not be written.
pub(crate) fn write_file(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    std::fs::write(path, bytes)
        .map_err(|error| Failure::Input(format!("{}: can't be written: {error}", path.display())))
}
