//! The command line.

use clap::{Args, Parser, Subcommand};
use std::path::PathBuf;

/// Takes a board's device tree, brings its DSI pipelines up on virtual hardware, and takes them apart.
#[derive(Debug, Parser)]
#[command(version, about, after_help = EXIT_CODES)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    pub(crate) command: Command,
}

const EXIT_CODES: &str = "Exit codes: 0 fine, 1 a step broke the contract, 2 bad input or usage.";

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Prints the DSI pipelines of a board
    #[command(after_help = EXIT_CODES)]
    Topology(TopologyArguments),
    /// Brings a board up on virtual hardware, shows a picture, and takes it apart
    #[command(after_help = RUN_HELP)]
    Run(RunArguments),
}

const RUN_HELP: &str = "\
Steps: bind, unbind, load, unload, pull, plug or command, and then host, peripheral or the name of a device as sysfs \
shows it. Both ends start bound. A command, pull or plug without a target goes to the first peripheral. A \
child panel's device goes with its host, so on one the script 'unbind host, command' stops there. Without --steps \
every order of up to three steps of each pipeline is tried, each on a fresh board.

Exit codes: 0 fine, 1 a step broke the contract, 2 bad input or usage.";

#[derive(Debug, Args)]
pub(crate) struct BoardArguments {
    /// The board's device tree blob (.dtb); without it, the board of the thread that is built in
    #[arg(value_name = "BOARD.dtb")]
    pub(crate) board: Option<PathBuf>,
    /// A compiled overlay (.dtbo) to apply to it; may be given several times, in this order
    #[arg(long, value_name = "FILE")]
    pub(crate) overlay: Vec<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct TopologyArguments {
    #[command(flatten)]
    pub(crate) board: BoardArguments,
    /// Prints JSON: {"pipelines":[{"host":{…},"device":{…}}]}
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct RunArguments {
    #[command(flatten)]
    pub(crate) board: BoardArguments,
    /// What to do to the board, such as 'unbind host, command, unbind peripheral'
    #[arg(long, value_name = "STEPS")]
    pub(crate) steps: Option<String>,
    /// Writes what the virtual screens show at the end of the steps
    #[arg(long, value_name = "FILE")]
    pub(crate) png: Option<PathBuf>,
    /// Writes a Chrome trace of everything that happens, which Perfetto opens
    #[arg(long, value_name = "FILE")]
    pub(crate) trace: Option<PathBuf>,
}
