//! `linux/lab`: reads the arguments, shows progress, and chooses the exit code. The library does the work.

mod asked_kernel;
mod cli;
mod progress;

use asked_kernel::{build, build_for, build_with, description, source};
use clap::Parser;
use cli::{
    Arguments, BytesArguments, Command, CostArguments, KernelArguments, KunitArguments, OrdersArguments,
    RacesArguments, RoundsArguments, RunArguments, TypeArguments, UserSpaceArguments,
};
use indicatif::FormattedDuration;
use lab_orders::built_in::{Group, built_in};
use lab_orders::pipeline::Pipeline;
use lab_orders::typed::{self, Typed};
use lab_orders::{Order, how_often, impossible, measured};
use linux_lab::boot::{Leaks, PATIENCE_S};
use linux_lab::bytes::{self, Mended};
use linux_lab::cost;
use linux_lab::facts;
use linux_lab::judge::{Judge, RunError, usual_leaks};
use linux_lab::kernel::{Checkers, Core, Machine, Processors};
use linux_lab::kunit;
use linux_lab::output;
use linux_lab::races;
use linux_lab::rounds;
use linux_lab::user_space::run::{self as typing, UserSpace};
use linux_lab::verdict::{Judgement, Verdict};
use progress::Progress;
use std::io::Write;
use std::process::ExitCode;
use std::time::Instant;
use teardown_steps::Script;

/// Nothing could be judged.
const FAILED: u8 = 2;

type Failure = Box<dyn std::error::Error>;

fn main() -> ExitCode {
    let result = match Arguments::parse().command {
        Command::Build(arguments) => build(&arguments).and_then(|kernel| {
            print(&format!("{}\n", kernel.program.display()))?;
            Ok(true)
        }),
        Command::Orders(arguments) => timed(arguments.list, || orders(&arguments)),
        Command::Races(arguments) => timed(arguments.list, || races(&arguments)),
        Command::Run(arguments) => run(&arguments),
        Command::Kunit(arguments) => kunit(&arguments),
        Command::Rounds(arguments) => timed(false, || rounds(&arguments)),
        Command::Cost(arguments) => timed(false, || cost(&arguments)),
        Command::Bytes(arguments) => timed(false, || bytes(&arguments)),
        Command::UserSpace(arguments) => timed(arguments.list, || user_space(&arguments)),
        Command::Type(arguments) => type_in(&arguments),
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

/// Says at the end how long it took, including the build of the kernel if there was one. Lists take no time.
fn timed(is_list: bool, work: impl FnOnce() -> Result<bool, Failure>) -> Result<bool, Failure> {
    let began = Instant::now();
    let result = work()?;
    if !is_list {
        writeln!(std::io::stderr(), "linux/lab: took {}", FormattedDuration(began.elapsed()))?;
    }
    Ok(result)
}

fn print(text: &str) -> Result<(), Failure> {
    match std::io::stdout().lock().write_all(text.as_bytes()) {
        // Its reader has seen enough.
        Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => Ok(()),
        result => Ok(result?),
    }
}

/// The orders of `groups`; if `only` has texts, those of variants whose names contain one.
fn chosen(groups: &[Group], only: &[String]) -> Result<Vec<Order>, Failure> {
    let is_wanted = |order: &Order| {
        let name = order.variant.name();
        only.is_empty() || only.iter().any(|text| name.contains(text))
    };
    let orders: Vec<_> = groups.iter().flat_map(|group| built_in(*group)).filter(is_wanted).collect();
    if orders.is_empty() {
        return Err("no order matches; `linux/lab orders --list` shows all".into());
    }
    Ok(orders)
}

fn list(orders: &[Order]) -> Result<bool, Failure> {
    print(&orders.iter().map(|order| format!("{order}\n")).collect::<String>())?;
    Ok(true)
}

fn orders(arguments: &OrdersArguments) -> Result<bool, Failure> {
    let groups = match arguments.group {
        Some(cli::Group::Basic) => &[Group::Basic][..],
        Some(cli::Group::Further) => &[Group::Further],
        Some(cli::Group::Races) => &[Group::Races],
        None => &Group::ALL,
    };
    let orders = chosen(groups, &arguments.only)?;
    if arguments.list {
        return list(&orders);
    }
    if arguments.tsv && arguments.group.is_none() && arguments.kernel.core == cli::Core::Stock {
        return Err("--tsv wants --group: each group has a table of its own".into());
    }
    let kernel = build(&arguments.kernel)?;
    let judge = Judge::new(&kernel)?;
    let progress = Progress::new(orders.len() as u64, "orders")?;
    let leaks = |order: &Order| if arguments.leaks { Leaks::Looked } else { usual_leaks(order) };
    let judgements = judge.judge_all(&orders, &leaks, &|| progress.has_done_one());
    progress.end();
    let judged: Vec<_> = orders.into_iter().zip(judgements.map_err(RunError::Boot)?).collect();
    let is_judged = !judged.iter().any(|(_, judgement)| matches!(judgement.verdict, Verdict::Error(_)));
    let facts = facts::of_orders(&judged);
    if arguments.tsv {
        let table = match (arguments.kernel.core, arguments.group) {
            (cli::Core::Rust, _) => measured::RUST,
            (cli::Core::Stock, Some(cli::Group::Further)) => measured::FURTHER,
            (cli::Core::Stock, Some(cli::Group::Races)) => measured::RACES,
            (cli::Core::Stock, _) => measured::BASIC,
        };
        print(&table.written(&description(&arguments.kernel)?, &facts))?;
        return Ok(is_judged);
    }
    if arguments.json {
        let lines = judged.iter().map(|(order, judgement)| format!("{}\n", output::json(order, judgement)));
        print(&lines.collect::<String>())?;
    } else {
        print(&output::table(&judged))?;
    }
    let tables = match arguments.kernel.core {
        cli::Core::Stock => &[measured::BASIC, measured::FURTHER, measured::RACES][..],
        cli::Core::Rust => &[measured::RUST],
    };
    let mut agree = is_judged;
    for table in tables {
        agree &= agrees(table.path, &table.differences(&facts), &arguments.kernel)?;
    }
    Ok(agree)
}

fn races(arguments: &RacesArguments) -> Result<bool, Failure> {
    let orders = chosen(&[Group::Races], &arguments.only)?;
    if arguments.list {
        return list(&orders);
    }
    let kernel = build(&arguments.kernel)?;
    let judge = Judge::new(&kernel)?;
    let boots = orders.len() as u64 * u64::from(arguments.times.get());
    let progress = Progress::new(boots, "boots")?;
    let taken = races::take(&judge, &orders, arguments.times, &|| progress.has_done_one());
    progress.end();
    let races::Tally { rows, errors } = races::tally(&taken.map_err(RunError::Boot)?);
    let said: String = errors.iter().map(|error| format!("linux/lab: {error}\n")).collect();
    std::io::stderr().lock().write_all(said.as_bytes())?;
    if arguments.tsv {
        print(&how_often::written(&description(&arguments.kernel)?, &rows))?;
        return Ok(errors.is_empty());
    }
    if arguments.json {
        print(&races::output::json(&rows).iter().map(|line| format!("{line}\n")).collect::<String>())?;
    } else {
        print(&races::output::table(&rows))?;
    }
    let differences = how_often::differences(how_often::TEXT, &rows)?;
    Ok(agrees(how_often::PATH, &differences, &arguments.kernel)? && errors.is_empty())
}

/// Says where a run differs from the committed table in `path`, which is of a kernel without a repair.
fn agrees(path: &str, differences: &[String], kernel: &KernelArguments) -> Result<bool, Failure> {
    if differences.is_empty() || kernel.repair.is_some() {
        return Ok(true);
    }
    let (count, differences) = (differences.len(), differences.join("\n"));
    let differ = if count == 1 { "1 order differs".to_owned() } else { format!("{count} orders differ") };
    let said = format!("linux/lab: {differ} from {path}:\n{differences}\n");
    std::io::stderr().lock().write_all(said.as_bytes())?;
    // A tree of the user's own may well be better.
    Ok(source(&kernel.source)?.may_change())
}

fn run(arguments: &RunArguments) -> Result<bool, Failure> {
    let order = Order::parse(&arguments.variant, &arguments.steps)?;
    if let Some(step) = impossible::first(&order) {
        return Err(step.into());
    }
    let kernel = build(&arguments.kernel)?;
    let judge = Judge::new(&kernel)?;
    let (log, judgement) = judge.hear(&order, Leaks::Looked, arguments.seed).map_err(RunError::Boot)?;
    if arguments.log {
        print(&log)?;
    }
    print_report(&judgement)?;
    let counts = &judgement.counts;
    print(&format!(
        "{order}\n{}\nattach callbacks {}, detach callbacks {}, transfers {}\n",
        output::line(&judgement),
        counts.attaches,
        counts.detaches,
        counts.transfers
    ))?;
    is_clean(judgement.verdict)
}

fn kunit(arguments: &KunitArguments) -> Result<bool, Failure> {
    let kernel = build(&arguments.kernel)?;
    let judge = Judge::new(&kernel)?;
    let log =
        judge.log_of(&kunit::arguments(arguments.only.as_deref()), PATIENCE_S).map_err(RunError::Boot)?;
    if arguments.log {
        print(&log)?;
    }
    let Some(tests) = kunit::read(&log).filter(|tests| !tests.is_empty()) else {
        return Err("the suite did not come to its end; --log shows where it stopped".into());
    };
    let line = |test: &kunit::Test| format!("{:8} {}\n", test.outcome.to_string(), test.name);
    print(&tests.iter().map(line).collect::<String>())?;
    Ok(tests.iter().all(|test| test.outcome != kunit::Outcome::Failed))
}

fn processors(two: bool) -> Processors {
    if two { Processors::Two } else { Processors::One }
}

fn cost(arguments: &CostArguments) -> Result<bool, Failure> {
    let machine = Machine { processors: processors(arguments.two), checkers: Checkers::Off };
    let kernel = |core| build_with(&arguments.source, machine, core, None);
    // Both are built before one is measured.
    let [stock, rust] = cost::measure(&kernel(Core::Stock)?, &kernel(Core::Rust)?, arguments.times.get())?;
    print(&cost::table(&stock, &rust))?;
    Ok(true)
}

fn rounds(arguments: &RoundsArguments) -> Result<bool, Failure> {
    let machine = Machine { processors: processors(arguments.two), checkers: Checkers::On };
    let kernel = build_for(machine, &arguments.kernel)?;
    let judge = Judge::new(&kernel)?;
    let log = judge
        .log_of(&rounds::arguments(arguments.lives.get()), rounds::PATIENCE_S)
        .map_err(RunError::Boot)?;
    if arguments.log {
        print(&log)?;
    }
    let rounds = rounds::read(&log)?;
    if let Some(report) = rounds.reports.first() {
        print(&format!("{}\n\n", report.text.join("\n")))?;
    }
    let counts: Vec<_> = rounds.counts.iter().map(|(name, count)| format!("{name} {count}")).collect();
    print(&format!("{} reports; {}\n", rounds.reports.len(), counts.join(", ")))?;
    Ok(rounds.is_clean())
}

fn bytes(arguments: &BytesArguments) -> Result<bool, Failure> {
    let told =
        vec![format!("dsi_lab.bytes={}", arguments.seed), format!("dsi_lab.rounds={}", arguments.rounds)];
    let log_of = |core| -> Result<String, Failure> {
        let kernel = build_with(&arguments.source, Machine::default(), core, None)?;
        Ok(Judge::new(&kernel)?.log_of(&told, PATIENCE_S).map_err(RunError::Boot)?)
    };
    let comparison = bytes::compare(&log_of(Core::Stock)?, &log_of(Core::Rust)?)?;
    let bytes::Comparison { calls, functions, differences } = &comparison;
    print(&format!("{functions} functions, {calls} calls and packets, {} differences\n", differences.len()))?;
    for mended in [Mended::D12, Mended::D13, Mended::D14] {
        let count = differences.iter().filter(|difference| difference.mended == Some(mended)).count();
        print(&format!("{count:6} {mended}\n"))?;
    }
    for difference in differences.iter().filter(|difference| difference.mended.is_none()) {
        print(&format!("stock: {}\nRust:  {}\n", difference.stock, difference.rust))?;
    }
    Ok(comparison.agrees())
}

fn print_report(judgement: &Judgement) -> Result<(), Failure> {
    match &judgement.verdict {
        Verdict::Reported(report) => print(&format!("{}\n\n", report.text.join("\n"))),
        _ => Ok(()),
    }
}

fn is_clean(verdict: Verdict) -> Result<bool, Failure> {
    match verdict {
        Verdict::Clean => Ok(true),
        Verdict::Reported(_) | Verdict::NotTaken(_) => Ok(false),
        Verdict::Error(reason) => Err(reason.to_string().into()),
    }
}

fn user_space(arguments: &UserSpaceArguments) -> Result<bool, Failure> {
    let is_wanted = |typed: &Typed| {
        let name = typed.pipeline.name;
        arguments.only.is_empty() || arguments.only.iter().any(|text| name.contains(text))
    };
    let orders: Vec<_> = typed::built_in().into_iter().filter(is_wanted).collect();
    if orders.is_empty() {
        return Err("no order matches; `linux/lab user-space --list` shows all".into());
    }
    if arguments.list {
        let line = |typed: &Typed| format!("{}: {}\n", typed.pipeline.name, typed.commands.join("; "));
        print(&orders.iter().map(line).collect::<String>())?;
        return Ok(true);
    }
    let kernel = build(&arguments.kernel)?;
    let judge = Judge::new(&kernel)?;
    let user_space = UserSpace::new(&judge).map_err(RunError::Boot)?;
    let progress = Progress::new(orders.len() as u64, "orders")?;
    let judgements = user_space.judge_all(&orders, &|| progress.has_done_one());
    progress.end();
    let judged: Vec<_> = orders.into_iter().zip(judgements.map_err(RunError::Boot)?).collect();
    let is_judged = !judged.iter().any(|(_, judgement)| matches!(judgement.verdict, Verdict::Error(_)));
    let facts = facts::of_typed(&judged);
    let table = match arguments.kernel.core {
        cli::Core::Stock => measured::TYPED,
        cli::Core::Rust => measured::RUST_TYPED,
    };
    if arguments.tsv {
        print(&table.written(&description(&arguments.kernel)?, &facts))?;
        return Ok(is_judged);
    }
    if arguments.json {
        let lines = judged.iter().map(|(typed, judgement)| format!("{}\n", typing::json(typed, judgement)));
        print(&lines.collect::<String>())?;
    } else {
        print(&typing::table(&judged))?;
    }
    Ok(agrees(table.path, &table.differences(&facts), &arguments.kernel)? && is_judged)
}

fn type_in(arguments: &TypeArguments) -> Result<bool, Failure> {
    let pipeline = Pipeline::named(&arguments.pipeline).ok_or_else(|| {
        format!("there is no pipeline '{}'; `linux/lab user-space --list` names them", arguments.pipeline)
    })?;
    let commands = match &arguments.steps {
        Some(steps) => pipeline.commands(&steps.parse::<Script>()?)?,
        None => arguments.commands.clone(),
    };
    if commands.is_empty() {
        print(&format!("{}\n", pipeline.set_up().join("\n")))?;
        return Ok(true);
    }
    let kernel = build(&arguments.kernel)?;
    let judge = Judge::new(&kernel)?;
    let typed = Typed { pipeline, commands };
    let (log, judgement) =
        UserSpace::new(&judge).and_then(|user_space| user_space.hear(&typed)).map_err(RunError::Boot)?;
    if arguments.log {
        print(&log)?;
    }
    print_report(&judgement)?;
    print(&format!(
        "{}: {}\n{}\n{}\n",
        pipeline.name,
        typed.commands.join("; "),
        output::line(&judgement),
        typing::asked(&judgement.counts)
    ))?;
    is_clean(judgement.verdict)
}
