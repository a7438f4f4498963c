//! The command line.

use clap::{Args, Parser, Subcommand, ValueEnum};
use std::num::NonZeroU32;
use std::path::PathBuf;

/// Boots a real Linux under its own checkers, once for every order in which a DSI pipeline can be taken apart.
#[derive(Debug, Parser)]
#[command(name = "linux/lab", version, about, after_help = EXIT_CODES)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    pub(crate) command: Command,
}

const EXIT_CODES: &str = "Exit codes: 0 every order was judged (run and type: and is clean), 1 an order is an error, or \
differs from the table of verdicts (run and type: the kernel reported something), 2 nothing could be judged.";

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Builds the kernel, unless it is built already, and prints its path
    Build(KernelArguments),
    /// Runs the built-in orders, each in a boot of its own, and says what the kernel reported
    #[command(after_help = EXIT_CODES)]
    Orders(OrdersArguments),
    /// Takes each order with two threads many times, with different lengths of sleeps, and says how often the kernel
    /// reported what
    #[command(after_help = EXIT_CODES)]
    Races(RacesArguments),
    /// Runs one order, and shows the kernel's report
    #[command(after_help = RUN_HELP)]
    Run(RunArguments),
    /// Runs the KUnit suite of the bus, and says which tests have passed
    #[command(after_help = KUNIT_HELP)]
    Kunit(KunitArguments),
    /// Registers and unregisters hosts while other threads register, attach, send and leave on them
    #[command(after_help = ROUNDS_HELP)]
    Rounds(RoundsArguments),
    /// Measures on both cores what a write and the life of a device cost, without checkers
    Cost(CostArguments),
    /// Calls every function that sends on both cores, and says where they differ
    #[command(after_help = BYTES_HELP)]
    Bytes(BytesArguments),
    /// Runs the orders that are typed: modprobe, rmmod, bind and unbind of the kernel's own drivers in a user space
    #[command(after_help = EXIT_CODES)]
    UserSpace(UserSpaceArguments),
    /// Types your own commands in that user space, and shows the kernel's report
    #[command(after_help = TYPE_HELP)]
    Type(TypeArguments),
}

const RUN_HELP: &str = "\
The steps are those of `dsi run`, as far as the lab's drivers can take them (docs/steps.md): 'unbind' or 'bind' with host, \
peripheral, second host or second peripheral; 'command', 'second command', 'wait'. A step with 'start' before it runs in a \
thread of its own, and the next begins once that thread sleeps. 'plant' with the name of a fault (use-after-free, warning, \
lock-order, leak, hang and others, all in linux/lab-driver/plant.c) plants one of the lab's own faults.

The lab refuses an order that nobody can make before it boots anything.

Variants: `linux/lab orders --list` names them. '@' and a manner of host may follow.

Exit codes: 0 clean, 1 reported, 2 nothing could be judged.";

const KUNIT_HELP: &str = "\
Exit codes: 0 no test has failed, 1 some have, 2 the suite did not come to its end.";

const ROUNDS_HELP: &str = "\
Exit codes: 0 no checker reported and every attach was detached, 1 otherwise, 2 nothing could be said.";

const BYTES_HELP: &str = "\
Exit codes: 0 every difference is a defect that the drop-in mends, 1 some are not, 2 nothing could be compared.";

const TYPE_HELP: &str = "\
Without commands it says which modules are loaded, and how, before the first command. A command that fails ends the order \
with an error; a command with '! ' before it has to fail.

Exit codes: 0 clean, 1 reported, 2 nothing could be judged.";

#[derive(Debug, Args)]
pub(crate) struct SourceArguments {
    /// A kernel tree of your own, in place of the distribution's source package; the lab only reads it
    #[arg(long, value_name = "DIR")]
    pub(crate) source: Option<PathBuf>,
    /// More configuration, after the lab's own: a file with lines as in .config
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct KernelArguments {
    #[command(flatten)]
    pub(crate) source: SourceArguments,
    /// Which MIPI DSI bus the kernel has: its own, or the drop-in in Rust
    #[arg(long, value_name = "CORE", default_value = "stock")]
    pub(crate) core: Core,
    /// Puts a repair into the bus: remove-action, idempotent, own-references or fail-late, which were discussed; dsi-children,
    /// checked-host, unlist-first, put-device or put-node, which each mend one defect; or book
    #[arg(long, value_name = "NAME", conflicts_with = "core")]
    pub(crate) repair: Option<String>,
}

/// A MIPI DSI bus.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Core {
    /// The kernel's own drm_mipi_dsi.c
    Stock,
    /// The drop-in, linux/drop-in
    Rust,
}

#[derive(Debug, Args)]
pub(crate) struct KunitArguments {
    #[command(flatten)]
    pub(crate) kernel: KernelArguments,
    /// Only this test, which may be one that crashes the kernel's own core
    #[arg(long, value_name = "TEST")]
    pub(crate) only: Option<String>,
    /// Shows the whole log of the console
    #[arg(long)]
    pub(crate) log: bool,
}

#[derive(Debug, Args)]
pub(crate) struct RoundsArguments {
    #[command(flatten)]
    pub(crate) kernel: KernelArguments,
    /// With two processors, in qemu; without it with one, in User Mode Linux, whose threads change places where they sleep
    #[arg(long)]
    pub(crate) two: bool,
    /// How many hosts live and die
    #[arg(long, value_name = "N", default_value = "1000")]
    pub(crate) lives: NonZeroU32,
    /// Shows the whole log of the console
    #[arg(long)]
    pub(crate) log: bool,
}

#[derive(Debug, Args)]
pub(crate) struct CostArguments {
    #[command(flatten)]
    pub(crate) source: SourceArguments,
    /// With two processors, in qemu: in nanoseconds where KVM works, else in instructions; without it with one, in User Mode
    /// Linux, where the kernel's own atomic operations have no lock prefix, and Rust's and the two beside have
    #[arg(long)]
    pub(crate) two: bool,
    /// How often to measure; the least counts
    #[arg(long, value_name = "N", default_value = "5")]
    pub(crate) times: NonZeroU32,
}

#[derive(Debug, Args)]
pub(crate) struct BytesArguments {
    #[command(flatten)]
    pub(crate) source: SourceArguments,
    /// From what the arguments are drawn
    #[arg(long, value_name = "N", default_value = "1")]
    pub(crate) seed: NonZeroU32,
    /// How often each function is called
    #[arg(long, value_name = "N", default_value = "100")]
    pub(crate) rounds: NonZeroU32,
}

#[derive(Debug, Args)]
pub(crate) struct OrdersArguments {
    #[command(flatten)]
    pub(crate) kernel: KernelArguments,
    /// Which of the built-in orders; without it, all
    #[arg(long, value_enum)]
    pub(crate) group: Option<Group>,
    /// Only variants whose name contains one of these texts
    #[arg(long, value_name = "TEXT", value_delimiter = ',')]
    pub(crate) only: Vec<String>,
    /// Looks for leaks in every order, which takes three times as long; without it, only where a registration or a probe
    /// fails
    #[arg(long)]
    pub(crate) leaks: bool,
    /// Prints one line of JSON for each order, and no table
    #[arg(long)]
    pub(crate) json: bool,
    /// Prints one line of tab-separated values for each order of one group, as in linux/verdicts-6.12.tsv, and does not
    /// compare them with it
    #[arg(long, conflicts_with = "json")]
    pub(crate) tsv: bool,
    /// Only lists the orders
    #[arg(long)]
    pub(crate) list: bool,
}

/// A group of built-in orders.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum Group {
    /// One bridge or panel, managed or plain, on one host: 506 orders of up to three steps
    Basic,
    /// Two devices, two hosts, drivers with faults, hosts that refuse, send, or have other children
    Further,
    /// Two threads, on hosts that sleep
    Races,
}

#[derive(Debug, Args)]
pub(crate) struct RacesArguments {
    #[command(flatten)]
    pub(crate) kernel: KernelArguments,
    /// How many times to take each order, with the seeds from 1 to this
    #[arg(long, value_name = "N", default_value = "20")]
    pub(crate) times: NonZeroU32,
    /// Only variants whose name contains one of these texts
    #[arg(long, value_name = "TEXT", value_delimiter = ',')]
    pub(crate) only: Vec<String>,
    /// Prints one line of JSON for each order, and no table
    #[arg(long)]
    pub(crate) json: bool,
    /// Prints one line of tab-separated values for each order and outcome, as in linux/how-often-6.12.tsv, and does not
    /// compare them with it
    #[arg(long, conflicts_with = "json")]
    pub(crate) tsv: bool,
    /// Only lists the orders
    #[arg(long)]
    pub(crate) list: bool,
}

#[derive(Debug, Args)]
pub(crate) struct UserSpaceArguments {
    #[command(flatten)]
    pub(crate) kernel: KernelArguments,
    /// Only pipelines whose name contains one of these texts
    #[arg(long, value_name = "TEXT", value_delimiter = ',')]
    pub(crate) only: Vec<String>,
    /// Prints one line of JSON for each order, and no table
    #[arg(long)]
    pub(crate) json: bool,
    /// Prints one line of tab-separated values for each order, as in linux/verdicts-6.12-typed.tsv
    #[arg(long, conflicts_with = "json")]
    pub(crate) tsv: bool,
    /// Only lists the orders
    #[arg(long)]
    pub(crate) list: bool,
}

#[derive(Debug, Args)]
pub(crate) struct TypeArguments {
    #[command(flatten)]
    pub(crate) kernel: KernelArguments,
    /// The pipeline to type them at: sn65dsi83, lt8912b, icn6211, ili9881c or panel-simple
    pub(crate) pipeline: String,
    /// The commands, one in each argument
    pub(crate) commands: Vec<String>,
    /// In place of commands, steps that the lab types as commands: 'unload host, unbind peripheral' (docs/steps.md)
    #[arg(long, value_name = "STEPS", conflicts_with = "commands")]
    pub(crate) steps: Option<String>,
    /// Shows the whole log of the console
    #[arg(long)]
    pub(crate) log: bool,
}

#[derive(Debug, Args)]
pub(crate) struct RunArguments {
    #[command(flatten)]
    pub(crate) kernel: KernelArguments,
    /// The variant of peripheral; then '@' and a manner of host, unless it is the plain one
    pub(crate) variant: String,
    /// The steps, with commas between them
    pub(crate) steps: String,
    /// Draws the lengths of sleeps from this seed, as `linux/lab races` does with seeds from 1 on; without it they are fixed
    #[arg(long, value_name = "N")]
    pub(crate) seed: Option<NonZeroU32>,
    /// Shows the whole log of the console
    #[arg(long)]
    pub(crate) log: bool,
}
