//! The command line.

use crate::Failure;
use crate::overlays::OverlayArguments;
use board::facts::Assumed;
use clap::{Args, Parser, Subcommand};
use std::path::PathBuf;
use std::str::FromStr;
use teardown_check::Property;
use teardown_steps::Script;

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
    /// Prints the DSI pipelines of a board, and what Linux 6.12 makes of them
    #[command(after_help = TOPOLOGY_HELP)]
    Topology(TopologyArguments),
    /// Searches every teardown order, with every interleaving, under every model of ownership
    #[command(after_help = CHECK_HELP)]
    Check(CheckArguments),
    /// Brings a board up on virtual hardware, shows a picture, and takes it apart
    #[command(after_help = RUN_HELP)]
    Run(RunArguments),
}

const TOPOLOGY_HELP: &str = "\
If a host or peripheral does not simply come up, the line below it says what happens: no picture, deferred for ever, or an \
error, with the function of the kernel that returns it. Warnings say what is wrong with the tree, and what can't be judged. \
The tool assumes that clocks, regulators, the rest of the display and what is behind a bridge are there.

Exit codes: 0 fine, 2 bad input or usage.";

const RUN_HELP: &str = "\
Steps: bind, unbind, load, unload, pull, plug or command, and then host, peripheral, second host, second peripheral or the \
name of a device as sysfs shows it, with commas between the steps. Both ends start bound. A command, pull or plug without a \
target goes to the first peripheral. With --model there are hold, read and more, and several actors: 'a: unbind host until \
remove.host, b: command'. docs/steps.md describes the language, which `dsi check` and `linux/lab` use as well.

The device of a panel on the DSI bus goes with its host, so for such a panel the script 'unbind host, command' stops at the \
command. Without --steps the tool tries every order of up to three steps of each pipeline, each on a fresh board.

A model covers the DSI bus alone: it knows nothing of chips, clocks, regulators or DRM.

Exit codes: 0 fine, 1 a step broke the contract, 2 bad input or usage.";

const CHECK_HELP: &str = "\
Models: linux-6.12 and the repairs that were discussed for it, remove-action, idempotent, own-references, fail-late and \
notify, which are expected to fail; and mipi-dsi, this project's bus, which has to hold.

Exit codes: 0 mipi-dsi holds (with --model: every named model holds; with --lab: model and kernel agree), 1 not, 2 bad \
input or usage, or nothing was judged.";

#[derive(Debug, Args)]
pub(crate) struct CheckArguments {
    /// Device tree blobs (.dtb) of boards; without any, the built-in board
    #[arg(value_name = "BOARD.dtb")]
    pub(crate) boards: Vec<PathBuf>,
    #[command(flatten)]
    pub(crate) overlays: OverlayArguments,
    /// Says what a compatible is that no driver knows: panel, bridge, managed-bridge (by devm) or host; may be given several
    /// times
    #[arg(long = "as", value_name = "COMPATIBLE=KIND")]
    pub(crate) assumed: Vec<Assumed>,
    /// A model to search; may be given several times; without it, all models
    #[arg(long, value_name = "NAME")]
    pub(crate) model: Vec<String>,
    /// How many actors may be in the middle of an action at a time
    #[arg(long, value_name = "N", default_value_t = 2, value_parser = clap::builder::RangedU64ValueParser::<usize>::new().range(1..=6))]
    pub(crate) actors: usize,
    /// Shows only the ways to break this property, such as use-after-free
    #[arg(long, value_name = "NAME")]
    pub(crate) property: Option<String>,
    /// Prints JSON
    #[arg(long)]
    pub(crate) json: bool,
    /// Writes a page with the matrix and a timeline of each way to break something
    #[arg(long, value_name = "FILE")]
    pub(crate) html: Option<PathBuf>,
    /// Searches only the I-th of N parts of the shapes, so that several machines can share them
    #[arg(long, value_name = "I/N")]
    pub(crate) shard: Option<Shard>,
    /// In place of boards: predicts what a kernel reports for each order of `linux/lab`, and compares that with what a real
    /// one reported
    #[arg(long, conflicts_with_all = ["boards", "overlays", "overlay_as", "board_parameters", "assumed", "property", "html", "shard", "serve"])]
    pub(crate) lab: bool,
    /// With --lab: a table that `linux/lab orders`, `races` or `user-space` wrote with --tsv, with its head, in place of the
    /// built-in ones (of Linux 6.12 and of kernels with a repair); may be given several times
    #[arg(long, value_name = "FILE", requires = "lab")]
    pub(crate) verdicts: Vec<PathBuf>,
    /// Opens stateright's explorer on 127.0.0.1:3000 for the first shape and one model; needs a dsi that was built with the
    /// feature `explorer`
    #[arg(long)]
    pub(crate) serve: bool,
}

impl CheckArguments {
    /// The property that was asked for.
    pub(crate) fn property(&self) -> Result<Option<Property>, Failure> {
        self.property.as_deref().map(property).transpose()
    }
}

/// The property with this name.
pub(crate) fn property(name: &str) -> Result<Property, Failure> {
    Property::ALL.into_iter().find(|property| property.name() == name).ok_or_else(|| {
        let there_are: Vec<&str> = Property::ALL.iter().map(|property| property.name()).collect();
        Failure::Input(format!("there is no property '{name}'; there are: {}", there_are.join(", ")))
    })
}

/// One of several equal parts, counted from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Shard {
    pub(crate) index: usize,
    pub(crate) of: usize,
}

impl std::fmt::Display for Shard {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}/{}", self.index, self.of)
    }
}

impl FromStr for Shard {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let parts =
            text.split_once('/').and_then(|(index, of)| Some((index.parse().ok()?, of.parse().ok()?)));
        match parts {
            Some((index, of)) if (1..=of).contains(&index) => Ok(Self { index, of }),
            _ => Err("expected I/N with I from 1 to N, such as 1/4".to_owned()),
        }
    }
}

#[derive(Debug, Args)]
pub(crate) struct BoardArguments {
    /// The board's device tree blob (.dtb); without it, the built-in board
    #[arg(value_name = "BOARD.dtb")]
    pub(crate) board: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) overlays: OverlayArguments,
    /// Says what a compatible is that no driver knows: panel, bridge, managed-bridge (by devm) or host; may be given several
    /// times
    #[arg(long = "as", value_name = "COMPATIBLE=KIND")]
    pub(crate) assumed: Vec<Assumed>,
}

#[derive(Debug, Args)]
pub(crate) struct TopologyArguments {
    #[command(flatten)]
    pub(crate) board: BoardArguments,
    /// Prints JSON: {"pipelines":[{"host":{…},"device":{…}}],"warnings":[…]}
    #[arg(long)]
    pub(crate) json: bool,
}

impl RunArguments {
    /// The steps that were asked for.
    pub(crate) fn script(&self) -> Result<Option<Script>, Failure> {
        let parse = |text: &String| {
            text.parse().map_err(|error| Failure::Input(format!("--steps: {error}; see docs/steps.md")))
        };
        self.steps.as_ref().map(parse).transpose()
    }
}

#[derive(Debug, Args)]
pub(crate) struct RunArguments {
    #[command(flatten)]
    pub(crate) board: BoardArguments,
    /// What to do to the board, such as 'unbind host, command, unbind peripheral'
    #[arg(long, value_name = "STEPS")]
    pub(crate) steps: Option<String>,
    /// Takes the steps under this model of ownership instead of on virtual hardware, and stops at the first property that a
    /// step breaks; the models are those of `dsi check`
    #[arg(long, value_name = "NAME")]
    pub(crate) model: Option<String>,
    /// With --model: stops only where this property is broken, such as use-after-free
    #[arg(long, value_name = "NAME", requires = "model")]
    pub(crate) property: Option<String>,
    /// Writes what the virtual screens show at the end of the steps
    #[arg(long, value_name = "FILE", conflicts_with = "model")]
    pub(crate) png: Option<PathBuf>,
    /// Writes a Chrome trace of everything that happens, which Perfetto opens
    #[arg(long, value_name = "FILE", conflicts_with = "model")]
    pub(crate) trace: Option<PathBuf>,
}
