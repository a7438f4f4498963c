//! `dsi`: takes a real board's device tree, finds its DSI pipelines, brings them up on virtual hardware, and takes them
//! apart.
//!
//! Reads the arguments and chooses the exit code, nothing else: the `board` crate finds and does things, and
//! each subcommand is a module.

mod check;
mod cli;
mod input;
mod orders;
mod output;
mod overlays;
mod picture;
mod run;
mod run_model;
mod topology;
mod trace;

use clap::Parser;
use std::io::Write;
use std::process::ExitCode;

/// All is well.
const FINE: u8 = 0;
/// A step broke the contract.
const BROKEN: u8 = 1;
/// Bad input or usage.
const BAD_INPUT: u8 = 2;

fn main() -> ExitCode {
    let result = match cli::Arguments::parse().command {
        cli::Command::Topology(arguments) => topology::topology(&arguments),
        cli::Command::Check(arguments) => check::check(&arguments),
        cli::Command::Run(arguments) => match &arguments.model {
            Some(model) => run_model::run(&arguments, model),
            None => run::run(&arguments),
        },
    };
    match result {
        Ok(Outcome::Fine) => ExitCode::from(FINE),
        Ok(Outcome::ContractBroken) => ExitCode::from(BROKEN),
        Err(failure) => {
            // If nobody reads that either, the exit code tells.
            let _ = writeln!(std::io::stderr(), "dsi: {failure}");
            ExitCode::from(BAD_INPUT)
        }
    }
}

/// How a subcommand that did its work ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Outcome {
    /// All is well.
    Fine,
    /// A step broke the contract.
    ContractBroken,
}

/// Why a subcommand could not do its work.
#[derive(Debug)]
enum Failure {
    /// The tool can't do what was asked with what it was given: a sentence that names the file, the node, and what to
    /// do.
    Input(String),
    /// The output could not be written.
    Output(std::io::Error),
}

impl std::fmt::Display for Failure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            // File names and trees may have any characters in them; a message is one line.
            Self::Input(sentence) => f.write_str(&board::text::visible(sentence)),
            Self::Output(error) => write!(f, "the output can't be written: {error}"),
        }
    }
}

impl From<std::io::Error> for Failure {
    fn from(error: std::io::Error) -> Self {
        Self::Output(error)
    }
}
