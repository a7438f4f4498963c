//! `dsi run --model`: takes steps under a model of ownership, and stops where one breaks a property.

use crate::check::not_judged::NotJudged;
use crate::check::shapes::{self, Part};
use crate::check::{self, story};
use crate::cli::{self, RunArguments};
use crate::input::{self, Board};
use crate::output::Output;
use crate::{Failure, Outcome};
use board::NodeId;
use board::names::{Name, Names};
use board::pipeline::Connection;
use std::collections::BTreeSet;
use teardown_check::Property;
use teardown_steps::{Act, Does, End, Script, Step, Target, Verb};

pub(crate) fn run(arguments: &RunArguments, model: &str) -> Result<Outcome, Failure> {
    let model = check::named(model)?;
    let property = arguments.property.as_deref().map(cli::property).transpose()?;
    let Some(script) = arguments.script()? else {
        return Err(Failure::Input(
            "--model needs --steps; `dsi check --model` searches all orders".to_owned(),
        ));
    };
    let board = input::read(&arguments.board)?;
    input::say_unused(&arguments.board.assumed, std::iter::once(&board));
    let (parts, not_judged) = shapes::parts(&board);
    let script = if parts.len() == 1 && not_judged.is_empty() { script } else { name_ends(&board, script) };
    let part = choose(&parts, &script).ok_or_else(|| {
        let is_named = |one: &&NotJudged| targets(&script).any(|target| *target == Target::named(&one.name));
        if let Some(one) = not_judged.iter().find(is_named) {
            return not_judged_failure(&board, one);
        }
        let names = parts.iter().flat_map(|part| part.names.hosts.iter().chain(&part.names.peripherals));
        let names: Vec<&str> = names.map(String::as_str).collect();
        match (names.is_empty(), not_judged.first()) {
            (true, None) => check::no_pipeline(&board),
            (true, Some(one)) => not_judged_failure(&board, one),
            (false, _) => Failure::Input(format!(
                "--steps: no part of {} has all the devices that the steps name; there are: {}",
                board.name,
                names.join(", ")
            )),
        }
    })?;
    let mut out = Output::new();
    let replay = model
        .follow(&part.shape, &part.names, &script, property)
        .map_err(|error| Failure::Input(format!("--steps: {error}")))?;
    out.line(&format!("{} on {}: {}", model.name(), board.name, shapes::describe(&part.shape)))?;
    for line in story::lines(&replay, &part.names) {
        out.line(&line)?;
    }
    out.line("")?;
    let broken: BTreeSet<Property> = replay.taken.iter().flat_map(|taken| taken.broken.iter()).collect();
    let names = |broken: &BTreeSet<Property>| {
        broken.iter().map(|property| property.name()).collect::<Vec<_>>().join(", ")
    };
    let ends_it = |broken: &Property| property.is_none_or(|wanted| wanted == *broken) || broken.is_fatal();
    if broken.iter().any(ends_it) {
        out.line(&format!("Broken: {}.", names(&broken)))?;
        return Ok(Outcome::ContractBroken);
    }
    match property {
        None => out.line("No step broke a property of the DSI bus; a model knows nothing else.")?,
        Some(property) if broken.is_empty() => {
            out.line(&format!("No step broke {}, nor any other property.", property.name()))?;
        }
        Some(property) => out.line(&format!(
            "No step broke {}; other properties that broke: {}.",
            property.name(),
            names(&broken)
        ))?,
    }
    Ok(Outcome::Fine)
}

fn not_judged_failure(board: &Board, one: &NotJudged) -> Failure {
    Failure::Input(format!("{}: no order can be judged: {}: {}", board.name, one.name, one.why))
}

/// The part of the board that the script is about: the first that has all devices that the script names. (If a board has
/// several parts, `dsi check` names their ends in full.)
fn choose<'a>(parts: &'a [Part], script: &Script) -> Option<&'a Part> {
    parts.iter().find(|part| targets(script).all(|target| part.names.find(target).is_some()))
}

fn targets(script: &Script) -> impl Iterator<Item = &Target> {
    script.0.iter().filter_map(|step| match step {
        Step::By { does: Does::Act(act), .. } | Step::Start(act) => act.target(),
        Step::By { .. } | Step::Wait | Step::Plant(_) => None,
    })
}

/// The script with the names of the ends that it numbers: the second host is the board's, as on virtual hardware, whatever
/// part it is in.
fn name_ends(board: &Board, mut script: Script) -> Script {
    let (hosts, peripherals) = ends(board);
    let named = |end: End| match end {
        End::Host(nth) => hosts.get(nth.index()),
        End::Peripheral(nth) => peripherals.get(nth.index()),
    };
    for step in &mut script.0 {
        let (Step::By { does: Does::Act(act), .. } | Step::Start(act)) = step else { continue };
        match act {
            Act::Do(_, target) => {
                if let Target::End(end) = target
                    && let Some(name) = named(*end)
                {
                    *target = Target::named(name);
                }
            }
            // The second DSI device may be that of a second link; the model says what it makes of that.
            Act::SecondCommand => {
                let first = board.pipelines.first().map(|pipeline| pipeline.peripheral.node);
                let links =
                    board.pipelines.iter().filter(|other| Some(other.peripheral.node) == first).count();
                if let (1, Some(second)) = (links, peripherals.get(1)) {
                    *act = Act::Do(Verb::Command, Target::named(second));
                }
            }
        }
    }
    script
}

/// The names of the board's hosts and peripherals, in the order of its pipelines.
fn ends(board: &Board) -> (Vec<String>, Vec<String>) {
    let names = Names::with(&board.tree, &board.facts);
    let or_node = |name: Option<Name>, node: NodeId| {
        name.map_or_else(|| board.tree.node(node).name().to_owned(), |name| name.text)
    };
    let (mut seen, mut hosts, mut peripherals) = (BTreeSet::new(), Vec::new(), Vec::new());
    for pipeline in &board.pipelines {
        let (host, peripheral) = (pipeline.host.node, pipeline.peripheral.node);
        if seen.insert(host) {
            hosts.push(or_node(names.host(pipeline), host));
        }
        if pipeline.connection != Connection::SecondLink && seen.insert(peripheral) {
            peripherals.push(or_node(names.peripheral(pipeline), peripheral));
        }
    }
    (hosts, peripherals)
}
