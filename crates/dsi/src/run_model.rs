//! `dsi run --model`: takes steps under a model of ownership, and stops where one breaks a property.

use crate::check::shapes::{self, Part};
use crate::check::{self, story};
use crate::cli::{self, RunArguments};
use crate::output::Output;
use crate::{Failure, Outcome, input};
use std::collections::BTreeSet;
use teardown_check::Property;
use teardown_steps::{Does, Script, Step};

pub(crate) fn run(arguments: &RunArguments, model: &str) -> Result<Outcome, Failure> {
    let model = check::named(model)?;
    let property = arguments.property.as_deref().map(cli::property).transpose()?;
    let Some(script) = arguments.script()? else {
        return Err(Failure::Input(
            "--model needs --steps; `dsi check --model` searches all orders".to_owned(),
        ));
    };
    let board = input::read(&arguments.board)?;
    let (parts, not_judged) = shapes::parts(&board);
    let part = choose(&parts, &script).ok_or_else(|| {
        let names = parts.iter().flat_map(|part| part.names.hosts.iter().chain(&part.names.peripherals));
        let names: Vec<&str> = names.map(String::as_str).collect();
        match (names.is_empty(), not_judged.first()) {
            (true, None) => check::no_pipeline(&board),
            (true, Some(one)) => {
                Failure::Input(format!("{}: no order can be judged: {}: {}", board.name, one.name, one.why))
            }
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

/// The part of the board that the script is about: the first that has all devices that the script names. (If a board has
/// several parts, `dsi check` names their ends in full.)
fn choose<'a>(parts: &'a [Part], script: &Script) -> Option<&'a Part> {
    let target = |step: &Step| match step {
        Step::By { does: Does::Act(act), .. } | Step::Start(act) => act.target().cloned(),
        Step::By { .. } | Step::Wait | Step::Plant(_) => None,
    };
    let targets: Vec<_> = script.0.iter().filter_map(target).collect();
    parts.iter().find(|part| targets.iter().all(|target| part.names.find(target).is_some()))
}
