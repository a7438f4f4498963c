//! `dsi run`: brings a board up, takes the steps, and says after each who is registered, attached, gone but held.

use crate::cli::RunArguments;
use crate::orders::{bring_up, try_all};
use crate::output::{Output, write_file};
use crate::trace::Trace;
use crate::{Failure, Outcome, input, picture};
use board::live::{BoardOptions, LiveBoard, Step};
use std::io::{self, Write};
use std::rc::Rc;

pub(crate) fn run(arguments: &RunArguments) -> Result<Outcome, Failure> {
    // Bad steps are told before anything is done.
    let steps = match &arguments.steps {
        None => vec![],
        Some(steps) => Step::script(steps).map_err(|error| Failure::Input(format!("--steps: {error}")))?,
    };
    let board = input::read(&arguments.board)?;
    let trace = arguments.trace.as_ref().map(|_| Rc::new(Trace::new()));
    let options = BoardOptions { listener: trace.as_ref().map(Trace::listener), ..BoardOptions::default() };
    let live = bring_up(&board, &options, trace.as_ref().map(Trace::observer))?;

    let mut out = Output::new();
    writeln!(out, "{} is up:", board.name)?;
    write!(out, "{}", live.status())?;
    let mut broken = write_breaches(&mut out, &live.breaches())?;
    for step in &steps {
        let outcome = traced(trace.as_deref(), &live, step)
            .map_err(|refused| Failure::Input(format!("--steps: {step}: {refused}")))?;
        writeln!(out, "\n{step}: {}", outcome.what)?;
        write!(out, "{}", live.status())?;
        broken |= write_breaches(&mut out, &outcome.breaches)?;
    }
    if let Some(path) = &arguments.png {
        write_file(path, &picture::screens(&live)?)?;
        writeln!(out, "\nWhat the screens show is in {}.", path.display())?;
    }
    broken |= write_breaches(&mut out, &live.take_down())?;
    if let (Some(path), Some(trace)) = (&arguments.trace, &trace) {
        write_file(path, trace.to_json().as_bytes())?;
        writeln!(out, "The trace is in {}; open it with ui.perfetto.dev.", path.display())?;
    }
    if arguments.steps.is_none() {
        broken |= write_orders(&mut out, &board)?;
    } else if !broken {
        writeln!(out, "\nTaken down: nothing is left, and every step kept the contract.")?;
    }
    Ok(if broken { Outcome::ContractBroken } else { Outcome::Fine })
}

fn traced(
    trace: Option<&Trace>,
    live: &LiveBoard,
    step: &Step,
) -> Result<board::live::StepOutcome, board::live::Refused> {
    let Some(trace) = trace else { return live.step(step) };
    trace.begin_step(&step.to_string());
    let outcome = live.step(step);
    trace.end_step();
    outcome
}

fn write_orders(out: &mut impl Write, board: &input::Board) -> Result<bool, Failure> {
    let orders = try_all(board)?;
    writeln!(
        out,
        "\nTaken apart in all {} orders of up to three steps (unbind and bind either end, a command): {}.",
        orders.tried,
        match orders.broken.len() {
            0 => "each kept the contract and left nothing".to_owned(),
            1 => "1 broke the contract".to_owned(),
            broken => format!("{broken} broke the contract"),
        }
    )?;
    for (script, breach) in &orders.broken {
        writeln!(out, "  {script}: {breach}")?;
    }
    Ok(!orders.broken.is_empty())
}

/// Whether there are any.
fn write_breaches(out: &mut impl Write, breaches: &[String]) -> io::Result<bool> {
    for breach in breaches {
        writeln!(out, "  BROKEN: {breach}")?;
    }
    Ok(!breaches.is_empty())
}
