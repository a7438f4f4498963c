//! `dsi run`: brings a board up, takes the steps, and says after each who is registered, attached, or gone but still
//! held.

use crate::cli::RunArguments;
use crate::orders::{self, Pair, bring_up, try_all};
use crate::output::{Output, write_file};
use crate::trace::Trace;
use crate::{Failure, Outcome, input, picture};
use board::live::{BoardOptions, LiveBoard, Refused, StepOutcome};
use std::io;
use std::rc::Rc;
use teardown_steps::Step;

pub(crate) fn run(arguments: &RunArguments) -> Result<Outcome, Failure> {
    // Bad steps are told before anything is done, and those that this board can't take before the first is taken.
    let script = arguments.script()?.unwrap_or_default();
    for step in &script.0 {
        step.for_hardware().map_err(|error| Failure::Input(format!("--steps: {error}")))?;
    }
    let board = input::read(&arguments.board)?;
    input::say_unused(&arguments.board.assumed, std::iter::once(&board));
    let trace = arguments.trace.as_ref().map(|_| Rc::new(Trace::new()));
    let options = BoardOptions {
        listener: trace.as_ref().map(Trace::listener),
        bus_listener: trace.as_ref().map(Trace::bus_listener),
        ..BoardOptions::default()
    };
    let live = bring_up(&board, &options, trace.as_ref().map(Trace::observer))?;

    for step in &script.0 {
        live.refuse_nonsense(step).map_err(|why| Failure::Input(format!("--steps: {step}: {why}")))?;
    }

    let mut out = Output::new();
    out.line(&format!("{} is up:", board.name))?;
    out.lines(live.status())?;
    let mut broken = write_breaches(&mut out, &live.breaches())?;
    let mut refused = None;
    for step in &script.0 {
        let outcome = match traced(trace.as_deref(), &live, step) {
            Ok(outcome) => outcome,
            Err(why) => {
                // The files are written all the same: they show how far it came.
                refused = Some(Failure::Input(format!("--steps: {step}: {why}")));
                break;
            }
        };
        out.line("")?;
        out.line(&format!("{step}: {}", outcome.what))?;
        out.lines(live.status())?;
        broken |= write_breaches(&mut out, &outcome.breaches)?;
    }
    if let Some(path) = &arguments.png {
        write_file(path, &picture::screens(&live)?)?;
        out.line("")?;
        out.line(&format!("What the screens show is in {}.", path.display()))?;
    }
    let pairs = orders::pairs(&live);
    broken |= write_breaches(&mut out, &live.take_down())?;
    if let (Some(path), Some(trace)) = (&arguments.trace, &trace) {
        write_file(path, trace.to_json().as_bytes())?;
        out.line(&format!("The trace is in {}; open it with ui.perfetto.dev.", path.display()))?;
    }
    if let Some(refused) = refused {
        return Err(refused);
    }
    if arguments.steps.is_none() {
        out.line("")?;
        for pair in &pairs {
            broken |= write_orders(&mut out, &board, pair)?;
        }
    } else if !broken {
        out.line("")?;
        out.line("Taken down: nothing is left, and every step kept the contract.")?;
    }
    Ok(if broken { Outcome::ContractBroken } else { Outcome::Fine })
}

fn traced(trace: Option<&Trace>, live: &LiveBoard, step: &Step) -> Result<StepOutcome, Refused> {
    let Some(trace) = trace else { return live.step(step) };
    trace.begin_step(&step.to_string());
    let outcome = live.step(step);
    match &outcome {
        Ok(outcome) => trace.end_step(&outcome.what),
        Err(refused) => trace.end_step(&format!("refused: {refused}")),
    }
    outcome
}

fn write_orders(out: &mut Output, board: &input::Board, pair: &Pair) -> Result<bool, Failure> {
    let orders = try_all(board, pair)?;
    let came = match orders.broken.len() {
        0 => "each kept the contract and left nothing".to_owned(),
        1 => "1 broke the contract".to_owned(),
        broken => format!("{broken} broke the contract"),
    };
    out.line(&format!(
        "Taken apart in all {} possible orders of up to three steps ({pair}): {came}.",
        orders.tried
    ))?;
    for (script, breach) in &orders.broken {
        out.line(&format!("  {script}: {breach}"))?;
    }
    Ok(!orders.broken.is_empty())
}

/// Writes the breaches, and returns whether there are any.
fn write_breaches(out: &mut Output, breaches: &[String]) -> io::Result<bool> {
    for breach in breaches {
        out.line(&format!("  BROKEN: {breach}"))?;
    }
    Ok(!breaches.is_empty())
}
