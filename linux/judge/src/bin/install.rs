//! `linux/install`: reads the arguments, says what was done and what is left to do. What is done is the library's.

use clap::Parser;
use linux_lab::kernel::install::{self, What};
use std::path::PathBuf;
use std::process::{Command, ExitCode};

/// Puts the MIPI DSI bus in Rust into a Linux 6.12.y tree of yours, with its KUnit suite.
#[derive(Debug, Parser)]
#[command(name = "linux/install", version, about, after_help = AFTER_HELP)]
struct Arguments {
    /// The top of the kernel's tree
    kernel: PathBuf,
    /// Only the KUnit suite, which needs nothing of ours and goes into any kernel with a DSI bus
    #[arg(long)]
    kunit_only: bool,
    /// Takes out what was put in: the kernel's own files are as they were
    #[arg(long, conflicts_with = "kunit_only")]
    remove: bool,
}

const AFTER_HELP: &str = "\
Where the tree has a .config, the options are switched on in it. docs/drop-in.md says what the build needs.

Exit codes: 0 done, 2 refused, with what differs.";

fn main() -> ExitCode {
    match run(&Arguments::parse()) {
        Ok(said) => {
            println!("{said}");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("linux/install: {error}");
            ExitCode::from(2)
        }
    }
}

fn run(arguments: &Arguments) -> Result<String, Box<dyn std::error::Error>> {
    let kernel = arguments.kernel.as_path();
    if arguments.remove {
        install::remove(kernel)?;
        return Ok("taken out; the kernel's own files are as they were".to_owned());
    }
    let what = if arguments.kunit_only { What::Kunit } else { What::All };
    install::install(kernel, what)?;
    let options = install::options(what);
    let names = options.join(", ");
    if !kernel.join(".config").exists() {
        return Ok(format!("put in. Switch on in its configuration: {names}"));
    }
    let enable = options.iter().flat_map(|option| ["-e", option]);
    let status = Command::new("scripts/config").current_dir(kernel).args(enable).status();
    match status {
        Ok(status) if status.success() => {
            Ok(format!("put in, and switched on in .config: {names}. Next: make olddefconfig, make"))
        }
        _ => Err(format!("put in, but scripts/config could not switch on: {names}").into()),
    }
}
