//! The results of a check, for programs.

use super::{BoardPart, Results, shapes};
use serde_json::{Value, json};
use teardown_check::{Checked, Counterexample, Names, Property};

/// One object: the shapes, each with the boards that have it and the result under each model.
pub(crate) fn of(results: &Results) -> Value {
    let shapes: Vec<Value> = results
        .shapes
        .iter()
        .zip(&results.checked)
        .enumerate()
        .map(|(index, (shape, checked))| {
            let parts: Vec<&BoardPart> = results.parts.iter().filter(|part| part.shape == index).collect();
            let names = parts.first().map(|part| &part.part.names);
            let boards: Vec<Value> = parts
                .iter()
                .map(|part| {
                    json!({
                        "board": part.board,
                        "hosts": part.part.names.hosts,
                        "peripherals": part.part.names.peripherals,
                    })
                })
                .collect();
            let models: Vec<Value> =
                checked.iter().filter_map(|checked| Some(of_model(checked, names?))).collect();
            json!({ "shape": shapes::describe(shape), "boards": boards, "models": models })
        })
        .collect();
    let not_judged: Vec<Value> = results
        .not_judged
        .iter()
        .map(|(board, one)| json!({ "board": board, "peripheral": one.name, "why": one.why }))
        .collect();
    json!({
        "actors": results.actors,
        "seconds": results.seconds,
        "shapes": shapes,
        "not_judged": not_judged,
    })
}

fn of_model(checked: &Checked, names: &Names) -> Value {
    let properties: Vec<Value> = Property::ALL
        .into_iter()
        .map(|property| {
            let found = checked.counterexample(property);
            json!({
                "property": property.name(),
                "sentence": property.sentence(),
                "holds": checked.not_up.is_none() && found.is_none(),
                "counterexample": found.map(|found| of_counterexample(found, names)),
            })
        })
        .collect();
    let never: Vec<&str> = checked.never.iter().map(|event| event.sentence()).collect();
    let not_up: Option<Vec<&str>> = checked.not_up.map(|broken| broken.iter().map(Property::name).collect());
    json!({
        "model": checked.model,
        "holds": checked.holds(),
        "states": checked.states,
        "steps": checked.steps,
        "seconds": checked.took.as_secs_f64(),
        "breaks_while_coming_up": not_up,
        "never_seen": never,
        "properties": properties,
    })
}

fn of_counterexample(found: &Counterexample, names: &Names) -> Value {
    let steps: Vec<Value> = found
        .replay
        .taken
        .iter()
        .map(|taken| {
            let broken: Vec<&str> = taken.broken.iter().map(Property::name).collect();
            json!({
                "actor": taken.actor.to_string(),
                "action": names.act(taken.action).to_string(),
                "at": taken.seen.map(|seen| seen.at),
                "does": taken.seen.map(|seen| seen.does),
                "lane": taken.seen.map(|seen| seen.lane.name()),
                "breaks": broken,
            })
        })
        .collect();
    json!({
        "actors": found.actors,
        "actions": found.actions(),
        "script": found.script(names).to_string(),
        "steps": steps,
    })
}
