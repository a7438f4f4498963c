//! `linux/lab`: reads the arguments, shows what goes on, and chooses the exit code. What is done is the library's.

mod cli;

use clap::Parser;
use cli::{Arguments, Command, KernelArguments, OrdersArguments, RunArguments};
use indicatif::{ProgressBar, ProgressStyle};
use linux_lab::boot::Leaks;
use linux_lab::kernel::{self, Kernel, Source};
use linux_lab::order::Order;
use linux_lab::orders::{Group, Judge, built_in, usual_leaks};
use linux_lab::output;
use linux_lab::step;
use linux_lab::variant::Variant;
use linux_lab::verdict::Verdict;
use std::io::{IsTerminal, Write};
use std::process::ExitCode;
use std::time::Duration;

/// Nothing could be judged.
const FAILED: u8 = 2;

type Failure = Box<dyn std::error::Error>;

fn main() -> ExitCode {
    let result = match Arguments::parse().command {
        Command::Build(arguments) => build(&arguments).and_then(|kernel| {
            print(&format!("{}\n", kernel.program.display()))?;
            Ok(true)
        }),
        Command::Orders(arguments) => orders(&arguments),
        Command::Run(arguments) => run(&arguments),
    };
    match result {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(failure) => {
            // If nobody reads that either, the exit code tells.
            let _ = writeln!(std::io::stderr(), "linux/lab: {failure}");
            ExitCode::from(FAILED)
        }
    }
}

fn print(text: &str) -> Result<(), Failure> {
    match std::io::stdout().lock().write_all(text.as_bytes()) {
        // Its reader has seen enough.
        Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => Ok(()),
        result => Ok(result?),
    }
}

/// A bar or a spinner, on a terminal only.
fn bar(length: Option<u64>, template: &str) -> Result<ProgressBar, Failure> {
    if !std::io::stderr().is_terminal() {
        return Ok(ProgressBar::hidden());
    }
    let bar = length.map_or_else(ProgressBar::new_spinner, ProgressBar::new);
    bar.set_style(ProgressStyle::with_template(template)?);
    bar.enable_steady_tick(Duration::from_millis(200));
    Ok(bar)
}

fn build(arguments: &KernelArguments) -> Result<Kernel, Failure> {
    let source = match &arguments.source {
        Some(folder) => Source::tree(folder)?,
        None => Source::package()?,
    };
    let more = match &arguments.config {
        Some(file) => {
            std::fs::read_to_string(file).map_err(|error| format!("{}: {error}", file.display()))?
        }
        None => String::new(),
    };
    let spinner = bar(None, "{spinner} {elapsed} building the kernel: {wide_msg}")?;
    let mut is_building = false;
    let kernel = kernel::build(&source, &more, &mut |line| {
        if !is_building && spinner.is_hidden() {
            // Whoever waits for minutes wants to know what for, without a terminal as well.
            let _ = writeln!(std::io::stderr(), "linux/lab: building the kernel; {line}");
        }
        is_building = true;
        spinner.set_message(line.trim().to_owned());
    });
    spinner.finish_and_clear();
    Ok(kernel?)
}

fn chosen(arguments: &OrdersArguments) -> Vec<Order> {
    let groups = match arguments.group {
        Some(cli::Group::Basic) => &[Group::Basic][..],
        Some(cli::Group::Further) => &[Group::Further],
        Some(cli::Group::Races) => &[Group::Races],
        None => &[Group::Basic, Group::Further, Group::Races],
    };
    let is_wanted = |order: &Order| {
        let name = order.variant.name();
        arguments.only.is_empty() || arguments.only.iter().any(|text| name.contains(text))
    };
    groups.iter().flat_map(|group| built_in(*group)).filter(is_wanted).collect()
}

fn orders(arguments: &OrdersArguments) -> Result<bool, Failure> {
    let orders = chosen(arguments);
    if orders.is_empty() {
        return Err("no order is left; `linux/lab orders --list` shows all".into());
    }
    if arguments.list {
        let lines =
            orders.iter().map(|order| format!("{}: {}\n", order.variant.name(), step::list(&order.steps)));
        print(&lines.collect::<String>())?;
        return Ok(true);
    }
    let kernel = build(&arguments.kernel)?;
    let judge = Judge::new(&kernel)?;
    let bar = bar(Some(orders.len() as u64), "{wide_bar} {pos}/{len} orders, {eta} to go")?;
    let leaks = |order: &Order| if arguments.leaks { Leaks::Looked } else { usual_leaks(order) };
    let judgements = judge.judge_all(&orders, &leaks, &|| bar.inc(1));
    bar.finish_and_clear();
    let judged: Vec<_> = orders.into_iter().zip(judgements?).collect();
    if arguments.json {
        let lines = judged.iter().map(|(order, judgement)| format!("{}\n", output::json(order, judgement)));
        print(&lines.collect::<String>())?;
    } else {
        print(&output::table(&judged))?;
    }
    Ok(!judged.iter().any(|(_, judgement)| matches!(judgement.verdict, Verdict::Error(_))))
}

fn run(arguments: &RunArguments) -> Result<bool, Failure> {
    let variant = Variant::named(&arguments.variant).ok_or_else(|| {
        format!("there is no variant '{}'; `linux/lab orders --list` names them", arguments.variant)
    })?;
    let steps = step::parse_list(&arguments.steps)?;
    let kernel = build(&arguments.kernel)?;
    let judge = Judge::new(&kernel)?;
    let order = Order { variant, steps };
    let (log, judgement) = judge.hear(&order, Leaks::Looked)?;
    if arguments.log {
        print(&log)?;
    }
    if let Verdict::Reported(report) = &judgement.verdict {
        print(&format!("{}\n\n", report.text.join("\n")))?;
    }
    let counts = judgement.counts;
    print(&format!(
        "{}: {}\n{}\nattach callbacks {}, detach callbacks {}, transfers {}\n",
        order.variant.name(),
        step::list(&order.steps),
        output::line(&judgement),
        counts.attaches,
        counts.detaches,
        counts.transfers
    ))?;
    match judgement.verdict {
        Verdict::Clean => Ok(true),
        Verdict::Reported(_) => Ok(false),
        Verdict::Error(reason) => Err(reason.to_string().into()),
    }
}
