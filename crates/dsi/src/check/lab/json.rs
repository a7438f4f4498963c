//! One line of JSON for each order; `of` says which kind of line it is: an order that is `built-in`, one that is
//! `typed`, or a race that was taken `often`. `agrees` is null if the kernel first reports something beyond the bus.

use super::{Rows, Table};
use crate::Failure;
use crate::output::Output;
use agreement::compare::{Compared, Standing};
use agreement::often::Often;
use agreement::typed::{ComparedTyped, TypedStanding};
use lab_orders::measured::Said;
use serde_json::{Value, json};
use std::io::Write;
use teardown_check::Model;

pub(super) fn write(out: &mut Output, model: &dyn Model, tables: &[Table]) -> Result<(), Failure> {
    for table in tables {
        match &table.rows {
            Rows::BuiltIn(rows) => {
                for row in rows {
                    writeln!(out, "{}", of_order(model, row))?;
                }
            }
            Rows::Typed(rows) => {
                for row in rows {
                    writeln!(out, "{}", of_typed(model, row))?;
                }
            }
            Rows::Often(rows) => {
                for row in rows {
                    writeln!(out, "{}", of_often(model, row))?;
                }
            }
        }
    }
    Ok(())
}

fn of_order(model: &dyn Model, row: &Compared) -> Value {
    json!({
        "of": "built-in",
        "model": model.name(),
        "variant": row.order.variant.name(),
        "steps": row.order.steps.iter().map(ToString::to_string).collect::<Vec<_>>(),
        "says": of_said(&row.says),
        "saw": of_said(&row.saw),
        "allows_on_one_cpu": row.allowed.on_one_cpu.iter().map(of_said).collect::<Vec<_>>(),
        "allows": row.allowed.on_any.iter().map(of_said).collect::<Vec<_>>(),
        "agrees": row.standing() == Standing::Agree,
    })
}

fn of_typed(model: &dyn Model, compared: &ComparedTyped) -> Value {
    let ComparedTyped { row, says } = compared;
    json!({
        "of": "typed",
        "model": model.name(),
        "pipeline": row.pipeline,
        "commands": row.commands,
        "says": of_said(says),
        "saw": of_said(&row.said),
        "agrees": match compared.standing() {
            TypedStanding::Agree => json!(true),
            TypedStanding::Contradict => json!(false),
            TypedStanding::BeyondTheBus => Value::Null,
        },
    })
}

fn of_often(model: &dyn Model, row: &Often) -> Value {
    let seen = |(said, times): &(Said, u32)| json!({ "times": times, "saw": of_said(said) });
    json!({
        "of": "often",
        "model": model.name(),
        "variant": row.order.variant.name(),
        "steps": row.order.steps.iter().map(ToString::to_string).collect::<Vec<_>>(),
        "times": row.of,
        "seen": row.seen.iter().map(seen).collect::<Vec<_>>(),
        "allows_on_one_cpu": row.allowed.on_one_cpu.iter().map(of_said).collect::<Vec<_>>(),
        "allows": row.allowed.on_any.iter().map(of_said).collect::<Vec<_>>(),
        "agrees": row.contradicting().next().is_none(),
    })
}

fn of_said(said: &Said) -> Value {
    match said {
        Said::Clean => json!({ "verdict": "clean" }),
        Said::NotTaken => json!({ "verdict": "cannot" }),
        Said::Reported { step, kind, function } => {
            json!({ "verdict": "reported", "step": step, "kind": kind, "function": function })
        }
    }
}
