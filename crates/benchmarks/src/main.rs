//! Reads the output of the benchmarks on its standard input and prints the tables; called by `scripts/bench`.

use std::io::{Read, Result, Write, stdin, stdout};

use benchmarks::report::Figures;

fn main() -> Result<()> {
    let mut text = String::new();
    stdin().read_to_string(&mut text)?;
    let figures = Figures::read(&text);
    let mut out = stdout().lock();
    writeln!(out, "## Numbers to hold\n\n{}", figures.summary())?;
    for (file, command) in [
        ("bus", "cargo bench -p mipi-dsi --bench bus"),
        ("checksum", "cargo bench -p benchmarks --bench checksum"),
        ("packet", "cargo bench -p benchmarks --bench packet"),
        ("frame", "cargo bench -p benchmarks --bench frame"),
    ] {
        if figures.below(&format!("{file}/")).next().is_some() {
            writeln!(out, "## {file}: `{command}`\n\n{}", figures.table(file))?;
        }
    }
    Ok(())
}
